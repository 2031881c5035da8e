"""Text that strangers chose, on the consent screen: what cannot be seen is shown, what is too long is cut, purposes are whole."""

from __future__ import annotations

import pytest

from schemas.messages.registration import MAX_TEXT
from wallet.present.foreign_text import LONGEST, readable


@pytest.mark.parametrize("invisible", ["\u202e", "\u200b", "\u2066", "\u3164", "\u2800", "\u001b", "\n"])
def test_characters_that_cannot_be_seen_are_shown(invisible: str) -> None:
    shown = readable(f"割符市{invisible}役所")
    assert invisible not in shown
    assert shown.startswith("割符市\\")


def test_variation_selectors_of_names_stay() -> None:
    assert readable("渡邉\U000e0102") == "渡邉\U000e0102"


def test_a_long_name_is_cut_and_a_registered_purpose_is_not() -> None:
    assert readable("あ" * 200) == "あ" * LONGEST + "…"
    assert readable("あ" * MAX_TEXT, longest=MAX_TEXT) == "あ" * MAX_TEXT
