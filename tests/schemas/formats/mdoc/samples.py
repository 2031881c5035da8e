"""A sample mdoc and what a verifier does with a presentation of it, for the tests of this folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import cbor2
import pytest

from schemas.errors import WarifuError
from schemas.formats.cbor import CBORTag
from schemas.formats.cose import sign_cose, verify_sign1
from schemas.formats.mdoc import (
    ValidityInfo,
    check_device_signature,
    check_digests,
    check_doc_type,
    openid4vp_session_transcript,
    parse_device_response,
    present_device_response,
    seal_issuer_signed,
)
from schemas.formats.mdoc.session_transcript import device_authentication_bytes
from schemas.formats.status_list import StatusReference
from tests.schemas.formats.keys import TestSigner, signer_for

ISSUER, HOLDER, OTHER = signer_for("issuer"), signer_for("holder"), signer_for("other")
COMMON, NATIONAL = "org.iso.23220.1", "example.catalogue.resident_record.1"
DOC_TYPE = "example.catalogue.resident_record.1"
CHAIN = (b"leaf certificate", b"intermediate certificate")
STATUS = StatusReference(uri="https://localhost:8443/999997/status/1.cwt", index=70_000)
VALIDITY = ValidityInfo(datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 4, 15, tzinfo=UTC))
NAMESPACES: dict[str, dict[str, Any]] = {
    COMMON: {"family_name": "渡邉󠄂", "given_name": "花子", "birth_date": date(1964, 1, 7), "age_over_18": True},
    NATIONAL: {"certified_on": date(2026, 4, 1), "issuing_municipality_code": "999997", "former_names": ["佐藤", {"until": 1990}]},
}
SESSION = openid4vp_session_transcript(
    client_id="x509_hash:abc", nonce="nonce", jwk_thumbprint=bytes(32), response_uri="https://verifier.example/response"
)
CHOSEN = {COMMON: ["family_name", "age_over_18"], NATIONAL: ["certified_on", "former_names"]}


def randoms(seed: str = "seed") -> Iterator[bytes]:
    """Secrets that are the same in every run."""
    return (hashlib.sha256(f"{seed} {index}".encode()).digest() for index in count())


def sealed(namespaces: Mapping[str, Mapping[str, Any]] = NAMESPACES, **changes: Any) -> bytes:
    """The sample credential."""
    arguments: dict[str, Any] = {
        "device_key": HOLDER.public_key,
        "validity": VALIDITY,
        "status": STATUS,
        "randoms": randoms(),
        "digest_counts": {COMMON: 8, NATIONAL: 5},
        "signer": ISSUER,
        "chain_der": CHAIN,
    }
    return seal_issuer_signed(DOC_TYPE, namespaces, **(arguments | changes))


CREDENTIAL = sealed()


def presented(credential: bytes = CREDENTIAL, elements: Mapping[str, Any] = CHOSEN, *, session: bytes = SESSION) -> bytes:
    """The sample presentation."""
    return present_device_response(credential, doc_type=DOC_TYPE, elements=elements, session_transcript=session, device=HOLDER)


PRESENTED = presented()


def accepted(response: bytes, *, session: bytes = SESSION, chain: tuple[bytes, ...] = CHAIN) -> dict[str, dict[str, Any]]:
    """What a verifier does at this layer, with a pinned chain; returns the claims."""
    document = parse_device_response(response).documents[0]
    if document.issuer_signed.chain_der != chain:
        raise WarifuError("other_chain", "the pinned chain was altered", layer="chain")
    verify_sign1(document.issuer_signed.issuer_auth, ISSUER.public_key)
    check_doc_type(document)
    claims = check_digests(document.issuer_signed)
    check_device_signature(document, session_transcript=session)
    return claims


def refused(response: bytes, *, session: bytes = SESSION) -> str:
    """Return the code with which a verifier refuses ``response``."""
    with pytest.raises(WarifuError) as caught:
        accepted(response, session=session)
    return caught.value.code


def tampered(change: Callable[[dict[str, Any]], None], data: bytes = PRESENTED) -> bytes:
    """``data`` with ``change`` made to its only document."""
    response = cbor2.loads(data)
    change(response["documents"][0])
    return cbor2.dumps(response)


def device_signed(change: Callable[[dict[str, Any]], None], *, device: TestSigner = HOLDER) -> bytes:
    """As :func:`tampered`, and the device signs what came out."""

    def sign(document: dict[str, Any]) -> None:
        change(document)
        namespaces = cbor2.dumps(document["deviceSigned"]["nameSpaces"])
        payload = device_authentication_bytes(SESSION, document["docType"], namespaces)
        document["deviceSigned"]["deviceAuth"] = {"deviceSignature": cbor2.loads(sign_cose(payload, signer=device, detached=True))}

    return tampered(sign)


def resigned(change: Callable[[dict[str, Any]], None], credential: bytes = CREDENTIAL) -> bytes:
    """The credential with ``change`` made to its mobile security object, signed again by the issuer."""
    issuer_signed = cbor2.loads(credential)
    mso = cbor2.loads(cbor2.loads(issuer_signed["issuerAuth"][2]).value)
    change(mso)
    payload = cbor2.dumps(CBORTag(24, cbor2.dumps(mso)))
    issuer_signed["issuerAuth"] = cbor2.loads(sign_cose(payload, signer=ISSUER, unprotected={33: list(CHAIN)}))
    return cbor2.dumps(issuer_signed)


def items_of(document: dict[str, Any], namespace: str = COMMON) -> list[Any]:
    """The encoded items of a decoded document."""
    listed: list[Any] = document["issuerSigned"]["nameSpaces"][namespace]
    return listed


def with_item(document: dict[str, Any], position: int = 0, namespace: str = COMMON, **changes: Any) -> None:
    """Change members of one item."""
    items = items_of(document, namespace)
    items[position] = CBORTag(24, cbor2.dumps(cbor2.loads(items[position].value) | changes))
