"""Relying parties: certified for a key that they prove to hold, and for purposes that they name beforehand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from issuer.store.registrar import relying_party
from issuer.trust_services.registrar.keys import BACKDATED, RegistrarKeys
from runtime.store import begin, read
from schemas.errors import WarifuError
from schemas.messages.members import Members
from schemas.messages.openid4vci import check_https_url
from schemas.messages.openid4vp import client_id_for
from schemas.messages.registration import RegisteredPurpose, Registration, build_registration, parse_purpose
from schemas.trust import Subject, TrustPurpose, build_leaf

MAX_CSR: Final = 8 * 1024
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z")


@dataclass(frozen=True, slots=True)
class Application:
    """What a relying party applies for.

    Attributes:
        name: as wallets show it, at most 64 characters.
        csr: a certificate signing request in PEM; only its key counts, names are taken from here.
        uris, dns_names: become alternative names of the certificate.
        purposes: what it may ask for.
    """

    name: str
    csr: str
    uris: tuple[str, ...]
    dns_names: tuple[str, ...]
    purposes: tuple[RegisteredPurpose, ...]


def parse_application(obj: object) -> Application:
    """Read an application; raises ``bad_application`` or ``registration_malformed``."""
    members = Members(obj, code="bad_application", what="application")
    members.only("name", "csr", "uris", "dns_names", "purposes")
    uris, names = members.optional_texts("uris", max_items=8), members.optional_texts("dns_names", max_items=8)
    for uri in uris:
        check_https_url(uri, what="address of the relying party", code="bad_application")
    if not all(_HOST.match(name) for name in names):
        raise members.refusal("names a host that is none, or a wildcard", hint="write host names in lower case")
    name = members.text("name", max_length=64)
    if not name.isprintable():
        raise members.refusal("has a name with control characters")
    purposes = tuple(parse_purpose(entry) for entry in members.optional_objects("purposes", max_items=32))
    if not purposes or len({purpose.name for purpose in purposes}) != len(purposes):
        raise members.refusal("names no purpose, or one twice", hint="name every purpose once")
    return Application(name, members.text("csr", max_length=MAX_CSR), uris, names, purposes)


def key_of_csr(pem: str) -> ec.EllipticCurvePublicKey:
    """Return the key of a certificate signing request.

    Raises:
        WarifuError: ``bad_csr`` where it cannot be read or its key is not on P-256, ``csr_not_proven``.
    """
    try:
        csr = x509.load_pem_x509_csr(pem.encode("ascii"))
        key: object = csr.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _bad_csr("cannot be read") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _bad_csr("is not for a key on P-256")
    check_csr_signature(csr)
    return key


def check_csr_signature(csr: x509.CertificateSigningRequest) -> None:
    """The applicant holds the key: the request is signed with it (RFC 2986 4.2)."""
    try:
        valid = csr.is_signature_valid
    except (InvalidSignature, UnsupportedAlgorithm):
        valid = False
    if not valid:
        raise WarifuError("csr_not_proven", "the signing request is not signed by its own key", clause="RFC 2986 4.2", layer="signature")


def _bad_csr(problem: str) -> WarifuError:
    return WarifuError("bad_csr", f"the signing request {problem}", hint="send a PKCS #10 request in PEM for a P-256 key", layer="parse")


@dataclass(frozen=True, slots=True)
class Certified:
    """A certified relying party: certificate (leaf alone; the root is never sent along) and one statement a purpose."""

    id: str
    client_id: str
    certificate: x509.Certificate
    registrations: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return the answer to an application."""
        return {
            "id": self.id,
            "client_id": self.client_id,
            "certificate_chain": self.certificate.public_bytes(Encoding.PEM).decode("ascii"),
            "registrations": self.registrations,
            "expires_at": self.certificate.not_valid_after_utc.isoformat(),
        }


def certify(
    engine: sa.Engine, keys: RegistrarKeys, application: Application, *, party_id: str, actor: str, life: timedelta, at: datetime
) -> Certified:
    """Certify a relying party and sign what it registered.

    Raises:
        WarifuError: ``bad_csr``, ``csr_not_proven``, ``key_not_fresh`` where the key was certified before or is ours.
    """
    public_key = key_of_csr(application.csr)
    check_key_is_theirs(public_key, keys)
    certificate = build_leaf(
        TrustPurpose.READER,
        subject=Subject(application.name, application.name),
        public_key=public_key,
        issuer=keys.root,
        uris=application.uris,
        dns_names=application.dns_names,
        serial=x509.random_serial_number(),
        not_before=at - BACKDATED,
        not_after=at + life,
    )
    client_id = client_id_for(certificate.public_bytes(Encoding.DER))
    certified = Certified(party_id, client_id, certificate, _registrations(keys, application, client_id, at=at, until=at + life))
    _store(engine, certified, application, actor=actor, at=at)
    return certified


def check_key_is_theirs(public_key: ec.EllipticCurvePublicKey, keys: RegistrarKeys) -> None:
    """A relying party never gets a certificate for one of the registrar's own keys."""
    if public_key in (keys.root.signer.public_key, keys.attester.signer.public_key):
        raise WarifuError("key_not_fresh", "the key belongs to the registrar", hint="make a key of your own", layer="policy")


def _registrations(keys: RegistrarKeys, application: Application, client_id: str, *, at: datetime, until: datetime) -> dict[str, str]:
    return {
        purpose.name: build_registration(
            Registration(client_id, application.name, (purpose,), until),
            signer=keys.attester.signer,
            chain_der=keys.attester.chain_der,
            issued_at=at,
        )
        for purpose in application.purposes
    }


def _store(engine: sa.Engine, certified: Certified, application: Application, *, actor: str, at: datetime) -> None:
    row = {
        "id": certified.id,
        "name": application.name,
        "client_id": certified.client_id,
        "certificate": certified.certificate.public_bytes(Encoding.DER),
        "purposes": [purpose.document() for purpose in application.purposes],
        "actor": actor,
        "registered_at": at,
        "expires_at": certified.certificate.not_valid_after_utc,
    }
    with begin(engine) as connection:
        connection.execute(sa.insert(relying_party).values(row))


def list_parties(engine: sa.Engine, *, at: datetime) -> Sequence[dict[str, Any]]:
    """Return the public register: who may ask for what, without those that ended."""
    query = sa.select(relying_party).where(relying_party.c.revoked_at.is_(None), relying_party.c.expires_at > at)
    with read(engine) as connection:
        rows = connection.execute(query.order_by(relying_party.c.name, relying_party.c.id)).mappings().all()
    return [{"id": row["id"], "name": row["name"], "client_id": row["client_id"], "purposes": row["purposes"]} for row in rows]


def revoke_party(engine: sa.Engine, party_id: str, *, at: datetime) -> None:
    """End a registration; raises ``relying_party_unknown``."""
    ended = sa.update(relying_party).where(relying_party.c.id == party_id, relying_party.c.revoked_at.is_(None)).values(revoked_at=at)
    with begin(engine) as connection:
        if connection.execute(ended).rowcount != 1:
            raise WarifuError("relying_party_unknown", "there is no such relying party", layer="protocol")
