"""What issuing reads: the newest live record, the household's frame, no numbers, and locks that keep events away."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from issuer.municipality.register import Municipality, RecordView, own_register, read_municipality, read_record
from runtime.store import begin, read
from schemas.errors import WarifuError
from tests.issuer.municipality.register.registers import AT, NEW_HOME, apply, persona


def _view(engine: sa.Engine, resident_id: str, at: datetime | None = None) -> RecordView:
    with read(engine) as connection:
        return read_record(connection, resident_id, at=at)


def _refusal(engine: sa.Engine, resident_id: str, at: datetime | None = None) -> str:
    with pytest.raises(WarifuError) as refused:
        _view(engine, resident_id, at)
    return refused.value.code


def test_the_newest_record_comes_with_its_version_and_without_numbers(register: sa.Engine) -> None:
    apply(register, type="move-within", household="H-P-01", address=NEW_HOME)
    view = _view(register, "P-01")
    assert (view.record_version, view.record.address_town) == (2, "関所前")
    assert (view.record.individual_number, view.record.resident_code) == (None, None)
    assert view.record.family_name == persona("P-01").family_name
    assert view.municipality == Municipality("999997", "割符市")


def test_the_household_shows_who_is_protected(register: sa.Engine) -> None:
    household = _view(register, "P-09-2").household
    assert household.protected
    assert (household.householder_id, household.householder_name) == ("P-09", "伊藤\u3000真由美")
    assert [(member.resident_id, member.protected) for member in household.members] == [("P-09", True), ("P-09-2", True)]
    assert not _view(register, "P-10").household.protected


def test_a_measure_counts_until_an_event_ends_it(register: sa.Engine) -> None:
    later = datetime(2036, 1, 1, tzinfo=UTC)
    assert _view(register, "P-09", later).record.protected


def test_those_who_left_are_no_members(register: sa.Engine) -> None:
    apply(register, type="death", resident="P-10", relationships={"P-10-2": "世帯主"})
    household = _view(register, "P-10-3").household
    assert "P-10" not in {member.resident_id for member in household.members}
    assert household.householder_id == "P-10-2"


def test_nobody_and_the_dead_are_refused(register: sa.Engine) -> None:
    apply(register, type="death", resident="P-05")
    assert _refusal(register, "P-05") == "record_struck"
    assert _refusal(register, "X-1") == "resident_unknown"
    assert _refusal(register, "' OR 1=1 --") == "resident_unknown"


def test_a_planned_day_that_has_come_counts_without_any_worker(register: sa.Engine) -> None:
    before, after = datetime(2026, 4, 10, 14, 59, tzinfo=UTC), datetime(2026, 4, 10, 15, 0, tzinfo=UTC)
    assert _view(register, "P-06", before).record.status == "moving_out"
    assert _refusal(register, "P-06", after) == "record_struck"


def test_a_store_belongs_to_one_municipality(register: sa.Engine) -> None:
    with begin(register) as connection:
        own_register(connection, Municipality("999997", "割符新市"))
        assert read_municipality(connection) == Municipality("999997", "割符新市")
    with pytest.raises(WarifuError) as refused, begin(register) as connection:
        own_register(connection, Municipality("999989", "隣町市"))
    assert refused.value.code == "municipality_mismatch"


@pytest.mark.postgresql
def test_an_event_waits_for_a_record_that_is_being_reserved(register: sa.Engine) -> None:
    impatient = register.execution_options()
    sa.event.listen(register, "connect", lambda connection, _: connection.execute("SET lock_timeout = '100ms'"))
    with begin(register) as reserving:
        read_record(reserving, "P-09", at=AT)
        register.pool.dispose()
        with pytest.raises(WarifuError) as refused:
            apply(impatient, type="support-end", household="H-P-09")
    assert refused.value.code == "store_busy"
    assert _view(register, "P-09").record.protected


@pytest.mark.postgresql
def test_a_reservation_waits_for_an_event_on_another_member(register: sa.Engine) -> None:
    with begin(register) as changing, begin(register) as reserving:
        changing.execute(sa.text("SELECT 1 FROM resident_current WHERE resident_id = 'P-10-6' FOR UPDATE"))
        reserving.execute(sa.text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(WarifuError) as refused:
            read_record(reserving, "P-10", at=AT)
        reserving.rollback()
    assert refused.value.code == "store_busy"
