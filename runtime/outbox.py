"""Work that follows from a change: written in the change's own transaction, done when it is due, tried until it is done.

Two kinds of handler.  One that works on the same store runs inside the transaction that removes the entry, so that it
happens exactly once.  One that speaks to another party (a *sender*) runs outside of any transaction, under a lease; it
happens at least once, and the other side must bear a repetition.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from runtime import clock, logs
from runtime.store import UtcDateTime, begin
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json, parse_json_object

LEASE: Final = timedelta(minutes=2)
FIRST_RETRY: Final = timedelta(seconds=1)
LONGEST_RETRY: Final = timedelta(minutes=10)


def table(metadata: sa.MetaData) -> sa.Table:
    """Return the table ``outbox``, for ``table(sa.MetaData()).create(op.get_bind())`` in an organisation's migration."""
    return sa.Table(
        "outbox",
        metadata,
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("due", UtcDateTime, nullable=False),
        sa.Column("not_before", UtcDateTime, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, default=0),
        sa.Column("last_code", sa.String(64)),
        sa.Index("outbox_not_before", "not_before", "id"),
        sqlite_autoincrement=True,
    )


_TABLE = table(sa.MetaData())


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of work.

    Attributes:
        id: grows with the order of writing; never used twice.
        topic: which handler it is for.
        payload: a JSON object; identifiers rather than copies of personal data.
        due: when it was to be done.
        attempts: how often it was taken, this time included.
    """

    id: int
    topic: str
    payload: dict[str, Any]
    due: datetime
    attempts: int


Handler = Callable[[sa.Connection, Entry, datetime], None]
Sender = Callable[[Entry, datetime], None]


def enqueue(connection: sa.Connection, topic: str, payload: Mapping[str, Any], due: datetime) -> int:
    """Write an entry in the caller's transaction and return its id; it exists only if that transaction commits."""
    row = {"topic": topic, "payload": dump_json(dict(payload)).decode(), "due": due, "not_before": due, "attempts": 0}
    result = connection.execute(sa.insert(_TABLE).values(row).returning(_TABLE.c.id))
    return int(result.scalar_one())


def take_due(
    connection: sa.Connection, at: datetime, limit: int = 1, *, topics: Sequence[str] | None = None, lease: timedelta = LEASE
) -> list[Entry]:
    """Take up to ``limit`` entries that are due, the oldest first, so that no other worker has them for ``lease``.

    An entry that another worker is taking at this moment is passed over.  Without :func:`mark_done` or :func:`retry` it
    comes back after the lease.
    """
    query = sa.select(_TABLE).where(_TABLE.c.not_before <= at).order_by(_TABLE.c.not_before, _TABLE.c.id).limit(limit)
    if topics is not None:
        query = query.where(_TABLE.c.topic.in_(topics))
    rows = connection.execute(query.with_for_update(skip_locked=True)).mappings().all()
    if rows:
        taken = sa.update(_TABLE).where(_TABLE.c.id.in_([row["id"] for row in rows]))
        connection.execute(taken.values(attempts=_TABLE.c.attempts + 1, not_before=at + lease))
    return [_entry(row) for row in rows]


def _entry(row: sa.RowMapping) -> Entry:
    return Entry(row["id"], row["topic"], parse_json_object(row["payload"]), row["due"], row["attempts"] + 1)


def mark_done(connection: sa.Connection, entry_id: int) -> None:
    """Remove an entry that has been dealt with; what happened stands in the audit log, not here."""
    connection.execute(sa.delete(_TABLE).where(_TABLE.c.id == entry_id))


def retry(connection: sa.Connection, entry: Entry, at: datetime, code: str) -> None:
    """Put a taken ``entry`` off after a failure: 1 s, doubled with each attempt, at most 10 min."""
    _put_off(connection, entry, at, code, found_attempts=entry.attempts)


def _put_off(connection: sa.Connection, entry: Entry, at: datetime, code: str, *, found_attempts: int) -> None:
    pause = min(FIRST_RETRY * 2 ** min(entry.attempts - 1, 20), LONGEST_RETRY)
    # only while it is still ours: another worker may have taken it since
    mine = (_TABLE.c.id == entry.id) & (_TABLE.c.attempts == found_attempts)
    values = {"attempts": entry.attempts, "not_before": at + pause, "last_code": code[:64]}
    connection.execute(sa.update(_TABLE).where(mine).values(values))


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is still to do: entries due, entries that failed at least once, and since when the oldest is due."""

    due: int
    failing: int
    oldest_due: datetime | None


def backlog(connection: sa.Connection, at: datetime) -> Backlog:
    """Return the figures that monitoring and ``/readyz`` show."""
    due = _TABLE.c.due <= at
    query = sa.select(
        sa.func.count(), sa.func.count().filter(_TABLE.c.last_code.is_not(None)), sa.func.min(_TABLE.c.due, type_=UtcDateTime())
    )
    count, failing, oldest = connection.execute(query.where(due)).one()
    return Backlog(count, failing, oldest)


@dataclass(frozen=True, slots=True)
class Failure:
    """An entry that was put off, and the code of the reason."""

    entry_id: int
    topic: str
    code: str


@dataclass(frozen=True, slots=True)
class RunResult:
    """What one run did."""

    done: int
    failures: tuple[Failure, ...]


class OutboxWorker:
    """Does what is due.  Any number of workers, in any number of processes, may share a store."""

    def __init__(
        self,
        engine: sa.Engine,
        handlers: Mapping[str, Handler] | None = None,
        *,
        senders: Mapping[str, Sender] | None = None,
        lease: timedelta = LEASE,
        tick: timedelta = timedelta(seconds=1),
    ) -> None:
        """Name the handlers by topic.

        Args:
            engine: the store that holds the outbox.
            handlers: called in the transaction that removes the entry; exactly once.
            senders: called outside of any transaction; at least once, within ``lease``.
            lease: how long a sender may take before another worker tries.
            tick: how often :meth:`run` looks for work.
        """
        self._engine = engine
        self._handlers = dict(handlers or {})
        self._senders = dict(senders or {})
        self._lease = lease
        self._tick = tick
        if self._handlers.keys() & self._senders.keys():
            raise WarifuError("outbox_topic_twice", "a topic has both a handler and a sender")

    def run_once(self, at: datetime, *, limit: int = 1000) -> RunResult:
        """Do what is due at ``at``, up to ``limit`` entries, and return what was done and what was put off.

        A :class:`WarifuError` puts the entry off.  Any other exception does so too and is then raised: it is a defect.
        """
        done = 0
        failures: list[Failure] = []
        for _ in range(limit):
            outcome = self._one(at)
            if outcome is None:
                break
            if isinstance(outcome, Failure):
                failures.append(outcome)
            else:
                done += 1
        return RunResult(done, tuple(failures))

    def _one(self, at: datetime) -> Failure | Entry | None:
        return self._handle_next(at) or self._send_next(at)

    def _handle_next(self, at: datetime) -> Failure | Entry | None:
        """Take, remove and handle one entry in one transaction; a failure undoes all three and is then recorded."""
        entry: Entry | None = None
        try:
            with begin(self._engine) as connection:
                entry = self._take(connection, at, self._handlers)
                if entry is not None:
                    mark_done(connection, entry.id)
                    self._handlers[entry.topic](connection, entry, at)
        except WarifuError as error:
            if entry is None:
                raise
            return self._record(entry, at, error.code, found_attempts=entry.attempts - 1)
        except Exception:
            if entry is not None:
                self._record(entry, at, "internal_error", found_attempts=entry.attempts - 1)
            raise
        return entry

    def _send_next(self, at: datetime) -> Failure | Entry | None:
        """Take one entry under a lease, send it outside of any transaction, then remove it."""
        with begin(self._engine) as connection:
            entry = self._take(connection, at, self._senders)
        if entry is None:
            return None
        try:
            self._senders[entry.topic](entry, at)
        except WarifuError as error:
            return self._record(entry, at, error.code, found_attempts=entry.attempts)
        except Exception:
            self._record(entry, at, "internal_error", found_attempts=entry.attempts)
            raise
        with begin(self._engine) as connection:
            mark_done(connection, entry.id)
        return entry

    def _take(self, connection: sa.Connection, at: datetime, topics: Mapping[str, object]) -> Entry | None:
        taken = take_due(connection, at, 1, topics=list(topics), lease=self._lease) if topics else []
        return taken[0] if taken else None

    def _record(self, entry: Entry, at: datetime, code: str, *, found_attempts: int) -> Failure:
        with begin(self._engine) as connection:
            _put_off(connection, entry, at, code, found_attempts=found_attempts)
        logs.warning("outbox.retry", topic=entry.topic, code=code, attempt=entry.attempts)
        return Failure(entry.id, entry.topic, code)

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set; the form that :func:`runtime.serving.serve` takes as background work.

        A failing store or a defect in a handler is logged and tried again on the next tick: revocations must go on.
        """
        while not stop.is_set():
            try:
                self.run_once(clock.now())
            except Exception as error:  # the worker's outermost boundary
                logs.error("outbox.failed", exception=type(error).__name__, code=getattr(error, "code", None))
            stop.wait(self._tick.total_seconds())
