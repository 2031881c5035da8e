"""Key binding: the holder signs for one verifier, one transaction and exactly these disclosures (RFC 9901 4.3, 7.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec

from schemas.errors import WarifuError
from schemas.formats.jose import Signer, UnverifiedJws, key_from_jwk, sign_jwt, verify_jws
from schemas.formats.numeric_date import from_numeric_date, to_numeric_date
from schemas.formats.sdjwt.disclosure import digest_of
from schemas.formats.sdjwt.token import KEY_BINDING_TYP, UnverifiedSdJwt

_CLAUSE: Final = "RFC 9901 7.3"
_KEYS_ELSEWHERE: Final = frozenset({"jku", "jwe", "x5u", "x5c"})


def bind_key(presentation: str, *, nonce: str, audience: str, iat: datetime, signer: Signer) -> str:
    """Return ``presentation``, an SD-JWT that ends with a tilde, with a key binding JWT behind it.

    Args:
        nonce: the verifier's, unchanged.
        audience: the verifier's full client identifier, or ``origin:`` and its origin.
        iat: time of signing, aware.
        signer: the key named in ``cnf``.

    Raises:
        WarifuError: ``not_presentable`` where the text does not end with a tilde.
    """
    if not presentation.endswith("~"):
        raise WarifuError("not_presentable", "an SD-JWT without key binding ends with a tilde", clause="RFC 9901 4.3.1", layer="parse")
    claims = {"iat": to_numeric_date(iat), "aud": audience, "nonce": nonce, "sd_hash": digest_of(presentation)}
    return presentation + sign_jwt(KEY_BINDING_TYP, claims, signer)


def confirmation_key(payload: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    """Return the holder's key from the signed ``cnf.jwk`` (RFC 7800 3.2).

    Raises:
        WarifuError: ``cnf_missing``; ``cnf_not_jwk`` where the key is named by reference or thumbprint; ``bad_jwk``.
    """
    confirmation = payload.get("cnf")
    if not isinstance(confirmation, dict):
        raise WarifuError("cnf_missing", "the credential names no holder key", clause="SD-JWT VC 2.2.2.2", layer="key-binding")
    check_confirmation(confirmation)
    return key_from_jwk(confirmation.get("jwk"))


def check_confirmation(confirmation: Mapping[str, Any]) -> None:
    """Refuse a key named by reference or thumbprint, alone or beside a JWK (``cnf_not_jwk``)."""
    if "jwk" not in confirmation or not _KEYS_ELSEWHERE.isdisjoint(confirmation):
        raise WarifuError(
            "cnf_not_jwk", "the holder key is not given as a JWK", hint="issue with cnf.jwk", clause="HAIP 1.0 6.1", layer="key-binding"
        )


def check_key_binding(
    sd_jwt: UnverifiedSdJwt,
    *,
    holder_key: ec.EllipticCurvePublicKey,
    nonce: str,
    audience: str,
    at: datetime,
    max_age: timedelta = timedelta(seconds=300),
    skew: timedelta = timedelta(seconds=60),
) -> None:
    """Check that the holder of ``holder_key`` made this presentation for this transaction; call it where policy asks for it.

    Args:
        holder_key: from the verified payload, see :func:`confirmation_key`; never from the key binding itself.
        nonce: the one issued for the transaction.
        audience: compared exactly.
        at: time of verification; ``iat`` may lie from ``max_age`` before to ``skew`` after it.

    Raises:
        WarifuError: layer ``key-binding``: ``key_binding_missing``, ``key_binding_signature``, ``nonce_mismatch``,
            ``audience_mismatch``, ``key_binding_too_old``, ``key_binding_from_future``, ``sd_hash_mismatch``,
            ``bad_numeric_date``, or an encoding error.
    """
    key_binding = present_key_binding(sd_jwt)
    check_signature(key_binding, holder_key)
    claims = key_binding.claims()
    check_nonce(claims, nonce)
    check_audience(claims, audience)
    check_age(claims, at=at, max_age=max_age, skew=skew)
    check_sd_hash(claims, sd_jwt.bound_text)


def present_key_binding(sd_jwt: UnverifiedSdJwt) -> UnverifiedJws:
    """Return the key binding; raises ``key_binding_missing``, since policy and not the sender decides that it is due."""
    if sd_jwt.key_binding is None:
        raise _refuse("key_binding_missing", "the presentation is not bound to its holder", "present with a key binding JWT")
    return sd_jwt.key_binding


def check_signature(key_binding: UnverifiedJws, holder_key: ec.EllipticCurvePublicKey) -> None:
    """Check the holder's signature (``key_binding_signature``)."""
    try:
        verify_jws(key_binding, holder_key)
    except WarifuError as error:
        raise _refuse("key_binding_signature", "the key binding was not signed by the holder key", "sign with the key in cnf") from error


def check_nonce(claims: Mapping[str, Any], nonce: str) -> None:
    """Check ``nonce``, which must be there, a text, and the one issued (``nonce_mismatch``)."""
    if not isinstance(claims.get("nonce"), str) or not nonce or claims["nonce"] != nonce:
        raise _refuse("nonce_mismatch", "the key binding names another transaction's nonce, or none", "use the nonce of the request, once")


def check_audience(claims: Mapping[str, Any], audience: str) -> None:
    """Check ``aud``: one text, equal to the full client identifier (``audience_mismatch``)."""
    if not isinstance(claims.get("aud"), str) or not audience or claims["aud"] != audience:
        raise _refuse("audience_mismatch", "the key binding was made for another verifier", "aud is the full client_id of the request")


def check_age(claims: Mapping[str, Any], *, at: datetime, max_age: timedelta, skew: timedelta) -> None:
    """Check ``iat`` on both sides (``key_binding_too_old``, ``key_binding_from_future``)."""
    issued = from_numeric_date(claims.get("iat"), "iat", layer="key-binding")
    if issued < at - max_age:
        raise _refuse("key_binding_too_old", "the key binding was signed too long ago", "present again")
    if issued > at + skew:
        raise _refuse("key_binding_from_future", "the key binding is dated in the future", "set the clock of the wallet")


def check_sd_hash(claims: Mapping[str, Any], bound_text: str) -> None:
    """Check ``sd_hash`` over the received text up to its last tilde (``sd_hash_mismatch``)."""
    if claims.get("sd_hash") != digest_of(bound_text):
        raise _refuse("sd_hash_mismatch", "the holder signed for other disclosures", "send exactly what was bound, in the same order")


def _refuse(code: str, message: str, hint: str) -> WarifuError:
    return WarifuError(code, message, hint=hint, clause=_CLAUSE, layer="key-binding")
