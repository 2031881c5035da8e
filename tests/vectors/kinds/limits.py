"""Limits and narrow doors: depth, length, order, usage of keys and the origin of lists, in both formats and in queries."""

from __future__ import annotations

from typing import Any

from schemas.formats.cbor import CBORTag
from schemas.formats.jose import x5c_header
from tests.vectors import forge_mdoc
from tests.vectors.forge import digest, disclosure, issued, reseal, reseal_bytes, sealed, set_to
from tests.vectors.forge_dcql import asked
from tests.vectors.forge_mdoc import COMMON, issued_given, resealed, with_item
from tests.vectors.kinds.dcql_match import HELD
from tests.vectors.people import TONARI, WARIFU, signer_with
from tests.vectors.registry import Given, rejects
from tests.vectors.scene import INDEX, LIST_SIZE

SALT = "0123456789abcdefghijkl"
SOUND = WARIFU.document_signer


def nested(depth: int) -> Any:
    """Return a value of as many arrays, one in another."""
    value: Any = "架空県"
    for _ in range(depth):
        value = [value]
    return value


def nested_object(depth: int) -> dict[str, Any]:
    """Return an object of as many levels."""
    value: dict[str, Any] = {"note": 1}
    for _ in range(depth - 1):
        value = {"note": value}
    return value


@rejects("sd-jwt/payload-no-object", "RFC 7519 7.2", "the payload is an array", layer="parse", code="not_an_object", place="payload")
def payload_no_object(broken: bool) -> Given:
    """RFC 7519 7.2: "Verify that the resulting octet sequence is a UTF-8-encoded representation of a completely valid JSON
    object".
    """
    return issued(reseal_bytes(sealed(), payload=lambda text: b"[" + text + b"]" if broken else text))


@rejects("sd-jwt/payload-too-deep", "RFC 8259 9", "a claim nests deeper than 16 levels", layer="parse", code="too_deep", place="payload")
def payload_too_deep(broken: bool) -> Given:
    """RFC 8259 9: "An implementation may set limits on the maximum depth of nesting." """
    return issued(reseal(sealed(), payload=set_to(note=nested(20 if broken else 10))))


@rejects(
    "sd-jwt/disclosures-too-deep",
    "RFC 9901 7.1",
    "disclosures within disclosures, eighteen deep, each of them flat",
    layer="digest",
    code="nested_too_deep",
    place="disclosures",
)
def disclosures_too_deep(broken: bool) -> Given:
    """RFC 9901 7.1: "Recursively process the value using the steps described in" the list above: to the depth that the reader
    allows.
    """
    texts = [disclosure(SALT, "part", "架空県")]
    for _ in range(17 if broken else 10):
        texts.append(disclosure(SALT, "part", {"_sd": [digest(texts[-1])]}))
    credential = reseal(sealed(), payload=lambda payload: payload["_sd"].append(digest(texts[-1])))
    return issued(credential + "".join(f"{text}~" for text in texts))


@rejects(
    "sd-jwt/unrelated-certificate",
    "RFC 7515 4.1.6",
    "the chain goes on with a certificate of another city",
    layer="chain",
    code="chain_untrusted",
    place="header/x5c/1",
)
def unrelated_certificate(broken: bool) -> Given:
    """RFC 7515 4.1.6: "This MAY be followed by additional certificates, with each subsequent certificate being the one used to
    certify the previous one."
    """
    chain = [*SOUND.chain_der, *(TONARI.document_signer.chain_der if broken else [])]
    return issued(reseal(sealed(), header=set_to(x5c=x5c_header(chain))))


@rejects(
    "sd-jwt/sibling-certificate",
    "RFC 7515 4.1.6",
    "the chain goes on with another signer of the same city, which certified nobody",
    layer="chain",
    code="chain_order",
    place="header/x5c/1",
)
def sibling_certificate(broken: bool) -> Given:
    """RFC 7515 4.1.6: "This MAY be followed by additional certificates, with each subsequent certificate being the one used to
    certify the previous one."
    """
    chain = [*SOUND.chain_der, *(WARIFU.status_signer.chain_der if broken else [])]
    return issued(reseal(sealed(), header=set_to(x5c=x5c_header(chain))))


@rejects(
    "sd-jwt/signer-is-authority",
    "RFC 5280 4.2.1.9",
    "the signer's certificate is that of an authority",
    layer="chain",
    code="leaf_is_ca",
    place="header/x5c/0/basicConstraints",
)
def signer_is_authority(broken: bool) -> Given:
    """RFC 5280 4.2.1.9: "The basic constraints extension identifies whether the subject of the certificate is a CA"."""
    return issued(sealed(identity=signer_with({}, authority=broken)))


@rejects(
    "sd-jwt/signer-for-key-agreement",
    "RFC 5280 4.2.1.3",
    "the signer's key is certified for key agreement",
    layer="chain",
    code="key_usage_mismatch",
    place="header/x5c/0/keyUsage",
)
def signer_for_key_agreement(broken: bool) -> Given:
    """RFC 5280 4.2.1.3: "The digitalSignature bit is asserted when the subject public key is used for verifying digital
    signatures, other than signatures on certificates (bit 5) and CRLs (bit 6)".
    """
    usage = {"digital_signature": False, "key_agreement": True} if broken else {}
    return issued(sealed(identity=signer_with(usage)))


@rejects(
    "sd-jwt/list-at-another-origin",
    "Token Status List 11.4",
    "the status list is said to lie with another host than the issuer's lists do",
    layer="status",
    code="status_origin_not_allowed",
    place="payload/status/status_list/uri/host",
)
def list_at_another_origin(broken: bool) -> Given:
    """Design 3: "Policy comes from the request that was sent and from the anchor and type concerned", "never from what was
    presented."
    """
    uri = WARIFU.status_uri("jwt").replace("warifu.example", "evil.example" if broken else "warifu.example")
    return issued(reseal(sealed(), payload=set_to(status={"status_list": {"idx": INDEX, "uri": uri}})))


@rejects(
    "sd-jwt/list-without-address",
    "Token Status List 6.2",
    "status_list holds an index and no address",
    layer="status",
    code="bad_status_reference",
    place="payload/status/status_list",
)
def list_without_address(broken: bool) -> Given:
    """Token Status List 6.2: "It MUST at least contain the following claims": idx and uri."""
    address = {} if broken else {"uri": WARIFU.status_uri("jwt")}
    return issued(reseal(sealed(), payload=set_to(status={"status_list": {"idx": LIST_SIZE - 1, **address}})))


@rejects(
    "mdoc-issuer-signed/unassigned-tag",
    "RFC 8949 3.4",
    "an element bears a tag that nobody here reads",
    layer="parse",
    code="cbor_tag_not_allowed",
    place="item/value/tag",
)
def unassigned_tag(broken: bool) -> Given:
    """RFC 8949 3.4 (in our words): a reader may refuse tags that its application has no use for."""
    value = CBORTag(39200, "渡邉\U000e0102") if broken else "渡邉\U000e0102"
    return issued_given(with_item(forge_mdoc.sealed(), COMMON, "family_name_unicode", lambda item: item.update(elementValue=value)))


@rejects(
    "mdoc-issuer-signed/too-deep",
    "RFC 8949 10",
    "an element nests deeper than 16 levels",
    layer="parse",
    code="bad_cbor",
    place="item/value",
)
def too_deep(broken: bool) -> Given:
    """RFC 8949 10 (in our words): a decoder bounds the depth to which a hostile sender can lead it."""
    value = nested(20 if broken else 10)
    return issued_given(with_item(forge_mdoc.sealed(), COMMON, "family_name_unicode", lambda item: item.update(elementValue=value)))


@rejects(
    "mdoc-issuer-signed/short-digest",
    "ISO/IEC 18013-5 9.1.2.5",
    "a decoy's digest has 31 bytes",
    layer="parse",
    code="bad_mso",
    place="mso/valueDigests/digest",
)
def short_digest(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.1.2.5 (in our words): every digest is the output of the digest algorithm named, here 32 bytes."""
    decoy = {9999: bytes(31 if broken else 32)}
    return issued_given(resealed(forge_mdoc.sealed(), mso=lambda mso: mso["valueDigests"][COMMON].update(decoy)))


@rejects(
    "mdoc-issuer-signed/chain-of-five",
    "RFC 9360 2",
    "the chain has five certificates",
    layer="chain",
    code="chain_too_long",
    place="unprotected/x5chain",
)
def chain_of_five(broken: bool) -> Given:
    """RFC 9360 2: "x5chain: This header parameter contains an ordered array of X.509 certificates." No more than four are read."""
    return issued_given(forge_mdoc.sealed(chain_der=list(SOUND.chain_der) * (5 if broken else 1)))


@rejects("dcql-match/query-too-deep", "OpenID4VP 14.5", "the query nests too deep", layer="query", code="query_too_complex", place="meta")
def query_too_deep(broken: bool) -> Given:
    """OpenID4VP 6 (in our words): a wallet bounds what it reads of a stranger's query before it walks it."""
    query = asked()
    extension = {"note": nested_object(9 if broken else 3)}
    return {"query": {"credentials": [{**query, "meta": {**query["meta"], **extension}}]}, "credentials": HELD}
