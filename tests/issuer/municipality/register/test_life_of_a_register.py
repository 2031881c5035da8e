"""A register lives through many events: what it tells the outbox is what an independent reading of its history says."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa

from issuer.municipality.register.check import check_household, check_record
from issuer.municipality.register.events import OUTBOX_HANDLERS, AppliedEvent, apply_event, read_event
from issuer.municipality.register.generate import generate
from issuer.municipality.register.history import full_history, of_households
from issuer.municipality.register.importing import enter_records
from issuer.municipality.register.record import ITEMS, ResidentRecord
from issuer.store.municipality.register import resident_current, resident_history
from runtime.outbox import Entry, OutboxWorker
from runtime.store import begin, read
from tests.issuer.municipality.register.random_events import RandomEvents
from tests.issuer.municipality.register.registers import AT, CITY, NEW_HOME, apply, current, outbox

DAYS = 40


@pytest.fixture
def city(empty: sa.Engine) -> sa.Engine:
    """Sixty households and the personas."""
    with begin(empty) as connection:
        enter_records(connection, list(generate(CITY, households=60, seed=8)), at=AT)
    return empty


class _Told:
    """Does what is due each day and remembers which items of whom were said to have changed, by event."""

    def __init__(self, engine: sa.Engine) -> None:
        self.items: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._worker = OutboxWorker(engine, {**OUTBOX_HANDLERS, "record_changed": self._changed})

    def _changed(self, _connection: sa.Connection, entry: Entry, _at: datetime) -> None:
        for resident_id in entry.payload["resident_ids"]:
            self.items[entry.payload["event_id"]][resident_id] |= set(entry.payload["items"])

    def work(self, at: datetime) -> None:
        assert self._worker.run_once(at).failures == ()


def _differences(before: ResidentRecord, after: ResidentRecord) -> set[str]:
    """Compare two records without the program's own comparison."""
    return {item.name for item in ITEMS if getattr(before, item.column) != getattr(after, item.column)}


def _expected(engine: sa.Engine) -> dict[str, dict[str, set[str]]]:
    """Read every history and return, by event, which items of living records changed; filings and their recall say nothing."""
    expected: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    with read(engine) as connection:
        people = list(connection.scalars(sa.select(resident_current.c.resident_id)))
        for resident_id in people:
            rows = full_history(connection, resident_id)
            assert [row.snapshot.history_number for row in rows] == list(range(1, len(rows) + 1))
            for before, after in pairwise(rows):
                silent = after.mark.cause in ("move-out-filed", "move-out-cancelled") or not before.snapshot.record.live
                if not silent:
                    found = _differences(before.snapshot.record, after.snapshot.record)
                    expected[after.mark.event_id][resident_id] |= found
    return expected


def test_the_outbox_tells_exactly_what_the_history_holds(city: sa.Engine) -> None:
    events, told = RandomEvents(city, seed=3), _Told(city)
    for day in range(DAYS):
        at = AT + timedelta(days=day)
        told.work(at)
        for _ in range(3):
            content = events.next(date(2026, 4, 1) + timedelta(days=day))
            _apply_and_check_bystanders(city, content, at)
    told.work(AT + timedelta(days=DAYS + 30))
    expected = {event: {one: items for one, items in people.items() if items} for event, people in _expected(city).items()}
    assert {event: dict(people) for event, people in told.items.items()} == {event: people for event, people in expected.items() if people}
    assert outbox(city) == []
    _check_everyone(city)


def _apply_and_check_bystanders(engine: sa.Engine, content: dict[str, Any], at: datetime) -> AppliedEvent:
    before = _versions(engine)
    applied = apply_event(engine, read_event(json.dumps(content).encode()), at=at)
    after = _versions(engine)
    named = {*content.get("residents", []), *([content["resident"]] if "resident" in content else [])}
    households = {before[one][1] for one in named if one in before} | {content.get("household"), content.get("to_household")}
    for resident_id, (number, household) in before.items():
        if household not in households:
            assert after[resident_id] == (number, household)
    assert {one.resident_id for one in applied.changes} == {one for one in after if after[one][0] != before.get(one, (0, ""))[0]}
    return applied


def _versions(engine: sa.Engine) -> dict[str, tuple[int, str]]:
    query = sa.select(resident_current.c.resident_id, resident_current.c.history_number, resident_current.c.household_id)
    with read(engine) as connection:
        return {row.resident_id: (row.history_number, row.household_id) for row in connection.execute(query)}


def _check_everyone(engine: sa.Engine) -> None:
    """Every record and household is as it must be, and what is current is the newest row."""
    rows = resident_history.c
    newest = sa.select(rows.resident_id, sa.func.max(rows.history_number)).group_by(rows.resident_id)
    with read(engine) as connection:
        assert {row[0]: row[1] for row in connection.execute(newest)} == {one: number for one, (number, _) in _versions(engine).items()}
        for household in set(connection.scalars(sa.select(resident_current.c.household_id))):
            members = [one.record for one in of_households(connection, [household])]
            assert [fault for member in members for fault in check_record(member)] == []
            # a child born after everyone had filed to leave stays behind: the law asks no 世帯主 of the day
            assert {fault.code for fault in check_household(members)} <= {"household_without_householder"}


def test_events_on_one_household_at_the_same_time_come_one_after_the_other(register: sa.Engine) -> None:
    failures: list[BaseException] = []

    def change(number: int) -> None:
        try:
            address = NEW_HOME | {"block": f"{number}番地"}
            apply(register, event_id=f"T-{number}", type="move-within", household="H-P-10", address=address)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with read(register) as connection:
        assert [entry.snapshot.history_number for entry in full_history(connection, "P-10-6")] == list(range(1, 8))
        assert len({one.record.address_block for one in of_households(connection, ["H-P-10"])}) == 1


def test_the_same_event_at_the_same_time_is_applied_once(register: sa.Engine) -> None:
    results: list[AppliedEvent] = []
    threads = [
        threading.Thread(target=lambda: results.append(apply(register, type="move-within", household="H-P-10", address=NEW_HOME)))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.already_applied for result in results) == [False, True, True, True, True]
    assert len({result.changes for result in results}) == 1


def test_an_event_whose_consequences_cannot_be_written_does_not_happen(register: sa.Engine) -> None:
    before = current(register, "P-10")
    with begin(register) as connection:
        connection.execute(sa.text("ALTER TABLE outbox RENAME TO outbox_gone"))
    with pytest.raises(sa.exc.DBAPIError):
        apply(register, type="move-within", household="H-P-10", address=NEW_HOME)
    assert current(register, "P-10") == before
    with begin(register) as connection:
        connection.execute(sa.text("ALTER TABLE outbox_gone RENAME TO outbox"))
    assert not apply(register, type="move-within", household="H-P-10", address=NEW_HOME).already_applied
