"""What the tests of bad input share: the documented lines, pictures of all that is kept, disks that are full, raw requests."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
import typer

from issuer.cli.application import app as issuer_commands
from runtime import console
from runtime.store import begin, read
from schemas.errors import WarifuError
from tests.flows.town import Town
from verifier.cli.application import app as verifier_commands
from wallet.cli.application import app as wallet_commands

DOCUMENT = Path(__file__).parents[2] / "docs" / "bad-input.md"
KEPT = re.compile(r"`((?:inner|front|verifier|wallet|lists)/[A-Za-z0-9_.-]+)`")


# ---- the document


@dataclass(frozen=True)
class Line:
    """One line of docs/bad-input.md; the tests hold every cell against what happened."""

    what: str
    who: str
    code: str
    http: str
    command: str
    left: str
    tests: str

    @property
    def test_ids(self) -> list[str]:
        """The tests that prove the line, as file::function from the root of the repository."""
        ids = re.findall(r"`([^`]+::[^`]+)`", self.tests)
        return [name if name.startswith("tests/") else f"tests/flows/test_bad_input_{name.replace('::', '.py::', 1)}" for name in ids]

    @property
    def changed(self) -> set[str]:
        """What the refusal does change, as the line says: tables of a store, or files."""
        return set(KEPT.findall(self.left))

    def holds(self, *, code: str = "", http: str = "", command: str = "", changed: set[str] | None = None) -> None:
        """Assert that the line says exactly this, and that it names the running test."""
        assert code in ("", self.code.strip("`")), (code, self.code)
        assert (http or "–", command or "–") == (self.http, self.command)
        assert changed is None or changed == self.changed, (changed, self.left)
        running = os.environ["PYTEST_CURRENT_TEST"].split(" ")[0].split("[")[0]
        assert running in self.test_ids, running


def lines() -> list[Line]:
    """Return every line of the document's table."""
    rows = [row.strip().strip("|").split("|") for row in DOCUMENT.read_text("utf-8").splitlines() if row.startswith("| ")]
    return [Line(*(cell.strip() for cell in row)) for row in rows if row[0].strip() not in ("what is wrong", "---")]


def line(what: str, who: str) -> Line:
    """Return the line about ``what`` as ``who`` meets it."""
    (found,) = [one for one in lines() if (one.what, one.who) == (what, who)]
    return found


def http_of(answer: httpx.Response, *, hinted: bool = True) -> str:
    """Return status and form of a refusal in the words of the document: an OAuth error name, a problem, or an outcome.

    Args:
        hinted: whether the answer has to say what to do next; the fixed answer to a wallet's presentation does not.
    """
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json()
    if answer.headers["content-type"] == "application/problem+json":
        assert document["hint"]
        return f"{answer.status_code} problem"
    if "error" in document:
        assert not hinted or re.search(r"\(.+\)$", document["error_description"]), f"no hint: {document}"
        return f"{answer.status_code} `{document['error']}`"
    assert document["steps"][step_of(document)]["hint"], f"no hint: {document['code']}"
    return f"{answer.status_code} {document['outcome']}"


def step_of(report: Mapping[str, Any]) -> int:
    """Return the place of the step that a report stopped at; nothing of the claims is in such a report."""
    assert "claims" not in report
    assert "credential" not in report
    (place,) = [number for number, step in enumerate(report["steps"]) if step["result"] in ("failed", "undetermined")]
    assert report["steps"][place]["code"] == report["code"]
    return place


def overheard(town: Town) -> list[str]:
    """Return a list that gets our own code of every refusal of the town's applications; OAuth answers do not tell it."""
    codes: list[str] = []

    def listening(handler: Any) -> Any:
        async def handle(request: Any, error: WarifuError) -> Any:
            codes.append(error.code)
            return await handler(request, error)

        return handle

    for app in town.wire.apps.values():
        app.exception_handlers[WarifuError] = listening(app.exception_handlers[WarifuError])
    return codes


# ---- what is kept


class Kept:
    """A picture of every row of the three stores and every file of wallet and status folder, to be compared with later."""

    def __init__(self, town: Town) -> None:
        """Take the picture."""
        self._town = town
        self._seen = picture(town)

    def changed(self) -> set[str]:
        """Return the tables and files that differ now."""
        now = picture(self._town)
        return {name for name in now.keys() | self._seen.keys() if now.get(name) != self._seen.get(name)}


def picture(town: Town) -> dict[str, object]:
    """Return the content of everything that is kept in a town."""
    engines = {"inner": town.inner_engine, "front": town.front.engine, "verifier": town.verifier.engine}
    seen: dict[str, object] = {
        f"{name}/{table}": rows for name, engine in engines.items() for table, rows in rows_by_table(engine).items() if rows
    }
    for name, folder in (("wallet", town.folder / "wallet"), ("lists", town.folder / "status")):
        seen |= {f"{name}/{file.name}": file.read_bytes() for file in folder.glob("*") if not file.name.endswith(".lock")}
    return seen


def rows_by_table(engine: sa.Engine) -> dict[str, list[str]]:
    """Return every row of a store."""
    with read(engine) as connection:
        return {
            table: sorted(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{table}"').all()))
            for table in sa.inspect(connection).get_table_names()
        }


# ---- full disks


@contextmanager
def full_disk(engine: sa.Engine, table: str, act: str = "INSERT") -> Iterator[None]:
    """Let the engine itself find no room for ``act`` on ``table`` while the block runs.

    SQLite gets a limit of pages and needs a large new row for each act; PostgreSQL raises what it raises on a full disk (53100).
    """
    if engine.dialect.name == "postgresql":
        with _no_room_on_postgresql(engine, table, act):
            yield
    else:
        with _no_room_on_sqlite(engine, table, act):
            yield


@contextmanager
def _no_room_on_postgresql(engine: sa.Engine, table: str, act: str) -> Iterator[None]:
    body = "BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END"
    with begin(engine) as connection:
        connection.exec_driver_sql(f"CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
        connection.exec_driver_sql(f"CREATE TRIGGER no_room BEFORE {act} ON {table} FOR EACH ROW EXECUTE FUNCTION no_room()")
    yield
    with begin(engine) as connection:
        connection.exec_driver_sql(f"DROP TRIGGER no_room ON {table}")
        connection.exec_driver_sql("DROP FUNCTION no_room()")


@contextmanager
def _no_room_on_sqlite(engine: sa.Engine, table: str, act: str) -> Iterator[None]:
    with begin(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE room (x BLOB)")
        connection.exec_driver_sql(f"CREATE TRIGGER no_room BEFORE {act} ON {table} BEGIN INSERT INTO room VALUES (zeroblob(1048576)); END")

    def limit(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=1").close()  # means: as many as there are now

    sa.event.listen(engine, "connect", limit)
    engine.dispose()
    try:
        yield
    finally:
        sa.event.remove(engine, "connect", limit)
        engine.dispose()
        with begin(engine) as connection:
            connection.exec_driver_sql("DROP TRIGGER no_room")
            connection.exec_driver_sql("DROP TABLE room")


# ---- commands


def said(act: Callable[[], object], prog: str, capsys: Any) -> tuple[str, str]:
    """Run ``act`` as the command ``prog`` would; return its code, and exit code and hint in the words of the document."""
    capsys.readouterr()
    exit_code = console.outcome(act, prog)
    return _told(exit_code, capsys.readouterr().err, prog)


def run(prog: str, *arguments: str, capsys: Any, secret: str | None = None) -> tuple[str, str]:
    """Run a command with real files in this process; returns as :func:`said`."""
    exit_code, _, err = command(prog, *arguments, capsys=capsys, secret=secret)
    return _told(exit_code, err, prog)


def command(prog: str, *arguments: str, capsys: Any, secret: str | None = None) -> tuple[int, str, str]:
    """Run a command with real files in this process, its passphrase through a pipe; returns exit code, stdout and stderr."""
    app = {"warifu-issuer": issuer_commands, "warifu-wallet": wallet_commands}.get(prog, verifier_commands)
    words = list(arguments)
    if secret is not None:
        reading, writing = os.pipe()
        os.write(writing, secret.encode() + b"\n")
        os.close(writing)
        words += ["--passphrase-fd", str(reading)]
    capsys.readouterr()
    exit_code = console.outcome(lambda: typer.main.get_command(app).main(args=words, prog_name=prog, standalone_mode=False), prog)
    shown = capsys.readouterr()
    return exit_code, shown.out, shown.err


def _told(exit_code: int, err: str, prog: str) -> tuple[str, str]:
    error = re.search(rf"^{prog}: error: (\w+):", err, re.MULTILINE)
    hint = re.search(rf"^{prog}: hint: (.*)$", err, re.MULTILINE)
    assert error is not None, err
    assert hint is not None, f"no hint: {err}"
    return error[1], f"{exit_code}: {hint[1]}"


def refusal_of(act: Callable[[], object]) -> WarifuError:
    """Return what ``act`` raises."""
    try:
        act()
    except WarifuError as error:
        return error
    raise AssertionError("nothing was refused")
