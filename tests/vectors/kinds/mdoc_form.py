"""IssuerSigned as received: defects of encoding, structure and signature."""

from __future__ import annotations

from schemas.formats.cbor import CBORTag, cbor_encode
from schemas.formats.cose import cose_key
from tests.vectors.forge import HOLDER
from tests.vectors.forge_mdoc import COMMON, NATIONAL, edited, issued_given, resealed, sealed, with_item
from tests.vectors.people import other_curve
from tests.vectors.registry import Given, rejects
from tests.vectors.scene import WORLD

K = "mdoc-issuer-signed"


@rejects(f"{K}/trailing-bytes", "RFC 8949 5.1", "a byte follows the structure", layer="parse", code="cbor_trailing_bytes", place="end")
def trailing_bytes(broken: bool) -> Given:
    """RFC 8949 5.1 (in our words): a reader of one item tells whether bytes are left over behind it."""
    return issued_given(sealed() + (b"\x00" if broken else b""))


@rejects(f"{K}/indefinite-length", "RFC 8949 4.2.1", "the outer map is of indefinite length", layer="parse", code="bad_cbor", place="map")
def indefinite_length(broken: bool) -> Given:
    """RFC 8949 4.2.1: "Indefinite-length items MUST NOT appear. They can be encoded as definite-length items instead." """
    credential = sealed()
    return issued_given(b"\xbf" + credential[1:] + b"\xff" if broken else credential)


@rejects(f"{K}/duplicate-key", "RFC 8949 5.6", "docType stands twice in the MSO", layer="parse", code="bad_cbor", place="mso/docType")
def duplicate_key(broken: bool) -> Given:
    """RFC 8949 3.1: "A map that has duplicate keys may be well-formed, but it is not valid"."""
    second = cbor_encode("docType" if broken else "note") + cbor_encode("example.catalogue.individual_number.1")
    return issued_given(resealed(sealed(), raw_mso=lambda mso: bytes([mso[0] + 1]) + mso[1:] + second))


@rejects(
    f"{K}/unknown-tag", "RFC 8949 3.4", "an element is a shared reference", layer="parse", code="cbor_tag_not_allowed", place="item/value"
)
def unknown_tag(broken: bool) -> Given:
    """RFC 8949 3.4: "decoders do not need to understand tags of every tag number, and tags may be of little value in
    applications where the implementation creating a particular CBOR data item and the implementation decoding that stream
    know the semantic meaning of each item in the data flow."
    """
    value = CBORTag(100, 1) if broken else "渡邉\U000e0102"
    return issued_given(with_item(sealed(), COMMON, "family_name_unicode", lambda item: item.update(elementValue=value)))


@rejects(
    f"{K}/floating-point",
    "RFC 8949 3.3",
    "an element is a floating-point number",
    layer="parse",
    code="cbor_value_not_allowed",
    place="item/value",
)
def floating_point(broken: bool) -> Given:
    """RFC 8949 3.3: "Major type 7 is for two types of data: floating-point numbers and "simple values" that do not need any
    content."
    """
    value = 1.5 if broken else "渡邉\U000e0102"
    return issued_given(with_item(sealed(), COMMON, "family_name_unicode", lambda item: item.update(elementValue=value)))


@rejects(
    f"{K}/byte-string-key",
    "RFC 8949 5.6",
    "a map inside an element has a byte string as key",
    layer="parse",
    code="cbor_key_not_allowed",
    place="item/value",
)
def byte_string_key(broken: bool) -> Given:
    """RFC 8949 5.6: "In applications that need to interwork with JSON-based applications, conversion is simplified by limiting
    keys to text strings only".
    """
    value = {b"former" if broken else "former": "髙橋"}
    return issued_given(with_item(sealed(), COMMON, "family_name_unicode", lambda item: item.update(elementValue=value)))


@rejects(
    f"{K}/unknown-member",
    "ISO/IEC 18013-5 8.3.2.1.2.2",
    "a member beside nameSpaces and issuerAuth",
    layer="parse",
    code="bad_issuer_signed",
    place="structure",
)
def unknown_member(broken: bool) -> Given:
    """ISO/IEC 18013-5 8.3.2.1.2.2 (in our words): IssuerSigned is a map of nameSpaces, which is optional, and issuerAuth."""
    return issued_given(edited(sealed(), lambda structure: structure.update({"note": "x"} if broken else {})))


@rejects(
    f"{K}/item-with-fifth-member",
    "ISO/IEC 18013-5 8.3.2.1.2.2",
    "an item has a member more than its four",
    layer="parse",
    code="bad_issuer_signed",
    place="item",
)
def item_with_fifth_member(broken: bool) -> Given:
    """ISO/IEC 18013-5 8.3.2.1.2.2 (in our words): an IssuerSignedItem holds digestID, random, elementIdentifier, elementValue."""
    extra = {"note": "x"} if broken else {}
    return issued_given(with_item(sealed(), NATIONAL, "full_name_unicode", lambda item: item.update(extra)))


@rejects(
    f"{K}/mso-version",
    "ISO/IEC 18013-5 9.1.2.4",
    "the MSO is of version 2.0",
    layer="parse",
    code="mdoc_version_not_supported",
    place="mso/version",
)
def mso_version(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.1.2.4 (in our words): version of the MobileSecurityObject is "1.0"."""
    return issued_given(resealed(sealed(), mso=lambda mso: mso.update(version="2.0" if broken else "1.0")))


@rejects(
    f"{K}/no-digests", "ISO/IEC 18013-5 9.1.2.4", "valueDigests names no namespace", layer="parse", code="bad_mso", place="mso/valueDigests"
)
def no_digests(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.1.2.4 (in our words): ValueDigests holds one or more namespaces, each with one or more digests."""
    return issued_given(resealed(sealed(), mso=lambda mso: mso.update({"valueDigests": {}} if broken else {})))


@rejects(
    f"{K}/times-as-text", "ISO/IEC 18013-5 9.1.2.4", "validUntil is a plain text", layer="parse", code="bad_mso", place="mso/validityInfo"
)
def times_as_text(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.1.2.4 (in our words): the times of ValidityInfo are tdate, that is text under tag 0."""
    until = {"validUntil": "2026-04-15T00:00:00Z"} if broken else {}
    return issued_given(resealed(sealed(), mso=lambda mso: mso["validityInfo"].update(until)))


@rejects(
    f"{K}/device-key-off-curve",
    "RFC 9053 7.1.1",
    "the device key is no point of the curve",
    layer="parse",
    code="bad_cose_key",
    place="mso/deviceKey/y",
)
def device_key_off_curve(broken: bool) -> Given:
    """RFC 9053 7.1.1: "y: This contains either the sign bit or the value of the y-coordinate for the EC point." """
    point = cose_key(HOLDER.public_key)
    point[-3] = bytes(32) if broken else point[-3]
    return issued_given(resealed(sealed(), mso=lambda mso: mso["deviceKeyInfo"].update(deviceKey=point)))


@rejects(
    f"{K}/device-key-private",
    "RFC 9053 7.1.1",
    "the MSO gives the device's private key away",
    layer="parse",
    code="bad_cose_key",
    place="mso/deviceKey/d",
)
def device_key_private(broken: bool) -> Given:
    """RFC 9053 7.1.1: "d: This contains the private key." """
    key = cose_key(HOLDER.public_key) | ({-4: bytes(31) + b"\x07"} if broken else {})
    return issued_given(resealed(sealed(), mso=lambda mso: mso["deviceKeyInfo"].update(deviceKey=key)))


@rejects(
    f"{K}/device-key-on-p384",
    "HAIP 1.0 7",
    "the device key is on P-384",
    layer="parse",
    code="bad_cose_key",
    place="mso/deviceKey/crv",
)
def device_key_on_p384(broken: bool) -> Given:
    """HAIP 1.0 7: "Issuers, Holders, and Verifiers MUST support P-256 (secp256r1) as a key type with the ES256 JWT algorithm" "for
    the creation and the verification"; nothing else is accepted here.
    """
    numbers = other_curve().public_numbers()
    foreign = {1: 2, -1: 2, -2: numbers.x.to_bytes(48, "big"), -3: numbers.y.to_bytes(48, "big")}
    key = foreign if broken else cose_key(HOLDER.public_key)
    return issued_given(resealed(sealed(), mso=lambda mso: mso["deviceKeyInfo"].update(deviceKey=key)))


@rejects(
    f"{K}/alg-in-unprotected-header",
    "RFC 9053 2.1",
    "the algorithm stands where nothing protects it",
    layer="signature",
    code="alg_not_allowed",
    place="unprotected/alg",
)
def alg_in_unprotected_header(broken: bool) -> Given:
    """RFC 9052 3.1: "alg: This header parameter is used to indicate the algorithm used for the security processing. This
    header parameter MUST be authenticated where the ability to do so exists."
    """
    moved = {1: -7} if broken else {}
    return issued_given(
        resealed(sealed(), protected=lambda head: head.clear() if broken else None, unprotected=lambda head: head.update(moved))
    )


@rejects(
    f"{K}/alg-es384", "HAIP 1.0 7", "the protected header names ES384", layer="signature", code="alg_not_allowed", place="protected/alg"
)
def alg_es384(broken: bool) -> Given:
    """HAIP 1.0 7: "Issuers, Holders, and Verifiers MUST support P-256 (secp256r1) as a key type with the ES256 JWT algorithm" "for
    the creation and the verification"; nothing else is accepted here.
    """
    return issued_given(resealed(sealed(), protected=lambda head: head.update({1: -35 if broken else -7})))


@rejects(f"{K}/crit", "RFC 9052 3.1", "a critical header parameter", layer="parse", code="cose_header_not_allowed", place="protected/crit")
def crit(broken: bool) -> Given:
    """RFC 9052 3.1: "crit: This header parameter is used to indicate which protected header parameters an application that is
    processing a message is required to understand."
    """
    return issued_given(resealed(sealed(), protected=lambda head: head.update({2: [-70001], -70001: 1} if broken else {})))


@rejects(
    f"{K}/header-in-both",
    "RFC 9052 3",
    "one header parameter stands in both headers",
    layer="parse",
    code="cose_header_not_allowed",
    place="protected/4",
)
def header_in_both(broken: bool) -> Given:
    """RFC 9052 3: "Labels in each of the maps MUST be unique. When processing messages, if a label appears multiple times, the
    message MUST be rejected as malformed."
    """
    return issued_given(
        resealed(sealed(), protected=lambda head: head.update({4: b"1"}), unprotected=lambda head: head.update({4: b"2"} if broken else {}))
    )


@rejects(
    f"{K}/mac-instead-of-signature",
    "RFC 9052 4.2",
    "issuerAuth is a COSE_Mac0",
    layer="signature",
    code="cose_mac_not_accepted",
    place="issuerAuth",
)
def mac_instead_of_signature(broken: bool) -> Given:
    """RFC 9052 4.2: "The COSE_Sign1 signature structure is used when only one signature is going to be placed on a message." """

    def tagged(structure: dict[str, object]) -> None:
        structure["issuerAuth"] = CBORTag(17 if broken else 18, structure["issuerAuth"])

    return issued_given(edited(sealed(), tagged))


@rejects(
    f"{K}/altered-mso", "RFC 9052 4.4", "docType was altered after signing", layer="signature", code="bad_signature", place="mso/docType"
)
def altered_mso(broken: bool) -> Given:
    """RFC 9052 4.4: "The steps for verifying a signature are: Create a Sig_structure and populate it with the appropriate
    fields."
    """
    signed = sealed(doc_type="example.catalogue.resident_record.9")
    altered = signed.replace(b"resident_record.9", b"resident_record.1")
    return issued_given(altered if broken else sealed())


@rejects(
    f"{K}/another-key-signed",
    "ISO/IEC 18013-5 9.3.1",
    "the signature is another key's than the certificate's",
    layer="signature",
    code="bad_signature",
    place="issuerAuth/signature",
)
def another_key_signed(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.3.1 (in our words): the signature of IssuerAuth is verified with the key of the certificate found."""
    return issued_given(sealed(signer=WORLD.holder(5) if broken else None))
