"""A log that cannot be written never undoes what was decided, and says later how much is missing."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest

from runtime import logs


class BrokenStream(io.StringIO):
    """A stream whose disk is full until it is mended."""

    full = True

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(28, "no space left")
        return super().write(text)


@pytest.fixture
def stream() -> Iterator[BrokenStream]:
    """Let the process's log go to a broken stream, and give the old sink back."""
    before = logs._sink.stream, logs._sink.role, logs._sink.lost
    broken = BrokenStream()
    logs._sink.stream, logs._sink.role, logs._sink.lost = broken, "test", 0
    yield broken
    logs._sink.stream, logs._sink.role, logs._sink.lost = before


def test_a_full_disk_stops_nothing_and_the_loss_is_told(stream: BrokenStream) -> None:
    logs.info("first")
    logs.info("second")
    stream.full = False
    logs.info("third")
    logs.info("fourth")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["event"], line.get("lost")) for line in lines] == [("third", 2), ("fourth", None)]


def test_a_closed_stream_stops_nothing(stream: BrokenStream) -> None:
    stream.close()
    stream.full = False
    logs.warning("after_the_end")
    assert logs._sink.lost == 1
