"""Items that say who a person is: names, birth, sex, ages (住民基本台帳法7条1–3号, 30条の45)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.credentials.claims import COMMON_NAMESPACE, OWN, AppliesTo, ClaimDefinition, Element, Kind, Text

NAME = ClaimDefinition(
    name="name",
    label=Text("氏名", "Name"),
    description=Text("住民票に記載された氏名（1項目、文字はそのまま）", "Name as registered: one field, its characters unchanged"),
    elements=(Element(OWN, "full_name_unicode"),),
    sample="渡邉\U000e0102\u3000葛\U000e0100子",
    sample_foreign="NGUYEN VAN ANH",
    clause="住民基本台帳法7条1号",
)
FAMILY_NAME = ClaimDefinition(
    name="family_name",
    label=Text("氏", "Family name"),
    description=Text("氏名が氏と名に分かれている場合の氏", "Family name, where the registered name parts into two"),
    elements=(Element(COMMON_NAMESPACE, "family_name_unicode"),),
    sample="渡邉\U000e0102",
    clause="住民基本台帳法7条1号",
)
GIVEN_NAME = ClaimDefinition(
    name="given_name",
    label=Text("名", "Given name"),
    description=Text("氏名が氏と名に分かれている場合の名", "Given name, where the registered name parts into two"),
    elements=(Element(COMMON_NAMESPACE, "given_name_unicode"),),
    sample="葛\U000e0100子",
    clause="住民基本台帳法7条1号",
)
NAME_LATIN = ClaimDefinition(
    name="name_latin",
    label=Text("氏名（アルファベット）", "Name (Latin letters)"),
    description=Text("外国人住民の氏名のアルファベット表記", "Foreign resident's name in Latin letters as registered"),
    elements=(Element(OWN, "name_latin"),),
    sample_foreign="NGUYEN VAN ANH",
    applies_to=AppliesTo.FOREIGN,
    clause="住民基本台帳法30条の45",
)
NAME_KANA = ClaimDefinition(
    name="name_kana",
    label=Text("氏名の振り仮名", "Furigana of the name"),
    description=Text("氏名の振り仮名（全角カタカナ）", "Reading of the name in full-width katakana"),
    elements=(Element(OWN, "name_kana"),),
    sample="ワタナベ\u3000カツコ",
    clause="住民基本台帳法7条1号の2",
)
FAMILY_NAME_KANA = ClaimDefinition(
    name="family_name_kana",
    label=Text("氏の振り仮名", "Furigana of the family name"),
    description=Text("氏の振り仮名（全角カタカナ）", "Reading of the family name in full-width katakana"),
    elements=(Element(OWN, "family_name_kana"),),
    sample="ワタナベ",
    clause="住民基本台帳法7条1号の2",
)
GIVEN_NAME_KANA = ClaimDefinition(
    name="given_name_kana",
    label=Text("名の振り仮名", "Furigana of the given name"),
    description=Text("名の振り仮名（全角カタカナ）", "Reading of the given name in full-width katakana"),
    elements=(Element(OWN, "given_name_kana"),),
    sample="カツコ",
    clause="住民基本台帳法7条1号の2",
)
FORMER_FAMILY_NAME = ClaimDefinition(
    name="former_family_name",
    label=Text("旧氏", "Former family name"),
    description=Text("住民票に併記された旧氏", "Former family name recorded beside the present one"),
    elements=(Element(OWN, "former_family_name"),),
    sample="髙橋",
    applies_to=AppliesTo.JAPANESE,
    clause="住民基本台帳法施行令30条の13",
)
FORMER_FAMILY_NAME_KANA = ClaimDefinition(
    name="former_family_name_kana",
    label=Text("旧氏の振り仮名", "Furigana of the former family name"),
    description=Text("旧氏の振り仮名（全角カタカナ）", "Reading of the former family name in full-width katakana"),
    elements=(Element(OWN, "former_family_name_kana"),),
    sample="タカハシ",
    applies_to=AppliesTo.JAPANESE,
    clause="住民基本台帳法施行令30条の13",
)
TSUSHO = ClaimDefinition(
    name="tsusho",
    label=Text("通称", "Registered alias (tsūshō)"),
    description=Text("外国人住民が日本で用いる名として登録した通称", "Name a foreign resident has registered for use in Japan"),
    elements=(Element(OWN, "tsusho"),),
    sample_foreign="山本\u3000安",
    applies_to=AppliesTo.FOREIGN,
    clause="住民基本台帳法施行令30条の16",
)
BIRTHDATE = ClaimDefinition(
    name="birthdate",
    label=Text("生年月日", "Date of birth"),
    description=Text(
        "生年月日（機械可読。不詳のときは ISO 8601-2 又は approximate_mask）",
        "Date of birth for machines; where not known exactly, as ISO 8601-2 or with approximate_mask",
    ),
    kind=Kind.APPROXIMATE_DATE,
    elements=(Element(COMMON_NAMESPACE, "birth_date"),),
    sample="1974-05-03",
    sample_foreign="1998-11-20",
    clause="住民基本台帳法7条2号; ISO/IEC 23220-2 6.3.1.1.3",
)
BIRTH_DATE_TEXT = ClaimDefinition(
    name="birth_date_text",
    label=Text("生年月日（表記）", "Date of birth as written"),
    description=Text(
        "住民票の表記どおりの生年月日（和暦、不詳の表記を含む）",
        "Date of birth exactly as the register writes it, in eras, unknown parts included",
    ),
    elements=(Element(OWN, "birth_date_text"),),
    sample="昭和49年5月3日",
    sample_foreign="1998年11月20日",
    clause="住民基本台帳法7条2号; STD 1.1.8",
)
SEX_CHOICES: Final[Mapping[str | int, Text]] = MappingProxyType(
    {0: Text("不明", "not known"), 1: Text("男", "male"), 2: Text("女", "female"), 9: Text("適用なし", "not applicable")}
)
SEX = ClaimDefinition(
    name="sex",
    label=Text("性別", "Sex"),
    description=Text("性別（ISO/IEC 5218: 1 男、2 女）", "Sex by ISO/IEC 5218: 1 male, 2 female"),
    kind=Kind.INT,
    elements=(Element(COMMON_NAMESPACE, "sex"),),
    sample=2,
    sample_foreign=1,
    choices=SEX_CHOICES,
    clause="住民基本台帳法7条3号; ISO/IEC 5218",
)

AGE_THRESHOLDS: Final = (15, 18, 20, 65)


def _age_over(years: int) -> ClaimDefinition:
    return ClaimDefinition(
        name=f"age_over_{years}",
        label=Text(f"{years}歳以上", f"Aged {years} or over"),
        description=Text(
            f"証明の日に{years}歳以上であるか（生年月日から決まらないときは記載しない）",
            f"Whether {years} years were complete on the day of certification; absent where the birth date leaves it open",
        ),
        kind=Kind.BOOL,
        elements=(Element(COMMON_NAMESPACE, f"age_over_{years:02}"),),
        sample=years < 65,
        sample_foreign=years < 65,
        clause="年齢計算ニ関スル法律",
    )


AGES: Final = tuple(_age_over(years) for years in AGE_THRESHOLDS)

NAMES: Final = (
    NAME,
    FAMILY_NAME,
    GIVEN_NAME,
    NAME_LATIN,
    NAME_KANA,
    FAMILY_NAME_KANA,
    GIVEN_NAME_KANA,
    FORMER_FAMILY_NAME,
    FORMER_FAMILY_NAME_KANA,
    TSUSHO,
)
BIRTH_AND_SEX: Final = (BIRTHDATE, BIRTH_DATE_TEXT, SEX)


def sex_code(word: str) -> int:
    """Return the ISO/IEC 5218 code of 男, 女, ``male`` or ``female``; 0 for anything else."""
    return {"男": 1, "male": 1, "女": 2, "female": 2}.get(word, 0)
