"""The history is written once: what migrations make equals the tables, and triggers keep rows as they are."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from issuer.municipality.register.history import EventMark, Snapshot, append, full_history, latest, note_event
from issuer.municipality.register.items import Item
from issuer.municipality.register.record import ITEMS
from issuer.store.municipality import issuing
from issuer.store.municipality import register as tables
from runtime import outbox as runtime_outbox
from runtime.migrations import version_table
from runtime.store import begin, read
from schemas.errors import WarifuError
from tests.issuer.municipality.register.registers import AT, current, persona


def test_migrations_make_the_tables_that_the_program_uses(empty: sa.Engine) -> None:
    wanted = sa.MetaData()
    for table in (*tables.metadata.tables.values(), *issuing.metadata.tables.values(), runtime_outbox.table(sa.MetaData())):
        table.to_metadata(wanted)
    ours = {table.name for table in tables.metadata.tables.values()}
    with read(empty) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": version_table("issuer.store.municipality")})
        differences = [one for one in compare_metadata(context, wanted) if any(name in str(one) for name in ours)]
    assert differences == []


def test_every_item_has_its_columns() -> None:
    columns = {column.name for column in tables.resident_history.c}
    assert columns == {name for item in ITEMS for name in _columns(item)} | {
        "history_number",
        "event_id",
        "cause",
        "event_date",
        "filed_on",
        "recorded_at",
    }


def _columns(item: Item) -> list[str]:
    parts = ("text", "edtf", "mask", "internal") if item.kind == "japanese_date" else ()
    return [f"{item.column}_{part}" for part in parts] or [item.column]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE resident_history SET family_name = 'x' WHERE resident_id = 'P-01'",
        "DELETE FROM resident_history WHERE resident_id = 'P-01'",
        "DELETE FROM resident_history",
        "UPDATE register_event SET content_hash = ''",
        "DELETE FROM register_event",
    ],
)
def test_rows_of_the_history_are_neither_changed_nor_deleted(register: sa.Engine, statement: str) -> None:
    before = current(register, "P-01")
    with pytest.raises(sa.exc.IntegrityError, match="append-only"), begin(register) as connection:
        connection.execute(sa.text(statement))
    assert current(register, "P-01") == before


@pytest.mark.postgresql
def test_truncate_is_refused_on_postgresql(register: sa.Engine) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="append-only"), begin(register) as connection:
        connection.execute(sa.text("TRUNCATE resident_history CASCADE"))


@pytest.mark.sqlite
def test_insert_or_replace_does_not_overwrite_on_sqlite(register: sa.Engine) -> None:
    columns = ", ".join(column.name for column in tables.resident_history.c)
    statement = f"INSERT OR REPLACE INTO resident_history SELECT {columns} FROM resident_history WHERE resident_id = 'P-01'"
    with pytest.raises(sa.exc.IntegrityError, match="without gaps"), begin(register) as connection:
        connection.execute(sa.text(statement))


@pytest.mark.parametrize("number", [1, 3, 0])
def test_history_numbers_count_from_one_without_gaps(register: sa.Engine, number: int) -> None:
    with begin(register) as connection:
        note_event(connection, "E-9", kind="correction", content_hash="", at=AT)
    mark = EventMark("E-9", "error-correction", "2026-04-01", None, AT)
    with pytest.raises(WarifuError) as refused, begin(register) as connection:
        append(connection, [Snapshot(persona("P-01"), number)], mark)
    assert refused.value.code == "record_changed_meanwhile"


def test_names_come_back_code_point_by_code_point(register: sa.Engine) -> None:
    record = current(register, "P-01")
    assert record.family_name == "渡邉\U000e0107"
    assert record.given_name == "\ufa19太郎"


def test_the_numbers_of_a_person_are_read_only_when_asked_for(register: sa.Engine) -> None:
    with read(register) as connection:
        whole = latest(connection, ["P-01"])["P-01"].record
        without = latest(connection, ["P-01"], numbers=False)["P-01"].record
    assert whole.individual_number is not None
    assert without.individual_number is None
    assert without.resident_code is None


def test_an_unknown_date_keeps_text_machine_form_and_decided_day(register: sa.Engine) -> None:
    query = sa.select(tables.resident_history).where(tables.resident_history.c.resident_id == "P-07")
    with read(register) as connection:
        row = connection.execute(query).mappings().one()
    assert (row["birth_date_text"], row["birth_date_edtf"], row["birth_date_mask"]) == ("昭和30年 月日不詳", "1955-XX-XX", "00001111")
    assert row["birth_date_internal"].isoformat() == "1955-01-01"


def test_the_history_of_a_person_is_complete(register: sa.Engine) -> None:
    with read(register) as connection:
        entries = full_history(connection, "P-10")
    assert [(entry.snapshot.history_number, entry.mark.cause) for entry in entries] == [(1, "ex-officio-entry")]
    assert entries[0].snapshot.record == persona("P-10")
