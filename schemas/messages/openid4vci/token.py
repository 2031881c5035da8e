"""Token, nonce and error messages of the pre-authorized code flow, for both sides (OpenID4VCI 1.0 6 and 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.errors import WarifuError
from schemas.formats.encoding import parse_json
from schemas.messages.members import Members
from schemas.messages.openid4vci.offer import PRE_AUTHORIZED_GRANT

REFRESH_GRANT: Final = "refresh_token"
_YEAR: Final = 366 * 86_400


@dataclass(frozen=True, slots=True)
class PreAuthorizedTokenRequest:
    """A pre-authorized code with the transaction code, where one was typed in."""

    code: str
    tx_code: str | None = None

    def to_form(self) -> dict[str, str]:
        """Return the form fields of the token request (6.1)."""
        form = {"grant_type": PRE_AUTHORIZED_GRANT, "pre-authorized_code": self.code}
        return form if self.tx_code is None else {**form, "tx_code": self.tx_code}


@dataclass(frozen=True, slots=True)
class RefreshTokenRequest:
    """A refresh token to be exchanged (RFC 6749 6)."""

    refresh_token: str

    def to_form(self) -> dict[str, str]:
        """Return the form fields of the token request."""
        return {"grant_type": REFRESH_GRANT, "refresh_token": self.refresh_token}


TokenRequest = PreAuthorizedTokenRequest | RefreshTokenRequest


def parse_token_request(form: Mapping[str, str]) -> TokenRequest:
    """Read a token request of one of the two grants; unknown parameters are ignored (RFC 6749 3.2).

    Args:
        form: the fields of the form, each given once.

    Raises:
        WarifuError: ``bad_token_request``, ``grant_type_not_supported``.
    """
    request = Members(dict(form), code="bad_token_request", what="token request", clause="OpenID4VCI 1.0 6.1")
    grant = request.text("grant_type")
    if grant == PRE_AUTHORIZED_GRANT:
        return PreAuthorizedTokenRequest(request.text("pre-authorized_code"), request.optional_text("tx_code", max_length=64))
    if grant == REFRESH_GRANT:
        return RefreshTokenRequest(request.text("refresh_token"))
    raise WarifuError(
        "grant_type_not_supported",
        "the grant type is not supported",
        hint="use the pre-authorized code or the refresh token grant",
        clause="RFC 6749 5.2",
        layer="protocol",
    )


@dataclass(frozen=True, slots=True)
class TokenResponse:
    """What the authorization server gives; the token type is always DPoP."""

    access_token: str
    expires_in: int | None = None
    refresh_token: str | None = None
    scope: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the token response (RFC 6749 5.1, RFC 9449 5)."""
        members = {
            "access_token": self.access_token,
            "token_type": "DPoP",
            "expires_in": self.expires_in,
            "refresh_token": self.refresh_token,
            "scope": self.scope,
        }
        return {name: value for name, value in members.items() if value is not None}


def parse_token_response(body: bytes) -> TokenResponse:
    """Read a token response.

    Raises:
        WarifuError: ``bad_token_response``, or ``token_not_bound`` where the token type is not DPoP (RFC 9449 5:
            a client that needs the binding must discard such a response).
    """
    answer = Members(parse_json(body), code="bad_token_response", what="token response", clause="RFC 6749 5.1")
    if answer.text("token_type").lower() != "dpop":
        raise WarifuError(
            "token_not_bound",
            "the authorization server did not bind the token to the wallet's key",
            hint="the issuer must support DPoP",
            clause="RFC 9449 5",
            layer="protocol",
        )
    return TokenResponse(
        access_token=answer.text("access_token"),
        expires_in=answer.integer("expires_in", low=1, high=_YEAR) if answer.has("expires_in") else None,
        refresh_token=answer.optional_text("refresh_token"),
        scope=answer.optional_text("scope"),
    )


def nonce_response(c_nonce: str) -> dict[str, str]:
    """Return the body of the nonce endpoint (7.2)."""
    return {"c_nonce": c_nonce}


def parse_nonce_response(body: bytes) -> str:
    """Return ``c_nonce``; raises ``bad_nonce_response`` (7.2)."""
    return Members(parse_json(body), code="bad_nonce_response", what="nonce response", clause="OpenID4VCI 1.0 7.2").text("c_nonce")


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An OAuth or OpenID4VCI error body: ``error`` is for programs, ``description`` is untrusted text for logs."""

    error: str
    description: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the error body; the description is limited to the characters that RFC 6749 5.2 allows."""
        allowed = "".join(c if " " <= c <= "~" and c not in '"\\' else "'" for c in self.description)
        return {"error": self.error, "error_description": allowed} if allowed else {"error": self.error}


def parse_error_answer(body: bytes) -> ErrorAnswer:
    """Read an error body; raises ``bad_error_answer`` where it is none (RFC 6749 5.2)."""
    answer = Members(parse_json(body, max_bytes=16 * 1024), code="bad_error_answer", what="error answer", clause="RFC 6749 5.2")
    description: Mapping[str, Any] | str | None = answer.raw.get("error_description")
    return ErrorAnswer(answer.text("error", max_length=128), description[:1000] if isinstance(description, str) else "")
