"""What the office can say of its copies and lists: counts and ages, nobody's name."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from pydantic import BaseModel

from issuer.store.municipality.issuing import credential_copy, status_entry, status_list
from schemas.errors import WarifuError


class ListAccount(BaseModel):
    """One status list."""

    list_id: str
    kind: str
    uri: str
    assigned: int
    revoked: int
    published_iat: int | None


class StatusAccount(BaseModel):
    """Counts of copies by state, and the lists."""

    copies: dict[str, int]
    lists: list[ListAccount]


class CopyAccount(BaseModel):
    """One copy, by ids alone."""

    credential_id: str
    type: str
    format: str
    state: str
    reserved_at: datetime
    valid_until: datetime
    revoked_at: datetime | None
    list_id: str
    index: int


def account(connection: sa.Connection) -> StatusAccount:
    """Return counts over the whole store."""
    states = connection.execute(sa.select(credential_copy.c.state, sa.func.count()).group_by(credential_copy.c.state)).all()
    counts = {
        row.list_id: row
        for row in connection.execute(
            sa.select(
                status_entry.c.list_id,
                sa.func.count(status_entry.c.credential_id).label("assigned"),
                sa.func.sum(sa.case((status_entry.c.revoked.is_(True) & status_entry.c.credential_id.is_not(None), 1), else_=0)).label(
                    "dead"
                ),
            ).group_by(status_entry.c.list_id)
        )
    }
    lists = [
        ListAccount(
            list_id=row.list_id,
            kind=row.kind,
            uri=row.uri,
            assigned=counts[row.list_id].assigned if row.list_id in counts else 0,
            revoked=int(counts[row.list_id].dead) if row.list_id in counts else 0,
            published_iat=row.published_iat,
        )
        for row in connection.execute(sa.select(status_list).order_by(status_list.c.created_at))
    ]
    return StatusAccount(copies={row[0]: row[1] for row in states}, lists=lists)


def copies_of(connection: sa.Connection, resident_id: str) -> list[CopyAccount]:
    """Return every copy of one resident, newest first; the family of a person's copies exists only in this store."""
    query = (
        sa.select(credential_copy, status_entry.c.list_id, status_entry.c.idx)
        .join(status_entry, status_entry.c.credential_id == credential_copy.c.credential_id)
        .where(credential_copy.c.resident_id == resident_id)
        .order_by(credential_copy.c.reserved_at.desc(), credential_copy.c.credential_id)
    )
    return [
        CopyAccount(
            credential_id=row.credential_id,
            type=row.type,
            format=row.format,
            state=row.state,
            reserved_at=row.reserved_at,
            valid_until=row.valid_until,
            revoked_at=row.revoked_at,
            list_id=row.list_id,
            index=row.idx,
        )
        for row in connection.execute(query)
    ]


def copy_named(connection: sa.Connection, credential_id: str) -> str:
    """Return the state of one copy.

    Raises:
        WarifuError: ``credential_unknown``.
    """
    state: str | None = connection.scalar(sa.select(credential_copy.c.state).where(credential_copy.c.credential_id == credential_id))
    if state is None:
        raise WarifuError("credential_unknown", "no copy has this id", hint="status show --resident lists the ids", layer="store")
    return state
