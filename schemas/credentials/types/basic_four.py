"""``basic-four``: name, address, date of birth and sex (基本4情報), and nothing else."""

from __future__ import annotations

from schemas.credentials.certification_items import CERTIFICATION, MUNICIPALITY_OBJECT
from schemas.credentials.claims import Text
from schemas.credentials.credential_type import TypeDefinition
from schemas.credentials.person_items import BIRTH_AND_SEX, NAMES
from schemas.credentials.residence_items import ADDRESS, ADDRESS_OBJECT

BASIC_FOUR = TypeDefinition(
    name="basic-four",
    version=1,
    label=Text("基本4情報", "Basic four items"),
    description=Text(
        "氏名・住所・生年月日・性別の電子証明。実証用。住民基本台帳法第12条の住民票の写しではありません。",
        "Name, address, date of birth and sex. For pilots; not the copy of article 12 of the Basic Resident Register Act.",
    ),
    background_color="#2f6690",
    claims=(*NAMES, *BIRTH_AND_SEX, *ADDRESS, *CERTIFICATION),
    objects={"address": ADDRESS_OBJECT, "issuing_municipality": MUNICIPALITY_OBJECT},
)
