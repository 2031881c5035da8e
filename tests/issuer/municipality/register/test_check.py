"""Each rule about records and households refuses what it is there for, and names the item."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pytest

from issuer.municipality.register.check import check_household, check_record
from issuer.municipality.register.personas import personas
from tests.issuer.municipality.register.registers import CITY, exact, persona


@pytest.mark.parametrize("record", personas(CITY), ids=lambda record: record.resident_id)
def test_personas_have_no_fault(record: Any) -> None:
    assert check_record(record) == []


@pytest.mark.parametrize(
    ("resident_id", "fields", "item", "code"),
    [
        ("P-01", {"resident_id": "p-01"}, "resident_id", "item_invalid"),
        ("P-01", {"resident_id": ""}, "resident_id", "item_missing"),
        ("P-01", {"family_name": None}, "family_name", "item_missing"),
        ("P-01", {"family_name": "渡\u200b邉"}, "family_name", "bad_name_text"),
        ("P-01", {"family_name": "渡" * 101}, "family_name", "item_too_long"),
        ("P-01", {"family_name_kana": "わたなべ"}, "family_name_kana", "bad_kana"),
        ("P-01", {"family_name_kana": None}, "family_name_kana", "item_missing"),
        ("P-01", {"birth_date": None}, "birth_date", "item_missing"),
        ("P-01", {"birth_date": exact("年月日不詳")}, "birth_date", "internal_day_missing"),
        ("P-01", {"sex": "other"}, "sex", "item_invalid"),
        ("P-01", {"relationship": "準世帯主"}, "relationship", "bad_relationship"),
        ("P-01", {"individual_number": "999900000000"}, "individual_number", "bad_individual_number"),
        ("P-01", {"individual_number": "９９９９"}, "individual_number", "item_invalid"),
        ("P-01", {"resident_code": "123"}, "resident_code", "bad_resident_code"),
        ("P-01", {"address_postal_code": "999-0002"}, "address.postal_code", "item_invalid"),
        ("P-01", {"address_postal_code": "999"}, "address.postal_code", "item_invalid"),
        ("P-01", {"address_town": None}, "address.town", "item_missing"),
        ("P-01", {"position": 0}, "position", "item_invalid"),
        ("P-01", {"latin_name": "WATANABE"}, "latin_name", "item_not_for_this_kind"),
        ("P-01", {"alias": "田中"}, "alias", "item_not_for_this_kind"),
        ("P-01", {"residence_expires_on": date(2027, 1, 1)}, "residence_expires_on", "item_not_for_this_kind"),
        ("P-02", {"domicile": "東京都"}, "domicile", "item_not_for_this_kind"),
        ("P-02", {"electoral_roll": True}, "electoral_roll", "item_not_for_this_kind"),
        ("P-02", {"kana_certified": True}, "kana_certified", "item_not_for_this_kind"),
        ("P-02", {"nationality": None}, "nationality", "item_missing"),
        ("P-02", {"nationality_code": "VN"}, "nationality_code", "item_invalid"),
        ("P-02", {"residence_card_number": None}, "residence_card_number", "item_missing"),
        ("P-02", {"alias": None}, "alias", "item_missing"),
        ("P-03", {"former_family_name": None}, "former_family_name", "item_missing"),
        ("P-01", {"status": "moving_out"}, "moving_out_on", "status_contradicted"),
        ("P-06", {"status": "resident"}, "moving_out_on", "status_contradicted"),
        ("P-01", {"status": "moved_out"}, "struck_on", "status_contradicted"),
        ("P-01", {"struck_on": date(2026, 1, 1)}, "struck_on", "status_contradicted"),
        ("P-01", {"death_date": exact("令和8年3月1日")}, "death_date", "status_contradicted"),
        ("P-01", {"support_state": "provisional"}, "support_from", "item_missing"),
        ("P-09", {"support_until": None}, "support_until", "item_missing"),
        ("P-09", {"support_until": date(2020, 1, 1)}, "support_until", "item_invalid"),
        ("P-09", {"support_state": "none"}, "support_from", "status_contradicted"),
    ],
)
def test_a_fault_is_named_by_item_and_code(resident_id: str, fields: dict[str, Any], item: str, code: str) -> None:
    faults = check_record(dataclasses.replace(persona(resident_id), **fields))
    assert (item, code) in {(fault.item, fault.code) for fault in faults}


def test_faults_never_repeat_the_value() -> None:
    record = dataclasses.replace(persona("P-01"), given_name="秘\u0007密", sex="秘密", individual_number="秘密")
    assert not any("秘" in f"{fault}" for fault in check_record(record))


def _family() -> list[Any]:
    return [record for record in personas(CITY) if record.household_id == "H-P-10"]


def test_a_household_has_one_householder() -> None:
    family = _family()
    assert check_household(family) == []
    assert [fault.code for fault in check_household(family[1:])] == ["household_without_householder"]
    two = [dataclasses.replace(member, relationship="世帯主") for member in family[:2]]
    assert [fault.code for fault in check_household(two)] == ["second_householder"]


def test_a_household_has_one_address() -> None:
    family = _family()
    family[2] = dataclasses.replace(family[2], address_block="１番")
    assert [fault.code for fault in check_household(family)] == ["household_at_two_addresses"]


def test_struck_members_count_for_nothing() -> None:
    family = _family()
    gone = dataclasses.replace(family[0], status="dead", death_date=exact("令和8年3月1日"), struck_on=date(2026, 3, 1))
    assert [fault.code for fault in check_household([gone, *family[1:]])] == ["household_without_householder"]
    assert check_household([gone]) == []
