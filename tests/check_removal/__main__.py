"""Runs every removal of the registry, two at a time; see the package docstring."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
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


def run_pytest(tests: tuple[str, ...], removed: Check | None) -> int:
    """Return pytest's exit code for ``tests``, with ``removed`` disabled."""
    environment = dict(os.environ)
    if removed is not None:
        environment |= {"WARIFU_REMOVE": removed.target, "WARIFU_REMOVE_BY": removed.replace}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:randomly", "-p", "no:cacheprovider"]
    command += ["-p", "tests.check_removal.plugin", *tests]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode


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
    if run_pytest(everything, None) != 0:
        print("check-removal: error: the named tests do not pass with every check in place", file=sys.stderr)
        return 1
    unnoticed = 0
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for check, text in zip(checks, pool.map(verdict, checks), strict=True):
            unnoticed += bool(text)
            print(f"{'UNNOTICED' if text else 'noticed  '} {check.row:<5} {check.target} {text}", flush=True)
    print(f"check-removal: {len(checks) - unnoticed} of {len(checks)} removals noticed")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
