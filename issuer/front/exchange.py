"""Where a waiting wallet and the inner side meet: jobs go out, results come back, in memory and nowhere else.

A job is handed out once.  While its wallet waits, or comes back to wait, the result finds it; where nobody waits any
more the inner side hears so and revokes what it reserved.  A job that was handed out and never answered is handed out
again after ``lease`` seconds, under a new id, when its wallet asks again.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from schemas.errors import WarifuError
from schemas.messages.jobs import IssuanceJob, JobResult


@dataclass(slots=True, eq=False)
class Waiter:
    """One wallet request: ``result`` is set by the inner side, ``received`` by the request when it could use the result."""

    job_id: str
    result: Future[JobResult] = field(default_factory=Future)
    received: Future[bool] = field(default_factory=Future)


@dataclass(slots=True)
class _Entry:
    job: IssuanceJob
    waiters: list[Waiter]
    taken_at: float | None = None


class JobExchange:
    """The meeting point of one process.

    Args:
        new_id: gives a fresh job id.
        monotonic: gives seconds that never run backwards.
        lease: seconds after which a job that was handed out counts as lost.
        limit: most jobs held at a time; a request above that is deferred at once.
    """

    def __init__(self, *, new_id: Callable[[], str], monotonic: Callable[[], float], lease: float, limit: int) -> None:
        self._new_id, self._monotonic, self._lease, self._limit = new_id, monotonic, lease, limit
        self._lock = threading.Lock()
        self._by_key: dict[str, _Entry] = {}
        self._by_job: dict[str, _Entry] = {}
        self._queue: deque[str] = deque()
        self._pullers: list[Future[None]] = []

    def enter(self, job: IssuanceJob) -> Waiter | None:
        """Wait for ``job``, joining the same job where it is under way; None where the house is full."""
        with self._lock:
            entry = self._by_key.get(job.idempotency_key)
            if entry is not None and self._is_lost(entry):
                self._forget(entry)
                entry = None
            if entry is None:
                if len(self._by_key) >= self._limit:
                    return None
                entry = self._queue_entry(job)
            waiter = Waiter(entry.job.job_id)
            entry.waiters.append(waiter)
            return waiter

    def _is_lost(self, entry: _Entry) -> bool:
        return entry.taken_at is not None and self._monotonic() - entry.taken_at > self._lease

    def _queue_entry(self, job: IssuanceJob) -> _Entry:
        entry = _Entry(replace(job, job_id=self._new_id()), [])
        self._by_key[job.idempotency_key] = self._by_job[entry.job.job_id] = entry
        self._queue.append(entry.job.job_id)
        for puller in self._pullers:
            puller.set_result(None)
        self._pullers.clear()
        return entry

    def _forget(self, entry: _Entry) -> None:
        self._by_key.pop(entry.job.idempotency_key, None)
        self._by_job.pop(entry.job.job_id, None)

    async def wait(self, waiter: Waiter, *, seconds: float) -> JobResult | None:
        """Return the result, or None after ``seconds``: the waiter has then left."""
        try:
            await asyncio.wait({asyncio.wrap_future(waiter.result)}, timeout=seconds)
        finally:
            result = self.leave(waiter)
        return result

    def leave(self, waiter: Waiter) -> JobResult | None:
        """Stop waiting; returns a result that came at the last moment."""
        with self._lock:
            if waiter.result.done() and not waiter.result.cancelled():
                return waiter.result.result()
            entry = self._by_job.get(waiter.job_id)
            if entry is not None and waiter in entry.waiters:
                entry.waiters.remove(waiter)
                if not entry.waiters and entry.taken_at is None:
                    self._queue.remove(waiter.job_id)
                    self._forget(entry)
            return None

    async def take(self, *, limit: int, seconds: float) -> tuple[IssuanceJob, ...]:
        """Hand out waiting jobs, waiting up to ``seconds`` for the first."""
        puller: Future[None] = Future()
        with self._lock:
            jobs = self._take_now(limit)
            if jobs or seconds <= 0:
                return jobs
            self._pullers.append(puller)
        try:
            await asyncio.wait({asyncio.wrap_future(puller)}, timeout=seconds)
        finally:
            with self._lock:
                if puller in self._pullers:
                    self._pullers.remove(puller)
        with self._lock:
            return self._take_now(limit)

    def _take_now(self, limit: int) -> tuple[IssuanceJob, ...]:
        taken = [self._by_job[self._queue.popleft()] for _ in range(min(limit, len(self._queue)))]
        for entry in taken:
            entry.taken_at = self._monotonic()
        return tuple(entry.job for entry in taken)

    def sweep(self) -> None:
        """Forget jobs that were handed out, lost, and for which nobody waits."""
        with self._lock:
            for entry in [entry for entry in self._by_key.values() if self._is_lost(entry) and not entry.waiters]:
                self._forget(entry)

    def counts(self) -> tuple[int, int]:
        """Return how many jobs wait to be handed out and how many are with the inner side."""
        with self._lock:
            return len(self._queue), len(self._by_job) - len(self._queue)

    def deliver(self, job_id: str, result: JobResult) -> tuple[Waiter, ...]:
        """Give a result to those who wait for it and return them.

        Raises:
            WarifuError: ``nobody_waits`` where the job is unknown, was never handed out, or its wallet has gone.
        """
        with self._lock:
            entry = self._by_job.get(job_id)
            if entry is None or entry.taken_at is None:
                raise nobody_waits()
            self._forget(entry)
            if not entry.waiters:
                raise nobody_waits()
            for waiter in entry.waiters:
                waiter.result.set_result(result)
            return tuple(entry.waiters)


def nobody_waits() -> WarifuError:
    """Return the error for a result that no wallet waits for (not raised here)."""
    return WarifuError("nobody_waits", "no wallet waits for this result any more", hint="revoke what was reserved for it", layer="protocol")
