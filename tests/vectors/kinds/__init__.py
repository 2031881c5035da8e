"""The generators, by kind; importing :func:`everything` registers them all."""

from __future__ import annotations

import importlib
import pkgutil

from tests.vectors.registry import VECTORS, Vector


def everything() -> dict[str, Vector]:
    """Return every registered case by id, in order."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(VECTORS.items()))
