"""Text that others chose, made safe to read on a consent screen (threat row D19)."""

from __future__ import annotations

from typing import Final

from runtime.console import safe_text

#: Characters of a name that are shown; a longer one could push the rest of the screen away.
LONGEST: Final = 60
#: Letters and symbols by their category, yet invisible: fillers, the empty braille cell, joiners that are marks.
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")


def readable(text: str, *, longest: int = LONGEST) -> str:
    r"""Return foreign text for display: invisible and direction characters escaped as ``\uNNNN``, the rest cut at ``longest``.

    Variation selectors (IVS) stay, since names of towns need them; the municipality code beside a name tells look-alikes
    apart.
    """
    visible = "".join(f"\\u{ord(c):04x}" if c in _INVISIBLE else c for c in text)
    shown = safe_text(visible)
    return shown if len(shown) <= longest else shown[:longest] + "…"
