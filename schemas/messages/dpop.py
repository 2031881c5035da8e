"""DPoP proofs: a token is only good together with the key it was given to (RFC 9449)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode
from schemas.formats.jose import Signer, UnverifiedJws, jwk_thumbprint, key_from_jwk, parse_jws, public_jwk, sign_jwt, verify_jws

DPOP_TYP: Final = "dpop+jwt"
MAX_DPOP_BYTES: Final = 8 * 1024
MAX_AGE: Final = timedelta(seconds=120)
SKEW: Final = timedelta(seconds=30)


class DpopProof(NamedTuple):
    """What a checked proof says; the caller consumes ``(jkt, jti)`` once and checks ``nonce`` where it gave one.

    ``jkt`` is the RFC 7638 thumbprint of the key as base64url text.
    """

    jkt: str
    jti: str
    iat: datetime
    nonce: str | None


def key_thumbprint(signer: Signer) -> str:
    """Return ``jkt`` of a signer: the thumbprint that a token is bound to (RFC 9449 6.1)."""
    return b64url_encode(jwk_thumbprint(signer.public_key))


def access_token_hash(access_token: str) -> str:
    """Return ``ath``: base64url SHA-256 of the token (RFC 9449 4.2)."""
    return b64url_encode(hashlib.sha256(access_token.encode("utf-8")).digest())


def build_dpop(
    signer: Signer, *, method: str, url: str, iat: datetime, jti: str, access_token: str | None = None, nonce: str | None = None
) -> str:
    """Return a DPoP proof for one request.

    Args:
        signer: the wallet's key for this issuer.
        method: HTTP method in upper case.
        url: the request's address; query and fragment are cut off (RFC 9449 4.2).
        iat: now, aware UTC.
        jti: at least 96 random bits as text, never used twice.
        access_token: the token sent along, on resource requests.
        nonce: the server's last ``DPoP-Nonce``, if it gave one.
    """
    claims: dict[str, Any] = {"jti": jti, "htm": method, "htu": url.split("#", 1)[0].split("?", 1)[0], "iat": int(iat.timestamp())}
    if access_token is not None:
        claims["ath"] = access_token_hash(access_token)
    if nonce is not None:
        claims["nonce"] = nonce
    return sign_jwt(DPOP_TYP, claims, signer, header={"jwk": public_jwk(signer.public_key)})


def check_dpop(
    proof: str,
    *,
    method: str,
    url: str,
    at: datetime,
    access_token: str | None = None,
    max_age: timedelta = MAX_AGE,
    skew: timedelta = SKEW,
) -> DpopProof:
    """Check one DPoP proof (RFC 9449 4.3, all but the replay check, which needs a store).

    Args:
        proof: the value of the single DPoP header.
        method: the method of the request that arrived.
        url: the endpoint's configured public address (never taken from Host headers).
        at: now.
        access_token: the token of a resource request; its hash must stand in ``ath``.

    Raises:
        WarifuError: ``dpop_wrong_request``, ``dpop_wrong_token``, ``dpop_not_fresh``, ``bad_dpop``, ``bad_jwk``,
            ``bad_signature`` or an error of :func:`schemas.formats.jose.parse_jws`.
    """
    jws = parse_jws(proof, typ=DPOP_TYP, max_bytes=MAX_DPOP_BYTES)
    key = key_from_jwk(jws.header.get("jwk"))
    check_dpop_signature(jws)
    claims = jws.claims()
    check_dpop_request(claims, method=method, url=url)
    check_dpop_token(claims, access_token)
    iat = check_dpop_time(claims, at, max_age=max_age, skew=skew)
    nonce = claims.get("nonce")
    if nonce is not None and not isinstance(nonce, str):
        raise _bad("nonce is not a text")
    return DpopProof(b64url_encode(jwk_thumbprint(key)), _jti_of(claims), iat, nonce)


def check_dpop_signature(jws: UnverifiedJws) -> None:
    """Check that the key in the header signed the proof; raises ``bad_signature`` (RFC 9449 4.3, 6)."""
    verify_jws(jws, key_from_jwk(jws.header.get("jwk")))


def check_dpop_request(claims: dict[str, Any], *, method: str, url: str) -> None:
    """Check ``htm`` and ``htu`` against the request (RFC 9449 4.3, 8 and 9)."""
    htu = claims.get("htu")
    if claims.get("htm") != method or not isinstance(htu, str) or _comparable(htu) != _comparable(url):
        raise WarifuError(
            "dpop_wrong_request",
            "the DPoP proof was made for another request",
            hint="htm and htu must name this method and address",
            clause="RFC 9449 4.3",
            layer="protocol",
        )


def _comparable(url: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path in the form in which two addresses are compared (RFC 3986 6.2.2, 6.2.3)."""
    try:
        parts: SplitResult = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _bad("htu is no address") from error
    if parts.username is not None or parts.scheme.lower() not in ("https", "http"):
        raise _bad("htu is no web address")
    default = 443 if parts.scheme.lower() == "https" else 80
    return (parts.scheme.lower(), (parts.hostname or "").lower(), port or default, parts.path or "/")


def check_dpop_token(claims: dict[str, Any], access_token: str | None) -> None:
    """Check ``ath`` on resource requests (RFC 9449 4.3, 11); without a token there is nothing to compare."""
    if access_token is not None and claims.get("ath") != access_token_hash(access_token):
        raise WarifuError(
            "dpop_wrong_token",
            "the DPoP proof does not belong to the access token",
            hint="ath must be the hash of the token sent along",
            clause="RFC 9449 4.3",
            layer="protocol",
        )


def check_dpop_time(claims: dict[str, Any], at: datetime, *, max_age: timedelta, skew: timedelta) -> datetime:
    """Check ``iat`` against the window around ``at`` and return it; ``exp`` and ``nbf`` are left alone (RFC 9449 4.3, 10)."""
    iat = claims.get("iat")
    if not isinstance(iat, int) or isinstance(iat, bool) or not 0 <= iat < 1 << 40:
        raise _bad("iat is not a time in whole seconds")
    age = at.timestamp() - iat
    if not -skew.total_seconds() <= age <= max_age.total_seconds():
        raise WarifuError(
            "dpop_not_fresh",
            "the DPoP proof is too old or from the future",
            hint="check the clock and make a new proof for every request",
            clause="RFC 9449 11.1",
            layer="validity",
        )
    return datetime.fromtimestamp(iat, UTC)


def _jti_of(claims: dict[str, Any]) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= 256:
        raise _bad("jti is missing or too long")
    return jti


def _bad(problem: str) -> WarifuError:
    return WarifuError("bad_dpop", f"the DPoP proof cannot be used: {problem}", clause="RFC 9449 4.2", layer="parse")
