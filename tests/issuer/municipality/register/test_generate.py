"""The fictional city: the same for a seed and a day, valid to the last item, mixed as real registers are."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from datetime import date

import pytest

from issuer.municipality.register.check import check_household, check_record
from issuer.municipality.register.generate import generate
from issuer.municipality.register.personas import City, personas
from issuer.municipality.register.record import ResidentRecord
from issuer.municipality.register.seeded import SeededChoices
from issuer.municipality.register.synthetic_numbers import individual_number, resident_code
from schemas.errors import WarifuError
from schemas.japan.codes import check_individual_number, check_resident_code
from tests.issuer.municipality.register.registers import CITY


@pytest.fixture(scope="module")
def city() -> list[ResidentRecord]:
    """A thousand households."""
    return list(generate(CITY, households=1000, seed=1))


def _households(records: list[ResidentRecord]) -> dict[str, list[ResidentRecord]]:
    found = defaultdict(list)
    for record in records:
        found[record.household_id].append(record)
    return found


def test_the_same_seed_and_day_give_the_same_city(city: list[ResidentRecord]) -> None:
    assert list(generate(CITY, households=1000, seed=1)) == city


def test_a_larger_city_contains_the_smaller(city: list[ResidentRecord]) -> None:
    smaller = list(generate(CITY, households=100, seed=1))
    assert city[: len(smaller)] == smaller


def test_another_seed_or_municipality_gives_other_people(city: list[ResidentRecord]) -> None:
    assert list(generate(CITY, households=1000, seed=2)) != city
    neighbour = list(generate(City("999989", "隣町市", "東京都", CITY.today), households=1000, seed=1))
    assert not {record.individual_number for record in neighbour} & {record.individual_number for record in city}
    assert not {record.resident_code for record in neighbour} & {record.resident_code for record in city}


def test_nobody_has_a_fault(city: list[ResidentRecord]) -> None:
    assert [fault for record in city for fault in check_record(record)] == []
    assert [fault for household in _households(city).values() for fault in check_household(household)] == []


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2026, 12, 31), date(2031, 1, 1)])
def test_any_day_will_do(today: date) -> None:
    records = list(generate(dataclasses.replace(CITY, today=today), households=150, seed=9))
    assert [fault for record in records for fault in check_record(record)] == []
    assert all(record.birth_date is not None and record.birth_date.internal <= today for record in records)


def test_numbers_have_right_check_digits_in_the_range_set_apart(city: list[ResidentRecord]) -> None:
    for record in city:
        assert record.individual_number is not None
        assert record.resident_code is not None
        check_individual_number(record.individual_number)
        check_resident_code(record.resident_code)
        assert record.individual_number.startswith("9999")
        assert record.resident_code.startswith("999")
    assert len({record.individual_number for record in city}) == len({record.resident_code for record in city}) == len(city)


def test_numbers_tell_no_order() -> None:
    assert int(individual_number("999997", 101)[4:11]) - int(individual_number("999997", 100)[4:11]) not in range(-1000, 1000)
    assert individual_number("999997", 5)[4:11] != resident_code("999997", 5)[3:10]


def test_the_mix_is_that_of_a_real_register(city: list[ResidentRecord]) -> None:
    sizes = Counter(map(len, _households(city).values()))
    assert set(sizes) == {1, 2, 3, 4, 5, 6}
    foreign = sum(record.kind == "foreign" for record in city)
    assert 0.015 < foreign / len(city) < 0.05
    for trait in (
        [record for record in city if record.alias],
        [record for record in city if record.former_family_name],
        [record for record in city if any("\U000e0100" <= mark <= "\U000e01ef" for mark in record.family_name or "")],
        [record for record in city if record.birth_date is not None and record.birth_date.iso is None],
        [record for record in city if record.status == "moving_out"],
        [record for record in city if record.protected],
        [record for record in city if not record.kana_certified and record.kind == "japanese"],
        [record for record in city if record.residence_class == "special_permanent"],
    ):
        assert len([record for record in trait if not record.resident_id.startswith("P-")]) >= 2


def test_the_ten_personas_are_there(city: list[ResidentRecord]) -> None:
    people = {record.resident_id: record for record in city if record.resident_id.startswith("P-")}
    assert {f"P-{number:02d}" for number in range(1, 11)} <= set(people)
    assert people["P-01"].family_name == "渡邉\U000e0107"
    assert people["P-02"].alias == "田中\u3000舞"
    assert people["P-03"].former_family_name == "鈴木"
    assert people["P-04"].relationship == "子"
    assert people["P-05"].adult_ward
    assert (people["P-06"].status, people["P-06"].moving_out_on) == ("moving_out", date(2026, 4, 11))
    assert people["P-07"].birth_date is not None
    assert people["P-07"].birth_date.text == "昭和30年 月日不詳"
    assert people["P-08"].residence_expires_on == date(2026, 4, 6)
    assert people["P-09"].protected
    generations = {member.relationship for member in people.values() if member.household_id == "H-P-10"}
    assert {"母", "世帯主", "子", "子の子"} <= generations


def test_personas_are_the_same_in_every_seed() -> None:
    assert list(generate(CITY, households=3, seed=77))[: len(personas(CITY))] == personas(CITY)


@pytest.mark.parametrize("code", ["131016", "999999", "01"])
def test_no_residents_are_made_up_for_a_real_municipality(code: str) -> None:
    with pytest.raises(WarifuError) as refused:
        list(generate(dataclasses.replace(CITY, code=code), households=1, seed=1))
    assert refused.value.code == "municipality_not_synthetic"


def test_numbers_run_out_with_an_error() -> None:
    with pytest.raises(WarifuError) as refused:
        individual_number("999997", 10_000_000)
    assert refused.value.code == "too_many_residents"


def test_choices_are_even_and_repeat() -> None:
    counts = Counter(SeededChoices("even", number).below(5) for number in range(5000))
    assert all(900 < counts[value] < 1100 for value in range(5))
    assert [SeededChoices("a", 1).below(100) for _ in range(3)] == [SeededChoices("a", 1).below(100)] * 3
    assert SeededChoices("a", "b").below(2**31) != SeededChoices("ab").below(2**31)
