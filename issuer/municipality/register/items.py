"""What an item of the register is: its Japanese name, its kind of value and who has it.

The items themselves stand as fields of :class:`issuer.municipality.register.record.ResidentRecord`; the CSV header, the
columns of the history, the event file and the comparison of two snapshots follow from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final, Literal

from schemas.japan.dates import JapaneseDate

ItemValue = str | int | bool | date | JapaneseDate | None

Kind = Literal["identifier", "name", "kana", "text", "digits", "code", "choice", "flag", "number", "day", "japanese_date"]
"""``name`` keeps the exact code points; ``day`` is a known calendar day; ``japanese_date`` may be unknown in part."""

Needed = Literal["always", "japanese", "foreign", "optional"]


def _choices(**labels: str) -> Mapping[str, str]:
    return MappingProxyType(labels)


STATUS: Final = _choices(resident="住民", moving_out="転出予定", moved_out="転出", dead="死亡", struck="職権消除")
KIND: Final = _choices(japanese="日本人", foreign="外国人")
SEX: Final = _choices(male="男", female="女")
RESIDENCE_CLASS: Final = _choices(
    medium_long_term="中長期在留者",
    special_permanent="特別永住者",
    temporary_refuge="一時庇護許可者",
    provisional_stay="仮滞在許可者",
    transitional_birth="出生による経過滞在者",
    transitional_loss="国籍喪失による経過滞在者",
)
SUPPORT: Final = _choices(none="なし", provisional="仮支援措置", active="支援措置")
CARD: Final = _choices(none="未交付", issued="交付", returned="返納")

LIVE_STATUSES: Final = frozenset({"resident", "moving_out"})
"""Statuses of a record that still stands; the others are 除票."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a record.

    Attributes:
        label: its Japanese name, which a CSV header may use instead of the English one.
        kind: how its value is written and compared.
        needed: for whom it may not be blank.
        choices: code → Japanese label, for ``choice``.
        max_length: in code points, for text of any kind.
        name: English name, dotted for the parts of the address; filled in from the field.
    """

    label: str
    kind: Kind
    needed: Needed = "optional"
    choices: Mapping[str, str] = field(default_factory=dict)
    max_length: int = 200
    name: str = ""

    @property
    def column(self) -> str:
        """Name of the field and of the column: the English name with underscores for dots."""
        return self.name.replace(".", "_")
