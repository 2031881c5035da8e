"""base64url, JSON and CBOR, read strictly and written deterministically.

Readers here accept exactly one spelling of a value and raise :class:`schemas.errors.WarifuError` for everything else;
no foreign exception leaves this module.  JSON is read by jiter (refuses duplicate keys, NaN and lone surrogates; see
docs/adr for the measurement), CBOR by cbor2 under our own limits.
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64encode
from typing import Any, Final

import cbor2
import jiter
import orjson

from schemas.errors import WarifuError

MAX_DEPTH: Final = 16
MAX_JSON_BYTES: Final = 256 * 1024
MAX_CBOR_BYTES: Final = 256 * 1024
MAX_INT_DIGITS: Final = 20
MAX_CBOR_ITEMS: Final = 10_000

_B64URL = re.compile(r"[A-Za-z0-9_-]*\Z")
_LONG_NUMBER = re.compile(rb"[0-9]{%d,}" % (MAX_INT_DIGITS + 1))


def b64url_encode(data: bytes) -> str:
    """Return ``data`` as base64url text without padding (RFC 7515 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def b64url_decode(text: str, *, max_bytes: int = MAX_JSON_BYTES) -> bytes:
    """Return the bytes behind canonical, unpadded base64url text.

    Raises:
        WarifuError: ``bad_base64url`` for padding, foreign characters, impossible lengths or non-zero trailing bits
            (RFC 4648 3.5); ``too_large`` above ``max_bytes`` decoded bytes.
    """
    if len(text) > max_bytes * 4 // 3 + 4:
        raise too_large(max_bytes)
    if not text.isascii() or _B64URL.match(text) is None or len(text) % 4 == 1:
        raise _bad_base64url()
    padded = text.translate(_TO_STANDARD) + "=" * (-len(text) % 4)
    data = binascii.a2b_base64(padded)
    if text and len(text) % 4 and b64url_encode(data[-(len(data) % 3) :]) != text[-(len(text) % 4) :]:
        raise _bad_base64url()
    return data


_TO_STANDARD = str.maketrans("-_", "+/")


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

    Refuses duplicate keys, NaN and infinities, numbers of more than 20 digits or outside the double range, lone
    surrogates, invalid UTF-8, a byte order mark, trailing bytes and nesting deeper than 16.

    Raises:
        WarifuError: ``bad_json``, ``too_deep`` or ``too_large`` (RFC 8259, RFC 7493).
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else bytes(data)
    if len(raw) > max_bytes:
        raise too_large(max_bytes, clause="RFC 8259 9")
    if _LONG_NUMBER.search(raw) is not None and _has_long_number(raw):
        raise _bad_json("a number has more digits than are accepted")
    try:
        value = jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="none")
    except (ValueError, RecursionError) as error:
        raise _bad_json("the text is not strict JSON without duplicate keys") from error
    check_depth(value)
    return value


def _has_long_number(raw: bytes) -> bool:
    """Tell whether a long run of digits stands outside every string of the JSON text."""
    outside = re.sub(rb'"(?:[^"\\]|\\.)*"', b'""', raw)
    return _LONG_NUMBER.search(outside) is not None


def _bad_json(message: str) -> WarifuError:
    return WarifuError("bad_json", message, hint="send I-JSON: unique keys, UTF-8, finite numbers", clause="RFC 7493 2", layer="parse")


def parse_json_object(data: bytes | str, *, max_bytes: int = MAX_JSON_BYTES) -> dict[str, Any]:
    """Read one JSON object strictly; as :func:`parse_json`, and ``not_an_object`` where it is another type."""
    value = parse_json(data, max_bytes=max_bytes)
    if not isinstance(value, dict):
        raise WarifuError("not_an_object", "a JSON object was expected", clause="RFC 7519 7.2", layer="parse")
    return value


def check_depth(value: Any, *, limit: int = MAX_DEPTH) -> None:
    """Raise ``too_deep`` where containers nest deeper than ``limit``, and ``bad_json`` for a non-finite float."""
    stack = [(value, 1)]
    while stack:
        item, depth = stack.pop()
        if isinstance(item, dict):
            children: Any = item.values()
        elif isinstance(item, list | tuple):
            children = item
        elif isinstance(item, float) and item in (float("inf"), float("-inf")):
            raise _bad_json("a number is outside the range of a double")
        else:
            continue
        if depth > limit:
            raise WarifuError("too_deep", f"the input nests deeper than {limit} levels", clause="RFC 8259 9", layer="parse")
        stack.extend((child, depth + 1) for child in children)


def dump_json(value: Any) -> bytes:
    """Write ``value`` as compact UTF-8 JSON, keys in insertion order; code points are kept exactly as they are."""
    return orjson.dumps(value)


def cbor_encode(value: Any) -> bytes:
    """Write ``value`` in CBOR with shortest lengths, map keys in the order given (RFC 8949 4.1)."""
    return cbor2.dumps(value)
