"""SD-JWT VC as received: who signed, and whether that authority may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from schemas.formats.encoding import b64url_encode
from schemas.formats.jose import x5c_header
from schemas.trust import SigningIdentity, Subject, TrustPurpose
from tests.vectors.forge import issued, reseal, sealed, set_to, without
from tests.vectors.people import TONARI, WARIFU, certificate_without_key, city_signer, namesake, self_signed, stranger
from tests.vectors.registry import Given, rejects
from tests.vectors.scene import WORLD, anchor

BOTH = {"anchors": [anchor(WARIFU), anchor(TONARI)]}


def signed_by(identity: SigningIdentity, **changes: Any) -> Given:
    return issued(sealed(identity=identity), **changes)


@rejects("sd-jwt/no-chain", "HAIP 1.0 6.1.1", "no certificate chain", layer="chain", code="chain_missing", place="header/x5c")
def no_chain(broken: bool) -> Given:
    """HAIP 1.0 6.1.1 (in our words): the issuer's key is found by the x5c header, and by nothing else."""
    return issued(reseal(sealed(), header=without("x5c")) if broken else sealed())


@rejects(
    "sd-jwt/chain-in-base64url",
    "RFC 7515 4.1.6",
    "the certificate stands in base64url",
    layer="chain",
    code="bad_x5c",
    place="header/x5c",
)
def chain_in_base64url(broken: bool) -> Given:
    """RFC 7515 4.1.6: "Each string in the array is a base64-encoded (Section 4 of [RFC4648] -- not base64url-encoded) DER
    [ITU.X690.2008] PKIX certificate value."
    """
    chain = WARIFU.document_signer.chain_der
    return issued(reseal(sealed(), header=set_to(x5c=[b64url_encode(der) for der in chain] if broken else x5c_header(chain))))


@rejects(
    "sd-jwt/root-in-chain",
    "HAIP 1.0 6.1.1",
    "the chain brings its own trust anchor along",
    layer="chain",
    code="anchor_in_chain",
    place="header/x5c/1",
)
def root_in_chain(broken: bool) -> Given:
    """HAIP 1.0 6.1.1 (in our words): the trust anchor's certificate does not stand in x5c."""
    root = WARIFU.root.certificate.public_bytes(Encoding.DER)
    chain = [*WARIFU.document_signer.chain_der, *([root] if broken else [])]
    return issued(reseal(sealed(), header=set_to(x5c=x5c_header(chain))))


@rejects(
    "sd-jwt/self-signed",
    "HAIP 1.0 6.1.1",
    "the signer certified itself",
    layer="chain",
    code="leaf_self_signed",
    place="header/x5c/0",
)
def self_signed_leaf(broken: bool) -> Given:
    """HAIP 1.0 6.1.1 (in our words): the signer's certificate is not self-signed."""
    return signed_by(self_signed() if broken else WARIFU.document_signer)


@rejects(
    "sd-jwt/unknown-root",
    "RFC 5280 6.1",
    "a city that nobody trusts",
    layer="chain",
    code="chain_untrusted",
    place="header/x5c/0/issuer",
)
def unknown_root(broken: bool) -> Given:
    """RFC 5280 6.1: "The primary goal of path validation is to verify the binding between a subject distinguished name or a
    subject alternative name and subject public key, as represented in the target certificate, based on the public key of
    the trust anchor."
    """
    return signed_by(city_signer(issuer=stranger()) if broken else WARIFU.document_signer)


@rejects(
    "sd-jwt/namesake-root",
    "RFC 5280 6.1.3",
    "an authority that bears the city's name but has another key",
    layer="chain",
    code="chain_broken",
    place="header/x5c/0/signature",
)
def namesake_root(broken: bool) -> Given:
    """RFC 5280 6.1.3: "The signature on the certificate can be verified using working_public_key_algorithm, the
    working_public_key, and the working_public_key_parameters."
    """
    return signed_by(city_signer(issuer=namesake()) if broken else WARIFU.document_signer)


@rejects(
    "sd-jwt/status-signer",
    "RFC 5280 4.2.1.12",
    "the city's status signer signs a credential",
    layer="chain",
    code="extended_key_usage_mismatch",
    place="header/x5c/0/extendedKeyUsage",
)
def status_signer(broken: bool) -> Given:
    """RFC 5280 4.2.1.12: "If the extension is present, then the certificate MUST only be used for one of the purposes
    indicated."
    """
    return signed_by(WARIFU.status_signer if broken else WARIFU.document_signer)


@rejects(
    "sd-jwt/other-municipality-in-certificate",
    "design 3",
    "割符市's root certified a signer of 隣町市",
    layer="chain",
    code="municipality_mismatch",
    place="header/x5c/0/subject",
)
def other_municipality(broken: bool) -> Given:
    """Design 3: "Policy comes from the request that was sent and from the anchor and type concerned (status required, issuer
    bound to its municipality code, certificate profile: strict for our types".
    """
    subject = Subject("隣町市 issuer signer", "隣町市", "999989" if broken else "999997")
    return signed_by(city_signer(subject=subject))


@rejects(
    "sd-jwt/issuer-of-another-city",
    "SD-JWT VC 2.5",
    "隣町市, trusted for itself, signs in the name of 割符市",
    layer="chain",
    code="issuer_mismatch",
    place="payload/iss",
)
def issuer_of_another_city(broken: bool) -> Given:
    """SD-JWT VC 2.5: "the recipient uses the public key from the end-entity certificate of the certificates from that `x5c`
    parameter and validates the X.509 certificate chain accordingly. In this case, the Issuer of the Verifiable Digital
    Credential is the subject of the end-entity certificate."
    """
    return signed_by(TONARI.document_signer if broken else WARIFU.document_signer, **BOTH)


@rejects(
    "sd-jwt/states-another-city",
    "design 4",
    "割符市 signs, but 隣町市 is stated as the issuing municipality",
    layer="chain",
    code="issuing_municipality_mismatch",
    place="payload/issuing_municipality/code",
)
def states_another_city(broken: bool) -> Given:
    """Design 4: "Always disclosed: `certified_on` (day only), issuing municipality"; design 3: "issuer bound to its
    municipality code".
    """
    identity = WARIFU.signing_identity(TrustPurpose.ISSUER, uris=[WARIFU.issuer])
    stated = {"code": "999989" if broken else "999997", "name": "割符市"}
    return issued(sealed(identity=identity, payload={"issuing_municipality": stated}))


@rejects(
    "sd-jwt/signer-expired",
    "RFC 5280 6.1.3",
    "the signer's certificate ended yesterday",
    layer="chain",
    code="certificate_expired",
    place="header/x5c/0/notAfter",
)
def signer_expired(broken: bool) -> Given:
    """RFC 5280 6.1.3: "The certificate validity period includes the current time." """
    end = WORLD.at + timedelta(days=-1 if broken else 60)
    return signed_by(city_signer(not_after=end))


@rejects(
    "sd-jwt/signer-not-yet-valid",
    "RFC 5280 6.1.3",
    "the signer's certificate begins tomorrow",
    layer="chain",
    code="certificate_not_yet_valid",
    place="header/x5c/0/notBefore",
)
def signer_not_yet_valid(broken: bool) -> Given:
    """RFC 5280 6.1.3: "The certificate validity period includes the current time." """
    return signed_by(city_signer(not_before=WORLD.at + timedelta(days=1 if broken else -2)))


@rejects(
    "sd-jwt/wildcard-name",
    "RFC 9525 6.3",
    "the signer's certificate names every city of the domain",
    layer="chain",
    code="wildcard_name",
    place="header/x5c/0/subjectAltName",
)
def wildcard_name(broken: bool) -> Given:
    """RFC 5280 4.2.1.6: "the semantics of subject alternative names that include wildcard characters (e.g., as a placeholder
    for a set of names) are not addressed by this specification."
    """
    return signed_by(city_signer(uris=[WARIFU.issuer, *(["https://*.example/999997"] if broken else [])]))


@rejects(
    "sd-jwt/signer-on-p384",
    "HAIP 1.0 7",
    "the signer's key is on P-384",
    layer="chain",
    code="key_not_p256",
    place="header/x5c/0/subjectPublicKey",
)
def signer_on_p384(broken: bool) -> Given:
    """HAIP 1.0 7: "Issuers, Holders, and Verifiers MUST support P-256 (secp256r1) as a key type with the ES256 JWT algorithm" "for
    the creation and the verification"; nothing else is accepted here.
    """
    chain = [certificate_without_key()] if broken else WARIFU.document_signer.chain_der
    return issued(reseal(sealed(), header=set_to(x5c=x5c_header(chain))))
