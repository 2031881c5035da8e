"""Migrations of a store, one line of revisions for each organisation, applied by the program itself.

An organisation keeps its revisions as Alembic scripts in ``<package>/migrations/*.py`` (each with ``revision``,
``down_revision`` and ``upgrade()``); there is neither an ini file nor an env.py.  The version table carries the package's
name, so that organisations that share a PostgreSQL database never meet.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script, ScriptDirectory

from runtime.store import begin, read
from schemas.errors import WarifuError


def migrate(engine: sa.Engine, package: str) -> str:
    """Bring the store to the newest revision of ``package`` in one transaction and return that revision.

    Running it again changes nothing; of several processes that start together one migrates and the others wait.

    Args:
        engine: from :func:`runtime.store.open_engine`.
        package: dotted name of the package that holds ``migrations/``, such as ``issuer.municipality.store``.

    Raises:
        WarifuError: ``schema_newer`` where a newer program wrote the store, ``migrations_invalid`` where the scripts are
            no single line, and the store's own errors; nothing is changed then.
    """
    directory, line = _revisions(package)
    with begin(engine) as connection:
        _hold_migration_lock(connection, package)
        context = MigrationContext.configure(connection, opts={"version_table": version_table(package)})
        for script in _pending(line, context.get_current_heads()):
            with Operations.context(context):
                script.module.upgrade()
            context.stamp(directory, script.revision)
    return line[-1].revision


def current_revision(engine: sa.Engine, package: str) -> str | None:
    """Return the revision the store stands at, or None where ``package`` has written nothing yet."""
    with read(engine) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": version_table(package)})
        heads = context.get_current_heads()
    return heads[0] if heads else None


def version_table(package: str) -> str:
    """Return the name of the version table of ``package``, at most 63 characters."""
    return "schema_" + package.replace(".", "_")[-56:]


def _revisions(package: str) -> tuple[ScriptDirectory, list[Script]]:
    """Return the scripts of ``package``, oldest first."""
    folder = Path(str(files(package))) / "migrations"
    if not folder.is_dir():
        raise WarifuError("migrations_invalid", f"the package {package} holds no migrations", layer="store")
    directory = ScriptDirectory(str(folder), version_locations=[str(folder)])
    if len(directory.get_heads()) != 1 or len(directory.get_bases()) != 1:
        raise WarifuError("migrations_invalid", f"the migrations of {package} are no single line", layer="store")
    return directory, list(directory.walk_revisions())[::-1]


def _pending(line: list[Script], heads: tuple[str, ...]) -> list[Script]:
    """Return the scripts still to run; raises ``schema_newer`` for a revision that this program does not know."""
    if not heads:
        return line
    known = [script.revision for script in line]
    check_schema_known(heads, known)
    return line[known.index(heads[0]) + 1 :]


def check_schema_known(heads: tuple[str, ...], known: list[str]) -> None:
    """Refuse a store whose revision is not among ``known``: an older program would misread it."""
    if len(heads) != 1 or heads[0] not in known:
        raise WarifuError(
            "schema_newer",
            "the store was written by a newer version of this program",
            hint="run the newer version, or restore the backup made before it",
            layer="store",
        )


def _hold_migration_lock(connection: sa.Connection, package: str) -> None:
    """Keep other processes from migrating until the transaction ends; on SQLite BEGIN IMMEDIATE does so already."""
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(f"migrate {package}".encode()).digest()[:8], "big", signed=True)
        connection.execute(sa.text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
