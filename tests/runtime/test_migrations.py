"""Migrations: once, whole, in order, alone, and never backwards."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from runtime.migrations import current_revision, migrate, version_table
from runtime.store import begin, open_engine, read
from runtime.store import migrate as migrate_by_store
from schemas.errors import WarifuError

FIRST = """
import sqlalchemy as sa
from alembic import op
from runtime import outbox, single_use

revision = "0001"
down_revision = None

def upgrade():
    op.create_table("residents", sa.Column("id", sa.Integer, primary_key=True))
    single_use.table(sa.MetaData()).create(op.get_bind())
    outbox.table(sa.MetaData()).create(op.get_bind())
"""
SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

def upgrade():
    op.add_column("residents", sa.Column("name", sa.Text))
    op.execute("INSERT INTO residents (name) VALUES ('x')")
"""
BROKEN = """
from alembic import op

revision = "0003"
down_revision = "0002"

def upgrade():
    op.execute("CREATE TABLE half (id INTEGER)")
    raise RuntimeError("stop")
"""


@pytest.fixture
def package(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """An organisation's package with one migration, importable while the test runs."""
    name = f"organisation_{abs(hash(request.node.nodeid))}"
    folder = tmp_path / "site" / name / "migrations"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "0001_first.py").write_text(FIRST)
    sys.path.insert(0, str(tmp_path / "site"))
    yield name
    sys.path.remove(str(tmp_path / "site"))
    sys.modules.pop(name, None)


@pytest.fixture
def folder(package: str, tmp_path: Path) -> Path:
    return tmp_path / "site" / package / "migrations"


@pytest.fixture
def engine(store_url: str) -> Iterator[sa.Engine]:
    opened = open_engine(store_url)
    yield opened
    opened.dispose()


def tables(engine: sa.Engine) -> set[str]:
    with read(engine) as connection:
        return set(sa.inspect(connection).get_table_names())


def test_empty_store_gets_everything_and_a_second_time_nothing(engine: sa.Engine, package: str, folder: Path) -> None:
    assert current_revision(engine, package) is None
    (folder / "0002_second.py").write_text(SECOND)
    assert migrate(engine, package) == "0002"
    assert migrate_by_store(engine, package) == "0002"
    assert tables(engine) == {"residents", "single_use", "outbox", version_table(package)}
    with read(engine) as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM residents")) == 1


def test_later_revision_is_added_to_what_is_there(engine: sa.Engine, package: str, folder: Path) -> None:
    assert migrate(engine, package) == "0001"
    with begin(engine) as connection:
        connection.execute(sa.text("INSERT INTO residents (id) VALUES (7)"))
    (folder / "0002_second.py").write_text(SECOND)
    assert migrate(engine, package) == "0002"
    assert current_revision(engine, package) == "0002"


def test_failure_in_the_middle_leaves_the_old_state(engine: sa.Engine, package: str, folder: Path) -> None:
    migrate(engine, package)
    before = tables(engine)
    (folder / "0002_second.py").write_text(SECOND)
    (folder / "0003_broken.py").write_text(BROKEN)
    with pytest.raises(RuntimeError):
        migrate(engine, package)
    assert tables(engine) == before
    assert current_revision(engine, package) == "0001"


def test_newer_store_is_refused_and_untouched(engine: sa.Engine, package: str, folder: Path) -> None:
    (folder / "0002_second.py").write_text(SECOND)
    migrate(engine, package)
    (folder / "0002_second.py").unlink()
    with pytest.raises(WarifuError) as error:
        migrate(engine, package)
    assert error.value.code == "schema_newer"
    assert current_revision(engine, package) == "0002"


def test_forked_line_and_missing_folder(engine: sa.Engine, package: str, folder: Path) -> None:
    (folder / "0002_fork.py").write_text(SECOND.replace('"0001"', "None"))
    with pytest.raises(WarifuError) as error:
        migrate(engine, package)
    assert error.value.code == "migrations_invalid"
    with pytest.raises(WarifuError) as error:
        migrate(engine, "tests.runtime")
    assert error.value.code == "migrations_invalid"


def test_two_organisations_in_one_database_have_versions_of_their_own(engine: sa.Engine, package: str, tmp_path: Path) -> None:
    migrate(engine, package)
    other = tmp_path / "site" / f"other_{package}" / "migrations"
    other.mkdir(parents=True)
    (other.parent / "__init__.py").touch()
    (other / "a.py").write_text('revision = "a"\ndown_revision = None\ndef upgrade():\n    pass\n')
    assert migrate(engine, f"other_{package}") == "a"
    assert current_revision(engine, package) == "0001"


def test_processes_that_start_together_migrate_once(store_url: str, package: str, folder: Path) -> None:
    (folder / "0002_second.py").write_text(SECOND)
    start = threading.Barrier(4)
    results: list[object] = []

    def run() -> None:
        engine = open_engine(store_url)
        start.wait()
        try:
            results.append(migrate(engine, package))
        except Exception as error:
            results.append(error)
        engine.dispose()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == ["0002"] * 4
    engine = open_engine(store_url)
    with read(engine) as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM residents")) == 1
    engine.dispose()


def test_version_table_fits_the_limit_of_postgresql() -> None:
    assert len(version_table("issuer." + "very_long_name." * 8 + "store")) <= 63
    assert version_table("issuer.store.front") == "schema_issuer_store_front"
