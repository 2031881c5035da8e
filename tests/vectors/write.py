"""Writes every test vector and schema, or checks that none has drifted: ``python -m tests.vectors.write [--check]``.

``--check`` writes nothing, names every file that differs, is missing or belongs to no generator, and exits 1 if there is one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.vectors.forms import schemas
from tests.vectors.kinds import everything

HERE: Final = Path(__file__).resolve().parent
CASES: Final = HERE / "cases"
FOLDERS: Final = ("cases", "schema")


def text_of(document: Mapping[str, Any]) -> str:
    """Return a document as its file holds it: UTF-8, two spaces, code points as they are."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def expected() -> dict[str, str]:
    """Return path below this folder → text, of every case and schema."""
    cases = {f"cases/{name}.json": text_of(vector.document()) for name, vector in everything().items()}
    return cases | {f"schema/{kind}.schema.json": text_of(schema) for kind, schema in schemas().items()}


def drift(root: Path, files: Mapping[str, str]) -> list[str]:
    """Return one line for each file below ``root`` that differs, is missing or is left over, in order."""
    problems = [f"left over: {path}" for path in left_over(root, files)]
    for path, text in files.items():
        target = root / path
        if not target.is_file():
            problems.append(f"missing: {path}")
        elif target.read_bytes() != text.encode():
            problems.append(f"differs: {path}")
    return sorted(problems)


def left_over(root: Path, files: Mapping[str, str]) -> list[str]:
    """Return the files in the folders of generated files that no generator yields."""
    found = (file for folder in FOLDERS for file in (root / folder).rglob("*") if file.is_file())
    return sorted(path for file in found if (path := file.relative_to(root).as_posix()) not in files)


def write(root: Path, files: Mapping[str, str]) -> None:
    """Write every file below ``root`` and remove what is left over."""
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    for path in left_over(root, files):
        (root / path).unlink()


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit status."""
    if list(arguments) not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    files = expected()
    if not arguments:
        write(HERE, files)
        print(f"{len(everything())} cases and {len(schemas())} schemas written")
        return 0
    problems = drift(HERE, files)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print("hint: run `make vectors` and look at the difference", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
