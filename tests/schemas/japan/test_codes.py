"""Check digits against the worked examples of the ordinances and against single-digit errors."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import WarifuError
from schemas.japan import codes

digits = st.text(alphabet="0123456789", min_size=12, max_size=12)


@pytest.mark.parametrize("number", ["123456789018", "983205673214", "023456789013", "123456789000"])
def test_individual_numbers_of_the_worked_examples(number: str) -> None:
    codes.check_individual_number(number)
    assert codes.individual_number_check_digit(number[:11]) == number[11]


@pytest.mark.parametrize(
    "number", ["123456789012", "123466789012", "12345678901", "1234567890180", "12345678901８", "12345678901a", "", "-23456789018"]
)
def test_wrong_individual_numbers_are_refused(number: str) -> None:
    with pytest.raises(WarifuError) as caught:
        codes.check_individual_number(number)
    assert caught.value.code == "bad_individual_number"
    assert number not in str(caught.value) or not number


@given(digits)
def test_exactly_one_check_digit_fits(eleven_and_one: str) -> None:
    stem = eleven_and_one[:11]
    fitting = []
    for last in "0123456789":
        try:
            codes.check_individual_number(stem + last)
        except WarifuError:
            continue
        fitting.append(last)
    assert fitting == [codes.individual_number_check_digit(stem)]


def test_resident_code_is_a_platform_assumption_and_only_its_form_is_checked() -> None:
    assert codes.resident_code_check_digit("1234567890") == "3"
    assert codes.resident_code_check_digit("0123456789") == "2"
    codes.check_resident_code("23456789012")
    with pytest.raises(WarifuError, match="bad_resident_code"):
        codes.check_resident_code("2345678901")


@pytest.mark.parametrize("code", ["131016", "011002", "312011", "130001", "282049", "999997", "999989"])
def test_municipality_codes(code: str) -> None:
    codes.check_municipality_code(code)


@pytest.mark.parametrize("code", ["999999", "999998", "131017", "13101", "１３１０１６"])
def test_wrong_municipality_codes_are_refused(code: str) -> None:
    with pytest.raises(WarifuError) as caught:
        codes.check_municipality_code(code)
    assert caught.value.code == "bad_municipality_code"


@given(digits.map(lambda text: text[:5]), st.integers(0, 4), st.integers(1, 9))
def test_a_single_wrong_digit_of_a_municipality_code_is_seen_unless_the_digit_wraps(stem: str, place: int, change: int) -> None:
    wrong = stem[:place] + str((int(stem[place]) + change) % 10) + stem[place + 1 :]
    right_sum, wrong_sum = (
        sum(int(digit) * weight for digit, weight in zip(text, (6, 5, 4, 3, 2), strict=True)) % 11 for text in (stem, wrong)
    )
    same_digit = codes.municipality_code_check_digit(stem) == codes.municipality_code_check_digit(wrong)
    assert same_digit == ({right_sum, wrong_sum} <= {0, 10})


def test_corporate_numbers() -> None:
    codes.check_corporate_number("7123456789012")
    codes.check_corporate_number("4011001098993")
    for wrong in ("8123456789012", "0123456789012", "712345678901"):
        with pytest.raises(WarifuError, match="bad_corporate_number"):
            codes.check_corporate_number(wrong)


@pytest.mark.parametrize(
    "function",
    [
        codes.individual_number_check_digit,
        codes.resident_code_check_digit,
        codes.municipality_code_check_digit,
        codes.corporate_number_check_digit,
    ],
)
def test_check_digits_are_computed_from_ascii_digits_of_the_right_length_only(function: Callable[[str], str]) -> None:
    for wrong in ("", "1", "1" * 14, "１２３４５", "１" * 12):
        with pytest.raises(WarifuError):
            function(wrong)
