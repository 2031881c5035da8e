"""The list: order of bits, widths, bounds, and what unpacking refuses (threat rows E03, E05, E06)."""

from __future__ import annotations

import gzip
import hashlib
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.formats.status_list import StatusBits
from tests.schemas.formats.status_list.material import refusal

WIDTHS = [1, 2, 4, 8]


@pytest.mark.parametrize(
    ("width", "statuses", "expected"),
    [
        (1, [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1], "b9a3"),
        (2, [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3], "c944f9"),
        (4, [1, 2, 0, 15], "21f0"),
        (8, [1, 2, 255], "0102ff"),
    ],
)
def test_the_first_entry_stands_in_the_lowest_bits(width: int, statuses: list[int], expected: str) -> None:
    bits = StatusBits.new(len(statuses), width=width)
    for index, status in enumerate(statuses):
        bits.set(index, status)
    assert bits.data.hex() == expected
    assert bytes(bits) == bits.data
    assert [bits.get(index) for index in range(len(bits))] == statuses


@given(st.sampled_from(WIDTHS), st.data())
def test_what_is_set_is_read_and_nothing_else_changes(width: int, data: st.DataObject) -> None:
    statuses = data.draw(st.lists(st.integers(0, 2**width - 1), min_size=1, max_size=70))
    bits = StatusBits.new(len(statuses), width=width)
    for index, status in enumerate(statuses):
        bits.set(index, 2**width - 1)
        bits.set(index, status)
    padding = [0] * (len(bits) - len(statuses))
    assert [bits.get(index) for index in range(len(bits))] == statuses + padding
    for strategy in (zlib.Z_RLE, zlib.Z_DEFAULT_STRATEGY):
        assert StatusBits.decompress(bits.compress(strategy=strategy), width=width).data == bits.data


@pytest.mark.parametrize(
    ("size", "width", "length"), [(0, 1, 0), (1, 1, 8), (8, 1, 8), (9, 1, 16), (3, 2, 4), (2**20, 1, 2**20), (5, 8, 5)]
)
def test_a_list_is_whole_bytes_long(size: int, width: int, length: int) -> None:
    assert len(StatusBits.new(size, width=width)) == length


@pytest.mark.parametrize("index", [-1, -8, 16, 17, 2**31, 2**63, 2**64, True, False, 1.0, 0.5, float("nan"), "1", None, [0]])
@pytest.mark.parametrize("width", [1])
def test_an_index_outside_the_list_is_never_valid(index: Any, width: int) -> None:
    bits = StatusBits(b"\x00\x00", width=width)
    for call in (bits.get, bits.set):
        error = refusal(call, index)
        assert (error.code, error.layer) == ("status_index_out_of_bounds", "status")
    assert bits.data == b"\x00\x00"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_last_entry_is_the_last(width: int) -> None:
    bits = StatusBits(b"\xff\xff", width=width)
    last = 16 // width - 1
    assert bits.get(last) == 2**width - 1
    assert refusal(bits.get, last + 1).code == "status_index_out_of_bounds"


@pytest.mark.parametrize("width", [0, 3, 5, 16, -1, True, 1.0, "1", None, [1]])
def test_another_width_is_refused(width: Any) -> None:
    for call in (lambda: StatusBits(b"\x00", width=width), lambda: StatusBits.decompress(zlib.compress(b"\x00"), width=width)):
        assert refusal(call).code == "bad_status_list"


@pytest.mark.parametrize(("width", "status"), [(1, 2), (2, 4), (8, 256), (1, -1)])
def test_a_status_too_wide_is_refused(width: int, status: int) -> None:
    assert refusal(StatusBits.new(8, width=width).set, 0, status).code == "bad_status_list"


# -- E05 -------------------------------------------------------------------------------------------------------------------

PLAIN = bytes(range(256)) * 4
PACKED = zlib.compress(PLAIN)


def unpack(data: bytes, limit: int = 4096) -> StatusBits:
    return StatusBits.decompress(data, width=1, max_decoded=limit)


def test_the_limit_itself_is_accepted() -> None:
    assert unpack(PACKED, len(PLAIN)).data == PLAIN
    assert refusal(unpack, PACKED, len(PLAIN) - 1).code == "status_list_too_large"


def test_a_bomb_is_refused_within_the_limit() -> None:
    stream = zlib.compressobj(9)
    bomb = b"".join([stream.compress(bytes(2**20)) for _ in range(64)]) + stream.flush()
    assert len(bomb) < 2**17
    tracemalloc.start()
    assert refusal(unpack, bomb, 2**16).code == "status_list_too_large"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        PACKED[:-1],
        PACKED[:-4],
        PACKED[:20],
        PACKED + b"\x00",
        PACKED + PACKED,
        PACKED[:-1] + bytes([PACKED[-1] ^ 1]),
        gzip.compress(PLAIN),
        zlib.compressobj(wbits=-15).compress(b"") + b"\x03\x00",
        PLAIN,
        zlib.compress(PACKED)[:-2],
    ],
    ids=[
        "empty",
        "one byte",
        "checksum short",
        "no checksum",
        "cut",
        "trailing byte",
        "two streams",
        "checksum wrong",
        "gzip",
        "raw deflate",
        "not packed",
        "cut twice packed",
    ],
)
def test_another_form_of_packing_is_refused(data: bytes) -> None:
    assert refusal(unpack, data).code == "bad_status_list"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=64))
def test_any_bytes_unpack_or_are_refused_with_a_typed_error(data: bytes) -> None:
    for hostile in (data, PACKED[:10] + data, PACKED + data):
        if hostile != PACKED:
            assert refusal(unpack, hostile).code in {"bad_status_list", "status_list_too_large"}


def test_a_large_list_is_packed_by_runs() -> None:
    bits = StatusBits.new(2**20)
    for number in range(2000):
        bits.set(int.from_bytes(hashlib.sha256(str(number).encode()).digest()[:4], "big") % 2**20)
    assert StatusBits.decompress(bits.compress(), width=1).data == bits.data
    assert len(bits.compress()) < 1.1 * len(bits.compress(strategy=zlib.Z_DEFAULT_STRATEGY))
