"""One CBOR item, read by cbor2 under our own limits (RFC 8949 5)."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

import cbor2

from schemas.errors import WarifuError
from schemas.formats.cbor.tags import TAG_FULL_DATE, TAG_MAC0, TAG_SIGN1, TAG_TDATE, CBORTag, RefusedTag, bad_cbor
from schemas.formats.cbor.tree import check_count, check_tree
from schemas.formats.cbor.writing import head
from schemas.formats.encoding import MAX_CBOR_BYTES, MAX_CBOR_ITEMS, MAX_DEPTH, too_large

_TagDecoder = Callable[[Any, bool], object]

# Every tag that cbor2 would act upon; a test walks all tags to see that the list is whole.
_ACTIVE_TAGS: Final = (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)
_TDATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_FULL_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def cbor_decode(data: bytes, *, max_bytes: int = MAX_CBOR_BYTES) -> Any:
    """Read one CBOR item strictly.

    Tag 0 comes out as aware ``datetime``, tag 1004 as ``date``; tags 17, 18 and 24 as :class:`CBORTag`, the last always
    around ``bytes``; every other tag is refused.  The content of tag 24 is not looked into.

    Args:
        data: the encoded item and nothing else.
        max_bytes: largest size accepted, looked at before anything is decoded.

    Raises:
        WarifuError: ``too_large``; ``cbor_trailing_bytes``; ``cbor_tag_not_allowed``, ``cbor_key_not_allowed``,
            ``cbor_value_not_allowed``; ``too_many_items``; ``bad_cbor`` for everything that is malformed, indefinite,
            deeper than 16 levels or holds one key twice (RFC 8949 5.1, 5.6).
    """
    value = cbor_decode_for_reader(data, max_bytes=max_bytes)
    check_tree(value)
    return value


def cbor_decode_for_reader(data: bytes, *, max_bytes: int = MAX_CBOR_BYTES) -> Any:
    """As :func:`cbor_decode`, for a reader that looks at the exact type of every member itself.

    Kinds of keys and values and unknown tags are left to the reader, which hands whatever it does not look at, and
    every map with integer keys, to :func:`check_tree` or :func:`check_keys`.  Walking a tree twice is what costs most.
    """
    _check_size(data, max_bytes)
    # The item is read as the first member of a pair.  The second is a string of zeros longer than the item, so that
    # nothing inside ``data`` can stand for it: if it comes out whole, the first member ended where ``data`` ends.
    zeros = bytes(len(data) + 1)
    try:
        value, tail = _loads()(b"".join((b"\x82", data, head(2, len(zeros)), zeros)))
    except (cbor2.CBORDecodeError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise bad_cbor("the bytes are not one well-formed CBOR item under our limits") from error
    _check_nothing_trails(tail, zeros)
    if len(data) > MAX_CBOR_ITEMS:  # a smaller input cannot hold so many
        check_count(value)
    return value


def _check_size(data: bytes, max_bytes: int) -> None:
    if len(data) > max_bytes:
        raise too_large(max_bytes, clause="RFC 8949 10")


def _check_nothing_trails(tail: object, zeros: bytes) -> None:
    if tail != zeros:
        raise WarifuError(
            "cbor_trailing_bytes", "bytes follow the CBOR item", hint="send exactly one item", clause="RFC 8949 5.1", layer="parse"
        )


@functools.cache
def _loads() -> Callable[[bytes], Any]:
    return functools.partial(
        cbor2.loads, **_limit_depth(_limit_lengths(_limit_keys({}))), semantic_decoders=_refuse_active_tags(_READ_TAGS)
    )


def _limit_depth(options: Mapping[str, Any]) -> dict[str, Any]:
    return {**options, "max_depth": MAX_DEPTH + 1}  # the pair that encloses the item counts as a level


def _limit_lengths(options: Mapping[str, Any]) -> dict[str, Any]:
    return {**options, "allow_indefinite": False}


def _limit_keys(options: Mapping[str, Any]) -> dict[str, Any]:
    return {**options, "allow_duplicate_keys": False}


def _refuse_active_tags(read: Mapping[int, _TagDecoder]) -> dict[int, _TagDecoder]:
    """Put a mark in the place of every tag that cbor2 would act upon and we do not read."""
    return {**dict.fromkeys(_ACTIVE_TAGS, lambda _content, _immutable: RefusedTag()), **read}


def _read_tdate(text: object) -> datetime:
    if not isinstance(text, str) or _TDATE.fullmatch(text) is None:
        raise cbor2.CBORDecodeError("no date and time of RFC 3339")
    return datetime.fromisoformat(text)


def _read_full_date(text: object) -> date:
    if not isinstance(text, str) or _FULL_DATE.fullmatch(text) is None:
        raise cbor2.CBORDecodeError("no full-date of RFC 3339")
    return date.fromisoformat(text)


_READ_TAGS: Final[Mapping[int, _TagDecoder]] = {
    TAG_TDATE: lambda content, _: _read_tdate(content),
    TAG_FULL_DATE: lambda content, _: _read_full_date(content),
    TAG_MAC0: lambda content, _: CBORTag(TAG_MAC0, content),  # else cbor2 makes tuples of the arrays within
    TAG_SIGN1: lambda content, _: CBORTag(TAG_SIGN1, content),
}
