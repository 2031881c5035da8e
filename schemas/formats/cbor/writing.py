"""CBOR, written with shortest lengths and map keys in the order given (RFC 8949 4.1)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import cbor2

from schemas.errors import WarifuError
from schemas.formats.cbor.tags import TAG_TDATE, CBORTag


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
