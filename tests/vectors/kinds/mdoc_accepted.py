"""IssuerSigned and DeviceResponse that must be accepted, and which claims come out."""

from __future__ import annotations

from typing import Any

from schemas.credentials import AppliesTo
from tests.vectors.forge_mdoc import (
    COMMON,
    NATIONAL,
    device_signed,
    issued_given,
    plain,
    presented,
    presented_given,
    resealed,
    sealed,
)
from tests.vectors.registry import Given, accepts
from tests.vectors.scene import INDEX, SLIM, WORLD, content, person
from tests.world.credentials import BASIC_FOUR, RESIDENT_RECORD

ALWAYS = ("certified_on", "issuing_municipality_code", "issuing_municipality_name")


def released(elements: dict[str, tuple[str, ...]], **changes: Any) -> dict[str, Any]:
    """Return what comes out where ``elements`` of the slim sample are released."""
    whole = RESIDENT_RECORD.to_mdoc(content(**(SLIM | changes)))
    return plain({space: {name: whole[space][name] for name in names} for space, names in elements.items()})


@accepts(
    "mdoc-issuer-signed/resident-record", "ISO/IEC 18013-5 9.3.1", "a whole resident record: 外字 with IVS, 旧氏, 続柄, address, decoys"
)
def resident_record() -> tuple[Given, Any]:
    """ISO/IEC 18013-5 9.3.1 (in our words): the digest of every item returned is computed over its bytes as received and
    compared with the one in the MSO.
    """
    return issued_given(WORLD.mdoc(index=INDEX)), plain(RESIDENT_RECORD.to_mdoc(content()))


@accepts("mdoc-issuer-signed/foreign-resident", "ISO/IEC 18013-5 9.3.1", "a foreign resident with 通称, 国籍 and 在留資格")
def foreign_resident() -> tuple[Given, Any]:
    """ISO/IEC 18013-5 9.1.2.5 (in our words): each digest is taken with its own random, so that values cannot be guessed."""
    changes = person(RESIDENT_RECORD.sample(AppliesTo.FOREIGN))
    return issued_given(WORLD.mdoc(index=INDEX, content=changes)), plain(RESIDENT_RECORD.to_mdoc(content(**changes)))


@accepts("mdoc-issuer-signed/unknown-birth-date", "ISO/IEC 23220-2 6.3.1.1.3", "月日不詳: a date with its approximate_mask, and the text")
def unknown_birth_date() -> tuple[Given, Any]:
    """ISO/IEC 23220-2 6.3.1.1.3 (in our words): where a date of birth is not known exactly, it is given together with a mask
    that tells which digits are uncertain.
    """
    changes = {"birthdate": "1961-XX-XX", "birth_date_text": "昭和36年 月日不詳"}
    return issued_given(sealed(content=changes)), plain(RESIDENT_RECORD.to_mdoc(content(**(SLIM | changes))))


@accepts("mdoc-issuer-signed/basic-four", "ISO/IEC 18013-5 9.3.1", "basic-four: name, address, birth date and sex (基本4情報)")
def basic_four() -> tuple[Given, Any]:
    """ISO/IEC 18013-5 8.3.2.1.2.2 (in our words): IssuerSigned holds the items by namespace and the issuer's signature."""
    credential = WORLD.mdoc(kind=BASIC_FOUR, index=INDEX)
    return issued_given(credential, kind=BASIC_FOUR), plain(BASIC_FOUR.to_mdoc(content(BASIC_FOUR)))


@accepts("mdoc-issuer-signed/alg-esp256", "HAIP 1.0 7", "the protected header names -9, the fully specified name of ES256 on P-256")
def alg_esp256() -> tuple[Given, Any]:
    """HAIP 1.0 7 (in our words): ES256 is -7 in COSE, or -9 by its fully specified name."""
    return issued_given(resealed(sealed(), protected=lambda header: header.update({1: -9}))), None


@accepts(
    "mdoc-device-response/six-elements", "ISO/IEC 18013-5 9.3.3", "氏 with IVS, birth date and prefecture beside what is always released"
)
def six_elements() -> tuple[Given, Any]:
    """OpenID4VP B.2.6.1: "The second element MUST be a Byte String which contains the sha-256 hash of the bytes of
    `OpenID4VPHandoverInfo` when encoded as CBOR."
    """
    claims = {COMMON: ("family_name_unicode", "birth_date"), NATIONAL: (*ALWAYS, "resident_prefecture")}
    return presented_given(presented()), released(claims)


@accepts("mdoc-device-response/least", "ISO/IEC 18013-5 9.3.3", "what is always released and nothing else")
def least() -> tuple[Given, Any]:
    """ISO/IEC 18013-5 8.3.2.1.2.2 (in our words): only the elements that the holder agreed to are returned."""
    claims = {NATIONAL: ALWAYS}
    return presented_given(presented(elements=claims)), released(claims)


@accepts("mdoc-device-response/unknown-birth-date", "ISO/IEC 23220-2 6.3.1.1.3", "旧氏 and a birth date of which only the year is known")
def response_unknown_birth_date() -> tuple[Given, Any]:
    """ISO/IEC 23220-2 6.3.1.1.3 (in our words): where a date of birth is not known exactly, it is given together with a mask
    that tells which digits are uncertain.
    """
    changes = {"birthdate": "1961-XX-XX", "birth_date_text": "昭和36年 月日不詳"}
    claims = {COMMON: ("birth_date",), NATIONAL: (*ALWAYS, "former_family_name", "birth_date_text")}
    return presented_given(presented(sealed(content=changes), elements=claims)), released(claims, **changes)


@accepts("mdoc-device-response/authorised-element", "ISO/IEC 18013-5 9.1.2.4", "the device asserts an element that it may assert")
def authorised_element() -> tuple[Given, Any]:
    """ISO/IEC 18013-5 9.1.2.4 (in our words): KeyAuthorizations says which elements the device key may sign by itself."""
    rights = {"dataElements": {"example.wallet.1": ["shown_at_counter"]}}
    credential = resealed(sealed(), mso=lambda mso: mso["deviceKeyInfo"].update(keyAuthorizations=rights))
    response = device_signed(presented(credential), namespaces={"example.wallet.1": {"shown_at_counter": True}})
    claims = {COMMON: ("family_name_unicode", "birth_date"), NATIONAL: (*ALWAYS, "resident_prefecture")}
    return presented_given(response), released(claims)


@accepts("mdoc-device-response/guardian", "design 4", "shown by a guardian, where the purpose names that relation")
def guardian() -> tuple[Given, Any]:
    """Design 4: "where the holder is not the subject `holder_relation` (parent, guardian, agent), which verification rejects
    unless the policy allows it".
    """
    claims = {NATIONAL: (*ALWAYS, "holder_relation")}
    response = presented(sealed(content={"holder_relation": "guardian"}), elements=claims)
    return presented_given(response, holder_relations=["guardian"]), released(claims, holder_relation="guardian")
