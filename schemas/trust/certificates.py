"""Building certificates of our profiles, signed through a :class:`Signer` wherever its key lives.

Pure: serial number and times are arguments.  The body is written first, signed as bytes and put together, so that a key
in a hardware module can sign; the result is verified before it is returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID

from schemas.errors import WarifuError
from schemas.formats.jose import Signer
from schemas.trust.anchors import TrustPurpose
from schemas.trust.profiles import EXTENDED_KEY_USAGE, organization_identifier

_ECDSA_WITH_SHA256: Final = bytes.fromhex("300a06082a8648ce3d040302")
#: Signs the body while it is being written; its signature is thrown away, so its secrecy does not matter.
_PLACEHOLDER: Final = ec.derive_private_key(1, ec.SECP256R1())


@dataclass(frozen=True, slots=True)
class Subject:
    """A distinguished name of our profiles.

    Attributes:
        common_name: such as ``割符市 Document Signer 1``.
        organization: the name of the municipality or organisation.
        municipality: six digits, becomes organizationIdentifier ``LGC-…``; None for others.
    """

    common_name: str
    organization: str
    municipality: str | None = None
    country: str = "JP"

    def to_name(self) -> x509.Name:
        """Return the name as X.509 writes it: C, O, organizationIdentifier, CN."""
        attributes = [
            x509.NameAttribute(NameOID.COUNTRY_NAME, self.country),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.organization),
        ]
        if self.municipality is not None:
            attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, organization_identifier(self.municipality)))
        return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, self.common_name)])


@dataclass(frozen=True, slots=True)
class Authority:
    """A certification authority able to sign: its certificate and its key."""

    certificate: x509.Certificate
    signer: Signer


def build_root(
    *,
    subject: Subject,
    signer: Signer,
    serial: int,
    not_before: datetime,
    not_after: datetime,
    path_length: int = 0,
    alternative_uri: str | None = None,
) -> x509.Certificate:
    """Return a self-signed root in the manner of an IACA (ISO/IEC 18013-5 B.1.2).

    Args:
        serial: positive, at most 20 bytes, unpredictable; the caller draws it.
        path_length: how many authorities may stand below it.
        alternative_uri: contact of the authority, repeated by its leaves as issuerAltName.

    Raises:
        WarifuError: ``bad_signature`` where the signer's key does not match what it signs.
    """
    key_id = x509.SubjectKeyIdentifier.from_public_key(signer.public_key)
    builder = _body(subject.to_name(), subject.to_name(), signer.public_key, serial=serial, not_before=not_before, not_after=not_after)
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .add_extension(key_id, critical=False)
    )
    if alternative_uri is not None:
        builder = builder.add_extension(x509.IssuerAlternativeName([x509.UniformResourceIdentifier(alternative_uri)]), critical=False)
    return _sign(builder, signer)


def build_intermediate(
    *, subject: Subject, public_key: ec.EllipticCurvePublicKey, issuer: Authority, serial: int, not_before: datetime, not_after: datetime
) -> x509.Certificate:
    """Return a subordinate authority that can issue leaves only (path length 0)."""
    builder = _body(subject.to_name(), issuer.certificate.subject, public_key, serial=serial, not_before=not_before, not_after=not_after)
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(_authority_key_id(issuer.certificate), critical=False)
    )
    return _sign(builder, issuer.signer)


def build_leaf(
    purpose: TrustPurpose,
    *,
    subject: Subject,
    public_key: ec.EllipticCurvePublicKey,
    issuer: Authority,
    uris: Sequence[str],
    serial: int,
    not_before: datetime,
    not_after: datetime,
    dns_names: Sequence[str] = (),
    crl_uri: str | None = None,
) -> x509.Certificate:
    """Return a signer's certificate for one purpose.

    Args:
        uris: become subjectAltName URIs; for a document signer the issuer identifier, compared with ``iss``.
        not_before: the caller backdates a document signer by 48 hours so that day-rounded credentials fit in.
        dns_names: for relying parties that are known by host.

    Raises:
        WarifuError: ``bad_signature`` where the issuer's key does not match its certificate.
    """
    builder = _body(subject.to_name(), issuer.certificate.subject, public_key, serial=serial, not_before=not_before, not_after=not_after)
    builder = (
        builder.add_extension(_key_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([EXTENDED_KEY_USAGE[purpose]]), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(_authority_key_id(issuer.certificate), critical=False)
    )
    names = [*(x509.UniformResourceIdentifier(uri) for uri in uris), *(x509.DNSName(name) for name in dns_names)]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = _add_issuer_names(builder, issuer.certificate, crl_uri)
    return _sign(builder, issuer.signer)


def _add_issuer_names(builder: x509.CertificateBuilder, issuer: x509.Certificate, crl_uri: str | None) -> x509.CertificateBuilder:
    try:
        names = issuer.extensions.get_extension_for_class(x509.IssuerAlternativeName).value
        builder = builder.add_extension(names, critical=False)
    except x509.ExtensionNotFound:
        pass
    if crl_uri is None:
        return builder
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl_uri)], None, None, None)
    return builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)


def _body(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    *,
    serial: int,
    not_before: datetime,
    not_after: datetime,
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
    return builder.serial_number(serial).not_valid_before(not_before).not_valid_after(not_after)


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_key_id(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    subject_key_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject_key_id)


def _sign(builder: x509.CertificateBuilder, signer: Signer) -> x509.Certificate:
    body = builder.sign(_PLACEHOLDER, hashes.SHA256()).tbs_certificate_bytes
    raw = signer.sign(body)
    signature = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    der = _der(0x30, body + _ECDSA_WITH_SHA256 + _der(0x03, b"\x00" + signature))
    try:
        signer.public_key.verify(signature, body, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise WarifuError(
            "bad_signature", "the signer's public key does not match what it signed", clause="RFC 5280 4.1.1.3", layer="signature"
        ) from error
    return x509.load_der_x509_certificate(der)


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content
