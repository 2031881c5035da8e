"""Values of claims: checked once, then written as JSON for an SD-JWT VC or as CBOR data for an mdoc.

========================  ==============================  ============================================
kind                      SD-JWT VC                       mdoc
========================  ==============================  ============================================
text                      string                          tstr
full-date                 ``YYYY-MM-DD``                  full-date, tag 1004
full-date or approximate  ``YYYY-MM-DD`` or ISO 8601-2    full-date, or {birth_date, approximate_mask}
bool, int                 boolean, integer                bool, int
========================  ==============================  ============================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from schemas.credentials.claims import ClaimDefinition, Kind
from schemas.errors import WarifuError
from schemas.japan.approximate import exact_day, mask_of, masked_day, window_of

MAX_TEXT: Final = 500

# What no attested text holds: control, line, zero-width and bidirectional characters, halves of pairs, private use, noncharacters.
REFUSED_CHARACTERS: Final = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufeff\ufff9-\uffff"
    "\U000e0000-\U000e007f\U000f0000-\U0010ffff]"
)

OMITTED: Final = object()
"""What a writer returns where a format has no machine form of a value that would not be invented."""


def checker(claim: ClaimDefinition) -> Callable[[Any], None]:
    """Return the check of a claim's values: kind, choices, pattern.

    The check raises ``bad_claim_value`` or ``bad_approximate_date``, naming the claim and not the value.
    """
    check = partial(_CHECKS[claim.kind], claim)
    return partial(_check_choice, claim, check) if claim.choices else check


def _check_choice(claim: ClaimDefinition, check: Callable[[Any], None], value: Any) -> None:
    check(value)
    if value not in claim.choices:
        raise bad_value(claim, "is not one of its choices")


def bad_value(claim: ClaimDefinition, reason: str) -> WarifuError:
    """Return the error for a wrong value (not raised here)."""
    return WarifuError("bad_claim_value", f"the value of {claim.name} {reason}", hint="see schemas/credentials", layer="policy")


def _check_text(claim: ClaimDefinition, value: Any) -> None:
    if type(value) is not str or not 0 < len(value) <= MAX_TEXT or _holds_refused_character(value):
        raise bad_value(claim, f"is not a text of 1 to {MAX_TEXT} visible characters")
    if claim.pattern and re.fullmatch(claim.pattern, value) is None:
        raise bad_value(claim, "does not have its pattern")


def _holds_refused_character(text: str) -> bool:
    # Printable text holds none of them and is the rule; a full-width space counts as not printable.
    return not text.isprintable() and REFUSED_CHARACTERS.search(text) is not None


def _check_date(claim: ClaimDefinition, value: Any) -> None:
    _day(claim, value)


def _check_approximate_date(claim: ClaimDefinition, value: Any) -> None:
    if type(value) is not date:
        if type(value) is not str:
            raise bad_value(claim, "is neither a date nor an ISO 8601-2 text")
        window_of(value)


def _check_bool(claim: ClaimDefinition, value: Any) -> None:
    if type(value) is not bool:
        raise bad_value(claim, "is not true or false")


def _check_int(claim: ClaimDefinition, value: Any) -> None:
    if type(value) is not int:
        raise bad_value(claim, "is not an integer")


_CHECKS: Final[Mapping[Kind, Callable[[ClaimDefinition, Any], None]]] = {
    Kind.TEXT: _check_text,
    Kind.DATE: _check_date,
    Kind.APPROXIMATE_DATE: _check_approximate_date,
    Kind.BOOL: _check_bool,
    Kind.INT: _check_int,
}


def _day(claim: ClaimDefinition, value: Any) -> date:
    """Return the day of a date or of ``YYYY-MM-DD``; an instant is no day."""
    if type(value) is date:
        return value
    if type(value) is str and len(value) == 10 and value[4] == value[7] == "-":  # week dates of ISO 8601 are as long
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise bad_value(claim, "is not a calendar day") from error
    raise bad_value(claim, "is not a calendar day" if not isinstance(value, datetime) else "is an instant, not a day")


def json_writer(claim: ClaimDefinition) -> Callable[[Any], Any] | None:
    """Return what turns a checked value into the SD-JWT VC's, ``None`` where nothing has to be done."""
    return _day_text if claim.kind in (Kind.DATE, Kind.APPROXIMATE_DATE) else None


def _day_text(value: Any) -> Any:
    return value.isoformat() if type(value) is date else value


def element_writer(claim: ClaimDefinition) -> Callable[[Any], Any] | None:
    """Return what turns a checked value into the mdoc's, ``None`` where nothing has to be done.

    Days become ``datetime.date``, encoded as tag 1004 later.  A date not known exactly becomes the map of ISO/IEC 23220-2
    6.3.1.1.3, in which date and mask cannot be parted; ``OMITTED`` where not one digit is certain, so that no date is
    invented: its text stands beside it.
    """
    if claim.kind is Kind.DATE:
        return partial(_day, claim)
    return _approximate_element if claim.kind is Kind.APPROXIMATE_DATE else None


def _approximate_element(value: Any) -> Any:
    if type(value) is date:
        return value
    day = exact_day(value)
    if day is not None:
        return day
    window = window_of(value)
    shown = masked_day(window)
    return OMITTED if shown is None else {"birth_date": shown, "approximate_mask": mask_of(window)}
