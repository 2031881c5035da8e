"""続柄 grammar and the table of 異動事由."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import WarifuError
from schemas.japan.events import EVENTS, EventEffect, event_by_code, event_by_name
from schemas.japan.relationships import INSTEAD, UNITS, Relationship, check_relationship


@pytest.mark.parametrize(
    ("text", "units", "english"),
    [
        ("世帯主", ("世帯主",), "householder"),
        ("縁故者", ("縁故者",), "distant relative"),
        ("同居人", ("同居人",), "person living together"),
        ("妻（未届）", ("妻（未届）",), "wife (unregistered)"),
        ("妻の父", ("妻", "父"), "wife's father"),
        ("子（子の妻）の子", ("子（子の妻）", "子"), "child (and child's wife)'s child"),
        ("子の子の子の子", ("子", "子", "子", "子"), "child's child's child's child"),
        ("妻（未届）の子", ("妻（未届）", "子"), "wife (unregistered)'s child"),
    ],
)
def test_valid_relationships(text: str, units: tuple[str, ...], english: str) -> None:
    parsed = Relationship.parse(text)
    assert (parsed.units, parsed.text, parsed.in_english()) == (units, text, english)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "子の子の子の子の子",
        "世帯主の子",
        "子の同居人",
        "妻(未届)",
        "夫の妻",
        "妻の夫（未届）",
        "父の夫",
        "母の妻",
        "の子",
        "子の",
        "子　の妻",
        "友人",
        "妻（",
        "子の祖父",
    ],
)
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(WarifuError) as caught:
        check_relationship(text)
    assert caught.value.code == "bad_relationship"
    assert caught.value.hint


@pytest.mark.parametrize("word", INSTEAD)
def test_forbidden_words_are_refused_and_the_hint_is_itself_valid(word: str) -> None:
    with pytest.raises(WarifuError) as caught:
        check_relationship(word)
    assert INSTEAD[word] in caught.value.hint
    check_relationship(INSTEAD[word])


@given(st.lists(st.sampled_from(sorted(UNITS)), min_size=1, max_size=6))
def test_chains_parse_to_what_they_were_made_of(units: list[str]) -> None:
    try:
        parsed = Relationship.parse("の".join(units))
    except WarifuError:
        spouses = {"夫", "妻", "夫（未届）", "妻（未届）"}
        assert len(units) > 4 or any(after in spouses for after in units[1:])
        return
    assert parsed.units == tuple(units)
    assert len(units) <= 4


def test_event_codes_are_unique_and_names_unique_under_an_effect() -> None:
    assert len({event.code for event in EVENTS}) == len(EVENTS) == 37
    assert len({(event.effect, event.name) for event in EVENTS}) == len(EVENTS)
    for event in EVENTS:
        assert event_by_code(event.code) is event is event_by_name(event.effect, event.name)


def test_there_is_no_cancellation_of_a_move_by_that_name() -> None:
    for effect in EventEffect:
        with pytest.raises(WarifuError, match="unknown_event"):
            event_by_name(effect, "転居取消")
    with pytest.raises(WarifuError, match="unknown_event"):
        event_by_code("move-cancelled")
