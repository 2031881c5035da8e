"""Stores on both engines: transactions, typed failures, instants."""

from __future__ import annotations

import sqlite3
import stat
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.store import UtcDateTime, begin, open_engine, read
from schemas.errors import WarifuError
from tests.runtime.stores import NOTES, make_store

FIRST, LAST = datetime(1900, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - what hypothesis takes; zones are added below
JST = timezone(timedelta(hours=9))


def texts(engine: sa.Engine) -> list[str]:
    with read(engine) as connection:
        return list(connection.scalars(sa.select(NOTES.c.text).order_by(NOTES.c.id)))


def is_sqlite(engine: sa.Engine) -> bool:
    return engine.dialect.name == "sqlite"


def test_committed_together_or_not_at_all(store: sa.Engine) -> None:
    with begin(store) as connection:
        connection.execute(NOTES.insert().values(text="kept"))
    with pytest.raises(RuntimeError), begin(store) as connection:  # noqa: PT012 - the whole transaction is what must fail
        connection.execute(NOTES.insert().values(text="lost"))
        raise RuntimeError
    assert texts(store) == ["kept"]


def test_reading_cannot_write_and_the_next_writer_can(store: sa.Engine) -> None:
    with pytest.raises(WarifuError) as error, read(store) as connection:
        connection.execute(NOTES.insert().values(text="x"))
    assert error.value.code == "store_unavailable"
    with begin(store) as connection:
        connection.execute(NOTES.insert().values(text="y"))
    assert texts(store) == ["y"]


def test_reading_sees_one_state(store: sa.Engine) -> None:
    with read(store) as connection:
        before = connection.scalar(sa.select(sa.func.count()).select_from(NOTES))
        with begin(store) as writer:
            writer.execute(NOTES.insert().values(text="meanwhile"))
        assert connection.scalar(sa.select(sa.func.count()).select_from(NOTES)) == before
    assert texts(store) == ["meanwhile"]


def test_definition_of_tables_rolls_back_too(store: sa.Engine) -> None:
    table = sa.Table("later", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
    with pytest.raises(RuntimeError), begin(store) as connection:  # noqa: PT012 - the whole transaction is what must fail
        table.create(connection)
        raise RuntimeError
    with begin(store) as connection:
        assert not sa.inspect(connection).has_table("later")


def test_broken_constraint_is_the_callers_affair_and_shows_no_values(store: sa.Engine) -> None:
    with begin(store) as connection:
        connection.execute(NOTES.insert().values(text="山田"))
    with pytest.raises(sa.exc.IntegrityError) as error, begin(store) as connection:
        connection.execute(NOTES.insert().values(text="山田"))
    assert "parameters hidden" in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://localhost/x",
        "postgresql://localhost/x",
        "postgresql+asyncpg://localhost/x",
    ],
)
def test_other_urls(url: str) -> None:
    with pytest.raises(WarifuError) as error:
        open_engine(url)
    assert error.value.code == "store_url_invalid"


def test_server_away_is_typed_and_names_no_credentials() -> None:
    engine = open_engine("postgresql+psycopg://user:hunter2@127.0.0.1:1/name")
    with pytest.raises(WarifuError) as error, begin(engine):
        pass
    assert error.value.code == "store_unavailable"
    assert "hunter2" not in f"{error.value}{error.value.hint}"


class TestPostgresql:
    """What only a server can show; the same file on SQLite returns at once."""

    def test_commits_are_durable_and_waits_end(self, store: sa.Engine) -> None:
        if is_sqlite(store):
            return
        with begin(store) as connection:
            shown = [connection.scalar(sa.text(f"SHOW {name}")) for name in ("synchronous_commit", "lock_timeout", "timezone")]
        assert shown == ["on", "10s", "UTC"]

    def test_row_held_by_another_is_busy(self, store: sa.Engine) -> None:
        if is_sqlite(store):
            return
        with begin(store) as connection:
            connection.execute(NOTES.insert().values(id=1, text="x"))
        with begin(store) as one, begin(store) as two:
            one.execute(NOTES.update().values(text="one"))
            two.execute(sa.text("SET LOCAL lock_timeout = '1ms'"))
            with pytest.raises(WarifuError) as error:
                two.execute(NOTES.update().values(text="two"))
            two.rollback()
        assert error.value.code == "store_busy"
        assert texts(store) == ["one"]


class TestSqlite:
    """What only the embedded engine can show."""

    @pytest.fixture
    def engine(self, tmp_path: Path) -> sa.Engine:
        return make_store(f"sqlite:///{tmp_path / 'store.db'}")

    def test_file_is_private_and_durable(self, engine: sa.Engine, tmp_path: Path) -> None:
        assert stat.S_IMODE((tmp_path / "store.db").stat().st_mode) == 0o600
        with begin(engine) as connection:
            found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")]
        assert found == ["wal", 2, 1]
        assert {stat.S_IMODE(item.stat().st_mode) for item in tmp_path.iterdir()} == {0o600}

    def test_full_disk_leaves_nothing_half_done(self, engine: sa.Engine) -> None:
        with pytest.raises(WarifuError) as error, begin(engine) as connection:  # noqa: PT012 - the whole transaction is what must fail
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            for index in range(1000):
                connection.execute(NOTES.insert().values(text=f"{index}" * 1000))
        assert error.value.code == "store_full"
        assert texts(engine) == []

    def test_held_store_is_busy(self, engine: sa.Engine, tmp_path: Path) -> None:
        other = open_engine(f"sqlite:///{tmp_path / 'store.db'}")
        with other.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
            connection.rollback()
            connection.connection.driver_connection.execute("PRAGMA busy_timeout=0")  # type: ignore[union-attr]
            with begin(engine) as writer:
                writer.execute(NOTES.insert().values(text="mine"))
                with pytest.raises(WarifuError) as error:
                    connection.begin()
        assert error.value.code == "store_busy"
        assert texts(engine) == ["mine"]

    def test_no_database_and_no_folder(self, tmp_path: Path) -> None:
        (tmp_path / "junk.db").write_bytes(b"this is no database at all, though long enough to be read" * 40)
        with pytest.raises(WarifuError) as error, begin(open_engine(f"sqlite:///{tmp_path / 'junk.db'}")):
            pass
        assert error.value.code == "store_unavailable"
        with pytest.raises(WarifuError) as error:
            open_engine(f"sqlite:///{tmp_path / 'none' / 'store.db'}")
        assert error.value.code == "store_unavailable"

    def test_deleted_content_is_overwritten(self, engine: sa.Engine, tmp_path: Path) -> None:
        with begin(engine) as connection:
            connection.execute(NOTES.insert().values(text="secretword" * 50))
        with begin(engine) as connection:
            connection.execute(NOTES.delete())
        engine.dispose()
        sqlite3.connect(tmp_path / "store.db").execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert b"secretword" not in (tmp_path / "store.db").read_bytes()


def test_many_writers_lose_nothing(store: sa.Engine) -> None:
    with begin(store) as connection:
        connection.execute(NOTES.insert().values(id=1, text="0"))

    def add() -> None:
        for _ in range(10):
            with begin(store) as connection:
                value = connection.scalar(sa.select(NOTES.c.text).where(NOTES.c.id == 1).with_for_update())
                connection.execute(NOTES.update().values(text=str(int(value or "0") + 1)))

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts(store) == ["60"]


class TestInstants:
    """UtcDateTime means the same on both engines."""

    TABLE = sa.Table("moments", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("at", UtcDateTime))

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
    @given(moments=st.lists(st.datetimes(min_value=FIRST, max_value=LAST), min_size=2, max_size=5))
    def test_kept_exactly_and_in_order(self, store: sa.Engine, moments: list[datetime]) -> None:
        aware = [moment.replace(tzinfo=JST if index % 2 else UTC) for index, moment in enumerate(moments)]
        with begin(store) as connection:
            self.TABLE.drop(connection, checkfirst=True)
            self.TABLE.create(connection)
            connection.execute(self.TABLE.insert(), [{"at": moment} for moment in aware])
            found = connection.scalars(sa.select(self.TABLE.c.at).order_by(self.TABLE.c.at)).all()
            later = connection.scalar(sa.select(sa.func.count()).where(self.TABLE.c.at > aware[0]))
        assert list(found) == sorted(aware)
        assert all(moment.tzinfo is UTC for moment in found)
        assert later == sum(moment > aware[0] for moment in aware)

    def test_naive_is_refused(self, store: sa.Engine) -> None:
        with begin(store) as connection:
            self.TABLE.create(connection)
            with pytest.raises(sa.exc.StatementError) as error:
                connection.execute(self.TABLE.insert().values(at=FIRST))
        assert isinstance(error.value.orig, WarifuError)
