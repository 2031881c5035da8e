"""The revocation worker: the register's due changes kill copies; one entry, one transaction, exactly once."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from issuer.municipality.frontier import Front
from issuer.municipality.notices.revoke import revoke_changed, revoke_everything
from issuer.municipality.register import RECORD_CHANGED
from runtime import outbox
from runtime.outbox import Entry, OutboxWorker

#: A handle whose tokens must die at the front; sent in a second step, since the front may be away for a while.
HANDLE_DIES = "handle_dies"
#: A change of one of these ends the record or the right to fetch: everything of the person dies, tokens included.
STRIKING_ITEMS = frozenset({"status", "support_state", "household_id"})


def revocation_worker(engine: sa.Engine, front: Front, *, tick: timedelta = timedelta(seconds=1)) -> OutboxWorker:
    """Return the worker over the register's outbox."""

    def handle_dies(entry: Entry, _at: datetime) -> None:
        front.revoke_handle(str(entry.payload["handle"]))

    return OutboxWorker(engine, {RECORD_CHANGED: record_changed}, senders={HANDLE_DIES: handle_dies}, tick=tick)


def record_changed(connection: sa.Connection, entry: Entry, at: datetime) -> None:
    """Act on one change of the register inside the transaction that removes its entry."""
    residents = [str(one) for one in entry.payload["resident_ids"]]
    items = frozenset(str(one) for one in entry.payload["items"])
    if not items & STRIKING_ITEMS:
        revoke_changed(connection, resident_ids=residents, changed_items=items, at=at)
        return
    _, handles = revoke_everything(connection, resident_ids=residents, at=at)
    for handle in handles:
        outbox.enqueue(connection, HANDLE_DIES, {"handle": handle}, due=at)
