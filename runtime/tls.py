"""Certificates and contexts for TLS: a development root for one machine, and client certificates between authorities.

The development root is confined by name constraints to loopback names, so that its key, were it lost, forges nothing
else.  Certificates of credentials and relying parties are another matter and live in :mod:`schemas.trust`.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from runtime import clock
from runtime.files import exclusive, private_directory, read_private, write_atomic, write_private
from runtime.settings import is_loopback
from schemas.errors import WarifuError

CIPHERS: Final = "ECDHE+AESGCM:!aNULL"
LOOPBACK_HOSTS: Final = ("localhost", "127.0.0.1", "::1")
_ROOT_LIFE = timedelta(days=825)
_LEAF_LIFE = timedelta(days=397)
_BACKDATED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where a certificate (with its chain) and its private key lie, both PEM."""

    certificate: Path
    key: Path

    def as_pair(self) -> tuple[Path, Path]:
        """Return (certificate, key), the form that :class:`runtime.fetcher.GuardedFetcher` takes."""
        return self.certificate, self.key


def create_dev_root(folder: Path, *, at: datetime | None = None) -> TlsFiles:
    """Make the development root of this machine in ``folder`` (root.pem, root.key), or return the one that is there.

    The root may sign names of this machine alone: localhost, 127.0.0.0/8 and ::1.

    Raises:
        WarifuError: ``store_full``, ``store_unavailable``.
    """
    constraints = x509.NameConstraints(
        permitted_subtrees=[
            x509.DNSName("localhost"),
            x509.IPAddress(ipaddress.ip_network("127.0.0.0/8")),
            x509.IPAddress(ipaddress.ip_network("::1/128")),
        ],
        excluded_subtrees=None,
    )
    return _create_root(folder, "root", "Warifu development root (this machine only)", constraints, at)


def create_client_ca(folder: Path, *, at: datetime | None = None) -> TlsFiles:
    """Make the authority whose client certificates an internal listener accepts (client-ca.pem, client-ca.key)."""
    return _create_root(folder, "client-ca", "Warifu internal client authority", None, at)


def issue_server_certificate(
    folder: Path, hosts: Sequence[str] = LOOPBACK_HOSTS, *, into: Path | None = None, at: datetime | None = None
) -> TlsFiles:
    """Issue a server certificate under the development root in ``folder`` and write server.pem and server.key.

    Args:
        folder: where :func:`create_dev_root` wrote.
        hosts: loopback names and addresses that the server is called by.
        into: the actor's own folder; ``folder`` where absent.
        at: start of validity (backdated by an hour); the clock's now where absent.

    Raises:
        WarifuError: ``tls_host_not_loopback``, ``file_missing`` without a root, store errors.
    """
    for host in hosts:
        check_loopback_host(host)
    names: list[x509.GeneralName] = [_general_name(host) for host in hosts]
    leaf = _Leaf("server", hosts[0], names, ExtendedKeyUsageOID.SERVER_AUTH)
    return _issue(folder, "root", leaf, into=into, at=at)


def issue_client_certificate(folder: Path, name: str, *, into: Path | None = None, at: datetime | None = None) -> TlsFiles:
    """Issue a client certificate for ``name`` under the authority of :func:`create_client_ca`: client.pem, client.key."""
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(f"urn:warifu:client:{name}")] if name.isascii() else []
    leaf = _Leaf("client", name, names, ExtendedKeyUsageOID.CLIENT_AUTH)
    return _issue(folder, "client-ca", leaf, into=into, at=at)


def check_loopback_host(host: str) -> None:
    """Refuse a name that the development root must not vouch for."""
    if not is_loopback(host):
        raise WarifuError(
            "tls_host_not_loopback",
            "the development root signs loopback names alone",
            hint="for a public name configure a certificate of a public authority",
        )


def _create_root(folder: Path, stem: str, name: str, constraints: x509.NameConstraints | None, at: datetime | None) -> TlsFiles:
    files = TlsFiles(folder / f"{stem}.pem", folder / f"{stem}.key")
    private_directory(folder)
    with exclusive(folder / f".{stem}.lock", wait=True):
        if files.certificate.exists() and files.key.exists():
            return files
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        start = (at or clock.now()) - _BACKDATED
        builder = _builder(subject, subject, key.public_key(), start, start + _ROOT_LIFE)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        if constraints is not None:
            builder = builder.add_extension(constraints, critical=True)
        _write(files, [builder.sign(key, hashes.SHA256())], key)
    return files


@dataclass(frozen=True, slots=True)
class _Leaf:
    stem: str
    common_name: str
    names: Sequence[x509.GeneralName]
    usage: x509.ObjectIdentifier


def _issue(folder: Path, root_stem: str, leaf: _Leaf, *, into: Path | None, at: datetime | None) -> TlsFiles:
    root_key, root = _load_root(folder, root_stem)
    key = ec.generate_private_key(ec.SECP256R1())
    start = (at or clock.now()) - _BACKDATED
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, leaf.common_name[:64])])
    end = min(start + _LEAF_LIFE, root.not_valid_after_utc)
    builder = _builder(subject, root.subject, key.public_key(), start, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([leaf.usage]), critical=False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False)  # type: ignore[arg-type]  # our own P-256 root
    if leaf.names:
        builder = builder.add_extension(x509.SubjectAlternativeName(leaf.names), critical=False)
    target = private_directory(into or folder)
    files = TlsFiles(target / f"{leaf.stem}.pem", target / f"{leaf.stem}.key")
    _write(files, [builder.sign(root_key, hashes.SHA256())], key)
    return files


def _load_root(folder: Path, stem: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    pem = read_private(folder / f"{stem}.key")
    try:
        key = serialization.load_pem_private_key(pem, password=None)
        root = x509.load_pem_x509_certificate((folder / f"{stem}.pem").read_bytes())
    except (OSError, ValueError) as error:
        raise WarifuError("tls_root_invalid", "the certificate authority cannot be read", hint="remove it and run init again") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != root.public_key():
        raise WarifuError("tls_root_invalid", "the authority's key and certificate do not belong together", hint="run init again")
    return key, root


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return x509.DNSName(host)


def _write(files: TlsFiles, chain: Sequence[x509.Certificate], key: ec.EllipticCurvePrivateKey) -> None:
    encoding = serialization.Encoding.PEM
    write_private(files.key, key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    write_atomic(files.certificate, b"".join(item.public_bytes(encoding) for item in chain))


def server_context(certificate: Path, key: Path, *, client_ca: Path | None = None) -> ssl.SSLContext:
    """Return the context of a listener: TLS 1.2 or newer, ECDHE with AES-GCM; with ``client_ca`` every client must show
    a certificate of it.

    Raises:
        WarifuError: ``tls_files_invalid`` where a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _harden(context)
    try:
        context.load_cert_chain(certificate, key)
        if client_ca is not None:
            require_client_certificate(context, client_ca)
    except OSError as error:  # ssl.SSLError is one
        raise _files_invalid() from error
    return context


def client_context(ca_file: Path | None = None, client_certificate: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    """Return the context of a client: chain and host name verified, always; anchored in ``ca_file`` where given, else
    in the Mozilla set that certifi carries.

    Raises:
        WarifuError: ``tls_files_invalid`` where a file cannot be used.
    """
    import certifi  # noqa: PLC0415 - only processes that call out need it

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # CERT_REQUIRED and check_hostname are its defaults
    _harden(context)
    try:
        context.load_verify_locations(cafile=str(ca_file) if ca_file is not None else certifi.where())
        if client_certificate is not None:
            context.load_cert_chain(*client_certificate)
    except OSError as error:
        raise _files_invalid() from error
    return context


def require_client_certificate(context: ssl.SSLContext, client_ca: Path) -> None:
    """Let nobody finish the handshake without a certificate of ``client_ca``."""
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cafile=str(client_ca))


def _harden(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.verify_flags |= ssl.VERIFY_X509_STRICT


def _files_invalid() -> WarifuError:
    return WarifuError(
        "tls_files_invalid", "a certificate or key file for TLS cannot be used", hint="check that both are PEM and belong together"
    )
