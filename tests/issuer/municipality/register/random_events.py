"""Event files that fit a register as it stands, chosen by a seed: for properties and for long runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from issuer.municipality.register.fictional_names import FAMILY_NAMES, MEN, TOWNS
from issuer.municipality.register.history import of_households
from issuer.municipality.register.record import ResidentRecord
from issuer.municipality.register.seeded import SeededChoices
from issuer.municipality.register.synthetic_numbers import individual_number, resident_code
from issuer.store.municipality.register import resident_current
from runtime.store import read

NEW_SERIALS = 5_000_000
"""Newcomers' numbers begin here, beyond those of any generated city of tests."""


class RandomEvents:
    """Makes one event after another; each is valid for the register as it stands when it is made."""

    def __init__(self, engine: sa.Engine, *, seed: int, municipality_code: str = "999997") -> None:
        """Read the households once; later events look at them anew."""
        self._engine = engine
        self._choices = SeededChoices("events", seed)
        self._code = municipality_code
        self._number = 0
        with read(engine) as connection:
            self._households = sorted(set(connection.scalars(sa.select(resident_current.c.household_id))))

    def next(self, today: date) -> dict[str, Any]:
        """Return the content of the next event file."""
        self._number += 1
        common = {"event_id": f"R-{self._number}", "event_date": today.isoformat()}
        while True:
            household = self._choices.one_of(self._households)
            with read(self._engine) as connection:
                members = [one.record for one in of_households(connection, [household]) if one.record.live]
            made = self._choices.one_of(self._KINDS)(self, members, today) if members else None
            if made is not None:
                return common | made

    def _move(self, members: list[ResidentRecord], _today: date) -> dict[str, Any]:
        return {"type": "move-within", "household": members[0].household_id, "address": self._address()}

    def _leave_home(self, members: list[ResidentRecord], _today: date) -> dict[str, Any] | None:
        leaving = [member for member in members if member.relationship != "世帯主" and member.status == "resident"]
        if not leaving:
            return None
        mover = self._choices.one_of(leaving).resident_id
        household = f"R-{self._number}"
        self._households.append(household)
        event = {"type": "move-within", "residents": [mover], "to_household": household, "address": self._address()}
        return event | {"relationships": {mover: "世帯主"}}

    def _rename(self, members: list[ResidentRecord], _today: date) -> dict[str, Any] | None:
        someone = self._choices.one_of(members)
        if someone.kind == "foreign":
            return None
        family = self._choices.one_of(FAMILY_NAMES)
        items = {"family_name": family[0], "family_name_kana": family[1]}
        return {"type": "name-change", "resident": someone.resident_id, "items": items}

    def _die(self, members: list[ResidentRecord], _today: date) -> dict[str, Any] | None:
        someone = self._choices.one_of(members)
        return {"type": "death", "resident": someone.resident_id, "relationships": _successor(members, someone)}

    def _bear(self, members: list[ResidentRecord], _today: date) -> dict[str, Any] | None:
        if members[0].kind == "foreign" or all(member.relationship != "世帯主" for member in members):
            return None
        serial = NEW_SERIALS + self._number
        child = {"resident_id": f"B-{self._number}", "family_name": members[0].family_name, "given_name": self._choices.one_of(MEN)[0]}
        child |= {
            "sex": "male",
            "individual_number": individual_number(self._code, serial),
            "resident_code": resident_code(self._code, serial),
        }
        return {"type": "birth", "household": members[0].household_id, "person": child}

    def _file_move_out(self, members: list[ResidentRecord], today: date) -> dict[str, Any] | None:
        if any(member.status == "moving_out" for member in members):
            return None
        day = today + timedelta(days=self._choices.between(0, 20))
        return {
            "type": "move-out",
            "household": members[0].household_id,
            "event_date": day.isoformat(),
            "destination": "東京都隣町市駅前４番地",
        }

    def _cancel(self, members: list[ResidentRecord], _today: date) -> dict[str, Any] | None:
        planned = [member.resident_id for member in members if member.status == "moving_out"]
        return {"type": "move-out-cancel", "residents": planned} if planned else None

    def _arrive(self, members: list[ResidentRecord], _today: date) -> dict[str, Any] | None:
        planned = [member.resident_id for member in members if member.status == "moving_out"]
        return {"type": "move-in-notice", "residents": planned} if planned else None

    def _protect(self, members: list[ResidentRecord], today: date) -> dict[str, Any]:
        if any(member.protected for member in members):
            return {"type": "support-end", "residents": [member.resident_id for member in members if member.protected]}
        until = (today + timedelta(days=364)).isoformat()
        return {"type": "support-start", "household": members[0].household_id, "until": until}

    _KINDS: tuple[Callable[[Any, list[ResidentRecord], date], dict[str, Any] | None], ...] = (
        _move,
        _leave_home,
        _rename,
        _die,
        _bear,
        _file_move_out,
        _cancel,
        _arrive,
        _protect,
    )

    def _address(self) -> dict[str, Any]:
        town, postal_code, _ = self._choices.one_of(TOWNS)
        return {"postal_code": postal_code, "town": town, "block": f"{self._number}番地"}


def _successor(members: list[ResidentRecord], gone: ResidentRecord) -> dict[str, str]:
    staying = [member for member in members if member is not gone]
    if gone.relationship != "世帯主" or not staying:
        return {}
    return {staying[0].resident_id: "世帯主"}
