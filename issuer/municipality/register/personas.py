"""Ten people for testers, the same in every generated city; docs/personas.md tells their contents.

Dates of birth are fixed; what must lie ahead (転出予定日, the end of a stay, the term of a measure) counts from the day of
generation.  People around them are in the household but are no personas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from issuer.municipality.register.record import ResidentRecord
from issuer.municipality.register.synthetic_numbers import individual_number, resident_code
from schemas.japan.dates import JapaneseDate

PERSONA_SERIALS: Final = 100
"""Numbers up to here are the personas' and their households'."""


@dataclass(frozen=True, slots=True)
class City:
    """Where and when people are made up: municipality code and name, prefecture, and the day that counts as today."""

    code: str
    name: str
    prefecture: str
    today: date


def personas(city: City) -> list[ResidentRecord]:
    """Return the records of P-01 … P-10 and of their households, in order."""
    return [
        ResidentRecord(
            **fields,
            individual_number=individual_number(city.code, serial),
            resident_code=resident_code(city.code, serial),
        )
        for serial, fields in enumerate(_everyone(city))
    ]


def _everyone(city: City) -> Iterator[dict[str, Any]]:
    for household in (
        _gaiji(city),
        _alias(city),
        _former_name(city),
        _minor(city),
        _ward(city),
        _moving_out(city),
        _unknown_birth(city),
        _stay_ending(city),
        _protected(city),
        _four_generations(city),
    ):
        yield from household


_Fields = dict[str, Any]


def _home(city: City, household_id: str, town: str, block: str, *, postal_code: str, building: str | None = None) -> _Fields:
    return {
        "household_id": household_id,
        "address_postal_code": postal_code,
        "address_prefecture": city.prefecture,
        "address_city": city.name,
        "address_town": town,
        "address_block": block,
        "address_building": building,
    }


def _japanese(resident_id: str, name: str, kana: str, birth: str, sex: str, **more: Any) -> _Fields:
    """Return the items of a Japanese resident; names are parted by a space."""
    family, given = name.split(" ")
    family_kana, given_kana = kana.split(" ")
    standing: _Fields = {
        "resident_id": resident_id,
        "family_name": family,
        "given_name": given,
        "family_name_kana": family_kana,
        "given_name_kana": given_kana,
        "kana_certified": True,
        "birth_date": JapaneseDate.parse(birth),
        "sex": sex,
        "became_resident_on": JapaneseDate.parse("平成20年4月1日"),
        "address_set_on": JapaneseDate.parse("平成20年4月1日"),
        "address_reported_on": date(2008, 4, 7),
        "previous_address": "東京都隣町市元町一丁目２番３号",
        "domicile": "東京都隣町市元町一丁目２番地",
        "koseki_head": f"{family}\u3000{given}",
        "national_pension": True,
        "electoral_roll": True,
        "card_status": "issued",
    }
    return standing | more


def _foreign(resident_id: str, latin: str, birth: str, sex: str, nationality: tuple[str, str], **more: Any) -> _Fields:
    standing: _Fields = {
        "resident_id": resident_id,
        "kind": "foreign",
        "latin_name": latin,
        "birth_date": JapaneseDate.parse(birth),
        "sex": sex,
        "nationality": nationality[0],
        "nationality_code": nationality[1],
        "became_foreign_resident_on": JapaneseDate.parse("令和4年4月1日"),
        "address_set_on": JapaneseDate.parse("令和4年4月1日"),
        "address_reported_on": date(2022, 4, 4),
        "residence_class": "medium_long_term",
        "national_health_insurance": True,
        "card_status": "issued",
    }
    return standing | more


def _household(home: _Fields, *members: _Fields) -> Iterable[_Fields]:
    head = members[0]
    parts = (head.get("family_name"), head.get("given_name"))
    name = "\u3000".join(part for part in parts if part) or head["latin_name"]
    for position, member in enumerate(members, start=1):
        yield home | {"position": position, "householder_name": name} | member


def _gaiji(city: City) -> Iterable[_Fields]:
    home = _home(city, "H-P-01", "割符台一丁目", "１番２号", postal_code="9990002", building="割符ハイツ１０１号室")
    return _household(home, _japanese("P-01", "渡邉\U000e0107 \ufa19太郎", "ワタナベ ジンタロウ", "昭和60年4月1日", "male"))


def _alias(city: City) -> Iterable[_Fields]:
    home = _home(city, "H-P-02", "本町一丁目", "３番４号", postal_code="9990001", building="コーポ合札２０２号室")
    expires = _years_ahead(city.today, 2)
    person = _foreign(
        "P-02",
        "TRAN THI MAI",
        "1992年8月17日",
        "female",
        ("ベトナム", "VNM"),
        alias="田中\u3000舞",
        alias_kana="タナカ\u3000マイ",
        alias_recorded_on=date(2022, 4, 4),
        alias_recorded_in=city.name,
        residence_status="技術・人文知識・国際業務",
        residence_period="３年",
        residence_expires_on=expires,
        residence_card_number="AB99990002CD",
    )
    return _household(home, person)


def _former_name(city: City) -> Iterable[_Fields]:
    home = _home(city, "H-P-03", "合札町", "５番地６", postal_code="9990003")
    head = _japanese("P-03-2", "佐藤 健一", "サトウ ケンイチ", "昭和55年11月3日", "male")
    wife = _japanese(
        "P-03",
        "佐藤 明美",
        "サトウ アケミ",
        "昭和57年2月28日",
        "female",
        relationship="妻",
        koseki_head="佐藤\u3000健一",
        former_family_name="鈴木",
        former_family_name_kana="スズキ",
        former_kana_certified=True,
    )
    return _household(home, head, wife)


def _minor(city: City) -> Iterable[_Fields]:
    home = _home(city, "H-P-04", "川端町三丁目", "７番８号", postal_code="9990005", building="川端団地３号棟４０５")
    mother = _japanese("P-04-2", "山本 由美子", "ヤマモト ユミコ", "平成元年1月8日", "female", child_allowance=True)
    child = _japanese(
        "P-04",
        "山本 紬",
        "ヤマモト ツムギ",
        "平成28年5月5日",
        "female",
        relationship="子",
        koseki_head="山本\u3000由美子",
        became_resident_on=JapaneseDate.parse("平成28年5月5日"),
        previous_address=None,
        national_pension=False,
        electoral_roll=False,
        national_health_insurance=True,
    )
    return _household(home, mother, child)


def _ward(city: City) -> Iterable[_Fields]:
    home = _home(city, "H-P-05", "大字証", "９番地", postal_code="9990006")
    person = _japanese(
        "P-05",
        "小林 房子",
        "コバヤシ フサコ",
        "昭和16年12月8日",
        "female",
        adult_ward=True,
        national_pension=False,
        late_elderly_insurance=True,
        care_insurance=True,
    )
    return _household(home, person)


def _moving_out(city: City) -> Iterable[_Fields]:
    home = _home(city, "H-P-06", "港南", "１０番１１号", postal_code="9990008", building="メゾン関所３０３号室")
    plan: _Fields = {
        "status": "moving_out",
        "moving_out_on": city.today + timedelta(days=10),
        "moving_out_to": "東京都隣町市駅前４番地",
    }
    return _household(home, _japanese("P-06", "中村 翔太", "ナカムラ ショウタ", "平成7年10月20日", "male", **plan))


def _unknown_birth(city: City) -> Iterable[_Fields]:
    home = _home(city, "H-P-07", "宿場", "１２番地", postal_code="9990004")
    person = _japanese("P-07", "加藤 清", "カトウ キヨシ", "昭和30年 月日不詳", "male", care_insurance=True, national_pension=False)
    return _household(home, person)


def _stay_ending(city: City) -> Iterable[_Fields]:
    home = _home(city, "H-P-08", "本町二丁目", "１３番１４号", postal_code="9990001", building="割符ハイツ２０５号室")
    person = _foreign(
        "P-08",
        "GURUNG BISHAL",
        "1998年3月9日",
        "male",
        ("ネパール", "NPL"),
        residence_status="留学",
        residence_period="２年",
        residence_expires_on=city.today + timedelta(days=5),
        residence_card_number="AB99990008CD",
    )
    return _household(home, person)


def _protected(city: City) -> Iterable[_Fields]:
    home = _home(city, "H-P-09", "北新田", "１５番地１", postal_code="9990009")
    measure: _Fields = {
        "support_state": "active",
        "support_from": city.today - timedelta(days=90),
        "support_until": city.today + timedelta(days=275),
    }
    mother = _japanese("P-09", "伊藤 真由美", "イトウ マユミ", "昭和63年7月7日", "female", child_allowance=True, **measure)
    child = _japanese(
        "P-09-2",
        "伊藤 湊",
        "イトウ ミナト",
        "平成30年6月15日",
        "male",
        relationship="子",
        koseki_head="伊藤\u3000真由美",
        national_pension=False,
        electoral_roll=False,
        **measure,
    )
    return _household(home, mother, child)


def _four_generations(city: City) -> Iterable[_Fields]:
    home = _home(city, "H-P-10", "関所前", "１６番地", postal_code="9990007")
    old: _Fields = {"national_pension": False, "late_elderly_insurance": True, "care_insurance": True}
    young: _Fields = {"national_pension": False, "electoral_roll": False, "previous_address": None}
    family, young["koseki_head"] = "長谷川\u3000茂", "長谷川\u3000誠"
    return _household(
        home,
        _japanese("P-10", "長谷川 茂", "ハセガワ シゲル", "昭和26年9月8日", "male", **old),
        _japanese("P-10-2", "長谷川 和子", "ハセガワ カズコ", "昭和28年1月15日", "female", relationship="妻", koseki_head=family),
        _japanese("P-10-3", "長谷川 誠", "ハセガワ マコト", "昭和64年1月7日", "male", relationship="子"),
        _japanese("P-10-4", "長谷川 彩", "ハセガワ アヤ", "平成3年12月1日", "female", relationship="子の妻", koseki_head="長谷川\u3000誠"),
        _japanese("P-10-5", "長谷川 蓮", "ハセガワ レン", "令和元年5月1日", "male", relationship="子の子", **young),
        _japanese("P-10-6", "長谷川 キヨ", "ハセガワ キヨ", "大正15年12月25日", "female", relationship="母", **old),
    )


def _years_ahead(day: date, years: int) -> date:
    return (day.replace(day=1) + timedelta(days=366 * years)).replace(day=1)
