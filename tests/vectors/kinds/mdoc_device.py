"""DeviceResponse as presented: the device's signature for one session, and the form of the response."""

from __future__ import annotations

from typing import Any

from tests.vectors.forge import HOLDER
from tests.vectors.forge_mdoc import (
    COMMON,
    NATIONAL,
    device_signed,
    edited,
    presented,
    presented_given,
    resealed,
    sealed,
    with_document,
    with_item,
)
from tests.vectors.registry import Given, rejects, undetermined
from tests.vectors.scene import INDEX, WORLD, bits, entry, token

K = "mdoc-device-response"


@rejects(
    f"{K}/another-key-signed",
    "ISO/IEC 18013-5 9.1.3.6",
    "signed by a key that is not in the MSO",
    layer="key-binding",
    code="bad_device_signature",
    place="deviceSignature",
)
def another_key_signed(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.1.3.6 (in our words): the device signs with SDeviceKey.Priv, whose public half the issuer certified."""
    return presented_given(device_signed(presented(), signer=WORLD.holder(1) if broken else HOLDER))


@rejects(
    f"{K}/device-alg",
    "HAIP 1.0 7",
    "the device's signature names ES512",
    layer="key-binding",
    code="alg_not_allowed",
    place="deviceSignature/protected/alg",
)
def device_alg(broken: bool) -> Given:
    """HAIP 1.0 7: "Issuers, Holders, and Verifiers MUST support P-256 (secp256r1) as a key type with the ES256 JWT algorithm" "for
    the creation and the verification"; nothing else is accepted here.
    """
    algorithm = -36 if broken else -7
    return presented_given(device_signed(presented(), protected=lambda head: head.update({1: algorithm})))  # type: ignore[dict-item]


@rejects(
    f"{K}/attached-payload",
    "ISO/IEC 18013-5 9.1.3.6",
    "the device's signature carries its payload along",
    layer="key-binding",
    code="cose_payload_misplaced",
    place="deviceSignature/payload",
)
def attached_payload(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.1.3.6 (in our words): the payload of the device signature is detached; nil stands in its place."""

    def attach(document: dict[str, Any]) -> None:
        document["deviceSigned"]["deviceAuth"]["deviceSignature"][2] = b"attached" if broken else None

    return presented_given(with_document(presented(), attach))


@rejects(
    f"{K}/device-mac", "ISO/IEC 18013-5 9.1.3.5", "bound by a MAC", layer="key-binding", code="device_mac_not_accepted", place="deviceAuth"
)
def device_mac(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.1.3.5 (in our words): a device MAC is made with a key agreed between device and reader, which over
    OpenID4VP there is not.
    """

    def rename(document: dict[str, Any]) -> None:
        auth = document["deviceSigned"]["deviceAuth"]
        auth["deviceMac" if broken else "deviceSignature"] = auth.pop("deviceSignature")

    return presented_given(with_document(presented(), rename))


@rejects(
    f"{K}/two-proofs",
    "ISO/IEC 18013-5 9.1.3",
    "both a signature and a MAC",
    layer="key-binding",
    code="device_auth_ambiguous",
    place="deviceAuth",
)
def two_proofs(broken: bool) -> Given:
    """ISO/IEC 18013-5 8.3.2.1.2.2 (in our words): DeviceAuth holds either deviceSignature or deviceMac."""

    def add(document: dict[str, Any]) -> None:
        auth = document["deviceSigned"]["deviceAuth"]
        auth.update({"deviceMac": auth["deviceSignature"]} if broken else {})

    return presented_given(with_document(presented(), add))


@rejects(
    f"{K}/no-proof",
    "ISO/IEC 18013-5 9.1.3",
    "not signed by the device",
    layer="key-binding",
    code="device_auth_missing",
    place="deviceAuth",
)
def no_proof(broken: bool) -> Given:
    """HAIP 1.0 6.1.1.1 says of the other format (in our words): a credential that is bound is never presented without the holder's
    signature.
    """

    def take(document: dict[str, Any]) -> None:
        document["deviceSigned"]["deviceAuth"] = {} if broken else document["deviceSigned"]["deviceAuth"]

    return presented_given(with_document(presented(), take))


@rejects(
    f"{K}/element-not-authorised",
    "ISO/IEC 18013-5 9.1.2.4",
    "the device asserts an address by itself",
    layer="key-binding",
    code="device_elements_not_authorised",
    place="deviceSigned/nameSpaces",
)
def element_not_authorised(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.1.2.4 (in our words): without KeyAuthorizations the device key signs no element at all."""
    rights = {} if broken else {"keyAuthorizations": {"nameSpaces": [NATIONAL]}}
    credential = resealed(sealed(), mso=lambda mso: mso["deviceKeyInfo"].update(rights))
    return presented_given(device_signed(presented(credential), namespaces={NATIONAL: {"resident_prefecture": "東架空県"}}))


@rejects(
    f"{K}/outer-type",
    "ISO/IEC 18013-5 9.3.1",
    "docType outside is not that of the MSO",
    layer="validity",
    code="doc_type_mismatch",
    place="document/docType",
)
def outer_type(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.3.1 (in our words): docType in the MSO equals the docType of the document."""
    outer = "example.catalogue.basic_four.1" if broken else NATIONAL
    return presented_given(with_document(presented(), lambda document: document.update(docType=outer)))


@rejects(f"{K}/two-documents", "HAIP 1.0 5.3.1", "two documents in one response", layer="parse", code="document_count", place="documents")
def two_documents(broken: bool) -> Given:
    """HAIP 1.0 5.3.1: "When multiple ISO mdocs are being returned, each ISO mdoc MUST be returned in a separate `DeviceResponse`"."""

    def repeat(response: dict[str, Any]) -> None:
        response["documents"] *= 2 if broken else 1

    return presented_given(edited(presented(), repeat))


@rejects(
    f"{K}/status-of-error",
    "ISO/IEC 18013-5 8.3.2.1.2.3",
    "the response says that an error occurred",
    layer="parse",
    code="device_response_status",
    place="status",
)
def status_of_error(broken: bool) -> Given:
    """ISO/IEC 18013-5 8.3.2.1.2.3 (in our words): status 0 means that the request was processed without error."""
    return presented_given(edited(presented(), lambda response: response.update(status=10 if broken else 0)))


@rejects(
    f"{K}/version",
    "ISO/IEC 18013-5 8.3.2.1.2.2",
    "the response is of version 2.0",
    layer="parse",
    code="mdoc_version_not_supported",
    place="version",
)
def version(broken: bool) -> Given:
    """ISO/IEC 18013-5 8.3.2.1.2.2 (in our words): version of DeviceResponse is "1.0"."""
    return presented_given(edited(presented(), lambda response: response.update(version="2.0" if broken else "1.0")))


@rejects(
    f"{K}/unknown-member",
    "ISO/IEC 18013-5 8.3.2.1.2.2",
    "the response has a member that is not its own",
    layer="parse",
    code="bad_device_response",
    place="response",
)
def unknown_member(broken: bool) -> Given:
    """ISO/IEC 18013-5 8.3.2.1.2.2 (in our words): DeviceResponse holds version, documents, documentErrors and status."""
    return presented_given(edited(presented(), lambda response: response.update({"note": "x"} if broken else {})))


@rejects(
    f"{K}/altered-element",
    "ISO/IEC 18013-5 9.3.1",
    "渡邉󠄂 became 渡邊 on the way",
    layer="digest",
    code="digest_mismatch",
    place="item/value",
)
def altered_element(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.3.1 (in our words): a digest computed over an item as received must equal the one in the MSO."""
    response = presented()

    def alter(document: dict[str, Any]) -> None:
        from schemas.formats.cbor import cbor_decode, cbor_encode

        changed = {"elementValue": "渡邊"} if broken else {}
        whole = with_item(
            cbor_encode(document["issuerSigned"]), COMMON, "family_name_unicode", lambda item: item.update(changed), signed=False
        )
        document["issuerSigned"] = cbor_decode(whole)

    return presented_given(with_document(response, alter))


@rejects(
    f"{K}/revoked", "Token Status List 7.1", "revoked between issuing and showing", layer="status", code="status_revoked", place="list"
)
def revoked(broken: bool) -> Given:
    """Token Status List 7.1: "The status of the Referenced Token is revoked, annulled, taken back, recalled or cancelled." """
    return presented_given(presented(), status=[entry(token("cwt", bits=bits([INDEX] if broken else [])))])


@undetermined(f"{K}/list-not-at-hand", "Token Status List 8.3", "no list can be had", code="status_unavailable", place="status")
def list_not_at_hand(broken: bool) -> Given:
    """Token Status List 8.3: "If any of these checks fails, no statement about the status of the Referenced Token can be made and
    the Referenced Token SHOULD be rejected."
    """
    return presented_given(presented(), **({"status": None} if broken else {}))
