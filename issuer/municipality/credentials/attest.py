"""Deciding what may be attested of a record, and reading it off item by item (docs/issuance-cycle.md, step 3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from issuer.municipality.credentials.profile import Profile
from issuer.municipality.register import RecordView, ResidentRecord
from issuer.municipality.register.items import RESIDENCE_CLASS
from schemas.credentials import AGE_THRESHOLDS, AppliesTo, ClaimDefinition, CredentialType, SpecialRequest, sex_code
from schemas.errors import WarifuError
from schemas.japan.ages import age_over, japan_day, next_age_change, next_birthday
from schemas.japan.dates import JapaneseDate

#: One text for every cause, so that nothing can be learned from it (design 4; threat rows C20, F15).
REFUSAL: Final = "この証明書はこの方法では交付できません。市民課窓口へお越しください。"


@dataclass(frozen=True, slots=True)
class Content:
    """What one credential says, which items of the register it rests on, and the days on which it stops being true."""

    claims: Mapping[str, Any]
    items: frozenset[str]
    ends: frozenset[date]


def check_may_be_issued(view: RecordView) -> None:
    """Refuse what the counter must decide: a person under 支援措置, and one who is about to move out.

    Raises:
        WarifuError: ``issuance_refused``; the cause is not told.
    """
    if view.record.protected or view.record.status != "resident":
        raise WarifuError(
            "issuance_refused", "the credential is not issued in this way", hint=REFUSAL, clause="住民基本台帳法12条6項", layer="policy"
        )


def attest(kind: CredentialType, view: RecordView, profile: Profile, *, special_items: Collection[str], at: datetime) -> Content:
    """Return what a credential of ``kind`` says of a record at ``at``.

    Args:
        special_items: names of :class:`SpecialRequest` that the resident asked for; others are left out.

    Raises:
        WarifuError: ``issuance_refused``, ``special_request_unknown``.
    """
    check_may_be_issued(view)
    requested = requested_specials(view, special_items)
    wanted = [claim for claim in kind.by_name.values() if _applies(claim, view.record, requested)]
    claims: dict[str, Any] = {}
    items: set[str] = set()
    for claim in wanted:
        source = SOURCES.get(claim.name)
        if source is None:
            continue
        items |= source.items
        value = source.read(view, at)
        if value is not None and value != "":
            claims[claim.name] = value
    claims |= _certification(profile, at)
    return Content(MappingProxyType(claims), frozenset(items), _ends(kind, view.record, at))


def requested_specials(view: RecordView, names: Collection[str]) -> frozenset[SpecialRequest]:
    """Return the special requests; the householder's name stays out where a member is protected.

    Raises:
        WarifuError: ``special_request_unknown``.
    """
    known = {str(one): one for one in SpecialRequest}
    unknown = set(names) - known.keys()
    if unknown:
        raise WarifuError(
            "special_request_unknown", "a special request is not known", hint=f"choose from {', '.join(sorted(known))}", layer="policy"
        )
    requested = frozenset(known[name] for name in names)
    if SpecialRequest.HOUSEHOLDER in requested and view.household.protected:
        raise WarifuError(
            "issuance_refused", "the credential is not issued in this way", hint=REFUSAL, clause="住民基本台帳法12条6項", layer="policy"
        )
    return requested


def _applies(claim: ClaimDefinition, record: ResidentRecord, requested: frozenset[SpecialRequest]) -> bool:
    if claim.special_request is not None and claim.special_request not in requested:
        return False
    return claim.applies_to in (AppliesTo.ALL, AppliesTo.FOREIGN if record.kind == "foreign" else AppliesTo.JAPANESE)


def _certification(profile: Profile, at: datetime) -> dict[str, Any]:
    return {
        "certified_on": japan_day(at),
        "issuing_municipality.code": profile.municipality_code,
        "issuing_municipality.name": profile.municipality_name,
    }


def _ends(kind: CredentialType, record: ResidentRecord, at: datetime) -> frozenset[date]:
    """Return the days on which something attested is no longer true: next birthday, next age step, end of stay."""
    ends: set[date | None] = set()
    if record.birth_date is not None and any(name.startswith("age_over_") for name in kind.by_name):
        ends |= {next_birthday(record.birth_date, at), next_age_change(record.birth_date, AGE_THRESHOLDS, at)}
    if record.kind == "foreign" and record.residence_expires_on is not None:
        # Everything about a foreign resident ends with the period of stay, whether or not the claim is in the credential.
        ends.add(record.residence_expires_on + timedelta(days=1))
    return frozenset(day for day in ends if day is not None)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a claim comes from: the items it rests on, and how it is read."""

    items: frozenset[str]
    read: Callable[[RecordView, datetime], Any]


def _item(name: str) -> Source:
    return Source(frozenset({name}), lambda view, _at: view.record.value(name))


def _from(*items: str, read: Callable[[ResidentRecord], Any]) -> Source:
    return Source(frozenset(items), lambda view, _at: read(view.record))


def _joined(*parts: str | None) -> str | None:
    present = [part for part in parts if part]
    return "\u3000".join(present) or None


def _attested(value: JapaneseDate | None) -> date | str | None:
    return None if value is None else value.attested


def _written(value: JapaneseDate | None) -> str | None:
    return None if value is None else value.text


def _kana(record: ResidentRecord) -> str | None:
    """The reading is attested only where it is officially recorded; for foreign residents it never is."""
    return _joined(record.family_name_kana, record.given_name_kana) if record.kana_certified else None


def _address(record: ResidentRecord) -> str | None:
    written = "".join(
        part for part in (record.address_prefecture, record.address_city, record.address_town, record.address_block) if part is not None
    )
    return _joined(written, record.address_building)


_ADDRESS = ("address.prefecture", "address.city", "address.town", "address.block", "address.building")
_KANA = ("family_name_kana", "given_name_kana", "kana_certified")


def _age(years: int) -> Source:
    return Source(
        frozenset({"birth_date"}),
        lambda view, at: None if view.record.birth_date is None else age_over(view.record.birth_date, years, at),
    )


SOURCES: Final[Mapping[str, Source]] = MappingProxyType(
    {
        "name": _from("family_name", "given_name", "latin_name", read=lambda record: record.full_name),
        "family_name": _item("family_name"),
        "given_name": _item("given_name"),
        "name_latin": _item("latin_name"),
        "name_kana": _from(*_KANA, read=_kana),
        "family_name_kana": _from(*_KANA, read=lambda record: record.family_name_kana if record.kana_certified else None),
        "given_name_kana": _from(*_KANA, read=lambda record: record.given_name_kana if record.kana_certified else None),
        "former_family_name": _item("former_family_name"),
        "former_family_name_kana": _from(
            "former_family_name_kana",
            "former_kana_certified",
            read=lambda record: record.former_family_name_kana if record.former_kana_certified else None,
        ),
        "tsusho": _item("alias"),
        "birthdate": _from("birth_date", read=lambda record: _attested(record.birth_date)),
        "birth_date_text": _from("birth_date", read=lambda record: _written(record.birth_date)),
        "sex": _from("sex", read=lambda record: None if record.sex is None else sex_code(record.sex)),
        "address.formatted": _from(*_ADDRESS, read=_address),
        "address.country": _from("address.prefecture", read=lambda _record: "JP"),
        "address.postal_code": _item("address.postal_code"),
        "address.prefecture": _item("address.prefecture"),
        "address.municipality": _item("address.city"),
        "address.town": _item("address.town"),
        "address.street_address": _item("address.block"),
        "address.building": _item("address.building"),
        "resident_since": _from("became_resident_on", read=lambda record: _attested(record.became_resident_on)),
        "resident_since_text": _from("became_resident_on", read=lambda record: _written(record.became_resident_on)),
        "resident_since_foreign": _from("became_foreign_resident_on", read=lambda record: _attested(record.became_foreign_resident_on)),
        "resident_since_foreign_text": _from("became_foreign_resident_on", read=lambda record: _written(record.became_foreign_resident_on)),
        "address_since": _from("address_set_on", read=lambda record: _attested(record.address_set_on)),
        "address_since_text": _from("address_set_on", read=lambda record: _written(record.address_set_on)),
        "notified_on": _item("address_reported_on"),
        "previous_address": _item("previous_address"),
        "householder_name": _item("householder_name"),
        "relationship": _item("relationship"),
        "registered_domicile": _item("domicile"),
        "head_of_register": _item("koseki_head"),
        "nationality": _item("nationality"),
        "residence_class": _from("residence_class", read=lambda record: RESIDENCE_CLASS.get(record.residence_class or "")),
        "residence_status": _item("residence_status"),
        "period_of_stay": _item("residence_period"),
        "stay_expires_on": _item("residence_expires_on"),
        **{f"age_over_{years}": _age(years) for years in AGE_THRESHOLDS},
    }
)
"""Claim name → where it comes from; a test demands an entry for every claim of every type."""
