"""Writing an actor's ``config.toml`` at init."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runtime.files import write_private
from runtime.settings import CONFIG_FILE
from schemas.errors import WarifuError


def write_config(home: Path, values: Mapping[str, str | int | float | bool]) -> None:
    """Write flat settings as TOML, never over an existing file.

    Raises:
        WarifuError: ``file_exists``, ``config_invalid`` for a text with control characters, store errors.
    """
    text = "".join(f"{name} = {_literal(value)}\n" for name, value in values.items())
    write_private(home / CONFIG_FILE, text.encode(), replace=False)


def _literal(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if not value.isprintable():
            raise WarifuError("config_invalid", "a setting holds control characters", hint="write it in one line")
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
