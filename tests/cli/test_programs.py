"""What holds for every command of the three programs: help, exit codes, errors, secrets, and what a start imports."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from rich.cells import cell_len

from runtime.commands import LaterCommand, TableGroup
from tests.cli.conftest import Program
from tests.generate_cli import JAPANESE, PROGRAMS, SCHEMAS, commands, loaded, page, root, rows
from tests.world import World

COMMANDS = {name: command for program in PROGRAMS for name, command in commands(program)}
MAKES_OR_NEEDS_NO_HOME = frozenset({"warifu-wallet init", "warifu-verifier trust list"})
AT_HOME_ALONE = sorted(
    name
    for name, command in COMMANDS.items()
    if [row.name for row in rows(name, command) if row.required] == ["--home"] and name not in MAKES_OR_NEEDS_NO_HOME
)
JAPANESE_TEXT = re.compile(r"[ぁ-ヿ一-鿿]")
SECRET_WORDS = frozenset({"passphrase", "password", "pin", "secret", "token", "code", "key", "credential"})
NO_SECRETS = frozenset({"--municipality-code", "--key-binding", "key_id", "credential"})
"""A public code, a rule, and ids that open nothing."""


def groups(name: str, command: Any) -> list[tuple[str, Any]]:
    command = loaded(command)
    if not hasattr(command, "list_commands"):
        return []
    children = [found for child in command.list_commands(None) for found in groups(f"{name} {child}", command.get_command(None, child))]
    return [(name, command), *children]


GROUPS = {name: group for program in PROGRAMS for name, group in groups(f"warifu-{program}", root(program))}


def program_of(name: str, capsys: pytest.CaptureFixture[str]) -> tuple[Program, list[str]]:
    first, *words = name.split()
    return Program(first.removeprefix("warifu-"), capsys), words


def run(name: str, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run a command by its full name; the one that is read by argparse ends the process itself."""
    program, words = program_of(name, capsys)
    try:
        return program(*words, *arguments)
    except SystemExit as ending:
        said = capsys.readouterr()
        return int(ending.code or 0), said.out, said.err


def assert_says_what_is_wrong(err: str, name: str) -> None:
    prog = name.split(maxsplit=1)[0]
    first, second = err.splitlines()
    assert first.startswith(f"{prog}: error: ")
    assert second.startswith(f"{prog}: hint: ")


def test_the_commands_of_the_design_are_there() -> None:
    wanted = {
        "issuer": ["init inner", "init front", "init registrar", "serve inner", "serve front", "serve registrar", "residents generate",
                   "residents import", "residents show", "residents search", "residents event", "offer create", "status show",
                   "status revoke", "status explain", "keys list", "keys rotate", "audit verify", "audit export", "vectors"],
        "wallet": ["init", "accept", "list", "show", "present", "history", "refresh", "export", "delete", "vectors"],
        "verifier": ["init", "serve", "request create", "result", "verify", "purposes list", "purposes show", "purposes lint",
                     "trust add", "vectors"],
    }  # fmt: skip
    for program, names in wanted.items():
        assert {f"warifu-{program} {name}" for name in names} - set(COMMANDS) == set()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_is_explained(name: str) -> None:
    assert len(COMMANDS[name].help or "") > 10
    assert JAPANESE_TEXT.search(JAPANESE[name])
    assert [row.name for row in rows(name, COMMANDS[name]) if not row.help.strip()] == []


def test_nothing_is_told_of_commands_that_are_gone() -> None:
    assert set(JAPANESE) == set(COMMANDS)
    assert set(SCHEMAS) <= set(COMMANDS)
    assert {name for name in COMMANDS if any(row.name == "--json" for row in rows(name, COMMANDS[name]))} <= set(SCHEMAS)


@pytest.mark.parametrize("name", sorted(GROUPS))
def test_a_list_of_commands_says_what_the_command_itself_says(name: str) -> None:
    group = GROUPS[name]
    assert len(group.help or "") > 10
    for child in group.list_commands(None):
        entry = group.get_command(None, child)
        if isinstance(entry, LaterCommand):
            assert entry.help == entry.load().help.split("\n\n")[0].replace("\n", " "), child


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_no_secret_is_an_argument(name: str) -> None:
    for row in rows(name, COMMANDS[name]):
        words = set(re.split(r"[^a-z]+", row.name.lower()))
        if words & SECRET_WORDS and row.name not in NO_SECRETS and not row.flag:
            assert row.name.endswith("-fd"), row.name
            assert row.value == "FD"


@pytest.mark.parametrize("name", sorted(COMMANDS | GROUPS))
def test_help_fits_eighty_columns(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(name, capsys, "--help")
    assert (code, err) == (0, "")
    assert name.rsplit(maxsplit=1)[-1] in out
    assert max(map(cell_len, out.splitlines())) <= 80


def test_the_page_does_not_know_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    before = page()
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("WARIFU_LANG", "ja")
    assert page() == before
    assert all(f"### `{name}`" in before["docs/cli.md"] for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_wrong_usage_ends_with_two(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(name, capsys, "--frobnicate")
    assert (code, out) == (2, "")
    assert_says_what_is_wrong(err, name)


@pytest.mark.parametrize("name", sorted(GROUPS))
def test_a_group_alone_shows_its_help_and_an_unknown_command_is_named(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(name, capsys)[0] == 2
    code, out, err = run(name, capsys, "frobnicate")
    assert (code, out, "frobnicate" in err) == (2, "", True)
    assert_says_what_is_wrong(err, name)


@pytest.mark.parametrize("name", AT_HOME_ALONE)
def test_a_home_that_is_not_there_is_refused_and_not_made(name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(name, capsys, "--home", str(tmp_path / "nowhere"))
    assert (code, out) == (1, "")
    assert_says_what_is_wrong(err, name)
    assert list(tmp_path.iterdir()) == []


def test_the_outcome_of_verify_is_its_exit_code(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    world = World()
    file, anchors, junk = tmp_path / "credential", tmp_path / "root.pem", tmp_path / "junk"
    file.write_text(world.sd_jwt(), "utf-8")
    anchors.write_bytes(world.warifu.root.certificate.public_bytes(Encoding.PEM))
    junk.write_text("x", "utf-8")
    as_issued = ["--anchors", str(anchors), "--key-binding", "none", "--at", "2026-04-01T12:00:00Z"]
    for expected, given in ((0, [file, "--status", "none"]), (1, [junk]), (3, [file])):
        assert run("warifu-verifier verify", capsys, *map(str, given), *as_issued)[0] == expected
    code, _, err = run("warifu-verifier verify", capsys, str(file), "--anchors", str(junk))
    assert code == 1
    assert_says_what_is_wrong(err, "warifu-verifier")


HEAVY = ("httpx", "sqlalchemy", "alembic", "fastapi", "cryptography", "jwcrypto", "cbor2", "uvicorn")
LIGHT = (
    "import sys; from {program}.cli import main\ntry: main()\nfinally: print(*sorted(set(sys.modules) & set({heavy!r})), file=sys.stderr)"
)


@pytest.mark.parametrize(
    ("program", "arguments", "heavy"),
    [
        *((program, ["--help"], HEAVY) for program in PROGRAMS),
        ("issuer", ["serve", "--help"], HEAVY),
        ("verifier", ["verify", "--help"], (*HEAVY, "typer", "rich")),
        ("wallet", ["list", "--home", "/nonexistent"], ("httpx", "sqlalchemy", "alembic", "fastapi", "rich", "uvicorn")),
        ("verifier", ["trust", "list", "--home", "/nonexistent"], ("httpx", "sqlalchemy", "alembic", "fastapi", "rich", "uvicorn")),
    ],
)
def test_a_start_imports_nothing_that_it_does_not_need(program: str, arguments: list[str], heavy: tuple[str, ...]) -> None:
    source = LIGHT.format(program=program, heavy=heavy)
    done = subprocess.run([sys.executable, "-c", source, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 1)
    assert done.stderr.splitlines()[-1] == ""


def test_a_table_yields_to_what_is_mounted_directly() -> None:
    assert isinstance(GROUPS["warifu-verifier"], TableGroup)
    assert "verify" in GROUPS["warifu-verifier"].list_commands(None)
    assert GROUPS["warifu-verifier"].get_command(None, "nothing") is None
