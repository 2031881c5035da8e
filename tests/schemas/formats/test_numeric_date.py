"""Seconds since 1970, and nothing that only looks like them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import WarifuError
from schemas.formats.numeric_date import from_numeric_date, to_numeric_date


@given(st.integers(0, 253402300799))
def test_whole_seconds_come_back(seconds: int) -> None:
    moment = from_numeric_date(seconds, "iat")
    assert moment.tzinfo is UTC
    assert to_numeric_date(moment) == seconds


def test_the_zone_does_not_matter() -> None:
    japan = datetime(2026, 4, 1, 9, 0, 0, tzinfo=timezone(timedelta(hours=9)))
    assert to_numeric_date(japan) == to_numeric_date(datetime(2026, 4, 1, tzinfo=UTC)) == 1775001600


def test_fractions_are_read_and_rounded_down_when_written() -> None:
    assert from_numeric_date(0.5, "iat") == datetime(1970, 1, 1, 0, 0, 0, 500000, tzinfo=UTC)
    assert to_numeric_date(datetime(1970, 1, 1, 0, 0, 1, 999999, tzinfo=UTC)) == 1


@pytest.mark.parametrize(
    "value", [None, True, False, "0", "1775001600", [], {}, -1, -0.5, 253402300800, 1e300, float("inf"), float("nan"), 2**64]
)
def test_what_is_no_point_in_time_is_refused(value: Any) -> None:
    with pytest.raises(WarifuError) as caught:
        from_numeric_date(value, "exp", layer="validity")
    assert (caught.value.code, caught.value.layer) == ("bad_numeric_date", "validity")


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(WarifuError) as caught:
        to_numeric_date(datetime(2026, 4, 1))  # noqa: DTZ001 - that is the point
    assert caught.value.code == "naive_datetime"
