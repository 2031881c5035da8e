"""What we make is accepted by implementations that are not ours, and each of them refuses a forged twin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from runtime import clock
from schemas.formats.encoding import b64url_decode, b64url_encode
from schemas.formats.jose import public_jwk
from tests.oracles.conftest import Oracle
from tests.world import City, World

pytestmark = pytest.mark.oracle


@pytest.fixture
def world() -> World:
    """The declared world."""
    return World()


def root_of(world: World) -> str:
    return b64url_encode(world.warifu.root.certificate.public_bytes(Encoding.DER))


def moment(world: World) -> str:
    return (world.at + timedelta(minutes=1)).isoformat()


def flipped(text: str, place: int) -> str:
    """Return ``text`` with the character at ``place`` changed."""
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]


def status_jwt(world: World, revoked: tuple[int, ...] = ()) -> str:
    token = next(one for one in world.status_tokens(revoked) if one.media_type.endswith("+jwt"))
    return token.body.decode() if isinstance(token.body, bytes) else token.body


def status_cwt(world: World, revoked: tuple[int, ...] = ()) -> bytes:
    return next(bytes(one.body) for one in world.status_tokens(revoked) if one.media_type.endswith("+cwt"))


def sd_jwt_request(world: World, presentation: str, **changes: Any) -> dict[str, Any]:
    basis = {"presentation": presentation, "root": root_of(world), "now": moment(world), "nonce": world.nonce, "audience": world.audience}
    return {**basis, "status_list": status_jwt(world), **changes}


def test_sd_jwt_vc_in_the_javascript_library(world: World, node_oracle: Oracle) -> None:
    presentation = world.present_sd_jwt()
    answer = node_oracle("sdJwtVerify", **sd_jwt_request(world, presentation))
    assert answer["ok"], answer
    assert answer["claims"]["issuing_municipality"]["code"] == "999997"
    assert answer["claims"]["address"] == {"prefecture": "架空県"}


def test_forged_sd_jwt_vcs_in_the_javascript_library(world: World, node_oracle: Oracle) -> None:
    presentation = world.present_sd_jwt()
    signature = presentation.index("~") - 20
    twins = {
        "issuer signature": sd_jwt_request(world, flipped(presentation, signature)),
        "key binding": sd_jwt_request(world, flipped(presentation, len(presentation) - 20)),
        "another nonce": sd_jwt_request(world, presentation, nonce="another-nonce-altogether"),
        "another city's root": sd_jwt_request(
            world, presentation, root=b64url_encode(world.tonari.root.certificate.public_bytes(Encoding.DER))
        ),
        "revoked": sd_jwt_request(world, presentation, status_list=status_jwt(world, (4242,))),
    }
    for name, request in twins.items():
        assert not node_oracle("sdJwtVerify", **request)["ok"], name


def test_sd_jwt_vc_in_the_python_reference(world: World, python_oracle: Oracle) -> None:
    presentation = world.present_sd_jwt()
    answer = python_oracle("sd_jwt_verify", **sd_jwt_request(world, presentation))
    assert answer["ok"], answer
    assert answer["claims"]["family_name"] == "渡邉\U000e0102"
    twin = flipped(presentation, presentation.index("~") - 20)
    assert not python_oracle("sd_jwt_verify", **sd_jwt_request(world, twin))["ok"]


def test_mdoc_in_the_javascript_library(world: World, node_oracle: Oracle) -> None:
    issuer_signed = world.mdoc()
    request = {"issuer_signed": b64url_encode(issuer_signed), "root": root_of(world), "now": moment(world)}
    answer = node_oracle("mdocVerifyIssuerSigned", **request)
    assert answer["ok"], answer
    assert answer["doc_type"] == "example.catalogue.resident_record.1"
    place = issuer_signed.index("架空県".encode())
    forged = bytearray(issuer_signed)
    forged[place + 2] ^= 1
    assert not node_oracle("mdocVerifyIssuerSigned", **{**request, "issuer_signed": b64url_encode(bytes(forged))})["ok"]


def device_request(world: World, response: bytes, **changes: Any) -> dict[str, Any]:
    basis = {
        "device_response": b64url_encode(response),
        "root": root_of(world),
        "now": moment(world),
        "client_id": world.audience,
        "nonce": world.nonce,
        "response_uri": world.response_uri,
    }
    return {**basis, **changes}


def test_device_response_with_its_signature_in_the_javascript_library(world: World, node_oracle: Oracle) -> None:
    response = world.present_mdoc()
    answer = node_oracle("mdocVerifyDeviceResponse", **device_request(world, response))
    assert answer["ok"], answer
    for change in ({"nonce": "another-nonce-altogether"}, {"client_id": "x509_hash:another"}, {"response_uri": "https://evil.example/"}):
        assert not node_oracle("mdocVerifyDeviceResponse", **device_request(world, response, **change))["ok"], change


def test_mdoc_in_pymdoccbor(python_oracle: Oracle) -> None:
    now = clock.now()  # this library reads the clock itself
    world = World(at=now, warifu=City("999997", "割符市", "warifu.example", now))
    response = world.present_mdoc()
    request = {"device_response": b64url_encode(response), "root": root_of(world)}
    answer = python_oracle("mdoc_verify", **request)
    assert answer["ok"], answer
    forged = bytearray(response)
    forged[response.index("架空県".encode()) + 2] ^= 1
    assert not python_oracle("mdoc_verify", **{**request, "device_response": b64url_encode(bytes(forged))})["ok"]


def test_status_list_jwt_in_the_javascript_library(world: World, node_oracle: Oracle) -> None:
    request = {"token": status_jwt(world, (4242, 7)), "root": root_of(world), "now": moment(world), "indexes": [4242, 7, 8, 0, 4241]}
    answer = node_oracle("statusJwt", **request)
    assert answer == {"ok": True, "statuses": [1, 1, 0, 0, 0]}
    assert not node_oracle("statusJwt", **{**request, "token": flipped(request["token"], len(request["token"]) - 9)})["ok"]


def test_status_list_cwt_in_an_independent_reader(world: World, python_oracle: Oracle) -> None:
    token = status_cwt(world, (4242, 7))
    key = public_jwk(world.warifu.status_signer.signer.public_key)
    request = {"token": b64url_encode(token), "key": key, "indexes": [4242, 7, 8, 0, 4241]}
    answer = python_oracle("status_cwt", **request)
    assert answer["ok"], answer
    assert answer["statuses"] == [1, 1, 0, 0, 0]
    assert answer["uri"] == world.warifu.status_uri("cwt")
    forged = bytearray(b64url_decode(request["token"], max_bytes=1 << 20))
    forged[-1] ^= 1
    assert not python_oracle("status_cwt", **{**request, "token": b64url_encode(bytes(forged))})["ok"]
