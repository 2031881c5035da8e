"""What must never reach the key, one defect at a time; and what every copy gets of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from issuer.municipality.credentials.reserve import Reservation
from issuer.municipality.credentials.seal import seal
from schemas.credentials import SpecialRequest
from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, parse_json
from schemas.formats.mdoc import parse_issuer_signed
from schemas.formats.sdjwt import parse_sd_jwt
from schemas.formats.status_list import StatusReference
from tests.issuer.municipality.conftest import InnerSide
from tests.issuer.municipality.credentials.reservations import CountingSigner, reserved


def refused(inner: InnerSide, reservation: Reservation) -> str:
    """Return the code by which sealing refuses; the key was not asked."""
    signer = CountingSigner(inner.workshop.signer.signer)
    identity = replace(inner.workshop.signer, signer=signer)
    with pytest.raises(WarifuError) as refusal:
        seal(reservation, inner.profile, identity, anchors=inner.workshop.anchors, at=inner.at)
    assert signer.asked == 0
    return refusal.value.code


@pytest.mark.parametrize("configuration", ["basic-four-sd-jwt", "basic-four-mdoc"])
@pytest.mark.parametrize(
    "uri",
    [
        "https://elsewhere.example/status/1.jwt",
        "https://warifu.example/999989/status/1.jwt",
        "https://warifu.example/999997/other/1.jwt",
    ],
)
def test_nothing_is_signed_without_a_status_of_ours(inner: InnerSide, configuration: str, uri: str) -> None:
    [reservation] = reserved(inner, "P-01", configuration)
    assert refused(inner, replace(reservation, status=StatusReference(uri, 7))) == "status_missing"


def test_nothing_is_signed_under_another_profile_than_the_reserved_one(inner: InnerSide) -> None:
    [reservation] = reserved(inner, "P-01")
    assert refused(inner, replace(reservation, profile_hash="0" * 64)) == "profile_changed"


def test_no_copy_outlives_its_signer(inner: InnerSide) -> None:
    [reservation] = reserved(inner, "P-01")
    end = inner.workshop.signer.chain[0].not_valid_after_utc
    for ends, refused_here in ((end + timedelta(seconds=1), True), (end, False)):
        window = replace(reservation.attestation.window, end=ends)
        changed = replace(reservation, attestation=replace(reservation.attestation, window=window))
        if refused_here:
            assert refused(inner, changed) == "signer_ends_first"
        else:
            seal(changed, inner.profile, inner.workshop.signer, anchors=inner.workshop.anchors, at=inner.at)


def test_no_number_of_a_person_is_signed(inner: InnerSide) -> None:
    [reservation] = reserved(inner, "P-01")
    content = MappingProxyType({**reservation.attestation.content, "name": "123456789018"})
    assert refused(inner, replace(reservation, attestation=replace(reservation.attestation, content=content))) == "forbidden_number"


def with_content(reservation: Reservation, **content: str) -> Reservation:
    changed = MappingProxyType({**reservation.attestation.content, **content})
    return replace(reservation, attestation=replace(reservation.attestation, content=changed))


@pytest.mark.parametrize("configuration", ["resident-record-sd-jwt", "resident-record-mdoc"])
def test_nothing_is_signed_that_was_not_specially_requested(inner: InnerSide, configuration: str) -> None:
    [reservation] = reserved(inner, "P-01", configuration)
    assert not reservation.attestation.special_requests
    unasked = with_content(reservation, relationship="世帯主")
    assert refused(inner, unasked) == "not_specially_requested"
    asked = replace(unasked, attestation=replace(unasked.attestation, special_requests=frozenset({SpecialRequest.HOUSEHOLDER})))
    seal(asked, inner.profile, inner.workshop.signer, anchors=inner.workshop.anchors, at=inner.at)


def test_no_mdoc_is_signed_whose_holder_is_not_its_subject(inner: InnerSide) -> None:
    [reservation] = reserved(inner, "P-01", "basic-four-mdoc")
    assert refused(inner, with_content(reservation, holder_relation="parent")) == "holder_relation_not_in_mdoc"


def test_salts_are_144_bits_and_none_is_used_twice(inner: InnerSide) -> None:
    salts: list[str] = []
    for reservation in reserved(inner, "P-01", "resident-record-sd-jwt", copies=8):
        text = seal(reservation, inner.profile, inner.workshop.signer, anchors=inner.workshop.anchors, at=inner.at)
        salts += [parse_json(b64url_decode(disclosure.text))[0] for disclosure in parse_sd_jwt(text).disclosures]
    assert len(set(salts)) == len(salts) > 80
    assert {len(b64url_decode(salt)) for salt in salts} == {18}


def test_digests_of_two_copies_have_nothing_in_common(inner: InnerSide) -> None:
    texts = [
        seal(one, inner.profile, inner.workshop.signer, anchors=inner.workshop.anchors, at=inner.at)
        for one in reserved(inner, "P-01", "resident-record-sd-jwt", copies=2)
    ]
    first, second = (parse_sd_jwt(text).payload for text in texts)
    assert len(first["_sd"]) == len(second["_sd"])
    assert not set(first["_sd"]) & set(second["_sd"])


def test_randoms_of_mdocs_are_256_bits_and_none_is_used_twice(inner: InnerSide) -> None:
    randoms: list[bytes] = []
    for reservation in reserved(inner, "P-01", "resident-record-mdoc", copies=8):
        text = seal(reservation, inner.profile, inner.workshop.signer, anchors=inner.workshop.anchors, at=inner.at)
        randoms += [item.random for items in parse_issuer_signed(b64url_decode(text)).namespaces.values() for item in items]
    assert len(set(randoms)) == len(randoms) > 80
    assert {len(random) for random in randoms} == {32}
