"""DPoP proofs: a token is good only together with the key that it was given to."""

from __future__ import annotations

from typing import Any

from schemas.formats.encoding import b64url_encode
from schemas.formats.jose import jwk_thumbprint, public_jwk
from schemas.messages.dpop import access_token_hash
from tests.vectors.forge import Edit, jwt, same, set_to, without
from tests.vectors.registry import Given, accepts, rejects
from tests.vectors.scene import AT, ISSUER, WORLD
from tests.world.actors import DeterministicSigner, signer_for

K = "dpop"
WALLET = signer_for("wallet dpop")
JWK = public_jwk(WALLET.public_key)
URL = f"{ISSUER}/credential"
TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
JTI = "-BwC3ESc6acc2lTc"
TIME = int(WORLD.at.timestamp())
CLAIMS = {"jkt": b64url_encode(jwk_thumbprint(WALLET.public_key)), "jti": JTI}


def proof(*, header: Edit = same, claims: Edit = same, signer: DeterministicSigner | None = WALLET) -> str:
    """Return a proof for the credential endpoint, edited and signed."""
    head: dict[str, Any] = {"typ": "dpop+jwt", "alg": "ES256", "jwk": JWK}
    body: dict[str, Any] = {"jti": JTI, "htm": "POST", "htu": URL, "iat": TIME, "ath": access_token_hash(TOKEN)}
    header(head)
    claims(body)
    return jwt(head, body, signer)


def given(text: str, **changes: Any) -> Given:
    """Return what a case says: the proof, and the request that it came with."""
    return {"input": text, "at": AT, "method": "POST", "url": URL, "access_token": TOKEN, **changes}


def with_claims(edit: Edit) -> Given:
    return given(proof(claims=edit))


def with_header(edit: Edit) -> Given:
    return given(proof(header=edit))


@accepts(f"{K}/credential-request", "RFC 9449 4.3", "at the credential endpoint, with the hash of the token")
def credential_request() -> tuple[Given, Any]:
    """RFC 9449 4.2: "ath: Hash of the access token." """
    return given(proof()), CLAIMS


@accepts(f"{K}/address-spelt-otherwise", "RFC 9449 4.3", "htu with upper-case host and the default port; nonce of the server")
def address_spelt_otherwise() -> tuple[Given, Any]:
    """RFC 9449 4.3: "servers SHOULD employ syntax-based normalization (Section 6.2.2 of [RFC3986]) and scheme-based normalization
    (Section 6.2.3 of [RFC3986]) before comparing the htu claim."
    """
    htu = URL.replace("https://warifu.example/", "https://WARIFU.example:443/")
    return with_claims(set_to(htu=htu, nonce="eyJ7S_zG.eyJH0-Z.HX4w-7v")), {**CLAIMS, "nonce": "eyJ7S_zG.eyJH0-Z.HX4w-7v"}


@rejects(f"{K}/typ", "RFC 9449 4.2", "typ is JWT", layer="parse", code="wrong_typ", place="header/typ")
def typ(broken: bool) -> Given:
    """RFC 9449 4.3: "the typ JOSE Header Parameter has the value dpop+jwt"."""
    return with_header(set_to(typ="JWT" if broken else "dpop+jwt"))


@rejects(f"{K}/alg-none", "RFC 9449 4.2", "not signed", layer="signature", code="alg_not_allowed", place="header/alg")
def alg_none(broken: bool) -> Given:
    """RFC 9449 4.2: "alg: An identifier for a JWS asymmetric digital signature algorithm from [IANA.JOSE.ALGS]. It MUST NOT be none or
    an identifier for a symmetric algorithm (Message Authentication Code (MAC))."
    """
    return given(proof(header=set_to(alg="none"), signer=None) if broken else proof())


@rejects(f"{K}/private-key", "RFC 9449 4.2", "the header gives the private key away", layer="parse", code="bad_jwk", place="header/jwk/d")
def private_key(broken: bool) -> Given:
    """RFC 9449 4.3: "the jwk JOSE Header Parameter does not contain a private key"."""
    return with_header(set_to(jwk=JWK | ({"d": "A" * 43} if broken else {})))


@rejects(f"{K}/no-key", "RFC 9449 4.2", "the header names no key", layer="parse", code="bad_jwk", place="header/jwk")
def no_key(broken: bool) -> Given:
    """RFC 9449 4.2: "jwk: Represents the public key chosen by the client in JSON Web Key (JWK) [RFC7517] format"."""
    return with_header(without("jwk") if broken else same)


@rejects(f"{K}/another-key-signed", "RFC 9449 4.3", "signed by another key", layer="signature", code="bad_signature", place="signature")
def another_key_signed(broken: bool) -> Given:
    """RFC 9449 4.3: "the JWT signature verifies with the public key contained in the jwk JOSE Header Parameter"."""
    return given(proof(signer=WORLD.holder(1) if broken else WALLET))


@rejects(f"{K}/another-method", "RFC 9449 4.3", "made for GET", layer="policy", code="dpop_wrong_request", place="htm")
def another_method(broken: bool) -> Given:
    """RFC 9449 4.3: "the htm claim matches the HTTP method of the current request"."""
    return with_claims(set_to(htm="GET" if broken else "POST"))


@rejects(
    f"{K}/another-endpoint", "RFC 9449 4.3", "made for the token endpoint", layer="policy", code="dpop_wrong_request", place="htu/path"
)
def another_endpoint(broken: bool) -> Given:
    """RFC 9449 4.3: "the htu claim matches the HTTP URI value for the HTTP request in which the JWT was received, ignoring any query and
    fragment parts".
    """
    return with_claims(set_to(htu=f"{ISSUER}/token" if broken else URL))


@rejects(f"{K}/another-city", "RFC 9449 4.3", "made for the host of 隣町市", layer="policy", code="dpop_wrong_request", place="htu/host")
def another_city(broken: bool) -> Given:
    """RFC 9449 4.3: "the htu claim matches the HTTP URI value for the HTTP request in which the JWT was received"."""
    return with_claims(set_to(htu=URL.replace("warifu.example", "tonari.example" if broken else "warifu.example")))


@rejects(f"{K}/another-token", "RFC 9449 4.3", "ath is the hash of another token", layer="policy", code="dpop_wrong_token", place="ath")
def another_token(broken: bool) -> Given:
    """RFC 9449 4.3: "if presented to a protected resource in conjunction with an access token, ensure that the value of the ath claim
    equals the hash of that access token".
    """
    return with_claims(set_to(ath=access_token_hash("another" if broken else TOKEN)))


@rejects(f"{K}/no-token-hash", "RFC 9449 4.2", "there is no ath", layer="policy", code="dpop_wrong_token", place="claims")
def no_token_hash(broken: bool) -> Given:
    """RFC 9449 4.2: "When the DPoP proof is used in conjunction with the presentation of an access token in protected resource access
    (see Section 7), the DPoP proof MUST also contain the following claim: ath".
    """
    return with_claims(without("ath") if broken else same)


@rejects(f"{K}/too-old", "RFC 9449 11.1", "made five minutes ago", layer="validity", code="dpop_not_fresh", place="iat/past")
def too_old(broken: bool) -> Given:
    """RFC 9449 11.1: "servers MUST only accept DPoP proofs for a limited time after their creation (preferably only for a relatively
    brief period on the order of seconds or minutes)."
    """
    return with_claims(set_to(iat=TIME - (300 if broken else 60)))


@rejects(f"{K}/from-future", "RFC 9449 11.1", "made five minutes ahead", layer="validity", code="dpop_not_fresh", place="iat/future")
def from_future(broken: bool) -> Given:
    """RFC 9449 11.1: "a server MAY accept DPoP proofs that carry an iat time in the reasonably near future (on the order of seconds or
    minutes)."
    """
    return with_claims(set_to(iat=TIME + (300 if broken else 20)))


@rejects(f"{K}/no-identifier", "RFC 9449 4.2", "there is no jti", layer="parse", code="bad_dpop", place="jti")
def no_identifier(broken: bool) -> Given:
    """RFC 9449 4.2: "jti: Unique identifier for the DPoP proof JWT. The value MUST be assigned such that there is a negligible
    probability that the same value will be assigned to any other DPoP proof used in the same context during the time window of
    validity."
    """
    return with_claims(without("jti") if broken else same)
