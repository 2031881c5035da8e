"""The append-only history: one full snapshot of a person for each event, and the newest of each person, under lock.

A transaction that reads a record to act on it holds a shared lock on the person's current row, one that writes an
exclusive one (SQLite: BEGIN IMMEDIATE already serialises writers).  So a copy is never reserved from a record that an
event is changing, and the event's outbox entry is written only when the copy can be seen by the worker.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from issuer.municipality.register.record import NUMBERS, ResidentRecord
from issuer.municipality.register.rows import from_row, search_keys, to_row
from issuer.store.municipality.register import register_event, resident_current, resident_history, resident_search_key
from schemas.errors import WarifuError

Lock = Literal["none", "shared", "exclusive"]
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of one person after one event: the record and its 履歴番号."""

    record: ResidentRecord
    history_number: int


@dataclass(frozen=True, slots=True)
class EventMark:
    """What every row of one event has in common.

    Attributes:
        event_id: key of the event, at most 64 characters.
        cause: 異動事由 as a code of ``schemas.japan.events``, or of ours for filings and measures.
        event_date: 異動年月日 as written, since it may be unknown in part.
        filed_on: 届出年月日, where the event was filed.
        at: when it was recorded.
    """

    event_id: str
    cause: str
    event_date: str
    filed_on: date | None
    at: datetime


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One row of a person's history as shown to staff."""

    snapshot: Snapshot
    mark: EventMark


def note_event(connection: sa.Connection, event_id: str, *, kind: str, content_hash: str, at: datetime) -> bool:
    """Write the event's row and return True, or return False where it was written before.

    The row is the guard against applying an event twice, also by two processes at once.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"event_id": event_id, "type": kind, "content_hash": content_hash, "applied_at": at}
    written = insert(register_event).values(row).on_conflict_do_nothing().returning(register_event.c.event_id)
    return connection.execute(written).first() is not None


def append(connection: sa.Connection, snapshots: Sequence[Snapshot], mark: EventMark) -> None:
    """Write snapshots of one event, the newest of their persons, and move what is current.

    Raises:
        WarifuError: ``record_changed_meanwhile`` where another transaction wrote the same number first.
    """
    try:
        _append(connection, snapshots, mark)
    except sa.exc.IntegrityError as error:
        message = "another change of the same record came first"
        raise WarifuError("record_changed_meanwhile", message, hint="try again", layer="store") from error


def _append(connection: sa.Connection, snapshots: Sequence[Snapshot], mark: EventMark) -> None:
    for start in range(0, len(snapshots), _CHUNK):
        part = snapshots[start : start + _CHUNK]
        connection.execute(sa.insert(resident_history), [_history_row(one, mark) for one in part])
        new = [one for one in part if one.history_number == 1]
        if new:
            connection.execute(sa.insert(resident_current), [_current_row(one) for one in new])
        _replace_current(connection, [one for one in part if one.history_number > 1])
        keys = [{"resident_id": one.record.resident_id, "key": key} for one in part for key in sorted(search_keys(one.record))]
        if keys:
            connection.execute(sa.insert(resident_search_key), keys)


def latest(connection: sa.Connection, resident_ids: Iterable[str], *, numbers: bool = True) -> dict[str, Snapshot]:
    """Return the newest snapshot of each person that exists, by 宛名番号."""
    wanted = sorted(set(resident_ids))
    found: dict[str, Snapshot] = {}
    for start in range(0, len(wanted), _CHUNK):
        condition = resident_current.c.resident_id.in_(wanted[start : start + _CHUNK])
        found |= {one.record.resident_id: one for one in _select(connection, condition, "none", numbers=numbers)}
    return found


def of_households(
    connection: sa.Connection, household_ids: Collection[str], *, lock: Lock = "none", numbers: bool = True
) -> list[Snapshot]:
    """Return the newest snapshots of everyone now in the households, struck records included, by household and place."""
    condition = resident_current.c.household_id.in_(sorted(household_ids))
    return sorted(_select(connection, condition, lock, numbers=numbers), key=_place)


def concerned(connection: sa.Connection, resident_ids: Collection[str], household_ids: Collection[str]) -> list[Snapshot]:
    """Return, under an exclusive lock, people and everyone in their and in the named households."""
    people = resident_current.c.resident_id.in_(sorted(resident_ids))
    theirs = sa.select(resident_current.c.household_id).where(people).scalar_subquery()
    condition = people | resident_current.c.household_id.in_(sorted(household_ids)) | resident_current.c.household_id.in_(theirs)
    return sorted(_select(connection, condition, "exclusive", numbers=True), key=_place)


def _place(one: Snapshot) -> tuple[str, int, str]:
    return one.record.household_id, one.record.position, one.record.resident_id


def full_history(connection: sa.Connection, resident_id: str) -> list[HistoryEntry]:
    """Return every snapshot of one person, oldest first."""
    query = sa.select(resident_history).where(resident_history.c.resident_id == resident_id).order_by(resident_history.c.history_number)
    return [_entry(row) for row in connection.execute(query).mappings()]


def snapshots_of_event(connection: sa.Connection, event_id: str) -> list[tuple[Snapshot | None, Snapshot]]:
    """Return each row that an event wrote with the person's row before it, by person and number."""
    before = resident_history.alias()
    after = resident_history.alias()
    same = (before.c.resident_id == after.c.resident_id) & (before.c.history_number == after.c.history_number - 1)
    order = (after.c.resident_id, after.c.history_number)
    pairs = []
    rows = connection.execute(sa.select(after).where(after.c.event_id == event_id).order_by(*order)).mappings().all()
    joined = sa.select(before).select_from(after.join(before, same)).where(after.c.event_id == event_id)
    former = {(row["resident_id"], row["history_number"]): row for row in connection.execute(joined).mappings()}
    for row in rows:
        earlier = former.get((row["resident_id"], row["history_number"] - 1))
        pairs.append((_snapshot(earlier) if earlier is not None else None, _snapshot(row)))
    return pairs


def _snapshot(row: sa.RowMapping) -> Snapshot:
    return Snapshot(from_row(row, numbers=True), row["history_number"])


def count_residents(connection: sa.Connection) -> int:
    """Return how many persons the register knows, struck records included."""
    return connection.scalar(sa.select(sa.func.count()).select_from(resident_current)) or 0


def _entry(row: sa.RowMapping) -> HistoryEntry:
    mark = EventMark(row["event_id"], row["cause"], row["event_date"], row["filed_on"], row["recorded_at"])
    return HistoryEntry(_snapshot(row), mark)


_WITHOUT_NUMBERS: Final = [column for column in resident_history.c if column.name not in NUMBERS]


def _select(connection: sa.Connection, condition: sa.ColumnElement[bool], lock: Lock, *, numbers: bool) -> list[Snapshot]:
    _lock(connection, condition, lock)
    same = (resident_history.c.resident_id == resident_current.c.resident_id) & (
        resident_history.c.history_number == resident_current.c.history_number
    )
    columns = list(resident_history.c) if numbers else _WITHOUT_NUMBERS
    query = sa.select(*columns).select_from(resident_current.join(resident_history, same)).where(condition)
    return [Snapshot(from_row(row, numbers=numbers), row["history_number"]) for row in connection.execute(query).mappings()]


def _lock(connection: sa.Connection, condition: sa.ColumnElement[bool], lock: Lock) -> None:
    """Lock first and read afterwards: a read that waited for the lock must not see what stood before it."""
    if lock == "none" or connection.dialect.name != "postgresql" or connection.get_execution_options().get("postgresql_readonly"):
        return
    query = sa.select(resident_current.c.resident_id).where(condition).order_by(resident_current.c.resident_id)
    connection.execute(query.with_for_update(read=lock == "shared")).all()


def _history_row(one: Snapshot, mark: EventMark) -> dict[str, Any]:
    return to_row(one.record) | {
        "history_number": one.history_number,
        "event_id": mark.event_id,
        "cause": mark.cause,
        "event_date": mark.event_date,
        "filed_on": mark.filed_on,
        "recorded_at": mark.at,
    }


def _current_row(one: Snapshot) -> dict[str, Any]:
    record = one.record
    return {
        "resident_id": record.resident_id,
        "history_number": one.history_number,
        "household_id": record.household_id,
        "status": record.status,
        "moving_out_on": record.moving_out_on,
        "individual_number": record.individual_number,
        "resident_code": record.resident_code,
    }


def _replace_current(connection: sa.Connection, changed: Sequence[Snapshot]) -> None:
    if not changed:
        return
    ids = [one.record.resident_id for one in changed]
    connection.execute(sa.delete(resident_search_key).where(resident_search_key.c.resident_id.in_(ids)))
    for one in changed:
        row = _current_row(one)
        connection.execute(sa.update(resident_current).where(resident_current.c.resident_id == row.pop("resident_id")).values(row))


def resident_unknown() -> WarifuError:
    """Return the error for a 宛名番号 that the register does not hold (not raised here)."""
    return WarifuError(
        "resident_unknown", "the register holds no such resident", hint="find the 宛名番号 with: residents search", layer="store"
    )


def record_struck() -> WarifuError:
    """Return the error for a record that no longer stands (not raised here)."""
    return WarifuError(
        "record_struck",
        "the record was struck (消除) and attests nothing any more",
        hint="a 除票 is issued at the counter",
        clause="住基法8条",
        layer="policy",
    )
