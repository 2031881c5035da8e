"""Flat TOML: whatever is written is read back, and nothing that could begin a line of its own is written."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import WarifuError
from schemas.formats.flat_toml import dump_toml

WRITABLE = st.text(st.characters(exclude_categories=("Cc", "Cs")))
SCALARS = WRITABLE | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
VALUES = st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), SCALARS | st.lists(SCALARS, max_size=4))


@given(VALUES)
def test_what_is_written_is_read_back(values: dict[str, Any]) -> None:
    read = tomllib.loads(dump_toml(values).decode())
    assert read == values
    assert list(map(type, read.values())) == list(map(type, values.values()))


@pytest.mark.parametrize("text", ['a"\nport = 1', "tab\t", "\x00", "\x7f", "\x85", "\udc80"])
def test_a_text_that_is_more_than_a_line_is_refused(text: str) -> None:
    for value in (text, [text]):
        with pytest.raises(WarifuError) as error:
            dump_toml({"name": value})
        assert error.value.code == "config_invalid"


def test_names_of_japan_are_written_as_they_are() -> None:
    assert dump_toml({"name": "割符市　葛\U000e0100城"}) == 'name = "割符市　葛\U000e0100城"\n'.encode()
