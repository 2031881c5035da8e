"""Items in an event file: from JSON values to values of the register, every fault found."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from issuer.municipality.register.check import Fault
from issuer.municipality.register.csv_file import INTERNAL, read_day, read_value
from issuer.municipality.register.events.form import EventRefusedError
from issuer.municipality.register.items import Item, ItemValue
from issuer.municipality.register.record import ITEMS_BY_NAME
from schemas.errors import WarifuError

JsonValue = str | int | bool | None


def read_items(values: Mapping[str, JsonValue], *, allowed: Collection[str], place: str) -> dict[str, ItemValue]:
    """Return the fields of a record that ``values`` states.

    Args:
        values: item name → JSON value; ``<item>_internal`` beside a date that may be unknown.
        allowed: items that may be named.
        place: where ``values`` stands in the file, for faults.

    Raises:
        EventRefusedError: for unknown or foreign items and values of another form.
    """
    found: dict[str, ItemValue] = {}
    faults: list[Fault] = []
    for name, value in values.items():
        item = ITEMS_BY_NAME.get(name.removesuffix(INTERNAL))
        if item is None or item.name not in allowed or (name != item.name and item.kind != "japanese_date"):
            faults.append(Fault(place, "item_unknown", "an item is not known or may not be named here"))
            continue
        if name != item.name:
            if values.get(item.name) is None:
                faults.append(Fault(f"{place}.{name}", "item_invalid", "an internal day stands beside no date"))
            continue
        try:
            found[item.column] = _value(item, value, values.get(name + INTERNAL))
        except WarifuError as error:
            faults.append(Fault(f"{place}.{name}", error.code, error.message))
    if faults:
        raise EventRefusedError(faults)
    return found


def _value(item: Item, value: JsonValue, internal: JsonValue) -> ItemValue:
    if value is None or value == "":
        return False if item.kind == "flag" else None
    expected: type[Any] = {"flag": bool, "number": int}.get(item.kind, str)
    if type(value) is not expected:
        raise WarifuError("item_invalid", f"a JSON {_JSON_NAMES[expected]} was expected", layer="parse")
    if not isinstance(value, str):
        return value
    day = read_day(internal) if isinstance(internal, str) else None
    return read_value(item, value, internal=day)


_JSON_NAMES: Final = {bool: "true or false", int: "number", str: "string"}
