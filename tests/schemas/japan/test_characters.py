"""Names stay code point by code point; what is refused would be invisible, meaningless elsewhere, or misleading."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import WarifuError
from schemas.japan.characters import check_kana, check_name_text, graphemes, search_key, split_name, to_full_width_kana

WITH_IVS = "渡邉\U000e0102\u3000葛\U000e0100子"


@pytest.mark.parametrize(
    "text",
    [
        WITH_IVS,
        "\ufa19\u3000\ufa10",
        "𠮷田\u3000太郎",
        "NGUYEN VAN ANH",
        "O'BRIEN-SMITH MARY",
        "か\u3099",
        "割符一丁目２番３－４０５号",
        "﨑\ufe00",
        "\U000323af",
    ],
)
def test_registers_texts_are_accepted(text: str) -> None:
    check_name_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 山田",
        "山田\u3000",
        "山田\u3000\u3000太郎",
        "山田\n太郎",
        "山田\u200b太郎",
        "山田\u202e太郎",
        "\ufeff山田",
        "\ue000田",
        "\U000f0000",
        "\ud840",
        "\U000e0100山",
        "山\U000e0100\U000e0101",
        "山\u3000\U000e0100田",
        "A\U000e0100",
        "\uffff",
        "\ufdd0",
        "山" * 301,
    ],
)
def test_other_texts_are_refused_without_repeating_them(text: str) -> None:
    with pytest.raises(WarifuError) as caught:
        check_name_text(text)
    assert caught.value.code == "bad_name_text"
    assert not text or text not in caught.value.message


def test_normalisation_would_have_changed_what_the_check_keeps() -> None:
    name = "\ufa19\u3000\uf9dc"
    assert unicodedata.normalize("NFC", name) != name
    check_name_text(name)


def test_a_variation_sequence_is_one_character() -> None:
    assert graphemes(WITH_IVS) == ("渡", "邉\U000e0102", "\u3000", "葛\U000e0100", "子")


@given(st.text())
def test_graphemes_lose_nothing(text: str) -> None:
    assert "".join(graphemes(text)) == text


@pytest.mark.parametrize("text", ["ワタナベ\u3000ハナコ", "グエン", "ヴィクトリア\u3000アン\u3000リー", "ジャン・ポール"])
def test_furigana(text: str) -> None:
    check_kana(text)


@pytest.mark.parametrize(
    "text", ["", "わたなべ", "ﾜﾀﾅﾍﾞ", "ワタナベ ハナコ", "ワタナベ\u3000\u3000ハナコ", "\u3000ワタナベ", "渡邉", "WATANABE"]
)
def test_other_furigana_is_refused(text: str) -> None:
    with pytest.raises(WarifuError, match="bad_kana"):
        check_kana(text)


def test_half_width_and_hiragana_become_full_width_katakana() -> None:
    assert to_full_width_kana("ﾜﾀﾅﾍﾞ はなこ") == "ワタナベ\u3000ハナコ"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (WITH_IVS, "渡辺葛子"),
        ("ワタナベ\u3000ハナコ", "わたなへはなこ"),
        ("シャーロット", "シヤロツト"),
        ("髙橋", "高橋"),
        ("\ufa19", "神"),
        ("ﾔﾏﾀﾞ", "ヤマタ"),
        ("ジャン－ポール", "シヤンポル"),
        ("Smith", "ＳＭＩＴＨ"),
    ],
)
def test_search_keys_meet(one: str, other: str) -> None:
    assert search_key(one) == search_key(other)


def test_search_keys_part_different_names() -> None:
    assert search_key("山田") != search_key("山本")


def test_a_name_splits_only_at_one_full_width_space() -> None:
    assert split_name(WITH_IVS) == ("渡邉\U000e0102", "葛\U000e0100子")
    assert split_name("NGUYEN VAN ANH") is None
    assert split_name("山田\u3000マリア\u3000太郎") is None
    assert split_name("\u3000太郎") is None
