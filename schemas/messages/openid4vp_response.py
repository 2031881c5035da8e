"""The response of OpenID4VP 1.0 by ``direct_post`` and ``direct_post.jwt``: built by a wallet, read by a verifier."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json, parse_json_object
from schemas.formats.jwe import decrypt_jwe, encrypt_jwe
from schemas.messages.dcql import MAX_CREDENTIALS
from schemas.messages.dcql_answer import MAX_PRESENTATIONS
from schemas.messages.openid4vp_request import AuthorizationRequest, ResponseMode

MAX_RESPONSE_BYTES: Final = 256 * 1024


class WalletDeclinedError(WarifuError):
    """The wallet answered with an error of its own; ``error`` is the OAuth name, such as ``access_denied``."""

    def __init__(self, error: str) -> None:
        super().__init__(
            "wallet_declined",
            "the wallet declined the request",
            hint="ask again or offer another way",
            clause="OpenID4VP 8.5",
            layer="protocol",
        )
        self.error = error


@dataclass(frozen=True, slots=True)
class ResponseKey:
    """The verifier's decryption key of one request: private JWK and the ``kid`` that the request gave it."""

    jwk: Mapping[str, Any]
    kid: str


def build_response(request: AuthorizationRequest, vp_token: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the form that a wallet posts to ``request.response_uri``.

    Args:
        vp_token: presentations by query id, each value an array; ids without a match are absent (OpenID4VP 8.1).
    """
    token = {identifier: list(presentations) for identifier, presentations in vp_token.items()}
    state = {} if request.state is None else {"state": request.state}
    if request.encryption_jwk is None:
        return {"vp_token": dump_json(token).decode("utf-8"), **state}
    plaintext = dump_json({"vp_token": token, **state})
    return {"response": encrypt_jwe(plaintext, recipient=dict(request.encryption_jwk), enc=request.content_encryption)}


def build_error_response(request: AuthorizationRequest, error: str) -> dict[str, str]:
    """Return the form of a refusal by the holder or wallet, such as ``access_denied`` (OpenID4VP 8.5)."""
    return {"error": error} if request.state is None else {"error": error, "state": request.state}


def parse_response(form: Mapping[str, str], *, mode: ResponseMode, state: str, key: ResponseKey | None) -> dict[str, tuple[str, ...]]:
    """Read a posted response and return its presentations by query id.

    Args:
        form: the fields of the body; the caller has refused repeated ones.
        mode: the response mode that the request demanded.
        state: the value that the request carried.
        key: the decryption key of this request, for ``direct_post.jwt``.

    Raises:
        WalletDeclinedError: where the wallet sent an error.
        WarifuError: ``response_mode_mismatch``, ``state_mismatch``, ``response_malformed`` or a JWE or JSON error.
    """
    members: Mapping[str, Any] = form
    if "error" not in form:
        _check_mode(form, mode)
        if key is not None:
            members = parse_json_object(decrypt_jwe(form["response"], key=dict(key.jwk), expected_kid=key.kid))
    _check_state(members, state)
    if "error" in members:
        raise WalletDeclinedError(_error_name(members["error"]))
    token = members.get("vp_token")
    if key is None:
        token = parse_json_object(token, max_bytes=MAX_RESPONSE_BYTES) if isinstance(token, str) else None
    return parse_vp_token(token)


def _check_mode(form: Mapping[str, str], mode: ResponseMode) -> None:
    """An answer in clear is refused where encryption was demanded, and the other way round (threat D16)."""
    wanted, other = ("response", "vp_token") if mode == "direct_post.jwt" else ("vp_token", "response")
    if wanted not in form or other in form:
        raise _error("response_mode_mismatch", "the response is not of the mode that was asked for", "OpenID4VP 8.3")


def _check_state(members: Mapping[str, Any], state: str) -> None:
    """The response belongs to this request (OpenID4VP 14.3.3)."""
    received = members.get("state")
    if not isinstance(received, str) or not hmac.compare_digest(received.encode("utf-8", "replace"), state.encode("utf-8")):
        raise _error("state_mismatch", "the response carries another state than the request", "OpenID4VP 8.2")


def parse_vp_token(token: object) -> dict[str, tuple[str, ...]]:
    """Check the shape of a ``vp_token``: an object of query ids, each with an array of strings (OpenID4VP 8.1).

    Raises:
        WarifuError: ``response_malformed``.
    """
    if not isinstance(token, dict) or not 1 <= len(token) <= MAX_CREDENTIALS:
        raise _error("response_malformed", "the vp_token is not an object of one to eight answers", "OpenID4VP 8.1")
    for presentations in token.values():
        if not isinstance(presentations, list) or not 1 <= len(presentations) <= MAX_PRESENTATIONS:
            raise _error("response_malformed", "an answer is not an array of presentations", "OpenID4VP 8.1")
        if not all(isinstance(presentation, str) and presentation for presentation in presentations):
            raise _error("response_malformed", "a presentation is not a string", "OpenID4VP 8.1")
    return {identifier: tuple(presentations) for identifier, presentations in token.items()}


_KNOWN_ERRORS: Final = frozenset(
    {
        "access_denied",
        "invalid_request",
        "invalid_client",
        "vp_formats_not_supported",
        "invalid_request_uri_method",
        "wallet_unavailable",
        "invalid_transaction_data",
        "invalid_scope",
        "server_error",
    }
)


def _error_name(value: object) -> str:
    """Return the wallet's error name where the specification has it; foreign text goes no further."""
    return value if isinstance(value, str) and value in _KNOWN_ERRORS else "unspecified"


def _error(code: str, message: str, clause: str) -> WarifuError:
    return WarifuError(code, message, hint="answer as the request demands", clause=clause, layer="protocol")
