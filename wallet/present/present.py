"""Showing: fetch and check the request, choose copies, and answer with what the holder agreed to (OpenID4VP 1.0)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from runtime.fetcher import Fetched, GuardedFetcher
from schemas.errors import UndeterminedError, WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode, parse_json_object
from schemas.formats.mdoc import check_digests, openid4vp_session_transcript, parse_issuer_signed, present_device_response
from schemas.formats.sdjwt import bind_key, parse_sd_jwt, resolve, select_disclosures
from schemas.messages.openid4vp import (
    REQUEST_MEDIA_TYPE,
    AuthorizationRequest,
    build_error_response,
    build_response,
    parse_authorization_request_uri,
    parse_request_object,
)
from schemas.trust import Anchors
from wallet.match.matcher import Match, match
from wallet.present.authority import authority_keys_of
from wallet.present.consent import HeldCopy, Leaving
from wallet.vault.content import HolderKey, Shown, StoredCopy, VaultContent

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Shower:
    """What showing needs besides the vault."""

    fetcher: GuardedFetcher
    anchors: Anchors
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Answered:
    """What the verifier said: whether it took the response, and where the browser should go next."""

    accepted: bool
    redirect_uri: str | None


def fetch_request(shower: Shower, link: str) -> AuthorizationRequest:
    """Fetch the request object that a link refers to and check it before anything of it is shown.

    Raises:
        WarifuError: ``request_unavailable`` or what :func:`parse_request_object` refuses.
    """
    reference = parse_authorization_request_uri(link)
    nonce = secrets.token_urlsafe(24) if reference.request_uri_method == "post" else None
    if nonce is None:
        answer = shower.fetcher.get(reference.request_uri, accept=REQUEST_MEDIA_TYPE)
    else:
        form = urlencode({"wallet_nonce": nonce}).encode("ascii")
        answer = shower.fetcher.post(reference.request_uri, form, FORM, {"accept": REQUEST_MEDIA_TYPE})
    if answer.status != 200 or answer.content_type != REQUEST_MEDIA_TYPE:
        raise UndeterminedError(
            "request_unavailable",
            f"the verifier answered {answer.status} for its request",
            hint="ask the verifier for a new link",
            clause="OpenID4VP 5.10",
        )
    token = answer.body.decode("ascii", "replace")
    return parse_request_object(token, client_id=reference.client_id, anchors=shower.anchors, at=shower.now(), wallet_nonce=nonce)


def open_copy(copy: StoredCopy) -> HeldCopy:
    """Open a stored copy for matching; it was verified before it was stored."""
    if copy.format == "dc+sd-jwt":
        parsed = parse_sd_jwt(copy.credential)
        return HeldCopy(copy, resolve(parsed.payload, parsed.disclosures), authority_keys_of(parsed.issuer_jwt.header))
    issuer_signed = parse_issuer_signed(b64url_decode(copy.credential))
    return HeldCopy(copy, check_digests(issuer_signed), authority_keys_of(issuer_signed.chain_der))


def choose(
    request: AuthorizationRequest, content: VaultContent, *, at: datetime, reuse: bool, only: Sequence[str] = ()
) -> dict[str, Match]:
    """Return one copy for each credential query, fresh ones before shown ones, all bound to one key where possible.

    Args:
        reuse: also take copies that were shown before; two presentations can then be linked.
        only: where given, take no other copies than those with these ids.

    Raises:
        WarifuError: ``no_match``, or ``no_fresh_copy`` where only copies that were shown would do.
    """
    valid = [copy for copy in content.copies.values() if datetime.fromisoformat(copy.valid_until) > at]
    if only:
        valid = [content.copy(one) for one in only]
    every = [open_copy(copy) for copy in valid]
    matches = match(request.query, every)
    chosen: dict[str, Match] = {}
    for identifier, found in matches.items():
        usable = [one for one in found if reuse or one.candidate.copy.shown_at is None]
        if not usable:
            raise WarifuError(
                "no_fresh_copy",
                "every copy that fits was shown before",
                hint="fetch new ones: warifu-wallet refresh; or add --reuse, knowing that the two uses can be linked",
            )
        key = next(iter(chosen.values())).candidate.copy.holder_key if chosen else None
        chosen[identifier] = next((one for one in usable if one.candidate.copy.holder_key == key), usable[0])
    return chosen


def build_presentations(
    request: AuthorizationRequest, leaving: Sequence[Leaving], keys: Mapping[str, HolderKey], *, at: datetime
) -> dict[str, list[str]]:
    """Return the presentations by query id, each bound to this request."""
    tokens: dict[str, list[str]] = {}
    for one in leaving:
        signer = keys[one.copy.holder_key].signer()
        if one.copy.format == "dc+sd-jwt":
            selected = select_disclosures(one.copy.credential, list(one.paths))
            tokens[one.query_id] = [bind_key(selected, nonce=request.nonce, audience=request.client_id, iat=at, signer=signer)]
        else:
            transcript = openid4vp_session_transcript(
                client_id=request.client_id,
                nonce=request.nonce,
                jwk_thumbprint=request.encryption_thumbprint,
                response_uri=request.response_uri,
            )
            response = present_device_response(
                b64url_decode(one.copy.credential),
                doc_type=one.copy.type,
                elements=_elements(one),
                session_transcript=transcript,
                device=signer,
            )
            tokens[one.query_id] = [b64url_encode(response)]
    return tokens


def _elements(one: Leaving) -> dict[str, list[str]]:
    elements: dict[str, list[str]] = {}
    for namespace, name in one.paths:
        elements.setdefault(str(namespace), []).append(str(name))
    return elements


def send(shower: Shower, request: AuthorizationRequest, tokens: Mapping[str, Sequence[str]]) -> Answered:
    """Post the response; a 4xx is the verifier's no, anything else that is no success is no answer.

    Raises:
        UndeterminedError: ``verifier_unreachable``.
    """
    return _read(shower.fetcher.post_form(request.response_uri, build_response(request, tokens)))


def decline(shower: Shower, request: AuthorizationRequest) -> Answered:
    """Tell the verifier that the holder said no; nothing else leaves."""
    return _read(shower.fetcher.post_form(request.response_uri, build_error_response(request, "access_denied")))


def _read(answer: Fetched) -> Answered:
    if 400 <= answer.status < 500:
        return Answered(False, None)
    if answer.status != 200:
        raise UndeterminedError("verifier_unreachable", f"the verifier answered {answer.status}", hint="try again later")
    redirect = parse_json_object(answer.body).get("redirect_uri") if answer.body else None
    return Answered(True, redirect if isinstance(redirect, str) else None)


def mark_shown(content: VaultContent, leaving: Sequence[Leaving], *, at: datetime) -> None:
    """Note, before anything leaves, that the copies are used up."""
    for one in leaving:
        content.copies[one.copy.copy_id] = replace(content.copies[one.copy.copy_id], shown_at=at.isoformat())


def remember(
    content: VaultContent, request: AuthorizationRequest, leaving: Sequence[Leaving], *, purpose: str, outcome: str, at: datetime
) -> None:
    """Add an entry to the history: names of claims, never values."""
    claims = tuple(sorted({".".join(str(part) for part in path) for one in leaving for path in one.paths}))
    entry = Shown(
        at=at.isoformat(),
        verifier=request.verifier.organization,
        client_id=request.client_id,
        purpose=purpose,
        outcome=outcome,
        copies=tuple(one.copy.copy_id for one in leaving),
        claims=claims,
    )
    content.history.append(entry)
