"""base64url and JSON, read strictly and written deterministically; with the limits of CBOR (``schemas.formats.cbor``).

Readers here accept exactly one spelling of a value and raise :class:`schemas.errors.WarifuError` for everything else;
no foreign exception leaves this module.  JSON is read by jiter (refuses duplicate keys, NaN and lone surrogates; see
docs/adr for the measurement).
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable
from typing import Any, Final

import jiter
import orjson

from schemas.errors import WarifuError

MAX_DEPTH: Final = 16
MAX_JSON_BYTES: Final = 256 * 1024
MAX_CBOR_BYTES: Final = 256 * 1024
MAX_INT_DIGITS: Final = 20
MAX_CBOR_ITEMS: Final = 10_000

_CONTAINERS: Final = (dict, list)
_PLAIN: Final = frozenset({str, bool, type(None)})
_INT_LIMIT: Final = 10**MAX_INT_DIGITS
_INFINITIES: Final = (float("inf"), float("-inf"))
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b"-_+/=", b"+/!!!")  # the strict decoder below refuses "!"
_PADDING: Final = (b"", b"", b"==", b"=")


def b64url_encode(data: bytes) -> str:
    """Return ``data`` as base64url text without padding (RFC 7515 2)."""
    return b64url_bytes(data).decode("ascii")


def b64url_bytes(data: bytes) -> bytes:
    """As :func:`b64url_encode`, as ASCII bytes; the inner loop of sealing."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL, b"=")


def b64url_decode(text: str, *, max_bytes: int = MAX_JSON_BYTES) -> bytes:
    """Return the bytes behind canonical, unpadded base64url text.

    Raises:
        WarifuError: ``bad_base64url`` for padding, foreign characters, impossible lengths or non-zero trailing bits
            (RFC 4648 3.5); ``too_large`` above ``max_bytes`` decoded bytes.
    """
    if len(text) > max_bytes * 4 // 3 + 4:
        raise too_large(max_bytes)
    check_last_character(text)
    try:
        standard = text.encode("ascii").translate(_FROM_URL)
        return binascii.a2b_base64(standard + _PADDING[len(text) & 3], strict_mode=True)
    except ValueError as error:  # binascii.Error and UnicodeEncodeError
        raise _bad_base64url() from error


_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_CANONICAL_LAST: Final = ("", "", _ALPHABET[::16], _ALPHABET[::4])  # last characters whose unused bits are zero


def check_last_character(text: str) -> None:
    """Refuse a length that no bytes have and bits beyond the last byte that are not zero (``bad_base64url``)."""
    rest = len(text) & 3
    if rest == 1 or (rest and text[-1] not in _CANONICAL_LAST[rest]):
        raise _bad_base64url()


def _bad_base64url() -> WarifuError:
    return WarifuError(
        "bad_base64url",
        "the text is not canonical base64url without padding",
        hint="encode with the URL-safe alphabet, no padding, trailing bits zero",
        clause="RFC 7515 2",
        layer="parse",
    )


def too_large(limit: int, *, clause: str = "") -> WarifuError:
    """Return the error for input above ``limit`` bytes (not raised here)."""
    return WarifuError(
        "too_large", f"the input is larger than the limit of {limit} bytes", hint="send a smaller input", clause=clause, layer="parse"
    )


def parse_json(data: bytes | str, *, max_bytes: int = MAX_JSON_BYTES) -> Any:
    """Read one JSON text strictly.

    Refuses duplicate keys, NaN and infinities, integers of more than 20 digits, numbers outside the double range, lone
    surrogates, invalid UTF-8, a byte order mark, trailing bytes and nesting deeper than 16.

    Raises:
        WarifuError: ``bad_json``, ``too_deep`` or ``too_large`` (RFC 8259, RFC 7493).
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(raw) > max_bytes:
        raise too_large(max_bytes, clause="RFC 8259 9")
    try:
        value = jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="none")
    except (ValueError, RecursionError) as error:
        raise _bad_json("the text is not strict JSON without duplicate keys") from error
    check_depth(value)
    return value


def _bad_json(message: str) -> WarifuError:
    return WarifuError("bad_json", message, hint="send I-JSON: unique keys, UTF-8, finite numbers", clause="RFC 7493 2", layer="parse")


def parse_json_object(data: bytes | str, *, max_bytes: int = MAX_JSON_BYTES) -> dict[str, Any]:
    """Read one JSON object strictly; as :func:`parse_json`, and ``not_an_object`` where it is another type."""
    return check_object(parse_json(data, max_bytes=max_bytes))


def check_object(value: Any) -> dict[str, Any]:
    """Return ``value``, which is a JSON object; raises ``not_an_object`` where it is another type."""
    if not isinstance(value, dict):
        raise WarifuError("not_an_object", "a JSON object was expected", clause="RFC 7519 7.2", layer="parse")
    return value


def check_depth(value: Any, *, limit: int = MAX_DEPTH) -> None:
    """Check what was read from JSON.

    Raises:
        WarifuError: ``too_deep`` where containers nest deeper than ``limit``; ``bad_json`` for an infinite float or an
            integer of more than 20 digits.
    """
    level = [value] if type(value) in _CONTAINERS else []
    if not level:
        _check_number(value)
    for _ in range(limit):
        nested: list[Any] = []
        for container in level:
            children = container.values() if type(container) is dict else container
            if _PLAIN.issuperset(map(type, children)):
                continue
            for child in children:
                if type(child) in _CONTAINERS:
                    nested.append(child)
                else:
                    _check_number(child)
        if not nested:
            return
        level = nested
    raise WarifuError("too_deep", f"the input nests deeper than {limit} levels", clause="RFC 8259 9", layer="parse")


def _check_number(value: Any) -> None:
    too_long = type(value) is int and not -_INT_LIMIT < value < _INT_LIMIT
    if too_long or (type(value) is float and value in _INFINITIES):
        raise _bad_json("a number is longer than 20 digits or outside the range of a double")


def dump_json(value: Any) -> bytes:
    """Write ``value`` as compact UTF-8 JSON, keys in insertion order; code points are kept exactly as they are.

    Raises:
        WarifuError: ``not_serialisable`` for a lone surrogate, an integer above 64 bits or a type that JSON has not.
    """
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise _not_serialisable() from error


def b64url_json(values: Iterable[Any]) -> list[bytes]:
    """Return each value as compact JSON in base64url, as ASCII bytes: the inner loop of sealing.

    Raises:
        WarifuError: ``not_serialisable``, as :func:`dump_json`.
    """
    try:
        return [binascii.b2a_base64(orjson.dumps(value), newline=False).translate(_TO_URL, b"=") for value in values]
    except TypeError as error:
        raise _not_serialisable() from error


def _not_serialisable() -> WarifuError:
    return WarifuError("not_serialisable", "a value cannot be written as JSON", clause="RFC 7493 2")
