"""転出: filed, cancelled, struck at the earlier of 予定日 and 転入, come back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from issuer.municipality.register.events import OUTBOX_HANDLERS, EventRefusedError
from issuer.municipality.register.history import full_history
from runtime.outbox import Entry, OutboxWorker
from runtime.store import read
from schemas.errors import WarifuError
from tests.issuer.municipality.register.registers import ADDRESS, AT, apply, changed, current, newcomer, outbox

DAY = "2026-04-20"
MIDNIGHT = datetime(2026, 4, 19, 15, 0, tzinfo=UTC)
TO = "東京都隣町市駅前４番地"


class _Told:
    """A worker over the register's outbox that remembers what changed."""

    def __init__(self, engine: sa.Engine) -> None:
        self.changes: list[tuple[str, list[str], list[str]]] = []
        self._worker = OutboxWorker(engine, {**OUTBOX_HANDLERS, "record_changed": self._changed})

    def _changed(self, _connection: sa.Connection, entry: Entry, _at: datetime) -> None:
        self.changes.append((entry.payload["event_id"], entry.payload["resident_ids"], entry.payload["items"]))

    def work(self, at: datetime) -> None:
        assert self._worker.run_once(at).failures == ()


def _file(engine: sa.Engine, *residents: str, **more: object) -> None:
    apply(engine, type="move-out", event_date=DAY, residents=list(residents), destination=TO, **more)


def _planned(engine: sa.Engine) -> list[dict[str, object]]:
    return [entry for entry in outbox(engine) if entry["event_id"] == "E-1"]


def test_filing_ends_nothing_and_plans_the_end(register: sa.Engine) -> None:
    applied = apply(register, type="move-out", event_date=DAY, residents=["P-01"], destination=TO)
    assert applied.struck_from == date(2026, 4, 20)
    record = current(register, "P-01")
    assert (record.live, record.status, record.moving_out_on, record.moving_out_to) == (True, "moving_out", date(2026, 4, 20), TO)
    assert [(entry["topic"], entry["due"]) for entry in _planned(register)] == [("strike_due", MIDNIGHT), ("record_changed", MIDNIGHT)]
    told = _Told(register)
    told.work(MIDNIGHT - timedelta(microseconds=1))
    assert [one for one in told.changes if "P-01" in one[1]] == []
    assert current(register, "P-01").live


def test_the_record_is_struck_when_the_planned_day_begins_in_japan(register: sa.Engine) -> None:
    _file(register, "P-01")
    told = _Told(register)
    told.work(MIDNIGHT)
    record = current(register, "P-01")
    assert (record.status, record.struck_on, record.moving_out_on, record.moved_out_on) == (
        "moved_out",
        date(2026, 4, 20),
        date(2026, 4, 20),
        None,
    )
    assert any("P-01" in people and "status" in items for _, people, items in told.changes)
    with read(register) as connection:
        assert [entry.mark.cause for entry in full_history(connection, "P-01")] == [
            "ex-officio-entry",
            "move-out-filed",
            "domestic-move-out",
        ]


def test_a_notice_of_arrival_strikes_at_once_when_it_is_earlier(register: sa.Engine) -> None:
    _file(register, "P-01")
    apply(register, AT + timedelta(days=9), event_id="E-2", type="move-in-notice", event_date="2026-04-09", residents=["P-01"])
    record = current(register, "P-01")
    assert (record.status, record.struck_on) == ("moved_out", date(2026, 4, 9))
    assert (record.moving_out_on, record.moved_out_on) == (date(2026, 4, 20), date(2026, 4, 9))
    assert "status" in changed(register)["P-01"]
    assert [entry["topic"] for entry in _planned(register)] == ["strike_due"]
    told = _Told(register)
    told.work(MIDNIGHT)
    assert current(register, "P-01") == record


def test_a_notice_that_comes_after_the_planned_day_keeps_both_dates(register: sa.Engine) -> None:
    _file(register, "P-01")
    _Told(register).work(MIDNIGHT)
    before = outbox(register)
    apply(register, AT + timedelta(days=30), event_id="E-2", type="move-in-notice", event_date="2026-04-25", residents=["P-01"])
    record = current(register, "P-01")
    assert (record.struck_on, record.moved_out_on) == (date(2026, 4, 20), date(2026, 4, 25))
    assert outbox(register) == before


def test_a_cancelled_plan_ends_nothing(register: sa.Engine) -> None:
    _file(register, "P-01")
    apply(register, event_id="E-2", type="move-out-cancel", household="H-P-01")
    record = current(register, "P-01")
    assert (record.status, record.moving_out_on, record.moving_out_to) == ("resident", None, None)
    told = _Told(register)
    told.work(MIDNIGHT)
    assert current(register, "P-01") == record
    assert [one for one in told.changes if "P-01" in one[1]] == []


def test_one_of_two_may_cancel(register: sa.Engine) -> None:
    _file(register, "P-03-2", "P-03")
    apply(register, event_id="E-3", type="move-out-cancel", residents=["P-03-2"])
    told = _Told(register)
    told.work(MIDNIGHT)
    assert current(register, "P-03").status == "moved_out"
    assert current(register, "P-03-2").status == "resident"
    assert {person for _, people, _ in told.changes for person in people} >= {"P-03"}
    assert not any("P-03-2" in people for _, people, _ in told.changes)


def test_a_plan_filed_anew_for_another_day_counts(register: sa.Engine) -> None:
    _file(register, "P-01")
    apply(register, event_id="E-2", type="move-out-cancel", residents=["P-01"])
    apply(register, event_id="E-3", type="move-out", event_date="2026-04-30", residents=["P-01"], destination=TO)
    told = _Told(register)
    told.work(MIDNIGHT)
    assert current(register, "P-01").live
    assert [one for one in told.changes if "P-01" in one[1]] == []
    told.work(MIDNIGHT + timedelta(days=10))
    assert current(register, "P-01").struck_on == date(2026, 4, 30)


def test_a_plan_is_filed_once(register: sa.Engine) -> None:
    with pytest.raises(WarifuError) as refused:
        _file(register, "P-06")
    assert refused.value.code == "move_out_filed_already"


@pytest.mark.parametrize("kind", ["move-out-cancel", "move-in-notice"])
def test_without_a_plan_there_is_none_to_end(register: sa.Engine, kind: str) -> None:
    with pytest.raises(WarifuError) as refused:
        apply(register, type=kind, residents=["P-01"])
    assert refused.value.code == "not_moving_out"


def test_a_late_filing_strikes_at_once(register: sa.Engine) -> None:
    applied = apply(register, type="move-out", event_date="2026-03-28", residents=["P-01"], destination=TO, abroad=True)
    assert applied.struck_from is None
    assert [one.history_number for one in applied.changes] == [2, 3]
    record = current(register, "P-01")
    assert (record.status, record.struck_on) == ("moved_out", date(2026, 3, 28))
    assert "status" in changed(register)["P-01"]


def test_those_who_stay_get_a_householder_on_the_day(register: sa.Engine) -> None:
    with pytest.raises(EventRefusedError) as refused:
        _file(register, "P-03-2")
    assert [fault.code for fault in refused.value.faults] == ["household_without_householder"]
    _file(register, "P-03-2", relationships={"P-03": "世帯主"})
    assert current(register, "P-03").relationship == "妻"
    told = _Told(register)
    told.work(MIDNIGHT)
    wife = current(register, "P-03")
    assert (wife.relationship, wife.householder_name) == ("世帯主", wife.full_name)
    assert any(people == ["P-03"] and set(items) == {"relationship", "householder_name"} for _, people, items in told.changes)


def test_who_dies_before_the_day_is_not_struck_again(register: sa.Engine) -> None:
    _file(register, "P-01")
    apply(register, AT + timedelta(days=1), event_id="E-2", type="death", resident="P-01", event_date="2026-04-02")
    told = _Told(register)
    told.work(MIDNIGHT)
    assert current(register, "P-01").status == "dead"
    assert sum("P-01" in people for _, people, _ in told.changes) == 1


def test_who_comes_back_keeps_number_and_history(register: sa.Engine) -> None:
    _file(register, "P-01")
    _Told(register).work(MIDNIGHT)
    before = current(register, "P-01")
    person = newcomer(resident_id="P-01", **ADDRESS)
    del person["individual_number"], person["resident_code"]
    apply(register, AT + timedelta(days=60), event_id="E-2", type="move-in", event_date="2026-05-30", household="H-NEW", persons=[person])
    record = current(register, "P-01")
    assert (record.status, record.struck_on, record.moving_out_on) == ("resident", None, None)
    assert (record.individual_number, record.resident_code) == (before.individual_number, before.resident_code)
    with read(register) as connection:
        assert [entry.snapshot.history_number for entry in full_history(connection, "P-01")] == [1, 2, 3, 4]
    assert not any(entry["event_id"] == "E-2" for entry in outbox(register))


def test_an_imported_plan_is_struck_too(register: sa.Engine) -> None:
    _Told(register).work(datetime(2026, 4, 10, 15, 0, tzinfo=UTC))
    assert current(register, "P-06").status == "moved_out"
