"""The revocation worker: the register's due changes kill copies; one entry, one transaction, exactly once."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from issuer.municipality.frontier import Front
from issuer.municipality.notices.revoke import end_handles, revoke_changed, revoke_everything
from issuer.municipality.register import RECORD_CHANGED
from issuer.municipality.register.events import OUTBOX_HANDLERS
from issuer.municipality.register.history import latest
from runtime import outbox
from runtime.outbox import Entry, OutboxWorker
from schemas.japan.ages import japan_day

#: A handle whose tokens must die at the front; sent in a second step, since the front may be away for a while.
HANDLE_DIES = "handle_dies"
#: Leaving a household (世帯分離) ends the right to fetch; the copies that attest something changed die besides.
HOUSEHOLD = "household_id"


def revocation_worker(engine: sa.Engine, front: Front, *, tick: timedelta = timedelta(seconds=1)) -> OutboxWorker:
    """Return the worker over the register's outbox."""

    def handle_dies(entry: Entry, _at: datetime) -> None:
        front.revoke_handle(str(entry.payload["handle"]))

    handlers = {RECORD_CHANGED: record_changed, **OUTBOX_HANDLERS}
    return OutboxWorker(engine, handlers, senders={HANDLE_DIES: handle_dies}, tick=tick)


def record_changed(connection: sa.Connection, entry: Entry, at: datetime) -> None:
    """Act on one change of the register inside the transaction that removes its entry.

    Whether a record has ended is read from the register itself, not from the entry: filing a 転出届 ends nothing.
    """
    residents = [str(one) for one in entry.payload["resident_ids"]]
    items = frozenset(str(one) for one in entry.payload["items"])
    ended = [one for one in residents if has_ended(connection, one, at)]
    _, handles = revoke_everything(connection, resident_ids=ended, at=at)
    staying = [one for one in residents if one not in ended]
    revoke_changed(connection, resident_ids=staying, changed_items=items, at=at)
    if HOUSEHOLD in items:
        handles += end_handles(connection, staying, at=at)
    for handle in handles:
        outbox.enqueue(connection, HANDLE_DIES, {"handle": handle}, due=at)


def has_ended(connection: sa.Connection, resident_id: str, at: datetime) -> bool:
    """Tell whether nothing may live on for a resident: struck, 転出予定日 come, or under 支援措置."""
    snapshot = latest(connection, [resident_id], numbers=False).get(resident_id)
    if snapshot is None:
        return True
    record = snapshot.record
    left = record.moving_out_on is not None and record.moving_out_on <= japan_day(at)
    return not record.live or record.protected or left
