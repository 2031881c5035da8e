"""CBOR: one item, read strictly (threat rows B11 to B16), written deterministically, split without a second encoding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.errors import WarifuError
from schemas.formats.cbor import (
    CBORTag,
    cbor_decode,
    cbor_decode_for_reader,
    cbor_encode,
    embedded_content,
    encode_bytes,
    encode_embedded,
    encode_text,
    head,
    split_array,
    split_map,
    tdate_text,
)

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.text()
    | st.binary()
    | st.dates()
    | st.integers(-(10**9), 10**10).map(lambda seconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
)
KEYS = st.integers(-(2**64), 2**64 - 1) | st.text()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20)


def code_of(data: bytes, **limits: Any) -> str:
    """Return the code with which ``data`` is refused."""
    with pytest.raises(WarifuError) as caught:
        cbor_decode(data, **limits)
    return caught.value.code


@given(VALUES)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert cbor_decode(cbor_encode(value)) == value


@given(VALUES)
def test_an_independent_reader_agrees(value: Any) -> None:
    assert cbor2.loads(cbor_encode(value)) == value


@given(st.binary(max_size=200))
@example(b"\x9f\x01\xff")
@example(b"\xd8\x1c\x81\xd8\x1d\x00")
@example(b"\xc0\x61a")
def test_arbitrary_bytes_are_read_or_refused_with_a_typed_error(data: bytes) -> None:
    try:
        value = cbor_decode(data)
    except WarifuError:
        return
    cbor_encode(value)


@given(VALUES, st.binary(min_size=1, max_size=200))
def test_trailing_bytes_are_refused(value: Any, tail: bytes) -> None:
    assert code_of(cbor_encode(value) + tail) in {"cbor_trailing_bytes", "bad_cbor"}


def test_trailing_bytes_that_look_like_the_end_mark_are_refused() -> None:
    for size in range(1, 300):
        tail = encode_bytes(bytes(size))
        assert code_of(b"\x00" + tail) == "cbor_trailing_bytes"
        assert code_of(b"\x00" + tail[:-1]) in {"cbor_trailing_bytes", "bad_cbor"}


@given(VALUES)
def test_every_prefix_is_refused(value: Any) -> None:
    data = cbor_encode(value)
    for end in range(len(data)):
        with pytest.raises(WarifuError):
            cbor_decode(data[:end])


@pytest.mark.parametrize(
    "data", ["9f01ff", "5f4101ff", "7f6161ff", "bf6161 01ff", "ff", "81ff"], ids=["array", "bytes", "text", "map", "break", "inner break"]
)
def test_indefinite_lengths_are_refused(data: str) -> None:
    assert code_of(bytes.fromhex(data)) == "bad_cbor"


@pytest.mark.parametrize("data", ["a201020103", "a2616101616102", "a10180" + "00", "82a2010201 0300"])
def test_duplicate_keys_and_trailing_members_are_refused(data: str) -> None:
    assert code_of(bytes.fromhex(data)) in {"bad_cbor", "cbor_trailing_bytes"}


def test_a_duplicate_key_in_a_longer_spelling_is_refused() -> None:
    assert code_of(b"\xa2\x01\x02\x18\x01\x03") == "bad_cbor"
    assert cbor_decode(b"\xa1\x18\x01\x03") == {1: 3}


def test_an_integer_and_its_text_are_two_keys() -> None:
    assert cbor_decode(b"\xa2\x01\x02\x611\x03") == {1: 2, "1": 3}


@pytest.mark.parametrize(
    "key", ["f93c00", "fb3ff0000000000000", "f5", "f6", "4101", "8101", "a0", "f7", "f0", "d8184101", "d903ec6a313937312d30392d3031"]
)
@pytest.mark.parametrize("wrap", [b"%b", b"\x81%b", b"\xa1\x01%b", b"\xd2\x81%b"])
def test_keys_that_are_neither_integer_nor_text_are_refused(key: str, wrap: bytes) -> None:
    assert code_of(wrap % (b"\xa1" + bytes.fromhex(key) + b"\x00")) in {"cbor_key_not_allowed", "bad_cbor"}


@pytest.mark.parametrize("value", ["f97e00", "f93c00", "fb7ff0000000000000", "f7", "f0", "f8ff", "f814"])
@pytest.mark.parametrize("wrap", [b"%b", b"\x81%b", b"\xa1\x01%b", b"\xd2\x81%b", b"\x82\x80%b"])
def test_floats_and_simple_values_are_refused(value: str, wrap: bytes) -> None:
    assert code_of(wrap % bytes.fromhex(value)) in {"cbor_value_not_allowed", "bad_cbor"}


def test_every_tag_but_five_is_refused() -> None:
    contents = (b"\x00", b"\x40", b"\x60", b"\x82\x01\x02", b"\x6a1971-09-01", b"\x742020-10-01T13:30:02Z")
    accepted = {0, 17, 18, 24, 1004}
    for number in (*range(70_000), 2**32, 2**64 - 1):
        for content in contents[:2] if number > 1100 and number not in {43000, 55799} else contents:
            if number not in accepted:
                assert code_of(head(6, number) + content) in {"cbor_tag_not_allowed", "bad_cbor"}, number


def test_accepted_tags() -> None:
    assert cbor_decode(bytes.fromhex("d903ec6a313937312d30392d3031")) == date(1971, 9, 1)
    assert cbor_decode(bytes.fromhex("c074323032302d31302d30315431333a33303a30325a")) == datetime(2020, 10, 1, 13, 30, 2, tzinfo=UTC)
    tag = cbor_decode(b"\xd8\x18\x41\x00")
    assert (tag.tag, tag.value) == (24, b"\x00")
    assert cbor_decode(b"\xd2\x80").tag == 18


@pytest.mark.parametrize("content", [b"\x00", b"\x60", b"\x80", b"\xd8\x18\x40"])
def test_tag_24_holds_bytes_only(content: bytes) -> None:
    assert code_of(b"\xd8\x18" + content) == "cbor_tag_not_allowed"
    with pytest.raises(WarifuError) as caught:
        embedded_content(cbor_decode_for_reader(b"\xd8\x18" + content))
    assert caught.value.code == "bad_cbor"


@pytest.mark.parametrize(
    "text",
    [
        "2020-10-01",
        "2020-10-01T13:30:02",
        "2020-W40-4T13:30:02Z",
        "20201001T133002Z",
        "2020-13-01T00:00:00Z",
        "2020-10-01T13:30:02Z ",
        "２020-10-01T13:30:02Z",
    ],
)
def test_other_spellings_of_a_date_and_time_are_refused(text: str) -> None:
    assert code_of(b"\xc0" + encode_text(text)) == "bad_cbor"


@pytest.mark.parametrize("text", ["19710901", "1971-W36-3", "1971-09-31", "1971-09-01T00:00:00Z", "71-09-01"])
def test_other_spellings_of_a_full_date_are_refused(text: str) -> None:
    assert code_of(b"\xd9\x03\xec" + encode_text(text)) == "bad_cbor"


def test_fractional_seconds_and_offsets_are_read() -> None:
    assert cbor_decode(b"\xc0" + encode_text("2020-10-01T13:30:02.250Z")) == datetime(2020, 10, 1, 13, 30, 2, 250_000, tzinfo=UTC)
    assert cbor_decode(b"\xc0" + encode_text("2020-10-01T22:30:02+09:00")) == datetime(2020, 10, 1, 13, 30, 2, tzinfo=UTC)


def test_depth_is_limited() -> None:
    assert cbor_decode(b"\x81" * 16 + b"\x00") is not None
    assert code_of(b"\x81" * 17 + b"\x00") == "bad_cbor"


@pytest.mark.parametrize("unit", [b"\x81", b"\xa1\x01", b"\xd8\x18", b"\xc0", b"\xd2\x81"])
def test_extreme_depth_is_refused(unit: bytes) -> None:
    assert code_of(unit * 100_000 + b"\x00", max_bytes=10**7) in {"bad_cbor", "cbor_tag_not_allowed"}


@pytest.mark.parametrize("start", ["9bffffffffffffffff", "bbffffffffffffffff", "5bffffffffffffffff", "7b00000000ffffffff", "9a7fffffff"])
def test_lengths_that_nothing_follows_are_refused(start: str) -> None:
    assert code_of(bytes.fromhex(start)) == "bad_cbor"
    assert code_of(bytes.fromhex(start) + bytes(1000)) == "bad_cbor"


def test_the_number_of_items_is_limited() -> None:
    assert len(cbor_decode(head(4, 9_999) + b"\x00" * 9_999)) == 9_999
    assert code_of(head(4, 10_001) + b"\x00" * 10_001) == "too_many_items"
    nested = head(4, 200) + (head(4, 60) + b"\x00" * 60) * 200
    assert code_of(nested) == "too_many_items"
    tagged = b"\xd2" + nested
    assert code_of(tagged) == "too_many_items"


def test_the_size_is_limited_before_anything_is_read() -> None:
    assert code_of(encode_bytes(bytes(100)), max_bytes=50) == "too_large"
    assert code_of(encode_bytes(bytes(256 * 1024))) == "too_large"


@pytest.mark.parametrize("text", [b"\x62\xc3\x28", b"\x63\xed\xa0\x80", b"\x61\xff"])
def test_invalid_utf8_is_refused(text: bytes) -> None:
    assert code_of(text) == "bad_cbor"


@pytest.mark.parametrize("value", [object(), datetime(2020, 1, 1), "\ud800", {"a": datetime(2020, 1, 1)}])  # noqa: DTZ001
def test_what_cannot_be_written_is_refused(value: Any) -> None:
    with pytest.raises(WarifuError) as caught:
        cbor_encode(value)
    assert caught.value.code == "cbor_not_encodable"


def test_a_text_with_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(WarifuError) as caught:
        encode_text("\udc00")
    assert caught.value.code == "cbor_not_encodable"


def test_times_are_written_in_utc_without_fractions() -> None:
    tokyo = timezone(timedelta(hours=9))
    at = datetime(2026, 4, 1, 8, 59, 59, 999_999, tzinfo=tokyo)
    assert tdate_text(at) == "2026-03-31T23:59:59Z"
    assert cbor_encode(at) == b"\xc0\x742026-03-31T23:59:59Z"
    with pytest.raises(WarifuError):
        tdate_text(at.replace(tzinfo=None))


@given(st.integers(0, 7), st.integers(0, 2**64 - 1) | st.sampled_from([0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32]))
def test_heads_are_the_shortest(major: int, argument: int) -> None:
    encoded = head(major, argument)
    assert encoded[0] >> 5 == major
    if major == 0:
        assert cbor2.dumps(argument) == encoded


@given(st.binary(max_size=400))
def test_embedded_items_are_what_cbor2_writes(item: bytes) -> None:
    assert encode_embedded(item) == cbor2.dumps(CBORTag(24, item))
    assert embedded_content(cbor_decode(encode_embedded(item))) == item


def longer(value: Any) -> bytes:
    """Encode with heads of nine bytes throughout, as no sane writer does."""

    def wide(major: int, argument: int) -> bytes:
        return bytes((major << 5 | 27,)) + argument.to_bytes(8, "big")

    writers: dict[type, Callable[[Any], bytes]] = {
        dict: lambda members: wide(5, len(members)) + b"".join(longer(key) + longer(member) for key, member in members.items()),
        list: lambda members: wide(4, len(members)) + b"".join(map(longer, members)),
        bytes: lambda data: wide(2, len(data)) + data,
        str: lambda text: wide(3, len(text.encode())) + text.encode(),
        int: lambda number: wide(0, number) if number >= 0 else wide(1, -1 - number),
        CBORTag: lambda tag: wide(6, tag.tag) + longer(tag.value),
    }
    return writers.get(type(value), cbor_encode)(value)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_a_map_is_split_into_its_very_bytes(value: dict[Any, Any]) -> None:
    for encoded in (cbor_encode(value), longer(value)):
        members = split_map(encoded)
        assert {key: cbor_decode(raw) for key, raw in members.items()} == value
        assert all(raw in encoded for raw in members.values())
        assert cbor_decode(encoded) == value


@given(st.lists(VALUES, max_size=5))
def test_an_array_is_split_into_its_very_bytes(value: list[Any]) -> None:
    for encoded in (cbor_encode(value), longer(value)):
        start = len(head(4, len(value))) if encoded[0] & 31 < 24 else 9
        assert b"".join(split_array(encoded)) == encoded[start:]
        assert [cbor_decode(raw) for raw in split_array(encoded)] == value


def test_splitting_another_kind_is_refused() -> None:
    for split, data in ((split_map, b"\x80"), (split_array, b"\xa0")):
        with pytest.raises(WarifuError) as caught:
            split(data)
        assert caught.value.code == "bad_cbor"
