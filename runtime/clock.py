"""The one place that reads the wall clock; only web and command layers call it, everything below takes ``at``."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current instant as an aware UTC datetime with microseconds."""
    return datetime.now(UTC)  # noqa: TID251 - the one reader of the clock
