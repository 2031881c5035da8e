"""What the wallet makes of each kind of test vector (the form is described in ``tests/vectors/README.md``).

``given`` by kind, beside ``at`` and ``anchors`` where they matter:

- ``offer``: ``input``, an offer link or the JSON of an offer; accepted with the offer as claims.
- ``issuer-metadata``: ``input``, JSON; ``issuer``, whom it was fetched for; ``document``, the well-known name.
- ``request-object``: ``input``, the signed request; ``client_id`` of the link; ``wallet_nonce``, where one was posted.
- ``dcql-match``: ``query`` and the wallet's ``credentials`` in its order of preference (``id``, ``format``, ``type``,
  ``claims``, ``authority_key_ids``); accepted with the ids that satisfy each query to be answered as claims.
- ``sd-jwt``, ``mdoc-issuer-signed``: as the verifier reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography import x509

from runtime.vector_runner import Consumer, Outcome, instant
from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode
from schemas.formats.jose import key_from_jwk
from schemas.formats.mdoc import parse_issuer_signed
from schemas.formats.sdjwt import parse_sd_jwt
from schemas.formats.status_list import StatusReference
from schemas.messages.dcql import parse_query
from schemas.messages.openid4vci import (
    OfferReference,
    parse_authorization_server_metadata,
    parse_issuer_metadata,
    parse_offer,
    parse_offer_link,
)
from schemas.messages.openid4vp import parse_request_object
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
    origin_of,
    verify_issued,
)
from wallet.match.matcher import match
from wallet.present.held import json_form
from wallet.present.requests import check_response_uri
from wallet.receive.client import endpoints_of
from wallet.receive.issuers import check_own_endpoints

Given = Mapping[str, Any]


def _offer(given: Given, _at: datetime | None) -> Outcome:
    text = given["input"]
    read = parse_offer(text) if text.lstrip().startswith("{") else parse_offer_link(text)
    if isinstance(read, OfferReference):
        return Outcome("accept", claims={"credential_offer_uri": read.uri})
    return Outcome("accept", claims=read.to_json())


def _issuer_metadata(given: Given, _at: datetime | None) -> Outcome:
    issuer = given["issuer"]
    if given.get("document", "openid-credential-issuer") == "oauth-authorization-server":
        server = parse_authorization_server_metadata(given["input"], expected_issuer=issuer)
        check_own_endpoints(issuer, [server.token_endpoint])
    else:
        check_own_endpoints(issuer, endpoints_of(parse_issuer_metadata(given["input"], expected_issuer=issuer)))
    return Outcome("accept")


def _request_object(given: Given, at: datetime | None) -> Outcome:
    request = parse_request_object(
        given["input"],
        client_id=given["client_id"],
        anchors=anchors_of(given, frozenset()),
        at=_needed(at),
        wallet_nonce=given.get("wallet_nonce"),
    )
    check_response_uri(request)
    return Outcome("accept")


@dataclass(frozen=True, slots=True)
class _Held:
    """A credential of a case, as the matcher sees it."""

    id: str
    format: str
    type: str
    claims: Mapping[str, Any]
    authority_keys: frozenset[str]


def _dcql_match(given: Given, _at: datetime | None) -> Outcome:
    held = [
        _Held(entry["id"], entry["format"], entry["type"], entry["claims"], frozenset(entry.get("authority_key_ids", [])))
        for entry in given["credentials"]
    ]
    found = match(parse_query(given["query"]), held)
    return Outcome("accept", claims={name: [one.candidate.id for one in matches] for name, matches in found.items()})


def _sd_jwt(given: Given, at: datetime | None) -> Outcome:
    return _received(given, at, given["input"], SD_JWT_VC)


def _mdoc(given: Given, at: datetime | None) -> Outcome:
    return _received(given, at, b64url_decode(given["input"]), MSO_MDOC)


def _received(given: Given, at: datetime | None, credential: str | bytes, format_id: str) -> Outcome:
    tokens = [_token(entry) for entry in given.get("status", [])]
    anchors = anchors_of(given, frozenset(origin_of(token.uri) for token in tokens) or stated_origin(credential))
    age = given.get("max_status_age")
    expected = Expected(
        types=frozenset(given["types"]) if "types" in given else ANY_TYPE,
        key_binding="none",
        holder_key=key_from_jwk(given["holder_key"]) if "holder_key" in given else None,
    )
    verified = verify_issued(
        credential,
        format=format_id,
        expected=expected,
        anchors=anchors,
        status=StatusLists(tokens, anchors=anchors) if tokens else None,
        policy=Policy(
            status=given.get("status_policy", "required"),
            max_status_age=None if age is None else timedelta(seconds=age),
            holder_relations=frozenset(given.get("holder_relations", [])),
        ),
        at=_needed(at),
    )
    return Outcome("accept", claims=json_form(verified.claims))


def stated_origin(credential: str | bytes) -> frozenset[str]:
    """Return the origin of the list that a credential names, so that a list that is not at hand is told as missing."""
    try:
        if isinstance(credential, str):
            status = parse_sd_jwt(credential).payload.get("status")
        else:
            status = parse_issuer_signed(credential).mso.status
        uri = StatusReference.from_claim(status).uri
    except WarifuError:
        return frozenset()  # unreadable or without a status: verification says so itself, in its own words
    return frozenset({origin_of(uri)})


def _token(entry: Mapping[str, Any]) -> StatusToken:
    body = entry["body"].encode("ascii") if entry["media_type"] == JWT_LIST else b64url_decode(entry["body"], max_bytes=4 * 1024 * 1024)
    return StatusToken(entry["uri"], entry["media_type"], body, instant(entry.get("fetched_at")))


def anchors_of(given: Given, origins: frozenset[str]) -> Anchors:
    """Return the anchors of a case: a municipal root and a registrar's are strict, every other is foreign.

    An anchor for issuers holds for status lists, too, where the case names no other.
    """
    entries = given.get("anchors", [])
    also_status = not any(entry["purpose"] == "status" for entry in entries)
    return Anchors(_anchor(entry, origins, also_status) for entry in entries)


def _anchor(entry: Mapping[str, Any], origins: frozenset[str], also_status: bool) -> TrustAnchor:
    purpose = TrustPurpose(entry["purpose"])
    purposes = {purpose, TrustPurpose.STATUS} if also_status and purpose is TrustPurpose.ISSUER else {purpose}
    rules: dict[str, Any] = {"purposes": frozenset(purposes), "status_origins": frozenset(entry.get("status_origins", origins))}
    foreign: dict[str, Any] = {"profile": "foreign", "status_policy": "if-present"}
    if "jwk" in entry:
        return TrustAnchor(jwk=key_from_jwk(entry["jwk"]), **rules, **foreign)
    certificate, pinned = x509.load_pem_x509_certificate(entry["pem"].encode("ascii")), bool(entry.get("pinned", False))
    municipality = None if pinned else municipality_of(certificate)
    strict = municipality is not None or purpose in (TrustPurpose.READER, TrustPurpose.ATTESTER)
    return TrustAnchor(certificate=certificate, pinned=pinned, municipality=municipality, **rules, **({} if strict else foreign))


def _needed(at: datetime | None) -> datetime:
    if at is None:
        raise WarifuError("instant_missing", "the case names no time of verification", hint="add at", layer="parse")
    return at


CONSUMERS: Final[Mapping[str, Consumer]] = {
    "offer": _offer,
    "issuer-metadata": _issuer_metadata,
    "request-object": _request_object,
    "dcql-match": _dcql_match,
    "sd-jwt": _sd_jwt,
    "mdoc-issuer-signed": _mdoc,
}
