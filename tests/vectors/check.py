"""``make vectors-check``: the cases have not drifted, and the three commands take them as they say.

Each of ``warifu-verifier``, ``warifu-wallet`` and ``warifu-issuer`` walks the folder of cases as a process of its own.  The
check fails on a case that comes out otherwise than it says, on one that was skipped or that no command consumed, on a file
with an unknown key, on a command that is missing, and where fewer than 60 cases stand.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.vectors import write
from tests.vectors.forms import GIVEN

COMMANDS: Final = ("warifu-verifier", "warifu-wallet", "warifu-issuer")
LEAST: Final = 60
PATIENCE: Final = 300


@dataclass(frozen=True, slots=True)
class Run:
    """What one command said of a folder: its exit status, its results by case id, and its words where it had no results."""

    command: str
    status: int
    results: Mapping[str, Mapping[str, str]]
    words: str = ""


def run(command: str, folder: Path) -> Run:
    """Run ``command vectors folder --json`` from the environment that runs this check."""
    program = Path(sys.executable).parent / command
    if not program.is_file():
        return Run(command, 127, {}, "the command is not installed")
    done = subprocess.run([program, "vectors", str(folder), "--json"], capture_output=True, text=True, timeout=PATIENCE, check=False)
    try:
        cases: list[dict[str, Any]] = json.loads(done.stdout)["cases"]
    except (ValueError, KeyError, TypeError):
        return Run(
            command, done.returncode, {}, (done.stderr or done.stdout).strip().splitlines()[-1:][0] if done.stderr or done.stdout else ""
        )
    return Run(command, done.returncode, {case["id"]: case for case in cases})


def problems_of(runs: Sequence[Run], *, least: int = LEAST, kinds: Sequence[str] = tuple(GIVEN)) -> list[str]:
    """Return in words everything that is wrong with what the commands said."""
    problems = [f"{one.command}: no results (exit {one.status}): {one.words}" for one in runs if not one.results]
    for one in runs:
        problems += [
            f"{one.command}: {result['result']}: {name}: {result.get('reason', '')}"
            for name, result in one.results.items()
            if result["result"] in ("failed", "skipped")
        ]
        if one.results and one.status and all(result["result"] != "failed" for result in one.results.values()):
            problems.append(f"{one.command}: exit {one.status} although no case failed")
    names = {name for one in runs for name in one.results}
    taken = {name for one in runs for name, result in one.results.items() if result["result"] == "passed"}
    other = {name for name in names if all(one.results.get(name, {}).get("result", "other") == "other" for one in runs)}
    problems += [f"no command consumed {name}" for name in sorted(other - taken)]
    problems += [f"no case of the kind {kind}" for kind in kinds if not any(name.startswith(f"{kind}/") for name in names)]
    if len(names) < least:
        problems.append(f"{len(names)} cases, fewer than {least}")
    return problems


def check(folder: Path) -> list[str]:
    """Return everything that is wrong with the cases in ``folder``."""
    return problems_of([run(command, folder) for command in COMMANDS])


def main() -> int:
    """Run the check; returns its exit status."""
    problems = [f"drift: {problem}" for problem in write.drift(write.HERE, write.expected())]
    problems += check(write.CASES)
    for problem in problems:
        print(f"vectors-check: {problem}", file=sys.stderr)
    if problems:
        print(
            "hint: `make vectors` writes the cases again; each command tells more: warifu-verifier vectors tests/vectors/cases",
            file=sys.stderr,
        )
        return 1
    print(f"{len(list(write.CASES.rglob('*.json')))} cases: as written, all consumed, all as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
