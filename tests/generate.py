"""Writes every file that follows from a definition, or checks that none has drifted.

Usage: ``python -m tests.generate`` writes; ``--check`` writes nothing, names every file that differs, is missing or belongs
to no definition, and exits 1 if there is one.  A new generator is a function in ``GENERATORS``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from schemas.credentials import catalogue
from schemas.credentials.outputs import cddl, claims_table, json_schema, samples, type_metadata
from tests import generate_cli

ROOT: Final = Path(__file__).resolve().parent.parent
VCT_BASE: Final = "https://catalogue.example"
DOCTYPE_PREFIX: Final = "example.catalogue"
CREDENTIALS: Final = "schemas/credentials/generated"


def credential_types() -> dict[str, str]:
    """JSON Schema, type metadata, CDDL and samples of every credential type, and the page of claims."""
    files = {"docs/claims.md": claims_table(catalogue(VCT_BASE, DOCTYPE_PREFIX))}
    for kind in catalogue(VCT_BASE, DOCTYPE_PREFIX).types:
        files |= {
            f"{CREDENTIALS}/{kind.name}.schema.json": _json(json_schema(kind)),
            f"{CREDENTIALS}/{kind.name}.vct.json": _json(type_metadata(kind)),
            f"{CREDENTIALS}/{kind.name}.cddl": cddl(kind),
            f"{CREDENTIALS}/{kind.name}.sample.json": _json(samples(kind)),
        }
    return files


GENERATORS: Final[tuple[Callable[[], dict[str, str]], ...]] = (credential_types, generate_cli.page)
OWNED_FOLDERS: Final = (CREDENTIALS,)
"""Folders that hold generated files only: anything else in them is a leftover."""


def expected_files() -> dict[str, str]:
    """Return path from the root → text, for all generators."""
    return {path: text for generator in GENERATORS for path, text in generator().items()}


def drift(root: Path, expected: Mapping[str, str]) -> list[str]:
    """Return one line for each file that differs, is missing or is left over, in order."""
    problems = []
    for path, text in expected.items():
        target = root / path
        if not target.is_file():
            problems.append(f"missing: {path}")
        elif target.read_bytes() != text.encode():
            problems.append(f"differs: {path}")
    return sorted(problems + [f"left over: {path}" for path in left_over(root, expected)])


def left_over(root: Path, expected: Mapping[str, str]) -> list[str]:
    """Return the files in folders of generated files that no definition yields any more."""
    found = (file for folder in OWNED_FOLDERS for file in (root / folder).rglob("*") if file.is_file())
    return sorted(path for file in found if (path := file.relative_to(root).as_posix()) not in expected)


def write(root: Path, expected: Mapping[str, str]) -> None:
    """Write every file and remove what is left over."""
    for path, text in expected.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    for path in left_over(root, expected):
        (root / path).unlink()


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit status."""
    if list(arguments) not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    if not arguments:
        write(ROOT, expected_files())
        return 0
    problems = drift(ROOT, expected_files())
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print("hint: run `python -m tests.generate` and look at the difference", file=sys.stderr)
    return 1 if problems else 0


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
