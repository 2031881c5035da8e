"""ISO mdoc: sealed by an issuer, presented by a device, read strictly (ISO 18013-5).

``seal`` is the issuer's side, ``issuer_signed`` reads what it made, ``mso`` is what was signed, ``present`` the holder's side,
``device_response`` the verifier's, ``session_transcript`` what ties a presentation to its request.
"""

from schemas.formats.mdoc.device_response import (
    DeviceResponse,
    UnverifiedDocument,
    check_device_signature,
    check_doc_type,
    parse_device_response,
)
from schemas.formats.mdoc.issuer_signed import (
    IssuerSignedItem,
    UnverifiedIssuerSigned,
    check_digests,
    parse_issuer_signed,
)
from schemas.formats.mdoc.mso import KeyAuthorizations, MobileSecurityObject, ValidityInfo, parse_mso
from schemas.formats.mdoc.present import present_device_response, select_items
from schemas.formats.mdoc.seal import randoms_from, seal_issuer_signed
from schemas.formats.mdoc.session_transcript import dc_api_session_transcript, openid4vp_session_transcript

__all__ = [
    "DeviceResponse",
    "IssuerSignedItem",
    "KeyAuthorizations",
    "MobileSecurityObject",
    "UnverifiedDocument",
    "UnverifiedIssuerSigned",
    "ValidityInfo",
    "check_device_signature",
    "check_digests",
    "check_doc_type",
    "dc_api_session_transcript",
    "openid4vp_session_transcript",
    "parse_device_response",
    "parse_issuer_signed",
    "parse_mso",
    "present_device_response",
    "randoms_from",
    "seal_issuer_signed",
    "select_items",
]
