"""The tags that are read, and the error that every reader of CBOR raises."""

from __future__ import annotations

from typing import Final

import cbor2

from schemas.errors import WarifuError

CBORTag = cbor2.CBORTag

TAG_TDATE: Final = 0
TAG_SIGN1: Final = 18
TAG_MAC0: Final = 17
TAG_ENCODED: Final = 24
TAG_FULL_DATE: Final = 1004


class RefusedTag:
    """Stands in the decoded tree where a tag was that is not accepted."""


def bad_cbor(message: str) -> WarifuError:
    """Return the error for bytes that are not one well-formed item under our limits (not raised here)."""
    return WarifuError(
        "bad_cbor", message, hint="send definite lengths and unique keys, at most 16 levels deep", clause="RFC 8949 5.1", layer="parse"
    )
