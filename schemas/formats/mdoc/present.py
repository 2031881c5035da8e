"""The holder's side: chosen items of an IssuerSigned, signed by the device for one session (ISO 18013-5 9.1.3.6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from schemas.errors import WarifuError
from schemas.formats.cbor import encode_text, head, split_map
from schemas.formats.cose import sign_cose
from schemas.formats.jose import Signer
from schemas.formats.mdoc.issuer_signed import UnverifiedIssuerSigned, parse_issuer_signed
from schemas.formats.mdoc.session_transcript import EMPTY_DEVICE_NAMESPACES, device_authentication_bytes


def select_items(issuer_signed: bytes, elements: Mapping[str, Collection[str]]) -> bytes:
    """Return the IssuerSigned structure with the items named in ``elements`` only, each as received.

    Args:
        issuer_signed: as the issuer gave it.
        elements: namespace → element identifiers; nothing else is released.

    Raises:
        WarifuError: ``claim_not_available`` for an element that the credential does not hold, or a parse error.
    """
    return _select(parse_issuer_signed(issuer_signed), issuer_signed, elements)


def _select(parsed: UnverifiedIssuerSigned, issuer_signed: bytes, elements: Mapping[str, Collection[str]]) -> bytes:
    wanted = {namespace: frozenset(names) for namespace, names in elements.items() if names}
    chosen = {
        namespace: [item for item in parsed.namespaces.get(namespace, ()) if item.element_identifier in names]
        for namespace, names in wanted.items()
    }
    for namespace, names in wanted.items():
        if names - {item.element_identifier for item in chosen[namespace]}:
            raise WarifuError(
                "claim_not_available", "the credential holds no such element", clause="ISO 18013-5 8.3.2.1.2.2", layer="query"
            )
    issuer_auth = encode_text("issuerAuth") + split_map(issuer_signed)["issuerAuth"]
    if not chosen:
        return b"\xa1" + issuer_auth
    parts = [b"\xa2", encode_text("nameSpaces"), head(5, len(chosen))]
    for namespace, items in chosen.items():
        parts += (encode_text(namespace), head(4, len(items)), *(item.received for item in items))
    return b"".join((*parts, issuer_auth))


def present_device_response(
    issuer_signed: bytes, *, doc_type: str, elements: Mapping[str, Collection[str]], session_transcript: bytes, device: Signer
) -> bytes:
    """Return an encoded DeviceResponse with one document, chosen items only and nothing asserted by the device itself.

    Args:
        issuer_signed: the credential as the issuer gave it.
        doc_type: the document type asked for.
        elements: namespace → element identifiers to release.
        session_transcript: rebuilt from the request that the wallet received.
        device: the holder's key of this very credential.

    Raises:
        WarifuError: ``doc_type_mismatch``, ``holder_key_mismatch``, ``claim_not_available`` or a parse error.
    """
    parsed = parse_issuer_signed(issuer_signed)
    if parsed.mso.doc_type != doc_type:
        raise WarifuError("doc_type_mismatch", "the credential is of another document type", clause="ISO 18013-5 9.3.1", layer="query")
    if parsed.mso.device_key != device.public_key:
        raise WarifuError("holder_key_mismatch", "the credential is bound to another key", clause="ISO 18013-5 9.1.3", layer="key-binding")
    payload = device_authentication_bytes(session_transcript, doc_type, EMPTY_DEVICE_NAMESPACES)
    parts = (
        _RESPONSE_START,
        encode_text(doc_type),
        encode_text("issuerSigned"),
        _select(parsed, issuer_signed, elements),
        _DEVICE_SIGNED,
        sign_cose(payload, signer=device, detached=True),
        encode_text("status"),
        b"\x00",
    )
    return b"".join(parts)


_RESPONSE_START = b"".join(
    (b"\xa3", encode_text("version"), encode_text("1.0"), encode_text("documents"), b"\x81\xa3", encode_text("docType"))
)
_DEVICE_SIGNED = b"".join(
    (
        encode_text("deviceSigned"),
        b"\xa2",
        encode_text("nameSpaces"),
        EMPTY_DEVICE_NAMESPACES,
        encode_text("deviceAuth"),
        b"\xa1",
        encode_text("deviceSignature"),
    )
)
