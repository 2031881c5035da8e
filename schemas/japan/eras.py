"""Era names as data: a new era is one more row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from schemas.errors import WarifuError


@dataclass(frozen=True, slots=True)
class Era:
    """One era (元号).

    Attributes:
        name: as written, 昭和.
        letter: as abbreviated, S.
        english: romanised, Showa.
        first: its first day; years count from this day's calendar year.
        last: the last day that may be written in it, inclusive.  It overlaps the next era's first day where registers
            hold both spellings of one day.
    """

    name: str
    letter: str
    english: str
    first: date
    last: date

    def gregorian_year(self, year: int) -> int:
        """Return the calendar year of the era's ``year`` (1 is the first, 元年)."""
        return self.first.year + year - 1


# 明治45年7月30日 and 大正15年12月25日 stand in registers beside the new era's name for the same day (STD 1.1.8); documents
# dated ahead before the change of 2019 hold 平成31年5月1日.
ERAS: Final[tuple[Era, ...]] = (
    Era("明治", "M", "Meiji", date(1868, 1, 25), date(1912, 7, 30)),
    Era("大正", "T", "Taisho", date(1912, 7, 30), date(1926, 12, 25)),
    Era("昭和", "S", "Showa", date(1926, 12, 25), date(1989, 1, 7)),
    Era("平成", "H", "Heisei", date(1989, 1, 8), date(2019, 5, 1)),
    Era("令和", "R", "Reiwa", date(2019, 5, 1), date.max),
)

GREGORIAN_SINCE: Final = date(1873, 1, 1)
"""Days before this were counted in a lunisolar calendar; their month and day are not those of the Gregorian one."""


def era_named(name: str, eras: Sequence[Era] = ERAS) -> Era:
    """Return the era of a full name or a letter.

    Raises:
        WarifuError: ``unknown_era``.
    """
    for era in eras:
        if name in (era.name, era.letter):
            return era
    raise WarifuError(
        "unknown_era", "the era is not in the table", hint="write 明治 to 令和, or a Gregorian year", clause="STD 1.3.6", layer="parse"
    )


def era_of(day: date, eras: Sequence[Era] = ERAS) -> Era:
    """Return the era of a calendar day; on a day shared by two, the newer.

    Raises:
        WarifuError: ``unknown_era`` before the first era.
    """
    for era in reversed(eras):
        if era.first <= day <= era.last:
            return era
    raise WarifuError("unknown_era", "the day lies before the first era of the table", clause="STD 1.3.6", layer="parse")
