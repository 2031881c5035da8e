"""Published vectors: ISO 18013-5 Annex D (issuer part), OpenID4VP handovers, isomdl."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from schemas.errors import WarifuError
from schemas.formats.cbor import cbor_decode, embedded_content
from schemas.formats.cose import cose_key, key_from_cose, signature_structure, verify_sign1
from schemas.formats.jose import jwk_thumbprint, key_from_jwk
from schemas.formats.mdoc import (
    check_device_signature,
    check_digests,
    check_doc_type,
    dc_api_session_transcript,
    openid4vp_session_transcript,
    parse_device_response,
    parse_issuer_signed,
)
from schemas.formats.mdoc.session_transcript import device_authentication_bytes, handover_info


@pytest.fixture(scope="module")
def annex_d(foreign_vectors: Path) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((foreign_vectors / "iso18013-5-annexD" / "annexD.json").read_text("utf-8"))
    return case


@pytest.fixture(scope="module")
def response(annex_d: dict[str, Any]) -> bytes:
    return bytes.fromhex(annex_d["hex"]["device_response"])


def pinned_key(annex_d: dict[str, Any]) -> tuple[bytes, ec.EllipticCurvePublicKey]:
    der = bytes.fromhex(annex_d["hex"]["ds_cert"])
    key = x509.load_der_x509_certificate(der).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return der, key


def issuer_part(data: bytes, der: bytes, key: ec.EllipticCurvePublicKey) -> dict[str, dict[str, Any]]:
    """Check what the issuer made, its certificate pinned."""
    document = parse_device_response(data).documents[0]
    if document.issuer_signed.chain_der != (der,):
        raise WarifuError("other_chain", "not the pinned certificate", layer="chain")
    check_doc_type(document)
    verify_sign1(document.issuer_signed.issuer_auth, key)
    return check_digests(document.issuer_signed)


def test_annex_d_issuer_part(annex_d: dict[str, Any], response: bytes) -> None:
    claims = issuer_part(response, *pinned_key(annex_d))
    document = parse_device_response(response).documents[0]
    derived = annex_d["derived_and_checked"]
    (namespace, elements), *none = claims.items()
    assert not none
    assert [entry["element"] for entry in derived["digests"]] == list(elements)
    for entry, item in zip(derived["digests"], document.issuer_signed.namespaces[namespace], strict=True):
        assert (entry["namespace"], entry["digestID"], entry["sha256"]) == (
            namespace,
            item.digest_id,
            hashlib.sha256(item.received).hexdigest(),
        )
    auth = document.issuer_signed.issuer_auth
    assert signature_structure(auth.protected_bytes, auth.payload or b"").hex() == derived["issuer_auth_sig_structure_hex"]
    assert embedded_content(cbor_decode(auth.payload or b"")).hex() == derived["mso_hex"]
    validity = document.issuer_signed.mso.validity
    assert validity.signed == validity.valid_from == datetime(2020, 10, 1, 13, 30, 2, tzinfo=UTC)
    assert validity.valid_until == datetime(2021, 10, 1, 13, 30, 2, tzinfo=UTC)


def test_annex_d_device_authentication_bytes(annex_d: dict[str, Any], response: bytes) -> None:
    document = parse_device_response(response).documents[0]
    transcript = embedded_content(cbor_decode(bytes.fromhex(annex_d["hex"]["session_transcript_bytes"])))
    built = device_authentication_bytes(transcript, document.doc_type, document.device_namespaces_bytes)
    assert built.hex() == annex_d["derived_and_checked"]["device_authentication_bytes_hex"]
    static = annex_d["hex"]["static_device_key_x"], annex_d["hex"]["static_device_key_y"]
    key = cose_key(document.issuer_signed.mso.device_key)
    assert (key[-2].hex(), key[-3].hex()) == static


def test_annex_d_is_bound_by_a_mac_and_therefore_refused(annex_d: dict[str, Any], response: bytes) -> None:
    transcript = embedded_content(cbor_decode(bytes.fromhex(annex_d["hex"]["session_transcript_bytes"])))
    with pytest.raises(WarifuError) as caught:
        check_device_signature(parse_device_response(response).documents[0], session_transcript=transcript)
    assert caught.value.code == "device_mac_not_accepted"


def test_annex_d_with_any_byte_of_the_issuer_part_flipped_fails(annex_d: dict[str, Any], response: bytes) -> None:
    der, key = pinned_key(annex_d)
    expected = issuer_part(response, der, key)
    device_signed = response.index(b"\x6cdeviceSigned")
    for position in range(device_signed):
        changed = bytearray(response)
        changed[position] ^= 0x01
        with pytest.raises(WarifuError):
            issuer_part(bytes(changed), der, key)
    assert issuer_part(response, der, key) == expected


def test_the_published_device_key_of_the_reader_side(annex_d: dict[str, Any]) -> None:
    key = key_from_cose(cbor_decode(embedded_content(cbor_decode(bytes.fromhex(annex_d["hex"]["e_device_key_bytes"])))))
    assert key.public_numbers().x == int(annex_d["hex"]["ephemeral_device_key_x"], 16)


HANDOVERS = ("redirect", "dc_api", "redirect_unencrypted_DERIVED", "dc_api_unencrypted_DERIVED")


@pytest.fixture(scope="module")
def handovers(foreign_vectors: Path) -> dict[str, Any]:
    vectors: dict[str, Any] = json.loads((foreign_vectors / "openid4vp" / "handover_vectors.json").read_text("utf-8"))["vectors"]
    return vectors


@pytest.mark.parametrize("name", HANDOVERS)
def test_openid4vp_handovers_are_byte_identical(handovers: dict[str, Any], name: str) -> None:
    assert set(handovers) == set(HANDOVERS)
    vector = handovers[name]
    inputs = handovers[name.removesuffix("_unencrypted_DERIVED")]["inputs"]
    thumbprint = None if name.endswith("DERIVED") else jwk_thumbprint(key_from_jwk(inputs["verifier_encryption_jwk"]))
    if thumbprint is not None:
        assert thumbprint.hex() == vector["jwk_thumbprint_sha256_hex"]
    if name.startswith("redirect"):
        info = handover_info(inputs["client_id"], inputs["nonce"], thumbprint, inputs["response_uri"])
        transcript = openid4vp_session_transcript(
            client_id=inputs["client_id"], nonce=inputs["nonce"], jwk_thumbprint=thumbprint, response_uri=inputs["response_uri"]
        )
    else:
        info = handover_info(inputs["origin"], inputs["nonce"], thumbprint)
        transcript = dc_api_session_transcript(origin=inputs["origin"], nonce=inputs["nonce"], jwk_thumbprint=thumbprint)
    assert info.hex() == vector["handover_info_cbor_hex"]
    assert transcript.hex() == vector["session_transcript_cbor_hex"]
    assert hashlib.sha256(info).digest() in transcript
    if "handover_cbor_hex" in vector:
        assert transcript.hex() == "83f6f6" + vector["handover_cbor_hex"]


def isomdl(foreign_vectors: Path, name: str) -> bytes:
    return bytes.fromhex((foreign_vectors / "isomdl" / "definitions" / name).read_text("ascii").strip())


def test_the_issuer_signed_of_isomdl_is_annex_d(foreign_vectors: Path, annex_d: dict[str, Any], response: bytes) -> None:
    parsed = parse_issuer_signed(isomdl(foreign_vectors, "issuer_signed.cbor"))
    verify_sign1(parsed.issuer_auth, pinned_key(annex_d)[1])
    assert check_digests(parsed) == issuer_part(response, *pinned_key(annex_d))


def test_a_placeholder_of_isomdl_with_a_random_of_one_byte_is_refused(foreign_vectors: Path) -> None:
    with pytest.raises(WarifuError) as caught:
        parse_device_response(isomdl(foreign_vectors, "device_response.cbor"))
    assert caught.value.code in {"random_too_short", "bad_cbor", "bad_mso"}
