"""What follows from a change of the register: outbox entries, written in the change's own transaction.

Topic ``record_changed``: ``{"resident_ids": [宛名番号…], "items": [item names…], "event_id", "due_date": "YYYY-MM-DD"}``;
everyone in one entry changed in the same items.  An entry whose items hold ``status`` says that the record ends.
Topic ``strike_due``: ``{"resident_ids", "event_id", "cause", "day"}``, due when a 転出予定日 begins; handled
by :func:`issuer.municipality.register.events.strike.strike_due`, which passes over whoever has cancelled by then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from typing import Final

import sqlalchemy as sa

from issuer.store.municipality.register import planned_strike
from runtime import outbox
from schemas.japan.ages import JAPAN_STANDARD_TIME, japan_day

RECORD_CHANGED: Final = "record_changed"
STRIKE_DUE: Final = "strike_due"


def midnight(day: date) -> datetime:
    """Return the first instant of ``day`` in Japan."""
    return datetime.combine(day, time(), JAPAN_STANDARD_TIME)


def announce_changes(connection: sa.Connection, changes: Mapping[str, frozenset[str]], *, event_id: str, at: datetime) -> None:
    """Enqueue ``record_changed``, due now: one entry for each set of items, so that nobody's copy dies for another's change.

    Args:
        changes: 宛名番号 → names of the changed items; residents without any are left out.
    """
    groups: dict[frozenset[str], list[str]] = defaultdict(list)
    for resident_id, items in changes.items():
        if items:
            groups[items].append(resident_id)
    for items, residents in sorted(groups.items(), key=lambda group: sorted(group[1])):
        _enqueue_change(connection, residents, items, event_id=event_id, day=japan_day(at), due=at)


def plan_strike(
    connection: sa.Connection,
    resident_ids: Collection[str],
    *,
    event_id: str,
    cause: str,
    day: date,
    relationships: Mapping[str, str] | None = None,
) -> None:
    """Enqueue the end of records at the beginning of ``day`` (転出予定日): the striking, and one revocation a person.

    Args:
        connection: the filing's transaction.
        resident_ids: who leaves.
        event_id: the filing.
        cause: 異動事由 of the striking.
        day: 転出予定日.
        relationships: 続柄 that those who stay have from then on.
    """
    due, people = midnight(day), sorted(resident_ids)
    payload = {"resident_ids": people, "event_id": event_id, "cause": cause, "day": day.isoformat()}
    outbox.enqueue(connection, STRIKE_DUE, payload, due)
    for resident_id in people:
        entry = _enqueue_change(connection, [resident_id], frozenset({"status"}), event_id=event_id, day=day, due=due)
        plan = {"resident_id": resident_id, "outbox_id": entry, "relationships": dict(relationships or {})}
        connection.execute(sa.insert(planned_strike).values(plan))


def end_plan(connection: sa.Connection, resident_ids: Collection[str]) -> dict[str, str]:
    """Forget the plan to strike people, taking back what is not done of it; returns 続柄 planned for those who stay."""
    mine = planned_strike.c.resident_id.in_(sorted(resident_ids))
    relationships: dict[str, str] = {}
    for row in connection.execute(sa.select(planned_strike).where(mine).order_by(planned_strike.c.resident_id)).all():
        outbox.mark_done(connection, row.outbox_id)
        relationships |= row.relationships
    connection.execute(sa.delete(planned_strike).where(mine))
    return relationships


def _enqueue_change(
    connection: sa.Connection, residents: Collection[str], items: frozenset[str], *, event_id: str, day: date, due: datetime
) -> int:
    payload = {"resident_ids": sorted(residents), "items": sorted(items), "event_id": event_id, "due_date": day.isoformat()}
    return outbox.enqueue(connection, RECORD_CHANGED, payload, due)
