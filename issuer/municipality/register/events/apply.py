"""One event, one transaction: lock, plan, check the outcome as a whole, append to the history, write the outbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from issuer.municipality.register.check import Fault
from issuer.municipality.register.consequences import announce_changes, end_plan, plan_strike
from issuer.municipality.register.events.affairs import Affairs, check_outcome, load
from issuer.municipality.register.events.form import EventRefusedError, MoveIn, MoveInNotice, MoveOut, RegisterChange
from issuer.municipality.register.events.plans import PLANS, Outcome
from issuer.municipality.register.events.strike import strike
from issuer.municipality.register.history import EventMark, append, note_event, snapshots_of_event
from issuer.municipality.register.record import NUMBERS, changed_items
from issuer.store.municipality.register import register_event, resident_current
from runtime.store import begin
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json
from schemas.japan.ages import japan_day


@dataclass(frozen=True, slots=True)
class Change:
    """One new row of history: whose, its 履歴番号, and the names of the items that differ from the row before."""

    resident_id: str
    history_number: int
    items: frozenset[str]


@dataclass(frozen=True, slots=True)
class AppliedEvent:
    """What an event did.  ``struck_from`` is the day on which records are to be struck, where that lies ahead."""

    event_id: str
    type: str
    changes: tuple[Change, ...]
    already_applied: bool
    struck_from: date | None = None


def apply_event(engine: sa.Engine, event: RegisterChange, *, at: datetime) -> AppliedEvent:
    """Apply an event whole or not at all; the same event again changes nothing and returns what it did.

    Args:
        engine: the store.
        event: from :func:`issuer.municipality.register.events.form.read_event`.
        at: now; 異動日 and 届出日 may not lie ahead of its day in Japan, except a 転出予定日.

    Raises:
        EventRefusedError: ``event_invalid``, with every fault.
        WarifuError: ``resident_unknown``, ``record_struck``, ``household_unknown``, ``event_id_reused`` where another
            event had the same id, ``not_moving_out``, ``move_out_filed_already``, ``not_protected``.
    """
    with begin(engine) as connection:
        return apply_within(connection, event, at=at)


def apply_within(connection: sa.Connection, event: RegisterChange, *, at: datetime) -> AppliedEvent:
    """Do what :func:`apply_event` does in the caller's transaction."""
    digest = hashlib.sha256(dump_json(event.model_dump(mode="json"))).hexdigest()
    if not note_event(connection, event.event_id, kind=event.type, content_hash=digest, at=at):
        return _applied_before(connection, event, digest)
    check_days(event, at)
    affairs = load(connection, *_named(event))
    outcome = PLANS[type(event)](event, affairs)
    if not isinstance(event, MoveOut | MoveInNotice):
        affairs.relate(event.relationships)
    affairs.name_householders()
    affairs.drop_unchanged()
    check_outcome(affairs)
    check_numbers(connection, affairs)
    mark = EventMark(event.event_id, outcome.cause, event.event_date.isoformat(), event.filed_on, at)
    append(connection, affairs.snapshots(), mark)
    if outcome.announce:
        standing = {one: items for one, items in affairs.changes().items() if one in affairs.before and affairs.before[one].record.live}
        announce_changes(connection, standing, event_id=event.event_id, at=at)
    end_plan(connection, outcome.staying)
    struck_from = _end_records(connection, event, outcome, affairs, mark)
    return AppliedEvent(
        event.event_id, event.type, tuple(_changes(connection, event.event_id)), already_applied=False, struck_from=struck_from
    )


def _end_records(connection: sa.Connection, event: RegisterChange, outcome: Outcome, affairs: Affairs, mark: EventMark) -> date | None:
    """Plan the end of records on a day ahead, or strike them now; returns the day that lies ahead."""
    if not outcome.leaving:
        return None
    today = japan_day(mark.at)
    if isinstance(event, MoveOut) and event.event_date > today:
        plan_strike(
            connection,
            outcome.leaving,
            event_id=event.event_id,
            cause=outcome.strike_cause,
            day=event.event_date,
            relationships=event.relationships,
        )
        return event.event_date
    planned = [day for one in outcome.leaving if (day := affairs.record(one).moving_out_on) is not None]
    end = EventMark(mark.event_id, outcome.strike_cause, mark.event_date, mark.filed_on, mark.at)
    arrived_on = event.event_date if isinstance(event, MoveInNotice) else None
    day = min([event.event_date, *planned])
    strike(connection, outcome.leaving, end, day=day, arrived_on=arrived_on, relationships=event.relationships)
    return None


def check_days(event: RegisterChange, at: datetime) -> None:
    """Refuse days that lie ahead; only a 転出予定日 may (standard specification 4.0.3).

    Raises:
        EventRefusedError: ``day_ahead``.
    """
    today = japan_day(at)
    faults = []
    if event.event_date > today and not isinstance(event, MoveOut):
        faults.append(Fault("event_date", "day_ahead", "the event lies ahead; only a 転出予定日 may"))
    if event.filed_on is not None and event.filed_on > today:
        faults.append(Fault("filed_on", "day_ahead", "the filing lies ahead"))
    if faults:
        raise EventRefusedError(faults)


def _named(event: Any) -> tuple[list[str], list[str]]:
    """Return the residents and households that the file names."""
    residents = list(getattr(event, "residents", None) or [])
    if getattr(event, "resident", None) is not None:
        residents.append(event.resident)
    if isinstance(event, MoveIn):
        residents += [str(person.get("resident_id")) for person in event.persons]
    elif getattr(event, "person", None) is not None:
        residents.append(str(event.person.get("resident_id")))
    households = [getattr(event, name, None) for name in ("household", "to_household")]
    return residents, [one for one in households if one is not None]


def check_numbers(connection: sa.Connection, affairs: Affairs) -> None:
    """Refuse a 個人番号 or 住民票コード that another person of the register has (再転入: standard specification 4.1.1.2)."""
    faults = []
    for name in sorted(NUMBERS):
        column = resident_current.c[name]
        for record in affairs.after.values():
            number = getattr(record, name)
            query = sa.select(resident_current.c.resident_id).where(column == number, resident_current.c.resident_id != record.resident_id)
            if number is not None and connection.execute(query).first() is not None:
                reason = "another record has the number; a former resident comes back under the former 宛名番号"
                faults.append(Fault(name, "known_already", reason))
    if faults:
        raise EventRefusedError(faults)


def _applied_before(connection: sa.Connection, event: RegisterChange, digest: str) -> AppliedEvent:
    query = sa.select(register_event.c.content_hash).where(register_event.c.event_id == event.event_id)
    check_same_event(connection.execute(query).scalar_one(), digest)
    return AppliedEvent(event.event_id, event.type, tuple(_changes(connection, event.event_id)), already_applied=True)


def check_same_event(applied: str, digest: str) -> None:
    """Refuse an event whose id another content had.

    Raises:
        WarifuError: ``event_id_reused``.
    """
    if applied != digest:
        raise WarifuError(
            "event_id_reused", "another event was applied under this event_id", hint="give every event an id of its own", layer="store"
        )


def _changes(connection: sa.Connection, event_id: str) -> Iterator[Change]:
    for before, after in snapshots_of_event(connection, event_id):
        yield Change(after.record.resident_id, after.history_number, changed_items(before.record if before else None, after.record))
