"""Items that say who certified and when; disclosed in every presentation."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from schemas.credentials.claims import COMMON_NAMESPACE, OWN, ClaimDefinition, Element, Kind, Release, Text

MUNICIPALITY_OBJECT: Final = (
    Text("証明した市区町村", "Certifying municipality"),
    Text("この証明を行った市区町村", "Municipality that certifies this"),
)
"""Label and description of the object ``issuing_municipality``."""

CERTIFIED_ON = ClaimDefinition(
    name="certified_on",
    label=Text("証明年月日", "Certified on"),
    description=Text("市区町村が証明した日", "Day on which the municipality certified the items"),
    kind=Kind.DATE,
    elements=(Element(OWN, "certified_on"),),
    sample="2026-04-01",
    sample_foreign="2026-04-01",
    release=Release.ALWAYS,
    mandatory=True,
)
MUNICIPALITY_CODE = ClaimDefinition(
    name="issuing_municipality.code",
    label=Text("市区町村コード", "Municipality code"),
    description=Text("全国地方公共団体コード（6桁）", "Code of the municipality, six digits with check digit"),
    elements=(Element(OWN, "issuing_municipality_code"),),
    sample="999997",
    sample_foreign="999997",
    release=Release.ALWAYS,
    mandatory=True,
    pattern="[0-9]{6}",
)
MUNICIPALITY_NAME = ClaimDefinition(
    name="issuing_municipality.name",
    label=Text("市区町村名", "Municipality"),
    description=Text("証明した市区町村の名称", "Name of the certifying municipality"),
    elements=(Element(OWN, "issuing_municipality_name"), Element(COMMON_NAMESPACE, "issuing_authority_unicode")),
    sample="割符市",
    sample_foreign="割符市",
    release=Release.ALWAYS,
    mandatory=True,
)
HOLDER_RELATION = ClaimDefinition(
    name="holder_relation",
    label=Text("所持者と本人との関係", "Holder's relation to the subject"),
    description=Text("所持者が本人でない場合の関係", "Relation of the holder, where the holder is not the subject"),
    elements=(Element(OWN, "holder_relation"),),
    release=Release.ALWAYS,
    choices=MappingProxyType(
        {"parent": Text("親権者", "parent"), "guardian": Text("後見人", "guardian"), "agent": Text("代理人", "agent")}
    ),
)
ISSUING_COUNTRY = ClaimDefinition(
    name="issuing_country",
    label=Text("発行国", "Issuing country"),
    description=Text("発行国（ISO 3166-1、常に JP）", "Issuing country by ISO 3166-1, always JP"),
    elements=(Element(COMMON_NAMESPACE, "issuing_country"),),
    mandatory=True,
    choices=MappingProxyType({"JP": Text("日本", "Japan")}),
    constant="JP",
    in_sd_jwt=False,
)

CERTIFICATION: Final = (CERTIFIED_ON, MUNICIPALITY_CODE, MUNICIPALITY_NAME, HOLDER_RELATION, ISSUING_COUNTRY)
