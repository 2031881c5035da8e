"""The records an event concerns, before and after: what plans work on, and what is checked and written as a whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from issuer.municipality.register.check import Fault, check_household, check_record
from issuer.municipality.register.events.form import EventRefusedError
from issuer.municipality.register.history import Snapshot, concerned, record_struck, resident_unknown
from issuer.municipality.register.record import ResidentRecord, changed_items
from schemas.japan.relationships import HOUSEHOLDER


@dataclass(slots=True)
class Affairs:
    """Everyone in the households concerned, under lock; ``after`` is what the plan makes of them."""

    before: dict[str, Snapshot]
    after: dict[str, ResidentRecord] = field(default_factory=dict)

    def record(self, resident_id: str) -> ResidentRecord:
        """Return a live record as it stands now; raises ``resident_unknown``, ``record_struck``."""
        record = self.after.get(resident_id) or self._standing(resident_id)
        if not record.live:
            raise record_struck()
        return record

    def _standing(self, resident_id: str) -> ResidentRecord:
        if resident_id not in self.before:
            raise resident_unknown()
        return self.before[resident_id].record

    def change(self, resident_id: str, **fields: Any) -> None:
        """Replace fields of a live record."""
        self.after[resident_id] = dataclasses.replace(self.record(resident_id), **fields)

    def enter(self, record: ResidentRecord) -> None:
        """Add a new resident, or a struck one who comes back."""
        self.after[record.resident_id] = record

    def strike(self, resident_id: str, **fields: Any) -> None:
        """Replace fields of a record that ends, or has ended."""
        self.after[resident_id] = dataclasses.replace(self.after.get(resident_id) or self._standing(resident_id), **fields)

    def everyone(self) -> Iterator[ResidentRecord]:
        """Yield each record as it stands now, in the order of the ids."""
        for resident_id in sorted({*self.before, *self.after}):
            yield self.after.get(resident_id) or self.before[resident_id].record

    def members(self, household_id: str) -> list[ResidentRecord]:
        """Return the live members of a household as it stands now."""
        return [record for record in self.everyone() if record.household_id == household_id and record.live]

    def head(self, household_id: str) -> ResidentRecord | None:
        """Return the householder, or None."""
        return next((member for member in self.members(household_id) if member.relationship == HOUSEHOLDER), None)

    def touched(self) -> set[str]:
        """Return the households that anyone of ``after`` was or is in."""
        left = {self.before[one].record.household_id for one in self.after if one in self.before}
        return left | {record.household_id for record in self.after.values()}

    def relate(self, relationships: Mapping[str, str]) -> None:
        """Write 続柄 that change with the event; raises :class:`EventRefusedError` for someone whom it does not concern."""
        for resident_id, relationship in relationships.items():
            if resident_id not in self.before and resident_id not in self.after:
                raise EventRefusedError([Fault("relationships", "resident_not_concerned", "a resident of none of the households is named")])
            self.change(resident_id, relationship=relationship)

    def name_householders(self) -> None:
        """Write 世帯主の氏名 of every live member of the touched households; a household without 世帯主 keeps what it had."""
        for household_id in self.touched():
            head = self.head(household_id)
            for member in self.members(household_id) if head else ():
                if head is not None and member.householder_name != head.full_name:
                    self.change(member.resident_id, householder_name=head.full_name)

    def drop_unchanged(self) -> None:
        """Forget records that came out as they were: they get no row of history."""
        same = [one for one, record in self.after.items() if one in self.before and record == self.before[one].record]
        for resident_id in same:
            del self.after[resident_id]

    def snapshots(self) -> list[Snapshot]:
        """Return the rows to append, each with the next 履歴番号 of its person."""
        return [Snapshot(self.after[one], self.next_number(one)) for one in sorted(self.after)]

    def next_number(self, resident_id: str) -> int:
        """Return the next 履歴番号 of a person; 1 for a new one."""
        return self.before[resident_id].history_number + 1 if resident_id in self.before else 1

    def changes(self) -> dict[str, frozenset[str]]:
        """Return 宛名番号 → names of the items that changed."""
        return {one: changed_items(self.before[one].record if one in self.before else None, self.after[one]) for one in sorted(self.after)}


def load(connection: sa.Connection, resident_ids: Collection[str], household_ids: Collection[str]) -> Affairs:
    """Lock and read people and everyone in their and in the named households."""
    return Affairs({one.record.resident_id: one for one in concerned(connection, resident_ids, household_ids)})


def check_outcome(affairs: Affairs) -> None:
    """Refuse an outcome in which a record, or a household that was as it must be, no longer is.

    A household can come to be without 世帯主 by law alone, as when those who filed leave a child born since; events such
    as 支援措置 must still reach it.

    Raises:
        EventRefusedError: with every fault.
    """
    faults = [fault for record in _sorted(affairs.after.values()) for fault in check_record(record)]
    for household_id in sorted(affairs.touched()):
        standing = check_household([one.record for one in affairs.before.values() if one.record.household_id == household_id])
        faults += [fault for fault in check_household(affairs.members(household_id)) if fault not in standing]
    if faults:
        raise EventRefusedError(faults)


def _sorted(records: Iterable[ResidentRecord]) -> list[ResidentRecord]:
    return sorted(records, key=lambda record: record.resident_id)
