"""Certificate profiles: what our certificates look like, used to build them and to check them.

The object identifiers are Warifu's own, under the example arc 2.999 (ITU-T X.660): a document signer of ours is not a
document signer of a driving licence, so the extended key usage of ISO 18013-5 is accepted only under the profile
``foreign``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from schemas.errors import WarifuError
from schemas.trust.anchors import MUNICIPAL_PURPOSES, Profile, TrustAnchor, TrustPurpose

DOCUMENT_SIGNER: Final = x509.ObjectIdentifier("2.999.392.1.1")
STATUS_SIGNER: Final = x509.ObjectIdentifier("2.999.392.1.2")
METADATA_SIGNER: Final = x509.ObjectIdentifier("2.999.392.1.3")
RELYING_PARTY_ACCESS: Final = x509.ObjectIdentifier("2.999.392.1.4")
WALLET_ATTESTER: Final = x509.ObjectIdentifier("2.999.392.1.5")
MDL_DOCUMENT_SIGNER: Final = x509.ObjectIdentifier("1.0.18013.5.1.2")
MDL_READER: Final = x509.ObjectIdentifier("1.0.18013.5.1.6")

EXTENDED_KEY_USAGE: Final = {
    TrustPurpose.ISSUER: DOCUMENT_SIGNER,
    TrustPurpose.STATUS: STATUS_SIGNER,
    TrustPurpose.METADATA: METADATA_SIGNER,
    TrustPurpose.READER: RELYING_PARTY_ACCESS,
    TrustPurpose.ATTESTER: WALLET_ATTESTER,
}
#: Under ``foreign``: the usages accepted where the extension is present; it may also be absent.
FOREIGN_KEY_USAGE: Final = {
    TrustPurpose.ISSUER: frozenset({MDL_DOCUMENT_SIGNER}),
    TrustPurpose.STATUS: frozenset({MDL_DOCUMENT_SIGNER}),
    TrustPurpose.METADATA: frozenset({MDL_DOCUMENT_SIGNER}),
    TrustPurpose.READER: frozenset({MDL_READER}),
    TrustPurpose.ATTESTER: frozenset[x509.ObjectIdentifier](),
}
_LGC = re.compile(r"LGC-([0-9]{6})\Z")


@dataclass(frozen=True, slots=True)
class LeafFacts:
    """What a signer's certificate says, read once."""

    public_key: ec.EllipticCurvePublicKey
    municipality: str | None
    issuer_uris: tuple[str, ...]
    organization: str


def organization_identifier(municipality: str) -> str:
    """Return the subject's organizationIdentifier (2.5.4.97) for a municipality code of six digits."""
    return f"LGC-{municipality}"


def municipality_of(certificate: x509.Certificate) -> str | None:
    """Return the municipality code in the subject's organizationIdentifier, or None where there is none.

    Raises:
        WarifuError: ``bad_certificate_name`` where the subject names more than one.
    """
    values = [str(a.value) for a in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER)]
    codes = [match[1] for match in map(_LGC.match, values) if match is not None]
    if len(codes) > 1:
        raise chain_error("bad_certificate_name", "the certificate names more than one municipality", clause="ITU-T X.520 6.4.4")
    return codes[0] if codes else None


def check_leaf(leaf: x509.Certificate, extensions: x509.Extensions, *, anchor: TrustAnchor, purpose: TrustPurpose) -> LeafFacts:
    """Check a signer's certificate against the profile of its anchor and return what it says.

    Raises:
        WarifuError: ``key_not_p256``, ``leaf_is_ca``, ``key_usage_mismatch``, ``extended_key_usage_mismatch``,
            ``wildcard_name``, ``country_mismatch`` or ``municipality_mismatch``.
    """
    facts = read_leaf(leaf, extensions)
    check_not_ca(extensions)
    check_key_usage(extensions, anchor.profile)
    check_extended_key_usage(extensions, anchor.profile, purpose)
    check_no_wildcard(extensions)
    check_country(leaf, anchor)
    check_municipality(facts.municipality, anchor, purpose)
    return facts


def read_leaf(leaf: x509.Certificate, extensions: x509.Extensions) -> LeafFacts:
    """Return key, names and municipality; raises ``key_not_p256`` where the key is of another kind (HAIP 7)."""
    try:
        public_key: object = leaf.public_key()
    except (ValueError, UnsupportedAlgorithm):
        public_key = None
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or public_key.curve.name != "secp256r1":
        raise chain_error("key_not_p256", "the signer's key is not on P-256", clause="HAIP 1.0 7")
    names = _alternative_names(extensions)
    uris = tuple(names.get_values_for_type(x509.UniformResourceIdentifier)) if names is not None else ()
    organizations = leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    organization = str(organizations[0].value) if organizations else leaf.subject.rfc4514_string()
    return LeafFacts(public_key, municipality_of(leaf), uris, organization)


def _alternative_names(extensions: x509.Extensions) -> x509.SubjectAlternativeName | None:
    try:
        return extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


def check_not_ca(extensions: x509.Extensions) -> None:
    """A signer is no certification authority (RFC 5280 4.2.1.9)."""
    try:
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return
    if constraints.ca:
        raise chain_error("leaf_is_ca", "the signer's certificate is that of an authority", clause="RFC 5280 4.2.1.9")


def check_key_usage(extensions: x509.Extensions, profile: Profile) -> None:
    """The signer may sign, and under ``strict`` does nothing else (RFC 5280 4.2.1.3)."""
    try:
        extension = extensions.get_extension_for_class(x509.KeyUsage)
    except x509.ExtensionNotFound:
        if profile == "foreign":
            return
        raise _key_usage("it has no key usage") from None
    usage = extension.value
    if not usage.digital_signature or usage.key_cert_sign or usage.crl_sign:
        raise _key_usage("its key usage is not digitalSignature")
    others = usage.content_commitment or usage.key_encipherment or usage.data_encipherment or usage.key_agreement
    if profile == "strict" and (others or not extension.critical):
        raise _key_usage("its key usage is not critical or names more than digitalSignature")


def _key_usage(reason: str) -> WarifuError:
    return chain_error("key_usage_mismatch", f"the signer's certificate does not fit: {reason}", clause="RFC 5280 4.2.1.3")


def check_extended_key_usage(extensions: x509.Extensions, profile: Profile, purpose: TrustPurpose) -> None:
    """The signer was certified for exactly this purpose: a status signer signs no credential (B08, A28)."""
    try:
        usages = frozenset(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        usages = frozenset()
    accepted = {EXTENDED_KEY_USAGE[purpose]} == usages
    if profile == "foreign":
        accepted = not usages or bool(usages & FOREIGN_KEY_USAGE[purpose])
    if not accepted:
        raise chain_error(
            "extended_key_usage_mismatch",
            f"the signer's certificate was not issued for the purpose {purpose.value}",
            hint="sign with the certificate of this purpose",
            clause="RFC 5280 4.2.1.12",
        )


def check_no_wildcard(extensions: x509.Extensions) -> None:
    """No name of a signer stands for many (A30)."""
    names = _alternative_names(extensions)
    if names is None:
        return
    texts = [*names.get_values_for_type(x509.DNSName), *names.get_values_for_type(x509.UniformResourceIdentifier)]
    if any("*" in text for text in texts):
        raise chain_error("wildcard_name", "the signer's certificate holds a wildcard name", clause="RFC 9525 6.3")


def check_country(leaf: x509.Certificate, anchor: TrustAnchor) -> None:
    """Under ``strict`` root and signer name one country, and the same; foreign roots may certify across borders (B08)."""
    if anchor.profile == "foreign" or anchor.pinned or anchor.certificate is None:
        return
    root, signer = _countries(anchor.certificate), _countries(leaf)
    if len(root) != 1 or root != signer:
        raise chain_error(
            "country_mismatch",
            "the signer's certificate names another country than its root",
            hint="certify the signer under the root's country",
            clause="ISO/IEC 18013-5 Annex B",
        )


def _countries(certificate: x509.Certificate) -> list[str]:
    return [str(a.value) for a in certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)]


def check_municipality(municipality: str | None, anchor: TrustAnchor, purpose: TrustPurpose) -> None:
    """The signer belongs to the municipality that its anchor may speak for (A28)."""
    bound = anchor.municipality is not None or anchor.profile == "strict"
    if purpose in MUNICIPAL_PURPOSES and bound and municipality != anchor.municipality:
        raise chain_error(
            "municipality_mismatch",
            "the signer's certificate is not of the municipality that its anchor stands for",
            hint="every municipality signs with its own certificates",
            clause="design 3",
        )


def chain_error(code: str, message: str, *, hint: str = "", clause: str = "RFC 5280 6.1") -> WarifuError:
    """Return an error of the layer ``chain`` (not raised here)."""
    return WarifuError(code, message, hint=hint, clause=clause, layer="chain")
