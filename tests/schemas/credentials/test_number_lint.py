"""Canary numbers: no individual number and no resident code gets into any claim, however it is written (threat C21)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.credentials import AppliesTo, Kind, catalogue, refuse_numbers
from schemas.errors import WarifuError
from schemas.japan.codes import individual_number_check_digit

CATALOGUE = catalogue("https://catalogue.example", "example.catalogue")
RECORD = CATALOGUE.by_name("resident-record")
FREE_TEXTS = sorted(name for name, claim in RECORD.by_name.items() if claim.kind is Kind.TEXT and not claim.choices and not claim.pattern)
CERTIFIED = {"certified_on": date(2026, 4, 1), "issuing_municipality.code": "999997", "issuing_municipality.name": "割符市"}
NUMBER = "123456789018"
CODE = "12345678903"

eleven = st.text(alphabet="0123456789", min_size=11, max_size=11)
around = st.sampled_from(["", "山田", "No.", " ", "（", "\u3000"])


def full_width(digits: str) -> str:
    return digits.translate({ord("0") + digit: chr(0xFF10 + digit) for digit in range(10)})


def chinese(digits: str) -> str:
    return digits.translate({ord("0") + digit: character for digit, character in enumerate("〇一二三四五六七八九")})


@given(eleven, st.sampled_from(FREE_TEXTS), around, around)
def test_no_free_text_of_any_claim_takes_a_canary(digits: str, name: str, before: str, after: str) -> None:
    for canary in (digits, digits + individual_number_check_digit(digits)):
        for write in (RECORD.to_sd_jwt_claims, RECORD.to_mdoc):
            with pytest.raises(WarifuError) as caught:
                write({**CERTIFIED, name: before + canary + after})
            assert caught.value.code == "forbidden_number"
            assert digits not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        CODE,
        full_width(NUMBER),
        full_width(CODE),
        chinese(NUMBER),
        "1234 5678 9018",
        "1234-5678-9018",
        "1234\u30005678\u30009018",
        "1234－5678－9018",
        full_width("1234－5678－9018"),
        "1234\u200b56789018",
        "12345\u00ad678903",
        "個人番号は123456789018です",
        "000123456789018",
        "123456789018123456",
        "①②③④⑤⑥⑦⑧⑨018",
        "¹²³⁴⁵⁶⁷⁸⁹⁰¹⁸",
        "٣٤٥٦٧٨٩٠١٢٣",
        "00000000000",
    ],
)
def test_however_it_is_written(text: str) -> None:
    with pytest.raises(WarifuError, match="forbidden_number"):
        refuse_numbers({"name": text})


@pytest.mark.parametrize("value", [{"a": {"b": [NUMBER]}}, {"a": ({"b": CODE},)}, {"a": int(NUMBER)}, {"a": 23456789013}, {"a": {CODE}}])
def test_at_any_depth_and_as_an_integer(value: dict[str, Any]) -> None:
    with pytest.raises(WarifuError, match="forbidden_number"):
        refuse_numbers(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123456789012",
        "1234567890",
        "1234567890123",
        "架空県割符市大手町一丁目２番３号\u3000割符荘４０５号室",
        "090-1234-5678",
        "1234-5678-9012",
        "123-4567",
        "1955-05-11~/1955-05-20~",
        "一二三\u3000四五六",
        "2026-04-01",
        "12 34 56 78 90 18",
    ],
)
def test_other_digits_are_left_alone(text: str) -> None:
    refuse_numbers({"name": text})


@pytest.mark.parametrize("value", [0, 1, True, 1775001600, date(2026, 4, 1), None, 1.5])
def test_other_values_are_left_alone(value: object) -> None:
    refuse_numbers({"a": value})


@pytest.mark.parametrize("kind", CATALOGUE.types, ids=[kind.name for kind in CATALOGUE.types])
def test_samples_pass(kind: Any) -> None:
    for who in AppliesTo:
        refuse_numbers(kind.sample(who))
        refuse_numbers(kind.to_mdoc(kind.sample(who)))
