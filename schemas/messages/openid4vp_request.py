"""The authorization request of OpenID4VP 1.0: a signed request object, fetched by reference (HAIP 1.0, section 5.1).

Only what stands inside the signed object counts; the URI around it carries the client identifier, which must be the same,
and where to fetch it.  The client identifier is ``x509_hash:`` and the hash of the certificate that signs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, cast
from urllib.parse import urlsplit

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode
from schemas.formats.jose import Signer, jwk_thumbprint, key_from_jwk, parse_jws, sign_jwt, verify_jws, x5c_chain, x5c_header
from schemas.messages.dcql import MSO_MDOC, SD_JWT_VC, Query, parse_query
from schemas.trust import Anchors, SignerIdentity, TrustPurpose, check_chain

REQUEST_TYP: Final = "oauth-authz-req+jwt"
REQUEST_MEDIA_TYPE: Final = "application/oauth-authz-req+jwt"
STATIC_AUDIENCE: Final = "https://self-issued.me/v2"
CLIENT_ID_PREFIX: Final = "x509_hash:"
MAX_REQUEST_LIFETIME: Final = timedelta(minutes=5)
MAX_REQUEST_BYTES: Final = 64 * 1024
CLOCK_SKEW: Final = timedelta(seconds=60)
CONTENT_ENCRYPTIONS: Final = ("A128GCM", "A256GCM")
VP_FORMATS: Final[dict[str, Any]] = {
    SD_JWT_VC: {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]},
    MSO_MDOC: {"issuerauth_alg_values": [-7, -9], "deviceauth_alg_values": [-7, -9]},
}

ResponseMode = Literal["direct_post", "direct_post.jwt"]
ContentEncryption = Literal["A128GCM", "A256GCM"]
_NONCE = re.compile(r"[A-Za-z0-9._~-]{16,512}\Z")


@dataclass(frozen=True, slots=True)
class RequestParameters:
    """What a verifier puts into one request object.

    Attributes:
        nonce: at least 128 bits, URL-safe text.
        encryption_jwk: public P-256 key, fresh for this request, with ``kid``, ``alg`` and ``use``; None for ``direct_post``.
        expires_at: at most five minutes after ``issued_at``.
        wallet_nonce: what the wallet posted, to be echoed.
        registrations: the registrar's statements of purpose (``schemas.messages.registration``), carried in ``verifier_info``.
    """

    response_uri: str
    response_mode: ResponseMode
    nonce: str
    state: str
    query: Query
    issued_at: datetime
    expires_at: datetime
    encryption_jwk: Mapping[str, Any] | None = None
    wallet_nonce: str | None = None
    registrations: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request whose signature, signer and content have been checked; what a wallet may show and answer."""

    client_id: str
    verifier: SignerIdentity
    response_uri: str
    response_mode: ResponseMode
    nonce: str
    state: str | None
    query: Query
    encryption_jwk: Mapping[str, Any] | None
    content_encryption: ContentEncryption
    expires_at: datetime | None
    registrations: tuple[str, ...]

    @property
    def encryption_thumbprint(self) -> bytes | None:
        """SHA-256 thumbprint of the key the response is encrypted to, for the session transcript (OpenID4VP B.2.6.1)."""
        return None if self.encryption_jwk is None else jwk_thumbprint(key_from_jwk(dict(self.encryption_jwk)))


def client_id_for(leaf_der: bytes) -> str:
    """Return the client identifier that belongs to an access certificate (OpenID4VP 5.9.3, ``x509_hash``)."""
    return CLIENT_ID_PREFIX + b64url_encode(hashlib.sha256(leaf_der).digest())


def build_request_object(parameters: RequestParameters, *, signer: Signer, chain_der: Sequence[bytes]) -> str:
    """Return the signed request object.

    Args:
        chain_der: the access certificate first, without the root (HAIP 5).

    Raises:
        WarifuError: ``request_lifetime`` above five minutes, ``encryption_key_missing`` or ``encryption_key_unexpected``
            where key and response mode disagree.
    """
    if not timedelta(0) < parameters.expires_at - parameters.issued_at <= MAX_REQUEST_LIFETIME:
        raise request_error("request_lifetime", "a request object lives at most five minutes", "OpenID4VP 5.8")
    if (parameters.response_mode == "direct_post.jwt") != (parameters.encryption_jwk is not None):
        code = "encryption_key_missing" if parameters.encryption_jwk is None else "encryption_key_unexpected"
        raise request_error(code, "an encryption key belongs to direct_post.jwt and to it alone", "OpenID4VP 8.3")
    client_id = client_id_for(chain_der[0])
    claims: dict[str, Any] = {
        "iss": client_id,
        "aud": STATIC_AUDIENCE,
        "iat": int(parameters.issued_at.timestamp()),
        "exp": int(parameters.expires_at.timestamp()),
        "client_id": client_id,
        "response_type": "vp_token",
        "response_mode": parameters.response_mode,
        "response_uri": parameters.response_uri,
        "nonce": parameters.nonce,
        "state": parameters.state,
        "dcql_query": parameters.query.document(),
        "client_metadata": _client_metadata(parameters),
    }
    if parameters.wallet_nonce is not None:
        claims["wallet_nonce"] = parameters.wallet_nonce
    if parameters.registrations:
        claims["verifier_info"] = [{"format": "jwt", "data": token} for token in parameters.registrations]
    return sign_jwt(REQUEST_TYP, claims, signer, header={"x5c": x5c_header(chain_der)})


def _client_metadata(parameters: RequestParameters) -> dict[str, Any]:
    asked = {credential.format for credential in parameters.query.credentials}
    metadata: dict[str, Any] = {"vp_formats_supported": {name: value for name, value in VP_FORMATS.items() if name in asked}}
    if parameters.encryption_jwk is not None:
        metadata["jwks"] = {"keys": [dict(parameters.encryption_jwk)]}
        metadata["encrypted_response_enc_values_supported"] = list(CONTENT_ENCRYPTIONS)
    return metadata


def parse_request_object(
    token: str, *, client_id: str, anchors: Anchors, at: datetime, wallet_nonce: str | None = None
) -> AuthorizationRequest:
    """Check a request object as a wallet must, before a word of it is shown.

    Args:
        client_id: the identifier from the URI that led here.
        anchors: who may certify verifiers; only anchors of purpose ``READER`` count.
        at: now, aware UTC.
        wallet_nonce: what was posted to the request URI, if anything.

    Raises:
        WarifuError: of the JWS, of the chain, ``client_id_mismatch``, ``client_id_prefix_unsupported``,
            ``request_malformed``, ``request_expired``, ``request_not_fresh``, ``wallet_nonce_mismatch``,
            ``transaction_data_unsupported``, ``no_usable_encryption_key`` or a query error (OpenID4VP 5).
    """
    jws = parse_jws(token, typ=REQUEST_TYP, max_bytes=MAX_REQUEST_BYTES)
    chain_der = x5c_chain(jws.header)
    verifier = check_chain(chain_der, anchors=anchors, purpose=TrustPurpose.READER, at=at)
    verify_jws(jws, verifier.public_key)
    claims = jws.claims()
    _check_client_id(claims, client_id, chain_der[0])
    _check_wallet_nonce(claims, wallet_nonce)
    expires_at = _check_freshness(claims, at, echoed=wallet_nonce is not None)
    _check_constants(claims)
    mode = cast("ResponseMode", claims["response_mode"])
    key, enc = _encryption(claims.get("client_metadata", {}), mode)
    return AuthorizationRequest(
        client_id=client_id,
        verifier=verifier,
        response_uri=check_endpoint(claims.get("response_uri")),
        response_mode=mode,
        nonce=_nonce(claims.get("nonce")),
        state=_optional_text(claims, "state"),
        query=parse_query(_dict(claims.get("dcql_query"), "dcql_query")),
        encryption_jwk=key,
        content_encryption=enc,
        expires_at=expires_at,
        registrations=_registrations(claims.get("verifier_info", [])),
    )


def _check_client_id(claims: Mapping[str, Any], client_id: str, leaf_der: bytes) -> None:
    """Outside, inside and certificate name the same client; only ``x509_hash`` is spoken (OpenID4VP 5.9, threat D07)."""
    if not client_id.startswith(CLIENT_ID_PREFIX):
        raise request_error("client_id_prefix_unsupported", "the client identifier is not of the prefix x509_hash", "HAIP 5")
    if claims.get("client_id") != client_id:
        raise request_error("client_id_mismatch", "the request object names another client than its link", "RFC 9101 5")
    if client_id != client_id_for(leaf_der):
        raise request_error("client_id_mismatch", "the client identifier is not the hash of the signing certificate", "OpenID4VP 5.9.3")


def _check_wallet_nonce(claims: Mapping[str, Any], wallet_nonce: str | None) -> None:
    """What the wallet posted comes back, and nothing comes back that it did not post (OpenID4VP 5.10)."""
    if claims.get("wallet_nonce") != wallet_nonce:
        raise request_error("wallet_nonce_mismatch", "the request object does not echo the wallet's nonce", "OpenID4VP 5.10.1")


def _check_freshness(claims: Mapping[str, Any], at: datetime, *, echoed: bool) -> datetime | None:
    """Refuse an expired request, and one that neither ends soon nor answers this wallet's nonce (threat D06)."""
    expires_at = _time(claims, "exp")
    issued_at = _time(claims, "iat")
    if expires_at is not None and at >= expires_at:
        raise request_error("request_expired", "the request has expired", "OpenID4VP 5.8")
    if issued_at is not None and issued_at > at + CLOCK_SKEW:
        raise request_error("request_not_fresh", "the request is dated in the future", "RFC 7519 4.1.6")
    if not echoed and (expires_at is None or expires_at > at + MAX_REQUEST_LIFETIME + CLOCK_SKEW):
        raise request_error("request_not_fresh", "the request could be replayed: it does not end within five minutes", "RFC 9101 10.2")
    return expires_at


def _check_constants(claims: Mapping[str, Any]) -> None:
    """The members with one permitted value, and those that must not be there (OpenID4VP 5.1, 8.2)."""
    if claims.get("aud") != STATIC_AUDIENCE:
        raise request_error("request_malformed", "the audience is not that of static discovery", "OpenID4VP 5.8")
    if claims.get("response_type") != "vp_token":
        raise request_error("request_malformed", "the response type is not vp_token", "HAIP 5")
    if claims.get("response_mode") not in ("direct_post", "direct_post.jwt"):
        raise request_error("request_malformed", "the response mode is neither direct_post nor direct_post.jwt", "OpenID4VP 8.2")
    for name in ("redirect_uri", "scope", "request", "request_uri"):
        if name in claims:
            raise request_error("request_malformed", f"{name} does not belong into this request object", "OpenID4VP 8.2")
    if claims.get("transaction_data"):
        raise request_error("transaction_data_unsupported", "transaction data of an unknown type", "OpenID4VP 8.4")


def _encryption(metadata: object, mode: ResponseMode) -> tuple[Mapping[str, Any] | None, ContentEncryption]:
    """Choose the first usable key and the first content encryption that both speak (OpenID4VP 8.3, HAIP 5)."""
    document = _dict(metadata, "client_metadata")
    offered = document.get("encrypted_response_enc_values_supported", ["A128GCM"])
    common = [name for name in offered if name in CONTENT_ENCRYPTIONS] if isinstance(offered, list) else []
    if mode == "direct_post":
        return None, "A128GCM"
    key = _usable_key(_dict(document.get("jwks"), "jwks").get("keys"))
    if key is None or not common:
        raise request_error("no_usable_encryption_key", "no P-256 ECDH-ES key with AES-GCM is offered for the response", "HAIP 5")
    return key, cast("ContentEncryption", common[0])


def _usable_key(keys: object) -> Mapping[str, Any] | None:
    """Return the first key that this wallet can encrypt to; others are passed over (OpenID4VP 5.1)."""
    for key in keys if isinstance(keys, list) else []:
        if not isinstance(key, dict) or key.get("alg") != "ECDH-ES" or key.get("use", "enc") != "enc":
            continue
        if not isinstance(key.get("kid"), str) or key.get("kty") != "EC" or key.get("crv") != "P-256":
            continue
        key_from_jwk(key)  # an offered P-256 key off the curve is an attack, not something to pass over
        return key
    return None


def check_endpoint(value: object) -> str:
    """Return an endpoint URL after checking that it is https, without user, fragment or control characters.

    Raises:
        WarifuError: ``request_malformed`` (OpenID4VP 8.2).
    """
    if isinstance(value, str) and len(value) <= 2048 and value.isascii() and value.isprintable() and " " not in value:
        parts = urlsplit(value)
        if parts.scheme == "https" and parts.hostname and "@" not in parts.netloc and "#" not in value:
            return value
    raise request_error("request_malformed", "an endpoint of the request is not a plain https URL", "OpenID4VP 8.2")


def _nonce(value: object) -> str:
    if not isinstance(value, str) or _NONCE.match(value) is None:
        raise request_error("request_malformed", "the nonce is missing, short or not URL-safe", "OpenID4VP 5.2")
    return value


def _registrations(value: object) -> tuple[str, ...]:
    entries = value if isinstance(value, list) and len(value) <= 8 else None
    if entries is None or not all(isinstance(entry, dict) and isinstance(entry.get("format"), str) for entry in entries):
        raise request_error("request_malformed", "verifier_info is not an array of objects with a format", "OpenID4VP 5.1")
    return tuple(entry["data"] for entry in entries if entry["format"] == "jwt" and isinstance(entry.get("data"), str))


def _dict(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise request_error("request_malformed", f"{name} is not an object", "OpenID4VP 5.1")
    return value


def _optional_text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > 512):
        raise request_error("request_malformed", f"{name} is not a short string", "OpenID4VP 5.1")
    return value


def _time(claims: Mapping[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**33:
        raise request_error("request_malformed", f"{name} is not a time in whole seconds", "RFC 7519 2")
    return datetime.fromtimestamp(value, UTC)


def request_error(code: str, message: str, clause: str) -> WarifuError:
    """Return the error for a request that its verifier has to correct (not raised here)."""
    return WarifuError(code, message, hint="the verifier has to correct its request", clause=clause, layer="protocol")
