"""pytest plugin that disables one function named by WARIFU_REMOVE before any test module is imported."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

REPLACEMENTS: dict[str, Callable[..., Any]] = {
    "noop": lambda *args, **kwargs: None,
    "identity": lambda *args, **kwargs: args[0],
    "empty": lambda *args, **kwargs: frozenset(),
    "true": lambda *args, **kwargs: True,
    "false": lambda *args, **kwargs: False,
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
