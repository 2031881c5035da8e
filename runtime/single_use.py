"""What may be used once: nonces, codes, ``jti`` values and responses, each a unique row of the store.

The row is the guard: of any number of workers that present the same value, one inserts it and the others are refused.
Values are kept as SHA-256 and until they would be refused for their age anyway.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from runtime.store import UtcDateTime
from schemas.errors import WarifuError


def table(metadata: sa.MetaData) -> sa.Table:
    """Return the table ``single_use``, for ``table(sa.MetaData()).create(op.get_bind())`` in an organisation's migration."""
    return sa.Table(
        "single_use",
        metadata,
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("key_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
    )


_TABLE = table(sa.MetaData())


def consume(connection: sa.Connection, kind: str, value: str | bytes, *, expires_at: datetime) -> None:
    """Use ``value`` up, in the caller's transaction; where that is rolled back, the value is unused again.

    Args:
        kind: the lane, such as ``dpop_jti``; the same value in two lanes is two values.
        value: what may come once; only its SHA-256 is stored.
        expires_at: until when a second use could come; must not be before the value itself expires.

    Raises:
        WarifuError: ``replayed`` where it was used before.
    """
    row = {"kind": kind, "key_hash": _hash(value), "expires_at": expires_at}
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    inserted = connection.execute(insert(_TABLE).values(row).on_conflict_do_nothing().returning(_TABLE.c.kind)).all()
    check_inserted(len(inserted))


def check_inserted(rows: int) -> None:
    """Refuse a value whose row was there already."""
    if rows != 1:
        raise WarifuError("replayed", "the value has been used before", hint="start again with a fresh one", layer="protocol")


def used(connection: sa.Connection, kind: str, value: str | bytes) -> bool:
    """Tell whether ``value`` was used, for messages and tests; a decision needs :func:`consume`."""
    query = sa.select(sa.literal(1)).where(_TABLE.c.kind == kind, _TABLE.c.key_hash == _hash(value))
    return connection.execute(query).first() is not None


def purge(connection: sa.Connection, at: datetime) -> int:
    """Forget what expired at ``at`` or before and return how many rows went."""
    return connection.execute(sa.delete(_TABLE).where(_TABLE.c.expires_at <= at)).rowcount


def _hash(value: str | bytes) -> bytes:
    return hashlib.sha256(value.encode() if isinstance(value, str) else value).digest()
