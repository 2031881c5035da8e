"""SD-JWT VC as received from an issuer: what must be accepted, and which claims come out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from schemas.credentials import AppliesTo, CredentialType
from tests.vectors.forge import issued, sealed
from tests.vectors.registry import Given, accepts
from tests.vectors.scene import INDEX, ISSUER, WORLD, content, person
from tests.world import day
from tests.world.credentials import BASIC_FOUR, LIFE, RESIDENT_RECORD


def claims_of(attested: dict[str, Any], kind: CredentialType = RESIDENT_RECORD) -> dict[str, Any]:
    """Return what comes out of a credential that attests ``attested``: the registered claims without plumbing, and all of it."""
    today = day(WORLD.at)
    times = {"iat": int(today.timestamp()), "exp": int((today + LIFE).timestamp())}
    return {"iss": ISSUER, "vct": kind.vct, **times, **kind.to_sd_jwt_claims(attested)}


@accepts("sd-jwt/resident-record", "RFC 9901 7.1", "a whole resident record: 外字 with IVS, 旧氏, 続柄, nested address, decoys")
def resident_record() -> tuple[Given, Any]:
    """RFC 9901 7.1: "Compare the value with the digests calculated previously and find the matching Disclosure. If no such
    Disclosure can be found, the digest MUST be ignored."
    """
    return issued(WORLD.sd_jwt(index=INDEX)), claims_of(content())


@accepts("sd-jwt/foreign-resident", "RFC 9901 7.1", "a foreign resident with 通称, 国籍 and 在留資格")
def foreign_resident() -> tuple[Given, Any]:
    """RFC 9901 7.1: "Insert, at the level of the `_sd` key, a new claim using the claim name and claim value from the
    Disclosure."
    """
    changes = person(RESIDENT_RECORD.sample(AppliesTo.FOREIGN))
    return issued(WORLD.sd_jwt(index=INDEX, content=changes)), claims_of(content(**changes))


@accepts("sd-jwt/unknown-birth-date", "SD-JWT VC 2.2.2", "月日不詳: the text as registered beside ISO 8601-2")
def unknown_birth_date() -> tuple[Given, Any]:
    """RFC 9901 4.2.1: "The value can be of any type that is allowed in JSON, including numbers, strings, booleans, arrays, null,
    and objects."
    """
    changes = {"birthdate": "1961-XX-XX", "birth_date_text": "昭和36年 月日不詳", "age_over_65": None}
    return issued(WORLD.sd_jwt(index=INDEX, content=changes)), claims_of(content(**changes))


@accepts("sd-jwt/basic-four", "RFC 9901 7.1", "basic-four: name, address, birth date and sex (基本4情報)")
def basic_four() -> tuple[Given, Any]:
    """RFC 9901 7.1: "Remove all `_sd` keys and their contents from the Issuer-signed JWT payload." """
    credential = WORLD.sd_jwt(kind=BASIC_FOUR, index=INDEX)
    return issued(credential, kind=BASIC_FOUR), claims_of(content(BASIC_FOUR), BASIC_FOUR)


@accepts("sd-jwt/nothing-disclosed", "RFC 9901 4.2.5", "no disclosure at all: every digest left is a decoy or stays hidden")
def nothing_disclosed() -> tuple[Given, Any]:
    """RFC 9901 4.2.5: "An Issuer MAY add additional digests to the SD-JWT payload that are not associated with any claim.
    The purpose of such "decoy" digests is to make it more difficult for an adversarial Verifier to see the original
    number of claims or array elements contained in the SD-JWT."
    """
    gone = {name: None for name in RESIDENT_RECORD.sample() if name not in RESIDENT_RECORD.mandatory}
    return issued(sealed(content=gone)), claims_of(content(**gone))


@accepts("sd-jwt/not-before-within-skew", "RFC 7519 4.1.5", "nbf lies 30 seconds ahead, within the leeway for clocks")
def not_before_within_skew() -> tuple[Given, Any]:
    """RFC 7519 4.1.5: "Implementers MAY provide for some small leeway, usually no more than a few minutes, to account for
    clock skew."
    """
    ahead = int((WORLD.at + timedelta(seconds=30)).timestamp())
    return issued(sealed(payload={"nbf": ahead})), None


@accepts("sd-jwt/guardian", "SD-JWT VC 2.2.2", "held by a guardian, where the purpose names that relation")
def guardian() -> tuple[Given, Any]:
    """Design 4: always disclosed is, "where the holder is not the subject `holder_relation` (parent, guardian, agent),
    which verification rejects unless the policy allows it".
    """
    changes = {"holder_relation": "guardian"}
    return issued(sealed(content=changes), holder_relations=["guardian"]), None
