"""The revocation worker's act: a change of the record kills exactly the copies that attest what changed (E18)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from issuer.municipality import audit
from issuer.municipality.credentials.reserve import revoke_copies
from issuer.store.municipality.issuing import credential_copy, subject_handle

WORKER = "revocation-worker"


def revoke_changed(connection: sa.Connection, *, resident_ids: Collection[str], changed_items: Collection[str], at: datetime) -> int:
    """Revoke the live copies of the residents that attest one of the changed items; returns how many.

    Args:
        resident_ids: 宛名番号 of everyone whose record changed in one event.
        changed_items: register item names; empty changes nothing.
    """
    changed = set(changed_items)
    rows = connection.execute(
        sa.select(credential_copy.c.credential_id, credential_copy.c.attested_items).where(
            credential_copy.c.resident_id.in_(list(resident_ids)), credential_copy.c.state != "revoked", credential_copy.c.valid_until > at
        )
    )
    affected = [row.credential_id for row in rows if changed.intersection(row.attested_items)]
    return _revoke(connection, affected, at)


def revoke_everything(connection: sa.Connection, *, resident_ids: Collection[str], at: datetime) -> tuple[int, list[str]]:
    """Revoke all live copies and handles of residents whose record was struck; returns (copies, handles that died)."""
    people = list(resident_ids)
    copies = connection.scalars(
        sa.select(credential_copy.c.credential_id).where(credential_copy.c.resident_id.in_(people), credential_copy.c.state != "revoked")
    ).all()
    return _revoke(connection, list(copies), at), end_handles(connection, people, at=at)


def end_handles(connection: sa.Connection, resident_ids: Collection[str], *, at: datetime) -> list[str]:
    """End the right of residents to fetch; returns the handles whose tokens the front must forget."""
    live = (subject_handle.c.resident_id.in_(list(resident_ids)), subject_handle.c.revoked_at.is_(None))
    handles = list(connection.scalars(sa.select(subject_handle.c.handle).where(*live)))
    connection.execute(sa.update(subject_handle).where(*live).values(revoked_at=at))
    return handles


def _revoke(connection: sa.Connection, credential_ids: list[str], at: datetime) -> int:
    count = revoke_copies(connection, credential_ids, at=at)
    for credential_id in credential_ids:
        audit.record(connection, at=at, actor=WORKER, action="copy_revoked", subject=credential_id)
    return count
