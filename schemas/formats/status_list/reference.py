"""Where a credential's status stands: the address of a list and an index into it (Token Status List 6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.errors import WarifuError

MAX_INDEX: Final = 2**32 - 1
MAX_URI_CHARACTERS: Final = 512
_URI: Final = re.compile(r"https://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*", re.ASCII)
_DOT_SEGMENT: Final = re.compile(r"/(?:\.|%2e){1,2}(?=/|\Z)", re.ASCII | re.IGNORECASE)
_CLAUSE: Final = "Token Status List 6.2, 6.3"


@dataclass(frozen=True, slots=True)
class StatusReference:
    """One entry of one status list.

    Attributes:
        uri: https address of the list, the same for all its entries: no user, query or fragment.
        index: place in the list, counted from 0.
    """

    uri: str
    index: int

    @classmethod
    def from_claim(cls, claim: object) -> StatusReference:
        """Read the ``status_list`` member of a ``status`` claim, of JSON or CBOR.

        Raises:
            WarifuError: ``bad_status_reference`` (layer ``status``) unless it is a map with a text ``uri`` and an integer
                ``idx``; other members are ignored, as the specification asks.
        """
        members = check_structure(claim)
        check_list_uri(members["uri"])
        check_index(members["idx"])
        return cls(members["uri"], members["idx"])

    def to_claim(self) -> dict[str, Any]:
        """Return the whole ``status`` claim for JSON and CBOR."""
        return {"status_list": {"idx": self.index, "uri": self.uri}}


def check_structure(claim: object) -> Mapping[str, Any]:
    """Return ``claim``, a map with ``uri`` and ``idx``; raises ``bad_status_reference`` for anything else."""
    if not isinstance(claim, Mapping) or "uri" not in claim or "idx" not in claim:
        raise _refuse("the status names no list and index")
    return claim


def check_list_uri(uri: Any) -> None:
    """Refuse an address that could tell credentials apart or leave the issuer's host (``bad_status_reference``).

    A query, a fragment or a user name would let an issuer give each holder an address of its own and see who asks.
    """
    if not isinstance(uri, str) or len(uri) > MAX_URI_CHARACTERS or _URI.fullmatch(uri) is None or _DOT_SEGMENT.search(uri) is not None:
        raise _refuse("the address of the status list is not a plain https URI")


def check_index(index: Any) -> None:
    """Refuse an index that is no integer of at least 0 (``bad_status_reference``); a boolean or a float is none."""
    if type(index) is not int or not 0 <= index <= MAX_INDEX:
        raise _refuse("the index into the status list is not a non-negative integer")


def _refuse(message: str) -> WarifuError:
    return WarifuError(
        "bad_status_reference",
        message,
        hint="status_list holds idx, an integer, and uri, an https address without query or fragment",
        clause=_CLAUSE,
        layer="status",
    )
