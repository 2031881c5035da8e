"""The request of a verifier: fetched by the guarded fetcher, checked before a word of it is shown."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from cryptography import x509

from runtime.fetcher import GuardedFetcher
from schemas.errors import UndeterminedError, WarifuError
from schemas.messages.dcql import Query
from schemas.messages.openid4vp import (
    REQUEST_MEDIA_TYPE,
    AuthorizationRequest,
    parse_authorization_request_uri,
    parse_request_object,
)
from schemas.trust import Anchors

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Shower:
    """What showing needs besides the vault."""

    fetcher: GuardedFetcher
    anchors: Anchors
    now: Callable[[], datetime]


def fetch_request(shower: Shower, link: str) -> AuthorizationRequest:
    """Fetch the request object that a link refers to and check it.

    Raises:
        UndeterminedError: ``request_unavailable`` and what the fetcher raises.
        WarifuError: what :func:`parse_request_object` refuses, ``response_uri_foreign``.
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
    request = parse_request_object(token, client_id=reference.client_id, anchors=shower.anchors, at=shower.now(), wallet_nonce=nonce)
    check_response_uri(request)
    return request


def check_response_uri(request: AuthorizationRequest) -> None:
    """The answer goes to a host of the access certificate's, where it names any (threat row D07).

    Raises:
        WarifuError: ``response_uri_foreign``.
    """
    hosts = _hosts(request)
    if hosts and (urlsplit(request.response_uri).hostname or "").lower() not in hosts:
        raise WarifuError(
            "response_uri_foreign",
            "the request wants the answer sent to a host that its certificate does not name",
            hint="do not answer it; tell the relying party",
            clause="OpenID4VP 14.4",
            layer="policy",
        )


def _hosts(request: AuthorizationRequest) -> frozenset[str]:
    certificate = request.verifier.certificate
    if certificate is None:
        return frozenset()
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    addresses = [urlsplit(uri).hostname or "" for uri in names.get_values_for_type(x509.UniformResourceIdentifier)]
    return frozenset(name.lower() for name in [*names.get_values_for_type(x509.DNSName), *addresses] if name)


def check_asked_in_person(query: Query, *, answered_beforehand: bool) -> None:
    """A query for certain values is put to the holder each time, or it could be used to try values out unseen (D12).

    Raises:
        WarifuError: ``consent_needed``, whatever the wallet holds.
    """
    asks_for_values = any(claim.values is not None for credential in query.credentials for claim in credential.claims)
    if asks_for_values and answered_beforehand:
        raise WarifuError(
            "consent_needed",
            "the verifier asks whether claims have certain values; that is not answered unasked",
            hint="answer without --yes",
            clause="OpenID4VP 15.4",
            layer="policy",
        )
