"""Check digits of the numbers a municipality meets; all are text, since a leading zero is legal.

Nothing here decides whether a number was ever assigned: a right check digit is necessary, never sufficient.  The
individual number's check misses about 1.8 % of single wrong digits, because the remainders 0 and 1 share the digit 0.
"""

from __future__ import annotations

import re
from typing import Final

from schemas.errors import WarifuError

_INDIVIDUAL_WEIGHTS: Final = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_RESIDENT_WEIGHTS: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_MUNICIPALITY_WEIGHTS: Final = (6, 5, 4, 3, 2)
_DIGITS: Final = re.compile(r"[0-9]+\Z")


def individual_number_check_digit(digits: str) -> str:
    """Return the last digit of a 個人番号 from its first 11 digits.

    Raises:
        WarifuError: ``bad_individual_number`` unless ``digits`` is 11 ASCII digits.
    """
    _require_digits(digits, 11, "bad_individual_number", _INDIVIDUAL_CLAUSE)
    return _modulus_eleven(digits, _INDIVIDUAL_WEIGHTS)


def check_individual_number(text: str) -> None:
    """Accept a 個人番号 of 12 ASCII digits whose check digit is right.

    Raises:
        WarifuError: ``bad_individual_number`` (平成26年総務省令第85号 第5条).
    """
    _require_digits(text, 12, "bad_individual_number", _INDIVIDUAL_CLAUSE)
    if _modulus_eleven(text[:11], _INDIVIDUAL_WEIGHTS) != text[11]:
        raise _bad("bad_individual_number", "the check digit of the individual number is wrong", _INDIVIDUAL_CLAUSE)


def resident_code_check_digit(digits: str) -> str:
    """Return the last digit of a 住民票コード from its first 10 digits, **as this platform assumes it**.

    The law leaves the formula to the minister and it was not found published; the shape of the individual number's is
    taken for synthetic codes.  A code from a real register is never refused on the strength of it.

    Raises:
        WarifuError: ``bad_resident_code`` unless ``digits`` is 10 ASCII digits.
    """
    _require_digits(digits, 10, "bad_resident_code", _RESIDENT_CLAUSE)
    return _modulus_eleven(digits, _RESIDENT_WEIGHTS)


def check_resident_code(text: str) -> None:
    """Accept 11 ASCII digits; the check digit is not judged (see :func:`resident_code_check_digit`).

    Raises:
        WarifuError: ``bad_resident_code`` (住民基本台帳法施行規則 第1条).
    """
    _require_digits(text, 11, "bad_resident_code", _RESIDENT_CLAUSE)


def municipality_code_check_digit(digits: str) -> str:
    """Return the sixth digit of a 全国地方公共団体コード from its first five.

    Raises:
        WarifuError: ``bad_municipality_code`` unless ``digits`` is 5 ASCII digits.
    """
    _require_digits(digits, 5, "bad_municipality_code", _MUNICIPALITY_CLAUSE)
    total = sum(int(digit) * weight for digit, weight in zip(digits, _MUNICIPALITY_WEIGHTS, strict=True))
    return str((11 - total % 11) % 10)


def check_municipality_code(text: str) -> None:
    """Accept a 全国地方公共団体コード of 6 ASCII digits whose check digit is right.

    Raises:
        WarifuError: ``bad_municipality_code``.
    """
    _require_digits(text, 6, "bad_municipality_code", _MUNICIPALITY_CLAUSE)
    if municipality_code_check_digit(text[:5]) != text[5]:
        raise _bad("bad_municipality_code", "the check digit of the municipality code is wrong", _MUNICIPALITY_CLAUSE)


def corporate_number_check_digit(digits: str) -> str:
    """Return the *first* digit of a 法人番号 from its 12 digits of 基礎番号.

    Raises:
        WarifuError: ``bad_corporate_number`` unless ``digits`` is 12 ASCII digits.
    """
    _require_digits(digits, 12, "bad_corporate_number", _CORPORATE_CLAUSE)
    total = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return str(9 - total % 9)


def check_corporate_number(text: str) -> None:
    """Accept a 法人番号 of 13 ASCII digits whose check digit is right.

    Raises:
        WarifuError: ``bad_corporate_number`` (平成26年財務省令第70号 第2条).
    """
    _require_digits(text, 13, "bad_corporate_number", _CORPORATE_CLAUSE)
    if corporate_number_check_digit(text[1:]) != text[0]:
        raise _bad("bad_corporate_number", "the check digit of the corporate number is wrong", _CORPORATE_CLAUSE)


_INDIVIDUAL_CLAUSE: Final = "平成26年総務省令第85号 第5条"
_RESIDENT_CLAUSE: Final = "住民基本台帳法施行規則 第1条"
_MUNICIPALITY_CLAUSE: Final = "全国地方公共団体コード 検査数字"
_CORPORATE_CLAUSE: Final = "平成26年財務省令第70号 第2条"


def _modulus_eleven(digits: str, weights: tuple[int, ...]) -> str:
    remainder = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
    return "0" if remainder <= 1 else str(11 - remainder)


def _require_digits(text: str, length: int, code: str, clause: str) -> None:
    if len(text) != length or not text.isascii() or _DIGITS.match(text) is None:
        raise _bad(code, f"exactly {length} ASCII digits were expected", clause)


def _bad(code: str, message: str, clause: str) -> WarifuError:
    return WarifuError(code, message, hint="compare it digit by digit with its source", clause=clause, layer="parse")
