"""Striking records (消除) of people who moved out: at the earlier of 転出予定日 and the notice of 転入, never on filing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

import sqlalchemy as sa

from issuer.municipality.register.consequences import STRIKE_DUE, announce_changes, end_plan
from issuer.municipality.register.events.affairs import load
from issuer.municipality.register.history import EventMark, append
from runtime.outbox import Entry, Handler
from schemas.japan.ages import japan_day


def strike(
    connection: sa.Connection,
    resident_ids: Collection[str],
    mark: EventMark,
    *,
    day: date,
    arrived_on: date | None = None,
    relationships: Mapping[str, str] | None = None,
) -> None:
    """Strike the records of people who are moving out, and tell the outbox, in the caller's transaction.

    Those who stay get the 続柄 that were planned and the name of their new 世帯主; the law ends the record of those who
    left even where no 世帯主 was named.

    Args:
        connection: inside a transaction.
        resident_ids: people with the status ``moving_out``.
        mark: the event this belongs to; its ``cause`` is the reason of the striking.
        day: 消除年月日.
        arrived_on: 転出確定年月日, where the other municipality told it.
        relationships: 続柄 of people who stay, where they differ from what was planned on filing.
    """
    affairs = load(connection, resident_ids, [])
    for resident_id in resident_ids:
        affairs.strike(resident_id, status="moved_out", struck_on=day, moved_out_on=arrived_on)
    planned = end_plan(connection, resident_ids) | dict(relationships or {})
    staying = {one for one in planned if one in affairs.before and affairs.before[one].record.live and one not in affairs.after}
    affairs.relate({one: planned[one] for one in staying})
    affairs.name_householders()
    affairs.drop_unchanged()
    append(connection, affairs.snapshots(), mark)
    announce_changes(connection, affairs.changes(), event_id=mark.event_id, at=mark.at)


def strike_due(connection: sa.Connection, entry: Entry, at: datetime) -> None:
    """Handle an entry of the topic ``strike_due``: strike whoever still plans to leave on that day (an outbox handler)."""
    payload = entry.payload
    day = date.fromisoformat(str(payload["day"]))
    affairs = load(connection, [str(one) for one in payload["resident_ids"]], [])
    records = [affairs.before[str(one)].record for one in payload["resident_ids"]]
    leaving = [record.resident_id for record in records if record.status == "moving_out" and record.moving_out_on == day]
    if leaving and day <= japan_day(at):
        mark = EventMark(str(payload["event_id"]), str(payload["cause"]), day.isoformat(), None, at)
        strike(connection, leaving, mark, day=day)


OUTBOX_HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType({STRIKE_DUE: strike_due})
"""Handlers that an outbox worker over the inner side's store must carry."""
