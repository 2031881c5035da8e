"""The written forms of dates in registers, read into what they state and what a machine can make of it."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from schemas.errors import WarifuError
from schemas.japan.approximate import UNKNOWN, Window
from schemas.japan.eras import GREGORIAN_SINCE, Era, era_named


class DateForm(StrEnum):
    """How a register states a date: exactly, outside the calendar, or in one of the 14 forms of STD 1.1.8."""

    EXACT = "exact"
    NON_CALENDAR = "non-calendar"
    ABOUT_YEAR = "○年頃"
    ABOUT_MONTH = "○年○月頃"
    ABOUT_DAY = "○年○月○日頃"
    ESTIMATED_DAY = "推定○年○月○日"
    ESTIMATED_MONTH = "推定○年○月"
    SEASON = "○年春"
    THIRD_OF_MONTH = "○月上旬"
    ABOUT_THIRD_OF_MONTH = "○月中旬頃"
    UNKNOWN = "年月日不詳"
    UNKNOWN_MONTH_AND_DAY = "○年 月日不詳"
    UNKNOWN_DAY = "○年○月 日不詳"
    BETWEEN = "○月○日から○日頃までの間"
    ESTIMATED_BETWEEN = "推定○日から○日までの間"
    ABOUT_BETWEEN = "○日頃から○日頃までの間"


_FULL_WIDTH: Final = {
    **{0xFF10 + digit: str(digit) for digit in range(10)},
    0xFF0E: ".",
    0xFF0F: "/",
    0xFF0D: "-",
    0x3000: None,
    0x20: None,
}
_RANGE: Final = r"(?P<from_about>頃)?から(?:(?P<end_month>[0-9]{1,2})月)?(?P<end_day>[0-9]{1,2})日(?P<to_about>頃)?まで(?:の間)?"
_WRITTEN: Final = re.compile(
    r"(?P<estimated>推定)?(?P<era>[^0-9]*?)(?P<year>元|[0-9]{1,4})年(?:(?P<month>[0-9]{1,2})月)?(?:(?P<day>[0-9]{1,2})日)?"
    rf"(?P<tail>頃|[春夏秋冬]|(?P<third>[上中下])旬頃?|月日不詳|日不詳|{_RANGE})?\Z"
)
_ABBREVIATED: Final = re.compile(r"(?P<era>[A-Z])(?P<year>[0-9]{1,2})([./-])(?P<month>[0-9]{1,2})\3(?P<day>[0-9]{1,2})\Z")
_ISO: Final = re.compile(r"(?P<era>)(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})\Z")
_SEASON_CODES: Final = {"春": 21, "夏": 22, "秋": 23, "冬": 24}
_SEASON_MONTHS: Final = {"春": 3, "夏": 6, "秋": 9, "冬": 12}
_THIRDS: Final = {"上": (1, 10), "中": (11, 20), "下": (21, 31)}


@dataclass(frozen=True, slots=True)
class StatedDate:
    """What the text states, before it is judged; ``gregorian`` is the calendar year meant by era and year."""

    era_name: str | None
    year: int | None
    month: int | None
    day: int | None
    gregorian: int
    eras: Sequence[Era]
    machine: bool = False
    estimated: bool = False
    tail: str = ""
    from_about: bool = False
    to_about: bool = False
    end_month: int | None = None
    end_day: int | None = None


def read_date_text(text: str, eras: Sequence[Era]) -> StatedDate:
    """Take a written date apart; whether its parts make sense together is for :func:`interpret`.

    Raises:
        WarifuError: ``bad_date`` for another form, ``unknown_era``.
    """
    plain = text.translate(_FULL_WIDTH)
    if plain == "年月日不詳":
        return StatedDate(None, None, None, None, 0, eras, tail=plain)
    match = _WRITTEN.match(plain) or _ABBREVIATED.match(plain) or _ISO.match(plain)
    if match is None:
        raise bad_date("the text is none of the forms in which registers write dates")
    fields: dict[str, Any] = match.groupdict()
    name = fields["era"].removeprefix("西暦")
    era = era_named(name, eras) if name else None
    if era is None and len(fields["year"]) != 4:
        raise bad_date("a year without an era has four digits")
    year = 1 if fields["year"] == "元" else int(fields["year"])
    if year < 1:
        raise bad_date("years count from one")
    numbers = {key: None if fields.get(key) is None else int(fields[key]) for key in ("month", "day", "end_month", "end_day")}
    flags = {key: bool(fields.get(key)) for key in ("estimated", "from_about", "to_about")}
    gregorian = year if era is None else era.gregorian_year(year)
    rest: dict[str, Any] = {**numbers, **flags, "tail": fields.get("tail") or "", "machine": match.re is _ISO}
    return StatedDate(None if era is None else era.name, year, gregorian=gregorian, eras=eras, **rest)


def interpret(parts: StatedDate) -> tuple[DateForm, str]:
    """Return the form and the machine form; every combination that registers do not write is refused."""
    if parts.tail == "年月日不詳":
        return DateForm.UNKNOWN, UNKNOWN
    _check_calendar(parts)
    if parts.era_name is not None and (parts.gregorian, parts.month or 1, parts.day or 1) < _FIRST_GREGORIAN:
        return _lunisolar(parts)
    _check_inside_era(parts)
    if parts.end_day is not None:
        return _between(parts)
    year, month, day = f"{parts.gregorian:04}", parts.month, parts.day
    tail = "旬" + parts.tail[2:] if parts.tail[1:2] == "旬" else "季" if parts.tail in _SEASON_CODES else parts.tail
    shape = ("推定" if parts.estimated else "", month is not None, day is not None, tail)
    form = _SHAPES.get(shape)
    if form is None:
        raise bad_date("the text mixes forms that registers do not mix")
    if not _exists(parts):
        return _non_calendar(parts, form)
    if form in (DateForm.THIRD_OF_MONTH, DateForm.ABOUT_THIRD_OF_MONTH):
        return form, _third(year, month or 1, parts.tail)
    pieces = [year, *([f"{month:02}"] if month else []), *([f"{day:02}"] if day else [])]
    return form, "-".join(pieces) + _ENDINGS.get(form, "") if form is not DateForm.SEASON else f"{year}-{_SEASON_CODES[parts.tail]}"


_SHAPES: Final = {
    ("", True, True, ""): DateForm.EXACT,
    ("", False, False, "頃"): DateForm.ABOUT_YEAR,
    ("", True, False, "頃"): DateForm.ABOUT_MONTH,
    ("", True, True, "頃"): DateForm.ABOUT_DAY,
    ("推定", True, True, ""): DateForm.ESTIMATED_DAY,
    ("推定", True, False, ""): DateForm.ESTIMATED_MONTH,
    ("", False, False, "季"): DateForm.SEASON,
    ("", True, False, "旬"): DateForm.THIRD_OF_MONTH,
    ("", True, False, "旬頃"): DateForm.ABOUT_THIRD_OF_MONTH,
    ("", False, False, "月日不詳"): DateForm.UNKNOWN_MONTH_AND_DAY,
    ("", True, False, "日不詳"): DateForm.UNKNOWN_DAY,
}
_ENDINGS: Final = {
    DateForm.ABOUT_YEAR: "~",
    DateForm.ABOUT_MONTH: "~",
    DateForm.ABOUT_DAY: "~",
    DateForm.ESTIMATED_DAY: "?",
    DateForm.ESTIMATED_MONTH: "?",
    DateForm.UNKNOWN_MONTH_AND_DAY: "-XX-XX",
    DateForm.UNKNOWN_DAY: "-XX",
}
_FIRST_GREGORIAN: Final = (GREGORIAN_SINCE.year, GREGORIAN_SINCE.month, GREGORIAN_SINCE.day)


def _non_calendar(parts: StatedDate, form: DateForm) -> tuple[DateForm, str]:
    """February 29 of a common year, written out as a day: it means one of the days around it."""
    if form is not DateForm.EXACT or parts.machine:
        raise bad_date("there is no such day in the calendar")
    return DateForm.NON_CALENDAR, f"{date(parts.gregorian, 2, 28)}/{date(parts.gregorian, 3, 1)}"


def _between(parts: StatedDate) -> tuple[DateForm, str]:
    if parts.month is None or parts.day is None or parts.end_day is None or not _exists(parts):
        raise bad_date("a span of days begins at a month and day")
    start = date(parts.gregorian, parts.month, parts.day)
    try:
        end = date(parts.gregorian, parts.end_month or parts.month, parts.end_day)
    except ValueError as error:
        raise bad_date("the span ends on no day of the calendar") from error
    if end < start:
        raise bad_date("the span ends before it begins")
    mark = "?" if parts.estimated else "~"
    spoken = DateForm.ABOUT_BETWEEN if parts.from_about else DateForm.BETWEEN
    form = DateForm.ESTIMATED_BETWEEN if parts.estimated else spoken
    return form, f"{start}{mark if parts.estimated or parts.from_about else ''}/{end}{mark if parts.estimated or parts.to_about else ''}"


def _third(year: str, month: int, tail: str) -> str:
    first, last = _THIRDS[tail[0]]
    end = min(last, monthrange(int(year), month)[1])
    mark = "~" if tail.endswith("頃") else ""
    return f"{year}-{month:02}-{first:02}{mark}/{year}-{month:02}-{end:02}{mark}"


def _lunisolar(parts: StatedDate) -> tuple[DateForm, str]:
    """明治5年 and before: the text stands; no Gregorian day is computed, the lunar year ends in the next one's February."""
    return DateForm.NON_CALENDAR, f"{parts.gregorian:04}-01-01/{parts.gregorian + 1:04}-02-28"


def _check_calendar(parts: StatedDate) -> None:
    """Refuse impossible months and days; February 29 of a common year is written in registers and stays."""
    if parts.gregorian > 9998:
        raise bad_date("the year is too large")
    longest = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    for month, day in ((parts.month, parts.day), (parts.end_month or parts.month, parts.end_day)):
        if month is not None and not 1 <= month <= 12:
            raise bad_date("months run from 1 to 12")
        if day is not None and not 1 <= day <= longest[(month or 1) - 1]:
            raise bad_date("the month has no such day")


def _check_inside_era(parts: StatedDate) -> None:
    """Refuse a date that no part of which lies in the era it names."""
    if parts.era_name is None:
        return
    era = era_named(parts.era_name, parts.eras)
    first = (parts.gregorian, parts.month or 1, parts.day or 1)
    last = (parts.gregorian, parts.month or 12, parts.day or 31)
    if last < (era.first.year, era.first.month, era.first.day) or first > (era.last.year, era.last.month, era.last.day):
        raise WarifuError(
            "date_outside_era",
            "the date lies outside the era it is written in",
            hint="write it in the era that held on that day",
            clause="STD 1.1.8",
            layer="parse",
        )


def _exists(parts: StatedDate) -> bool:
    try:
        date(parts.gregorian, parts.month or 1, parts.day or 1)
    except ValueError:
        return False
    return True


def first_stated(parts: StatedDate, window: Window | None) -> date:
    """Return the default for the internal day: the first that the text itself states."""
    if window is None:
        return date.min
    month = parts.month or _SEASON_MONTHS.get(parts.tail, 1)
    day = parts.day or (_THIRDS[parts.tail[0]][0] if parts.tail[1:2] == "旬" else 1)
    try:
        return date(parts.gregorian, month, day)
    except ValueError:
        return date(parts.gregorian, month, 28)


def bad_date(message: str) -> WarifuError:
    """Return the error for text that is no date (not raised here)."""
    return WarifuError("bad_date", message, hint="write it as 昭和64年1月7日, S64.1.7 or 1989-01-07", clause="STD 1.1.8", layer="parse")
