"""Writing mdocs that a sound implementation would not: items, security objects and responses edited and signed anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final

from schemas.formats.cbor import CBORTag, cbor_decode, cbor_encode
from schemas.formats.cose import signature_structure
from schemas.formats.encoding import b64url_encode
from schemas.formats.jose import Signer
from tests.vectors.forge import DOCUMENT_SIGNER, HOLDER, Edit, same
from tests.vectors.registry import Given
from tests.vectors.scene import INDEX, SLIM, WORLD, around
from tests.world.credentials import RESIDENT_RECORD

COMMON: Final = "org.iso.23220.1"
NATIONAL: Final = RESIDENT_RECORD.doctype
RELEASED: Final[Mapping[str, tuple[str, ...]]] = {
    COMMON: ("family_name_unicode", "birth_date"),
    NATIONAL: ("certified_on", "issuing_municipality_code", "issuing_municipality_name", "resident_prefecture"),
}
EditBytes = Callable[[bytes], bytes]


def sealed(**changes: Any) -> bytes:
    """Return an IssuerSigned of the sample resident with few items; ``changes`` as for ``MdocRecipe``, content on top."""
    content = SLIM | dict(changes.pop("content", {}))
    return WORLD.mdoc(**({"index": INDEX} | changes), content=content)


def edited(credential: bytes, change: Edit) -> bytes:
    """Return an encoded structure whose decoded form ``change`` edited."""
    structure = cbor_decode(credential)
    change(structure)
    return cbor_encode(structure)


def sign1(protected: bytes, unprotected: Mapping[Any, Any], payload: bytes, signer: Signer, *, detached: bool = False) -> list[Any]:
    """Return a COSE_Sign1 over exactly these bytes."""
    signature = signer.sign(signature_structure(protected, payload))
    return [protected, dict(unprotected), None if detached else payload, signature]


def resealed(
    credential: bytes, *, mso: Edit = same, protected: Edit = same, unprotected: Edit = same, raw_mso: EditBytes = bytes, outer: Edit = same
) -> bytes:
    """Return an IssuerSigned whose security object and headers were edited and signed anew; ``raw_mso`` edits its bytes."""
    structure = cbor_decode(credential)
    protected_bytes, header, payload, _ = structure["issuerAuth"]
    content = cbor_decode(cbor_decode(payload).value)
    mso(content)
    head = cbor_decode(protected_bytes)
    protected(head)
    unprotected(header)
    encoded = cbor_encode(CBORTag(24, raw_mso(cbor_encode(content))))
    structure["issuerAuth"] = sign1(cbor_encode(head), header, encoded, DOCUMENT_SIGNER)
    outer(structure)
    return cbor_encode(structure)


def with_item(credential: bytes, namespace: str, element: str, change: Edit, *, signed: bool = True) -> bytes:
    """Return the credential with one item edited; with ``signed`` its digest follows and the issuer signs anew."""
    structure = cbor_decode(credential)
    items = structure["nameSpaces"][namespace]
    place = next(index for index, item in enumerate(items) if cbor_decode(item.value)["elementIdentifier"] == element)
    item = cbor_decode(items[place].value)
    number = item["digestID"]
    change(item)
    items[place] = CBORTag(24, cbor_encode(item))
    whole = cbor_encode(structure)
    if not signed:
        return whole
    found = sha256(cbor_encode(items[place])).digest()
    return resealed(whole, mso=lambda mso: mso["valueDigests"][namespace].update({number: found}))


def presented(credential: bytes | None = None, **changes: Any) -> bytes:
    """Return the sample's DeviceResponse for the bank's session; keywords as for ``World.present_mdoc``."""
    return WORLD.present_mdoc(credential or sealed(), **({"elements": RELEASED} | changes))


def with_document(response: bytes, change: Edit) -> bytes:
    """Return a DeviceResponse whose one document ``change`` edited; the device's signature stays as it was."""
    return edited(response, lambda structure: change(structure["documents"][0]))


def device_signed(response: bytes, *, namespaces: Any = None, protected: Edit = same, signer: Signer = HOLDER) -> bytes:
    """Return a DeviceResponse in which the device asserts ``namespaces`` and signs them, for the bank's session."""

    def sign(document: dict[str, Any]) -> None:
        encoded = cbor_encode(CBORTag(24, cbor_encode(namespaces or {})))
        transcript = cbor_decode(WORLD.session_transcript)
        authentication = ["DeviceAuthentication", transcript, document["docType"], CBORTag(24, cbor_encode(namespaces or {}))]
        payload = cbor_encode(CBORTag(24, cbor_encode(authentication)))
        head: dict[str, Any] = cbor_decode(cbor_encode({1: -7}))
        protected(head)
        signature = sign1(cbor_encode(head), {}, payload, signer, detached=True)
        document["deviceSigned"] = {"nameSpaces": cbor_decode(encoded), "deviceAuth": {"deviceSignature": signature}}

    return with_document(response, sign)


def issued_given(credential: bytes, **changes: Any) -> Given:
    """Return what a case about a credential on receipt says."""
    return around(b64url_encode(credential), "cwt", **changes)


def presented_given(response: bytes, **changes: Any) -> Given:
    """Return what a case about a presentation says; the transcript is the verifier's own."""
    session = {"key_binding": "required", "session_transcript": b64url_encode(WORLD.session_transcript)}
    return around(b64url_encode(response), "cwt", **(session | changes))


def plain(claims: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return claims by namespace with dates as text, as they come out; a namespace without claims does not come out."""
    return {space: {name: _plain(value) for name, value in elements.items()} for space, elements in claims.items() if elements}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else value
