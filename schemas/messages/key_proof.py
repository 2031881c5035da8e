"""Key proofs of type ``jwt``: a holder shows the issuer which key the credential is for (OpenID4VCI 1.0 F.1, F.4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec

from schemas.errors import WarifuError
from schemas.formats.jose import Signer, UnverifiedJws, key_from_jwk, parse_jws, public_jwk, sign_jwt, verify_jws

PROOF_TYP: Final = "openid4vci-proof+jwt"
MAX_PROOF_BYTES: Final = 8 * 1024
MAX_AGE: Final = timedelta(seconds=300)
SKEW: Final = timedelta(seconds=60)


class KeyProof(NamedTuple):
    """What a checked proof says: the key, and the issuer's nonce that it answers (still to be consumed)."""

    public_key: ec.EllipticCurvePublicKey
    nonce: str


def build_key_proof(signer: Signer, *, audience: str, nonce: str, iat: datetime) -> str:
    """Return a key proof by ``signer``.

    Args:
        signer: the holder key that the copy will be bound to.
        audience: the Credential Issuer Identifier, byte for byte.
        nonce: ``c_nonce`` of the nonce endpoint.
        iat: now, aware UTC.

    ``iss`` is left out, as the anonymous pre-authorized flow demands (F.1).
    """
    claims = {"aud": audience, "iat": int(iat.timestamp()), "nonce": nonce}
    return sign_jwt(PROOF_TYP, claims, signer, header={"jwk": public_jwk(signer.public_key)})


def check_key_proof(jwt: str, *, audience: str, at: datetime, max_age: timedelta = MAX_AGE, skew: timedelta = SKEW) -> KeyProof:
    """Check one key proof and return its key and nonce.

    The nonce is only read here: whoever issued it consumes it, once for a request and after every signature in it
    verified.

    Raises:
        WarifuError: ``proof_key_ambiguous`` unless the header names its key by ``jwk`` alone, ``bad_jwk``,
            ``bad_signature``, ``wrong_audience``, ``proof_not_fresh``, ``proof_nonce_missing``, ``bad_proof``, or an
            error of :func:`schemas.formats.jose.parse_jws`.
    """
    jws = parse_jws(jwt, typ=PROOF_TYP, max_bytes=MAX_PROOF_BYTES)
    key = _key_of(jws)
    check_proof_signature(jws, key)
    claims = jws.claims()
    check_proof_audience(claims, audience)
    check_proof_time(claims, at, max_age=max_age, skew=skew)
    return KeyProof(key, _nonce_of(claims))


def _key_of(jws: UnverifiedJws) -> ec.EllipticCurvePublicKey:
    check_one_key(jws.header)
    return key_from_jwk(jws.header.get("jwk"))


def check_one_key(header: dict[str, Any]) -> None:
    """Refuse a header that names its key in more than one way, or otherwise than by ``jwk`` (F.1, threat C14)."""
    if {"kid", "jwk", "x5c", "trust_chain"} & header.keys() != {"jwk"}:
        raise WarifuError(
            "proof_key_ambiguous",
            "the key proof must name its key by jwk and by nothing else",
            hint="put the public key into the jwk header; leave kid and x5c out",
            clause="OpenID4VCI 1.0 F.1",
            layer="signature",
        )


def check_proof_signature(jws: UnverifiedJws, key: ec.EllipticCurvePublicKey) -> None:
    """Check that the named key signed the proof; raises ``bad_signature`` (F.4)."""
    verify_jws(jws, key)


def check_proof_audience(claims: dict[str, Any], audience: str) -> None:
    """Check that ``aud`` is exactly the issuer identifier, a text and no array (F.1, threat C15)."""
    if claims.get("aud") != audience:
        raise WarifuError(
            "wrong_audience",
            "the key proof is not for this issuer",
            hint="aud must be the credential issuer identifier, as one text",
            clause="OpenID4VCI 1.0 F.1",
            layer="key-binding",
        )


def check_proof_time(claims: dict[str, Any], at: datetime, *, max_age: timedelta, skew: timedelta) -> None:
    """Check ``iat`` (required) against the window around ``at``, and ``exp`` and ``nbf`` where present (F.4)."""
    now = at.timestamp()
    iat = _time(claims, "iat")
    late, early = max_age.total_seconds() + skew.total_seconds(), skew.total_seconds()
    fresh = -early <= now - iat <= late
    if "exp" in claims:
        fresh = fresh and now < _time(claims, "exp") + early
    if "nbf" in claims:
        fresh = fresh and now >= _time(claims, "nbf") - early
    if not fresh:
        raise WarifuError(
            "proof_not_fresh",
            "the key proof is too old or from the future",
            hint="check the clock and send a new proof",
            clause="OpenID4VCI 1.0 F.4",
            layer="validity",
        )


def _time(claims: dict[str, Any], name: str) -> int:
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 40:
        raise WarifuError(
            "bad_proof", f"the key proof needs {name} as whole seconds since 1970", clause="OpenID4VCI 1.0 F.1", layer="parse"
        )
    return value


def _nonce_of(claims: dict[str, Any]) -> str:
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not 0 < len(nonce) <= 512:
        raise WarifuError(
            "proof_nonce_missing",
            "the key proof holds no nonce",
            hint="fetch c_nonce from the nonce endpoint first",
            clause="OpenID4VCI 1.0 F.1",
            layer="key-binding",
        )
    return nonce
