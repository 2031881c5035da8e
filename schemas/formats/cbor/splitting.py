"""Members of an encoded map or array as the very bytes that were received, for what is hashed or signed."""

from __future__ import annotations

import cbor2

from schemas.formats.cbor.tags import bad_cbor


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
        raise bad_cbor("a map or array was expected")
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
