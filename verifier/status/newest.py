"""The newest issue time seen for each list, shared by all workers, so that a revoked credential cannot be made good
again with an older list (threat E07).  The URI itself is not kept, only its hash (threat E12)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from runtime.store import begin, read
from verifier.store.tables import status_lists


class NewestLists(Protocol):
    """Where the newest issue time of each list is remembered."""

    def newest(self, uri: str) -> datetime | None:
        """Return the newest ``iat`` seen for ``uri``, or None."""
        ...

    def remember(self, uri: str, iat: datetime) -> None:
        """Keep ``iat`` unless a newer one is known."""
        ...


@dataclass(frozen=True, slots=True)
class StoredNewest:
    """In the verifier's store."""

    engine: sa.Engine

    def newest(self, uri: str) -> datetime | None:
        """Return the newest ``iat`` seen for ``uri``, or None."""
        query = sa.select(status_lists.c.newest_iat).where(status_lists.c.uri_hash == _hash(uri))
        with read(self.engine) as connection:
            value: datetime | None = connection.execute(query).scalar_one_or_none()
        return value

    def remember(self, uri: str, iat: datetime) -> None:
        """Keep ``iat`` unless a newer one is known."""
        key = _hash(uri)
        with begin(self.engine) as connection:
            known = connection.execute(
                sa.select(status_lists.c.newest_iat).where(status_lists.c.uri_hash == key).with_for_update()
            ).scalar_one_or_none()
            if known is None:
                _insert(connection, key, iat)
            elif iat > known:
                connection.execute(status_lists.update().where(status_lists.c.uri_hash == key).values(newest_iat=iat))


def _insert(connection: sa.Connection, key: bytes, iat: datetime) -> None:
    from sqlalchemy.dialects import postgresql, sqlite  # noqa: PLC0415 - dialects are loaded where the store is

    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(status_lists).values(uri_hash=key, newest_iat=iat).on_conflict_do_nothing())


def _hash(uri: str) -> bytes:
    return hashlib.sha256(uri.encode()).digest()
