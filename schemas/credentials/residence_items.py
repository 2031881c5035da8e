"""Items that say where and since when a person lives, and what the law releases only on special request."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from schemas.credentials.claims import COMMON_NAMESPACE, OWN, AppliesTo, ClaimDefinition, Element, Kind, SpecialRequest, Text

_ADDRESS_CLAUSE: Final = "住民基本台帳法7条7号"

ADDRESS_OBJECT: Final = (
    Text("住所", "Address"),
    Text("住所（部分ごとに開示できます）", "Registered address; its parts can be disclosed one by one"),
)
"""Label and description of the object that holds the parts of the address in an SD-JWT VC."""

ADDRESS: Final = (
    ClaimDefinition(
        name="address.formatted",
        label=Text("住所（全体）", "Address, whole"),
        description=Text("住所の全体（方書を含む）", "The whole address on one line, building included"),
        elements=(Element(COMMON_NAMESPACE, "resident_address_unicode"),),
        sample="架空県割符市大手町一丁目２番３号\u3000割符荘４０５号室",
        sample_foreign="架空県割符市港町５番地６",
        clause=_ADDRESS_CLAUSE,
    ),
    ClaimDefinition(
        name="address.country",
        label=Text("国", "Country"),
        description=Text("住所の国（ISO 3166-1、常に JP）", "Country of the address by ISO 3166-1, always JP"),
        elements=(Element(COMMON_NAMESPACE, "resident_country"),),
        sample="JP",
        sample_foreign="JP",
        choices=MappingProxyType({"JP": Text("日本", "Japan")}),
        clause=_ADDRESS_CLAUSE,
    ),
    ClaimDefinition(
        name="address.postal_code",
        label=Text("郵便番号", "Postal code"),
        description=Text("郵便番号（7桁）", "Postal code of seven digits"),
        elements=(Element(COMMON_NAMESPACE, "resident_postal_code"),),
        sample="9999999",
        sample_foreign="9999998",
        pattern="[0-9]{3}-?[0-9]{4}",
    ),
    ClaimDefinition(
        name="address.prefecture",
        label=Text("都道府県", "Prefecture"),
        description=Text("住所の都道府県", "Prefecture of the address"),
        elements=(Element(OWN, "resident_prefecture"),),
        sample="架空県",
        sample_foreign="架空県",
        clause=_ADDRESS_CLAUSE,
    ),
    ClaimDefinition(
        name="address.municipality",
        label=Text("市区町村", "Municipality"),
        description=Text("住所の市区町村", "City, ward, town or village of the address"),
        elements=(Element(COMMON_NAMESPACE, "resident_city_unicode"),),
        sample="割符市",
        sample_foreign="割符市",
        clause=_ADDRESS_CLAUSE,
    ),
    ClaimDefinition(
        name="address.town",
        label=Text("町名", "Town area"),
        description=Text("町・大字・丁目", "Town area: machi, ōaza, chōme"),
        elements=(Element(OWN, "resident_town"),),
        sample="大手町一丁目",
        sample_foreign="港町",
        clause=_ADDRESS_CLAUSE,
    ),
    ClaimDefinition(
        name="address.street_address",
        label=Text("番地", "Block and lot"),
        description=Text("番地・番・号", "Block and lot numbers (banchi, ban, gō)"),
        elements=(Element(OWN, "resident_street_address"),),
        sample="２番３号",
        sample_foreign="５番地６",
        clause=_ADDRESS_CLAUSE,
    ),
    ClaimDefinition(
        name="address.building",
        label=Text("方書", "Building and room"),
        description=Text("建物名・部屋番号など（方書）", "Building, room, or whose home it is (katagaki)"),
        elements=(Element(OWN, "resident_building"),),
        sample="割符荘４０５号室",
        clause=_ADDRESS_CLAUSE,
    ),
)


def _date_and_text(
    name: str, ja: str, en: str, *, applies_to: AppliesTo, clause: str, samples: tuple[str | None, ...]
) -> tuple[ClaimDefinition, ...]:
    """Return a date that may be unknown and, beside it, how the register writes it; ``samples``: two dates, two texts."""
    return (
        ClaimDefinition(
            name=name,
            label=Text(ja, en),
            description=Text(f"{ja}（機械可読。不詳のときは ISO 8601-2）", f"{en}, for machines; ISO 8601-2 where not known exactly"),
            kind=Kind.APPROXIMATE_DATE,
            elements=(Element(OWN, name),),
            sample=samples[0],
            sample_foreign=samples[1],
            applies_to=applies_to,
            clause=clause,
        ),
        ClaimDefinition(
            name=f"{name}_text",
            label=Text(f"{ja}（表記）", f"{en}, as written"),
            description=Text(f"住民票の表記どおりの{ja}", f"{en}, exactly as the register writes it"),
            elements=(Element(OWN, f"{name}_text"),),
            sample=samples[2],
            sample_foreign=samples[3],
            applies_to=applies_to,
            clause=clause,
        ),
    )


RESIDENCE: Final = (
    *_date_and_text(
        "resident_since",
        "住民となった年月日",
        "Resident of the municipality since",
        applies_to=AppliesTo.JAPANESE,
        clause="住民基本台帳法7条6号",
        samples=("2001-04-01", None, "平成13年4月1日", None),
    ),
    *_date_and_text(
        "resident_since_foreign",
        "外国人住民となった年月日",
        "Foreign resident since",
        applies_to=AppliesTo.FOREIGN,
        clause="住民基本台帳法30条の45",
        samples=(None, "2022-10-01", None, "2022年10月1日"),
    ),
    *_date_and_text(
        "address_since",
        "住所を定めた年月日",
        "At this address since",
        applies_to=AppliesTo.ALL,
        clause="住民基本台帳法7条7号",
        samples=("2015-07-01", "2024-03-15", "平成27年7月1日", "2024年3月15日"),
    ),
    ClaimDefinition(
        name="notified_on",
        label=Text("届出の年月日", "Date of notification"),
        description=Text("住所を定めた旨の届出の年月日", "Day on which moving to this address was notified"),
        kind=Kind.DATE,
        elements=(Element(OWN, "notified_on"),),
        sample="2015-07-06",
        sample_foreign="2024-03-18",
        clause="住民基本台帳法7条8号",
    ),
    ClaimDefinition(
        name="previous_address",
        label=Text("転入前住所", "Address before moving in"),
        description=Text("転入する前の住所", "Address before moving into the municipality"),
        elements=(Element(OWN, "previous_address"),),
        sample="架空県隣町市本町７番地",
        sample_foreign="架空県隣町市本町８番地",
        clause="住民基本台帳法7条8号",
    ),
)

HOUSEHOLD: Final = (
    ClaimDefinition(
        name="householder_name",
        label=Text("世帯主の氏名", "Householder's name"),
        description=Text("世帯主の氏名（特別の請求があったときに限る）", "Name of the householder; only on special request"),
        elements=(Element(OWN, "householder_name"),),
        sample="渡邉\U000e0102\u3000一郎",
        sample_foreign="NGUYEN VAN ANH",
        special_request=SpecialRequest.HOUSEHOLDER,
        clause="住民基本台帳法7条4号, 12条5項",
    ),
    ClaimDefinition(
        name="relationship",
        label=Text("続柄", "Relationship to the householder"),
        description=Text(
            "世帯主との続柄（所持者との続柄ではない。特別の請求があったときに限る）",
            "Relationship to the householder, not to the holder; only on special request",
        ),
        elements=(Element(OWN, "relationship"),),
        sample="妻",
        sample_foreign="世帯主",
        special_request=SpecialRequest.HOUSEHOLDER,
        clause="住民基本台帳法7条4号, 12条5項; STD 1.1.11",
    ),
)

DOMICILE: Final = (
    ClaimDefinition(
        name="registered_domicile",
        label=Text("本籍", "Registered domicile"),
        description=Text(
            "戸籍の表示のうち本籍（特別の請求があったときに限る）", "Place of the family register (honseki); only on special request"
        ),
        elements=(Element(OWN, "registered_domicile"),),
        sample="架空県割符市大手町一丁目２番",
        special_request=SpecialRequest.REGISTERED_DOMICILE,
        applies_to=AppliesTo.JAPANESE,
        clause="住民基本台帳法7条5号, 12条5項",
    ),
    ClaimDefinition(
        name="head_of_register",
        label=Text("筆頭者", "Head of the family register"),
        description=Text(
            "戸籍の筆頭者の氏名（特別の請求があったときに限る）", "Person at the head of the family register; only on special request"
        ),
        elements=(Element(OWN, "head_of_register"),),
        sample="渡邉\U000e0102\u3000一郎",
        special_request=SpecialRequest.REGISTERED_DOMICILE,
        applies_to=AppliesTo.JAPANESE,
        clause="住民基本台帳法7条5号, 12条5項",
    ),
)


def _foreign(
    name: str, label: Text, description: Text, sample: str, *, kind: Kind = Kind.TEXT, choices: dict[str | int, Text] | None = None
) -> ClaimDefinition:
    return ClaimDefinition(
        name=name,
        label=label,
        description=Text(f"{description.ja}（特別の請求があったときに限る）", f"{description.en}; only on special request"),
        kind=kind,
        elements=(Element(OWN, name),),
        sample_foreign=sample,
        special_request=SpecialRequest.RESIDENCE_STATUS,
        applies_to=AppliesTo.FOREIGN,
        choices=MappingProxyType(choices or {}),
        clause="住民基本台帳法30条の45, 12条5項",
    )


FOREIGN_STATUS: Final = (
    _foreign(
        "nationality",
        Text("国籍・地域", "Nationality or region"),
        Text("国籍・地域（登録の表記）", "Nationality or region as registered"),
        "ベトナム",
    ),
    _foreign(
        "residence_class",
        Text("法30条の45の区分", "Class of foreign resident"),
        Text("住民基本台帳法30条の45に規定する区分", "Class under article 30-45 of the Basic Resident Register Act"),
        "中長期在留者",
        choices={
            "中長期在留者": Text("中長期在留者", "mid- to long-term resident"),
            "特別永住者": Text("特別永住者", "special permanent resident"),
            "一時庇護許可者": Text("一時庇護許可者", "person permitted temporary refuge"),
            "仮滞在許可者": Text("仮滞在許可者", "person permitted provisional stay"),
            "出生による経過滞在者": Text("出生による経過滞在者", "resident in transition after birth"),
            "国籍喪失による経過滞在者": Text("国籍喪失による経過滞在者", "resident in transition after loss of nationality"),
        },
    ),
    _foreign(
        "residence_status", Text("在留資格", "Status of residence"), Text("在留資格", "Status of residence"), "技術・人文知識・国際業務"
    ),
    _foreign(
        "period_of_stay",
        Text("在留期間等", "Period of stay"),
        Text("在留期間、上陸期間又は仮滞在期間", "Period of stay, of temporary landing or of provisional stay"),
        "5年",
    ),
    _foreign(
        "stay_expires_on",
        Text("在留期間の満了の日", "Stay expires on"),
        Text("在留期間等の満了の日", "Day on which the period of stay ends"),
        "2029-09-30",
        kind=Kind.DATE,
    ),
)
