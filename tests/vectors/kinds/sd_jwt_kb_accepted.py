"""SD-JWT VC as presented: what must be accepted, and which claims come out."""

from __future__ import annotations

from typing import Any

from schemas.credentials import AppliesTo
from schemas.formats.sdjwt import select_disclosures
from tests.vectors.forge import bound, presented, sealed, selected
from tests.vectors.kinds.sd_jwt_accepted import claims_of
from tests.vectors.registry import Given, accepts
from tests.vectors.scene import INDEX, SLIM, WORLD, content, person
from tests.world.credentials import RESIDENT_RECORD

KEPT = ("certified_on", "issuing_municipality.code", "issuing_municipality.name")


def shown(*names: str) -> dict[str, Any]:
    """Return the content of the slim sample reduced to what is always disclosed and ``names``."""
    return {name: value for name, value in content(**SLIM).items() if name in (*KEPT, *names)}


@accepts("sd-jwt+kb/four-disclosures", "RFC 9901 7.3", "氏 with IVS, birth date and prefecture, the address's disclosure among them")
def four_disclosures() -> tuple[Given, Any]:
    """RFC 9901 7.3: "if Key Binding is required, then the Holder has provided an SD-JWT+KB, and the Key Binding JWT is signed
    by the Holder and valid".
    """
    return presented(bound(selected())), claims_of(shown("family_name", "birthdate", "address.prefecture"))


@accepts("sd-jwt+kb/nothing-disclosed", "RFC 9901 7.3", "nothing but what is always disclosed: a resident of the city, by name nobody")
def nothing_disclosed() -> tuple[Given, Any]:
    """RFC 9901 4: "An SD-JWT is composed of an Issuer-signed JWT and zero or more Disclosures." """
    return presented(bound(select_disclosures(sealed(), []))), claims_of(shown())


@accepts("sd-jwt+kb/former-name", "RFC 9901 7.3", "旧氏 and the birth date as registered, in eras, with 月日不詳")
def former_name() -> tuple[Given, Any]:
    """RFC 9901 7.3: "the Processed SD-JWT Payload can be passed to the application to be used for the intended purpose"."""
    changes = {"birthdate": "1961-XX-XX", "birth_date_text": "昭和36年 月日不詳"}
    credential = sealed(content=changes)
    paths = [("former_family_name",), ("birthdate",), ("birth_date_text",)]
    claims = shown("former_family_name", "birthdate", "birth_date_text") | changes
    return presented(bound(select_disclosures(credential, paths))), claims_of(claims)


@accepts("sd-jwt+kb/tsusho", "RFC 9901 7.3", "a foreign resident shows 通称 and the period of stay alone")
def tsusho() -> tuple[Given, Any]:
    """RFC 9901 7.3: "Otherwise, the Processed SD-JWT Payload can be passed to the application"."""
    foreign = RESIDENT_RECORD.sample(AppliesTo.FOREIGN)
    credential = WORLD.sd_jwt(index=INDEX, content=person(foreign))
    names = ("tsusho", "residence_status", "stay_expires_on")
    claims = {name: foreign[name] for name in names} | shown()
    return presented(bound(select_disclosures(credential, [(name,) for name in names]))), claims_of(claims)


@accepts("sd-jwt+kb/without-key-binding", "RFC 9901 7.3", "looked at where the policy wants no key binding")
def without_key_binding() -> tuple[Given, Any]:
    """RFC 9901 7.3: "Determine if Key Binding is to be checked according to the Verifier's policy for the use case at hand." """
    claims = claims_of(shown("family_name", "birthdate", "address.prefecture"))
    return presented(selected(), key_binding="none", nonce=None, audience=None), claims
