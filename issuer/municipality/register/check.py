"""What a record must satisfy before it enters the history: every fault is named by item and reason, none by value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from issuer.municipality.register.items import Item
from issuer.municipality.register.record import ITEMS, ResidentRecord
from schemas.errors import WarifuError
from schemas.japan.characters import check_kana, check_name_text
from schemas.japan.codes import check_individual_number, check_resident_code
from schemas.japan.dates import DateForm, JapaneseDate
from schemas.japan.relationships import HOUSEHOLDER, check_relationship


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a record: the item's name, a stable code, and an English sentence without personal data."""

    item: str
    code: str
    reason: str


_IDENTIFIER: Final = re.compile(r"[0-9A-Z][0-9A-Z-]{0,14}\Z")
_CODE: Final = re.compile(r"[0-9A-Z]+\Z")
_DIGITS: Final = re.compile(r"[0-9]+\Z")

_JAPANESE_ONLY: Final = (
    "kana_certified",
    "former_family_name",
    "former_family_name_kana",
    "former_kana_certified",
    "domicile",
    "koseki_head",
    "became_resident_on",
    "electoral_roll",
)
"""Furigana itself may stand, uncertified, for a foreign resident too."""

_FOREIGN_ONLY: Final = (
    "latin_name",
    "alias",
    "alias_kana",
    "alias_recorded_on",
    "alias_recorded_in",
    "nationality",
    "nationality_code",
    "became_foreign_resident_on",
    "alien_registration_on",
    "residence_class",
    "residence_status",
    "residence_period",
    "residence_expires_on",
    "residence_card_number",
)


def check_record(record: ResidentRecord) -> list[Fault]:
    """Return every fault of one record, in the order of the items; an empty list accepts it."""
    found = [fault for item in ITEMS for fault in _check_item(item, record)]
    found += _check_kind(record)
    for rule in _RULES:
        found += rule(record)
    return found


def check_household(members: Sequence[ResidentRecord]) -> list[Fault]:
    """Return the faults of the live members of one household taken together: one householder, one address."""
    live = [member for member in members if member.live]
    if not live:
        return []
    found = []
    heads = sum(member.relationship == HOUSEHOLDER for member in live)
    if heads != 1:
        reason = "the household has no 世帯主" if heads == 0 else "the household has more than one 世帯主"
        found.append(Fault("relationship", "household_without_householder" if heads == 0 else "second_householder", reason))
    if len({address_of(member) for member in live}) > 1:
        found.append(Fault("address.town", "household_at_two_addresses", "the members of the household have different addresses"))
    return found


def address_of(record: ResidentRecord) -> tuple[str | None, ...]:
    """Return what makes an address the same address: its five written parts."""
    parts = ("address_prefecture", "address_city", "address_town", "address_block", "address_building")
    return tuple(getattr(record, part) for part in parts)


def _check_item(item: Item, record: ResidentRecord) -> Iterator[Fault]:
    value = getattr(record, item.column)
    if value is None or value == "":
        if item.needed in ("always", record.kind):
            yield Fault(item.name, "item_missing", "the item may not be blank (standard specification 1.1.6)")
        return
    if isinstance(value, str) and len(value) > item.max_length:
        yield Fault(item.name, "item_too_long", f"at most {item.max_length} code points are accepted")
        return
    try:
        check_value(item, value)
    except WarifuError as error:
        yield Fault(item.name, error.code, error.message)


def check_value(item: Item, value: object) -> None:
    """Accept one value that is not blank as a value of ``item``.

    Raises:
        WarifuError: ``item_invalid`` or what the rule of its kind raises.
    """
    if item.kind in ("name", "text", "kana") and isinstance(value, str):
        (check_kana if item.kind == "kana" else check_name_text)(value)
    elif item.kind == "choice" and value not in item.choices:
        raise _invalid(f"one of {', '.join(item.choices)} was expected")
    elif item.kind in _PATTERNS and (not isinstance(value, str) or _PATTERNS[item.kind].match(value) is None):
        raise _invalid(_EXPECTED[item.kind])
    elif item.kind == "number" and (not isinstance(value, int) or not 1 <= value <= 999):
        raise _invalid("a number from 1 to 999 was expected")
    if item.name in _SPECIAL and isinstance(value, str):
        _SPECIAL[item.name](value)


_PATTERNS: Final = {"identifier": _IDENTIFIER, "code": _CODE, "digits": _DIGITS}
_EXPECTED: Final = {
    "identifier": "capital letters, digits and hyphens were expected",
    "code": "capital letters and digits were expected",
    "digits": "digits were expected",
}


def _check_postal_code(text: str) -> None:
    if len(text) != 7:
        raise _invalid("a postal code has seven digits, without a hyphen")


def _check_nationality_code(text: str) -> None:
    if len(text) != 3:
        raise _invalid("a nationality code has three capital letters (ISO 3166-1 alpha-3)")


_SPECIAL: Final[dict[str, Callable[[str], None]]] = {
    "individual_number": check_individual_number,
    "resident_code": check_resident_code,
    "relationship": check_relationship,
    "address.postal_code": _check_postal_code,
    "nationality_code": _check_nationality_code,
}


def _invalid(message: str) -> WarifuError:
    return WarifuError("item_invalid", message, layer="parse")


def _check_kind(record: ResidentRecord) -> Iterator[Fault]:
    """Refuse items of Japanese residents in a foreign resident's record and the other way round (法7条, 30条の45)."""
    forbidden = _FOREIGN_ONLY if record.kind == "japanese" else _JAPANESE_ONLY
    for item in ITEMS:
        if item.column in forbidden and getattr(record, item.column) not in (None, "", False):
            yield Fault(item.name, "item_not_for_this_kind", f"the item does not belong in the record of a {record.kind} resident")


def _check_dates(record: ResidentRecord) -> Iterator[Fault]:
    for item in ITEMS:
        value = getattr(record, item.column)
        if isinstance(value, JapaneseDate) and value.form is DateForm.UNKNOWN and value.internal.year == 1:
            yield Fault(item.name, "internal_day_missing", "a wholly unknown date needs the internal day that the office decided on")


def _check_pairs(record: ResidentRecord) -> Iterator[Fault]:
    for item, needs in _NEEDS:
        if getattr(record, item) and not getattr(record, needs):
            yield Fault(needs, "item_missing", f"the item {item} needs it")


_NEEDS: Final = (
    ("kana_certified", "family_name_kana"),
    ("former_family_name_kana", "former_family_name"),
    ("former_kana_certified", "former_family_name_kana"),
    ("alias_kana", "alias"),
    ("alias_recorded_on", "alias"),
    ("alias_recorded_in", "alias"),
    ("support_until", "support_from"),
    ("moving_out_to", "moving_out_on"),
    ("residence_expires_on", "residence_status"),
)


def _check_status(record: ResidentRecord) -> Iterator[Fault]:
    if (record.moving_out_on is None) == (record.status == "moving_out") and record.status in ("resident", "moving_out"):
        yield Fault("moving_out_on", "status_contradicted", "a live record has the date exactly while its status is moving_out")
    if (record.struck_on is None) != record.live:
        yield Fault("struck_on", "status_contradicted", "the date is written exactly where the record is struck")
    if (record.death_date is None) == (record.status == "dead"):
        yield Fault("death_date", "status_contradicted", "the date is written exactly where the status is dead")


def _check_support(record: ResidentRecord) -> Iterator[Fault]:
    if record.protected and record.support_from is None:
        yield Fault("support_from", "item_missing", "a support measure has a first day")
    if not record.protected and record.support_from is not None:
        yield Fault("support_from", "status_contradicted", "no support measure is in force")
    if record.support_state == "active" and record.support_until is None:
        yield Fault("support_until", "item_missing", "a support measure has a term")
    if record.support_from and record.support_until and record.support_until < record.support_from:
        yield Fault("support_until", "item_invalid", "the term ends before it begins")


def _check_residence(record: ResidentRecord) -> Iterator[Fault]:
    if record.residence_class == "medium_long_term":
        for item in ("residence_status", "residence_period", "residence_card_number"):
            if not getattr(record, item):
                yield Fault(item, "item_missing", "a medium- to long-term resident has it (30条の45)")


_RULES: Final[tuple[Callable[[ResidentRecord], Iterable[Fault]], ...]] = (
    _check_dates,
    _check_pairs,
    _check_status,
    _check_support,
    _check_residence,
)
