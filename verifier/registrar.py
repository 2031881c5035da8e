"""The verifier's side of registration: certificate request out, access certificate and statements in."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from runtime.fetcher import GuardedFetcher
from runtime.files import write_atomic, write_private
from schemas.errors import UndeterminedError, WarifuError
from schemas.formats.encoding import dump_json
from schemas.messages.openid4vp import client_id_for
from schemas.messages.registration import RegisteredPurpose
from verifier.settings import CERTIFICATE_FILE, REGISTRATIONS_FILE

REGISTRATION_PATH: Final = "/api/v1/relying-parties"


def certificate_request(key: ec.EllipticCurvePrivateKey, name: str) -> str:
    """Return a certificate request (PKCS #10) in PEM, signed with the key that it is for."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
            x509.NameAttribute(NameOID.COMMON_NAME, name[:64]),
        ]
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return request.public_bytes(Encoding.PEM).decode("ascii")


@dataclass(frozen=True, slots=True)
class Certified:
    """The registrar's answer: access certificate first, without the root; a signed statement by name of purpose."""

    chain: tuple[x509.Certificate, ...]
    registrations: Mapping[str, str]


def register_at(
    fetcher: GuardedFetcher,
    registrar: str,
    *,
    name: str,
    public_url: str,
    csr_pem: str,
    purposes: Sequence[RegisteredPurpose],
    key: str,
) -> Certified:
    """Apply to the registrar and return its answer.

    Args:
        registrar: its https address, without path.
        key: of its back office, handed out to us after it looked at who asks.

    Raises:
        WarifuError: ``registration_refused``, ``registration_malformed``, or an error of the fetcher.
    """
    application = {
        "name": name,
        "csr": csr_pem,
        "uris": [public_url],
        "dns_names": _host_names(public_url),
        "purposes": [purpose.document() for purpose in purposes],
    }
    fetched = fetcher.post_json(f"{registrar.rstrip('/')}{REGISTRATION_PATH}", application, {"authorization": f"Bearer {key}"})
    if fetched.status >= 500:
        raise UndeterminedError("registrar_unavailable", "the registrar cannot answer now", hint="try `register` later")
    if fetched.status not in (200, 201):
        raise WarifuError(
            "registration_refused",
            f"the registrar refused the registration ({fetched.status})",
            hint="check the key that it gave out",
            layer="protocol",
        )
    return parse_certified(fetched.json())


def _host_names(public_url: str) -> list[str]:
    host = urlsplit(public_url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return [host]
    return []


def parse_certified(document: Mapping[str, Any]) -> Certified:
    """Read the registrar's answer; raises ``registration_malformed``."""
    pem, registrations = document.get("certificate_chain"), document.get("registrations")
    if not isinstance(pem, str) or not isinstance(registrations, dict) or not all(isinstance(item, str) for item in registrations.values()):
        raise _malformed("the registrar's answer holds no certificate chain and registrations")
    try:
        return Certified(tuple(x509.load_pem_x509_certificates(pem.encode("ascii"))), registrations)
    except ValueError as error:
        raise _malformed("the certificate chain cannot be read") from error


def store_certified(home: Path, certified: Certified, public_key: ec.EllipticCurvePublicKey) -> str:
    """Keep certificate and statements in the home and return the client identifier.

    Raises:
        WarifuError: ``registration_malformed`` where the certificate is not one for our key.
    """
    _check_our_key(certified.chain[0], public_key)
    write_private(home / REGISTRATIONS_FILE, dump_json(dict(certified.registrations)))
    write_atomic(home / CERTIFICATE_FILE, b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certified.chain))
    return client_id_for(certified.chain[0].public_bytes(Encoding.DER))


def _check_our_key(leaf: x509.Certificate, public_key: ec.EllipticCurvePublicKey) -> None:
    """A certificate for another key would make requests that no wallet believes."""
    if leaf.public_key() != public_key:
        raise _malformed("the certificate that came back is not one for our key")


def _malformed(message: str) -> WarifuError:
    return WarifuError("registration_malformed", message, hint="register again, or ask the registrar", layer="chain")
