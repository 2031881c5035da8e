"""DeviceResponse: device signature, session, what the device asserts itself (threat rows B02, B03, B04, B06, B17, B19)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cbor2
import pytest

from schemas.formats.cbor import CBORTag
from schemas.formats.cose import sign_cose
from schemas.formats.mdoc import dc_api_session_transcript, openid4vp_session_transcript, parse_device_response
from schemas.formats.mdoc.session_transcript import EMPTY_DEVICE_NAMESPACES, device_authentication_bytes
from tests.schemas.formats.mdoc.samples import (
    CHOSEN,
    COMMON,
    DOC_TYPE,
    HOLDER,
    ISSUER,
    NAMESPACES,
    OTHER,
    PRESENTED,
    SESSION,
    accepted,
    device_signed,
    presented,
    refused,
    resigned,
    tampered,
)

Change = Callable[[dict[str, Any]], object]


def device_auth(document: dict[str, Any]) -> dict[str, Any]:
    auth: dict[str, Any] = document["deviceSigned"]["deviceAuth"]
    return auth


def test_a_presentation_is_accepted_with_the_chosen_claims() -> None:
    assert accepted(PRESENTED) == {namespace: {name: NAMESPACES[namespace][name] for name in names} for namespace, names in CHOSEN.items()}


def test_the_device_signature_may_be_tagged() -> None:
    def tag(document: dict[str, Any]) -> None:
        device_auth(document)["deviceSignature"] = CBORTag(18, device_auth(document)["deviceSignature"])

    assert accepted(tampered(tag)) == accepted(PRESENTED)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda auth: auth.clear(), "device_auth_missing"),
        (lambda auth: auth.update(deviceSignature=None), "device_auth_missing"),
        (lambda auth: auth.update(deviceSignature=b""), "bad_cose"),
        (lambda auth: auth.update(deviceSignature=[]), "bad_cose"),
        (lambda auth: auth.update(deviceSignature={}), "bad_cose"),
        (lambda auth: auth.update(deviceSignature=CBORTag(18, [])), "bad_cose"),
        (lambda auth: auth.update(deviceSignature=CBORTag(24, b"\xf6")), "bad_cose"),
        (lambda auth: auth.update(deviceSignature=cbor2.dumps(auth["deviceSignature"])), "bad_cose"),
        (lambda auth: auth.update(deviceSignature=CBORTag(17, auth["deviceSignature"])), "cose_mac_not_accepted"),
        (lambda auth: auth.update(deviceMac=auth["deviceSignature"]), "device_auth_ambiguous"),
        (lambda auth: auth.update(deviceMac=None), "device_auth_ambiguous"),
        (lambda auth: auth.update(other=1), "device_auth_ambiguous"),
        (lambda auth: auth.update(deviceMac=auth.pop("deviceSignature")), "device_mac_not_accepted"),
    ],
)
def test_a_missing_or_doubtful_device_signature_is_refused(change: Change, code: str) -> None:
    assert refused(tampered(lambda document: change(device_auth(document)))) == code


@pytest.mark.parametrize("auth", [None, [], b""])
def test_device_auth_of_another_kind_is_refused(auth: Any) -> None:
    assert refused(tampered(lambda document: document["deviceSigned"].update(deviceAuth=auth))) == "bad_device_response"


def test_another_device_is_refused() -> None:
    for signer in (OTHER, ISSUER):
        assert refused(device_signed(lambda document: None, device=signer)) == "bad_device_signature"


def test_an_attached_payload_is_refused() -> None:
    def attach(document: dict[str, Any]) -> None:
        payload = device_authentication_bytes(SESSION, DOC_TYPE, EMPTY_DEVICE_NAMESPACES)
        device_auth(document)["deviceSignature"] = cbor2.loads(sign_cose(payload, signer=HOLDER))

    assert refused(tampered(attach)) == "cose_payload_misplaced"


def test_external_data_in_the_signature_is_refused() -> None:
    def sign(document: dict[str, Any]) -> None:
        payload = device_authentication_bytes(SESSION, DOC_TYPE, EMPTY_DEVICE_NAMESPACES)
        device_auth(document)["deviceSignature"] = cbor2.loads(sign_cose(payload, signer=HOLDER, detached=True, external_aad=b"x"))

    assert refused(tampered(sign)) == "bad_device_signature"


REQUEST: dict[str, Any] = {
    "client_id": "x509_hash:abc",
    "nonce": "nonce",
    "jwk_thumbprint": bytes(32),
    "response_uri": "https://verifier.example/response",
}


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "x509_hash:abd"},
        {"client_id": "abc"},
        {"nonce": "nonce2"},
        {"jwk_thumbprint": b"\x01" * 32},
        {"jwk_thumbprint": None},
        {"response_uri": "https://verifier.example/response/"},
        {"response_uri": "https://attacker.example/response"},
    ],
)
def test_another_session_is_refused(change: dict[str, Any]) -> None:
    assert openid4vp_session_transcript(**REQUEST) == SESSION
    assert refused(PRESENTED, session=openid4vp_session_transcript(**(REQUEST | change))) == "bad_device_signature"


def test_another_kind_of_session_is_refused() -> None:
    assert (
        refused(PRESENTED, session=dc_api_session_transcript(origin="x", nonce="nonce", jwk_thumbprint=bytes(32))) == "bad_device_signature"
    )
    assert refused(PRESENTED, session=b"") == "bad_device_signature"
    assert refused(PRESENTED, session=SESSION + b"\x00") == "bad_device_signature"


def test_an_outer_type_that_the_issuer_did_not_sign_is_refused() -> None:
    assert refused(device_signed(lambda document: document.update(docType="example.catalogue.other.1"))) == "doc_type_mismatch"


def claiming(namespaces: dict[Any, Any]) -> Change:
    return lambda document: document["deviceSigned"].update(nameSpaces=CBORTag(24, cbor2.dumps(namespaces)))


def test_elements_of_the_device_are_refused_without_authorisation() -> None:
    assert refused(device_signed(claiming({COMMON: {"resident_address": "どこか"}}))) == "device_elements_not_authorised"
    assert refused(device_signed(claiming({"other": {"a": 1}}))) == "device_elements_not_authorised"


@pytest.mark.parametrize(
    ("authorised", "accepted_"),
    [
        ({"nameSpaces": [COMMON]}, True),
        ({"dataElements": {COMMON: ["nickname"]}}, True),
        ({"nameSpaces": ["other"]}, False),
        ({"dataElements": {COMMON: ["other"]}}, False),
        ({"dataElements": {"other": ["nickname"]}}, False),
        ({}, False),
    ],
)
def test_authorised_elements_of_the_device_pass_but_never_become_claims(authorised: dict[str, Any], accepted_: bool) -> None:
    credential = resigned(lambda mso: mso["deviceKeyInfo"].update(keyAuthorizations=authorised))

    def change(document: dict[str, Any]) -> None:
        document["issuerSigned"]["issuerAuth"] = cbor2.loads(credential)["issuerAuth"]
        claiming({COMMON: {"nickname": "はな"}})(document)

    response = device_signed(change)
    if accepted_:
        assert accepted(response) == accepted(PRESENTED)
    else:
        assert refused(response) == "device_elements_not_authorised"


def test_elements_of_the_device_never_take_the_place_of_the_issuers() -> None:
    credential = resigned(lambda mso: mso["deviceKeyInfo"].update(keyAuthorizations={"nameSpaces": [COMMON]}))

    def change(document: dict[str, Any]) -> None:
        document["issuerSigned"]["issuerAuth"] = cbor2.loads(credential)["issuerAuth"]
        claiming({COMMON: {"family_name": "別人"}})(document)

    assert accepted(device_signed(change))[COMMON]["family_name"] == NAMESPACES[COMMON]["family_name"]


@pytest.mark.parametrize("namespaces", [[], {1: {}}, {"a": []}, {"a": {1: 2}}, "x"])
def test_namespaces_of_the_device_of_another_structure_are_refused(namespaces: Any) -> None:
    assert refused(device_signed(claiming(namespaces))) == "bad_device_response"


def test_namespaces_of_the_device_are_signed_as_received() -> None:
    """Longer lengths around the empty map pass where the device signed them, and nowhere else."""
    raw = b"\xd8\x18\x58\x01\xa0"
    assert refused(PRESENTED.replace(EMPTY_DEVICE_NAMESPACES, raw)) == "bad_device_signature"
    payload = device_authentication_bytes(SESSION, DOC_TYPE, raw)
    signature = parse_device_response(PRESENTED).documents[0].device_auth["deviceSignature"]
    other = cbor2.loads(sign_cose(payload, signer=HOLDER, detached=True))
    response = PRESENTED.replace(EMPTY_DEVICE_NAMESPACES, raw).replace(signature[3], other[3])
    assert accepted(response) == accepted(PRESENTED)


def outer(change: Change) -> bytes:
    response = cbor2.loads(PRESENTED)
    change(response)
    return cbor2.dumps(response)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda response: response.update(version="1.1"), "mdoc_version_not_supported"),
        (lambda response: response.pop("version"), "mdoc_version_not_supported"),
        (lambda response: response.update(status=10), "device_response_status"),
        (lambda response: response.update(status=False), "device_response_status"),
        (lambda response: response.update(status="0"), "device_response_status"),
        (lambda response: response.pop("status"), "device_response_status"),
        (lambda response: response.update(documents=[]), "document_count"),
        (lambda response: response.update(documents=response["documents"] * 2), "document_count"),
        (lambda response: response.update(documents={}), "bad_device_response"),
        (lambda response: response.pop("documents"), "bad_device_response"),
        (lambda response: response.update(extra=1), "bad_device_response"),
        (lambda response: response.update({0: 1}), "bad_device_response"),
        (lambda response: response.update(documents=[None]), "bad_device_response"),
        (lambda response: response["documents"][0].update(extra=1), "bad_device_response"),
        (lambda response: response["documents"][0].update(docType=1), "bad_device_response"),
        (lambda response: response["documents"][0].pop("docType"), "bad_device_response"),
        (lambda response: response["documents"][0].pop("deviceSigned"), "bad_device_response"),
        (lambda response: response["documents"][0]["deviceSigned"].update(extra=1), "bad_device_response"),
        (lambda response: response["documents"][0]["deviceSigned"].pop("nameSpaces"), "bad_cbor"),
        (lambda response: response["documents"][0]["deviceSigned"].update(nameSpaces={}), "bad_cbor"),
        (lambda response: response["documents"][0].pop("issuerSigned"), "bad_issuer_signed"),
        (lambda response: response.update(documentErrors=[{"a": 1.5}]), "cbor_value_not_allowed"),
        (lambda response: response["documents"][0].update(errors={"a": {"b": 1.5}}), "cbor_value_not_allowed"),
    ],
)
def test_responses_of_another_structure_are_refused(change: Change, code: str) -> None:
    assert refused(outer(change)) == code


def test_errors_beside_the_document_are_tolerated() -> None:
    response = outer(
        lambda response: response.update(documentErrors=[{"other": 0}]) or response["documents"][0].update(errors={"a": {"b": 0}})
    )
    assert accepted(response) == accepted(PRESENTED)


def test_the_document_of_another_session_does_not_pass() -> None:
    other = openid4vp_session_transcript(**(REQUEST | {"nonce": "an earlier one"}))
    assert refused(presented(session=other)) == "bad_device_signature"
    assert accepted(presented(session=other), session=other)
