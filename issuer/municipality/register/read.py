"""What the rest of the inner side may read: one person's newest record with the household's frame, and no number."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from issuer.municipality.register.history import latest, of_households, record_struck, resident_unknown
from issuer.municipality.register.record import ResidentRecord
from issuer.store.municipality import register as tables
from schemas.errors import WarifuError
from schemas.japan.ages import japan_day
from schemas.japan.relationships import HOUSEHOLDER


@dataclass(frozen=True, slots=True)
class Municipality:
    """Whose register it is: 全国地方公共団体コード (6 digits) and name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class MemberView:
    """One live member of a household as others of the inner side may see it."""

    resident_id: str
    relationship: str
    position: int
    protected: bool


@dataclass(frozen=True, slots=True)
class HouseholdView:
    """The registered household (世帯); it says nothing about who lives at the address."""

    household_id: str
    householder_id: str | None
    householder_name: str | None
    members: tuple[MemberView, ...]

    @property
    def protected(self) -> bool:
        """Whether 支援措置 is in force for any member: then nothing about the household leaves automatically."""
        return any(member.protected for member in self.members)


@dataclass(frozen=True, slots=True)
class RecordView:
    """What issuing reads: ``record`` without 個人番号 and 住民票コード; ``record_version`` is its 履歴番号."""

    record: ResidentRecord
    record_version: int
    household: HouseholdView
    municipality: Municipality


def read_record(connection: sa.Connection, resident_id: str, *, at: datetime | None = None) -> RecordView:
    """Read a live record and its household in the caller's transaction, which may be the one that reserves a copy.

    On PostgreSQL the rows stay locked against events until the transaction ends (not in a read-only one).

    Args:
        connection: inside a transaction.
        resident_id: 宛名番号.
        at: the instant of issue; a record whose 転出予定日 has come by then counts as struck, whether or not the outbox
            worker has struck it yet.

    Raises:
        WarifuError: ``resident_unknown``, ``record_struck``, ``register_empty``.
    """
    first = latest(connection, [resident_id], numbers=False).get(resident_id)
    if first is None:
        raise resident_unknown()
    # The household is locked as a whole, in the order of the ids like every event does, and only then read.
    members = of_households(connection, [first.record.household_id], lock="shared")
    snapshot = next((one for one in members if one.record.resident_id == resident_id), None)
    if snapshot is None:
        raise WarifuError("record_changed_meanwhile", "the resident changed household while being read", hint="try again", layer="store")
    check_not_struck(snapshot.record, at)
    household = _household(first.record.household_id, [one.record for one in members])
    return RecordView(withhold_numbers(snapshot.record), snapshot.history_number, household, read_municipality(connection))


def check_not_struck(record: ResidentRecord, at: datetime | None) -> None:
    """Refuse a struck record, and with ``at`` one whose 転出予定日 has come."""
    left = at is not None and record.moving_out_on is not None and record.moving_out_on <= japan_day(at)
    if not record.live or left:
        raise record_struck()


def read_municipality(connection: sa.Connection) -> Municipality:
    """Return whose register the store holds; raises ``register_empty`` before it was opened for one."""
    row = connection.execute(sa.select(tables.municipality)).first()
    if row is None:
        raise WarifuError(
            "register_empty", "the store holds no register yet", hint="run residents generate or residents import", layer="store"
        )
    return Municipality(row.code, row.name)


def own_register(connection: sa.Connection, municipality: Municipality) -> None:
    """Note whose register the store holds, or check that it is still the same one; for command and service starts.

    Raises:
        WarifuError: ``municipality_mismatch`` where the store belongs to another municipality.
    """
    row = connection.execute(sa.select(tables.municipality)).first()
    if row is None:
        connection.execute(sa.insert(tables.municipality).values(code=municipality.code, name=municipality.name))
        return
    check_same_municipality(row.code, municipality)
    if row.name != municipality.name:
        connection.execute(sa.update(tables.municipality).values(name=municipality.name))


def check_same_municipality(code: str, municipality: Municipality) -> None:
    """Refuse a store whose register is another municipality's; raises ``municipality_mismatch``."""
    if code != municipality.code:
        raise WarifuError(
            "municipality_mismatch",
            "the store holds the register of another municipality",
            hint="check municipality_code and store_url in config.toml",
            layer="store",
        )


def withhold_numbers(record: ResidentRecord) -> ResidentRecord:
    """Return the record without 個人番号 and 住民票コード, whatever was read: neither is to leave the register from here."""
    return dataclasses.replace(record, individual_number=None, resident_code=None)


def _household(household_id: str, records: list[ResidentRecord]) -> HouseholdView:
    live = [record for record in records if record.live]
    head = next((record for record in live if record.relationship == HOUSEHOLDER), None)
    members = tuple(MemberView(record.resident_id, record.relationship, record.position, record.protected) for record in live)
    return HouseholdView(household_id, head.resident_id if head else None, head.full_name if head else None, members)
