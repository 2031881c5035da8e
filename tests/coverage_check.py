"""Checks `docs/coverage.md` and `docs/threat-model.md` against the tests that passed in this run.

Usage: ``python -m tests.coverage_check FOLDER`` with the folder of result files that ``make test`` wrote.  A row that
says done must name tests that passed (a test may speak of one store alone; a failure ends CI anyway); a row must have a
known state.  Exits 1 otherwise.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("docs/coverage.md", "docs/threat-model.md")
STATES = {"現行", "検討中", "構想", "standard"}
PROGRESS = {"done", "partly", "open"}


def table_rows(text: str) -> list[list[str]]:
    """Return the cells of every row of those tables whose first heading is ``row``; other tables are prose."""
    rows, counts = [], False
    for line in text.splitlines():
        if not line.startswith("| "):
            counts = counts and line.startswith("|-")
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[0] in {"row", "Row"}:
            counts = True
        elif counts:
            rows.append(cells)
    return rows


def passed_tests(folder: Path) -> list[set[str]]:
    """Return one set of passed test ids for each result file."""
    return [set(path.read_text("utf-8").split("\n")) for path in sorted(folder.glob("*.txt"))]


def faults(document: str, rows: list[list[str]], results: list[set[str]]) -> list[str]:
    """Return one sentence for each row that claims more than was seen."""
    found = []
    for cells in rows:
        if len(cells) < 5:
            found.append(f"{document}: {cells[0]}: fewer than five cells")
            continue
        row, state, progress, tests = cells[0], cells[1], cells[2], re.findall(r"`(tests/[^`]+)`", cells[-1])
        if state not in STATES or progress not in PROGRESS:
            found.append(f"{document}: {row}: unknown state {state} or progress {progress}")
        if progress == "done" and not tests:
            found.append(f"{document}: {row}: says done and names no test")
        found += [f"{document}: {row}: {t} did not pass" for t in tests if progress == "done" and not any(_has(r, t) for r in results)]
    return found


def _has(passed: set[str], test: str) -> bool:
    return test in passed or any(name.startswith((test + "[", test + "::")) for name in passed)


def main() -> int:
    """Print every fault and a total; exit 1 where there is one."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".ci-out"
    results = passed_tests(folder)
    if not results:
        print("coverage-check: error: no result file\nhint: run make test first", file=sys.stderr)
        return 1
    every, total = [], 0
    for document in DOCUMENTS:
        rows = table_rows((ROOT / document).read_text("utf-8"))
        total += len(rows)
        every += faults(document, rows, results)
    print("\n".join(every))
    print(f"coverage-check: {total} rows, {len(every)} faults")
    return 1 if every or not total else 0


if __name__ == "__main__":
    sys.exit(main())
