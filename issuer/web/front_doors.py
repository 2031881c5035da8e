"""What stands in every door of the front: media types, tokens, and answers in the words of OAuth."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from issuer.front.office import FrontOffice
from issuer.front.refusals import Refusal, challenge, refused_as
from issuer.front.tokens import Grant, authenticate
from runtime.requests import require_content_type
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json
from schemas.formats.jwe import decrypt_jwe
from schemas.messages.openid4vci import ErrorAnswer

JSON: Final = "application/json"
JWT: Final = "application/jwt"
NO_STORE: Final = {"Cache-Control": "no-store"}
_AUTHORIZATION = re.compile(r"dpop ([A-Za-z0-9._~+/-]{16,512}=*)\Z", re.IGNORECASE)


def body_type(request: Request) -> str:
    """Return ``application/jwt`` or ``application/json`` for a credential request (OpenID4VCI 1.0 10).

    Raises:
        WarifuError: ``unsupported_media_type`` for anything else.
    """
    wanted = JWT if request.headers.get("content-type", "").strip().lower().startswith(JWT) else JSON
    require_content_type(request, wanted)
    return wanted


def token_of(request: Request) -> str:
    """Return the access token of the Authorization header.

    Raises:
        Refusal: ``invalid_token`` (401) without any error attribute where there is no token, ``invalid_request`` where
            it stands in the query (RFC 6750 2.3, RFC 9449 7.1).
    """
    if "access_token" in request.query_params:
        failure = WarifuError(
            "token_in_query", "an access token does not belong into an address", clause="FAPI 2.0 5.3.4", layer="protocol"
        )
        raise Refusal("invalid_request", failure)
    values = request.headers.getlist("authorization")
    match = _AUTHORIZATION.match(values[0]) if len(values) == 1 else None
    if match is None:
        failure = WarifuError(
            "access_token_missing",
            "the request needs an access token of type DPoP",
            hint="send Authorization: DPoP and a token",
            clause="RFC 9449 7.1",
            layer="protocol",
        )
        raise Refusal("invalid_token", failure, status=401, headers=challenge("invalid_token" if values else ""))
    return match[1]


def check_access(office: FrontOffice, request: Request, *, endpoint: str) -> Grant:
    """Check token and proof of possession of a resource request and return the grant (RFC 9449 7).

    Raises:
        Refusal: ``invalid_token`` or ``invalid_dpop_proof`` (401).
    """
    token, at = token_of(request), office.now()
    with refused_as("invalid_dpop_proof", status=401, headers=challenge("invalid_dpop_proof")), _nonce_wanted(office, status=401):
        jkt = office.guard.check(
            request.headers.getlist("dpop"), method=request.method, url=office.settings.endpoint(endpoint), at=at, access_token=token
        )
    with refused_as("invalid_token", status=401, headers=challenge("invalid_token")):
        return authenticate(office.engine, token, jkt=jkt, at=at)


class _nonce_wanted:  # noqa: N801 - reads as a clause of a with statement
    """Turns ``dpop_nonce_needed`` into ``use_dpop_nonce`` with a fresh nonce (RFC 9449 8, 9)."""

    def __init__(self, office: FrontOffice, *, status: int) -> None:
        self._office, self._status = office, status

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Refuse with a nonce where one was wanted."""
        if isinstance(error, WarifuError) and error.code == "dpop_nonce_needed":
            headers = {"DPoP-Nonce": self._office.new_dpop_nonce()}
            if self._status == 401:
                headers |= challenge("use_dpop_nonce")
            raise Refusal("use_dpop_nonce", error, status=self._status, headers=headers) from error


def check_possession(office: FrontOffice, request: Request, *, endpoint: str) -> str:
    """Check the DPoP proof of a token request and return the key's thumbprint (RFC 9449 5).

    Raises:
        Refusal: ``invalid_dpop_proof`` or ``use_dpop_nonce`` (400).
    """
    with refused_as("invalid_dpop_proof"), _nonce_wanted(office, status=400):
        return office.guard.check(
            request.headers.getlist("dpop"), method=request.method, url=office.settings.endpoint(endpoint), at=office.now()
        )


def open_body(office: FrontOffice, media_type: str, body: bytes) -> tuple[bytes, bool]:
    """Return the JSON of a credential request and whether it came encrypted (OpenID4VCI 1.0 10).

    Raises:
        Refusal: ``invalid_encryption_parameters``.
    """
    if media_type == JSON:
        return body, False
    with refused_as("invalid_encryption_parameters"):
        if not body.isascii():
            raise WarifuError("not_compact_jwe", "the encrypted request is no text", clause="RFC 7516 7.1", layer="parse")
        return decrypt_jwe(body.decode("ascii"), key=office.request_key, expected_kid=office.request_key["kid"]), True


def check_request_encrypted(*, wants_encryption: bool, encrypted: bool) -> None:
    """Whoever asks for an encrypted response must encrypt the request, or its key could be exchanged (8.2, threat C28)."""
    if wants_encryption and not encrypted:
        failure = WarifuError(
            "request_not_encrypted",
            "a request for an encrypted response must be encrypted itself",
            hint="encrypt it to a key of credential_request_encryption",
            clause="OpenID4VCI 1.0 8.2",
            layer="protocol",
        )
        raise Refusal("invalid_encryption_parameters", failure)


def render(_request: Request, error: WarifuError) -> Response | None:
    """Answer in OAuth's form what the doors and flows refused; everything else is left to the problem documents."""
    if isinstance(error, Refusal):
        return _oauth(error.answer(), error.status, {**NO_STORE, **error.headers})
    if error.layer == "store":
        return _oauth(Refusal("temporarily_unavailable", error).answer(), 503, {**NO_STORE, "Retry-After": "1"})
    if error.code == "rate_limited":
        return _oauth(Refusal("slow_down", error).answer(), 429, {**NO_STORE, "Retry-After": "60"})
    if error.code in ("result_unusable", "wallet_gone"):
        return _oauth(ErrorAnswer("server_error", "the credentials could not be handed over; ask again"), 502, NO_STORE)
    return None


def _oauth(answer: ErrorAnswer, status: int, headers: dict[str, str]) -> Response:
    return Response(dump_json(answer.to_json()), status, headers, JSON)
