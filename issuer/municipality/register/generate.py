"""A fictional city: households of one to six with what real registers hold, decided by a seed and a day alone.

The first households are the same whatever their number, so that a larger city contains the smaller one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from issuer.municipality.register.fictional_names import (
    BUILDINGS,
    FAMILY_NAMES,
    FORMER_PLACES,
    GAIJI_FAMILY_NAMES,
    LATIN_NAMES,
    MEN,
    STAYS,
    TOWNS,
    WOMEN,
    Name,
)
from issuer.municipality.register.personas import PERSONA_SERIALS, City, personas
from issuer.municipality.register.record import ResidentRecord
from issuer.municipality.register.seeded import SeededChoices
from issuer.municipality.register.synthetic_numbers import check_synthetic, individual_number, resident_code
from schemas.japan.dates import JapaneseDate

MAX_PER_HOUSEHOLD: Final = 6

#: (weight, members after the householder): relationship, years younger (from, to); negative is older.
_Member = tuple[str, int, int]
_SHAPES: Final[tuple[tuple[int, tuple[int, int], tuple[_Member, ...]], ...]] = (
    (380, (18, 92), ()),
    (200, (25, 88), (("配偶者", -4, 6),)),
    (110, (27, 55), (("配偶者", -4, 6), ("子", 24, 38))),
    (110, (29, 57), (("配偶者", -4, 6), ("子", 24, 36), ("子", 26, 38))),
    (35, (31, 58), (("配偶者", -4, 6), ("子", 24, 34), ("子", 26, 36), ("子", 28, 38))),
    (85, (26, 80), (("子", 22, 38),)),
    (20, (30, 62), (("配偶者", -4, 6), ("子", 24, 34), ("母", -34, -22))),
    (20, (34, 60), (("配偶者", -4, 6), ("子", 24, 34), ("子", 25, 36), ("父", -36, -24), ("母", -34, -22))),
    (15, (52, 78), (("配偶者", -4, 6), ("子", 22, 30), ("子の配偶者", 22, 32), ("子の子", 50, 58))),
    (10, (22, 60), (("同居人", -8, 8),)),
    (10, (24, 50), (("配偶者（未届）", -4, 6),)),
    (5, (20, 70), (("弟", 1, 8),)),
)
FOREIGN_PERMILLE: Final = 30
MOVING_PERMILLE: Final = 10
PROTECTED_PERMILLE: Final = 4


@dataclass(slots=True)
class _Household:
    """A household in the making."""

    city: City
    choices: SeededChoices
    number: int
    foreign: bool = False
    common: dict[str, Any] = field(default_factory=dict)


def generate(city: City, *, households: int, seed: int) -> Iterator[ResidentRecord]:
    """Yield the personas and then the members of ``households`` households, household by household.

    The same city, day, seed and number give the same records on every machine; another number of households changes
    none of those before.

    Raises:
        WarifuError: ``municipality_not_synthetic`` for a code other than 999997 and 999989.
    """
    check_synthetic(city.code)
    yield from personas(city)
    for number in range(1, households + 1):
        yield from _members(city, seed, number)


def _members(city: City, seed: int, number: int) -> Iterator[ResidentRecord]:
    household = _Household(city, SeededChoices("household", city.code, seed, number), number)
    household.foreign = household.choices.chance(FOREIGN_PERMILLE)
    household.common = _common(household)
    people = list(_people(household))
    head_name = people[0].get("latin_name") or f"{people[0]['family_name']}\u3000{people[0]['given_name']}"
    for position, fields in enumerate(people, start=1):
        serial = PERSONA_SERIALS + number * MAX_PER_HOUSEHOLD + position
        identity: dict[str, Any] = {
            "resident_id": f"{serial:010d}",
            "position": position,
            "householder_name": head_name,
            "individual_number": individual_number(city.code, serial),
            "resident_code": resident_code(city.code, serial),
        }
        yield ResidentRecord(**(household.common | fields | identity))


def _common(household: _Household) -> dict[str, Any]:
    """Return what every member shares: address, when they came, a planned move, a measure of support."""
    choices, city = household.choices, household.city
    town, postal_code, code = choices.one_of(TOWNS)
    block = f"{_wide(choices.between(1, 60))}番{_wide(choices.between(1, 30))}号"
    flat = f"{choices.one_of(BUILDINGS)}{_wide(choices.between(1, 9))}０{_wide(choices.between(1, 9))}号室" if choices.chance(550) else None
    arrived = city.today - timedelta(days=choices.between(30, 9000))
    common: dict[str, Any] = {
        "household_id": f"{household.number:010d}",
        "address_postal_code": postal_code,
        "address_prefecture": city.prefecture,
        "address_city": city.name,
        "address_town": town,
        "address_block": block,
        "address_building": flat,
        "address_code": f"{city.code[:5]}{code}",
        "address_set_on": JapaneseDate.of(arrived, western=household.foreign),
        "address_reported_on": arrived + timedelta(days=choices.between(0, 14)),
        "previous_address": choices.one_of(FORMER_PLACES[3:] if household.foreign else FORMER_PLACES[:3]),
    }
    if choices.chance(MOVING_PERMILLE):
        common |= {"status": "moving_out", "moving_out_on": city.today + timedelta(days=choices.between(1, 28))}
        common["moving_out_to"] = FORMER_PLACES[1]
    elif choices.chance(PROTECTED_PERMILLE):
        start = city.today - timedelta(days=choices.between(1, 300))
        common |= {"support_state": "active", "support_from": start, "support_until": start + timedelta(days=364)}
    return common


def _people(household: _Household) -> Iterator[dict[str, Any]]:
    choices = household.choices
    shapes = [(weight, (ages, rest)) for weight, ages, rest in _SHAPES]
    ages, rest = choices.weighted(shapes)
    age = choices.between(*ages)
    sex = choices.one_of(("male", "female"))
    family = choices.one_of(GAIJI_FAMILY_NAMES if choices.chance(50) else FAMILY_NAMES)
    head = _person(household, age, sex, family, "世帯主", foreign=household.foreign)
    yield head
    for relation, youngest, eldest in rest:
        # nobody is born after today, nor older than the oldest
        years = min(max(age - choices.between(youngest, eldest), 0), 108)
        relationship, own_sex = _relation(relation, sex, choices)
        own = family if relation not in ("同居人", "配偶者（未届）") else choices.one_of(FAMILY_NAMES)
        # one spouse in four of a foreign householder is Japanese
        foreign = household.foreign and not (relation == "配偶者" and choices.chance(250))
        member = _person(household, years, own_sex, own, relationship, foreign=foreign)
        if not household.foreign and relation in ("配偶者", "子"):
            member["domicile"], member["koseki_head"] = head["domicile"], head["koseki_head"]
        yield member


def _relation(relation: str, head_sex: str, choices: SeededChoices) -> tuple[str, str]:
    """Return 続柄 and sex of a member; a 配偶者 is 夫 or 妻 of the householder, or of the child."""
    spouse = "female" if head_sex == "male" else "male"
    fixed = {
        "配偶者": ("妻" if spouse == "female" else "夫", spouse),
        "配偶者（未届）": ("妻（未届）" if spouse == "female" else "夫（未届）", spouse),
        "父": ("父", "male"),
        "母": ("母", "female"),
        "弟": ("弟", "male"),
        "子の配偶者": ("子の妻", "female"),
    }
    return fixed.get(relation) or (relation, choices.one_of(("male", "female")))


def _person(household: _Household, age: int, sex: str, family: Name, relationship: str, *, foreign: bool) -> dict[str, Any]:
    choices, today = household.choices, household.city.today
    birth = _birthday(today, age, choices)
    fields: dict[str, Any] = {
        "sex": sex,
        "relationship": relationship,
        "national_health_insurance": age < 75 and choices.chance(300),
        "late_elderly_insurance": age >= 75,
        "care_insurance": age >= 65,
        "card_status": "issued" if choices.chance(780) else "none",
    }
    if foreign:
        return fields | _foreign(household, birth, sex)
    return fields | _japanese(household, birth, age, sex, family)


def _japanese(household: _Household, birth: date, age: int, sex: str, family: Name) -> dict[str, Any]:
    choices = household.choices
    given = choices.one_of(MEN if sex == "male" else WOMEN)
    arrived: date = household.common["address_set_on"].internal
    fields: dict[str, Any] = {
        "kind": "japanese",
        "family_name": family[0],
        "given_name": given[0],
        "family_name_kana": family[1],
        "given_name_kana": given[1],
        "kana_certified": choices.chance(850),
        "birth_date": _birth_date(birth, age, choices),
        "became_resident_on": JapaneseDate.of(max(arrived, birth)),
        "domicile": f"{household.city.prefecture}{household.city.name}{choices.one_of(TOWNS)[0]}{_wide(choices.between(1, 200))}番地",
        "koseki_head": f"{family[0]}\u3000{given[0]}",
        "electoral_roll": age >= 18,
        "national_pension": 20 <= age < 60,
        "adult_ward": age >= 75 and choices.chance(8),
    }
    if sex == "female" and 25 <= age < 70 and choices.chance(25):
        former = choices.one_of(FAMILY_NAMES)
        certified = choices.chance(700)
        fields |= {"former_family_name": former[0], "former_family_name_kana": former[1], "former_kana_certified": certified}
    return fields


def _foreign(household: _Household, birth: date, sex: str) -> dict[str, Any]:
    choices, today = household.choices, household.city.today
    code = choices.one_of(tuple(LATIN_NAMES))
    nationality, families, givens = LATIN_NAMES[code]
    fields: dict[str, Any] = {
        "kind": "foreign",
        "latin_name": f"{choices.one_of(families)} {choices.one_of(givens)}",
        "birth_date": _foreign_birth_date(birth, choices),
        "nationality": nationality,
        "nationality_code": code,
        "became_foreign_resident_on": household.common["address_set_on"],
        "residence_card_number": f"AB{99_000_000 + household.number * MAX_PER_HOUSEHOLD + choices.below(MAX_PER_HOUSEHOLD):08d}CD",
    }
    if code == "KOR" and choices.chance(500):
        fields["residence_class"] = "special_permanent"
    else:
        status, period, years = choices.one_of(STAYS)
        fields |= {"residence_class": "medium_long_term", "residence_status": status, "residence_period": period}
        fields["residence_expires_on"] = today + timedelta(days=choices.between(10, 365 * years)) if years else None
    if choices.chance(350):
        family, given = choices.one_of(FAMILY_NAMES), choices.one_of(MEN if sex == "male" else WOMEN)
        fields |= {"alias": f"{family[0]}\u3000{given[0]}", "alias_kana": f"{family[1]}\u3000{given[1]}"}
        fields |= {"alias_recorded_on": household.common["address_reported_on"], "alias_recorded_in": household.city.name}
    return fields


def _birthday(today: date, age: int, choices: SeededChoices) -> date:
    last = date(today.year - age, today.month, min(today.day, 28))
    return last - timedelta(days=choices.below(363))


def _birth_date(birth: date, age: int, choices: SeededChoices) -> JapaneseDate:
    """Return the date as written; among the old a few are not known to the day."""
    written = JapaneseDate.of(birth)
    if age >= 70 and choices.chance(12):
        stem = f"{written.era}{written.year}年"
        forms = (f"{stem} 月日不詳", f"{stem}{birth.month}月 日不詳", f"{stem}頃", f"推定{stem}{birth.month}月", "年月日不詳")
        return JapaneseDate.parse(choices.one_of(forms), internal=birth)
    return written


def _foreign_birth_date(birth: date, choices: SeededChoices) -> JapaneseDate:
    if choices.chance(20):
        return JapaneseDate.parse(f"{birth.year}年 月日不詳", internal=date(birth.year, 1, 1))
    return JapaneseDate.of(birth, western=True)


def _wide(number: int) -> str:
    """Return a number in full-width digits, as addresses write it."""
    return str(number).translate({0x30 + digit: 0xFF10 + digit for digit in range(10)})
