"""Root and signer are of one country (threat B08; ISO/IEC 18013-5 Annex B)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.errors import WarifuError
from schemas.trust import Anchors, Authority, SignerIdentity, Subject, TrustAnchor, TrustPurpose, build_root, check_chain
from tests.world.actors import AT, City, certificate_serial, signer_for

CITY = City("999997", "割符市", "warifu.example")


def city_of(country: str) -> Authority:
    signer = signer_for(f"root of {country}")
    certificate = build_root(
        subject=Subject("Root", CITY.name, CITY.code, country),
        signer=signer,
        serial=certificate_serial(f"root of {country}"),
        not_before=AT - timedelta(days=365),
        not_after=AT + timedelta(days=3650),
        alternative_uri=CITY.origin,
    )
    return Authority(certificate, signer)


def check(root: Authority, country: str, **changes: object) -> SignerIdentity:
    identity = CITY.signing_identity(TrustPurpose.ISSUER, issuer=root, subject=Subject("Signer", CITY.name, CITY.code, country))
    anchor = TrustAnchor(purposes=frozenset({TrustPurpose.ISSUER}), certificate=root.certificate, municipality=CITY.code)
    chosen = replace(anchor, **changes) if changes else anchor  # type: ignore[arg-type]  # settings by name
    return check_chain(identity.chain_der, anchors=Anchors([chosen]), purpose=TrustPurpose.ISSUER, at=AT)


@pytest.mark.parametrize(("root", "signer"), [("JP", "DE"), ("DE", "JP"), ("JP", "XX")])
def test_a_signer_of_another_country_is_refused(root: str, signer: str) -> None:
    with pytest.raises(WarifuError) as refusal:
        check(city_of(root), signer)
    assert (refusal.value.code, refusal.value.layer) == ("country_mismatch", "chain")


@pytest.mark.parametrize("country", ["JP", "DE"])
def test_any_country_will_do_where_both_name_it(country: str) -> None:
    assert check(city_of(country), country).municipality == CITY.code


def test_a_pinned_signer_needs_no_root_and_no_country_to_compare() -> None:
    identity = CITY.signing_identity(TrustPurpose.ISSUER, subject=Subject("Signer", CITY.name, CITY.code, "DE"))
    pinned = TrustAnchor(purposes=frozenset({TrustPurpose.ISSUER}), certificate=identity.certificate, pinned=True, municipality=CITY.code)
    assert check_chain(identity.chain_der, anchors=Anchors([pinned]), purpose=TrustPurpose.ISSUER, at=AT).municipality == CITY.code
