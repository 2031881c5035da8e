"""One claim of a credential type: its name, its places in both formats, its type, who may see it and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from schemas.errors import WarifuError

ClaimPath = tuple[str, ...]
LOCALES: Final = ("ja", "en")

COMMON_NAMESPACE: Final = "org.iso.23220.1"
OWN: Final = ""
"""Stands for the docType's own namespace until a definition is bound to a docType."""


class Kind(StrEnum):
    """What a claim's value is; :mod:`schemas.credentials.values` says how each is written in both formats."""

    TEXT = "text"
    DATE = "full-date"
    APPROXIMATE_DATE = "full-date or approximate"
    BOOL = "bool"
    INT = "int"


class Release(StrEnum):
    """Whether the holder decides on each disclosure."""

    SELECTIVE = "selective"
    ALWAYS = "always"


class SpecialRequest(StrEnum):
    """Items that the law leaves out unless the resident asks for them (住民基本台帳法12条5項, 特別の請求)."""

    HOUSEHOLDER = "householder"
    REGISTERED_DOMICILE = "registered-domicile"
    RESIDENCE_STATUS = "residence-status"


class AppliesTo(StrEnum):
    """Whose record has the item."""

    ALL = "all"
    JAPANESE = "japanese"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Element:
    """A data element of an mdoc; the namespace ``OWN`` is the docType's."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Text:
    """One text in Japanese and English."""

    ja: str
    en: str

    def in_locale(self, locale: str) -> str:
        """Return the Japanese text for ``ja`` and its regions, the English one for every other language tag (RFC 5646)."""
        return self.ja if locale.partition("-")[0].lower() == "ja" else self.en


@dataclass(frozen=True, slots=True, eq=False)
class ClaimDefinition:
    """One claim, defined once for every output.

    Attributes:
        name: dotted key in a credential's content; split at the dots it is the SD-JWT claim path.
        label, description: for display.
        elements: where the value stands in an mdoc; the first is its main place, the others repeat it for foreign readers.
        sample, sample_foreign: fictional values of a Japanese and of a foreign resident; ``None`` where there is none.
        choices: the accepted values with their display texts; empty where any value of the kind will do.
        pattern: regular expression that the whole text matches, in the common subset of Python and ECMA 262.
        constant: value of an element that is the same in every credential and needs no content.
        in_sd_jwt: false for what only an mdoc carries.
        clause: where the item stands in the law.
    """

    name: str
    label: Text
    description: Text
    kind: Kind = Kind.TEXT
    elements: tuple[Element, ...] = ()
    sample: Any = None
    sample_foreign: Any = None
    release: Release = Release.SELECTIVE
    mandatory: bool = False
    special_request: SpecialRequest | None = None
    applies_to: AppliesTo = AppliesTo.ALL
    choices: Mapping[str | int, Text] = field(default_factory=lambda: MappingProxyType({}))
    pattern: str = ""
    constant: str = ""
    in_sd_jwt: bool = True
    clause: str = ""

    @property
    def path(self) -> ClaimPath:
        """The claim path of the SD-JWT VC."""
        return tuple(self.name.split("."))

    @property
    def always(self) -> bool:
        """Whether the value is disclosed in every presentation."""
        return self.release is Release.ALWAYS

    def show(self, value: Any, locale: str) -> str:
        """Return a disclosed value as a person reads it: choices by their display text, truth as はい or yes.

        ``value`` may be in content, SD-JWT or mdoc form; unknown values are shown as they are.
        """
        if isinstance(value, bool):
            return _TRUTH[value].in_locale(locale)
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, dict):
            return f"{value.get('birth_date', '')} ({value.get('approximate_mask', '')})"
        choice = self.choices.get(value) if isinstance(value, str | int) else None
        return str(value) if choice is None else choice.in_locale(locale)


_TRUTH: Final = {True: Text("はい", "yes"), False: Text("いいえ", "no")}


def unknown_claim(place: str) -> WarifuError:
    """Return the error for a claim that the type does not define (not raised here)."""
    return WarifuError(
        "unknown_claim",
        f"the credential type defines no claim {place}",
        hint="see schemas/credentials/generated for the claims of each type",
        clause="SD-JWT VC 6.2",
        layer="policy",
    )
