"""The holder's choice: exactly the disclosures that the chosen claims need."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.formats.sdjwt import bind_key, parse_sd_jwt, select_disclosures
from tests.schemas.formats.sdjwt.material import AT, AUDIENCE, CLAIMS, HOLDER, NONCE, crafted, digest, disclosure, refusal, resolved, sealed

CLEAR = {"iss", "vct", "iat", "exp", "cnf", "status", "certified_on"}
SALT = "c2FsdHNhbHRzYWx0c2FsdA"


def shown(*paths: tuple[str, ...]) -> dict[str, Any]:
    """What a verifier sees of the plain credential, beside the claims in the clear."""
    claims = resolved(select_disclosures(sealed(), paths))
    return {name: value for name, value in claims.items() if name not in CLEAR}


def test_nothing_chosen_shows_nothing() -> None:
    assert shown() == {}


def test_one_claim_shows_one_claim() -> None:
    assert shown(("birth_date",)) == {"birth_date": CLAIMS["birth_date"]}


def test_a_nested_claim_brings_its_parents_and_not_its_neighbours() -> None:
    assert shown(("address", "prefecture")) == {"address": {"prefecture": "割符県", "lines": {"first": "一番地"}}}
    assert shown(("address", "lines", "second")) == {"address": {"lines": {"first": "一番地", "second": "二号室"}}}


def test_a_container_shows_all_of_it() -> None:
    assert shown(("address",)) == {"address": CLAIMS["address"]}


def test_a_claim_in_the_clear_beneath_a_hidden_parent_brings_the_parent() -> None:
    assert shown(("address", "lines", "first")) == {"address": {"lines": {"first": "一番地"}}}


@pytest.mark.parametrize("path", [("iss",), ("certified_on",), ("cnf", "jwk", "kty"), ("status",)])
def test_a_claim_in_the_clear_needs_no_disclosure(path: tuple[str, ...]) -> None:
    assert len(parse_sd_jwt(select_disclosures(sealed(), [path])).disclosures) == 0


@pytest.mark.parametrize(
    "path",
    [
        ("nickname",),
        ("address", "country"),
        ("birth_date", "year"),
        ("family_name", 0),
        ("address", None),
        ("nationalities", 1),
        ("nationalities", -1),
        ("_sd",),
        ("_sd_alg",),
    ],
)
def test_a_claim_that_is_not_there_is_refused(path: tuple[Any, ...]) -> None:
    assert refusal(select_disclosures, sealed(), [("birth_date",), path]).code == "claim_not_available"


def test_paths_into_arrays_choose_elements() -> None:
    texts = [disclosure(SALT + str(number), country) for number, country in enumerate(["JP", "FR", "DE"])]
    credential = crafted({"nationalities": [{"...": digest(text)} for text in texts]}, texts)
    assert resolved(select_disclosures(credential, [("nationalities", 1)])) == {"nationalities": ["FR"]}
    assert resolved(select_disclosures(credential, [("nationalities", None)])) == {"nationalities": ["JP", "FR", "DE"]}
    assert resolved(select_disclosures(credential, [("nationalities",)])) == {"nationalities": ["JP", "FR", "DE"]}


def test_the_selection_can_be_bound_and_not_selected_again() -> None:
    presentation = bind_key(select_disclosures(sealed(), [("birth_date",)]), nonce=NONCE, audience=AUDIENCE, iat=AT, signer=HOLDER)
    assert refusal(select_disclosures, presentation, []).code == "key_binding_present"


def test_the_issuers_bytes_stay_as_they_are() -> None:
    credential = sealed()
    assert (
        select_disclosures(credential, [("address",), ("birth_date",), ("family_name",), ("given_name",), ("nationalities",)]) == credential
    )
