"""What each event does to records, history and outbox, and whom it leaves alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from issuer.municipality.register.events import EventRefusedError
from issuer.municipality.register.history import full_history
from runtime.store import read
from schemas.errors import WarifuError
from tests.issuer.municipality.register.registers import ADDRESS, AT, NEW_HOME, apply, changed, current, newcomer, outbox

ADDRESS_ITEMS = {"address.postal_code", "address.town", "address.block", "address_set_on", "address_reported_on"}


def _causes(engine: sa.Engine, resident_id: str) -> list[str]:
    with read(engine) as connection:
        return [entry.mark.cause for entry in full_history(connection, resident_id)]


def _refused(engine: sa.Engine, **event: Any) -> WarifuError:
    before = outbox(engine)
    with pytest.raises(WarifuError) as refused:
        apply(engine, **event)
    assert outbox(engine) == before
    return refused.value


def test_a_whole_household_moves_and_nobody_else(register: sa.Engine) -> None:
    neighbours = {one: current(register, one) for one in ("P-01", "P-09", "P-04")}
    applied = apply(register, type="move-within", household="H-P-10", address=NEW_HOME | {"block": "１番"}, filed_on="2026-04-01")
    assert {one.resident_id for one in applied.changes} == {"P-10", *(f"P-10-{number}" for number in range(2, 7))}
    record = current(register, "P-10-3")
    assert (record.address_block, record.household_id, record.relationship) == ("１番", "H-P-10", "子")
    assert record.address_set_on is not None
    assert record.address_set_on.text == "令和8年4月1日"
    assert record.address_reported_on == date(2026, 4, 1)
    assert changed(register) == {"P-06": {"status"}} | {
        one.resident_id: {"address.block", "address_set_on", "address_reported_on"} for one in applied.changes
    }
    assert {one: current(register, one) for one in neighbours} == neighbours
    assert _causes(register, "P-10") == ["ex-officio-entry", "move-within"]
    assert _causes(register, "P-01") == ["ex-officio-entry"]


def test_the_change_is_due_at_once_and_told_once_for_all_alike(register: sa.Engine) -> None:
    apply(register, type="move-within", household="H-P-10", address=NEW_HOME)
    entries = [entry for entry in outbox(register) if entry["event_id"] == "E-1"]
    assert len(entries) == 1
    assert (entries[0]["topic"], entries[0]["due"], entries[0]["due_date"]) == ("record_changed", AT, "2026-04-01")


def test_some_members_move_into_a_household_of_their_own(register: sa.Engine) -> None:
    apply(
        register,
        type="move-within",
        residents=["P-10-3", "P-10-4", "P-10-5"],
        address=NEW_HOME | {"building": "新居１０１"},
        to_household="H-NEW",
        relationships={"P-10-3": "世帯主", "P-10-4": "妻", "P-10-5": "子"},
    )
    child = current(register, "P-10-5")
    assert (child.household_id, child.relationship, child.householder_name) == ("H-NEW", "子", "長谷川\u3000誠")
    assert changed(register).keys() == {"P-06", "P-10-3", "P-10-4", "P-10-5"}
    assert {"household_id", "relationship", "householder_name"} <= changed(register)["P-10-5"]
    assert current(register, "P-10").household_id == "H-P-10"


def test_movers_who_leave_others_must_say_where_to(register: sa.Engine) -> None:
    error = _refused(register, type="move-within", residents=["P-10-3"], address=NEW_HOME)
    assert isinstance(error, EventRefusedError)
    assert [fault.code for fault in error.faults] == ["household_missing"]


def test_a_move_that_leaves_a_household_without_householder_is_refused_whole(register: sa.Engine) -> None:
    before = current(register, "P-10")
    error = _refused(register, type="move-within", residents=["P-10"], address=NEW_HOME, to_household="H-NEW")
    assert isinstance(error, EventRefusedError)
    assert {fault.code for fault in error.faults} == {"household_without_householder"}
    assert current(register, "P-10") == before


def test_a_foreign_residents_dates_are_western(register: sa.Engine) -> None:
    apply(register, type="move-within", household="H-P-02", address=NEW_HOME)
    assert current(register, "P-02").address_set_on.text == "2026年4月1日"


def test_a_move_in_founds_a_household(register: sa.Engine) -> None:
    persons = [newcomer(900, **ADDRESS), newcomer(901, **ADDRESS, relationship="妻", sex="female")]
    applied = apply(register, type="move-in", household="H-NEW", persons=persons)
    assert [(one.resident_id, one.history_number) for one in applied.changes] == [("N-900", 1), ("N-901", 1)]
    wife = current(register, "N-901")
    assert (wife.householder_name, wife.status, wife.position) == ("新田\u3000歩", "resident", 2)
    assert wife.became_resident_on is not None
    assert wife.became_resident_on.iso == "2026-04-01"
    assert _causes(register, "N-900") == ["domestic-move-in"]
    assert changed(register).keys() == {"P-06"}


def test_a_move_in_joins_a_standing_household(register: sa.Engine) -> None:
    apply(register, type="move-in", household="H-P-01", from_abroad=True, persons=[newcomer(relationship="弟")])
    assert current(register, "N-900").address_town == current(register, "P-01").address_town
    assert _causes(register, "N-900") == ["move-in-from-abroad"]


@pytest.mark.parametrize(
    ("items", "place"),
    [
        ({"resident_id": "P-01"}, "persons.0.resident_id"),
        ({"resident_id": None}, "persons.0.resident_id"),
        ({"status": "resident"}, "persons.0"),
        ({"support_state": "active"}, "persons.0"),
        ({"birth_date": 19980101}, "persons.0.birth_date"),
        ({"electoral_roll": "1"}, "persons.0.electoral_roll"),
        ({"position": "1"}, "persons.0.position"),
        ({"birth_date": "きのう"}, "persons.0.birth_date"),
        ({"family_name_internal": "2026-01-01"}, "persons.0"),
        ({"death_date_internal": "2026-01-01"}, "persons.0"),
        ({"became_resident_on_internal": "2026-01-01"}, "persons.0.became_resident_on_internal"),
        ({"sex": None}, "sex"),
        ({"individual_number": "123456789012"}, "individual_number"),
    ],
)
def test_a_person_with_faults_does_not_move_in(register: sa.Engine, items: dict[str, Any], place: str) -> None:
    error = _refused(register, type="move-in", household="H-NEW", persons=[newcomer() | ADDRESS | items])
    assert isinstance(error, EventRefusedError)
    assert place in {fault.item for fault in error.faults}


def test_two_people_have_no_number_in_common(register: sa.Engine) -> None:
    number = current(register, "P-01").individual_number
    error = _refused(register, type="move-in", household="H-NEW", persons=[newcomer(**ADDRESS, individual_number=number)])
    assert isinstance(error, EventRefusedError)
    assert [(fault.item, fault.code) for fault in error.faults] == [("individual_number", "known_already")]


def test_a_change_of_name_reaches_the_whole_household(register: sa.Engine) -> None:
    apply(register, type="name-change", resident="P-03-2", items={"family_name": "髙橋", "family_name_kana": "タカハシ"})
    assert changed(register) == {
        "P-06": {"status"},
        "P-03-2": {"family_name", "family_name_kana", "householder_name"},
        "P-03": {"householder_name"},
    }
    assert current(register, "P-03").householder_name == "髙橋\u3000健一"


def test_former_name_and_alias_come_and_go(register: sa.Engine) -> None:
    deleted = {"former_family_name": None, "former_family_name_kana": None, "former_kana_certified": False}
    apply(register, type="name-change", resident="P-03", cause="former-name-deletion", items=deleted)
    assert current(register, "P-03").former_family_name is None
    alias = {"alias": None, "alias_kana": None, "alias_recorded_on": None, "alias_recorded_in": None}
    apply(register, event_id="E-2", type="name-change", resident="P-02", cause="alias-deletion", items=alias)
    assert changed(register)["P-02"] == set(alias)
    assert _causes(register, "P-03")[-1] == "former-name-deletion"


def test_a_change_of_name_touches_nothing_else(register: sa.Engine) -> None:
    error = _refused(register, type="name-change", resident="P-01", items={"address.town": "宿場"})
    assert isinstance(error, EventRefusedError)
    assert [fault.code for fault in error.faults] == ["item_unknown"]


def test_a_death_strikes_the_record_and_names_a_new_householder(register: sa.Engine) -> None:
    apply(register, type="death", resident="P-10", event_date="2026-03-30", relationships={"P-10-2": "世帯主", "P-10-6": "夫の母"})
    record = current(register, "P-10")
    assert (record.status, record.struck_on) == ("dead", date(2026, 3, 30))
    assert record.death_date is not None
    assert record.death_date.text == "令和8年3月30日"
    found = changed(register)
    assert "status" in found["P-10"]
    assert found["P-10-2"] == {"relationship", "householder_name"}
    assert found["P-10-3"] == {"householder_name"}
    assert current(register, "P-10-3").householder_name == "長谷川\u3000和子"


def test_a_householders_death_needs_a_successor(register: sa.Engine) -> None:
    error = _refused(register, type="death", resident="P-10")
    assert isinstance(error, EventRefusedError)
    assert {fault.code for fault in error.faults} == {"household_without_householder"}


def test_a_death_on_a_day_not_known(register: sa.Engine) -> None:
    apply(register, type="death", resident="P-05", event_date="2026-03-20", death_date="令和8年3月10日から20日頃までの間")
    death = current(register, "P-05").death_date
    assert death is not None
    assert (death.iso, death.internal) == (None, date(2026, 3, 20))


def test_nothing_happens_to_the_dead(register: sa.Engine) -> None:
    apply(register, type="death", resident="P-05")
    assert _refused(register, event_id="E-2", type="death", resident="P-05").code == "record_struck"
    assert _refused(register, event_id="E-3", type="move-within", residents=["P-05"], address=NEW_HOME).code == "record_struck"
    assert _refused(register, event_id="E-4", type="move-within", household="H-P-05", address=NEW_HOME).code == "household_unknown"


def test_a_child_is_born_into_a_household(register: sa.Engine) -> None:
    child = {key: value for key, value in newcomer(sex="female").items() if key not in ("birth_date", "domicile", "koseki_head")}
    apply(register, type="birth", household="H-P-04", event_date="2026-03-25", filed_on="2026-04-01", person=child)
    record = current(register, "N-900")
    parent = current(register, "P-04-2")
    assert record.birth_date is not None
    assert (record.birth_date.iso, record.relationship, record.koseki_head) == ("2026-03-25", "子", parent.koseki_head)
    assert (record.address_building, record.householder_name, record.position) == (parent.address_building, parent.full_name, 3)
    assert changed(register).keys() == {"P-06"}
    assert _causes(register, "P-04-2") == ["ex-officio-entry"]


def test_a_child_needs_a_household_and_a_number_of_its_own(register: sa.Engine) -> None:
    assert _refused(register, type="birth", household="H-NONE", person=newcomer()).code == "household_unknown"
    error = _refused(register, type="birth", household="H-P-04", person=newcomer(resident_id="P-04"))
    assert isinstance(error, EventRefusedError)


def test_support_begins_is_extended_and_ends(register: sa.Engine) -> None:
    apply(register, type="support-start", household="H-P-04", until="2027-03-31")
    assert current(register, "P-04").protected
    assert changed(register)["P-04"] == {"support_state", "support_from", "support_until"}
    apply(register, event_id="E-2", type="support-start", residents=["P-04"], until="2028-03-31")
    record = current(register, "P-04")
    assert (record.support_from, record.support_until) == (date(2026, 4, 1), date(2028, 3, 31))
    apply(register, event_id="E-3", type="support-end", household="H-P-04")
    assert not current(register, "P-04").protected
    assert _refused(register, event_id="E-4", type="support-end", residents=["P-04"]).code == "not_protected"


def test_an_active_measure_has_a_term_a_provisional_one_none(register: sa.Engine) -> None:
    error = _refused(register, type="support-start", residents=["P-01"])
    assert isinstance(error, EventRefusedError)
    apply(register, event_id="E-2", type="support-start", residents=["P-01"], state="provisional")
    assert current(register, "P-01").support_state == "provisional"


def test_a_household_is_split_at_one_address(register: sa.Engine) -> None:
    event = {"residents": ["P-10-6"], "to_household": "H-NEW", "relationships": {"P-10-6": "世帯主"}}
    apply(register, type="household-change", cause="household-split", **event)
    record = current(register, "P-10-6")
    assert (record.household_id, record.householder_name) == ("H-NEW", "長谷川\u3000キヨ")
    assert changed(register)["P-10-6"] == {"household_id", "relationship", "householder_name"}
    assert changed(register).keys() == {"P-06", "P-10-6"}


def test_a_correction_is_a_new_row(register: sa.Engine) -> None:
    items = {"residence_expires_on": "2028-04-06", "residence_card_number": "AB99990009CD"}
    apply(register, type="correction", resident="P-08", cause="ex-officio-amendment", items=items)
    assert current(register, "P-08").residence_expires_on == date(2028, 4, 6)
    assert changed(register)["P-08"] == set(items)
    for forbidden in ({"status": "dead"}, {"household_id": "H"}, {"relationship": "子"}, {"struck_on": "2026-01-01"}, {"moon": "x"}):
        error = _refused(register, event_id="E-2", type="correction", resident="P-08", cause="error-correction", items=forbidden)
        assert isinstance(error, EventRefusedError)


def test_an_event_that_changes_nothing_writes_no_row(register: sa.Engine) -> None:
    applied = apply(register, type="correction", resident="P-01", cause="error-correction", items={"sex": "male"})
    assert applied.changes == ()
    assert _causes(register, "P-01") == ["ex-officio-entry"]


def test_the_same_event_again_changes_nothing(register: sa.Engine) -> None:
    event: dict[str, Any] = {"type": "move-within", "household": "H-P-10", "address": NEW_HOME}
    first = apply(register, **event)
    waiting = outbox(register)
    again = apply(register, at=datetime(2026, 5, 1, tzinfo=UTC), **event)
    assert again.already_applied
    assert again.changes == first.changes
    assert outbox(register) == waiting


def test_an_event_id_is_used_once(register: sa.Engine) -> None:
    apply(register, type="death", resident="P-05")
    assert _refused(register, type="death", resident="P-01").code == "event_id_reused"
    assert current(register, "P-01").live


def test_a_refused_event_may_come_again_under_its_id(register: sa.Engine) -> None:
    _refused(register, type="death", resident="P-10")
    apply(register, type="death", resident="P-10", relationships={"P-10-2": "世帯主"})
    assert not current(register, "P-10").live


def test_events_and_filings_do_not_lie_ahead(register: sa.Engine) -> None:
    for dates in ({"event_date": "2026-04-02"}, {"filed_on": "2026-04-02"}):
        error = _refused(register, type="death", resident="P-05", **dates)
        assert isinstance(error, EventRefusedError)
        assert [fault.code for fault in error.faults] == ["day_ahead"]


def test_today_is_japans_day(register: sa.Engine) -> None:
    late = datetime(2026, 4, 1, 15, 0, tzinfo=UTC)
    apply(register, at=late, type="death", resident="P-05", event_date="2026-04-02")
    assert current(register, "P-05").struck_on == date(2026, 4, 2)


def test_unknown_residents_are_refused(register: sa.Engine) -> None:
    assert _refused(register, type="death", resident="X-1").code == "resident_unknown"
    error = _refused(register, type="move-within", household="H-P-01", address=NEW_HOME, relationships={"P-02": "妻"})
    assert isinstance(error, EventRefusedError)
    assert [fault.code for fault in error.faults] == ["resident_not_concerned"]
