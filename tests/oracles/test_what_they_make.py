"""Our verifier accepts what implementations that are not ours make, and refuses its forged twin."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode
from schemas.formats.jose import public_jwk
from schemas.trust import Anchors
from schemas.verify import Policy, verify_presented
from tests.oracles.conftest import Oracle
from tests.world import World
from tests.world.actors import DeterministicSigner
from tests.world.credentials import RESIDENT_RECORD, SdJwtRecipe

pytestmark = pytest.mark.oracle


def private_jwk(signer: DeterministicSigner) -> dict[str, str]:
    secret = signer.private_key.private_numbers().private_value.to_bytes(32, "big")
    return {**public_jwk(signer.public_key), "d": b64url_encode(secret)}


def document_signer(world: World) -> DeterministicSigner:
    signer = world.warifu.document_signer.signer
    assert isinstance(signer, DeterministicSigner)
    return signer


def made_sd_jwt(world: World, node_oracle: Oracle, **changes: Any) -> str:
    recipe = SdJwtRecipe(world.warifu, world.at, world.holder().public_key)
    content = {"certified_on": "2026-04-01", "issuing_municipality": {"code": "999997", "name": "割符市"}, "family_name": "渡邉\U000e0102"}
    answer = node_oracle(
        "sdJwtMake",
        payload={**recipe.registered(), **content, "given_name": "葛\U000e0100子", **changes},
        disclosable=["family_name", "given_name"],
        disclose=["family_name"],
        x5c=world.warifu.document_signer.x5c,
        issuer_jwk=private_jwk(document_signer(world)),
        holder_jwk=private_jwk(world.holder()),
        iat=int(world.at.timestamp()),
        nonce=world.nonce,
        audience=world.audience,
    )
    assert answer["ok"], answer
    return str(answer["presentation"])


def test_an_sd_jwt_vc_of_the_javascript_library(node_oracle: Oracle) -> None:
    world = World()
    presentation = made_sd_jwt(world, node_oracle)
    arguments: dict[str, Any] = {
        "format": "dc+sd-jwt",
        "expected": world.expected(),
        "anchors": world.anchors,
        "status": world.status(),
        "policy": world.policy,
        "at": world.at,
    }
    verified = verify_presented(presentation, **arguments)
    assert verified.claims["family_name"] == "渡邉\U000e0102"
    assert "given_name" not in verified.claims
    twin = presentation[:-9] + ("A" if presentation[-9] != "A" else "B") + presentation[-8:]
    with pytest.raises(WarifuError):
        verify_presented(twin, **arguments)
    other_city = made_sd_jwt(world, node_oracle, issuing_municipality={"code": "999989", "name": "隣町市"})
    with pytest.raises(WarifuError):
        verify_presented(other_city, **arguments)


def test_a_device_response_of_the_javascript_library(node_oracle: Oracle) -> None:
    world = World()
    namespaces = {
        "org.iso.23220.1": {"family_name_unicode": "渡邉\U000e0102"},
        RESIDENT_RECORD.doctype: {
            "certified_on": "2026-04-01",
            "issuing_municipality_code": "999997",
            "issuing_municipality_name": "割符市",
        },
    }
    answer = node_oracle(
        "mdocMake",
        doc_type=RESIDENT_RECORD.doctype,
        namespaces=namespaces,
        issuer_jwk=private_jwk(document_signer(world)),
        holder_jwk=private_jwk(world.holder()),
        leaf=b64url_encode(world.warifu.document_signer.chain_der[0]),
        **{"from": "2026-04-01T00:00:00Z", "until": "2026-04-15T00:00:00Z"},
        client_id=world.audience,
        nonce=world.nonce,
        response_uri=world.response_uri,
    )
    assert answer["ok"], answer
    response = b64url_decode(answer["device_response"])
    # The library writes no status into the MSO: that a credential may lack one is a named option of the anchor.
    lenient = dataclasses.replace(world.warifu.anchor, status_policy="if-present")
    arguments: dict[str, Any] = {
        "format": "mso_mdoc",
        "expected": world.expected(types=frozenset({RESIDENT_RECORD.doctype})),
        "anchors": Anchors((lenient,)),
        "status": world.status(),
        "policy": Policy(status="if-present"),
        "at": world.at,
    }
    assert verify_presented(response, **arguments).claims["org.iso.23220.1"]["family_name_unicode"] == "渡邉\U000e0102"
    with pytest.raises(WarifuError) as refusal:
        verify_presented(response, **{**arguments, "anchors": world.anchors, "policy": world.policy})
    assert refusal.value.layer == "status"
    forged = bytearray(response)
    forged[-9] ^= 1
    with pytest.raises(WarifuError):
        verify_presented(bytes(forged), **arguments)
