"""Fixtures shared by all tests: foreign vectors, stores on both engines, and what `WARIFU_REQUIRE=all` forbids to skip."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


def require_or_skip(reason: str) -> None:
    """Skip with ``reason``, or fail where the environment promises that everything is installed."""
    if os.environ.get("WARIFU_REQUIRE") == "all":
        pytest.fail(f"WARIFU_REQUIRE=all, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def foreign_vectors() -> Path:
    """The folder of published test vectors, named by WARIFU_FOREIGN_VECTORS."""
    folder = os.environ.get("WARIFU_FOREIGN_VECTORS", "")
    if not folder:
        require_or_skip("WARIFU_FOREIGN_VECTORS names no folder")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"WARIFU_FOREIGN_VECTORS names {folder}, which is no folder")
    return path


@pytest.fixture
def store_urls(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Fresh, empty stores by name: schemas of their own on the PostgreSQL named by WARIFU_TEST_POSTGRESQL, else SQLite files.

    PostgreSQL URL form: ``postgresql+psycopg://user:password@127.0.0.1:5432/name``.
    """
    server = os.environ.get("WARIFU_TEST_POSTGRESQL", "")
    if not server:
        yield lambda name: f"sqlite:///{tmp_path / name}.db"
        return
    import sqlalchemy as sa

    prefix, made = f"t_{secrets.token_hex(8)}", dict[str, str]()
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")

    def url_of(name: str) -> str:
        if name not in made:
            made[name] = f"{prefix}_{name}"
            with engine.connect() as connection:
                connection.execute(sa.text(f"CREATE SCHEMA {made[name]}"))
        return f"{server}?options=-csearch_path%3D{made[name]}"

    try:
        yield url_of
    finally:
        with engine.connect() as connection:
            for schema in made.values():
                connection.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()


@pytest.fixture
def store_url(store_urls: Callable[[str], str]) -> str:
    """One fresh, empty store."""
    return store_urls("store")


_PASSED: list[str] = []
_SKIPPED: list[str] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that speak of the other engine alone; the suite runs once on each."""
    other = "sqlite" if os.environ.get("WARIFU_TEST_POSTGRESQL") else "postgresql"
    left_out = [item for item in items if item.get_closest_marker(other) is not None]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item.get_closest_marker(other) is None]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note which tests passed, for `make coverage-check`."""
    if report.when == "call" and report.passed:
        _PASSED.append(report.nodeid)
    if report.skipped:
        _SKIPPED.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the ids of the passed tests to the file that WARIFU_RESULTS names (one process only: not under xdist workers)."""
    if _SKIPPED and os.environ.get("WARIFU_REQUIRE") == "all" and session.exitstatus == 0:
        # Where everything is installed a skip is a hole in the proof; -ra names the tests and their reasons.
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    target = os.environ.get("WARIFU_RESULTS", "")
    if target and not hasattr(session.config, "workerinput"):
        Path(target).write_text("\n".join(sorted(_PASSED)), "utf-8")
