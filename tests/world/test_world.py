"""The world is the same in every run, and what it trusts verifies."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding

from schemas.trust import TrustPurpose, check_chain
from tests.world import World


def test_the_world_stands_still() -> None:
    one, two = World(), World()
    assert one.sd_jwt() == two.sd_jwt()
    assert one.mdoc() == two.mdoc()
    assert one.present_sd_jwt() == two.present_sd_jwt()
    assert one.present_mdoc() == two.present_mdoc()
    assert one.status_tokens([7]) == two.status_tokens([7])
    assert one.anchors == two.anchors


def test_everybody_is_certified_for_what_they_do() -> None:
    world = World()
    for city in world.cities:
        for purpose, identity in (
            (TrustPurpose.ISSUER, city.document_signer),
            (TrustPurpose.STATUS, city.status_signer),
            (TrustPurpose.METADATA, city.metadata_signer),
        ):
            assert check_chain(identity.chain_der, anchors=world.anchors, purpose=purpose, at=world.at).municipality == city.code
    for party in (world.bank, world.city_hall):
        reader = check_chain(party.identity.chain_der, anchors=world.reader_anchors, purpose=TrustPurpose.READER, at=world.at)
        assert reader.organization == party.name
        assert reader.municipality == party.municipality
    attester = world.registrar_signer.chain_der
    check_chain(attester, anchors=world.reader_anchors, purpose=TrustPurpose.ATTESTER, at=world.at)


def test_cities_differ() -> None:
    warifu, tonari = World().cities
    assert warifu.root.certificate.public_bytes(Encoding.DER) != tonari.root.certificate.public_bytes(Encoding.DER)
    assert {warifu.code, tonari.code} == {"999997", "999989"}
