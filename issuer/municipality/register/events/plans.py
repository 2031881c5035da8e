"""What each type of event does to records; nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from issuer.municipality.register.check import Fault
from issuer.municipality.register.events import form
from issuer.municipality.register.events.affairs import Affairs
from issuer.municipality.register.events.arrivals import plan_birth, plan_move_in
from issuer.municipality.register.events.form import EventRefusedError
from issuer.municipality.register.events.items import read_items
from issuer.municipality.register.events.permitted import CORRECTABLE, NAME_ITEMS
from issuer.municipality.register.record import ResidentRecord
from schemas.errors import WarifuError
from schemas.japan.dates import JapaneseDate
from schemas.japan.relationships import HOUSEHOLDER


@dataclass(frozen=True, slots=True)
class Outcome:
    """What besides the records follows: 異動事由, whether copies are to be told now, and whose end is planned, on or off.

    Attributes:
        cause: code of the 異動事由, or of ours for filings and measures.
        announce: whether changed items go to the outbox now.
        leaving: who is to be struck on the event's date.
        staying: who gives up a plan to leave.
        strike_cause: 異動事由 of the striking.
    """

    cause: str
    announce: bool = True
    leaving: tuple[str, ...] = ()
    staying: tuple[str, ...] = ()
    strike_cause: str = "domestic-move-out"


def people(event: Any, affairs: Affairs) -> list[ResidentRecord]:
    """Return the live records that an event of several people names.

    Raises:
        WarifuError: ``resident_unknown``, ``record_struck``, ``household_unknown``.
    """
    if event.residents is not None:
        return [affairs.record(resident_id) for resident_id in event.residents]
    members = affairs.members(event.household)
    if not members:
        raise WarifuError("household_unknown", "the register holds no such household", hint="find it with: residents show", layer="store")
    return members


def plan_move_within(event: form.MoveWithin, affairs: Affairs) -> Outcome:
    """転居."""
    movers = people(event, affairs)
    ids = {mover.resident_id for mover in movers}
    remaining = [one for mover in movers for one in affairs.members(mover.household_id) if one.resident_id not in ids]
    if remaining and event.to_household is None:
        reason = "some members stay: name the household that the movers form or join"
        raise EventRefusedError([Fault("to_household", "household_missing", reason)])
    for mover in movers:
        affairs.change(
            mover.resident_id,
            household_id=event.to_household or mover.household_id,
            address_postal_code=event.address.postal_code,
            address_town=event.address.town,
            address_block=event.address.block,
            address_building=event.address.building,
            address_code=event.address.code,
            address_set_on=JapaneseDate.of(event.event_date, western=mover.kind == "foreign"),
            address_reported_on=event.filed_on or event.event_date,
        )
    return Outcome("move-within")


def plan_move_out(event: form.MoveOut, affairs: Affairs) -> Outcome:
    """転出届: the plan is noted, the record stands."""
    movers = people(event, affairs)
    if any(mover.status == "moving_out" for mover in movers):
        raise WarifuError("move_out_filed_already", "a 転出届 stands already", hint="cancel it first with move-out-cancel", layer="policy")
    leaving = tuple(mover.resident_id for mover in movers)
    check_those_who_stay(affairs, leaving, event.relationships)
    for resident_id in leaving:
        affairs.change(resident_id, status="moving_out", moving_out_on=event.event_date, moving_out_to=event.destination)
    return Outcome(
        "move-out-filed",
        announce=False,
        leaving=leaving,
        strike_cause="move-out-abroad" if event.abroad else "domestic-move-out",
    )


def check_those_who_stay(affairs: Affairs, leaving: tuple[str, ...], relationships: Mapping[str, str]) -> None:
    """Refuse a filing after which a household would be without 世帯主.

    Raises:
        EventRefusedError: ``household_without_householder``.
    """
    households = {affairs.record(one).household_id for one in leaving}
    for household_id in sorted(households):
        stay = [one for one in affairs.members(household_id) if one.resident_id not in leaving]
        heads = sum(relationships.get(one.resident_id, one.relationship) == HOUSEHOLDER for one in stay)
        if stay and heads != 1:
            reason = "those who stay need one 世帯主: name 続柄 in relationships"
            raise EventRefusedError([Fault("relationships", "household_without_householder", reason)])


def plan_move_out_cancel(event: form.MoveOutCancel, affairs: Affairs) -> Outcome:
    """転出取消."""
    movers = _moving_out(event, affairs)
    for mover in movers:
        affairs.change(mover.resident_id, status="resident", moving_out_on=None, moving_out_to=None)
    return Outcome("move-out-cancelled", announce=False, staying=tuple(mover.resident_id for mover in movers))


def plan_move_in_notice(event: form.MoveInNotice, affairs: Affairs) -> Outcome:
    """転入通知: the record ends now, or the day of arrival is added to one that has ended."""
    gone = [one for one in event.residents or () if one in affairs.before and affairs.before[one].record.status == "moved_out"]
    for resident_id in gone:
        affairs.strike(resident_id, moved_out_on=event.event_date)
    named = [one for one in event.residents or () if one not in gone]
    if event.residents is not None and not named:
        return Outcome("domestic-move-out", announce=False)
    movers = [_check_moving_out(affairs.record(one)) for one in named] if event.residents is not None else _moving_out(event, affairs)
    return Outcome("domestic-move-out", announce=False, leaving=tuple(mover.resident_id for mover in movers))


def _moving_out(event: form.MoveOutCancel | form.MoveInNotice, affairs: Affairs) -> list[ResidentRecord]:
    found = people(event, affairs)
    if event.household is not None:
        found = [one for one in found if one.status == "moving_out"] or found
    return [_check_moving_out(one) for one in found]


def _check_moving_out(record: ResidentRecord) -> ResidentRecord:
    if record.status != "moving_out":
        raise WarifuError("not_moving_out", "no 転出届 stands for a resident", hint="file it first with move-out", layer="policy")
    return record


def plan_death(event: form.Death, affairs: Affairs) -> Outcome:
    """死亡."""
    foreign = affairs.record(event.resident).kind == "foreign"
    written = event.death_date or JapaneseDate.of(event.event_date, western=foreign).text
    death = JapaneseDate.parse(written, internal=event.event_date)
    affairs.strike(event.resident, status="dead", death_date=death, struck_on=event.event_date)
    return Outcome("death", staying=(event.resident,))


def plan_name_change(event: form.NameChange, affairs: Affairs) -> Outcome:
    """氏名変更, 旧氏, 通称."""
    affairs.change(event.resident, **read_items(event.items, allowed=NAME_ITEMS, place="items"))
    return Outcome(event.cause)


def plan_correction(event: form.Correction, affairs: Affairs) -> Outcome:
    """軽微な修正, 職権修正, 誤記修正."""
    affairs.change(event.resident, **read_items(event.items, allowed=CORRECTABLE, place="items"))
    return Outcome(event.cause)


def plan_household_change(event: form.HouseholdChange, affairs: Affairs) -> Outcome:
    """世帯分離, 世帯合併, 世帯変更, 世帯主変更."""
    for one in people(event, affairs):
        affairs.change(one.resident_id, household_id=event.to_household or one.household_id)
    return Outcome(event.cause)


def plan_support_start(event: form.SupportStart, affairs: Affairs) -> Outcome:
    """支援措置 begins or is extended; it has a term of one year, and does not end by itself."""
    for one in people(event, affairs):
        since: date = one.support_from or event.event_date
        affairs.change(one.resident_id, support_state=event.state, support_from=since, support_until=event.until)
    return Outcome("support-start")


def plan_support_end(event: form.SupportEnd, affairs: Affairs) -> Outcome:
    """支援措置 ends."""
    for one in people(event, affairs):
        if not one.protected:
            raise WarifuError("not_protected", "no 支援措置 is in force for a resident", layer="policy")
        affairs.change(one.resident_id, support_state="none", support_from=None, support_until=None)
    return Outcome("support-end")


PLANS: Final[Mapping[type, Callable[[Any, Affairs], Outcome]]] = MappingProxyType(
    {
        form.MoveWithin: plan_move_within,
        form.MoveIn: lambda event, affairs: Outcome(plan_move_in(event, affairs), announce=True),
        form.Birth: lambda event, affairs: Outcome(plan_birth(event, affairs), announce=True),
        form.MoveOut: plan_move_out,
        form.MoveOutCancel: plan_move_out_cancel,
        form.MoveInNotice: plan_move_in_notice,
        form.Death: plan_death,
        form.NameChange: plan_name_change,
        form.Correction: plan_correction,
        form.HouseholdChange: plan_household_change,
        form.SupportStart: plan_support_start,
        form.SupportEnd: plan_support_end,
    }
)
