"""DeviceResponse: what a wallet sends, and the check of its device signature (ISO 18013-5 8.3.2.1.2.2, 9.1.3).

One document a response (HAIP 1.0 5.3.1), signed by the device, never bound by a MAC.  What the device asserts by itself
is refused unless the issuer authorised it, and never becomes a claim.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from schemas.errors import WarifuError
from schemas.formats.cbor import cbor_decode, cbor_decode_for_reader, check_tree, embedded_content, encode_embedded, split_array, split_map
from schemas.formats.cose import Sign1, parse_sign1, verify_sign1
from schemas.formats.encoding import MAX_CBOR_BYTES
from schemas.formats.mdoc.issuer_signed import UnverifiedIssuerSigned, read_issuer_signed
from schemas.formats.mdoc.mso import KeyAuthorizations, check_version
from schemas.formats.mdoc.session_transcript import device_authentication_bytes

_CLAUSE = "ISO 18013-5 8.3.2.1.2.2"
_RESPONSE_KEYS = {"version", "documents", "documentErrors", "status"}
_DOCUMENT_KEYS = {"docType", "issuerSigned", "deviceSigned", "errors"}


class UnverifiedDocument(NamedTuple):
    """One document of a response, in which nothing has been checked.

    Attributes:
        doc_type: as the outer structure names it.
        issuer_signed: the issuer's part.
        device_namespaces: namespace → element → value that the device asserts by itself.
        device_namespaces_bytes: the same as received, tag 24 included; this is what the device signed.
        device_auth: the ``deviceAuth`` map as received.
    """

    doc_type: str
    issuer_signed: UnverifiedIssuerSigned
    device_namespaces: dict[str, dict[str, Any]]
    device_namespaces_bytes: bytes
    device_auth: dict[str, Any]


class DeviceResponse(NamedTuple):
    """A response with its one document."""

    documents: tuple[UnverifiedDocument, ...]


def parse_device_response(data: bytes, *, max_bytes: int = MAX_CBOR_BYTES) -> DeviceResponse:
    """Read a DeviceResponse of status 0 with exactly one document; nothing in it is checked against anything yet.

    Raises:
        WarifuError: ``mdoc_version_not_supported``, ``device_response_status``, ``document_count``,
            ``bad_device_response``, or an error of the layers below.
    """
    response = cbor_decode_for_reader(data, max_bytes=max_bytes)
    if type(response) is not dict or response.keys() - _RESPONSE_KEYS:
        raise _bad_device_response("the response is not a map of its known members")
    check_version(response)
    _check_status(response)
    if "documentErrors" in response:
        check_tree(response["documentErrors"])
    documents = response.get("documents")
    if type(documents) is not list:
        raise _bad_device_response("documents is not a list")
    _check_document_count(documents)

    def locate(index: int) -> bytes:
        return split_array(split_map(data)["documents"])[index]

    return DeviceResponse(tuple(_read_document(obj, data, index, locate) for index, obj in enumerate(documents)))


def _bad_device_response(message: str) -> WarifuError:
    return WarifuError("bad_device_response", message, hint="send DeviceResponse as in ISO 18013-5", clause=_CLAUSE, layer="parse")


def _check_status(response: Mapping[Any, Any]) -> None:
    status = response.get("status")
    if type(status) is not int or status != 0:
        raise WarifuError("device_response_status", "the status of the response is not 0", clause="ISO 18013-5 8.3.2.1.2.3", layer="parse")


def _check_document_count(documents: list[Any]) -> None:
    if len(documents) != 1:
        raise WarifuError(
            "document_count",
            "the response does not hold exactly one document",
            hint="send each document in a response of its own",
            clause="HAIP 1.0 5.3.1",
            layer="parse",
        )


def _read_document(obj: object, data: bytes, index: int, locate: Callable[[int], bytes]) -> UnverifiedDocument:
    if type(obj) is not dict or obj.keys() - _DOCUMENT_KEYS:
        raise _bad_device_response("a document is not a map of its known members")
    doc_type, device_signed = obj.get("docType"), obj.get("deviceSigned")
    if type(doc_type) is not str:
        raise _bad_device_response("docType is not text")
    if type(device_signed) is not dict or device_signed.keys() - {"nameSpaces", "deviceAuth"}:
        raise _bad_device_response("deviceSigned is not a map of nameSpaces and deviceAuth")
    if "errors" in obj:
        check_tree(obj["errors"])
    content, device_auth = embedded_content(device_signed.get("nameSpaces")), device_signed.get("deviceAuth")
    if type(device_auth) is not dict:
        raise _bad_device_response("deviceAuth is not a map")
    issuer_signed = read_issuer_signed(obj.get("issuerSigned"), data, locate=lambda: split_map(locate(index))["issuerSigned"])
    received = encode_embedded(content)
    if received not in data:  # lengths longer than needed: find the bytes as they came
        received = split_map(split_map(locate(index))["deviceSigned"])["nameSpaces"]
    return UnverifiedDocument(doc_type, issuer_signed, _read_device_namespaces(content), received, device_auth)


def _read_device_namespaces(encoded: bytes) -> dict[str, dict[str, Any]]:
    if encoded == b"\xa0":
        return {}
    namespaces = cbor_decode(encoded)
    if type(namespaces) is not dict:
        raise _bad_device_response("the device's namespaces are not a map")
    for namespace, elements in namespaces.items():
        if type(namespace) is not str or type(elements) is not dict or not all(type(name) is str for name in elements):
            raise _bad_device_response("a namespace of the device is not a map of elements")
    return namespaces


def check_doc_type(document: UnverifiedDocument) -> None:
    """Check that the response and the issuer name the same document type; raises ``doc_type_mismatch``.

    The comparison with what was asked for is the caller's (B04).
    """
    if document.doc_type != document.issuer_signed.mso.doc_type:
        raise WarifuError(
            "doc_type_mismatch",
            "the document names another type than the issuer signed",
            clause="ISO 18013-5 9.3.1",
            layer="validity",
        )


def check_device_signature(document: UnverifiedDocument, *, session_transcript: bytes) -> None:
    """Check that the holder's device signed this document for this session (ISO 18013-5 9.1.3, 9.3.3).

    The caller must have checked the issuer's signature, which vouches for the device key.

    Args:
        document: from :func:`parse_device_response`.
        session_transcript: rebuilt from the caller's own session.

    Raises:
        WarifuError: ``device_auth_missing``, ``device_auth_ambiguous``, ``device_mac_not_accepted``,
            ``device_elements_not_authorised``, ``alg_not_allowed``, ``cose_payload_misplaced`` or ``bad_signature``.
    """
    signature = _device_signature(document.device_auth)
    mso = document.issuer_signed.mso
    _check_authorisations(document.device_namespaces, mso.key_authorizations)
    payload = device_authentication_bytes(session_transcript, document.doc_type, document.device_namespaces_bytes)
    try:
        verify_sign1(signature, mso.device_key, detached_payload=payload)
    except WarifuError as error:
        if error.code != "bad_signature":
            raise
        raise WarifuError(
            "bad_device_signature",
            "the device signature does not verify for this session",
            hint="sign with the device key over the transcript of this very request",
            clause="ISO 18013-5 9.1.3.6",
            layer="key-binding",
        ) from error


def _device_signature(device_auth: Mapping[str, Any]) -> Sign1:
    _check_exactly_one(device_auth)
    _check_no_device_mac(device_auth)
    return parse_sign1(device_auth.get("deviceSignature"))


def _check_exactly_one(device_auth: Mapping[str, Any]) -> None:
    if device_auth.keys() - {"deviceSignature", "deviceMac"} or len(device_auth) > 1:
        raise _bad_device_auth("device_auth_ambiguous", "deviceAuth does not hold exactly one proof")
    if not device_auth or None in device_auth.values():
        raise _bad_device_auth("device_auth_missing", "the document carries no device signature")


def _check_no_device_mac(device_auth: Mapping[str, Any]) -> None:
    if "deviceMac" in device_auth:
        raise _bad_device_auth("device_mac_not_accepted", "the document is bound by a MAC, which only the session's reader could check")


def _bad_device_auth(code: str, message: str) -> WarifuError:
    return WarifuError(code, message, hint="send exactly one deviceSignature", clause="ISO 18013-5 9.1.3", layer="key-binding")


def _check_authorisations(namespaces: Mapping[str, Mapping[str, Any]], authorised: KeyAuthorizations) -> None:
    for namespace, elements in namespaces.items():
        for name in elements:
            if namespace not in authorised.namespaces and (namespace, name) not in authorised.elements:
                raise WarifuError(
                    "device_elements_not_authorised",
                    "the device asserts an element that the issuer did not authorise it to",
                    clause="ISO 18013-5 9.1.2.4",
                    layer="key-binding",
                )
