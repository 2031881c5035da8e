"""Reserving copies: the row that exists before anything is signed (docs/issuance-cycle.md, steps 2 to 4)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from issuer.municipality.credentials.profile import STATUS_KIND, Profile, Window
from issuer.municipality.status.allocate import allocate, open_list
from issuer.store.municipality.issuing import credential_copy, status_entry
from schemas.credentials import CredentialType, SpecialRequest
from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode, dump_json
from schemas.formats.jose import jwk_thumbprint
from schemas.formats.status_list import StatusReference


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose record is attested, in which version, under which handle."""

    handle: str
    resident_id: str
    record_version: int


@dataclass(frozen=True, slots=True)
class Attestation:
    """What one request attests: the same content in every copy of it.

    Attributes:
        special_requests: what the resident asked for beyond what the law gives unasked, as noted with the offer.
    """

    subject: Subject
    type: CredentialType
    format: str
    content: Mapping[str, Any]
    attested_items: frozenset[str]
    window: Window
    special_requests: frozenset[SpecialRequest]


@dataclass(frozen=True, slots=True)
class Reservation:
    """One copy that may now be signed."""

    credential_id: str
    status: StatusReference
    holder_key: ec.EllipticCurvePublicKey
    attestation: Attestation
    profile_hash: str


def reserve(
    connection: sa.Connection,
    profile: Profile,
    attestation: Attestation,
    keys: Sequence[ec.EllipticCurvePublicKey],
    *,
    idempotency_key: str,
    at: datetime,
) -> list[Reservation]:
    """Write one row a holder key, all or none, in the caller's transaction.

    Raises:
        WarifuError: ``key_used_twice`` where a key repeats, serves another resident or already holds a live copy of
            this type and format (C16).
    """
    kind = STATUS_KIND[attestation.format]
    list_id, uri = open_list(connection, kind=kind, issuer=profile.issuer, at=at)
    thumbprints = [b64url_encode(jwk_thumbprint(key)) for key in keys]
    check_fresh_keys(connection, attestation, thumbprints)
    reservations = []
    for key, thumbprint in zip(keys, thumbprints, strict=True):
        credential_id = secrets.token_hex(16)
        place = allocate(connection, credential_id=credential_id, list_id=list_id, uri=uri)
        _insert(
            connection,
            attestation,
            credential_id=credential_id,
            thumbprint=thumbprint,
            profile_hash=profile.hash,
            idempotency_key=idempotency_key,
            at=at,
        )
        status = StatusReference(place.uri, place.index)
        reservations.append(Reservation(credential_id, status, key, attestation, profile.hash))
    return reservations


def check_fresh_keys(connection: sa.Connection, attestation: Attestation, thumbprints: Sequence[str]) -> None:
    """Refuse keys that repeat in the batch, belong to another resident or hold a live copy of the same kind (C16)."""
    if len(set(thumbprints)) != len(thumbprints):
        raise _key_used_twice()
    rows = connection.execute(
        sa.select(credential_copy.c.resident_id, credential_copy.c.type, credential_copy.c.format, credential_copy.c.state).where(
            credential_copy.c.holder_key.in_(thumbprints)
        )
    )
    for row in rows:
        same_kind = (row.type, row.format) == (attestation.type.name, attestation.format)
        if row.resident_id != attestation.subject.resident_id or (same_kind and row.state != "revoked"):
            raise _key_used_twice()


def _key_used_twice() -> WarifuError:
    return WarifuError(
        "key_used_twice",
        "a holder key was proven before",
        hint="make a fresh key for every copy",
        clause="OpenID4VCI 1.0 8.2",
        layer="protocol",
    )


def _insert(
    connection: sa.Connection,
    attestation: Attestation,
    *,
    credential_id: str,
    thumbprint: str,
    profile_hash: str,
    idempotency_key: str,
    at: datetime,
) -> None:
    content = {name: str(value) for name, value in sorted(attestation.content.items())}
    connection.execute(
        sa.insert(credential_copy).values(
            credential_id=credential_id,
            handle=attestation.subject.handle,
            resident_id=attestation.subject.resident_id,
            record_version=attestation.subject.record_version,
            type=attestation.type.name,
            format=attestation.format,
            holder_key=thumbprint,
            # Salted by the random id: the hash of a few guessable items must not be a way to look them up (I06).
            content_hash=hashlib.sha256(credential_id.encode() + dump_json(content)).hexdigest(),
            profile_hash=profile_hash,
            attested_items=sorted(attestation.attested_items),
            idempotency_key=idempotency_key,
            state="reserved",
            valid_until=attestation.window.end,
            reserved_at=at,
        )
    )


def mark(connection: sa.Connection, credential_ids: Sequence[str], *, state: str, at: datetime) -> None:
    """Note that copies were signed or delivered; a revoked copy stays revoked."""
    values: dict[str, object] = {"state": state}
    if state == "delivered":
        values["delivered_at"] = at
    connection.execute(
        sa.update(credential_copy)
        .where(credential_copy.c.credential_id.in_(credential_ids), credential_copy.c.state != "revoked")
        .values(**values)
    )


def revoke_copies(connection: sa.Connection, credential_ids: Sequence[str], *, at: datetime) -> int:
    """Revoke copies and their status entries in the caller's transaction; returns how many were live before."""
    if not credential_ids:
        return 0
    done = connection.execute(
        sa.update(credential_copy)
        .where(credential_copy.c.credential_id.in_(credential_ids), credential_copy.c.state != "revoked")
        .values(state="revoked", revoked_at=at)
    )
    connection.execute(sa.update(status_entry).where(status_entry.c.credential_id.in_(credential_ids)).values(revoked=True))
    return int(done.rowcount)
