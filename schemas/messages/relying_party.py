"""How a relying party registers: it sends a certificate request and its purposes, and gets an access certificate and the
registrar's signed statement for each purpose (``schemas.messages.registration``).

``POST <registrar>/api/v1/relying-parties`` with ``Authorization: Bearer`` and a key that the registrar handed out after it
had looked at who asks; both messages are JSON.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from schemas.errors import WarifuError
from schemas.messages.openid4vp_request import check_endpoint
from schemas.messages.registration import RegisteredPurpose, parse_purpose

REGISTRATION_PATH: Final = "/api/v1/relying-parties"
MAX_PURPOSES: Final = 32


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """What a relying party sends.

    Attributes:
        name: of the organisation, as it will stand in the certificate and on the holder's screen.
        public_url: https origin of its public listener, which becomes the certificate's URI.
        public_key: proven by the signature of the certificate request.
        csr_pem: the request itself.
    """

    name: str
    public_url: str
    public_key: ec.EllipticCurvePublicKey
    csr_pem: str
    purposes: tuple[RegisteredPurpose, ...]


@dataclass(frozen=True, slots=True)
class RegistrationAnswer:
    """What the registrar sends back.

    Attributes:
        chain_der: access certificate first, without the root.
        registrations: signed statement by name of purpose.
    """

    chain_der: tuple[bytes, ...]
    registrations: Mapping[str, str]


def build_registration_request(name: str, public_url: str, csr_pem: str, purposes: Sequence[RegisteredPurpose]) -> dict[str, Any]:
    """Return the JSON body."""
    return {"name": name, "public_url": public_url, "csr": csr_pem, "purposes": [purpose.document() for purpose in purposes]}


def parse_registration_request(document: Mapping[str, Any]) -> RegistrationRequest:
    """Read the JSON body and check the proof of possession in it.

    Raises:
        WarifuError: ``registration_malformed``; ``csr_invalid`` where the certificate request does not verify or its key is
            not on P-256.
    """
    name, csr_pem, purposes = document.get("name"), document.get("csr"), document.get("purposes")
    if not isinstance(name, str) or not 0 < len(name) <= 100 or not name.isprintable():
        raise _malformed("name is one line of at most 100 characters")
    if not isinstance(csr_pem, str) or len(csr_pem) > 16 * 1024:
        raise _malformed("csr is a certificate request in PEM")
    if not isinstance(purposes, list) or len(purposes) > MAX_PURPOSES:
        raise _malformed(f"purposes is an array of at most {MAX_PURPOSES}")
    parsed = tuple(parse_purpose(entry) for entry in purposes)
    if len({purpose.name for purpose in parsed}) != len(parsed):
        raise _malformed("the names of purposes are unique")
    return RegistrationRequest(name, check_endpoint(document.get("public_url")), _proven_key(csr_pem), csr_pem, parsed)


def _proven_key(csr_pem: str) -> ec.EllipticCurvePublicKey:
    """Return the key of a certificate request that is signed with it (RFC 2986 4.2)."""
    try:
        request = x509.load_pem_x509_csr(csr_pem.encode())
        key, proven = request.public_key(), request.is_signature_valid
    except ValueError as error:
        raise _csr_invalid() from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _csr_invalid()
    _check_possession(proven=proven)
    return key


def _check_possession(*, proven: bool) -> None:
    """Refuse a certificate request that another key signed than the one it is for."""
    if not proven:
        raise _csr_invalid()


def _csr_invalid() -> WarifuError:
    return WarifuError(
        "csr_invalid", "the certificate request does not prove a P-256 key", hint="make it again", clause="RFC 2986 4.2", layer="signature"
    )


def build_registration_answer(answer: RegistrationAnswer) -> dict[str, Any]:
    """Return the JSON body; certificates as in ``x5c`` (RFC 7515 4.1.6)."""
    chain = [base64.b64encode(der).decode("ascii") for der in answer.chain_der]
    return {"x5c": chain, "registrations": dict(answer.registrations)}


def parse_registration_answer(document: Mapping[str, Any]) -> RegistrationAnswer:
    """Read the registrar's answer; raises ``registration_malformed``."""
    chain, registrations = document.get("x5c"), document.get("registrations", {})
    if not isinstance(chain, list) or not 1 <= len(chain) <= 3 or not all(isinstance(item, str) for item in chain):
        raise _malformed("x5c is an array of one to three certificates")
    if not isinstance(registrations, dict) or not all(isinstance(token, str) for token in registrations.values()):
        raise _malformed("registrations are texts by name")
    try:
        return RegistrationAnswer(tuple(base64.b64decode(item, validate=True) for item in chain), registrations)
    except binascii.Error as error:
        raise _malformed("a certificate is not in base64") from error


def _malformed(message: str) -> WarifuError:
    return WarifuError("registration_malformed", message, hint="compare the message with the documentation", layer="protocol")
