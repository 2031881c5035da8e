"""Which items which event may name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from issuer.municipality.register.csv_file import INTERNAL
from issuer.municipality.register.record import ITEMS, ITEMS_BY_NAME

NAME_ITEMS: Final = frozenset(
    {
        "family_name",
        "given_name",
        "family_name_kana",
        "given_name_kana",
        "kana_certified",
        "latin_name",
        "former_family_name",
        "former_family_name_kana",
        "former_kana_certified",
        "alias",
        "alias_kana",
        "alias_recorded_on",
        "alias_recorded_in",
        "koseki_head",
    }
)
"""What a change of name may touch; 世帯主の氏名 follows by itself in the whole household."""

PLACE_ITEMS: Final = frozenset({"household_id", "status", "householder_name", "relationship", "position"})
STATE_ITEMS: Final = frozenset(
    {"support_state", "support_from", "support_until", "moving_out_on", "moving_out_to", "moved_out_on", "death_date", "struck_on"}
)
"""What only the events made for it may touch."""

CORRECTABLE: Final = frozenset(item.name for item in ITEMS) - PLACE_ITEMS - STATE_ITEMS - {"resident_id", "kind"}
PERSON_ITEMS: Final = frozenset(item.name for item in ITEMS) - STATE_ITEMS - {"household_id", "status", "householder_name"}


def property_names(allowed: Collection[str]) -> dict[str, Any]:
    """Return the JSON Schema of the keys that an object of ``allowed`` items may have."""
    dates = [name + INTERNAL for name in allowed if ITEMS_BY_NAME[name].kind == "japanese_date"]
    return {"propertyNames": {"enum": sorted([*allowed, *dates])}}
