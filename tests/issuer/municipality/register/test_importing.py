"""Import: all or nothing, every bad line at once, households whole, and planned moves in the outbox."""

from __future__ import annotations

import dataclasses
import io
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from issuer.municipality.register.csv_file import Line, LineFault, read_lines, write_csv
from issuer.municipality.register.generate import generate
from issuer.municipality.register.history import count_residents
from issuer.municipality.register.importing import ImportRefusedError, ImportResult, import_lines
from issuer.municipality.register.personas import personas
from issuer.municipality.register.record import ResidentRecord
from runtime.store import read
from schemas.errors import WarifuError
from tests.issuer.municipality.register.registers import AT, CITY, current, outbox


def _lines(records: list[ResidentRecord]) -> list[Line]:
    return [Line(number, record, ()) for number, record in enumerate(records, start=2)]


def _import(engine: sa.Engine, records: list[ResidentRecord], **options: Any) -> ImportResult:
    return import_lines(engine, _lines(records), at=AT, **options)


def _refused(engine: sa.Engine, records: list[ResidentRecord]) -> list[tuple[int, str, str]]:
    with pytest.raises(ImportRefusedError) as refused:
        _import(engine, records)
    assert refused.value.code == "import_refused"
    assert _count(engine) == 0
    return [(fault.line, fault.field, fault.code) for fault in refused.value.faults]


def _count(engine: sa.Engine) -> int:
    with read(engine) as connection:
        return count_residents(connection)


def _changed(index: int, **fields: Any) -> list[ResidentRecord]:
    records = personas(CITY)
    records[index] = dataclasses.replace(records[index], **fields)
    return records


def test_a_city_goes_through_csv_into_the_register(empty: sa.Engine) -> None:
    records = list(generate(CITY, households=200, seed=3))
    stream = io.StringIO()
    write_csv(stream, records)
    result = import_lines(empty, read_lines(io.BytesIO(stream.getvalue().encode())), at=AT)
    assert (result.residents, result.households, result.faults) == (len(records), 210, ())
    assert all(current(empty, record.resident_id) == record for record in records[:20] + records[-20:])


def test_all_bad_lines_are_named_and_nothing_enters(empty: sa.Engine) -> None:
    good = _lines(personas(CITY))
    bad = [
        Line(90, None, (LineFault(90, "", "bad_quoting", "r"),)),
        Line(91, None, (LineFault(91, "sex", "item_invalid", "r"), LineFault(91, "birth_date", "bad_date", "r"))),
    ]
    with pytest.raises(ImportRefusedError) as refused:
        import_lines(empty, [*good, *bad], at=AT)
    assert [(fault.line, fault.field) for fault in refused.value.faults] == [(90, ""), (91, "sex"), (91, "birth_date")]
    assert "2 line(s)" in refused.value.message
    assert _count(empty) == 0


def test_bad_lines_are_left_out_on_request(empty: sa.Engine) -> None:
    bad = Line(90, None, (LineFault(90, "", "bad_quoting", "r"),))
    result = import_lines(empty, [*_lines(personas(CITY)), bad], at=AT, skip_bad=True)
    assert (result.residents, result.refused_lines) == (len(personas(CITY)), 1)
    assert _count(empty) == len(personas(CITY))


def test_what_a_file_says_twice_is_refused_at_the_second_line(empty: sa.Engine) -> None:
    records = personas(CITY)
    again = dataclasses.replace(records[1], resident_id="P-01", individual_number=records[0].individual_number)
    found = _refused(empty, [records[0], again])
    assert found == [(3, "resident_id", "repeated_in_file"), (3, "individual_number", "repeated_in_file")]


def test_who_is_known_already_is_refused(register: sa.Engine) -> None:
    someone = dataclasses.replace(personas(CITY)[0], resident_id="X-1", household_id="H-X")
    with pytest.raises(ImportRefusedError) as refused:
        _import(register, [someone])
    codes = {(fault.field, fault.code) for fault in refused.value.faults}
    assert codes == {("individual_number", "known_already"), ("resident_code", "known_already")}


def test_a_household_without_householder_is_refused_line_by_line(empty: sa.Engine) -> None:
    family = [record for record in personas(CITY) if record.household_id == "H-P-10"]
    found = _refused(empty, family[1:])
    assert found == [(number, "relationship", "household_without_householder") for number in range(2, 7)]


def test_with_skip_bad_a_household_stays_out_whole_where_its_householder_does(empty: sa.Engine) -> None:
    records = personas(CITY)
    head = next(place for place, record in enumerate(records) if record.resident_id == "P-10")
    lines = _lines(records)
    lines[head] = Line(lines[head].number, None, (LineFault(lines[head].number, "sex", "item_invalid", "r"),))
    result = import_lines(empty, lines, at=AT, skip_bad=True)
    assert result.refused_lines == 6
    assert result.residents == len(records) - 6


def test_a_household_at_two_addresses_is_refused(empty: sa.Engine) -> None:
    place = next(place for place, record in enumerate(personas(CITY)) if record.resident_id == "P-10-3")
    found = _refused(empty, _changed(place, address_block="１番"))
    assert {code for _, _, code in found} == {"household_at_two_addresses"}
    assert len(found) == 6


def test_the_name_of_the_householder_is_filled_in_or_must_be_right(empty: sa.Engine) -> None:
    place = next(place for place, record in enumerate(personas(CITY)) if record.resident_id == "P-03")
    assert _refused(empty, _changed(place, householder_name="別人")) == [(place + 2, "householder_name", "householder_name_differs")]
    _import(empty, _changed(place, householder_name=None))
    assert current(empty, "P-03").householder_name == "佐藤\u3000健一"


def test_someone_may_join_a_standing_household(register: sa.Engine) -> None:
    sister = dataclasses.replace(
        personas(CITY)[0], resident_id="X-1", relationship="妹", individual_number=None, resident_code="99900000001", householder_name=None
    )
    _import(register, [sister])
    assert current(register, "X-1").householder_name == current(register, "P-01").full_name


def test_a_planned_move_is_in_the_outbox_with_its_day(register: sa.Engine) -> None:
    midnight = datetime(2026, 4, 10, 15, 0, tzinfo=UTC)
    entries = outbox(register)
    assert [(entry["topic"], entry["due"]) for entry in entries] == [("strike_due", midnight), ("record_changed", midnight)]
    assert entries[1]["resident_ids"] == ["P-06"]
    assert entries[1]["items"] == ["status"]
    assert entries[1]["due_date"] == "2026-04-11"


def test_an_empty_file_is_refused(empty: sa.Engine) -> None:
    with pytest.raises(WarifuError) as refused:
        import_lines(empty, [], at=AT)
    assert refused.value.code == "import_empty"


def test_the_same_file_again_is_refused(register: sa.Engine) -> None:
    with pytest.raises(ImportRefusedError):
        _import(register, personas(CITY))
    assert _count(register) == len(personas(CITY))
