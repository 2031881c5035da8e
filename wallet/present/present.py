"""Showing: choose copies, build presentations bound to the request, answer the verifier (OpenID4VP 1.0)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from runtime.fetcher import Fetched
from schemas.errors import UndeterminedError, WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode, parse_json_object
from schemas.formats.mdoc import openid4vp_session_transcript, present_device_response
from schemas.formats.sdjwt import bind_key, select_disclosures
from schemas.messages.openid4vp import AuthorizationRequest, build_error_response, build_response, check_endpoint
from wallet.match.matcher import Match, match
from wallet.present.consent import Asker, Leaving
from wallet.present.held import dotted, open_copy
from wallet.present.requests import Shower
from wallet.vault.content import VaultContent
from wallet.vault.entries import HolderKey, Shown

_PASSING = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Answered:
    """What the verifier said: whether it took the response, and where the browser should go next."""

    accepted: bool
    redirect_uri: str | None


def choose(
    request: AuthorizationRequest, content: VaultContent, *, at: datetime, reuse: bool, only: Sequence[str] = ()
) -> dict[str, Match]:
    """Return one copy for each credential query, all bound to one key where possible.

    Args:
        reuse: also take copies that were shown before, or whose key was; two presentations can then be linked.
        only: take no other copies than those with these ids, where there are any.

    Raises:
        WarifuError: ``copy_unknown``, ``no_match``, or ``no_fresh_copy`` where only copies that were shown would do.
    """
    considered = [content.copy(copy_id) for copy_id in only] or list(content.copies.values())
    matches = match(request.query, [open_copy(copy) for copy in considered if copy.valid_at(at)])
    usable = {name: [one for one in found if reuse or content.is_fresh(one.candidate.copy, at)] for name, found in matches.items()}
    if not all(usable.values()):
        raise WarifuError(
            "no_fresh_copy",
            "every copy that fits, or its key, was shown before",
            hint="fetch new ones: warifu-wallet refresh; or add --reuse, knowing that the two uses can be linked",
        )
    return with_one_key(usable)


def with_one_key(usable: Mapping[str, Sequence[Match]]) -> dict[str, Match]:
    """Return one match a query, of the first key that all queries share; without such a key, the first of each."""
    by_key = [{one.candidate.copy.holder_key: one for one in reversed(found)} for found in usable.values()]
    first = next(iter(usable.values()), [])
    shared = [one.candidate.copy.holder_key for one in first if all(one.candidate.copy.holder_key in keys for keys in by_key)]
    if not shared:
        return {name: found[0] for name, found in usable.items()}
    return {name: keys[shared[0]] for name, keys in zip(usable, by_key, strict=True)}


def build_presentations(
    request: AuthorizationRequest, leaving: Sequence[Leaving], keys: Mapping[str, HolderKey], *, at: datetime
) -> dict[str, list[str]]:
    """Return the presentations by query id, each bound to this request."""
    return {one.query_id: [_present(request, one, keys[one.copy.holder_key], at)] for one in leaving}


def _present(request: AuthorizationRequest, one: Leaving, key: HolderKey, at: datetime) -> str:
    if one.copy.format == "dc+sd-jwt":
        selected = select_disclosures(one.copy.credential, list(one.paths))
        return bind_key(selected, nonce=request.nonce, audience=request.client_id, iat=at, signer=key.signer())
    transcript = openid4vp_session_transcript(
        client_id=request.client_id,
        nonce=request.nonce,
        jwk_thumbprint=request.encryption_thumbprint,
        response_uri=request.response_uri,
    )
    elements: dict[str, list[str]] = {}
    for namespace, name in one.paths:
        elements.setdefault(str(namespace), []).append(str(name))
    issuer_signed = b64url_decode(one.copy.credential)
    return b64url_encode(
        present_device_response(
            issuer_signed, doc_type=one.copy.type, elements=elements, session_transcript=transcript, device=key.signer()
        )
    )


def send(shower: Shower, request: AuthorizationRequest, tokens: Mapping[str, Sequence[str]]) -> Answered:
    """Post the response; a 4xx is the verifier's no, anything else that is no success is no answer.

    Raises:
        UndeterminedError: ``verifier_unreachable`` and what the fetcher raises.
    """
    return _read(shower.fetcher.post_form(request.response_uri, build_response(request, tokens)))


def decline(shower: Shower, request: AuthorizationRequest) -> None:
    """Tell the verifier that nothing will be shown, in the same words whatever the reason (threat row D12).

    Whether it hears it changes nothing for the holder.
    """
    with suppress(WarifuError):
        shower.fetcher.post_form(request.response_uri, build_error_response(request, "access_denied"))


def _read(answer: Fetched) -> Answered:
    if 400 <= answer.status < 500 and answer.status not in _PASSING:
        return Answered(False, None)
    if answer.status != 200:
        raise UndeterminedError("verifier_unreachable", f"the verifier answered {answer.status}", hint="try again later")
    redirect = parse_json_object(answer.body).get("redirect_uri") if answer.body else None
    return Answered(True, None if redirect is None else check_endpoint(redirect))


def remember(
    content: VaultContent, request: AuthorizationRequest, asker: Asker, leaving: Sequence[Leaving], *, outcome: str, at: datetime
) -> None:
    """Add an entry to the history: names of claims, never values."""
    entry = Shown(
        at=at.isoformat(),
        verifier=asker.name,
        client_id=request.client_id,
        purpose=asker.purpose,
        outcome=outcome,
        copies=tuple(one.copy.copy_id for one in leaving),
        claims=tuple(sorted({dotted(path) for one in leaving for path in one.paths})),
    )
    content.history.append(entry)
