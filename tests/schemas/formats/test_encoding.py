"""base64url and JSON, read strictly (threat row A16)."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode, dump_json, parse_json, parse_json_object


def refused(call: Any, *arguments: Any, **keywords: Any) -> str:
    with pytest.raises(WarifuError) as caught:
        call(*arguments, **keywords)
    assert caught.value.layer == "parse"
    return caught.value.code


@given(st.binary(max_size=80))
def test_base64url_is_what_the_standard_library_makes(data: bytes) -> None:
    text = b64url_encode(data)
    assert text == base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    assert b64url_decode(text) == data


@given(st.text(st.characters(codec="ascii"), max_size=12) | st.text(max_size=6))
def test_a_text_is_decoded_only_from_its_one_spelling(text: str) -> None:
    try:
        data = b64url_decode(text)
    except WarifuError:
        return
    assert b64url_encode(data) == text


@pytest.mark.parametrize(
    "text",
    [
        "A",
        "AAAAA",
        "AA==",
        "AAA=",
        "=",
        "AB",
        "AAB",
        "A+",
        "A/AA",
        "AA AA",
        "AAAA\n",
        "\nAAAA",
        "AA\tA",
        "ＡＡ",
        "AA\x00A",
        "AAAA====",
        "\ud800AAA",
    ],
)
def test_lenient_spellings_are_refused(text: str) -> None:
    assert refused(b64url_decode, text) == "bad_base64url"


def test_the_size_is_looked_at_before_decoding() -> None:
    assert refused(b64url_decode, "A" * 100, max_bytes=32) == "too_large"
    assert b64url_decode("A" * 44, max_bytes=33) == bytes(33)


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":2}',
        b'{"a":1,"\\u0061":2}',
        b'[{"b":{"a":1,"a":1}}]',
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"[1e400]",
        b"-1e400",
        b"1" * 21,
        b"-" + b"1" * 21,
        b"1" * 5000,
        b'{"a":' + b"9" * 21 + b"}",
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'{"\\ud800":1}',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\xc0\x80"',
        b"\xef\xbb\xbf{}",
        b"{}x",
        b"{}{}",
        b"{}\x00",
        b"",
        b" ",
        b"{'a':1}",
        b"[1,]",
        b"[01]",
        b"+1",
        b".5",
        b"5.",
        b"0x1",
        b"//\n1",
        b'"\x01"',
        b'"\n"',
        b"tru",
        "\ud800",
    ],
)
def test_what_is_not_strict_json_is_refused(text: bytes | str) -> None:
    assert refused(parse_json, text) == "bad_json"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b" {} ", {}),
        (b'{"a":"' + b"1" * 100 + b'"}', {"a": "1" * 100}),
        (b"99999999999999999999", 99999999999999999999),
        (b"-99999999999999999999", -99999999999999999999),
        (b"1e20", 1e20),
        (b"1e300", 1e300),
        (b"-1.5e-7", -1.5e-7),
        (b'"\\u9089\\udb40\\udd02"', "邉󠄂"),
        ('"邉󠄂"', "邉󠄂"),
        (b'"\\u0000"', "\0"),
        (b"true", True),
        (b"null", None),
        (b"[]", []),
    ],
)
def test_what_is_strict_json_is_read(text: bytes | str, value: Any) -> None:
    read = parse_json(text)
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize("pair", ["[]", ("{", "}")])
@pytest.mark.parametrize("levels", [1, 15, 16])
def test_sixteen_levels_are_read(pair: Any, levels: int) -> None:
    text = "[" * levels + "]" * levels if pair == "[]" else '{"a":' * levels + "1" + "}" * levels
    assert parse_json(text) is not None


@pytest.mark.parametrize(("levels", "code"), [(17, "too_deep"), (100, "too_deep"), (10_000, "bad_json")])
def test_deeper_levels_are_refused(levels: int, code: str) -> None:
    assert refused(parse_json, "[" * levels + "]" * levels) == code
    assert refused(parse_json, '{"a":[' * (levels // 2 + 1) + "1" + "]}" * (levels // 2 + 1)) == code


def test_a_number_is_checked_at_every_depth() -> None:
    for text in ('{"a":[[{"b":[1e400]}]]}', '[["x",[' + "9" * 22 + "]]]", '[1,"x",[],{},1e999]'):
        assert refused(parse_json, text) == "bad_json"


def test_the_size_of_json_is_limited() -> None:
    assert refused(parse_json, b'"' + b"a" * (256 * 1024) + b'"') == "too_large"
    assert refused(parse_json, b"[1,2,3]", max_bytes=6) == "too_large"


@pytest.mark.parametrize("text", ["[]", '"x"', "1", "null", "true"])
def test_an_object_is_asked_for(text: str) -> None:
    assert refused(parse_json_object, text) == "not_an_object"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(JSON)
def test_what_is_written_is_read(value: Any) -> None:
    assert parse_json(dump_json(value)) == value


@given(st.text(max_size=30) | st.text('{}[]",:01e.-ntfu\\ ', max_size=30))
def test_never_more_lenient_than_the_standard_library(text: str) -> None:
    try:
        value = parse_json(text)
    except WarifuError:
        return
    assert json.loads(text) == value or (isinstance(value, float) and math.isclose(json.loads(text), value))


@pytest.mark.parametrize("value", ["\ud800", 2**64, {1, 2}, b"x", object()])
def test_what_json_cannot_say_is_not_written(value: Any) -> None:
    with pytest.raises(WarifuError) as caught:
        dump_json({"a": value})
    assert caught.value.code == "not_serialisable"
