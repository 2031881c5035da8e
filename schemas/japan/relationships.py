"""続柄: how a member of a household is related **to the householder**, never to the holder of a credential.

A relationship is 世帯主, 縁故者, 同居人, or a chain of at most four of the units below joined by の: 子の妻, 妻の父, 子の子の子の子.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from schemas.errors import WarifuError

MAX_GENERATIONS: Final = 4

HOUSEHOLDER: Final = "世帯主"
ALONE: Final = {HOUSEHOLDER: "householder", "縁故者": "distant relative", "同居人": "person living together"}
UNITS: Final = {
    "夫": "husband",
    "妻": "wife",
    "夫（未届）": "husband (unregistered)",
    "妻（未届）": "wife (unregistered)",
    "子": "child",
    "子（子の夫）": "child (and child's husband)",
    "子（子の妻）": "child (and child's wife)",
    "父": "father",
    "母": "mother",
    "兄": "elder brother",
    "姉": "elder sister",
    "弟": "younger brother",
    "妹": "younger sister",
}
INSTEAD: Final = {
    "祖父": "父の父",
    "祖母": "父の母",
    "孫": "子の子",
    "曾孫": "子の子の子",
    "ひ孫": "子の子の子",
    "おじ": "父の弟",
    "おば": "父の妹",
    "伯父": "父の兄",
    "叔父": "父の弟",
    "伯母": "父の姉",
    "叔母": "父の妹",
    "甥": "兄の子",
    "姪": "兄の子",
    "いとこ": "父の兄の子",
    "準世帯主": "世帯主",
    "長男": "子",
    "長女": "子",
    "二男": "子",
    "二女": "子",
    "次男": "子",
    "次女": "子",
    "養子": "子",
    "継子": "妻の子",
    "養父": "父",
    "養母": "母",
    "内縁の妻": "妻（未届）",
    "内縁の夫": "夫（未届）",
    "婿": "子の夫",
    "嫁": "子の妻",
}
"""Words that registers do not use, and an example of what they write."""

_HUSBANDS: Final = frozenset({"夫", "夫（未届）"})
_WIVES: Final = frozenset({"妻", "妻（未届）"})


@dataclass(frozen=True, slots=True)
class Relationship:
    """A valid 続柄; ``units`` runs from the householder outwards (妻の父 is ``("妻", "父")``)."""

    units: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Relationship:
        """Read a 続柄 as the register writes it.

        Raises:
            WarifuError: ``bad_relationship`` with the register's own word as hint where one is known (STD 1.1.11).
        """
        if text in ALONE:
            return cls((text,))
        if text in INSTEAD:
            raise _bad("the word is not used in registers", hint=f"write it as a chain, such as {INSTEAD[text]}")
        units = _units(text)
        if len(units) > MAX_GENERATIONS:
            raise _bad("a chain has at most four links", hint="beyond four, the register writes 縁故者")
        for unit in units:
            if unit not in UNITS:
                raise _bad(
                    "a link of the chain is not a unit of 続柄", hint="units: 夫 妻 子 父 母 兄 姉 弟 妹, and （未届） in full width"
                )
        for before, after in pairwise(units):
            _check_link(before, after)
        return cls(units)

    @property
    def text(self) -> str:
        """The 続柄 as the register writes it."""
        return "の".join(self.units)

    def in_english(self) -> str:
        """Return an English rendering for display: ``wife's father``."""
        if self.units[0] in ALONE:
            return ALONE[self.units[0]]
        return "'s ".join(UNITS[unit] for unit in self.units)


def _units(text: str) -> tuple[str, ...]:
    """Split at の outside parentheses: 子（子の妻）の子 has two links."""
    units, depth = [""], 0
    for character in text:
        depth += (character == "（") - (character == "）")
        if character == "の" and depth == 0:
            units.append("")
        else:
            units[-1] += character
    return tuple(units)


def _check_link(before: str, after: str) -> None:
    """Refuse spouses of spouses: they lead back to the same person, or say that two wives share a husband."""
    if before in _HUSBANDS | _WIVES and after in _HUSBANDS | _WIVES:
        raise _bad("a spouse of a spouse is no relationship of its own", hint="name the person directly")
    if before in {"父", "兄", "弟"} and after in _HUSBANDS:
        raise _bad("the chain gives a husband to a man", hint="registers write 妻")
    if before in {"母", "姉", "妹"} and after in _WIVES:
        raise _bad("the chain gives a wife to a woman", hint="registers write 夫")


def check_relationship(text: str) -> None:
    """Accept a 続柄 as the register writes it; raises as :meth:`Relationship.parse`."""
    Relationship.parse(text)


def _bad(message: str, *, hint: str) -> WarifuError:
    return WarifuError("bad_relationship", message, hint=hint, clause="STD 1.1.11", layer="parse")
