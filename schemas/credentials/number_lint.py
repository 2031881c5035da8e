"""No individual number and no resident code in any claim (番号法19条, 住民基本台帳法30条の37 and 30条の38)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas.errors import WarifuError
from schemas.japan.codes import check_individual_number

_KANJI_DIGITS: Final = str.maketrans("〇零一二三四五六七八九", "00123456789")
# Eleven digits in whatever script, with at most two separators between any two of them, deserve a closer look.
_CANDIDATE: Final = re.compile(r"(?:[\d〇零一二三四五六七八九\u00b2\u00b3\u00b9\u2460-\u2468\u2070-\u2079\u2080-\u2089][^\w\n]{0,2}){11}")
_GROUPED: Final = re.compile(r"(?<![0-9])[0-9]{4}([^\w])[0-9]{4}\1[0-9]{4}(?![0-9])")
_RUN: Final = re.compile(r"[0-9]{11,}")


def refuse_numbers(content: Mapping[str, Any]) -> None:
    """Refuse content, at any depth, that holds a 個人番号 or what could be a 住民票コード.

    Refused are a run of exactly 11 digits, since the check digit of 住民票コード is no published knowledge, and 12 digits with
    the right check digit, in a run, inside a longer one, or written 1234-5678-9018.  Digits of any script count, Chinese
    numerals too; invisible characters between them do not.

    Raises:
        WarifuError: ``forbidden_number``, which names neither claim nor number (threat C21).
    """
    for text in _long_texts(content):
        if _CANDIDATE.search(text) is not None:
            _look_closer(text)


def _long_texts(value: Any) -> Iterator[str]:
    """Yield every text at any depth that is long enough to hold 11 digits, large integers as text."""
    if isinstance(value, str):
        if len(value) > 10:
            yield value
    elif isinstance(value, Mapping | list | tuple | set | frozenset):
        for item in value.values() if isinstance(value, Mapping) else value:
            if type(item) is not str or len(item) > 10:
                yield from _long_texts(item)
    elif isinstance(value, int) and abs(value) >= 10**10:
        yield str(abs(value))
        yield str(abs(value)).rjust(12, "0")  # a leading zero is legal, and lost in an integer


def _look_closer(text: str) -> None:
    """Raise where a run of digits, whatever their script and what is invisible between them, makes one of the numbers."""
    plain = "".join(_plain(character) for character in text)
    for match in _RUN.finditer(plain):
        digits = match[0]
        if len(digits) == 11 or any(_is_individual_number(digits[start : start + 12]) for start in range(len(digits) - 11)):
            raise _forbidden()
    for match in _GROUPED.finditer(plain):
        if _is_individual_number(re.sub(r"[^0-9]", "", match[0])):
            raise _forbidden()


def _plain(character: str) -> str:
    """Return the ASCII digit of any script's digit, nothing for invisible characters, else the character."""
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    return "" if unicodedata.category(character) in ("Cf", "Mn") else character.translate(_KANJI_DIGITS)


def _is_individual_number(digits: str) -> bool:
    try:
        check_individual_number(digits)
    except WarifuError:
        return False
    return True


def _forbidden() -> WarifuError:
    return WarifuError(
        "forbidden_number",
        "a claim holds what could be an individual number or a resident code",
        hint="take the number out of the record's text; neither number is ever part of this credential",
        clause="番号法19条",
        layer="policy",
    )
