"""Sealing: what is hidden, what is not, and what the issuer may never do (threat rows A10, A11, A24, A25)."""

from __future__ import annotations

import itertools
import secrets
from typing import Any

import pytest

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode
from schemas.formats.jose import verify_jws
from schemas.formats.sdjwt import PROTECTED_CLAIMS, parse_sd_jwt, salts_from
from tests.schemas.formats.sdjwt.material import CLAIMS, COUNTS, DISCLOSABLE, ISSUER, crafted, refusal, resolved, salts, sealed


def test_what_is_sealed_verifies_and_resolves() -> None:
    sd_jwt = parse_sd_jwt(sealed())
    verify_jws(sd_jwt.issuer_jwt, ISSUER.public_key)
    assert resolved(sealed()) == CLAIMS


def test_disclosable_claims_are_not_in_the_payload() -> None:
    payload = parse_sd_jwt(sealed()).payload
    assert not {"family_name", "given_name", "birth_date", "nationalities", "address"} & payload.keys()
    assert payload["certified_on"] == CLAIMS["certified_on"]
    assert "花子" not in str(payload)


def test_nothing_else_gets_into_the_payload() -> None:
    assert parse_sd_jwt(sealed()).payload.keys() == {"iss", "vct", "iat", "exp", "cnf", "status", "certified_on", "_sd", "_sd_alg"}
    assert parse_sd_jwt(sealed()).payload["_sd_alg"] == "sha-256"


def test_recursive_disclosure_hides_the_inside_of_the_outside() -> None:
    address = next(d for d in parse_sd_jwt(sealed()).disclosures if d.name == "address")
    assert address.value.keys() == {"lines", "_sd"}
    assert address.value["lines"].keys() == {"first", "_sd"}


@pytest.mark.parametrize("left_out", [c for n in range(4) for c in itertools.combinations(["family_name", "birth_date", "address"], n)])
def test_the_number_of_digests_says_nothing_about_the_person(left_out: tuple[str, ...]) -> None:
    claims = {name: value for name, value in CLAIMS.items() if name not in left_out}
    sd_jwt = parse_sd_jwt(sealed(claims))
    assert len(sd_jwt.payload["_sd"]) == COUNTS[()]
    assert len({len(item) for item in sd_jwt.payload["_sd"]}) == 1
    for disclosure in sd_jwt.disclosures:
        if disclosure.name == "address":
            assert len(disclosure.value["_sd"]) == COUNTS[("address",)]
            assert len(disclosure.value["lines"]["_sd"]) == COUNTS[("address", "lines")]


def test_the_order_of_digests_says_nothing_about_the_claims() -> None:
    payload = parse_sd_jwt(sealed()).payload
    assert payload["_sd"] == sorted(payload["_sd"])


def test_without_a_fixed_count_there_are_no_decoys() -> None:
    payload = parse_sd_jwt(sealed(digest_counts={})).payload
    assert len(payload["_sd"]) == 5


def test_nothing_to_hide_leaves_no_empty_sd() -> None:
    assert "_sd" not in parse_sd_jwt(sealed(disclosable=[], digest_counts={})).payload


def test_code_points_are_kept_exactly() -> None:
    assert resolved(sealed())["family_name"] == "邉󠄂"
    assert "邉󠄂".encode("unicode_escape") == b"\\u9089\\U000e0102"


def test_the_header_is_the_callers_but_for_typ_and_alg() -> None:
    header = parse_sd_jwt(sealed(header={"x5c": ["AAAA"], "alg": "none"})).issuer_jwt.header
    assert header == {"typ": "dc+sd-jwt", "x5c": ["AAAA"], "alg": "ES256"}


def test_a_missing_claim_is_no_error() -> None:
    assert resolved(sealed({"certified_on": "2026-04-01"}, digest_counts={})) == {"certified_on": "2026-04-01"}


def test_too_many_claims_for_the_count_are_refused() -> None:
    assert refusal(sealed, digest_counts={(): 4}).code == "digest_count_too_small"


@pytest.mark.parametrize("name", sorted(PROTECTED_CLAIMS))
@pytest.mark.parametrize("inside", [(), ("jwk",)])
def test_a_validity_claim_cannot_be_hidden(name: str, inside: tuple[str, ...]) -> None:
    assert refusal(sealed, disclosable=[(name, *inside)]).code == "protected_claim_disclosed"


def test_the_top_level_itself_is_no_claim() -> None:
    assert refusal(sealed, disclosable=[()]).code == "protected_claim_disclosed"


@pytest.mark.parametrize("name", ["_sd", "...", "_sd_alg"])
@pytest.mark.parametrize("place", ["top", "clear object", "opened object", "disclosed object", "array"])
def test_a_reserved_name_cannot_be_sealed(name: str, place: str) -> None:
    values: dict[str, dict[str, Any]] = {
        "top": {name: 1},
        "clear object": {"other": {"a": {name: 1}}},
        "opened object": {"address": {name: 1}},
        "disclosed object": {"family_name": {"a": {name: 1}}},
        "array": {"nationalities": ["JP", [{name: 1}]]},
    }
    assert refusal(sealed, values[place], digest_counts={}).code == "reserved_claim_name"


def test_a_path_into_a_value_that_is_no_object_is_refused() -> None:
    assert refusal(sealed, {"address": "割符市"}, digest_counts={}).code == "not_an_object"


@pytest.mark.parametrize("weak", [["short"] * 40, ["c2FsdHNhbHRzYWx0c2FsdA"] * 40, [f"c2FsdHNhbHRzYWx0c{n:04}" for n in range(40)]])
def test_weak_salts_are_refused(weak: list[str]) -> None:
    assert refusal(sealed, salts=iter(weak)).code == "weak_salt"


def test_salts_that_run_out_are_refused() -> None:
    assert refusal(sealed, salts=itertools.islice(salts(), 10)).code == "salts_exhausted"


def test_salts_are_the_bytes_drawn_and_never_the_same() -> None:
    source = salts_from(secrets.token_bytes)
    drawn = list(itertools.islice(source, 1000))
    assert len(set(drawn)) == 1000
    assert {len(b64url_decode(salt)) for salt in drawn} == {18}
    zeros = salts_from(bytes)
    assert next(zeros) == "A" * 24
    assert refusal(sealed, salts=zeros).code == "weak_salt"


def test_every_disclosure_and_decoy_takes_a_salt_of_its_own() -> None:
    drawn: list[str] = []

    def watched() -> Any:
        for salt in salts():
            drawn.append(salt)
            yield salt

    sealed(salts=watched())
    assert len(drawn) == len(set(drawn)) == sum(COUNTS.values())


@pytest.mark.parametrize("value", [{1, 2}, object(), "\ud800", 2**64, b"bytes"])
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    for disclosable in ([], [("family_name",)]):
        with pytest.raises(WarifuError) as caught:
            sealed({"family_name": value}, disclosable=disclosable, digest_counts={})
        assert caught.value.code == "not_serialisable"


def test_crafted_and_sealed_are_read_alike() -> None:
    payload = parse_sd_jwt(sealed()).payload
    assert parse_sd_jwt(crafted(payload)).payload == payload
    assert frozenset({"address"}) < {path[0] for path in DISCLOSABLE}
