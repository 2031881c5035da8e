"""Dates as Japanese registers write them: in eras, on days with two names, outside the calendar, and not quite known.

The text of the register is never replaced.  Beside it stand what a machine can use: the exact day where there is one, the
form of :mod:`schemas.japan.approximate` where there is none, and a decided internal day for ordering, which is never shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from schemas.japan.approximate import Window, mask_of, window_of
from schemas.japan.date_text import DateForm, bad_date, first_stated, interpret, read_date_text
from schemas.japan.eras import ERAS, GREGORIAN_SINCE, Era, era_of

__all__ = ["DateForm", "JapaneseDate", "format_era", "format_western"]


@dataclass(frozen=True, slots=True)
class JapaneseDate:
    """One date of a register.

    Attributes:
        era: the era's name, or ``None`` where the year is Gregorian (西暦) or unknown.
        year: of the era or Gregorian, ``None`` where unknown; likewise ``month`` and ``day`` (of a range, where it begins).
        text: exactly as the register has it.
        iso: ``YYYY-MM-DD`` where the text names one calendar day, else ``None``.
        approximate_mask: flags over YYYYMMDD where the day is not exact (ISO/IEC 23220-2 6.3.1.1.3), else ``None``.
        internal: the decided day for ordering and terms; never shown, never attested.
        edtf: the machine form, equal to ``iso`` where that exists.
        form: which of the forms it is.
    """

    era: str | None
    year: int | None
    month: int | None
    day: int | None
    text: str
    iso: str | None
    approximate_mask: str | None
    internal: date
    edtf: str
    form: DateForm

    @classmethod
    def parse(cls, text: str, *, internal: date | None = None, eras: Sequence[Era] = ERAS) -> JapaneseDate:
        """Read a date as registers write it: 昭和64年1月7日, S64.1.7, 1989-01-07, 1989年1月7日 or one of the 14 unknown forms.

        Digits may be full-width and spaces may stand anywhere; ``text`` keeps them.  ``internal`` is the day the office
        decided on; without it, the first day of what the text states (``date.min`` where it states nothing).

        Raises:
            WarifuError: ``bad_date`` for another form or an impossible day; ``date_outside_era``; ``unknown_era``.
        """
        parsed = _parsed(text, tuple(eras))
        return parsed if internal is None or internal == parsed.internal else replace(parsed, internal=internal)

    @classmethod
    def of(cls, day: date, *, western: bool = False, eras: Sequence[Era] = ERAS) -> JapaneseDate:
        """Return an exact day, written in its era (昭和64年1月7日) or, for foreign residents, ``western`` (1989年1月7日)."""
        return cls.parse(format_western(day) if western else format_era(day, eras), eras=eras)

    @property
    def window(self) -> Window | None:
        """The earliest and latest day this can mean; ``None`` where it is wholly unknown."""
        return window_of(self.edtf)

    @property
    def attested(self) -> date | str:
        """What a credential's machine-readable date claim takes: the day, or the EDTF text where it is not exact."""
        return date.fromisoformat(self.iso) if self.iso is not None else self.edtf


@lru_cache(maxsize=2**14)
def _parsed(text: str, eras: tuple[Era, ...]) -> JapaneseDate:
    """Read a date once: a register of millions writes few different days."""
    parts = read_date_text(text, eras)
    form, edtf = interpret(parts)
    window = window_of(edtf)
    exact = form is DateForm.EXACT
    mask = None if exact else mask_of(window)
    first = first_stated(parts, window)
    return JapaneseDate(parts.era_name, parts.year, parts.month, parts.day, text, edtf if exact else None, mask, first, edtf, form)


def format_era(day: date, eras: Sequence[Era] = ERAS) -> str:
    """Return 昭和64年1月7日; the first year of an era is 元年.

    Raises:
        WarifuError: ``unknown_era`` before the first era; ``bad_date`` before 1873, where months and days differ.
    """
    if day < GREGORIAN_SINCE:
        raise bad_date("days before 1873 have no era date in the present calendar")
    era = era_of(day, eras)
    year = day.year - era.first.year + 1
    return f"{era.name}{'元' if year == 1 else year}年{day.month}月{day.day}日"


def format_western(day: date) -> str:
    """Return 1989年1月7日, the way foreign residents' dates are written."""
    return f"{day.year}年{day.month}月{day.day}日"
