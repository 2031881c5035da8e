"""Taking residents into an empty or standing register: every bad line is found, then all or nothing enters the history."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import sqlalchemy as sa

from issuer.municipality.register.check import check_household
from issuer.municipality.register.consequences import plan_strike
from issuer.municipality.register.csv_file import Line, LineFault, write_value
from issuer.municipality.register.history import EventMark, Snapshot, append, note_event, of_households
from issuer.municipality.register.record import ITEMS, ResidentRecord
from issuer.store.municipality.register import resident_current
from runtime.store import begin
from schemas.errors import WarifuError
from schemas.japan.ages import japan_day
from schemas.japan.relationships import HOUSEHOLDER

CAUSE: Final = "ex-officio-entry"
_CLAUSE: Final = "docs/import-format.md"
_CHUNK: Final = 500
_UNIQUE: Final = ("resident_id", "individual_number", "resident_code")


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did: persons and households that entered, and every fault of the lines that did not."""

    residents: int
    households: int
    event_id: str
    faults: tuple[LineFault, ...] = ()

    @property
    def refused_lines(self) -> int:
        """How many lines were left out."""
        return len({fault.line for fault in self.faults})


class ImportRefusedError(WarifuError):
    """Nothing was imported; ``faults`` names every bad line by number, field and reason."""

    def __init__(self, faults: Sequence[LineFault]) -> None:
        lines = len({fault.line for fault in faults})
        super().__init__(
            "import_refused",
            f"{lines} line(s) have faults; nothing was imported",
            hint="mend the lines named above, or leave them out with --skip-bad",
            clause=_CLAUSE,
            layer="parse",
        )
        self.faults = tuple(faults)


def import_lines(engine: sa.Engine, lines: Iterable[Line], *, at: datetime, skip_bad: bool = False) -> ImportResult:
    """Import the lines of a file in one transaction.

    A household is taken or left as a whole where its householder is missing or its address is not one.

    Args:
        engine: the store.
        lines: from :func:`issuer.municipality.register.csv_file.read_lines`.
        at: when it is recorded.
        skip_bad: leave bad lines out instead of refusing the file.

    Raises:
        ImportRefusedError: where a line is bad and ``skip_bad`` is not asked for.
        WarifuError: ``import_empty``, ``csv_header_invalid``, and what the store refuses.
    """
    read, faults = _collect(lines)
    with begin(engine) as connection:
        good, more = _check_together(connection, read)
        faults = sorted([*faults, *more], key=lambda fault: fault.line)
        if faults and not skip_bad:
            raise ImportRefusedError(faults)
        records = [record for _, record in good]
        return enter_records(connection, records, at=at, faults=faults)


def enter_records(
    connection: sa.Connection, records: Sequence[ResidentRecord], *, at: datetime, faults: Sequence[LineFault] = ()
) -> ImportResult:
    """Write checked records of new residents as the first rows of their histories, in the caller's transaction.

    Raises:
        WarifuError: ``import_empty``.
    """
    if not records:
        raise WarifuError("import_empty", "there is no resident to import", hint="check the file", clause=_CLAUSE, layer="parse")
    digest = _digest(records)
    event_id = f"import-{digest[:32]}"
    if not note_event(connection, event_id, kind="import", content_hash=digest, at=at):
        raise WarifuError("imported_already", "the same residents were imported before", layer="store")
    mark = EventMark(event_id, CAUSE, japan_day(at).isoformat(), None, at)
    append(connection, [Snapshot(record, 1) for record in records], mark)
    _plan_strikes(connection, records, event_id)
    return ImportResult(len(records), len({record.household_id for record in records}), event_id, tuple(faults))


def _digest(records: Sequence[ResidentRecord]) -> str:
    hasher = hashlib.sha256()
    for record in records:
        hasher.update("\x1f".join(write_value(getattr(record, item.column)) for item in ITEMS).encode() + b"\n")
    return hasher.hexdigest()


def _plan_strikes(connection: sa.Connection, records: Sequence[ResidentRecord], event_id: str) -> None:
    """People who come in with a 転出予定 are struck on their day like those who file it here."""
    days: dict[date, list[str]] = defaultdict(list)
    for record in records:
        if record.status == "moving_out" and record.moving_out_on is not None:
            days[record.moving_out_on].append(record.resident_id)
    for day, residents in sorted(days.items()):
        plan_strike(connection, residents, event_id=event_id, cause="domestic-move-out", day=day)


_Read = list[tuple[int, ResidentRecord]]


def _collect(lines: Iterable[Line]) -> tuple[_Read, list[LineFault]]:
    """Part good lines from faults, and find what one file says twice."""
    good: _Read = []
    faults: list[LineFault] = []
    seen: dict[tuple[str, str], int] = {}
    for line in lines:
        found = list(line.faults)
        if line.record is not None:
            found += _repeated(line.record, line.number, seen)
        if line.record is not None and not found:
            good.append((line.number, line.record))
        faults += found
    return good, faults


def _repeated(record: ResidentRecord, number: int, seen: dict[tuple[str, str], int]) -> list[LineFault]:
    found = []
    for name in _UNIQUE:
        value = getattr(record, name)
        first = seen.setdefault((name, value), number) if value else number
        if first != number:
            found.append(LineFault(number, name, "repeated_in_file", f"line {first} has the same value"))
    return found


def _check_together(connection: sa.Connection, read: _Read) -> tuple[_Read, list[LineFault]]:
    """Check against the register and within households; returns the lines that remain, with 世帯主の氏名 filled in."""
    faults = list(_known_already(connection, read))
    bad = {fault.line for fault in faults}
    households: dict[str, _Read] = defaultdict(list)
    for number, record in read:
        if number not in bad:
            households[record.household_id].append((number, record))
    standing = _standing(connection, households)
    kept: _Read = []
    for household_id, lines in households.items():
        members = [record for _, record in lines]
        found = check_household(members + standing.get(household_id, []))
        if found:
            faults += [LineFault(number, fault.item, fault.code, fault.reason) for number, _ in lines for fault in found]
            continue
        named, wrong = _with_householder(lines, members + standing.get(household_id, []))
        kept += named
        faults += wrong
    return sorted(kept, key=lambda line: line[0]), faults


def _known_already(connection: sa.Connection, read: _Read) -> Iterable[LineFault]:
    for name in _UNIQUE:
        lines = {getattr(record, name): number for number, record in read if getattr(record, name)}
        values = sorted(lines)
        column = resident_current.c[name]
        for start in range(0, len(values), _CHUNK):
            for value in connection.scalars(sa.select(column).where(column.in_(values[start : start + _CHUNK]))):
                yield LineFault(lines[value], name, "known_already", "the register holds a resident with the same value")


def _standing(connection: sa.Connection, households: Iterable[str]) -> dict[str, list[ResidentRecord]]:
    """Return who already lives in the households that lines join."""
    ids, found = sorted(households), defaultdict(list)
    for start in range(0, len(ids), _CHUNK):
        for one in of_households(connection, ids[start : start + _CHUNK], lock="exclusive"):
            found[one.record.household_id].append(one.record)
    return found


def _with_householder(lines: _Read, members: Sequence[ResidentRecord]) -> tuple[_Read, list[LineFault]]:
    name = next((member.full_name for member in members if member.live and member.relationship == HOUSEHOLDER), None)
    kept: _Read = []
    wrong: list[LineFault] = []
    for number, record in lines:
        if record.householder_name not in (None, name) and record.live:
            wrong.append(LineFault(number, "householder_name", "householder_name_differs", "the 世帯主 of the household has another name"))
        else:
            kept.append((number, dataclasses.replace(record, householder_name=name) if record.live else record))
    return kept, wrong
