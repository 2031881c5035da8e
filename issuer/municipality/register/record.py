"""One resident's record: a full snapshot of every item, frozen, and the comparison of two snapshots."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, get_type_hints

from issuer.municipality.register.items import CARD, KIND, LIVE_STATUSES, RESIDENCE_CLASS, SEX, STATUS, SUPPORT, Item, ItemValue
from schemas.errors import WarifuError
from schemas.japan.dates import JapaneseDate


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ResidentRecord:
    """Every item of one person at one moment (住基法7条, 30条の45; register-side extras of the standard specification 1.1).

    A field of the address is called ``address_town`` here and ``address.town`` as an item.  Text is kept code point by
    code point.  Numbers (個人番号, 住民票コード) are ``None`` in records read for issuing.
    """

    resident_id: Annotated[str, Item("宛名番号", "identifier", "always", max_length=15)]
    household_id: Annotated[str, Item("世帯番号", "identifier", "always", max_length=15)]
    position: Annotated[int, Item("並び順", "number", "always")] = 1
    status: Annotated[str, Item("住民状態", "choice", "always", STATUS)] = "resident"
    kind: Annotated[str, Item("住民種別", "choice", "always", KIND)] = "japanese"

    family_name: Annotated[str | None, Item("氏", "name", "japanese", max_length=100)] = None
    given_name: Annotated[str | None, Item("名", "name", max_length=100)] = None
    family_name_kana: Annotated[str | None, Item("氏の振り仮名", "kana", max_length=100)] = None
    given_name_kana: Annotated[str | None, Item("名の振り仮名", "kana", max_length=100)] = None
    kana_certified: Annotated[bool, Item("振り仮名公証", "flag")] = False
    latin_name: Annotated[str | None, Item("氏名（アルファベット）", "name", "foreign", max_length=150)] = None
    former_family_name: Annotated[str | None, Item("旧氏", "name", max_length=100)] = None
    former_family_name_kana: Annotated[str | None, Item("旧氏の振り仮名", "kana", max_length=100)] = None
    former_kana_certified: Annotated[bool, Item("旧氏の振り仮名公証", "flag")] = False
    alias: Annotated[str | None, Item("通称", "name", max_length=100)] = None
    alias_kana: Annotated[str | None, Item("通称の振り仮名", "kana", max_length=100)] = None
    alias_recorded_on: Annotated[date | None, Item("通称の記載年月日", "day")] = None
    alias_recorded_in: Annotated[str | None, Item("通称を記載した市区町村", "text")] = None

    birth_date: Annotated[JapaneseDate | None, Item("生年月日", "japanese_date", "always")] = None
    sex: Annotated[str | None, Item("性別", "choice", "always", SEX)] = None
    relationship: Annotated[str, Item("続柄", "text", "always", max_length=60)] = "世帯主"
    householder_name: Annotated[str | None, Item("世帯主の氏名", "name", max_length=200)] = None
    domicile: Annotated[str | None, Item("本籍", "name", "japanese")] = None
    koseki_head: Annotated[str | None, Item("筆頭者", "name", "japanese")] = None
    became_resident_on: Annotated[JapaneseDate | None, Item("住民となった年月日", "japanese_date", "japanese")] = None

    address_postal_code: Annotated[str | None, Item("郵便番号", "digits", max_length=8)] = None
    address_prefecture: Annotated[str | None, Item("住所（都道府県）", "name", "always")] = None
    address_city: Annotated[str | None, Item("住所（市区町村）", "name", "always")] = None
    address_town: Annotated[str | None, Item("住所（町名）", "name", "always")] = None
    address_block: Annotated[str | None, Item("住所（番地）", "name", "always")] = None
    address_building: Annotated[str | None, Item("住所（方書）", "name")] = None
    address_code: Annotated[str | None, Item("住所コード", "digits", max_length=12)] = None
    address_set_on: Annotated[JapaneseDate | None, Item("住所を定めた年月日", "japanese_date")] = None
    address_reported_on: Annotated[date | None, Item("届出の年月日", "day")] = None
    previous_address: Annotated[str | None, Item("転入前住所", "name")] = None
    last_registered_address: Annotated[str | None, Item("最終登録住所地", "name")] = None

    nationality: Annotated[str | None, Item("国籍・地域", "text", "foreign")] = None
    nationality_code: Annotated[str | None, Item("国籍コード", "code", max_length=3)] = None
    became_foreign_resident_on: Annotated[JapaneseDate | None, Item("外国人住民となった年月日", "japanese_date", "foreign")] = None
    alien_registration_on: Annotated[date | None, Item("旧外国人登録法の登録年月日", "day")] = None
    residence_class: Annotated[str | None, Item("30条の45に規定する区分", "choice", "foreign", RESIDENCE_CLASS)] = None
    residence_status: Annotated[str | None, Item("在留資格", "text")] = None
    residence_period: Annotated[str | None, Item("在留期間等", "text")] = None
    residence_expires_on: Annotated[date | None, Item("在留期間の満了の日", "day")] = None
    residence_card_number: Annotated[str | None, Item("在留カード等の番号", "code", max_length=12)] = None

    individual_number: Annotated[str | None, Item("個人番号", "digits", max_length=12)] = None
    resident_code: Annotated[str | None, Item("住民票コード", "digits", "always", max_length=11)] = None

    electoral_roll: Annotated[bool, Item("選挙人名簿登録", "flag")] = False
    national_health_insurance: Annotated[bool, Item("国民健康保険", "flag")] = False
    late_elderly_insurance: Annotated[bool, Item("後期高齢者医療", "flag")] = False
    care_insurance: Annotated[bool, Item("介護保険", "flag")] = False
    national_pension: Annotated[bool, Item("国民年金", "flag")] = False
    child_allowance: Annotated[bool, Item("児童手当", "flag")] = False

    adult_ward: Annotated[bool, Item("成年被後見人", "flag")] = False
    support_state: Annotated[str, Item("支援措置", "choice", "always", SUPPORT)] = "none"
    support_from: Annotated[date | None, Item("支援措置の開始年月日", "day")] = None
    support_until: Annotated[date | None, Item("支援措置の終了年月日", "day")] = None
    card_status: Annotated[str, Item("カード発行状況", "choice", "always", CARD)] = "none"
    signature_serial: Annotated[str | None, Item("署名用電子証明書シリアル番号", "code", max_length=40)] = None
    authentication_serial: Annotated[str | None, Item("利用者証明用電子証明書シリアル番号", "code", max_length=40)] = None

    moving_out_on: Annotated[date | None, Item("転出予定年月日", "day")] = None
    moving_out_to: Annotated[str | None, Item("転出先住所", "name")] = None
    moved_out_on: Annotated[date | None, Item("転出確定年月日", "day")] = None
    death_date: Annotated[JapaneseDate | None, Item("死亡年月日", "japanese_date")] = None
    struck_on: Annotated[date | None, Item("消除年月日", "day")] = None

    def __repr__(self) -> str:
        """Name the record without its contents, so that no log line or traceback carries personal data."""
        return f"ResidentRecord(resident_id={self.resident_id!r})"

    @property
    def live(self) -> bool:
        """Whether the record still stands (not 除票)."""
        return self.status in LIVE_STATUSES

    @property
    def protected(self) -> bool:
        """Whether 支援措置 is in force; it ends by an event, never by the calendar alone (standard specification 3.4)."""
        return self.support_state != "none"

    @property
    def full_name(self) -> str:
        """氏名 as one text: 氏, a full-width space, 名; a foreign resident without 漢字氏名 by the Latin name."""
        parts = [part for part in (self.family_name, self.given_name) if part]
        return "\u3000".join(parts) if parts else self.latin_name or ""

    def value(self, name: str) -> ItemValue:
        """Return the value of the item ``name``, such as ``address.town``; raises ``item_unknown``."""
        value: ItemValue = getattr(self, item_named(name).column)
        return value


def _items() -> tuple[Item, ...]:
    hints = get_type_hints(ResidentRecord, include_extras=True)
    found = []
    for one in dataclasses.fields(ResidentRecord):
        item = next(part for part in hints[one.name].__metadata__ if isinstance(part, Item))
        name = one.name.replace("address_", "address.", 1) if one.name.startswith(_ADDRESS_PARTS) else one.name
        found.append(dataclasses.replace(item, name=name))
    return tuple(found)


_ADDRESS_PARTS: Final = tuple(f"address_{part}" for part in ("postal_code", "prefecture", "city", "town", "block", "building", "code"))

ITEMS: Final = _items()
"""Every item in the order of the record, which is the order of the CSV header."""

ITEMS_BY_NAME: Final = {item.name: item for item in ITEMS}

NUMBERS: Final = frozenset({"individual_number", "resident_code"})
"""Items that the register holds and that nothing read for issuing may carry."""


def item_named(name: str) -> Item:
    """Return the item ``name``.

    Raises:
        WarifuError: ``item_unknown``.
    """
    item = ITEMS_BY_NAME.get(name)
    if item is None:
        raise WarifuError("item_unknown", "the register has no such item", hint="docs/import-format.md lists the items", layer="parse")
    return item


def changed_items(before: ResidentRecord | None, after: ResidentRecord) -> frozenset[str]:
    """Return the names of the items whose value differs; against ``None`` (a new record) those that are not blank."""
    if before is None:
        return frozenset(item.name for item in ITEMS if getattr(after, item.column) not in (None, False))
    return frozenset(item.name for item in ITEMS if getattr(before, item.column) != getattr(after, item.column))
