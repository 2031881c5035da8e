"""The catalogue: every credential type under one ecosystem's names."""

from __future__ import annotations

from functools import lru_cache

from schemas.credentials.credential_type import Catalogue
from schemas.credentials.types import DEFINITIONS


@lru_cache(maxsize=16)
def catalogue(vct_base: str, doctype_prefix: str) -> Catalogue:
    """Return all types, ``vct`` under the https base ``vct_base`` and docTypes under the reverse-DNS ``doctype_prefix``."""
    return Catalogue(tuple(definition.bind(vct_base, doctype_prefix) for definition in DEFINITIONS))
