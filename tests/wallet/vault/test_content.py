"""The content: written and read back exactly, and what is forgotten together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json, parse_json_object
from tests.wallet.vault.contents import copy, small_content
from wallet.vault.content import VaultContent, read_content
from wallet.vault.entries import HolderKey

AT = datetime(2026, 4, 2, tzinfo=UTC)


def test_content_comes_back_as_it_was_written() -> None:
    content = small_content()
    assert read_content(content.to_bytes()) == content
    assert read_content(VaultContent().to_bytes()) == VaultContent()


@pytest.mark.parametrize("member", ["keys", "copies", "grants", "pending", "history"])
@pytest.mark.parametrize("value", [None, 1, [1], [{}], [{"unknown": 1}]])
def test_another_shape_is_refused(member: str, value: object) -> None:
    document = parse_json_object(small_content().to_bytes())
    with pytest.raises(WarifuError) as caught:
        read_content(dump_json({**document, member: value}))
    assert caught.value.code == "vault_damaged"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff"])
def test_what_is_no_content_is_refused(data: bytes) -> None:
    with pytest.raises(WarifuError) as caught:
        read_content(data)
    assert caught.value.code == "vault_damaged"


def test_a_fresh_key_signs_and_hides_its_secret() -> None:
    key = HolderKey.fresh()
    assert len(key.signer().sign(b"x")) == 64
    assert key.secret not in repr(key)
    assert HolderKey.fresh().thumbprint != key.thumbprint


def test_a_copy_is_found_by_the_first_letters_of_its_id() -> None:
    content = small_content()
    content.copies["c0ffee11"] = copy("c0ffee11")
    assert content.copy("c0ffee1").copy_id == "c0ffee11"
    for unclear in ("c0ffee", "", "beef"):
        with pytest.raises(WarifuError) as caught:
            content.copy(unclear)
        assert caught.value.code == "copy_unknown"


def test_fresh_is_what_neither_itself_nor_by_its_key_was_shown() -> None:
    content = small_content()
    content.copies["c0ffee11"] = copy("c0ffee11")
    assert content.is_fresh(content.copies["c0ffee00"], AT)
    content.mark_shown(["c0ffee00"], AT)
    assert not content.is_fresh(content.copies["c0ffee00"], AT)
    assert not content.is_fresh(content.copies["c0ffee11"], AT)
    assert content.copies["c0ffee11"].shown_at is None
    assert not content.is_fresh(copy("c0ffee22", valid_until="2026-04-02T00:00:00+00:00"), AT)


def test_the_first_showing_is_what_is_remembered() -> None:
    content = small_content()
    content.mark_shown(["c0ffee00"], AT)
    content.mark_shown(["c0ffee00"], AT.replace(year=2027))
    assert content.copies["c0ffee00"].shown_at == AT.isoformat()
    assert content.keys["t-1"].shown_at == AT.isoformat()


def test_a_key_goes_with_the_last_thing_that_is_bound_to_it() -> None:
    content = small_content()
    content.copies["c0ffee11"] = copy("c0ffee11")
    content.drop("c0ffee00")
    assert "t-1" in content.keys
    content.drop("c0ffee11")
    assert "t-1" in content.keys, "a credential is still awaited for it"
    content.pending.clear()
    content.drop_unused_keys(["t-1"])
    assert content.keys == {}


def test_forgetting_everything_keeps_the_history() -> None:
    content = small_content()
    content.forget_everything_held()
    assert (content.keys, content.copies, content.grants, content.pending) == ({}, {}, {}, [])
    assert len(content.history) == 1
