"""Settings and rules as TOML text: one ``name = value`` a line, no tables (TOML 1.0)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from schemas.errors import WarifuError

Scalar = str | bool | int | float
_UNWRITABLE: Final = frozenset({"Cc", "Cs"})


def dump_toml(values: Mapping[str, Scalar | Sequence[Scalar]]) -> bytes:
    """Return flat values as TOML in UTF-8.

    Args:
        values: bare key → text, truth, number or a list of these, written in this order.

    Raises:
        WarifuError: ``config_invalid`` for a text with control characters, or with what is no text at all, such as a path
            of bytes that are not UTF-8.
    """
    return "".join(f"{name} = {_written(value)}\n" for name, value in values.items()).encode()


def _written(value: Scalar | Sequence[Scalar]) -> str:
    if isinstance(value, str):
        _check_one_line(value)
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return "[" + ", ".join(map(_written, value)) + "]"


def _check_one_line(text: str) -> None:
    """Refuse a text that could end its line, and with it begin a setting of its own."""
    if any(unicodedata.category(character) in _UNWRITABLE for character in text):
        raise WarifuError("config_invalid", "a setting holds control characters", hint="write it in one line")
