"""Queries in DCQL and what answers them."""

from __future__ import annotations

from typing import Any

from tests.vectors.forge_mdoc import COMMON, NATIONAL
from tests.vectors.registry import Given
from tests.world.credentials import BASIC_FOUR, RESIDENT_RECORD

VCT = RESIDENT_RECORD.vct
MUNICIPALITY = {"issuing_municipality": {"code": "999997", "name": "割符市"}, "certified_on": "2026-04-01"}
CLAIMS = {
    "family_name": "渡邉\U000e0102",
    "birthdate": "1974-05-03",
    "age_over_18": True,
    "address": {"prefecture": "架空県"},
    **MUNICIPALITY,
}
WANTED = [{"path": ["family_name"]}, {"path": ["birthdate"]}, {"path": ["address", "prefecture"]}]


def asked(claims: list[Given] | None = None, **changes: Any) -> Given:
    """Return a credential query for a resident record."""
    return {"id": "record", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}, "claims": claims or WANTED, **changes}


def shown(claims: Given | None = None, **changes: Any) -> Given:
    """Return a verified presentation of it."""
    return {"format": "dc+sd-jwt", "type": VCT, "claims": CLAIMS if claims is None else claims, **changes}


def without(*names: str) -> Given:
    return {name: value for name, value in CLAIMS.items() if name not in names}


def given(query: Given, answer: Given, **more: Any) -> Given:
    """Return a case with one credential query and one presentation."""
    return {"query": {"credentials": [query], **more}, "answer": {query["id"]: [answer]}}


MDOC_QUERY = {
    "id": "record",
    "format": "mso_mdoc",
    "meta": {"doctype_value": RESIDENT_RECORD.doctype},
    "claims": [{"path": [COMMON, "birth_date"]}, {"path": [NATIONAL, "resident_prefecture"], "intent_to_retain": False}],
}
MDOC_ANSWER = {
    "format": "mso_mdoc",
    "type": RESIDENT_RECORD.doctype,
    "claims": {COMMON: {"birth_date": "1974-05-03"}, NATIONAL: {"resident_prefecture": "架空県", "certified_on": "2026-04-01"}},
}
TWO = [asked(), {"id": "four", "format": "dc+sd-jwt", "meta": {"vct_values": [BASIC_FOUR.vct]}, "claims": [{"path": ["name"]}]}]
