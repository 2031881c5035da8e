"""The audit log of the inner side: one chained row for each act, with ids and never with personal data (threat rows I01, I05)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from issuer.store.municipality.issuing import audit_entry
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json

GENESIS = "0" * 64
_CHAIN_LOCK = 0x5741_5249


def record(
    connection: sa.Connection, *, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, str | int] | None = None
) -> None:
    """Append one entry in the caller's transaction, so that no act is committed without its entry.

    Args:
        actor: who acted: a staff key's name or the name of a worker.
        action: stable snake_case name of the act.
        subject: an internal id (credential, handle, list), never a name or a number of a person.
    """
    if connection.dialect.name == "postgresql":
        # One writer at a time, to the end of its transaction: the chain has one order.  SQLite has one writer anyway.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CHAIN_LOCK)))
    last = connection.execute(sa.select(audit_entry.c.entry_hash).order_by(audit_entry.c.seq.desc()).limit(1)).scalar()
    row = {"at": at, "actor": actor, "action": action, "subject": subject, "detail": dict(detail or {}), "previous_hash": last or GENESIS}
    connection.execute(sa.insert(audit_entry).values(**row, entry_hash=_hash(row)))


def _hash(row: Mapping[Any, Any]) -> str:
    at = row["at"]
    content = [row["previous_hash"], at.isoformat(), row["actor"], row["action"], row["subject"], row["detail"]]
    return hashlib.sha256(dump_json(content)).hexdigest()


def verify_chain(connection: sa.Connection) -> int:
    """Return the number of entries after checking every link.

    Raises:
        WarifuError: ``audit_chain_broken`` with the number of the first entry that does not fit.
    """
    previous, count = GENESIS, 0
    for row in connection.execute(sa.select(audit_entry).order_by(audit_entry.c.seq)).mappings():
        if row["previous_hash"] != previous or _hash(row) != row["entry_hash"]:
            raise WarifuError(
                "audit_chain_broken", f"entry {row['seq']} does not follow from the one before", hint="compare with a backup", layer="store"
            )
        previous, count = row["entry_hash"], count + 1
    return count


def entries_about(connection: sa.Connection, subject: str | None) -> list[dict[str, object]]:
    """Return the entries about one internal id, or all of them, oldest first."""
    query = sa.select(audit_entry).order_by(audit_entry.c.seq)
    if subject is not None:
        query = query.where(audit_entry.c.subject == subject)
    return [
        {"seq": row.seq, "at": row.at.isoformat(), "actor": row.actor, "action": row.action, "subject": row.subject, "detail": row.detail}
        for row in connection.execute(query)
    ]
