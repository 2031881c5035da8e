"""The hash of a profile: whatever shapes a credential changes it, so that a change between two steps is noticed (C26)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from issuer.municipality.credentials.profile import Profile, make_profile
from schemas.credentials import Catalogue, CredentialType
from schemas.credentials.claims import ClaimDefinition, Release

PROFILE = make_profile(
    issuer="https://warifu.example/999997",
    code="999997",
    name="割符市",
    prefecture="JP-13",
    vct_base="https://catalogue.example",
    doctype_prefix="example.catalogue",
)


def with_first_type(**changes: object) -> Profile:
    """Return the profile with another definition of its first type."""
    first, *others = PROFILE.catalogue.types
    definition = replace(first.definition, **changes)  # type: ignore[arg-type]  # each test names a field of the definition
    return replace(PROFILE, catalogue=Catalogue((CredentialType(definition, first.vct, first.doctype), *others)))


def with_claim(name: str, **changes: object) -> Profile:
    """Return the profile with one claim of its first type changed."""

    def changed(claim: ClaimDefinition) -> ClaimDefinition:
        return replace(claim, **changes) if claim.name == name else claim  # type: ignore[arg-type]  # as above

    return with_first_type(claims=tuple(map(changed, PROFILE.catalogue.types[0].definition.claims)))


def test_the_same_profile_has_the_same_hash() -> None:
    again = Catalogue(tuple(CredentialType(one.definition, one.vct, one.doctype) for one in PROFILE.catalogue.types))
    assert replace(PROFILE, catalogue=again).hash == PROFILE.hash


@pytest.mark.parametrize("field", ["issuer", "municipality_code", "municipality_name", "prefecture"])
def test_every_word_of_the_office_counts(field: str) -> None:
    assert replace(PROFILE, **{field: "other"}).hash != PROFILE.hash  # type: ignore[arg-type]  # a field of text


def test_the_life_of_a_copy_counts() -> None:
    assert replace(PROFILE, life_days=13).hash != PROFILE.hash


def test_a_claim_less_counts() -> None:
    claims = PROFILE.catalogue.types[0].definition.claims
    assert with_first_type(claims=claims[:-1]).hash != PROFILE.hash


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("name", {"release": Release.ALWAYS}),
        ("certified_on", {"release": Release.SELECTIVE}),
        ("issuing_municipality.code", {"pattern": "[0-9]{5}"}),
        ("certified_on", {"mandatory": False}),
        ("address.formatted", {"elements": ()}),
        ("sex", {"in_sd_jwt": False}),
    ],
)
def test_what_one_claim_becomes_counts(name: str, changes: dict[str, object]) -> None:
    assert with_claim(name, **changes).hash != PROFILE.hash
