"""Between records and rows of the history: what a column holds, and the folded keys a person is found by."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from issuer.municipality.register.record import ITEMS, NUMBERS, ResidentRecord
from schemas.japan.characters import search_key
from schemas.japan.dates import JapaneseDate


def to_row(record: ResidentRecord) -> dict[str, Any]:
    """Return the columns of a record, without those of the event."""
    row: dict[str, Any] = {}
    for item in ITEMS:
        value = getattr(record, item.column)
        if item.kind == "japanese_date":
            row |= _date_columns(item.column, value)
        else:
            row[item.column] = value
    return row


def from_row(row: sa.RowMapping, *, numbers: bool) -> ResidentRecord:
    """Return the record of a row; ``numbers`` False leaves 個人番号 and 住民票コード out (they need not be selected)."""
    fields: dict[str, Any] = {}
    for item in ITEMS:
        if item.kind == "japanese_date":
            fields[item.column] = _date(row[f"{item.column}_text"], row[f"{item.column}_internal"])
        elif numbers or item.name not in NUMBERS:
            fields[item.column] = row[item.column]
    return ResidentRecord(**fields)


def search_keys(record: ResidentRecord) -> frozenset[str]:
    """Return the folded keys of every name under which the person is known: whole names and given names."""
    family_names = {record.family_name, record.former_family_name}
    family_kana = {record.family_name_kana, record.former_family_name_kana}
    names = [f"{family or ''}{record.given_name or ''}" for family in family_names]
    names += [f"{family or ''}{record.given_name_kana or ''}" for family in family_kana]
    names += [record.given_name or "", record.given_name_kana or "", record.latin_name or "", record.alias or "", record.alias_kana or ""]
    return frozenset(filter(None, map(search_key, names)))


def _date_columns(column: str, value: JapaneseDate | None) -> dict[str, Any]:
    if value is None:
        return {f"{column}_text": None, f"{column}_edtf": None, f"{column}_mask": None, f"{column}_internal": None}
    return {
        f"{column}_text": value.text,
        f"{column}_edtf": value.edtf,
        f"{column}_mask": value.approximate_mask,
        f"{column}_internal": value.internal,
    }


@lru_cache(maxsize=4096)
def _date(text: str | None, internal: date | None) -> JapaneseDate | None:
    return None if text is None else JapaneseDate.parse(text, internal=internal)
