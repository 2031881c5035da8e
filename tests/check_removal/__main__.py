"""Runs every removal of the registry, two at a time; see the package docstring."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@dataclass(frozen=True)
class Check:
    """One security check: its threat row, where it lives, how it is disabled, which tests must turn red."""

    row: str
    target: str
    replace: str
    tests: tuple[str, ...]


def load_checks(folder: Path) -> list[Check]:
    """Read every registry file; an unknown key is an error of the file."""
    checks: list[Check] = []
    for path in sorted(folder.glob("*.toml")):
        entries = tomllib.loads(path.read_text("utf-8")).get("check", [])
        checks += [Check(one["row"], one["target"], one.get("replace", "noop"), tuple(one["tests"])) for one in entries]
    return checks


#: Foreign packages that most tests need, loaded once; nothing of ours, since a removal must come before our first import.
PRELOADED = (
    "alembic.migration",
    "cbor2",
    "cryptography.x509",
    "fastapi",
    "httpx",
    "hypothesis",
    "jwcrypto.jwe",
    "pydantic_settings",
    "pytest",
    "rich.console",
    "sqlalchemy.dialects.sqlite",
    "starlette.testclient",
    "typer",
    "uvicorn",
)


def preload() -> None:
    """Load foreign packages into a worker, so that the processes it forks start at once."""
    with contextlib.suppress(ImportError):
        for name in PRELOADED:
            importlib.import_module(name)


def run_pytest(tests: tuple[str, ...], removed: Check | None) -> int:
    """Return pytest's exit code for ``tests``, with ``removed`` disabled, from a process of its own."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    code = 70
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os.chdir(ROOT)
        if removed is not None:
            os.environ |= {"WARIFU_REMOVE": removed.target, "WARIFU_REMOVE_BY": removed.replace}
        options = ["-q", "-x", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "tests.check_removal.plugin"]
        code = int(importlib.import_module("pytest").main([*options, *tests]))
    finally:
        os._exit(code)


def verdict(check: Check) -> str:
    """Return an empty text where the removal was noticed, else what went wrong."""
    code = run_pytest(check.tests, check)
    if code == 1:
        return ""
    return "no test turned red" if code == 0 else f"pytest could not run the tests (exit {code})"


def main() -> int:
    """Run all removals; exit 1 where one went unnoticed or the tests are red without any removal."""
    only = sys.argv[1:]
    checks = [check for check in load_checks(HERE) if not only or check.row in only]
    if not checks:
        print("check-removal: error: no check is registered", file=sys.stderr)
        return 1
    everything = tuple(sorted({test for check in checks for test in check.tests}))
    unnoticed = 0
    with multiprocessing.Pool(os.cpu_count() or 1, preload) as pool:
        intact = pool.apply_async(run_pytest, (everything, None))
        for check, text in zip(checks, pool.imap(verdict, checks), strict=True):
            unnoticed += bool(text)
            print(f"{'UNNOTICED' if text else 'noticed  '} {check.row:<5} {check.target} {text}", flush=True)
        if intact.get() != 0:
            print("check-removal: error: the named tests do not pass with every check in place", file=sys.stderr)
            return 1
    print(f"check-removal: {len(checks) - unnoticed} of {len(checks)} removals noticed")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
