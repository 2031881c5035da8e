"""The key ring of a municipality: a root that certifies, and one signer for each purpose that it certified.

Private keys stand behind URIs (``file:`` today); the store holds the URI and the certificate.  Rotation adds a key and
retires the one before: what was issued carries its own certificate and stays valid.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from issuer.store.municipality.issuing import signing_key
from runtime.signers import DEFAULT_COST, FileSigner, create_file_key, open_signer
from schemas.errors import WarifuError
from schemas.trust import Authority as CertificateAuthority
from schemas.trust import SigningIdentity, Subject, TrustPurpose, build_leaf, build_root

ROOT_LIFE = timedelta(days=10 * 365)
LEAF_LIFE = timedelta(days=457)
#: A document signer is backdated, so that credentials with times rounded to the day lie within its life.
BACKDATED = timedelta(hours=48)


class KeyRole(StrEnum):
    """What a key of the ring is for."""

    ROOT = "root"
    DOCUMENT_SIGNER = "document-signer"
    STATUS_SIGNER = "status-signer"
    METADATA_SIGNER = "metadata-signer"


PURPOSES: Mapping[KeyRole, TrustPurpose] = {
    KeyRole.DOCUMENT_SIGNER: TrustPurpose.ISSUER,
    KeyRole.STATUS_SIGNER: TrustPurpose.STATUS,
    KeyRole.METADATA_SIGNER: TrustPurpose.METADATA,
}


@dataclass(frozen=True, slots=True)
class Authority:
    """Whose keys these are, as the certificates say it."""

    name: str
    code: str
    issuer: str


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The current keys, opened once for a process."""

    root: x509.Certificate
    identities: Mapping[KeyRole, SigningIdentity]

    def identity(self, role: KeyRole) -> SigningIdentity:
        """Return the signer of ``role``."""
        return self.identities[role]


def create_root(
    connection: sa.Connection, folder: Path, authority: Authority, *, passphrase: bytes, at: datetime, cost: int = DEFAULT_COST
) -> x509.Certificate:
    """Make the root key and its certificate; raises ``root_exists`` where there is one.

    ``cost`` is that of the key file's passphrase (log2 of scrypt's N).
    """
    if _current(connection, KeyRole.ROOT) is not None:
        raise WarifuError("root_exists", "this office has a root already", hint="rotate the signers instead: keys rotate", layer="store")
    key_id, signer = _new_key(folder, KeyRole.ROOT, passphrase, cost)
    certificate = build_root(
        subject=Subject(f"{authority.name} 検証用ルート", authority.name, authority.code),
        signer=signer,
        serial=x509.random_serial_number(),
        not_before=at - BACKDATED,
        not_after=at + ROOT_LIFE,
        alternative_uri=authority.issuer,
    )
    _store(connection, key_id=key_id, role=KeyRole.ROOT, signer=signer, certificate=certificate, at=at)
    return certificate


def rotate(
    connection: sa.Connection,
    folder: Path,
    role: KeyRole,
    authority: Authority,
    *,
    passphrase: bytes,
    at: datetime,
    cost: int = DEFAULT_COST,
) -> x509.Certificate:
    """Make a new key for ``role``, certify it by the root and retire the one before; returns its certificate.

    Raises:
        WarifuError: ``root_missing``, ``passphrase_wrong`` or ``role_not_rotatable`` for the root itself.
    """
    if role is KeyRole.ROOT:
        raise WarifuError("role_not_rotatable", "the root is not rotated in place", hint="set up a new root and hand its certificate over")
    root = _current(connection, KeyRole.ROOT)
    if root is None:
        raise WarifuError("root_missing", "this office has no root yet", hint="run init first", layer="store")
    root_signer = open_signer(root.uri, passphrase=passphrase)
    key_id, signer = _new_key(folder, role, passphrase, cost)
    certificate = build_leaf(
        PURPOSES[role],
        subject=Subject(f"{authority.name} {role}", authority.name, authority.code),
        public_key=signer.public_key,
        issuer=CertificateAuthority(x509.load_der_x509_certificate(root.certificate), root_signer),
        uris=(authority.issuer,),
        serial=x509.random_serial_number(),
        not_before=at - BACKDATED,
        not_after=at + LEAF_LIFE,
    )
    connection.execute(sa.update(signing_key).where(signing_key.c.role == role, signing_key.c.retired_at.is_(None)).values(retired_at=at))
    _store(connection, key_id=key_id, role=role, signer=signer, certificate=certificate, at=at)
    return certificate


def open_ring(connection: sa.Connection, *, passphrase: bytes) -> KeyRing:
    """Open the current signer of every role.

    Raises:
        WarifuError: ``root_missing``, ``key_missing``, ``passphrase_wrong`` or ``key_mismatch`` where a private key is
            not the one its certificate names (G10).
    """
    root = _current(connection, KeyRole.ROOT)
    if root is None:
        raise WarifuError("root_missing", "this office has no root yet", hint="run init first", layer="store")
    identities = {role: _open(connection, role, passphrase) for role in PURPOSES}
    return KeyRing(x509.load_der_x509_certificate(root.certificate), identities)


def _open(connection: sa.Connection, role: KeyRole, passphrase: bytes) -> SigningIdentity:
    row = _current(connection, role)
    if row is None:
        raise WarifuError("key_missing", f"there is no current key for {role}", hint=f"keys rotate --role {role}", layer="store")
    signer = open_signer(row.uri, passphrase=passphrase)
    certificate = x509.load_der_x509_certificate(row.certificate)
    if certificate.public_key() != signer.public_key:
        raise WarifuError(
            "key_mismatch", f"the key of {role} is not the one its certificate names", hint="restore the key file", layer="store"
        )
    return SigningIdentity(signer, (certificate,))


def _current(connection: sa.Connection, role: KeyRole) -> sa.Row[tuple[str, str, str, bytes, datetime, datetime]] | None:
    query = sa.select(signing_key).where(signing_key.c.role == role, signing_key.c.retired_at.is_(None))
    return connection.execute(query.order_by(signing_key.c.created_at.desc()).limit(1)).first()


def _new_key(folder: Path, role: KeyRole, passphrase: bytes, cost: int) -> tuple[str, FileSigner]:
    key_id = f"{role}-{secrets.token_hex(6)}"
    return key_id, create_file_key(folder / f"{key_id}.key", passphrase=passphrase, cost=cost)


def _store(
    connection: sa.Connection, *, key_id: str, role: KeyRole, signer: FileSigner, certificate: x509.Certificate, at: datetime
) -> None:
    der = certificate.public_bytes(serialization.Encoding.DER)
    connection.execute(sa.insert(signing_key).values(key_id=key_id, role=role, uri=signer.uri, certificate=der, created_at=at))


def list_keys(connection: sa.Connection) -> list[dict[str, str]]:
    """Return every key, newest first: id, role, end of its certificate, current or retired."""
    keys = []
    for row in connection.execute(sa.select(signing_key).order_by(signing_key.c.created_at.desc(), signing_key.c.key_id)):
        certificate = x509.load_der_x509_certificate(row.certificate)
        state = "current" if row.retired_at is None else "retired"
        keys.append({"key_id": row.key_id, "role": row.role, "not_after": f"{certificate.not_valid_after_utc:%Y-%m-%d}", "state": state})
    return keys
