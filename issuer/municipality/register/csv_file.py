"""The CSV form of the register: one line a person, one column an item; docs/import-format.md is its description.

Every physical line stands for itself, so that a broken one is named by its number and none hides another: a line break
inside a quoted field is refused.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, Any, Final

from issuer.municipality.register.check import Fault, check_record
from issuer.municipality.register.items import Item, ItemValue
from issuer.municipality.register.record import ITEMS, ResidentRecord
from schemas.errors import WarifuError
from schemas.japan.dates import JapaneseDate

INTERNAL: Final = "_internal"
"""Suffix of the column with the decided day of a date that may be unknown: ``birth_date_internal``."""
INTERNAL_LABEL: Final = "（内部日付）"
MAX_LINE_BYTES: Final = 64 * 1024
_BOM: Final = b"\xef\xbb\xbf"
_CLAUSE: Final = "docs/import-format.md"


@dataclass(frozen=True, slots=True)
class LineFault:
    """One thing wrong in a file: line (1 is the header), column, stable code and reason; never the value."""

    line: int
    field: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line as read: its record where it could be made, and its faults."""

    number: int
    record: ResidentRecord | None
    faults: tuple[LineFault, ...]


def columns() -> tuple[str, ...]:
    """Return the header: the items in order, each date that may be unknown followed by its internal day."""
    names: list[str] = []
    for item in ITEMS:
        names.append(item.name)
        if item.kind == "japanese_date":
            names.append(item.name + INTERNAL)
    return tuple(names)


def read_lines(stream: Iterable[bytes]) -> Iterator[Line]:
    """Yield one :class:`Line` for every line with content after the header.

    Args:
        stream: the lines of the file as bytes, UTF-8, with or without a byte order mark.

    Raises:
        WarifuError: ``csv_header_invalid`` where the first line names an unknown, repeated or missing column.
    """
    lines = iter(stream)
    header = _read_header(next(lines, b"").removeprefix(_BOM))
    for number, raw in enumerate(lines, start=2):
        text, faults = _decode(raw, number)
        if text is None:
            yield Line(number, None, faults)
        elif text.strip():
            yield _read_line(text, number, header)


def write_csv(stream: IO[str], records: Iterable[ResidentRecord]) -> int:
    """Write the header and one line a record (UTF-8, LF); returns how many lines follow the header.

    A file that :func:`read_lines` reads gives the same records back, code point by code point.
    """
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns())
    count = 0
    for record in records:
        writer.writerow(_cells(record))
        count += 1
    return count


def _cells(record: ResidentRecord) -> Iterator[str]:
    for item in ITEMS:
        value = getattr(record, item.column)
        yield write_value(value)
        if item.kind == "japanese_date":
            yield _internal_cell(value)


def _internal_cell(value: JapaneseDate | None) -> str:
    if value is None or value == JapaneseDate.parse(value.text):
        return ""
    return value.internal.isoformat()


def write_value(value: ItemValue) -> str:
    """Return the text of one value: blank for none, 1 and 0 for flags, YYYY-MM-DD for days, dates as the register has them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, JapaneseDate):
        return value.text
    return value.isoformat() if isinstance(value, date) else str(value)


def read_value(item: Item, text: str, *, internal: date | None = None) -> ItemValue:
    """Return the value that ``text`` (not blank) states for ``item``.

    Raises:
        WarifuError: ``item_invalid``, ``bad_date``, ``date_outside_era``, ``unknown_era``.
    """
    if item.kind == "japanese_date":
        return JapaneseDate.parse(text, internal=internal)
    if item.kind == "day":
        return read_day(text)
    if item.kind == "flag":
        if text not in _FLAGS:
            raise _invalid("1 (有) or 0 (無) was expected")
        return _FLAGS[text]
    if item.kind == "number":
        if not (text.isascii() and text.isdigit() and len(text) <= 4):
            raise _invalid("a number was expected")
        return int(text)
    if item.kind == "choice":
        return next((code for code, label in item.choices.items() if text in (code, label)), text)
    return text


_FLAGS: Final = {"1": True, "0": False, "有": True, "無": False}


def read_day(text: str) -> date:
    """Return a calendar day written YYYY-MM-DD.

    Raises:
        WarifuError: ``item_invalid``.
    """
    if len(text) != 10 or not text.isascii():
        raise _invalid("a day is written YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _invalid("a day is written YYYY-MM-DD and exists in the calendar") from error


def _invalid(message: str) -> WarifuError:
    return WarifuError("item_invalid", message, clause=_CLAUSE, layer="parse")


def _read_header(raw: bytes) -> Sequence[str]:
    text, faults = _decode(raw, 1)
    row = _split(text) if text is not None else None
    if row is None or faults:
        raise _bad_header("the first line is no CSV header in UTF-8")
    labels = {item.label: item.name for item in ITEMS}
    labels |= {item.label + INTERNAL_LABEL: item.name + INTERNAL for item in ITEMS if item.kind == "japanese_date"}
    known = frozenset(columns())
    names = [labels.get(cell.strip(), cell.strip()) for cell in row]
    for place, name in enumerate(names, start=1):
        if name not in known:
            raise _bad_header(f"column {place} of the header is not known")
        if name in names[: place - 1]:
            raise _bad_header(f"the column {name} stands twice")
    missing = [item.name for item in ITEMS if item.needed == "always" and item.name not in names and item.column not in _DEFAULTED]
    if missing:
        raise _bad_header(f"the column {missing[0]} is missing")
    return names


_DEFAULTED: Final = frozenset({"position", "status", "kind", "relationship", "support_state", "card_status"})
"""Items whose blank cell, or absent column, means the default of the record."""


def _bad_header(message: str) -> WarifuError:
    return WarifuError(
        "csv_header_invalid", message, hint="the header is described in docs/import-format.md", clause=_CLAUSE, layer="parse"
    )


def _decode(raw: bytes, number: int) -> tuple[str | None, tuple[LineFault, ...]]:
    if len(raw) > MAX_LINE_BYTES:
        return None, (LineFault(number, "", "line_too_long", f"a line has at most {MAX_LINE_BYTES} bytes"),)
    try:
        return raw.decode("utf-8").rstrip("\r\n"), ()
    except UnicodeDecodeError as error:
        return None, (LineFault(number, "", "not_utf8", f"byte {error.start + 1} of the line is not UTF-8"),)


def _split(text: str) -> list[str] | None:
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        return None


def _read_line(text: str, number: int, header: Sequence[str]) -> Line:
    row = _split(text)
    if row is None:
        return Line(number, None, (LineFault(number, "", "bad_quoting", "a quotation mark is not closed on its line or stands wrong"),))
    if len(row) != len(header):
        reason = f"the line has {len(row)} fields, the header {len(header)}"
        return Line(number, None, (LineFault(number, "", "field_count", reason),))
    cells = {name: cell for name, cell in zip(header, row, strict=True) if cell}
    values, faults = _read_cells(cells)
    blank = [item for item in ITEMS if item.name in ("resident_id", "household_id") and item.name not in values]
    faults += [Fault(item.name, "item_missing", "the item may not be blank") for item in blank if item.name not in cells]
    record = None if blank else ResidentRecord(**values)
    if record is not None:
        broken = {fault.item for fault in faults}
        faults += [fault for fault in check_record(record) if fault.item not in broken]
    return Line(number, record, tuple(LineFault(number, fault.item, fault.code, fault.reason) for fault in faults))


def _read_cells(cells: Mapping[str, str]) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for item in ITEMS:
        name = item.name + INTERNAL
        try:
            day = read_day(cells[name]) if name in cells else None
            if day is not None and item.name not in cells:
                raise _invalid("an internal day stands beside no date")
            name = item.name
            if name in cells:
                values[item.column] = read_value(item, cells[name], internal=day)
        except WarifuError as error:
            faults.append(Fault(name, error.code, error.message))
    return values, faults
