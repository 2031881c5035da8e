"""CBOR, read strictly and written deterministically (RFC 8949).

cbor2 does the decoding under our own limits: one item and nothing behind it, definite lengths, unique keys that are
integers or text, a handful of tags, bounded depth, size and number of items.  Lengths need not be the shortest, since
mdocs in the field carry longer ones; whatever is hashed or signed is therefore kept as received, and
:func:`raw_member` finds it again.  No foreign exception leaves this module.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from types import NoneType
from typing import Any, Final

import cbor2

from schemas.errors import WarifuError
from schemas.formats.encoding import MAX_CBOR_BYTES, MAX_CBOR_ITEMS, MAX_DEPTH, too_large

CBORTag = cbor2.CBORTag
_TagDecoder = Callable[[Any, bool], object]

TAG_TDATE: Final = 0
TAG_SIGN1: Final = 18
TAG_MAC0: Final = 17
TAG_ENCODED: Final = 24
TAG_FULL_DATE: Final = 1004

_OPAQUE_TAGS: Final = frozenset((TAG_MAC0, TAG_SIGN1, TAG_ENCODED))
# Every tag that cbor2 would act upon; a test walks all tags to see that the list is whole.
_ACTIVE_TAGS: Final = (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)
_KEY_KINDS: Final = frozenset((int, str))
_LEAF_KINDS: Final = frozenset((int, str, bytes, bool, NoneType, date, datetime))
_CONTAINER_KINDS: Final = frozenset((dict, list))
_NESTING_KINDS: Final = frozenset((dict, list, CBORTag))
_ALL_KINDS: Final = _LEAF_KINDS | _CONTAINER_KINDS
_TDATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_FULL_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class _Refused:
    """Stands in the decoded tree where a tag was that is not accepted."""


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
        raise _bad_cbor("the bytes are not one well-formed CBOR item under our limits") from error
    _check_nothing_trails(tail, zeros)
    if len(data) > MAX_CBOR_ITEMS:  # a smaller input cannot hold so many
        _check_count(value)
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
    return {**dict.fromkeys(_ACTIVE_TAGS, lambda _content, _immutable: _Refused()), **read}


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


def check_tree(root: Any) -> None:
    """Check what cbor2 cannot be told to, the kinds of keys, values and tags, in all of ``root``.

    Raises:
        WarifuError: ``cbor_tag_not_allowed``, ``cbor_key_not_allowed`` or ``cbor_value_not_allowed``.
    """
    containers: list[Any] = [(root,)]
    for container in containers:  # grows while it is walked
        members: Any = container
        if type(container) is dict:
            check_keys(container)
            members = container.values()
        if not _LEAF_KINDS.issuperset(map(type, members)):
            containers += [member for member in members if type(member) in _CONTAINER_KINDS]
            _check_others(members, containers)


def check_keys(container: Mapping[Any, Any]) -> None:
    """Check that every key is an integer or text, exactly: ``True`` and ``1.0`` would equal 1; ``cbor_key_not_allowed``."""
    if not _KEY_KINDS.issuperset(map(type, container)):
        raise WarifuError(
            "cbor_key_not_allowed",
            "a map key is neither an integer nor text",
            hint="use int or tstr keys",
            clause="RFC 8949 5.6",
            layer="parse",
        )


def _check_others(members: Iterable[Any], containers: list[Any]) -> None:
    """Check the members that are neither leaf nor container; what a tag of COSE holds is walked like any container."""
    for member in members:
        kind = type(member)
        if kind is CBORTag:
            _check_tag(member)
            if member.tag != TAG_ENCODED:
                containers.append((member.value,))
        elif kind is _Refused:
            raise _tag_not_allowed()
        else:
            _check_kind(kind)


def _check_kind(kind: type) -> None:
    if kind not in _ALL_KINDS:
        raise WarifuError(
            "cbor_value_not_allowed",
            "a value is of a kind that is not accepted: floating point, undefined or an unassigned simple value",
            clause="RFC 8949 3.3",
            layer="parse",
        )


def _check_tag(tag: CBORTag) -> None:
    if tag.tag not in _OPAQUE_TAGS or (tag.tag == TAG_ENCODED and type(tag.value) is not bytes):
        raise _tag_not_allowed()


def _check_count(root: Any) -> None:
    level: list[Any] = [(root,)]
    count = 0
    while level:
        members = [member for container in level for member in (container.values() if type(container) is dict else container)]
        count += len(members)
        if count > MAX_CBOR_ITEMS:
            raise WarifuError("too_many_items", f"the input holds more than {MAX_CBOR_ITEMS} items", clause="RFC 8949 10", layer="parse")
        level = [(member.value,) if type(member) is CBORTag else member for member in members if type(member) in _NESTING_KINDS]


def embedded_content(obj: object) -> bytes:
    """Return the encoded item inside tag 24; raises ``bad_cbor`` where ``obj`` is anything else (RFC 8949 3.4.5.1)."""
    if type(obj) is not CBORTag or obj.tag != TAG_ENCODED or type(obj.value) is not bytes:
        raise _bad_cbor("an encoded item in tag 24 was expected")
    return obj.value


def _tag_not_allowed() -> WarifuError:
    return WarifuError(
        "cbor_tag_not_allowed",
        "the input holds a tag that is not accepted",
        hint="only the tags 0, 17, 18, 24 and 1004 are read",
        clause="RFC 8949 3.4",
        layer="parse",
    )


def _bad_cbor(message: str) -> WarifuError:
    return WarifuError(
        "bad_cbor", message, hint="send definite lengths and unique keys, at most 16 levels deep", clause="RFC 8949 5.1", layer="parse"
    )


def cbor_encode(value: Any) -> bytes:
    """Write ``value`` in CBOR with shortest lengths, map keys in the order given (RFC 8949 4.1).

    ``date`` becomes a full-date (tag 1004), an aware ``datetime`` a tdate in UTC without fractional seconds (tag 0).

    Raises:
        WarifuError: ``cbor_not_encodable`` for values that CBOR has no form for, naive datetimes and lone surrogates.
    """
    try:
        return cbor2.dumps(value, encoders=_ENCODERS)
    except (cbor2.CBOREncodeError, ValueError, TypeError) as error:
        raise WarifuError("cbor_not_encodable", "the value holds something that CBOR here does not carry", clause="RFC 8949 4.1") from error


def _encode_datetime(encoder: cbor2.CBOREncoder, value: datetime) -> None:
    encoder.encode(CBORTag(TAG_TDATE, tdate_text(value)))


_ENCODERS: Final[dict[Any, Any]] = {datetime: _encode_datetime}


def tdate_text(at: datetime) -> str:
    """Return ``at`` as text of RFC 3339 in UTC without fractional seconds, such as ``2026-01-02T03:04:05Z``.

    Raises:
        WarifuError: ``cbor_not_encodable`` for a datetime without time zone.
    """
    if at.tzinfo is not UTC:
        if at.utcoffset() is None:
            raise WarifuError("cbor_not_encodable", "a time without time zone cannot be written", clause="ISO 18013-5 9.1.2.4")
        at = at.astimezone(UTC)
    return at.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def head(major: int, argument: int) -> bytes:
    """Return the shortest head of an item: major type 0 to 7 and its argument (RFC 8949 3)."""
    return _HEADS[major << 8 | argument] if argument < 0x100 else _long_head(major, argument)


def _long_head(major: int, argument: int) -> bytes:
    for info, size in ((24, 1), (25, 2), (26, 4)):
        if argument < 1 << 8 * size:
            return bytes((major << 5 | info,)) + argument.to_bytes(size, "big")
    return bytes((major << 5 | 27,)) + argument.to_bytes(8, "big")


_HEADS: Final = tuple(
    bytes((major << 5 | argument,)) if argument < 24 else _long_head(major, argument) for major in range(8) for argument in range(0x100)
)


def encode_bytes(data: bytes) -> bytes:
    """Return ``data`` as a byte string item."""
    return head(2, len(data)) + data


def encode_text(text: str) -> bytes:
    """Return ``text`` as a text string item; raises ``cbor_not_encodable`` for a lone surrogate."""
    try:
        raw = text.encode()
    except UnicodeEncodeError as error:
        raise WarifuError("cbor_not_encodable", "the text holds a lone surrogate", clause="RFC 8949 3.1") from error
    size = len(raw)
    return (_TEXT_HEADS[size] if size < 0x100 else _long_head(3, size)) + raw


_TEXT_HEADS: Final = _HEADS[3 << 8 : 4 << 8]


def embedded_head(size: int) -> bytes:
    """Return the start of ``#6.24(bstr)`` around an encoded item of ``size`` bytes."""
    return _EMBEDDED_HEADS[size] if size < 0x100 else b"\xd8\x18" + _long_head(2, size)


_EMBEDDED_HEADS: Final = tuple(b"\xd8\x18" + head(2, size) for size in range(0x100))


def encode_embedded(item: bytes) -> bytes:
    """Return ``#6.24(bstr item)``: an encoded item carried as such (RFC 8949 3.4.5.1)."""
    return embedded_head(len(item)) + item


def split_map(data: bytes) -> dict[int | str, bytes]:
    """Return the members of an encoded map, each value exactly as its bytes stand in ``data``.

    ``data`` must have passed :func:`cbor_decode`; raises ``bad_cbor`` where it is no map.
    """
    count, position = _enter(data, 5)
    members: dict[int | str, bytes] = {}
    for _ in range(count):
        after_key = _skip(data, position)
        end = _skip(data, after_key)
        members[cbor2.loads(data[position:after_key])] = data[after_key:end]
        position = end
    return members


def split_array(data: bytes) -> list[bytes]:
    """Return the members of an encoded array exactly as they stand in ``data``; as :func:`split_map`."""
    count, position = _enter(data, 4)
    members: list[bytes] = []
    for _ in range(count):
        end = _skip(data, position)
        members.append(data[position:end])
        position = end
    return members


def _enter(data: bytes, expected: int) -> tuple[int, int]:
    major, argument, position = _read_head(data, 0)
    if major != expected:
        raise _bad_cbor("a map or array was expected")
    return argument, position


def _read_head(data: bytes, position: int) -> tuple[int, int, int]:
    """Return major type, argument and the position behind the head that starts at ``position``."""
    first = data[position]
    major, info = first >> 5, first & 31
    if info < 24:
        return major, info, position + 1
    end = position + 1 + (1 << (info - 24))
    return major, int.from_bytes(data[position + 1 : end], "big"), end


def _skip(data: bytes, position: int) -> int:
    """Return the position behind the item that starts at ``position``."""
    pending = 1
    while pending:
        major, argument, position = _read_head(data, position)
        pending -= 1
        if major in (2, 3):
            position += argument
        elif major in (4, 5, 6):
            pending += {4: argument, 5: 2 * argument, 6: 1}[major]
    return position
