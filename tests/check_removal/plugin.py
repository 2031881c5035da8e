"""pytest plugin that disables one function named by WARIFU_REMOVE before any test module is imported."""

from __future__ import annotations

import importlib
import itertools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

_COUNTER = itertools.count()


def _write_in_place(path: Path, data: bytes, **_options: Any) -> None:
    """Write as one does without care: what was there is gone at once, what comes grows before everybody's eyes."""
    with path.open("wb", buffering=0) as file:
        for at in range(0, len(data), 64):
            file.write(data[at : at + 64])


REPLACEMENTS: dict[str, Callable[..., Any]] = {
    "noop": lambda *args, **kwargs: None,
    "identity": lambda *args, **kwargs: args[0],
    "empty": lambda *args, **kwargs: frozenset(),
    "true": lambda *args, **kwargs: True,
    "false": lambda *args, **kwargs: False,
    "counter": lambda *args, **kwargs: next(_COUNTER),
    "same_salt": lambda *args, **kwargs: itertools.repeat("c2FsdHNhbHRzYWx0c2FsdA"),
    "same_random": lambda *args, **kwargs: itertools.repeat(b"randomrandomrandomrandomrandom32"),
    "same_key": lambda *args, **kwargs: b"keykeykeykeykeykeykeykeykeykey32",
    "in_clear": lambda text, *args, **kwargs: text.encode(),
    "in_place": _write_in_place,
}


def remove(target: str, replacement: str) -> None:
    """Replace ``module:function`` (or ``module:Class.method``) wherever it has been imported by name already."""
    module_name, _, path = target.partition(":")
    owner: Any = importlib.import_module(module_name)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    original = getattr(owner, name)
    substitute = REPLACEMENTS[replacement]
    setattr(owner, name, substitute)
    for module in list(sys.modules.values()):
        _replace_aliases(module, original, substitute)


def _replace_aliases(module: object, original: object, substitute: object) -> None:
    if not isinstance(module, ModuleType):
        return
    for alias, value in list(vars(module).items()):
        if value is original:
            setattr(module, alias, substitute)


def pytest_configure() -> None:
    """Disable the check once, before collection."""
    target = os.environ.get("WARIFU_REMOVE", "")
    if target:
        remove(target, os.environ.get("WARIFU_REMOVE_BY", "noop"))
