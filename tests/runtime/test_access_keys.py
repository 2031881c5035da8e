"""Keys of a back office, as far as every role does the same with them."""

from __future__ import annotations

import pytest

from runtime.access_keys import bearer_key, check_scope, check_scopes_known, new_key
from schemas.errors import WarifuError

KNOWN = frozenset({"offers", "status"})


def test_a_key_holds_256_bits_behind_its_prefix() -> None:
    keys = {new_key("wk_") for _ in range(64)}
    assert len(keys) == 64
    assert {(key[:3], len(key)) for key in keys} == {("wk_", 46)}
    assert new_key("wk_", bytes) == "wk_" + "A" * 43


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic wk_x", "wk_x", "bearerwk_x"])
def test_a_header_without_a_key_is_refused(header: str) -> None:
    with pytest.raises(WarifuError) as error:
        bearer_key(header)
    assert error.value.code == "key_unknown"


@pytest.mark.parametrize("header", ["Bearer wk_x", "bearer wk_x", "BEARER wk_x"])
def test_the_scheme_is_read_in_any_case(header: str) -> None:
    assert bearer_key(header) == "wk_x"


@pytest.mark.parametrize("scopes", [[], ["offers", "all"], [""], ["offers status"]])
def test_a_key_is_made_for_known_scopes(scopes: list[str]) -> None:
    with pytest.raises(WarifuError) as error:
        check_scopes_known(scopes, KNOWN)
    assert error.value.code == "scope_unknown"
    check_scopes_known(["status", "offers"], KNOWN)


def test_a_key_does_what_it_was_made_for() -> None:
    check_scope(["status"], "status")
    for scopes in (["offers"], [], ["status2"]):
        with pytest.raises(WarifuError) as error:
            check_scope(scopes, "status")
        assert error.value.code == "scope_missing"
