"""SessionTranscript of OpenID4VP and the bytes that a device signs over it (OpenID4VP 1.0 B.2.6, ISO 18013-5 9.1.3).

A transcript is always rebuilt from one's own session, by wallet and verifier alike, and never taken from a message.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from schemas.formats.cbor import cbor_encode, encode_embedded, encode_text

EMPTY_DEVICE_NAMESPACES: Final = encode_embedded(b"\xa0")
_DEVICE_AUTHENTICATION: Final = b"\x84" + encode_text("DeviceAuthentication")


def openid4vp_session_transcript(*, client_id: str, nonce: str, jwk_thumbprint: bytes | None, response_uri: str) -> bytes:
    """Return the encoded SessionTranscript of a presentation by redirect or direct post (OpenID4VP 1.0 B.2.6.1).

    Args:
        client_id: as in the request, prefix included.
        nonce: of the request.
        jwk_thumbprint: SHA-256 thumbprint (RFC 7638, 32 bytes) of the verifier's key that encrypts the response; None
            where the response is not encrypted.
        response_uri: of the request, or its ``redirect_uri`` where the response mode has no ``response_uri``.
    """
    return _transcript("OpenID4VPHandover", handover_info(client_id, nonce, jwk_thumbprint, response_uri))


def dc_api_session_transcript(*, origin: str, nonce: str, jwk_thumbprint: bytes | None) -> bytes:
    """Return the encoded SessionTranscript of a presentation over the Digital Credentials API (OpenID4VP 1.0 B.2.6.2).

    Args:
        origin: of the caller, without the prefix ``origin:``.
        nonce: of the request.
        jwk_thumbprint: as for :func:`openid4vp_session_transcript`.
    """
    return _transcript("OpenID4VPDCAPIHandover", handover_info(origin, nonce, jwk_thumbprint))


def handover_info(*members: str | bytes | None) -> bytes:
    """Return the encoded array whose digest stands in the handover."""
    return cbor_encode(list(members))


def _transcript(kind: str, info: bytes) -> bytes:
    return cbor_encode([None, None, [kind, sha256(info).digest()]])


def device_authentication_bytes(session_transcript: bytes, doc_type: str, device_namespaces: bytes) -> bytes:
    """Return DeviceAuthenticationBytes, the detached payload of the device signature (ISO 18013-5 9.1.3.4).

    Args:
        session_transcript: the encoded SessionTranscript array.
        doc_type: of the document.
        device_namespaces: DeviceNameSpacesBytes, tag 24 included, exactly as they are sent or were received.
    """
    return encode_embedded(b"".join((_DEVICE_AUTHENTICATION, session_transcript, encode_text(doc_type), device_namespaces)))
