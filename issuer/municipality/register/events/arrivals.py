"""転入 and 出生: how new residents enter a household, and how former ones come back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from issuer.municipality.register.check import Fault
from issuer.municipality.register.events.affairs import Affairs
from issuer.municipality.register.events.form import Birth, EventRefusedError, MoveIn
from issuer.municipality.register.events.items import JsonValue, read_items
from issuer.municipality.register.events.permitted import PERSON_ITEMS
from issuer.municipality.register.items import ItemValue
from issuer.municipality.register.record import NUMBERS, ResidentRecord
from schemas.errors import WarifuError
from schemas.japan.dates import JapaneseDate

_ADDRESS = (
    "address_postal_code",
    "address_prefecture",
    "address_city",
    "address_town",
    "address_block",
    "address_building",
    "address_code",
)


def plan_move_in(event: MoveIn, affairs: Affairs) -> str:
    """Enter the persons of a 転入; returns the 異動事由.

    Whoever was struck here comes back under the former 宛名番号, with the numbers of before unless others are stated.

    Raises:
        EventRefusedError: for items, and ``known_already`` for someone who lives here.
    """
    for place, values in enumerate(event.persons):
        fields = _read(values, f"persons.{place}")
        former = _former(fields, affairs, place=f"persons.{place}")
        foreign = fields.get("kind") == "foreign"
        day = JapaneseDate.of(event.event_date, western=foreign)
        since = "became_foreign_resident_on" if foreign else "became_resident_on"
        standing: dict[str, Any] = {
            **_address_of(affairs, event.household),
            since: day,
            "address_set_on": day,
            "address_reported_on": event.filed_on or event.event_date,
            "position": len(affairs.members(event.household)) + 1,
        }
        if former is not None:
            standing |= {number: getattr(former, number) for number in NUMBERS}
        affairs.enter(ResidentRecord(**(standing | fields | {"household_id": event.household, "status": "resident"})))
    return "move-in-from-abroad" if event.from_abroad else "domestic-move-in"


def plan_birth(event: Birth, affairs: Affairs) -> str:
    """Enter a child into the household it is born to; returns the 異動事由.

    Raises:
        WarifuError: ``household_unknown``.
        EventRefusedError: for items, and ``known_already``.
    """
    head = affairs.head(event.household)
    if head is None:
        raise WarifuError("household_unknown", "the register holds no such household", hint="find it with: residents show", layer="store")
    fields = _read(event.person, "person")
    if fields["resident_id"] in affairs.before:
        raise _known_already("person")
    foreign = fields.get("kind") == "foreign"
    born = fields.get("birth_date") or JapaneseDate.of(event.event_date, western=foreign)
    standing: dict[str, Any] = {
        **_address_of(affairs, event.household),
        "birth_date": born,
        "address_set_on": born,
        "address_reported_on": event.filed_on or event.event_date,
        "position": len(affairs.members(event.household)) + 1,
        "relationship": "子",
    }
    if foreign:
        standing |= {"became_foreign_resident_on": born, "residence_class": "transitional_birth"}
    else:
        standing |= {"became_resident_on": born, "domicile": head.domicile, "koseki_head": head.koseki_head}
    affairs.enter(ResidentRecord(**(standing | fields | {"household_id": event.household, "status": "resident"})))
    return "birth"


def _read(values: Mapping[str, JsonValue], place: str) -> dict[str, Any]:
    fields: dict[str, ItemValue] = read_items(values, allowed=PERSON_ITEMS, place=place)
    if not fields.get("resident_id"):
        raise EventRefusedError([Fault(f"{place}.resident_id", "item_missing", "the item may not be blank")])
    return {name: value for name, value in fields.items() if value is not None}


def _former(fields: Mapping[str, Any], affairs: Affairs, *, place: str) -> ResidentRecord | None:
    resident_id = fields["resident_id"]
    if resident_id in affairs.after:
        raise EventRefusedError([Fault(f"{place}.resident_id", "repeated_in_file", "a resident stands twice in the file")])
    if resident_id not in affairs.before:
        return None
    former = affairs.before[resident_id].record
    if former.live or former.status == "dead":
        raise _known_already(place)
    return former


def _known_already(place: str) -> EventRefusedError:
    return EventRefusedError([Fault(f"{place}.resident_id", "known_already", "the register holds another resident under this 宛名番号")])


def _address_of(affairs: Affairs, household_id: str) -> dict[str, Any]:
    """Return the address of a standing household, for whoever joins it; nothing for a new one."""
    members = affairs.members(household_id)
    return {part: getattr(members[0], part) for part in _ADDRESS} if members else {}
