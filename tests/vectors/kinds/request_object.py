"""Signed requests of a verifier as a wallet reads them, before a word of them is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from schemas.formats.jose import public_jwk, x5c_header
from schemas.messages.dcql import parse_query
from schemas.messages.openid4vp import RequestParameters, build_request_object
from schemas.trust import SigningIdentity
from tests.vectors.forge import Edit, resign, same, set_to, without
from tests.vectors.forge_dcql import asked
from tests.vectors.people import WARIFU, self_signed
from tests.vectors.registry import Given, accepts, rejects
from tests.vectors.scene import AT, READER, WORLD
from tests.world.actors import signer_for

K = "request-object"
BANK = WORLD.bank.identity
NONCE = "qPmxiNFCR3QTm19POc8u-wallet"
KEY = {**public_jwk(signer_for("response encryption").public_key), "kid": "request-1", "alg": "ECDH-ES", "use": "enc"}


@cache
def sound(*, encrypted: bool = True, wallet_nonce: str | None = None) -> str:
    """Return the bank's request."""
    parameters = RequestParameters(
        response_uri=WORLD.response_uri,
        response_mode="direct_post.jwt" if encrypted else "direct_post",
        nonce=WORLD.nonce,
        state="af0ifjsldkj-0123456789",
        query=parse_query({"credentials": [asked()]}),
        issued_at=WORLD.at,
        expires_at=WORLD.at + timedelta(minutes=5),
        encryption_jwk=KEY if encrypted else None,
        wallet_nonce=wallet_nonce,
    )
    return build_request_object(parameters, signer=BANK.signer, chain_der=BANK.chain_der)


def given(text: str, **changes: Any) -> Given:
    """Return what a case says: the object, the client identifier of the link that led to it, and whom the wallet trusts."""
    return {"input": text, "at": AT, "anchors": [READER], "client_id": WORLD.audience, **changes}


def edited(*, header: Edit = same, claims: Edit = same, **changes: Any) -> Given:
    return given(resign(sound(), BANK.signer, header=header, claims=claims), **changes)


def with_chain(chain: Sequence[bytes]) -> Given:
    return edited(header=set_to(x5c=x5c_header(chain)))


def signed_by(identity: SigningIdentity) -> Given:
    return given(resign(sound(), identity.signer, header=set_to(x5c=x5c_header(identity.chain_der))))


@accepts(f"{K}/encrypted", "OpenID4VP 5", "the answer is to be encrypted")
def encrypted() -> tuple[Given, Any]:
    """HAIP 1.0 5.1: "Response mode MUST be `direct_post.jwt`." """
    return given(sound()), None


@accepts(f"{K}/in-clear", "OpenID4VP 8.2", "the answer is not to be encrypted")
def in_clear() -> tuple[Given, Any]:
    """OpenID4VP 8.2: "In this mode, the Authorization Response is sent to the Verifier using an HTTP POST request to an endpoint
    controlled by the Verifier."
    """
    return given(sound(encrypted=False)), None


@accepts(f"{K}/wallet-nonce", "OpenID4VP 5.10.1", "the wallet's nonce comes back")
def wallet_nonce() -> tuple[Given, Any]:
    """OpenID4VP 5.10: "When received, the Verifier MUST use it as the `wallet_nonce` value in the signed authorization request object." """
    return given(sound(wallet_nonce=NONCE), wallet_nonce=NONCE), None


@rejects(
    f"{K}/wallet-nonce-missing",
    "OpenID4VP 5.10.1",
    "the wallet's nonce does not come back",
    layer="policy",
    code="wallet_nonce_mismatch",
    place="wallet_nonce",
)
def wallet_nonce_missing(broken: bool) -> Given:
    """OpenID4VP 5.10.1: "the Wallet MUST validate whether the request object contains the respective nonce value in a `wallet_nonce`
    claim. If it does not, the Wallet MUST terminate request processing."
    """
    return given(sound(wallet_nonce=None if broken else NONCE), wallet_nonce=NONCE)


@rejects(f"{K}/typ", "OpenID4VP 5", "typ is JWT", layer="parse", code="wrong_typ", place="header/typ")
def typ(broken: bool) -> Given:
    """OpenID4VP 5: "Wallets MUST NOT process Request Objects where the `typ` Header Parameter is not present or does not have the value
    `oauth-authz-req+jwt`."
    """
    return edited(header=set_to(typ="JWT" if broken else "oauth-authz-req+jwt"))


@rejects(f"{K}/alg-none", "HAIP 1.0 5", "not signed", layer="signature", code="alg_not_allowed", place="header/alg")
def alg_none(broken: bool) -> Given:
    """HAIP 1.0 5 (in our words): requests are signed, and sent as request objects (JAR)."""
    return given(resign(sound(), None, header=set_to(alg="none")) if broken else sound())


@rejects(f"{K}/altered", "OpenID4VP 5.9.3", "a claim was altered after signing", layer="signature", code="bad_signature", place="claims")
def altered(broken: bool) -> Given:
    """OpenID4VP 5.9.3: "The request MUST be signed with the private key corresponding to the public key in the leaf X.509 certificate of
    the certificate chain".
    """
    signature = sound().rpartition(".")[2]
    changed = resign(sound(), BANK.signer, claims=set_to(response_uri="https://evil.example/response"))
    return given(f"{changed.rpartition('.')[0]}.{signature}" if broken else sound())


@rejects(f"{K}/no-chain", "HAIP 1.0 5", "no certificate", layer="chain", code="chain_missing", place="header/x5c")
def no_chain(broken: bool) -> Given:
    """OpenID4VP 5.9.3: "the certificate chain added to the request in the `x5c` JOSE header parameter"."""
    return edited(header=without("x5c") if broken else same)


@rejects(
    f"{K}/root-in-chain",
    "HAIP 1.0 5",
    "the chain brings the registrar's root along",
    layer="chain",
    code="anchor_in_chain",
    place="header/x5c/1",
)
def root_in_chain(broken: bool) -> Given:
    """HAIP 1.0 5 (in our words): the trust anchor's certificate does not stand in the x5c of a signed request."""
    root = WORLD.registrar.certificate.public_bytes(Encoding.DER)
    return with_chain([*BANK.chain_der, *([root] if broken else [])])


@rejects(f"{K}/self-signed", "HAIP 1.0 5", "the verifier certified itself", layer="chain", code="leaf_self_signed", place="header/x5c/0")
def self_signed_request(broken: bool) -> Given:
    """HAIP 1.0 5 (in our words): the certificate that signs the request is not self-signed."""
    return signed_by(self_signed() if broken else BANK)


@rejects(
    f"{K}/not-registered",
    "OpenID4VP 5.9.3",
    "certified by a city and not by the registrar",
    layer="chain",
    code="chain_untrusted",
    place="header/x5c/0/issuer",
)
def not_registered(broken: bool) -> Given:
    """OpenID4VP 5.9.3: "The Wallet MUST validate the signature and the trust chain of the X.509 leaf certificate." """
    return signed_by(WARIFU.document_signer if broken else BANK)


@rejects(
    f"{K}/attester",
    "RFC 5280 4.2.1.12",
    "signed with the registrar's certificate for registrations",
    layer="chain",
    code="extended_key_usage_mismatch",
    place="header/x5c/0/extendedKeyUsage",
)
def attester(broken: bool) -> Given:
    """RFC 5280 4.2.1.12: "If the extension is present, then the certificate MUST only be used for one of the purposes indicated." """
    return signed_by(WORLD.registrar_signer if broken else BANK)


@rejects(
    f"{K}/another-client-in-link",
    "OpenID4VP 5.10",
    "the link named another client",
    layer="policy",
    code="client_id_mismatch",
    place="client_id/link",
)
def another_client_in_link(broken: bool) -> Given:
    """OpenID4VP 5.10: "The Client Identifier value in the `client_id` Authorization Request parameter and the Request Object `client_id`
    claim value MUST be identical".
    """
    other = "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk"
    return given(sound(), client_id=other if broken else WORLD.audience)


@rejects(
    f"{K}/hash-of-another-certificate",
    "OpenID4VP 5.9.3",
    "link and object name a client whose certificate did not sign",
    layer="policy",
    code="client_id_mismatch",
    place="client_id/hash",
)
def hash_of_another_certificate(broken: bool) -> Given:
    """OpenID4VP 5.9.3: "MUST be a hash and match the hash of the leaf certificate passed with the request"."""
    other = "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk" if broken else WORLD.audience
    return edited(claims=set_to(client_id=other), client_id=other)


@rejects(
    f"{K}/another-prefix",
    "HAIP 1.0 5",
    "a client identifier without a signature behind it",
    layer="policy",
    code="client_id_prefix_unsupported",
    place="client_id",
)
def another_prefix(broken: bool) -> Given:
    """HAIP 1.0 5: "For Client Identifier Prefix" "`x509_hash` MUST be supported by the Wallet and used by the Verifier." """
    own = f"redirect_uri:{WORLD.response_uri}" if broken else WORLD.audience
    return edited(claims=set_to(client_id=own), client_id=own)
