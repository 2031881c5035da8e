"""What follows from a change of the register: outbox entries, written in the change's own transaction.

Topic ``record_changed``: ``{"resident_ids": [宛名番号…], "items": [item names…], "event_id", "due_date": "YYYY-MM-DD"}``;
everyone in one entry changed in the same items.  An entry whose items hold ``status`` says that the record ends.
Topic ``strike_due``: ``{"resident_id", "event_id", "cause"}``, due when a 転出予定日 begins; handled by
:func:`issuer.municipality.register.events.strike.strike_due`.
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


def plan_strike(connection: sa.Connection, resident_ids: Collection[str], *, event_id: str, cause: str, day: date) -> None:
    """Enqueue the end of records at the beginning of ``day`` (転出予定日), one pair of entries a person."""
    due = midnight(day)
    for resident_id in sorted(resident_ids):
        entries = [
            outbox.enqueue(connection, STRIKE_DUE, {"resident_id": resident_id, "event_id": event_id, "cause": cause}, due),
            _enqueue_change(connection, [resident_id], frozenset({"status"}), event_id=event_id, day=day, due=due),
        ]
        connection.execute(sa.insert(planned_strike), [{"resident_id": resident_id, "outbox_id": entry} for entry in entries])


def forget_strike(connection: sa.Connection, resident_id: str) -> None:
    """Take back what :func:`plan_strike` enqueued for one person, as far as it is not done."""
    mine = planned_strike.c.resident_id == resident_id
    for entry in connection.scalars(sa.select(planned_strike.c.outbox_id).where(mine)).all():
        outbox.mark_done(connection, entry)
    connection.execute(sa.delete(planned_strike).where(mine))


def _enqueue_change(
    connection: sa.Connection, residents: Collection[str], items: frozenset[str], *, event_id: str, day: date, due: datetime
) -> int:
    payload = {"resident_ids": sorted(residents), "items": sorted(items), "event_id": event_id, "due_date": day.isoformat()}
    return outbox.enqueue(connection, RECORD_CHANGED, payload, due)
