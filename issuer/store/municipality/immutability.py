"""Triggers that let rows be added to a table and nothing else, on SQLite and PostgreSQL.

Used by migrations, hence stable: what a migration did must not change under it.
"""

from __future__ import annotations

import sqlalchemy as sa

_SQLITE = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
_POSTGRESQL_FUNCTION = """
CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
_POSTGRESQL_ROW = "CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
_POSTGRESQL_ALL = "CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"

_NEXT = "(SELECT COALESCE(MAX({number}), 0) + 1 FROM {table} WHERE {key} = NEW.{key})"
_SQLITE_NUMBERED = """
CREATE TRIGGER {table}_numbered BEFORE INSERT ON {table} WHEN NEW.{number} <> {next}
BEGIN SELECT RAISE(ABORT, '{table} is numbered without gaps'); END
"""
_POSTGRESQL_NUMBERED_FUNCTION = """
CREATE FUNCTION {table}_number() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  IF NEW.{number} <> {next} THEN
    RAISE EXCEPTION '{table} is numbered without gaps' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$
"""
_POSTGRESQL_NUMBERED = "CREATE TRIGGER {table}_numbered BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_number()"


def make_append_only(connection: sa.Connection, table: str) -> None:
    """Refuse UPDATE, DELETE and (PostgreSQL) TRUNCATE on ``table``; the driver's IntegrityError then comes out."""
    if connection.dialect.name == "postgresql":
        statements = [_POSTGRESQL_FUNCTION, _POSTGRESQL_ROW, _POSTGRESQL_ALL]
    else:
        statements = [_SQLITE.replace("{verb}", verb) for verb in ("UPDATE", "DELETE")]
    for statement in statements:
        connection.exec_driver_sql(statement.replace("{table}", table))


def number_without_gaps(connection: sa.Connection, table: str, *, key: str, number: str) -> None:
    """Refuse a row unless its ``number`` is the next of its ``key``, from 1.

    This also closes the one way around :func:`make_append_only` on SQLite: INSERT OR REPLACE fires no DELETE trigger.
    """
    postgresql = connection.dialect.name == "postgresql"
    for statement in [_POSTGRESQL_NUMBERED_FUNCTION, _POSTGRESQL_NUMBERED] if postgresql else [_SQLITE_NUMBERED]:
        filled = statement.replace("{next}", _NEXT).replace("{table}", table).replace("{key}", key).replace("{number}", number)
        connection.exec_driver_sql(filled)
