"""How `warifu-issuer residents` prints its results: tables for people, JSON for programs (docs/schemas/residents.schema.json)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from issuer.municipality.register.check import Fault
from issuer.municipality.register.csv_file import LineFault, write_value
from issuer.municipality.register.events import AppliedEvent
from issuer.municipality.register.history import HistoryEntry, Snapshot
from issuer.municipality.register.importing import ImportResult
from issuer.municipality.register.items import STATUS, Item, ItemValue
from issuer.municipality.register.record import ITEMS, NUMBERS, ResidentRecord
from issuer.municipality.register.search import Found
from runtime import console
from runtime.console import words
from schemas.japan.dates import JapaneseDate


def print_written(path: Path, residents: int, *, as_json: bool) -> None:
    """Print where a CSV file was written and how many lines follow its header."""
    if as_json:
        console.print_json({"file": str(path), "residents": residents})
    else:
        console.print_line(words(ja=f"{path} に {residents} 人を書き出しました。", en=f"Wrote {residents} residents to {path}."))


def print_import(result: ImportResult, *, as_json: bool) -> None:
    """Print what an import did, and on stderr which lines were left out."""
    if as_json:
        refused = [asdict(fault) for fault in result.faults]
        console.print_json(
            {"residents": result.residents, "households": result.households, "event_id": result.event_id, "refused": refused}
        )
        return
    print_faults(result.faults, as_json=False)
    left = result.refused_lines
    console.print_line(
        words(
            ja=f"{result.households} 世帯 {result.residents} 人を取り込みました（除外 {left} 行）。",
            en=f"Imported {result.residents} residents in {result.households} households; {left} line(s) left out.",
        )
    )


def print_faults(faults: Sequence[LineFault], *, as_json: bool) -> None:
    """Print every bad line: on stdout as JSON of a refused import, or on stderr line by line."""
    if as_json:
        console.print_json({"residents": 0, "households": 0, "event_id": None, "refused": [asdict(fault) for fault in faults]})
        return
    for fault in faults:
        console.print_note(f"line {fault.line}: {fault.field or '-'}: {fault.code}: {fault.reason}")


def print_event_faults(faults: Sequence[Fault], *, as_json: bool) -> None:
    """Print every fault of an event file: as JSON on stdout, or on stderr."""
    if as_json:
        console.print_json({"applied": False, "faults": [asdict(fault) for fault in faults]})
        return
    for fault in faults:
        console.print_note(f"{fault.item or 'event'}: {fault.code}: {fault.reason}")


def print_applied(applied: AppliedEvent, *, as_json: bool) -> None:
    """Print whose record changed in which items."""
    if as_json:
        console.print_json(
            {
                "applied": True,
                "event_id": applied.event_id,
                "type": applied.type,
                "already_applied": applied.already_applied,
                "struck_from": applied.struck_from.isoformat() if applied.struck_from else None,
                "changes": [
                    {"resident_id": one.resident_id, "history_number": one.history_number, "items": sorted(one.items)}
                    for one in applied.changes
                ],
            }
        )
        return
    if applied.already_applied:
        console.print_line(words(ja="この異動は適用済みです。", en="This event was applied before; nothing was changed."))
    table = _table(words(ja="宛名番号", en="Resident"), words(ja="履歴番号", en="History"), words(ja="変わった項目", en="Changed items"))
    for one in applied.changes:
        table.add_row(one.resident_id, str(one.history_number), ", ".join(sorted(one.items)))
    Console().print(table)
    if applied.struck_from:
        day = applied.struck_from.isoformat()
        console.print_line(
            words(ja=f"転出予定日 {day} に消除されます。", en=f"The record is struck on {day}, or earlier by notice of arrival.")
        )


def print_found(found: Found, *, as_json: bool) -> None:
    """Print people found, one line each."""
    if as_json:
        console.print_json({"residents": [_summary(one) for one in found.people], "more": found.more})
        return
    headings = [
        ("宛名番号", "Resident"),
        ("氏名", "Name"),
        ("振り仮名", "Reading"),
        ("生年月日", "Born"),
        ("住所", "Address"),
        ("住民状態", "Status"),
    ]
    table = _table(*(words(ja=ja, en=en) for ja, en in headings))
    for one in found.people:
        row = _summary(one)
        protected = words(ja="（支援措置）", en=" (protected)") if row["protected"] else ""
        table.add_row(row["resident_id"], row["name"], row["kana"], row["birth_date"], row["address"], _status(one.record) + protected)
    Console().print(table)
    if found.more:
        console.print_note(words(ja="さらに該当者がいます。条件を絞ってください。", en="More people match; narrow the search."))


def print_resident(
    snapshot: Snapshot,
    members: Sequence[Snapshot],
    entries: Sequence[HistoryEntry],
    *,
    whole_history: bool,
    numbers: bool,
    as_json: bool,
) -> None:
    """Print one record with household and history; 個人番号 and 住民票コード only when asked for."""
    if as_json:
        console.print_json(_resident_json(snapshot, members, entries, whole_history=whole_history, numbers=numbers))
        return
    for entry in entries if whole_history else [entries[-1]]:
        _print_entry(entry, numbers=numbers)
    table = _table(
        *(words(ja=ja, en=en) for ja, en in (("宛名番号", "Resident"), ("氏名", "Name"), ("続柄", "Relationship"), ("状態", "Status")))
    )
    table.title = words(ja=f"世帯 {snapshot.record.household_id}", en=f"Household {snapshot.record.household_id}")
    for one in members:
        table.add_row(one.record.resident_id, one.record.full_name, one.record.relationship, _status(one.record))
    Console().print(table)


def _print_entry(entry: HistoryEntry, *, numbers: bool) -> None:
    mark, snapshot = entry.mark, entry.snapshot
    table = _table(words(ja="項目", en="Item"), words(ja="値", en="Value"))
    table.title = f"{snapshot.record.resident_id} – {snapshot.history_number} – {mark.cause} – {mark.event_date}"
    for item in ITEMS:
        value = getattr(snapshot.record, item.column)
        if value not in (None, False):
            table.add_row(words(ja=item.label, en=item.name), _shown(item, value, numbers=numbers))
    Console().print(table)


def _shown(item: Item, value: ItemValue, *, numbers: bool) -> str:
    text = write_value(value)
    if item.name in NUMBERS and not numbers:
        return "*" * len(text)
    if item.kind == "flag":
        return words(ja="有", en="yes")
    if item.kind == "choice":
        return words(ja=item.choices[text], en=text)
    if isinstance(value, JapaneseDate) and value.iso is None:
        return f"{text} [{value.internal.isoformat()}]"
    return text


def _status(record: ResidentRecord) -> str:
    day = record.moving_out_on
    return words(ja=STATUS[record.status], en=record.status) + (f" {day.isoformat()}" if day and record.status == "moving_out" else "")


def _summary(one: Snapshot) -> dict[str, Any]:
    record = one.record
    kana = "\u3000".join(part for part in (record.family_name_kana, record.given_name_kana) if part)
    address = (record.address_town, record.address_block, record.address_building)
    return {
        "resident_id": record.resident_id,
        "history_number": one.history_number,
        "name": record.full_name,
        "kana": kana or record.alias_kana or "",
        "birth_date": record.birth_date.text if record.birth_date else "",
        "address": " ".join(part for part in address if part),
        "status": record.status,
        "protected": record.protected,
    }


def _resident_json(
    snapshot: Snapshot, members: Sequence[Snapshot], entries: Sequence[HistoryEntry], *, whole_history: bool, numbers: bool
) -> dict[str, Any]:
    household = [
        {
            "resident_id": one.record.resident_id,
            "relationship": one.record.relationship,
            "status": one.record.status,
            "protected": one.record.protected,
        }
        for one in members
    ]
    history = [
        {
            "history_number": entry.snapshot.history_number,
            "event_id": entry.mark.event_id,
            "cause": entry.mark.cause,
            "event_date": entry.mark.event_date,
            "filed_on": entry.mark.filed_on.isoformat() if entry.mark.filed_on else None,
            "recorded_at": entry.mark.at.isoformat(),
            **({"items": items_json(entry.snapshot.record, numbers=numbers)} if whole_history else {}),
        }
        for entry in entries
    ]
    return {
        "resident_id": snapshot.record.resident_id,
        "history_number": snapshot.history_number,
        "items": items_json(snapshot.record, numbers=numbers),
        "household": household,
        "history": history,
    }


def items_json(record: ResidentRecord, *, numbers: bool) -> dict[str, Any]:
    """Return the items of a record as JSON values: text, numbers, true and false, null; uncertain dates with their forms."""
    found: dict[str, Any] = {}
    for item in ITEMS:
        value = getattr(record, item.column)
        if item.name in NUMBERS and not numbers:
            continue
        if isinstance(value, JapaneseDate):
            found[item.name] = {"text": value.text, "iso": value.iso, "edtf": value.edtf, "internal": value.internal.isoformat()}
        else:
            found[item.name] = value if value is None or isinstance(value, bool | int) else write_value(value)
    return found


def _table(*headings: str) -> Table:
    table = Table(title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
