"""The catalogue: every credential type under one ecosystem's names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from schemas.credentials.credential_type import MSO_MDOC, CredentialType
from schemas.credentials.types import DEFINITIONS
from schemas.errors import WarifuError

_NO_TYPE: Final = "no credential type of this catalogue has that name"


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All credential types of an ecosystem."""

    types: tuple[CredentialType, ...]

    @cached_property
    def _by_vct(self) -> dict[str, CredentialType]:
        return {one.vct: one for one in self.types}

    @cached_property
    def _by_doctype(self) -> dict[str, CredentialType]:
        return {one.doctype: one for one in self.types}

    @cached_property
    def _by_name(self) -> dict[str, CredentialType]:
        return {one.name: one for one in self.types}

    def by_vct(self, vct: str) -> CredentialType:
        """Return the type of an SD-JWT VC; raises ``unknown_credential_type``."""
        return _found(self._by_vct.get(vct))

    def by_doctype(self, doctype: str) -> CredentialType:
        """Return the type of an mdoc; raises ``unknown_credential_type``."""
        return _found(self._by_doctype.get(doctype))

    def find(self, format_name: str, type_name: str) -> CredentialType | None:
        """Return the type of a credential in one format, or ``None`` for a foreign one."""
        return (self._by_doctype if format_name == MSO_MDOC else self._by_vct).get(type_name)

    def by_name(self, name: str) -> CredentialType:
        """Return the type of a short name; raises ``unknown_credential_type``."""
        return _found(self._by_name.get(name))


def _found(kind: CredentialType | None) -> CredentialType:
    if kind is None:
        raise WarifuError(
            "unknown_credential_type", _NO_TYPE, hint="list the catalogue's types", clause="SD-JWT VC 2.2.2.1", layer="policy"
        )
    return kind


@lru_cache(maxsize=16)
def catalogue(vct_base: str, doctype_prefix: str) -> Catalogue:
    """Return all types, ``vct`` under the https base ``vct_base`` and docTypes under the reverse-DNS ``doctype_prefix``."""
    return Catalogue(tuple(definition.bind(vct_base, doctype_prefix) for definition in DEFINITIONS))
