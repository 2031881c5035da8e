"""Gives out status indexes: random, unique, never twice (threat rows E11, E13, E14)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from issuer.store.municipality.issuing import status_entry, status_list
from schemas.errors import WarifuError

LIST_SIZE = 2**20
#: A list is closed at half its size, so that a random draw rarely meets a taken index and decoys keep room.
OPEN_UNTIL = LIST_SIZE // 2
_DRAWS = 64


@dataclass(frozen=True, slots=True)
class Allocation:
    """An index reserved for one credential in one list."""

    list_id: str
    uri: str
    index: int


def open_list(connection: sa.Connection, *, kind: str, issuer: str, at: datetime) -> tuple[str, str]:
    """Return (list id, URI) of the list of ``kind`` that takes entries, making one where none does.

    ``kind`` is ``jwt`` or ``cwt``; the URI is ``<issuer>/status/<list id>.<kind>`` and carries no query.
    """
    row = connection.execute(
        sa.select(status_list.c.list_id, status_list.c.uri).where(status_list.c.kind == kind, status_list.c.closed_at.is_(None))
    ).first()
    if row is not None:
        taken = connection.scalar(sa.select(sa.func.count()).select_from(status_entry).where(status_entry.c.list_id == row.list_id)) or 0
        if taken < OPEN_UNTIL:
            return row.list_id, row.uri
        connection.execute(sa.update(status_list).where(status_list.c.list_id == row.list_id).values(closed_at=at))
    list_id = secrets.token_hex(8)
    uri = f"{issuer}/status/{list_id}.{kind}"
    connection.execute(sa.insert(status_list).values(list_id=list_id, kind=kind, uri=uri, size=LIST_SIZE, created_at=at))
    return list_id, uri


def close_lists(connection: sa.Connection, *, at: datetime) -> int:
    """Give out no further index of any list; returns how many lists were closed.

    After a restore from a backup the store has forgotten which indexes were given out since; new lists cannot repeat them (E14).
    """
    done = connection.execute(sa.update(status_list).where(status_list.c.closed_at.is_(None)).values(closed_at=at))
    return int(done.rowcount)


def allocate(connection: sa.Connection, *, credential_id: str | None, list_id: str, uri: str, revoked: bool = False) -> Allocation:
    """Reserve a random free index of a list for ``credential_id`` (None marks a decoy).

    Raises:
        WarifuError: ``status_list_crowded`` where no free index was met, which a closed list rules out.
    """
    for _ in range(_DRAWS):
        index = random_index()
        if is_taken(connection, list_id, index):
            continue
        # The primary key (list, index) is the guard against two writers; the read before only spares the common collision.
        connection.execute(sa.insert(status_entry).values(list_id=list_id, idx=index, credential_id=credential_id, revoked=revoked))
        return Allocation(list_id, uri, index)
    raise WarifuError("status_list_crowded", "no free status index was found", hint="close the list and open another", layer="store")


def random_index() -> int:
    """Return an index that nobody can guess from another one (E11)."""
    return secrets.randbelow(LIST_SIZE)


def is_taken(connection: sa.Connection, list_id: str, index: int) -> bool:
    """Tell whether an index was ever given out, to a copy dead or alive or to a decoy (E13, E14)."""
    query = sa.select(status_entry.c.idx).where(status_entry.c.list_id == list_id, status_entry.c.idx == index)
    return connection.scalar(query) is not None
