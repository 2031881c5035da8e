"""What issuers answer: credentials, a promise to deliver later, or a refusal, in clear or encrypted."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from runtime.fetcher import Fetched
from schemas.errors import UndeterminedError, WarifuError
from schemas.formats.encoding import b64url_encode
from schemas.formats.jose import key_from_jwk, public_jwk
from schemas.formats.jwe import decrypt_jwe
from schemas.messages.openid4vci import (
    CredentialAnswer,
    DeferredIssuance,
    IssuerMetadata,
    ResponseEncryption,
    parse_credential_answer,
    parse_error_answer,
)

JSON = "application/json"
JWT = "application/jwt"
MAX_ANSWER_BYTES = 4 * 1024 * 1024
#: Statuses that say nothing about the request: another try may succeed.
_PASSING = frozenset({408, 425, 429})


class IssuerRefusedError(WarifuError):
    """The issuer said no; ``error`` is the OAuth or OpenID4VCI name, and no foreign text goes further."""

    def __init__(self, code: str, error: str) -> None:
        hint = _HINTS.get(error, "")
        super().__init__(code, f"the issuer refused: {error}", hint=hint, clause="OpenID4VCI 1.0", layer="protocol")
        self.error = error


_HINTS = {
    "invalid_grant": "the offer was used, has expired, or the transaction code is wrong: ask for a new offer",
    "invalid_request": "the offer may need a transaction code: see --tx-code-fd",
    "credential_request_denied": "この証明書はこの方法では交付できません。市民課窓口へお越しください。",
    "invalid_nonce": "try again",
    "invalid_token": "ask the municipality for a new offer",
}


def refusal(answer: Fetched, code: str) -> WarifuError:
    """Return the error for an answer that is no success (not raised here)."""
    if answer.status >= 500 or answer.status in _PASSING:
        return UndeterminedError("issuer_unreachable", f"the issuer answered {answer.status}", hint="try again later")
    try:
        name = parse_error_answer(answer.body).error
    except WarifuError:
        name = ""
    known = name.replace("_", "").isalpha() and name.isascii() and len(name) <= 64
    return IssuerRefusedError(code, name if known else "unknown_error")


@dataclass(frozen=True, slots=True)
class ResponseKey:
    """A key for one encrypted response."""

    private: Mapping[str, str] = field(repr=False)
    encryption: ResponseEncryption

    @classmethod
    def fresh(cls) -> ResponseKey:
        """Return a new key, to be told to the issuer in the request."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = {**public_jwk(key.public_key()), "alg": "ECDH-ES", "use": "enc", "kid": secrets.token_urlsafe(8)}
        secret = b64url_encode(key.private_numbers().private_value.to_bytes(32, "big"))
        return cls({**public, "d": secret}, ResponseEncryption(public, "A256GCM"))


def request_key_of(metadata: IssuerMetadata) -> dict[str, Any]:
    """Return the issuer's key for encrypted requests; raises ``encryption_unsupported``."""
    support, response = metadata.request_encryption, metadata.response_encryption
    if support is not None and response is not None and "A256GCM" in support.enc_values and "A256GCM" in response.enc_values:
        for key in support.keys:
            if key.get("kty") == "EC" and key.get("crv") == "P-256" and key.get("alg", "ECDH-ES") == "ECDH-ES":
                key_from_jwk(dict(key))
                return dict(key)
    raise WarifuError(
        "encryption_unsupported",
        "the issuer cannot encrypt as this wallet needs it",
        hint="accept with --no-encrypt, if whoever runs the issuer's servers may read what is issued",
        clause="OpenID4VCI 1.0 10",
        layer="protocol",
    )


def read_answer(answer: Fetched, key: ResponseKey | None, *, asked: int) -> CredentialAnswer:
    """Read the answer to a credential or deferred request.

    Args:
        key: what the response was to be encrypted to; None where it was asked for in clear.
        asked: number of keys that were proven.

    Raises:
        IssuerRefusedError: ``credential_refused``.
        UndeterminedError: ``issuer_unreachable``.
        WarifuError: ``response_not_encrypted``, ``bad_credential_response`` or what decryption refuses.
    """
    if answer.status not in (200, 202):
        raise refusal(answer, "credential_refused")
    if key is None or (answer.status == 202 and answer.content_type == JSON):
        read = parse_credential_answer(answer.body, asked=asked)
    else:
        check_encrypted(answer)
        read = parse_credential_answer(_decrypted(answer, key), asked=asked)
    check_status_fits(answer, read)
    return read


def check_encrypted(answer: Fetched) -> None:
    """No credential is taken in clear where encryption was asked for (threat row C28)."""
    if answer.content_type != JWT:
        raise WarifuError(
            "response_not_encrypted",
            "the issuer answered in the clear although encryption was asked for",
            clause="OpenID4VCI 1.0 8.3",
            layer="protocol",
        )


def check_status_fits(answer: Fetched, read: CredentialAnswer) -> None:
    """202 promises and 200 delivers, never the other way round (8.3)."""
    if (answer.status == 202) != isinstance(read, DeferredIssuance):
        raise WarifuError(
            "bad_credential_response", "the answer's status and content disagree", clause="OpenID4VCI 1.0 8.3", layer="protocol"
        )


def _decrypted(answer: Fetched, key: ResponseKey) -> bytes:
    token = answer.body.decode("ascii", "replace")
    return decrypt_jwe(token, key=dict(key.private), expected_kid=str(key.encryption.jwk["kid"]), max_bytes=MAX_ANSWER_BYTES)
