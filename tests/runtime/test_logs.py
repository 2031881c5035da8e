"""Logs: a closed list of fields, plain tokens, one line each; libraries keep quiet."""

from __future__ import annotations

import io
import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime import logs
from schemas.errors import WarifuError


@pytest.fixture
def stream() -> io.StringIO:
    """Where this test's lines go."""
    sink = io.StringIO()
    logs.configure("front", stream=sink)
    return sink


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_line(stream: io.StringIO) -> None:
    logs.info("status.published", list="jwt/1", count=3, duration_ms=1.5, code=None)
    (line,) = lines(stream)
    assert datetime.fromisoformat(line.pop("at")).tzinfo == UTC
    assert line == {"level": "info", "role": "front", "event": "status.published", "list": "jwt/1", "count": 3, "duration_ms": 1.5}


@pytest.mark.parametrize("name", ["name", "address", "claims", "message", "url", "nonce", "token", "subject", "at", "level", "event"])
def test_field_outside_the_list_is_refused(stream: io.StringIO, name: str) -> None:
    with pytest.raises(WarifuError) as error:
        logs.emit("info", "x", {name: "y"})
    assert error.value.code == "log_field_refused"
    assert stream.getvalue() == ""


@pytest.mark.parametrize("event", ["", "A", "resident 山田", "x\ny", "1x", "x" * 65])
def test_event_is_a_fixed_name(event: str) -> None:
    with pytest.raises(WarifuError):
        logs.info(event)


@pytest.mark.parametrize(
    "value",
    [
        "山田太郎",
        "two words",
        "a\nb",
        "\x1b[31m",
        '"},{"',
        "x" * 161,
        "",
        "123456789018",
        "id-12345678901",
        123456789018,
        -12345678901,
        1e12,
        "\u202e",
    ],
)
def test_value_that_could_be_personal_is_replaced(stream: io.StringIO, value: logs.Value) -> None:
    logs.warning("x", code=value)
    assert lines(stream)[0]["code"] == logs.REDACTED


@pytest.mark.parametrize("value", ["bad_signature", "front_internal.py:12", "/999997/credential", "jwt/1", 200, 0, True, 999_999_999, 0.25])
def test_plain_value_is_kept(stream: io.StringIO, value: logs.Value) -> None:
    logs.error("x", code=value)
    assert lines(stream)[0]["code"] == value


def test_clause_may_have_spaces_but_nothing_else(stream: io.StringIO) -> None:
    logs.info("x", clause="RFC 9901 7.1", code="RFC 9901 7.1")
    assert (lines(stream)[0]["clause"], lines(stream)[0]["code"]) == ("RFC 9901 7.1", logs.REDACTED)


@given(st.text())
def test_any_text_stays_one_line(text: str) -> None:
    sink = io.StringIO()
    logs._sink.stream = sink
    logs.info("x", code=text, clause=text)
    assert len(sink.getvalue().splitlines()) == 1
    assert sink.getvalue().isascii()


def test_libraries_speak_by_type_alone(stream: io.StringIO) -> None:
    library = logging.getLogger("some.library")
    library.info("山田 logged in")
    library.warning("山田 failed")
    try:
        raise KeyError("山田")
    except KeyError:
        library.exception("山田 crashed")
    assert "山田" not in stream.getvalue()
    assert [(line["event"], line["place"], line["exception"]) for line in lines(stream)] == [("library_error", "some.library", "KeyError")]


def test_handlers_that_libraries_brought_along_are_removed() -> None:
    own = io.StringIO()
    library = logging.getLogger("noisy.library")
    library.addHandler(logging.StreamHandler(own))
    library.setLevel(logging.DEBUG)
    logs.configure("front", stream=io.StringIO())
    library.warning("山田")
    assert own.getvalue() == ""


def test_nothing_is_written_before_configure() -> None:
    assert logs._sink.stream is None
    logs.info("x")
