"""SD-JWT VC as received: disclosures and digests that do not belong together."""

from __future__ import annotations

from typing import Any

from schemas.formats.encoding import b64url_encode
from tests.vectors.forge import digest, disclosure, issued, reseal, sealed, set_to, with_disclosure
from tests.vectors.registry import Given, rejects

SALT = "0123456789abcdefghijkl"
OTHER_SALT = "lkjihgfedcba9876543210"


@rejects(
    "sd-jwt/altered-disclosure",
    "RFC 9901 7.1",
    "渡邉󠄂 became 渡邊 in a disclosure; the signature still verifies",
    layer="digest",
    code="unreferenced_disclosure",
    place="disclosure",
)
def altered_disclosure(broken: bool) -> Given:
    """RFC 9901 7.1: "If any Disclosure was not referenced by digest value in the Issuer-signed JWT (directly or recursively
    via other Disclosures), the SD-JWT MUST be rejected."
    """
    signed = disclosure(SALT, "family_name_before_change", "渡邉\U000e0102")
    credential = with_disclosure(sealed(), signed)
    altered = disclosure(SALT, "family_name_before_change", "渡邊")
    return issued(credential.replace(signed, altered) if broken else credential)


@rejects(
    "sd-jwt/reencoded-disclosure",
    "RFC 9901 4.2.3",
    "a disclosure was decoded and written again with other spaces",
    layer="digest",
    code="unreferenced_disclosure",
    place="disclosure/encoding",
)
def reencoded_disclosure(broken: bool) -> Given:
    """RFC 9901 4.2.3: "Note that the input to the hash function MUST be the base64url-encoded Disclosure, not the bytes
    encoded by the base64url string."
    """
    signed = disclosure(SALT, "alias", "山本　安")
    credential = with_disclosure(sealed(), signed)
    spaced = b64url_encode(f'["{SALT}", "alias", "山本　安"]'.encode())
    return issued(credential.replace(signed, spaced) if broken else credential)


@rejects(
    "sd-jwt/missing-parent",
    "RFC 9901 7.1",
    "the prefecture is disclosed without the address that holds its digest",
    layer="digest",
    code="unreferenced_disclosure",
    place="disclosure/address",
)
def missing_parent(broken: bool) -> Given:
    """RFC 9901 7.2: "The hash of the Disclosure is contained in the claim value of another selected Disclosure"."""
    child = disclosure(SALT, "prefecture", "架空県")
    parent = disclosure(OTHER_SALT, "previous_address", {"_sd": [digest(child)]})
    credential = with_disclosure(sealed(), parent) + f"{child}~"
    return issued(credential.replace(f"{parent}~", "") if broken else credential)


@rejects(
    "sd-jwt/disclosure-twice",
    "RFC 9901 4",
    "one disclosure is sent twice",
    layer="digest",
    code="duplicate_disclosure",
    place="disclosure",
)
def disclosure_twice(broken: bool) -> Given:
    """RFC 9901 4: "A Holder MUST NOT send a Disclosure that was not included in the issued SD-JWT or send a Disclosure more than
    once."
    """
    credential = sealed()
    again = credential.split("~")[1] + "~"
    return issued(credential + (again if broken else ""))


@rejects(
    "sd-jwt/digest-twice",
    "RFC 9901 7.1",
    "a decoy's digest stands twice in the payload, although nothing is disclosed by it",
    layer="digest",
    code="duplicate_digest",
    place="payload/_sd",
)
def digest_twice(broken: bool) -> Given:
    """RFC 9901 7.1: "If any digest value is encountered more than once in the Issuer-signed JWT payload (directly or
    recursively via other Disclosures), the SD-JWT MUST be rejected."
    """

    def repeat(payload: dict[str, Any]) -> None:
        payload["_sd"].append(digest("decoy"))
        payload["_sd"].append(digest("decoy" if broken else "another decoy"))

    return issued(reseal(sealed(), payload=repeat))


@rejects(
    "sd-jwt/digest-twice-in-address",
    "RFC 9901 7.1",
    "a digest of the top level stands again inside a disclosed object",
    layer="digest",
    code="duplicate_digest",
    place="disclosure/_sd",
)
def digest_twice_nested(broken: bool) -> Given:
    """RFC 9901 7.1: "If any digest value is encountered more than once in the Issuer-signed JWT payload (directly or
    recursively via other Disclosures), the SD-JWT MUST be rejected."
    """
    decoy = digest("decoy")
    parent = disclosure(SALT, "previous_address", {"_sd": [decoy if broken else digest("another")]})
    credential = reseal(sealed(), payload=lambda payload: payload["_sd"].append(decoy))
    return issued(with_disclosure(credential, parent))


@rejects(
    "sd-jwt/disclosed-sd",
    "RFC 9901 7.1",
    "a disclosure names its claim _sd",
    layer="digest",
    code="reserved_claim_name",
    place="disclosure/name",
)
def disclosed_sd(broken: bool) -> Given:
    """RFC 9901 7.1: "If the claim name is `_sd` or `...`, the SD-JWT MUST be rejected." """
    return issued(with_disclosure(sealed(), disclosure(SALT, "_sd" if broken else "sd", [])))


@rejects(
    "sd-jwt/ellipsis-claim",
    "RFC 9901 5.1",
    "the payload holds a claim named ...",
    layer="digest",
    code="reserved_claim_name",
    place="payload",
)
def ellipsis_claim(broken: bool) -> Given:
    """RFC 9901 4.1: "The payload MAY contain one or more digests of Disclosures to enable selective disclosure of the
    respective claims"; "The payload MUST NOT contain the claims `_sd` or `...` except for the purpose of conveying digests
    as described in" 4.2.4.
    """
    return issued(reseal(sealed(), payload=set_to(**{"..." if broken else "dots": "x"})))


@rejects(
    "sd-jwt/disclosed-nbf",
    "SD-JWT VC 2.2.2.3",
    "nbf comes from a disclosure, which a holder could leave out",
    layer="digest",
    code="protected_claim_disclosed",
    place="disclosure/nbf",
)
def disclosed_nbf(broken: bool) -> Given:
    """SD-JWT VC 2.2.2.3: "The following registered JWT claims, including any of their sub-claims, when used in the SD-JWT
    component of an SD-JWT VC, MUST NOT be included in Disclosures and therefore MUST NOT be selectively disclosed".
    """
    name = "nbf" if broken else "not_before_text"
    return issued(with_disclosure(sealed(), disclosure(SALT, name, 1775001600)))


@rejects(
    "sd-jwt/digest-in-cnf",
    "SD-JWT VC 2.2.2.3",
    "a part of cnf is selectively disclosable",
    layer="digest",
    code="protected_claim_disclosed",
    place="payload/cnf",
)
def digest_in_cnf(broken: bool) -> Given:
    """SD-JWT VC 2.2.2.3: "including any of their sub-claims" they "MUST NOT be included in Disclosures": "`cnf`: OPTIONAL
    unless cryptographic Key Binding is to be supported, in which case it is REQUIRED."
    """
    extra = {"_sd": [digest("decoy")]} if broken else {}
    return issued(reseal(sealed(), payload=lambda payload: payload["cnf"].update(extra)))


@rejects(
    "sd-jwt/collision",
    "RFC 9901 7.1",
    "a disclosure brings another issuing_municipality beside the one in the clear",
    layer="digest",
    code="claim_collision",
    place="disclosure/issuing_municipality",
)
def collision(broken: bool) -> Given:
    """RFC 9901 7.1: "If the claim name already exists at the level of the `_sd` key, the SD-JWT MUST be rejected." """
    name = "issuing_municipality" if broken else "former_municipality"
    return issued(with_disclosure(sealed(), disclosure(SALT, name, {"code": "999989", "name": "隣町市"})))


@rejects(
    "sd-jwt/element-in-object",
    "RFC 9901 7.1",
    "an array element's disclosure where a claim is due",
    layer="digest",
    code="wrong_disclosure_shape",
    place="payload/_sd",
)
def element_in_object(broken: bool) -> Given:
    """RFC 9901 7.1: "If the contents of the respective Disclosure is not a JSON array of three elements (salt, claim name,
    claim value), the SD-JWT MUST be rejected."
    """
    return issued(with_disclosure(sealed(), disclosure(SALT, *([] if broken else ["alias"]), "山本　安")))


@rejects(
    "sd-jwt/claim-in-array",
    "RFC 9901 7.1",
    "a claim's disclosure where an array element is due",
    layer="digest",
    code="wrong_disclosure_shape",
    place="payload/former_names",
)
def claim_in_array(broken: bool) -> Given:
    """RFC 9901 7.1: "If the contents of the respective Disclosure is not a JSON array of two elements (salt, value), the
    SD-JWT MUST be rejected."
    """
    text = disclosure(SALT, *(["former"] if broken else []), "髙橋")
    credential = reseal(sealed(), payload=set_to(former_names=[{"...": digest(text)}]))
    return issued(f"{credential}{text}~")


@rejects(
    "sd-jwt/sha-1",
    "HAIP 1.0 8",
    "the digests are said to be SHA-1",
    layer="digest",
    code="sd_alg_not_allowed",
    place="payload/_sd_alg",
)
def sha_1(broken: bool) -> Given:
    """RFC 9901 7.1: "Check that the `_sd_alg` claim value is understood and the hash algorithm is deemed secure according to
    the Holder or Verifier's policy".
    """
    return issued(reseal(sealed(), payload=set_to(_sd_alg="sha-1" if broken else "sha-256")))


@rejects(
    "sd-jwt/digests-no-array",
    "RFC 9901 4.2.4.1",
    "_sd is a text",
    layer="digest",
    code="bad_digest_list",
    place="payload/_sd",
)
def digests_no_array(broken: bool) -> Given:
    """RFC 9901 4.2.4.1: "The `_sd` key MUST refer to an array of strings, each string being a digest of a Disclosure or a
    decoy digest".
    """
    decoy = digest("decoy")
    return issued(reseal(sealed(), payload=set_to(household={"_sd": decoy if broken else [decoy]})))


@rejects(
    "sd-jwt/array-digest-with-company",
    "RFC 9901 4.2.4.2",
    "the object of an array digest has a second key",
    layer="digest",
    code="bad_digest_list",
    place="payload/former_names",
)
def array_digest_with_company(broken: bool) -> Given:
    """RFC 9901 4.2.4.2: "There MUST NOT be any other keys in the object." """
    company = {"name": "髙橋"} if broken else {}
    return issued(reseal(sealed(), payload=set_to(former_names=[{"...": digest("decoy"), **company}])))
