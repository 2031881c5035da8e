"""``resident-record``: the subject's own items of the resident record, each separately disclosable."""

from __future__ import annotations

from schemas.credentials.certification_items import CERTIFICATION, MUNICIPALITY_OBJECT
from schemas.credentials.claims import Text
from schemas.credentials.credential_type import TypeDefinition
from schemas.credentials.person_items import AGES, BIRTH_AND_SEX, NAMES
from schemas.credentials.residence_items import ADDRESS, ADDRESS_OBJECT, DOMICILE, FOREIGN_STATUS, HOUSEHOLD, RESIDENCE

RESIDENT_RECORD = TypeDefinition(
    name="resident-record",
    version=1,
    label=Text("住民票記載事項の電子証明", "Resident record"),
    description=Text(
        "住民票に記載された本人の事項の電子証明。実証用。住民基本台帳法第12条の住民票の写しではありません。",
        "The subject's own items of the resident record. For pilots; not the copy of article 12 of the Basic Resident Register Act.",
    ),
    background_color="#16425b",
    claims=(*NAMES, *BIRTH_AND_SEX, *ADDRESS, *RESIDENCE, *HOUSEHOLD, *DOMICILE, *FOREIGN_STATUS, *AGES, *CERTIFICATION),
    objects={"address": ADDRESS_OBJECT, "issuing_municipality": MUNICIPALITY_OBJECT},
)
