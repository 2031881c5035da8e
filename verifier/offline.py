"""``verify FILE``: one credential or presentation from a file, decided without store, network or home.

The same function as everywhere (``schemas.verify``); what a session would know comes from the command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from cryptography import x509

from schemas.errors import WarifuError
from schemas.formats.cbor import cbor_decode
from schemas.formats.encoding import b64url_decode
from schemas.formats.mdoc import parse_device_response, parse_issuer_signed
from schemas.formats.sdjwt import parse_sd_jwt
from schemas.formats.status_list import parse_status_token
from schemas.trust import Anchors, TrustAnchor, TrustPurpose, municipality_of
from schemas.verify import (
    ANY_TYPE,
    CWT_LIST,
    JWT_LIST,
    MSO_MDOC,
    SD_JWT_VC,
    Expected,
    Policy,
    Refusal,
    StatusLists,
    StatusToken,
    UndeterminedRefusal,
    Verified,
    origin_of,
    verify_issued,
    verify_presented,
)
from verifier.report import credential_document, report_document

KeyBinding = Literal["required", "none"]


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line said.

    Attributes:
        roots: certificates to trust; with ``pinned`` the signers themselves.
        status: bodies of status lists, empty where none was given; None where step 10 is to be skipped.
    """

    data: bytes
    format: str | None
    roots: Sequence[x509.Certificate]
    pinned: bool
    key_binding: KeyBinding
    nonce: str | None
    audience: str | None
    session_transcript: bytes | None
    status: Sequence[bytes] | None
    at: datetime


def verify_given(given: Given) -> Verified:
    """Verify the file; raises ``Refusal`` or ``UndeterminedRefusal``, and ``WarifuError`` for a call that makes no sense."""
    format_id, presentation = read_presentation(given.data, given.format)
    lists = [_status_token(body) for body in given.status or ()]
    origins = {origin_of(token.uri) for token in lists} or stated_origin(presentation)
    anchors = Anchors(anchor_for(root, pinned=given.pinned, origins=frozenset(origins)) for root in given.roots)
    expected = Expected(
        types=ANY_TYPE,
        key_binding=given.key_binding,
        nonce=given.nonce,
        audience=given.audience,
        session_transcript=given.session_transcript,
    )
    _check_binding_values(given, format_id)
    verify = verify_issued if given.key_binding == "none" and not _is_presented(presentation) else verify_presented
    return verify(
        presentation,
        format=format_id,
        expected=expected,
        anchors=anchors,
        status=StatusLists(lists, anchors=anchors) if lists else None,
        policy=Policy(status="none" if given.status is None else "required"),
        at=given.at,
    )


def _check_binding_values(given: Given, format_id: str) -> None:
    """A key binding can be checked only against the request that it answers."""
    if given.key_binding == "none":
        return
    missing = given.session_transcript is None if format_id == MSO_MDOC else given.nonce is None or given.audience is None
    if missing:
        raise WarifuError(
            "expectation_missing",
            "the key binding cannot be checked without the request that it answers",
            hint="give --nonce and --audience, or --session-transcript for an mdoc; or --key-binding none for a credential as issued",
            clause="RFC 9901 7.3",
            layer="protocol",
        )


def read_presentation(data: bytes, format_id: str | None) -> tuple[str, str | bytes]:
    """Return format and content: compact text for an SD-JWT VC; bytes for an mdoc, which may be base64url in the file.

    Raises:
        WarifuError: ``not_a_presentation``.
    """
    text = data.strip()
    if format_id == SD_JWT_VC or (format_id is None and b"~" in text and text.isascii()):
        try:
            return SD_JWT_VC, text.decode("ascii")
        except UnicodeDecodeError as error:
            raise _no_presentation() from error
    if format_id not in (None, MSO_MDOC) or not data:
        raise _no_presentation()
    if text.isascii() and text.replace(b"-", b"").replace(b"_", b"").isalnum():
        return MSO_MDOC, b64url_decode(text.decode("ascii"))
    return MSO_MDOC, data


def _no_presentation() -> WarifuError:
    return WarifuError(
        "not_a_presentation", "the file holds neither an SD-JWT VC nor an mdoc", hint="name the format with --format", layer="parse"
    )


def _is_presented(presentation: str | bytes) -> bool:
    """Tell a presentation from a credential as issued: by its key binding, or as a DeviceResponse."""
    if isinstance(presentation, str):
        return not presentation.endswith("~")
    try:
        content = cbor_decode(presentation)
    except WarifuError:
        return False
    return isinstance(content, dict) and "documents" in content


def stated_origin(presentation: str | bytes) -> set[str]:
    """Return the origin that the credential names for its list, so that a list that was not given is told as missing.

    Nothing is fetched here; without a list the outcome is undetermined whatever the address.
    """
    try:
        claim = _status_claim(presentation)
        uri = claim["status_list"]["uri"]
        return {origin_of(uri)} if isinstance(uri, str) and uri.startswith("https://") else set()
    except (WarifuError, KeyError, TypeError, ValueError):
        return set()  # unreadable or without a status: verification says so itself, in its own words


def _status_claim(presentation: str | bytes) -> Any:
    if isinstance(presentation, str):
        return parse_sd_jwt(presentation).payload["status"]
    if _is_presented(presentation):
        return parse_device_response(presentation).documents[0].issuer_signed.mso.status
    return parse_issuer_signed(presentation).mso.status


def anchor_for(root: x509.Certificate, *, pinned: bool, origins: frozenset[str]) -> TrustAnchor:
    """Return the anchor for a root of the command line: strict where it is a municipality's, foreign otherwise."""
    municipality = municipality_of(root)
    purposes = frozenset({TrustPurpose.ISSUER, TrustPurpose.STATUS})
    if municipality is not None and not pinned:
        return TrustAnchor(purposes=purposes, certificate=root, municipality=municipality, status_origins=origins)
    return TrustAnchor(
        purposes=purposes, certificate=root, pinned=pinned, profile="foreign", status_policy="if-present", status_origins=origins
    )


def _status_token(body: bytes) -> StatusToken:
    media_type = JWT_LIST if body.lstrip()[:2] == b"ey" else CWT_LIST
    content = body.strip() if media_type == JWT_LIST else body
    return StatusToken(parse_status_token(content, media_type=media_type).uri, media_type, content)


def decision_document(given: Given) -> dict[str, Any]:
    """Verify and return the report in the form of design.md, section 5."""
    try:
        verified = verify_given(given)
    except UndeterminedRefusal as refusal:
        return report_document("undetermined", refusal.code, refusal.report)
    except Refusal as refusal:
        return report_document("rejected", refusal.code, refusal.report)
    return report_document("accepted", "", verified.report, verified.claims, credential_document(verified))
