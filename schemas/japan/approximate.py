"""Machine forms of dates that a register does not know exactly.

Three forms of one thing:

- ``edtf``: a string of ISO 8601-2:2019 (EDTF), a subset.  ``1955-05-03`` is exact; ``1955-XX-XX`` leaves month and day
  open; ``1955-05~`` is about May (頃); ``1955-05-10?`` is estimated (推定); ``1955-21`` is spring; ``a/b`` lies between two
  days; ``XXXX-XX-XX`` is wholly unknown.  It can never be mistaken for an exact day by a reader who expects one.
- ``window``: the earliest and latest day it can mean, the only form to calculate with.
- ``mask``: eight flags over YYYYMMDD as in ISO/IEC 23220-2, 1 where the digit is not certain.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Final

from schemas.errors import WarifuError

Window = tuple[date, date]

UNKNOWN: Final = "XXXX-XX-XX"

# No rule says how far 頃 and 推定 reach.  These are this platform's margins, wide on purpose: they only ever turn an
# answer into "not derivable".
ABOUT_YEAR: Final = 5
ABOUT_MONTH_DAYS: Final = 183
ABOUT_DAY_DAYS: Final = 31

_POINT: Final = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2}|XX)(?:-(?P<day>[0-9]{2}|XX))?)?(?P<mark>[~?])?\Z")
_SEASONS: Final = range(21, 25)


def window_of(edtf: str) -> Window | None:
    """Return the earliest and latest day that ``edtf`` can mean; ``None`` where it is wholly unknown.

    Raises:
        WarifuError: ``bad_approximate_date`` for text outside the subset.
    """
    if edtf == UNKNOWN:
        return None
    start, slash, end = edtf.partition("/")
    earliest, latest = _point_window(start)
    if slash:
        latest = _point_window(end)[1]
    if latest < earliest:
        raise _bad("the interval ends before it begins")
    return earliest, latest


def exact_day(edtf: str) -> date | None:
    """Return the day where ``edtf`` names exactly one, else ``None``; raises as :func:`window_of`."""
    match = _POINT.match(edtf)
    if match is None or match["day"] in (None, "XX") or match["mark"]:
        window_of(edtf)
        return None
    return _point_window(edtf)[0]


def mask_of(window: Window | None) -> str:
    """Return the eight flags over YYYYMMDD: every day of ``window`` agrees in the digits flagged 0.

    Month and day are flagged as a whole, the year digit by digit (ISO/IEC 23220-2 6.3.1.1.3).
    """
    if window is None:
        return "1" * 8
    earliest, latest = (day.strftime("%Y%m%d").rjust(8, "0") for day in window)
    same = next((place for place in range(8) if earliest[place] != latest[place]), 8)
    certain = same if same < 4 else same - same % 2
    return "0" * certain + "1" * (8 - certain)


def masked_day(window: Window | None) -> date | None:
    """Return a day that carries the certain digits and nothing else: 01 for an uncertain month or day, 0 in the year.

    ``None`` where not even the millennium is certain, so that no invented date is ever shown.
    """
    mask = mask_of(window)
    if window is None or mask[0] == "1":
        return None
    digits = window[0].strftime("%Y%m%d").rjust(8, "0")
    year = "".join("0" if flag == "1" else digit for digit, flag in zip(digits[:4], mask[:4], strict=True))
    month = 1 if mask[4] == "1" else int(digits[4:6])
    return date(int(year), month, 1 if mask[6] == "1" else int(digits[6:]))


def _point_window(text: str) -> Window:
    match = _POINT.match(text)
    if match is None:
        raise _bad("the text is not in the accepted subset of ISO 8601-2")
    year = int(match["year"])
    month, day = (None if part in (None, "XX") else int(part) for part in (match["month"], match["day"]))
    if month is None and day is not None:
        raise _bad("a day needs a month")
    try:
        earliest, latest = _stated(year, month, day)
    except ValueError as error:
        raise _bad("there is no such day in the calendar") from error
    return _widened(earliest, latest, month, day) if match["mark"] else (earliest, latest)


def _stated(year: int, month: int | None, day: int | None) -> Window:
    if month is None or (month in _SEASONS and day is None):
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        first = date(year, month, 1)
        return first, first.replace(day=monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def _widened(earliest: date, latest: date, month: int | None, day: int | None) -> Window:
    if month is None:
        return earliest.replace(year=max(1, earliest.year - ABOUT_YEAR)), latest.replace(year=min(9999, latest.year + ABOUT_YEAR))
    margin = ABOUT_MONTH_DAYS if day is None else ABOUT_DAY_DAYS
    first, last = date.min.toordinal(), date.max.toordinal()
    delta = timedelta(days=min(margin, earliest.toordinal() - first, last - latest.toordinal()))
    return earliest - delta, latest + delta


def _bad(message: str) -> WarifuError:
    return WarifuError("bad_approximate_date", message, hint="write it as JapaneseDate does", clause="ISO 8601-2", layer="parse")
