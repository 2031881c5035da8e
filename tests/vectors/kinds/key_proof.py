"""Key proofs of type ``jwt``: the wallet shows the issuer which key a copy is for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from schemas.formats.jose import public_jwk, x5c_header
from tests.vectors.forge import HOLDER, Edit, jwt, same, set_to, without
from tests.vectors.registry import Given, accepts, rejects
from tests.vectors.scene import AT, ISSUER, WORLD
from tests.world.actors import DeterministicSigner

K = "key-proof"
NONCE = "wKI4LT17ac15ES9bw8ac4-0123456789"
JWK = public_jwk(HOLDER.public_key)
TIME = int(WORLD.at.timestamp())


def proof(*, header: Edit = same, claims: Edit = same, signer: DeterministicSigner | None = HOLDER) -> str:
    """Return a key proof for 割符市, edited and signed."""
    head: dict[str, Any] = {"typ": "openid4vci-proof+jwt", "alg": "ES256", "jwk": JWK}
    body: dict[str, Any] = {"aud": ISSUER, "iat": TIME, "nonce": NONCE}
    header(head)
    claims(body)
    return jwt(head, body, signer)


def given(text: str, **changes: Any) -> Given:
    """Return what a case says: the proof, the time, and the issuer that it must be for."""
    return {"input": text, "at": AT, "audience": ISSUER, **changes}


def with_claims(edit: Edit) -> Given:
    return given(proof(claims=edit))


def with_header(edit: Edit) -> Given:
    return given(proof(header=edit))


@accepts(f"{K}/by-jwk", "OpenID4VCI 1.0 F.1", "the key stands in the header as jwk")
def by_jwk() -> tuple[Given, Any]:
    """OpenID4VCI 1.0 F.1: "`jwk`: OPTIONAL. JOSE Header containing the key material the new Credential is to be bound to." """
    return given(proof()), {"jwk": JWK, "nonce": NONCE}


@accepts(f"{K}/with-end", "OpenID4VCI 1.0 F.4", "exp and nbf are there and hold")
def with_end() -> tuple[Given, Any]:
    """OpenID4VCI 1.0 F.4: "the creation time of the JWT, as determined by either the issuance time, or a server managed timestamp via
    the nonce claim, is within an acceptable window".
    """
    return with_claims(set_to(exp=TIME + 60, nbf=TIME)), {"jwk": JWK, "nonce": NONCE}


@rejects(f"{K}/typ", "OpenID4VCI 1.0 F.1", "typ is JWT", layer="parse", code="wrong_typ", place="header/typ")
def typ(broken: bool) -> Given:
    """OpenID4VCI 1.0 F.1: "`typ`: REQUIRED. MUST be `openid4vci-proof+jwt`"."""
    return with_header(set_to(typ="JWT" if broken else "openid4vci-proof+jwt"))


@rejects(f"{K}/alg-none", "OpenID4VCI 1.0 F.4", "not signed", layer="signature", code="alg_not_allowed", place="header/alg")
def alg_none(broken: bool) -> Given:
    """OpenID4VCI 1.0 F.4: "the header parameter indicates a registered asymmetric digital signature algorithm, `alg` parameter value is
    not `none`".
    """
    return given(proof(header=set_to(alg="none"), signer=None) if broken else proof())


@rejects(f"{K}/key-named-twice", "OpenID4VCI 1.0 F.1", "jwk and kid", layer="signature", code="proof_key_ambiguous", place="header/kid")
def key_named_twice(broken: bool) -> Given:
    """OpenID4VCI 1.0 F.1: "It MUST NOT be present if `jwk` or `x5c` is present." """
    return with_header(set_to(**({"kid": "did:example:1#key"} if broken else {})))


@rejects(
    f"{K}/key-by-certificate-too", "OpenID4VCI 1.0 F.1", "jwk and x5c", layer="signature", code="proof_key_ambiguous", place="header/x5c"
)
def key_by_certificate_too(broken: bool) -> Given:
    """OpenID4VCI 1.0 F.1: "It MUST NOT be present if `kid` or `x5c` is present." """
    chain = {"x5c": x5c_header(WORLD.bank.identity.chain_der)} if broken else {}
    return with_header(set_to(**chain))


@rejects(f"{K}/key-by-id-alone", "OpenID4VCI 1.0 F.1", "kid and no jwk", layer="signature", code="proof_key_ambiguous", place="header/jwk")
def key_by_id_alone(broken: bool) -> Given:
    """OpenID4VCI 1.0 F.1: "The Credential Issuer MUST validate that the JWT used as a proof is actually signed by a key identified in
    the JOSE Header". Only `jwk` is announced here.
    """

    def swap(head: dict[str, Any]) -> None:
        head["kid"] = "did:example:1#key"
        head.pop("jwk")

    return with_header(swap if broken else same)


@rejects(
    f"{K}/private-key", "OpenID4VCI 1.0 F.4", "the header gives the private key away", layer="parse", code="bad_jwk", place="header/jwk/d"
)
def private_key(broken: bool) -> Given:
    """OpenID4VCI 1.0 F.4: "the header parameter does not contain a private key"."""
    return with_header(set_to(jwk=JWK | ({"d": "A" * 43} if broken else {})))


@rejects(f"{K}/key-on-p384", "HAIP 1.0 7", "the key is said to be on P-384", layer="parse", code="bad_jwk", place="header/jwk/crv")
def key_on_p384(broken: bool) -> Given:
    """HAIP 1.0 7: "Issuers, Holders, and Verifiers MUST support P-256 (secp256r1) as a key type with the ES256 JWT algorithm" "for
    the creation and the verification"; nothing else is accepted here.
    """
    return with_header(set_to(jwk=JWK | ({"crv": "P-384"} if broken else {})))


@rejects(
    f"{K}/another-key-signed", "OpenID4VCI 1.0 F.4", "signed by another key", layer="signature", code="bad_signature", place="signature"
)
def another_key_signed(broken: bool) -> Given:
    """OpenID4VCI 1.0 F.4: "the signature on the key proof verifies with the public key contained in the header parameter"."""
    return given(proof(signer=WORLD.holder(1) if broken else HOLDER))


@rejects(f"{K}/another-issuer", "OpenID4VCI 1.0 F.1", "made for 隣町市", layer="key-binding", code="wrong_audience", place="aud")
def another_issuer(broken: bool) -> Given:
    """OpenID4VCI 1.0 F.1: "`aud`: REQUIRED (string). The value of this claim MUST be the Credential Issuer Identifier." """
    return with_claims(set_to(aud=WORLD.tonari.issuer if broken else ISSUER))


@rejects(
    f"{K}/issuer-with-slash", "OpenID4VCI 1.0 12.2.1", "aud ends with a slash", layer="key-binding", code="wrong_audience", place="aud/end"
)
def issuer_with_slash(broken: bool) -> Given:
    """OpenID4VCI 1.0 12.2.4: "when compared using a simple string comparison with no normalization"."""
    return with_claims(set_to(aud=ISSUER + ("/" if broken else "")))


@rejects(f"{K}/audience-in-array", "OpenID4VCI 1.0 F.1", "aud is an array", layer="key-binding", code="wrong_audience", place="aud/type")
def audience_in_array(broken: bool) -> Given:
    """OpenID4VCI 1.0 F.1: "`aud`: REQUIRED (string)." """
    return with_claims(set_to(aud=[ISSUER] if broken else ISSUER))


@rejects(f"{K}/too-old", "OpenID4VCI 1.0 F.4", "made ten minutes ago", layer="validity", code="proof_not_fresh", place="iat")
def too_old(broken: bool) -> Given:
    """OpenID4VCI 1.0 F.4: "the creation time of the JWT, as determined by either the issuance time, or a server managed timestamp via
    the nonce claim, is within an acceptable window".
    """
    return with_claims(set_to(iat=TIME - (600 if broken else 240)))


@rejects(f"{K}/from-future", "OpenID4VCI 1.0 F.4", "made ten minutes ahead", layer="validity", code="proof_not_fresh", place="at")
def from_future(broken: bool) -> Given:
    """OpenID4VCI 1.0 F.4: "is within an acceptable window"."""
    behind = WORLD.at - timedelta(minutes=10 if broken else 0)
    return given(proof(), at=behind.strftime("%Y-%m-%dT%H:%M:%SZ"))


@rejects(f"{K}/ended", "RFC 7519 4.1.4", "exp has passed", layer="validity", code="proof_not_fresh", place="exp")
def ended(broken: bool) -> Given:
    """RFC 7519 4.1.4: "the expiration time on or after which the JWT MUST NOT be accepted for processing"."""
    return with_claims(set_to(iat=TIME - 200, exp=TIME + (-100 if broken else 100)))


@rejects(f"{K}/no-time", "OpenID4VCI 1.0 F.1", "there is no iat", layer="parse", code="bad_proof", place="iat")
def no_time(broken: bool) -> Given:
    """OpenID4VCI 1.0 F.1: "`iat`: REQUIRED (number). The value of this claim MUST be the time at which the key proof was issued"."""
    return with_claims(without("iat") if broken else same)


@rejects(f"{K}/no-nonce", "OpenID4VCI 1.0 F.1", "there is no nonce", layer="key-binding", code="proof_nonce_missing", place="nonce")
def no_nonce(broken: bool) -> Given:
    """OpenID4VCI 1.0 F.1: "It MUST be present when the issuer has a Nonce Endpoint"."""
    return with_claims(without("nonce") if broken else same)
