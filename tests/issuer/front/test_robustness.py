"""Whatever arrives, and whatever the store says: a typed answer, and nothing half done (threats F02, F03, G03, G15)."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issuer.front.exchange import JobExchange
from issuer.front.pace import MAX_ADDRESSES, FailurePace
from issuer.store.front import grant
from runtime.store import read
from schemas.errors import WarifuError
from schemas.messages.jobs import IssuanceJob, new_identifier
from schemas.messages.openid4vci import IssuedCredentials
from tests.issuer.front.conftest import Front, Start
from tests.issuer.front.parties import ISSUER, Clock, error_of
from tests.issuer.front.test_credential import signed_in

MEDIA_TYPES = ["application/json", "application/jwt", "application/x-www-form-urlencoded", "text/plain", "application/json;charset=x", ""]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    endpoint=st.sampled_from(["token", "credential", "deferred_credential", "notification"]),
    body=st.binary(max_size=400) | st.text(max_size=200).map(str.encode),
    media_type=st.sampled_from(MEDIA_TYPES),
)
def test_no_bytes_make_the_front_stumble(front: Front, run: Any, endpoint: str, body: bytes, media_type: str) -> None:
    async def flow() -> Any:
        wallet, _ = await signed_in(front)
        return await wallet.post(endpoint, body, media_type=media_type)

    assert run(flow()).status_code in {400, 401, 415}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=300), name=st.sampled_from(["Authorization", "DPoP"]))
def test_no_header_makes_the_front_stumble(front: Front, run: Any, value: str, name: str) -> None:
    headers = [(name.encode(), value.encode("latin-1")), (b"Content-Type", b"application/json")]
    response = run(front.public.post(f"{ISSUER}/credential", headers=headers, content=b"{}"))
    assert response.status_code in {400, 401}


@pytest.mark.sqlite  # a full disk is simulated by SQLite's own limit
def test_a_full_disk_is_a_503_and_the_code_still_works_afterwards(start: Start, run: Any) -> None:
    front = start(failed_tokens_per_minute=1_000_000)
    full = True

    def limit(connection: Any, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages if full else 1_000_000}")

    async def flow() -> tuple[Any, str]:
        code = await front.inner.offer(tx_code=None)
        with front.engine.connect() as connection:  # leave no free page behind
            connection.exec_driver_sql("CREATE TABLE filler (x)")
        front.engine.dispose()
        sa.event.listen(front.engine, "connect", limit)
        for _ in range(200):
            response = await front.wallet().token("unknown-code", None)
            if response.status_code == 503:
                return response, code
        raise AssertionError("the disk never filled up")

    response, code = run(flow())
    assert error_of(response) == (503, "temporarily_unavailable")
    assert response.headers["retry-after"] == "1"
    with read(front.engine) as connection:
        assert connection.execute(sa.select(grant)).all() == []
    full = False
    front.engine.dispose()
    assert run(front.wallet().token(code, None)).status_code == 200


def test_the_number_of_remembered_addresses_is_bounded() -> None:
    pace = FailurePace(limit=1, monotonic=lambda: 0.0)
    for number in range(MAX_ADDRESSES + 50):
        pace.count(f"address {number}")
    assert len(pace._windows) == MAX_ADDRESSES


# The exchange under many threads.

JOB = IssuanceJob("j" * 22, "h" * 22, "a", ("p",), ISSUER, "n", "k" * 43, Clock().at, "o" * 22)


def exchange(**changes: Any) -> JobExchange:
    import secrets

    values = {"new_id": lambda: new_identifier(secrets.token_bytes(16)), "monotonic": lambda: 0.0, "lease": 30.0, "limit": 100_000}
    return JobExchange(**values | changes)


def test_results_find_their_own_waiters_across_threads_and_loops() -> None:
    meeting = exchange()
    count, wrong = 300, []

    async def wallets(part: int) -> None:
        async def one(number: int) -> None:
            key = f"{part}-{number}".ljust(22, "x")
            waiter = meeting.enter(replace(JOB, idempotency_key=key, subject_handle=key))
            assert waiter is not None
            result = await meeting.wait(waiter, seconds=60)
            if result != IssuedCredentials((key,)):
                wrong.append(key)

        await asyncio.gather(*(one(number) for number in range(count)))

    async def inner(done: threading.Event) -> None:
        while not done.is_set():
            for job in await meeting.take(limit=7, seconds=0.05):
                meeting.deliver(job.job_id, IssuedCredentials((job.subject_handle,)))

    done = threading.Event()
    inners = [threading.Thread(target=lambda: asyncio.run(inner(done))) for _ in range(3)]
    fronts = [threading.Thread(target=lambda part=part: asyncio.run(wallets(part))) for part in range(3)]
    for thread in [*inners, *fronts]:
        thread.start()
    for thread in fronts:
        thread.join()
    done.set()
    for thread in inners:
        thread.join()
    assert wrong == []
    assert meeting.counts() == (0, 0)


def test_lost_jobs_are_swept_and_late_results_are_void() -> None:
    now = 0.0
    meeting = exchange(monotonic=lambda: now)

    async def flow() -> str:
        waiter = meeting.enter(JOB)
        assert waiter is not None
        (job,) = await meeting.take(limit=1, seconds=0)
        assert meeting.leave(waiter) is None
        return job.job_id

    job_id = asyncio.run(flow())
    meeting.sweep()
    assert meeting.counts() == (0, 1)
    now = 31.0
    meeting.sweep()
    assert meeting.counts() == (0, 0)
    with pytest.raises(WarifuError) as caught:
        meeting.deliver(job_id, IssuedCredentials(("a",)))
    assert caught.value.code == "nobody_waits"


def test_a_result_before_the_job_was_handed_out_is_refused() -> None:
    meeting = exchange()
    waiter = meeting.enter(JOB)
    assert waiter is not None
    with pytest.raises(WarifuError):
        meeting.deliver(waiter.job_id, IssuedCredentials(("a",)))
    assert meeting.counts() == (1, 0)
