"""Records compare item by item and show nothing of themselves."""

from __future__ import annotations

import dataclasses

import pytest

from issuer.municipality.register import changed_items
from issuer.municipality.register.record import ITEMS, item_named
from schemas.errors import WarifuError
from tests.issuer.municipality.register.registers import exact, persona


def test_only_what_differs_is_named() -> None:
    before = persona("P-03")
    after = dataclasses.replace(before, address_town="宿場", former_kana_certified=False)
    assert changed_items(before, after) == {"address.town", "former_kana_certified"}
    assert changed_items(before, before) == frozenset()


def test_a_variation_selector_is_a_change() -> None:
    before = persona("P-01")
    assert changed_items(before, dataclasses.replace(before, family_name="渡邉")) == {"family_name"}


def test_another_spelling_of_the_same_day_is_a_change() -> None:
    before = dataclasses.replace(persona("P-10-6"), birth_date=exact("大正15年12月25日"))
    after = dataclasses.replace(before, birth_date=exact("昭和元年12月25日"))
    assert changed_items(before, after) == {"birth_date"}


def test_a_new_record_changes_what_it_holds() -> None:
    items = changed_items(None, persona("P-02"))
    assert {"alias", "latin_name", "residence_expires_on"} <= items
    assert not items & {"family_name", "domicile", "adult_ward"}


def test_a_record_names_nobody_in_logs() -> None:
    record = persona("P-01")
    assert repr(record) == "ResidentRecord(resident_id='P-01')"
    assert f"{record}" == repr(record)


def test_items_are_named_with_dots_in_the_address_alone() -> None:
    assert [item.name for item in ITEMS if "." in item.name] == [
        "address.postal_code",
        "address.prefecture",
        "address.city",
        "address.town",
        "address.block",
        "address.building",
        "address.code",
    ]
    assert persona("P-01").value("address.town") == "割符台一丁目"


def test_an_unknown_item_is_refused() -> None:
    with pytest.raises(WarifuError) as refused:
        item_named("address.moon")
    assert refused.value.code == "item_unknown"
