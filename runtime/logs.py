"""Logs without personal data: one JSON object a line, from a closed list of fields.

There is no free text.  An event has a fixed name, its fields stand in :data:`FIELDS`, and a text value that is not a
plain token (ASCII, without spaces) is replaced.  Libraries speak only through the type of their errors.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from datetime import datetime
from typing import Any, Final, TextIO

from runtime import clock
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json

_NAMES = """
attempt bytes clause code count duration_ms exception lag_ms layer limit list method outcome place port result route seconds
status step topic type version worker
"""
FIELDS: Final = frozenset(_NAMES.split())
Value = str | int | float | bool | None
_EVENT = re.compile(r"[a-z][a-z0-9_.]{0,63}\Z")
_TOKEN = re.compile(r"[A-Za-z0-9_.,:;/<>{}()\[\]=+\-]{1,160}\Z")
_CLAUSE = re.compile(r"[A-Za-z0-9 .,\-/]{1,80}\Z")
_DIGITS = re.compile(r"[0-9]{10}")
_LONGEST: Final = 10**9
REDACTED: Final = "[redacted]"


class _Sink:
    """Where the lines of this process go."""

    def __init__(self) -> None:
        self.stream: TextIO | None = None
        self.role = ""
        self.lost = 0
        self.lock = threading.Lock()


_sink = _Sink()


def configure(role: str, *, stream: TextIO | None = None) -> None:
    """Start logging for ``role`` to ``stream`` (stderr where absent) and silence the loggers of all libraries."""
    _sink.role = role
    _sink.stream = stream if stream is not None else sys.stderr
    root = logging.getLogger()
    root.handlers[:] = [_LibraryErrors()]
    root.setLevel(logging.ERROR)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)


def info(event: str, /, **fields: Value) -> None:
    """Log that something expected happened."""
    emit("info", event, fields)


def warning(event: str, /, **fields: Value) -> None:
    """Log that something was refused or will be tried again."""
    emit("warning", event, fields)


def error(event: str, /, **fields: Value) -> None:
    """Log that something failed that should not."""
    emit("error", event, fields)


def emit(level: str, event: str, fields: dict[str, Value], *, at: datetime | None = None) -> None:
    """Write one line; does nothing before :func:`configure`.

    Raises:
        WarifuError: ``log_field_refused`` for an event name or a field outside the closed list, in tests and in
            operation alike: a new field is a decision.
    """
    check_fields(event, fields)
    if _sink.stream is None:
        return
    instant = (at or clock.now()).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    line: dict[str, Value] = {"at": instant, "level": level, "role": _sink.role, "event": event}
    line |= {name: clean(name, value) for name, value in fields.items() if value is not None}
    with _sink.lock:
        line["lost"] = _sink.lost or None
        written = dump_json({name: value for name, value in line.items() if value is not None}).decode() + "\n"
        try:
            _sink.stream.write(written)
            _sink.stream.flush()
            _sink.lost = 0
        except (OSError, ValueError):
            # A full disk or a closed stream must not undo what the process has decided; the next line tells how many were lost.
            _sink.lost += 1


def check_fields(event: str, fields: dict[str, Value]) -> None:
    """Refuse an event name that is no identifier and every field outside :data:`FIELDS`."""
    if _EVENT.match(event) is None or not fields.keys() <= FIELDS:
        raise WarifuError("log_field_refused", "the event or one of its fields is not on the list of what may be logged")


def clean(name: str, value: Value) -> Value:
    """Return ``value`` where it is a number or a plain token, else :data:`REDACTED`.

    No control character passes, nor ten digits in a row: an individual number or a resident code would have them.
    """
    return value if value is None or is_plain(name, value) else REDACTED


def is_plain(name: str, value: str | float) -> bool:
    """Tell whether ``value`` can be no personal datum: a plain token or a number below 10⁹."""
    if not isinstance(value, str):
        return abs(value) < _LONGEST
    pattern = _CLAUSE if name == "clause" else _TOKEN
    return pattern.match(value) is not None and _DIGITS.search(value) is None


class _LibraryErrors(logging.Handler):
    """Says that a library reported an error and of which type, never what it wrote."""

    def emit(self, record: logging.LogRecord) -> None:
        exception: Any = record.exc_info[0] if record.exc_info else None
        error("library_error", place=record.name, exception=exception.__name__ if exception else None)
