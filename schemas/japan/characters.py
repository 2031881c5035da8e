"""Characters of Japanese registers: names kept code point by code point, furigana, and keys to search by.

Names are never normalised: NFC alone would turn U+FA19 (神 as some families write it) into another character.  What is
compared is a separate key, which is stored nowhere as a name.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from schemas.errors import WarifuError

IDEOGRAPHIC_SPACE: Final = "\u3000"

_VARIATION_SELECTORS: Final = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_SELECTOR: Final = re.compile(f"[{_VARIATION_SELECTORS}]")
# A selector first, after a space or after another selector chooses no variant of anything.
_STRAY_SELECTOR: Final = re.compile(f"(?:\\A|[\\s{_VARIATION_SELECTORS}])[{_VARIATION_SELECTORS}]")
_KANA_WORD: Final = "[\u30a1-\u30f4\u30fc\u30fb]+"
_KANA: Final = re.compile(f"{_KANA_WORD}(?:{IDEOGRAPHIC_SPACE}{_KANA_WORD})*\\Z")
_MAX_NAME: Final = 300

_REFUSED_CATEGORIES: Final = {
    "Cc": "a control character",
    "Cf": "an invisible formatting character",
    "Co": "a private-use character, which means nothing outside the system that made it",
    "Cs": "half of a surrogate pair",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}


def check_name_text(text: str) -> None:
    """Accept a name, address or other text of a register as it stands; nothing is changed.

    Raises:
        WarifuError: ``bad_name_text`` for empty or overlong text, outer or doubled spaces, control, formatting and
            private-use characters, noncharacters, or a variation selector without a character to vary.
    """
    if not text or len(text) > _MAX_NAME:
        raise _bad_name(f"a text of 1 to {_MAX_NAME} code points was expected")
    if text != text.strip() or re.search(r"\s\s", text):
        raise _bad_name("spaces stand outside or doubled")
    for character in text:
        reason = _REFUSED_CATEGORIES.get(unicodedata.category(character))
        if reason is not None:
            raise _bad_name(f"the text holds {reason}")
        if ord(character) & 0xFFFE == 0xFFFE or "\ufdd0" <= character <= "\ufdef":
            raise _bad_name("the text holds a noncharacter")
    if _STRAY_SELECTOR.search(text) is not None or _varies_a_non_ideograph(text):
        raise _bad_name("a variation selector follows no ideograph")


def _varies_a_non_ideograph(text: str) -> bool:
    return any(unicodedata.category(text[match.start() - 1]) not in ("Lo", "Cn", "So") for match in _SELECTOR.finditer(text))


def graphemes(text: str) -> tuple[str, ...]:
    """Split ``text`` into what a reader sees as characters: a base with its variation selector and combining marks."""
    clusters: list[str] = []
    for character in text:
        if clusters and (_SELECTOR.match(character) or unicodedata.category(character) in ("Mn", "Me", "Mc")):
            clusters[-1] += character
        else:
            clusters.append(character)
    return tuple(clusters)


def check_kana(text: str) -> None:
    """Accept furigana as registers keep it: full-width katakana, words parted by one full-width space.

    Raises:
        WarifuError: ``bad_kana`` (戸籍法施行規則, STD 1.1.1).
    """
    if len(text) > _MAX_NAME or _KANA.match(text) is None:
        raise WarifuError(
            "bad_kana",
            "furigana is full-width katakana, with one full-width space between family and given name",
            hint="turn half-width and hiragana into full-width katakana",
            clause="STD 1.1.1",
            layer="parse",
        )


def to_full_width_kana(text: str) -> str:
    """Return furigana with half-width katakana, hiragana and ASCII spaces made full-width katakana and spaces."""
    wide = re.sub("[\uff61-\uff9f]+", lambda match: unicodedata.normalize("NFKC", match[0]), text)
    katakana = wide.translate({code: code + 0x60 for code in range(0x3041, 0x3097)})
    return re.sub(r"\s+", IDEOGRAPHIC_SPACE, katakana.strip())


def split_name(name: str) -> tuple[str, str] | None:
    """Return family and given name where the register parts them by exactly one full-width space, else ``None``.

    The register has one field, 氏名; whoever has no such space there (many foreign residents) has only the whole name.
    """
    parts = name.split(IDEOGRAPHIC_SPACE)
    return (parts[0], parts[1]) if len(parts) == 2 and all(parts) else None


def search_key(text: str) -> str:
    """Return a key under which differently written texts of one name meet (STD 2.1.2); never shown, never attested.

    Ignored: voicing marks, size of kana, spaces, long-vowel marks and hyphens, variation selectors, width, case, and the
    common variant ideographs of one family name.
    """
    bare = _SELECTOR.sub("", text).translate(_VARIANTS)
    decomposed = unicodedata.normalize("NFD", to_full_width_kana(unicodedata.normalize("NFKC", bare)))
    voiceless = "".join(character for character in decomposed if unicodedata.category(character) != "Mn")
    return re.sub(r"[\s\u30fc\u2015\u2212\uff0d\u2010\u2011\u2013\u2014\uff70-]", "", voiceless.translate(_SMALL_KANA)).casefold()


_SMALL_KANA: Final = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")
_VARIANT_GROUPS: Final = (
    "辺邊邉",
    "斉斎齊齋",
    "高髙",
    "崎﨑嵜碕",
    "沢澤",
    "浜濱",
    "桜櫻",
    "広廣",
    "国國",
    "島嶋嶌",
    "恵惠",
    "真眞",
    "吉𠮷",
    "富冨",
    "徳德",
    "滝瀧",
    "竜龍",
    "条條",
    "関關",
    "館舘",
    "柳栁桺",
    "峰峯",
    "円圓",
    "万萬",
    "与與",
    "実實",
    "栄榮",
    "蔵藏",
    "黒黑",
    "瀬瀨",
    "桑桒",
)
_VARIANTS: Final = {ord(variant): group[0] for group in _VARIANT_GROUPS for variant in group[1:]}


def _bad_name(message: str) -> WarifuError:
    return WarifuError(
        "bad_name_text", message, hint="keep the register's characters, with Unicode code points and IVS", clause="STD 1.3.1", layer="parse"
    )
