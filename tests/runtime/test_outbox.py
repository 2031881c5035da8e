"""The outbox: with its change or not at all, when due, once, until done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from runtime import outbox
from runtime.outbox import Entry, Failure, OutboxWorker
from runtime.store import begin, read
from schemas.errors import UndeterminedError, WarifuError
from tests.runtime.stores import NOTES

AT = datetime(2026, 4, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def put(store: sa.Engine, *dues: datetime, topic: str = "note") -> list[int]:
    with begin(store) as connection:
        return [outbox.enqueue(connection, topic, {"n": index, "name": "𠮷野"}, due) for index, due in enumerate(dues)]


def write_note(connection: sa.Connection, entry: Entry, _at: datetime) -> None:
    connection.execute(NOTES.insert().values(text=f"{entry.id}"))


def notes(store: sa.Engine) -> list[str]:
    with read(store) as connection:
        return list(connection.scalars(sa.select(NOTES.c.text).order_by(NOTES.c.id)))


def remaining(store: sa.Engine) -> int:
    with read(store) as connection:
        return int(connection.scalar(sa.text("SELECT count(*) FROM outbox")) or 0)


def test_written_with_the_change_or_not_at_all(store: sa.Engine) -> None:
    with pytest.raises(RuntimeError), begin(store) as connection:  # noqa: PT012 - the whole transaction is what must fail
        connection.execute(NOTES.insert().values(text="change"))
        outbox.enqueue(connection, "note", {}, AT)
        raise RuntimeError
    assert (notes(store), remaining(store)) == ([], 0)


def test_only_what_is_due_oldest_first(store: sa.Engine) -> None:
    ids = put(store, AT, AT - MINUTE, AT + MINUTE)
    worker = OutboxWorker(store, {"note": write_note})
    assert worker.run_once(AT).done == 2
    assert notes(store) == [str(ids[1]), str(ids[0])]
    assert worker.run_once(AT + MINUTE).done == 1
    assert remaining(store) == 0


def test_entry_arrives_as_it_was_written(store: sa.Engine) -> None:
    seen: list[Entry] = []
    put(store, AT - MINUTE)
    OutboxWorker(store, {"note": lambda _c, entry, _at: seen.append(entry)}).run_once(AT)
    assert seen[0].payload == {"n": 0, "name": "𠮷野"}
    assert (seen[0].due, seen[0].attempts, seen[0].topic) == (AT - MINUTE, 1, "note")


def test_topics_of_others_are_left_alone(store: sa.Engine) -> None:
    put(store, AT, topic="other")
    assert OutboxWorker(store, {"note": write_note}).run_once(AT).done == 0
    assert remaining(store) == 1
    assert OutboxWorker(store).run_once(AT).done == 0


def refusing(code: str) -> Callable[[sa.Connection, Entry, datetime], None]:
    def handler(connection: sa.Connection, entry: Entry, at: datetime) -> None:
        write_note(connection, entry, at)
        raise UndeterminedError(code, "not now")

    return handler


def test_failure_undoes_its_effect_and_comes_back_later_each_time(store: sa.Engine) -> None:
    (entry_id,) = put(store, AT)
    worker = OutboxWorker(store, {"note": refusing("unreachable")})
    moment, pauses = AT, []
    for _ in range(12):
        assert worker.run_once(moment).failures == (Failure(entry_id, "note", "unreachable"),)
        assert worker.run_once(moment).failures == ()
        with read(store) as connection:
            row = connection.execute(sa.text("SELECT attempts, last_code FROM outbox")).one()
            again = connection.scalar(sa.select(outbox._TABLE.c.not_before))
        assert again is not None
        pauses.append((again - moment).total_seconds())
        assert row.last_code == "unreachable"
        moment = again
    assert pauses[:5] == [1, 2, 4, 8, 16]
    assert pauses[-1] == 600
    assert row.attempts == 12
    assert notes(store) == []
    assert OutboxWorker(store, {"note": write_note}).run_once(moment).done == 1


def test_defect_in_a_handler_is_raised_recorded_and_does_not_block_the_rest(store: sa.Engine) -> None:
    ids = put(store, AT - MINUTE, AT)

    def handler(connection: sa.Connection, entry: Entry, at: datetime) -> None:
        if entry.id == ids[0]:
            raise ZeroDivisionError
        write_note(connection, entry, at)

    worker = OutboxWorker(store, {"note": handler})
    with pytest.raises(ZeroDivisionError):
        worker.run_once(AT)
    assert worker.run_once(AT).done == 1
    with read(store) as connection:
        assert outbox.backlog(connection, AT) == outbox.Backlog(due=1, failing=1, oldest_due=AT - MINUTE)


class TestSenders:
    """Those that speak to others, outside of any transaction."""

    def test_sent_then_removed(self, store: sa.Engine) -> None:
        put(store, AT)
        sent: list[int] = []
        worker = OutboxWorker(store, senders={"note": lambda entry, _at: sent.append(entry.id)})
        assert worker.run_once(AT).done == 1
        assert (len(sent), remaining(store)) == (1, 0)

    def test_store_is_free_while_sending(self, store: sa.Engine) -> None:
        put(store, AT)

        def send(_entry: Entry, _at: datetime) -> None:
            with begin(store) as connection:
                connection.execute(NOTES.insert().values(text="meanwhile"))

        assert OutboxWorker(store, senders={"note": send}).run_once(AT).done == 1
        assert notes(store) == ["meanwhile"]

    def test_lease_keeps_others_out_and_ends_with_a_worker_that_died(self, store: sa.Engine) -> None:
        put(store, AT)
        with begin(store) as connection:
            assert len(outbox.take_due(connection, AT)) == 1
        sent: list[int] = []
        worker = OutboxWorker(store, senders={"note": lambda entry, _at: sent.append(entry.attempts)})
        assert worker.run_once(AT + outbox.LEASE - timedelta(seconds=1)).done == 0
        assert worker.run_once(AT + outbox.LEASE).done == 1
        assert sent == [2]

    def test_failure_is_put_off(self, store: sa.Engine) -> None:
        put(store, AT)

        def send(_entry: Entry, _at: datetime) -> None:
            raise WarifuError("refused_there", "no")

        worker = OutboxWorker(store, senders={"note": send})
        assert [failure.code for failure in worker.run_once(AT).failures] == ["refused_there"]
        assert worker.run_once(AT).failures == ()
        assert len(worker.run_once(AT + timedelta(seconds=1)).failures) == 1

    def test_defect_is_recorded_and_raised(self, store: sa.Engine) -> None:
        put(store, AT)

        def send(_entry: Entry, _at: datetime) -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            OutboxWorker(store, senders={"note": send}).run_once(AT)
        with read(store) as connection:
            assert outbox.backlog(connection, AT).failing == 1

    def test_late_failure_does_not_touch_what_another_worker_holds(self, store: sa.Engine) -> None:
        put(store, AT)
        with begin(store) as connection:
            (first,) = outbox.take_due(connection, AT)
        later = AT + outbox.LEASE
        with begin(store) as connection:
            outbox.take_due(connection, later)
            outbox.retry(connection, first, later, "late")
            assert outbox.take_due(connection, later + timedelta(seconds=30)) == []


def test_a_topic_has_one_way(store: sa.Engine) -> None:
    with pytest.raises(WarifuError) as error:
        OutboxWorker(store, {"note": write_note}, senders={"note": lambda _entry, _at: None})
    assert error.value.code == "outbox_topic_twice"


def test_workers_share_the_work_and_none_is_done_twice(store: sa.Engine) -> None:
    ids = put(store, *[AT] * 40)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            OutboxWorker(store, {"note": write_note}).run_once(AT)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(map(int, notes(store))) == sorted(ids)
    assert remaining(store) == 0


def test_taken_by_another_transaction_is_passed_over(store: sa.Engine) -> None:
    if store.dialect.name != "postgresql":
        return  # SQLite has one writer at a time; test_workers_share_the_work_and_none_is_done_twice covers it
    put(store, AT, AT)
    with begin(store) as one, begin(store) as two:
        first = outbox.take_due(one, AT)
        second = outbox.take_due(two, AT)
        assert first[0].id != second[0].id
        assert outbox.take_due(two, AT) == []


def test_loop_works_until_it_is_told_to_stop(store: sa.Engine) -> None:
    stop = threading.Event()
    put(store, AT)

    def handler(connection: sa.Connection, entry: Entry, at: datetime) -> None:
        write_note(connection, entry, at)
        stop.set()

    OutboxWorker(store, {"note": handler}).run(stop)
    assert remaining(store) == 0


def test_loop_survives_a_defect(store: sa.Engine) -> None:
    stop = threading.Event()
    ids = put(store, AT - MINUTE, AT)

    def handler(_connection: sa.Connection, entry: Entry, _at: datetime) -> None:
        if entry.id == ids[0]:
            raise ZeroDivisionError
        stop.set()

    OutboxWorker(store, {"note": handler}, tick=timedelta(milliseconds=1)).run(stop)
    with read(store) as connection:
        assert outbox.backlog(connection, AT).failing == 1


def test_ids_are_never_used_twice(store: sa.Engine) -> None:
    (first,) = put(store, AT)
    OutboxWorker(store, {"note": write_note}).run_once(AT)
    (second,) = put(store, AT)
    assert second > first
