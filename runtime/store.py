"""Stores by URL: SQLite embedded, PostgreSQL in production, with the same meaning of begin, commit and failure.

A store is opened once for a process and handed down.  Every write runs in :func:`begin`, every read that needs no write
in :func:`read`.  What the engine says of full disks, locks and lost servers comes out as :class:`WarifuError` with the
codes ``store_full``, ``store_busy`` and ``store_unavailable``; the transaction is then rolled back whole.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import Dialect

from runtime.files import PRIVATE_MODE, file_error
from schemas.errors import WarifuError

if TYPE_CHECKING:
    import psycopg

BUSY_TIMEOUT_MS: Final = 10_000
_READ_ONLY: Final = "warifu_read_only"
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
)

_POSTGRESQL_SETTINGS = {
    "synchronous_commit": "on",  # a credential that was handed over must be in the store after a crash
    "lock_timeout": f"{BUSY_TIMEOUT_MS}ms",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
}


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware instant in UTC with microseconds: ``timestamptz`` on PostgreSQL, sortable ISO text on SQLite."""

    impl = sa.String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """Choose the column type of the engine."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.DateTime(timezone=True))
        return dialect.type_descriptor(sa.String(27))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive datetimes: which hour they mean is not known."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise WarifuError("naive_datetime", "an instant without a time zone cannot be stored", layer="store")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return an aware UTC datetime on both engines."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            result: datetime = value.astimezone(UTC)
            return result
        return datetime.fromisoformat(value).astimezone(UTC)


def open_engine(url: str) -> sa.Engine:
    """Open the store at ``url``: ``sqlite:////absolute/file.db`` or ``postgresql+psycopg://user@host/name``.

    A SQLite file is made with mode 0600 where it is missing; its folder exists.  Nothing else is written.

    Raises:
        WarifuError: ``store_url_invalid`` for another scheme or an in-memory store, ``store_unavailable``.
    """
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError as error:
        raise _bad_url() from error
    if parsed.drivername in ("sqlite", "sqlite+pysqlite") and parsed.database not in (None, "", ":memory:"):
        return _open_sqlite(parsed)
    if parsed.drivername == "postgresql+psycopg":
        engine = sa.create_engine(parsed, hide_parameters=True, pool_pre_ping=True, pool_size=8, max_overflow=16)
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "handle_error", _translate)
        return engine
    raise _bad_url()


def _bad_url() -> WarifuError:
    return WarifuError(
        "store_url_invalid",
        "the store URL names neither a SQLite file nor a PostgreSQL database",
        hint="write sqlite:////absolute/file.db or postgresql+psycopg://user@host/name",
        layer="store",
    )


def _open_sqlite(url: sa.URL) -> sa.Engine:
    path = Path(str(url.database))
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_MODE))
    except PermissionError:
        pass  # a store that may be read but not written: writing fails with a typed error
    except OSError as error:
        raise file_error(error) from error
    engine = sa.create_engine(url, hide_parameters=True, pool_size=8, max_overflow=16, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "handle_error", _translate)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, DDL included
    try:
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(pragma).close()
    except sqlite3.Error as error:
        raise _store_error(error) or error from error


def _prepare_postgresql(connection: psycopg.Connection[Any], _record: object) -> None:
    for name, value in _POSTGRESQL_SETTINGS.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    connection.commit()


def _begin_sqlite(connection: sa.Connection) -> None:
    reading = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def begin(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that may write; it commits when the block ends and rolls back when it raises.

    On SQLite the write lock is taken at the start (BEGIN IMMEDIATE), so that a transaction never fails half way for it.

    Raises:
        WarifuError: ``store_busy``, ``store_full``, ``store_unavailable``; nothing of the transaction then remains.
    """
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def read(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that sees one state of the store and cannot write; raises as :func:`begin`."""
    with engine.connect() as connection:
        isolation = {"isolation_level": "REPEATABLE READ"} if connection.dialect.name == "postgresql" else {}
        chosen = connection.execution_options(**{_READ_ONLY: True}, postgresql_readonly=True, **isolation)
        with chosen.begin():
            yield chosen


def migrate(engine: sa.Engine, package: str) -> str:
    """Bring the store to the newest revision of ``package``; see :func:`runtime.migrations.migrate`."""
    from runtime.migrations import migrate as run  # noqa: PLC0415 - Alembic costs 60 ms, which offline commands do not owe

    return run(engine, package)


def _translate(context: sa.engine.ExceptionContext) -> WarifuError | None:
    return _store_error(context.original_exception)


_SQLITE_CODES: Final = {
    sqlite3.SQLITE_FULL: "store_full",
    sqlite3.SQLITE_BUSY: "store_busy",
    sqlite3.SQLITE_LOCKED: "store_busy",
    sqlite3.SQLITE_READONLY: "store_unavailable",
    sqlite3.SQLITE_CANTOPEN: "store_unavailable",
    sqlite3.SQLITE_PERM: "store_unavailable",
    sqlite3.SQLITE_IOERR: "store_unavailable",
    sqlite3.SQLITE_CORRUPT: "store_unavailable",
    sqlite3.SQLITE_NOTADB: "store_unavailable",
    sqlite3.SQLITE_NOMEM: "store_unavailable",
}
_POSTGRESQL_STATES: Final = {
    "53100": "store_full",
    "53300": "store_busy",
    "55P03": "store_busy",
    "40001": "store_busy",
    "40P01": "store_busy",
    "25006": "store_unavailable",
}
_POSTGRESQL_CLASSES: Final = {"08": "store_unavailable", "53": "store_unavailable", "57": "store_unavailable", "58": "store_unavailable"}
_WORDS: Final = {
    "store_full": ("the disk of the store is full", "free some space and try again; nothing was changed"),
    "store_busy": ("the store is held by another transaction", "try again; nothing was changed"),
    "store_unavailable": ("the store cannot be reached, read or written", "check the store URL, its server and the rights on its file"),
}


def _store_error(error: BaseException | None) -> WarifuError | None:
    """Return our error for what a driver raised, or None where it is the caller's affair, such as a broken constraint."""
    code = _sqlite_code(error) if isinstance(error, sqlite3.Error) else _postgresql_code(error)
    if code is None:
        return None
    message, hint = _WORDS[code]
    return WarifuError(code, message, hint=hint, layer="store")


def _sqlite_code(error: sqlite3.Error) -> str | None:
    return _SQLITE_CODES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)  # the lower byte; extended codes say more than we need


def _postgresql_code(error: BaseException | None) -> str | None:
    driver: Any = sys.modules.get("psycopg")  # loaded by SQLAlchemy where a store needs it; a command on SQLite does not pay for it
    if driver is None or not isinstance(error, driver.Error):
        return None
    state: str | None = getattr(error, "sqlstate", None)
    if state is None:
        return "store_unavailable" if isinstance(error, driver.OperationalError) else None
    return _POSTGRESQL_STATES.get(state) or _POSTGRESQL_CLASSES.get(state[:2])
