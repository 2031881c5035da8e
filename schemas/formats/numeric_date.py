"""NumericDate: seconds since 1970-01-01T00:00:00Z, as JWT and CWT carry time (RFC 7519 2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from schemas.errors import Layer, WarifuError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_SECONDS: Final = 253_402_300_799  # 9999-12-31T23:59:59Z


def to_numeric_date(moment: datetime) -> int:
    """Return an aware ``moment`` as whole seconds, rounded down.

    Raises:
        WarifuError: ``naive_datetime`` where ``moment`` carries no time zone.
    """
    if moment.tzinfo is None:
        raise WarifuError("naive_datetime", "a point in time needs a time zone", hint="pass an aware datetime in UTC")
    return (moment - _EPOCH) // timedelta(seconds=1)


def from_numeric_date(value: Any, name: str, *, layer: Layer = "parse") -> datetime:
    """Return the claim ``name`` as an aware datetime in UTC.

    Raises:
        WarifuError: ``bad_numeric_date`` unless ``value`` is a number (no boolean, no text) between 1970 and 9999.
    """
    if type(value) not in (int, float) or not 0 <= value <= _MAX_SECONDS:
        raise WarifuError(
            "bad_numeric_date",
            f"{name} is not a point in time",
            hint="send whole seconds since 1970 as a number",
            clause="RFC 7519 2",
            layer=layer,
        )
    return _EPOCH + timedelta(seconds=value)
