"""The CSV form: what is written comes back code point by code point; every bad line is named and hides no other."""

from __future__ import annotations

import io
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.municipality.register.csv_file import MAX_LINE_BYTES, Line, columns, read_lines, write_csv
from issuer.municipality.register.generate import generate
from issuer.municipality.register.personas import personas
from issuer.municipality.register.record import ITEMS, ResidentRecord
from schemas.errors import WarifuError
from tests.issuer.municipality.register.registers import CITY


def _csv(records: list[ResidentRecord]) -> bytes:
    stream = io.StringIO()
    write_csv(stream, records)
    return stream.getvalue().encode()


def _read(data: bytes) -> list[Line]:
    return list(read_lines(io.BytesIO(data)))


def _with(line: int, column: str, value: str) -> bytes:
    """Return the personas' file with one cell replaced; ``line`` 2 is P-01."""
    rows = [row.split(",") for row in _csv(personas(CITY)).decode().splitlines()]
    rows[line - 1][columns().index(column)] = value
    return "\n".join(",".join(row) for row in rows).encode()


def test_what_is_written_comes_back() -> None:
    records = list(generate(CITY, households=60, seed=4))
    lines = _read(_csv(records))
    assert [line.record for line in lines] == records
    assert [line.number for line in lines] == list(range(2, len(records) + 2))
    assert not any(line.faults for line in lines)


@settings(max_examples=200)
@given(st.integers(min_value=0, max_value=2**32), st.dates(min_value=date(2020, 1, 1), max_value=date(2040, 12, 31)))
def test_any_city_comes_back(seed: int, today: date) -> None:
    city = type(CITY)(CITY.code, CITY.name, CITY.prefecture, today)
    records = list(generate(city, households=1, seed=seed))[-3:]
    assert [line.record for line in _read(_csv(records))] == records


def test_a_byte_order_mark_and_crlf_are_accepted() -> None:
    data = b"\xef\xbb\xbf" + _csv(personas(CITY)).replace(b"\n", b"\r\n")
    assert [line.record for line in _read(data)] == personas(CITY)


def test_the_header_may_be_japanese() -> None:
    labels = {item.name: item.label for item in ITEMS}
    header, rest = _csv(personas(CITY)).split(b"\n", 1)
    cells = [name.removesuffix("_internal") for name in header.decode().split(",")]
    japanese = ",".join(
        labels[cell] + ("（内部日付）" if name.endswith("_internal") else "") for cell, name in zip(cells, columns(), strict=True)
    )
    assert [line.record for line in _read(japanese.encode() + b"\n" + rest)] == personas(CITY)


def test_choices_and_flags_may_be_japanese() -> None:
    data = _csv(personas(CITY)[:1]).decode().replace(",male,", ",男,").replace(",resident,japanese,", ",住民,日本人,")
    assert _read(data.encode())[0].record == personas(CITY)[0]


def test_blank_lines_are_passed_over() -> None:
    data = _csv(personas(CITY)[:1]) + b"\n   \n"
    assert len(_read(data)) == 1


def test_columns_may_be_left_out_and_stand_in_any_order() -> None:
    cells = {
        "household_id": "H1",
        "resident_id": "R1",
        "family_name": "山田",
        "birth_date": "S55.3.3",
        "sex": "女",
        "domicile": "なし",
        "koseki_head": "不明",
        "became_resident_on": "平成2年1月1日",
        "address.prefecture": "東京都",
        "address.city": "割符市",
        "address.town": "宿場",
        "address.block": "1番",
        "resident_code": "99901234560",
    }
    header, row = ",".join(cells), ",".join(cells.values())
    line = _read(f"{header}\n{row}\n".encode())[0]
    assert line.faults == ()
    assert line.record is not None
    assert (line.record.status, line.record.kind, line.record.relationship) == ("resident", "japanese", "世帯主")
    assert line.record.birth_date is not None
    assert (line.record.birth_date.text, line.record.birth_date.iso) == ("S55.3.3", "1980-03-03")


@pytest.mark.parametrize(
    ("column", "value", "field", "code"),
    [
        ("birth_date", "昭和99年1月1日", "birth_date", "date_outside_era"),
        ("birth_date", "きのう", "birth_date", "bad_date"),
        ("birth_date", "年月日不詳", "birth_date", "internal_day_missing"),
        ("birth_date_internal", "1985/04/01", "birth_date_internal", "item_invalid"),
        ("birth_date_internal", "1985-02-30", "birth_date_internal", "item_invalid"),
        ("death_date_internal", "2026-01-01", "death_date_internal", "item_invalid"),
        ("address_reported_on", "20080407", "address_reported_on", "item_invalid"),
        ("address_reported_on", "２００８-04-07", "address_reported_on", "item_invalid"),
        ("electoral_roll", "yes", "electoral_roll", "item_invalid"),
        ("position", "一", "position", "item_invalid"),
        ("position", "-1", "position", "item_invalid"),
        ("sex", "男性", "sex", "item_invalid"),
        ("individual_number", "123456789012", "individual_number", "bad_individual_number"),
        ("resident_id", "", "resident_id", "item_missing"),
        ("relationship", "孫", "relationship", "bad_relationship"),
        ("family_name_kana", "ﾜﾀﾅﾍﾞ", "family_name_kana", "bad_kana"),
    ],
)
def test_a_bad_cell_is_named_by_line_field_and_code(column: str, value: str, field: str, code: str) -> None:
    lines = _read(_with(3, column, value))
    assert [line.number for line in lines if line.faults] == [3]
    assert [(fault.line, fault.field, fault.code) for fault in lines[1].faults][:1] == [(3, field, code)]
    assert not value or not any(value in fault.reason for fault in lines[1].faults)


def test_every_fault_of_a_line_is_reported() -> None:
    rows = _with(2, "birth_date", "x").decode().split("\n")
    rows[1] = rows[1].replace("male", "m").replace("9990002", "99")
    faults = _read("\n".join(rows).encode())[0].faults
    assert {fault.field for fault in faults} == {"birth_date", "sex", "address.postal_code"}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\xff\xfe,x\n", "not_utf8"),
        (b'"unclosed,1\n', "bad_quoting"),
        (b'"a"b,1\n', "bad_quoting"),
        (b"1,2,3\n", "field_count"),
        (b"x" * (MAX_LINE_BYTES + 1) + b"\n", "line_too_long"),
    ],
)
def test_a_line_that_is_no_record_hides_no_other(raw: bytes, code: str) -> None:
    header, rest = _csv(personas(CITY)).split(b"\n", 1)
    lines = _read(header + b"\n" + raw + rest)
    assert [fault.code for fault in lines[0].faults] == [code]
    assert [line.record for line in lines[1:]] == personas(CITY)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"resident_id,household_id\n",
        b"moon," + ",".join(columns()).encode(),
        b"resident_id," + ",".join(columns()).encode(),
        "宛名番号,".encode() + ",".join(columns()).encode(),
        b"\xff" + ",".join(columns()).encode(),
        ",".join(columns()).encode("utf-16"),
    ],
)
def test_a_header_that_leaves_a_doubt_is_refused(header: bytes) -> None:
    with pytest.raises(WarifuError) as refused:
        _read(header)
    assert refused.value.code == "csv_header_invalid"
