"""Purposes in files: ``<home>/purposes/*.toml`` beside two that are built in."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Final

from schemas.credentials import Catalogue
from schemas.errors import WarifuError
from verifier.purposes.purpose import Purpose, parse_purpose

PURPOSE_FOLDER: Final = "purposes"
MAX_FILE_BYTES: Final = 64 * 1024


def builtin_purposes(catalogue: Catalogue) -> dict[str, Purpose]:
    """Return the purposes that come with the program, by name."""
    folder = files("verifier.purposes") / "builtin"
    texts = [entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".toml")]
    purposes = [parse_purpose(tomllib.loads(text), catalogue) for text in texts]
    return {purpose.name: purpose for purpose in sorted(purposes, key=lambda purpose: purpose.name)}


def load_purpose_file(path: Path, catalogue: Catalogue) -> Purpose:
    """Read one file.

    Raises:
        WarifuError: ``purpose_unreadable`` where it is missing, too large or no TOML, else as :func:`parse_purpose`.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise _unreadable("is larger than 64 KiB")
        document = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise _unreadable("cannot be opened") from error
    except ValueError as error:  # UnicodeDecodeError and TOMLDecodeError
        raise _unreadable("is no TOML") from error
    return parse_purpose(document, catalogue)


def load_purposes(home: Path, catalogue: Catalogue) -> dict[str, Purpose]:
    """Return all purposes by name; a file in the home replaces a built-in purpose of the same name.

    Raises:
        WarifuError: as :func:`load_purpose_file`, and ``purpose_name_twice`` where two files use one name.
    """
    own: dict[str, Purpose] = {}
    for path in sorted((home / PURPOSE_FOLDER).glob("*.toml")):
        purpose = load_purpose_file(path, catalogue)
        if purpose.name in own:
            raise WarifuError("purpose_name_twice", f"two files define the purpose {purpose.name}", hint="rename one", layer="policy")
        own[purpose.name] = purpose
    return {**builtin_purposes(catalogue), **own}


def _unreadable(problem: str) -> WarifuError:
    return WarifuError("purpose_unreadable", f"the file of the purpose {problem}", hint="name a TOML file", layer="policy")
