"""Fictional samples of a type: content, and what it becomes in both formats."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Final

from schemas.credentials.claims import AppliesTo
from schemas.credentials.credential_type import Content, CredentialType
from schemas.credentials.person_items import AGE_THRESHOLDS
from schemas.japan.ages import JAPAN_STANDARD_TIME, age_over
from schemas.japan.dates import JapaneseDate

UNKNOWN_BIRTH_DATE: Final = "昭和36年 月日不詳"
NOTE: Final = 'Fictional. CBOR dates (tag 1004) are shown as {"1004": text}.'


def samples(kind: CredentialType) -> dict[str, Any]:
    """Return a Japanese resident, a foreign resident and one whose birth date is not known exactly.

    The first two hold every item that the type can have for them, those of a special request included.
    """
    people = {"japanese": kind.sample(), "foreign": kind.sample(AppliesTo.FOREIGN), "birth_date_unknown": _with_unknown_birth_date(kind)}
    return {"note": NOTE, "vct": kind.vct, "doctype": kind.doctype, **{name: _sample(kind, content) for name, content in people.items()}}


def _with_unknown_birth_date(kind: CredentialType) -> dict[str, Any]:
    """Return the sample with a birth date of which only the year is known, and the ages that follow from that alone."""
    content = kind.sample()
    birth = JapaneseDate.parse(UNKNOWN_BIRTH_DATE)
    content |= {"birthdate": birth.attested, "birth_date_text": birth.text}
    certified = datetime.combine(date.fromisoformat(content["certified_on"]), time(12), JAPAN_STANDARD_TIME)
    ages = {f"age_over_{years}": age_over(birth, years, certified) for years in AGE_THRESHOLDS}
    content |= {name: answer for name, answer in ages.items() if name in kind.by_name}
    return {name: value for name, value in content.items() if value is not None}


def _sample(kind: CredentialType, content: Content) -> dict[str, Any]:
    return {"content": dict(content), "sd_jwt_claims": kind.to_sd_jwt_claims(content), "mdoc": _shown(kind.to_mdoc(content))}


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shown(item) for name, item in value.items()}
    return {"1004": value.isoformat()} if isinstance(value, date) else value
