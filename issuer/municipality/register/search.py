"""Finding people by folded key: by the beginning of any of their names, in whatever variant it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from issuer.municipality.register.history import Snapshot, latest
from issuer.store.municipality.register import resident_current, resident_search_key
from schemas.errors import WarifuError
from schemas.japan.characters import search_key

MAX_RESULTS: Final = 200
_LAST: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Found:
    """People found, in the order of their 宛名番号; ``more`` says that the limit cut others off."""

    people: tuple[Snapshot, ...]
    more: bool


def search(connection: sa.Connection, text: str, *, limit: int = 50, struck: bool = False) -> Found:
    """Find people one of whose names begins like ``text``, or whose 宛名番号 it is.

    Full names, former family names, aliases, Latin names, given names and furigana are keys; voicing marks, small kana,
    long vowels, spaces, variation selectors and common variants of ideographs make no difference (standard 2.1.2).

    Args:
        connection: the store.
        text: what to look for.
        limit: at most 200.
        struck: whether struck records (除票) are found too.

    Raises:
        WarifuError: ``search_too_wide`` for text without a letter, ``limit_invalid``.
    """
    if not 1 <= limit <= MAX_RESULTS:
        raise WarifuError("limit_invalid", f"the limit lies between 1 and {MAX_RESULTS}")
    key = search_key(text)
    if not key:
        raise WarifuError("search_too_wide", "the text holds no letter to search by", hint="give the beginning of a name")
    begins = (resident_search_key.c.key >= key) & (resident_search_key.c.key < key + _LAST)
    by_name = sa.select(resident_search_key.c.resident_id).where(begins)
    condition = resident_current.c.resident_id.in_(by_name) | (resident_current.c.resident_id == text.strip())
    if not struck:
        condition &= resident_current.c.status.in_(("resident", "moving_out"))
    query = sa.select(resident_current.c.resident_id).where(condition).order_by(resident_current.c.resident_id).limit(limit + 1)
    ids = list(connection.scalars(query))
    people = latest(connection, ids[:limit], numbers=False)
    return Found(tuple(people[one] for one in ids[:limit]), len(ids) > limit)
