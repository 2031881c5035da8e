"""What the verifier makes of each kind of test vector (the form is described in ``tests/vectors/README.md``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography import x509

from runtime.vector_runner import Consumer, Outcome, instant
from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, parse_json, parse_json_object
from schemas.formats.jose import key_from_jwk
from schemas.formats.jwe import decrypt_jwe
from schemas.messages.dcql import parse_query
from schemas.messages.dcql_answer import Answer, check_answer
from schemas.messages.openid4vp import parse_vp_token
from schemas.trust import Anchors, TrustAnchor, TrustPurpose, municipality_of
from schemas.verify import (
    ANY_TYPE,
    JWT_LIST,
    MSO_MDOC,
    SD_JWT_VC,
    Expected,
    Policy,
    StatusLists,
    StatusToken,
    Verified,
    VerifiedStatusList,
    check_status_list,
    origin_of,
    verify_issued,
    verify_presented,
)
from schemas.verify.status import check_status_value
from verifier.offline import stated_origin
from verifier.report import plain

Given = Mapping[str, Any]


def _sd_jwt(given: Given, at: datetime | None) -> Outcome:
    return _verified(given, at, given["input"], SD_JWT_VC, verify_issued)


def _sd_jwt_kb(given: Given, at: datetime | None) -> Outcome:
    return _verified(given, at, given["input"], SD_JWT_VC, verify_presented)


def _mdoc_issued(given: Given, at: datetime | None) -> Outcome:
    return _verified(given, at, b64url_decode(given["input"]), MSO_MDOC, verify_issued)


def _mdoc_presented(given: Given, at: datetime | None) -> Outcome:
    return _verified(given, at, b64url_decode(given["input"]), MSO_MDOC, verify_presented)


def _verified(given: Given, at: datetime | None, presentation: str | bytes, format_id: str, verify: Callable[..., Verified]) -> Outcome:
    tokens = [_token(entry) for entry in given.get("status", [])]
    origins = {origin_of(token.uri) for token in tokens} or stated_origin(presentation)
    anchors = anchors_of(given, frozenset(origins))
    transcript = given.get("session_transcript")
    key_binding = given.get("key_binding", "required" if verify is verify_presented else "none")
    expected = Expected(
        types=frozenset(given["types"]) if "types" in given else ANY_TYPE,
        key_binding=key_binding,
        nonce=given.get("nonce"),
        audience=given.get("audience"),
        session_transcript=None if transcript is None else b64url_decode(transcript),
        holder_key=key_from_jwk(given["holder_key"]) if "holder_key" in given else None,
    )
    verified = verify(
        presentation,
        format=format_id,
        expected=expected,
        anchors=anchors,
        status=StatusLists(tokens, anchors=anchors) if tokens else None,
        policy=_policy(given),
        at=_needed(at),
    )
    return Outcome("accept", claims=plain(verified.claims))


def _policy(given: Given) -> Policy:
    age = given.get("max_status_age")
    return Policy(
        status=given.get("status_policy", "required"),
        max_status_age=None if age is None else timedelta(seconds=age),
        holder_relations=frozenset(given.get("holder_relations", [])),
    )


def anchors_of(given: Given, origins: frozenset[str]) -> Anchors:
    """Return the anchors of a case; a municipal root is strict, everything else foreign."""
    entries = given.get("anchors", [])
    status_keys = any(entry["purpose"] == "status" for entry in entries)
    return Anchors(_anchor(entry, origins, also_status=not status_keys) for entry in entries)


def _anchor(entry: Mapping[str, Any], origins: frozenset[str], *, also_status: bool) -> TrustAnchor:
    purposes = {TrustPurpose(entry["purpose"])}
    if also_status and TrustPurpose.ISSUER in purposes:
        purposes.add(TrustPurpose.STATUS)
    rules: dict[str, Any] = {"purposes": frozenset(purposes), "status_origins": frozenset(entry.get("status_origins", origins))}
    if "jwk" in entry:
        return TrustAnchor(jwk=key_from_jwk(entry["jwk"]), profile="foreign", status_policy="if-present", **rules)
    certificate = x509.load_pem_x509_certificate(entry["pem"].encode("ascii"))
    municipality = municipality_of(certificate)
    if municipality is not None and not entry.get("pinned", False):
        return TrustAnchor(certificate=certificate, municipality=municipality, **rules)
    if purposes & {TrustPurpose.READER, TrustPurpose.ATTESTER}:
        return TrustAnchor(certificate=certificate, pinned=entry.get("pinned", False), **rules)
    return TrustAnchor(certificate=certificate, pinned=entry.get("pinned", False), profile="foreign", status_policy="if-present", **rules)


def _token(entry: Mapping[str, Any]) -> StatusToken:
    return StatusToken(entry["uri"], entry["media_type"], _body(entry["body"], entry["media_type"]), instant(entry.get("fetched_at")))


def _body(text: str, media_type: str) -> bytes:
    return text.encode("ascii") if media_type == JWT_LIST else b64url_decode(text, max_bytes=4 * 1024 * 1024)


def _status_list(given: Given, at: datetime | None) -> Outcome:
    """``previous`` are lists seen before at the same address, oldest first; the last one read is the case's own."""
    media_type = given.get("media_type", JWT_LIST)
    anchors = anchors_of(given, frozenset({origin_of(given["uri"])}))
    found: VerifiedStatusList | None = None
    for text in (*given.get("previous", []), given["input"]):
        found = check_status_list(
            _body(text, media_type),
            media_type=media_type,
            uri=given["uri"],
            anchors=anchors,
            at=_needed(at),
            newest_iat=None if found is None else found.iat,
        )
    if "index" in given and found is not None:
        check_status_value(found.bits.get(given["index"]))
    return Outcome("accept")


def _encrypted_response(given: Given, _at: datetime | None) -> Outcome:
    jwk = given["private_jwk"]
    members = parse_json_object(decrypt_jwe(given["input"], key=dict(jwk), expected_kid=given.get("kid", jwk.get("kid"))))
    return Outcome("accept", claims={"vp_token": {name: list(items) for name, items in parse_vp_token(members.get("vp_token")).items()}})


def _dcql_answer(given: Given, _at: datetime | None) -> Outcome:
    query = parse_query(given["query"])
    answers = parse_json(given["input"]) if "input" in given else given["answer"]
    check_answer(query, {name: [_answer(entry) for entry in entries] for name, entries in answers.items()})
    return Outcome("accept")


def _answer(entry: Mapping[str, Any]) -> Answer:
    return Answer(
        entry["format"],
        entry["type"],
        entry["claims"],
        holder_bound=entry.get("holder_bound", True),
        authority_key_ids=frozenset(entry.get("authority_key_ids", [])),
    )


def _needed(at: datetime | None) -> datetime:
    if at is None:
        raise WarifuError("instant_missing", "the case names no time of verification", hint="add at", layer="parse")
    return at


CONSUMERS: Final[Mapping[str, Consumer]] = {
    "sd-jwt": _sd_jwt,
    "sd-jwt+kb": _sd_jwt_kb,
    "mdoc-issuer-signed": _mdoc_issued,
    "mdoc-device-response": _mdoc_presented,
    "status-list": _status_list,
    "encrypted-response": _encrypted_response,
    "dcql-answer": _dcql_answer,
}
