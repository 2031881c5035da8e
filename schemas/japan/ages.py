"""Ages, derived only where the register leaves no doubt.

A year of age is complete on the birthday (年齢計算ニ関スル法律 and 民法143条: a child of February 29 is a year older on March 1
of a common year).  The day is Japan's, whatever the clock's zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from typing import Final

from schemas.errors import WarifuError
from schemas.japan.dates import JapaneseDate

JAPAN_STANDARD_TIME: Final = timezone(timedelta(hours=9), "JST")


def japan_day(at: datetime) -> date:
    """Return the calendar day in Japan at an aware instant.

    Raises:
        WarifuError: ``naive_time`` for a time without zone.
    """
    if at.tzinfo is None:
        raise WarifuError("naive_time", "a time without zone was given", hint="pass an aware datetime", layer="parse")
    return at.astimezone(JAPAN_STANDARD_TIME).date()


def anniversary(birth: date, years: int) -> date:
    """Return the day on which someone born on ``birth`` completes ``years``."""
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return date(birth.year + years, 3, 1)


def age_over(birth: JapaneseDate, years: int, at: datetime) -> bool | None:
    """Tell whether ``years`` are complete at ``at``; ``None`` where what is unknown of the birth date leaves it open."""
    window = birth.window
    if window is None:
        return None
    today = japan_day(at)
    surely, possibly = (anniversary(day, years) <= today for day in reversed(window))
    return surely if surely is possibly else None


def next_age_change(birth: JapaneseDate, thresholds: Iterable[int], at: datetime) -> date | None:
    """Return the first day after ``at`` on which :func:`age_over` answers otherwise for any threshold, or ``None``."""
    window = birth.window
    if window is None:
        return None
    today = japan_day(at)
    days = {anniversary(day, years) for years in thresholds for day in window}
    return min((day for day in days if day > today), default=None)


def next_birthday(birth: JapaneseDate, at: datetime) -> date | None:
    """Return the first birthday after ``at``, or ``None`` where the birth date is not exact."""
    if birth.iso is None:
        return None
    born, today = date.fromisoformat(birth.iso), japan_day(at)
    this_year = anniversary(born, today.year - born.year)
    return this_year if this_year > today else anniversary(born, today.year - born.year + 1)
