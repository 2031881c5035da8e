"""Events of a city's life, drawn by a seed: moves, names, corrections, deaths, plans to leave, protection."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from issuer.municipality.register.record import ResidentRecord
from runtime import clock

WEIGHTS = (
    ("move-within", 40),
    ("name-change", 14),
    ("previous-address", 10),
    ("pension", 14),
    ("death", 6),
    ("move-out", 8),
    ("support-start", 4),
    ("postal-code", 4),
)


class EventMaker:
    """Draws residents and events from SHA-256 of a seed and a counter: the same in every run, and no secret."""

    def __init__(self, seed: int, residents: list[str]) -> None:
        self._seed, self._count, self._residents = seed, 0, residents

    def _draw(self, bound: int) -> int:
        self._count += 1
        return int.from_bytes(hashlib.sha256(f"{self._seed} {self._count}".encode()).digest()[:8], "big") % bound

    def next_resident(self) -> str:
        """Return the resident whose turn it is."""
        return self._residents[self._draw(len(self._residents))]

    def event_for(self, record: ResidentRecord) -> dict[str, Any]:
        """Return an event file for this person."""
        point = self._draw(sum(weight for _, weight in WEIGHTS))
        for name, weight in WEIGHTS:
            point -= weight
            if point < 0:
                return self._event(name, record)
        raise AssertionError("the weights cover every point")

    def _event(self, name: str, record: ResidentRecord) -> dict[str, Any]:
        today = (clock.now() + timedelta(hours=9)).date()
        number = self._draw(1000)
        head = {"event_id": f"life-{self._seed}-{self._count}", "event_date": today.isoformat(), "filed_on": today.isoformat()}
        person = {**head, "resident": record.resident_id}
        correction = {**person, "type": "correction", "cause": "minor-amendment"}
        leaving = (today + timedelta(days=5 if number % 2 else 0)).isoformat()
        events: dict[str, dict[str, Any]] = {
            "move-within": {
                **head,
                "type": "move-within",
                "household": record.household_id,
                "address": {"town": "新町", "block": f"{number}番"},
            },
            "name-change": {**person, "type": "name-change", "items": {"given_name": f"新{'一二三四五六七八九十'[number % 10]}"}},
            "previous-address": {**correction, "items": {"previous_address": f"架空県隣町市本町{number}番地"}},
            "pension": {**correction, "items": {"national_pension": not record.national_pension}},
            "postal-code": {**correction, "items": {"address.postal_code": f"{9_000_000 + number}"}},
            "death": {**person, "type": "death"},
            "move-out": {
                **head,
                "type": "move-out",
                "residents": [record.resident_id],
                "event_date": leaving,
                "destination": "架空県隣町市",
            },
            "support-start": {**head, "type": "support-start", "residents": [record.resident_id]},
        }
        return events[name]
