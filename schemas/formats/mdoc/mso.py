"""The mobile security object: what an mdoc issuer signs (ISO 18013-5 9.1.2.4).

It holds a digest of every element, the device key, the document type, the validity and, since it is in use with token
status lists, a reference to the status.  What :func:`parse_mso` returns is as unverified as the signature around it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec

from schemas.errors import WarifuError
from schemas.formats.cbor import (
    cbor_decode_for_reader,
    check_keys,
    check_tree,
    embedded_content,
    encode_text,
    head,
    tdate_text,
)
from schemas.formats.cose import cose_key_bytes, key_from_cose

if TYPE_CHECKING:
    from schemas.formats.status_list import StatusReference

VERSION: Final = "1.0"
SHA_256: Final = "SHA-256"
DIGEST_BYTES: Final = 32
_READ_HERE: Final = frozenset(("version", "digestAlgorithm", "docType", "valueDigests", "validityInfo"))
_TIMES: Final = frozenset(("signed", "validFrom", "validUntil", "expectedUpdate"))
_CLAUSE: Final = "ISO 18013-5 9.1.2.4"


class ValidityInfo(NamedTuple):
    """When an mdoc was signed and from when until when it is valid; aware datetimes, whole seconds on emission."""

    signed: datetime
    valid_from: datetime
    valid_until: datetime
    expected_update: datetime | None = None


class KeyAuthorizations(NamedTuple):
    """Which elements the device key may assert by itself: whole namespaces, or single elements of a namespace."""

    namespaces: frozenset[str] = frozenset()
    elements: frozenset[tuple[str, str]] = frozenset()


class MobileSecurityObject(NamedTuple):
    """A mobile security object as read.

    Attributes:
        doc_type: the document type that the issuer signed.
        value_digests: namespace → digest id → SHA-256 digest of an item, decoys among them.
        device_key: the holder's key.
        key_authorizations: what the device key may assert; nothing unless the issuer said so.
        validity: the times of validity.
        status: the ``status`` member as received, to be read by the status list module; None where there is none.
    """

    doc_type: str
    value_digests: dict[str, dict[int, bytes]]
    device_key: ec.EllipticCurvePublicKey
    key_authorizations: KeyAuthorizations
    validity: ValidityInfo
    status: object | None


def parse_mso(payload: bytes) -> MobileSecurityObject:
    """Read the payload of issuerAuth, ``#6.24(bstr .cbor MobileSecurityObject)``.

    Raises:
        WarifuError: ``bad_mso`` for another structure, ``mdoc_version_not_supported``, ``digest_algorithm_not_allowed``,
            ``bad_cose_key``, or an encoding error.
    """
    mso = cbor_decode_for_reader(embedded_content(cbor_decode_for_reader(payload)))
    if type(mso) is not dict:
        raise bad_mso("the object is not a map")
    check_version(mso)
    _check_digest_algorithm(mso)
    doc_type = mso.get("docType")
    if type(doc_type) is not str:
        raise bad_mso("docType is not text")
    check_tree({name: value for name, value in mso.items() if name not in _READ_HERE})
    device_key, authorizations = _read_device_key_info(mso.get("deviceKeyInfo"))
    digests = _read_value_digests(mso.get("valueDigests"))
    return MobileSecurityObject(doc_type, digests, device_key, authorizations, _read_validity(mso.get("validityInfo")), mso.get("status"))


def bad_mso(message: str) -> WarifuError:
    """Return the error for a mobile security object of wrong structure (not raised here)."""
    return WarifuError("bad_mso", message, hint="send a MobileSecurityObject of version 1.0", clause=_CLAUSE, layer="parse")


def check_version(structure: Mapping[Any, Any]) -> None:
    """Check the ``version`` of a mobile security object or response; raises ``mdoc_version_not_supported``."""
    if structure.get("version") != VERSION:
        raise WarifuError("mdoc_version_not_supported", "the version is not 1.0", hint="send version 1.0", clause=_CLAUSE, layer="parse")


def _check_digest_algorithm(mso: Mapping[Any, Any]) -> None:
    if mso.get("digestAlgorithm") != SHA_256:
        raise WarifuError(
            "digest_algorithm_not_allowed",
            "the digests are not named SHA-256",
            hint="use SHA-256",
            clause="ISO 18013-5 9.1.2.5",
            layer="digest",
        )


def _read_value_digests(obj: object) -> dict[str, dict[int, bytes]]:
    if type(obj) is not dict or not obj:
        raise bad_mso("valueDigests is not a map with at least one namespace")
    for namespace, digests in obj.items():
        if type(namespace) is not str or type(digests) is not dict or not digests:
            raise bad_mso("a namespace of valueDigests is not a map with at least one digest")
        check_keys(digests)
        _check_digest_lengths(digests)
    return obj


def _check_digest_lengths(digests: Mapping[int, bytes]) -> None:
    """Refuse what is not made of byte strings of 32 bytes on average; one of another length matches no SHA-256 digest."""
    try:
        total = len(b"".join(digests.values()))
    except TypeError as error:
        raise bad_mso("a digest is not a byte string") from error
    if total != DIGEST_BYTES * len(digests):
        raise bad_mso("the digests are not 32 bytes long")


def _read_device_key_info(obj: object) -> tuple[ec.EllipticCurvePublicKey, KeyAuthorizations]:
    if type(obj) is not dict:
        raise bad_mso("deviceKeyInfo is not a map")
    return key_from_cose(obj.get("deviceKey")), _read_key_authorizations(obj.get("keyAuthorizations", {}))


def _read_key_authorizations(obj: object) -> KeyAuthorizations:
    if obj == {}:
        return _NOTHING_AUTHORIZED
    if type(obj) is not dict:
        raise bad_mso("keyAuthorizations is not a map")
    namespaces, elements = obj.get("nameSpaces", []), obj.get("dataElements", {})
    if not _is_texts(namespaces) or type(elements) is not dict or not all(_is_texts(names) for names in elements.values()):
        raise bad_mso("keyAuthorizations does not hold lists of text")
    return KeyAuthorizations(frozenset(namespaces), frozenset((namespace, name) for namespace, names in elements.items() for name in names))


_NOTHING_AUTHORIZED: Final = KeyAuthorizations()


def _is_texts(obj: object) -> bool:
    return type(obj) is list and all(type(text) is str for text in obj)


def _read_validity(obj: object) -> ValidityInfo:
    if type(obj) is not dict:
        raise bad_mso("validityInfo is not a map")
    signed, valid_from, valid_until = obj.get("signed"), obj.get("validFrom"), obj.get("validUntil")
    expected_update = obj.get("expectedUpdate")
    if type(signed) is not datetime or type(valid_from) is not datetime or type(valid_until) is not datetime:
        raise bad_mso("a time of validityInfo is not a tdate")
    if expected_update is not None and type(expected_update) is not datetime:
        raise bad_mso("expectedUpdate is not a tdate")
    if obj.keys() - _TIMES:
        check_tree(obj)
    return ValidityInfo(signed, valid_from, valid_until, expected_update)


def encode_mso(
    doc_type: str,
    value_digests: Mapping[str, Sequence[bytes]],
    *,
    device_key: ec.EllipticCurvePublicKey,
    validity: ValidityInfo,
    status: StatusReference | None,
) -> bytes:
    """Write a mobile security object; the position of a digest in its sequence is its digest id.

    Args:
        doc_type: the document type.
        value_digests: namespace → digests, decoys among them, each 32 bytes.
        device_key: the holder's key.
        validity: written without fractional seconds.
        status: where the status can be looked up.
    """
    parts = [head(5, 6 + (status is not None)), _VERSION_AND_ALGORITHM, head(5, len(value_digests))]
    for namespace, digests in value_digests.items():
        parts += (encode_text(namespace), head(5, len(digests)))
        parts += chain.from_iterable(zip(_digest_keys(len(digests)), digests, strict=True))
    parts += (_DEVICE_KEY_INFO, cose_key_bytes(device_key), _DOC_TYPE, encode_text(doc_type), _VALIDITY_INFO, _encode_validity(validity))
    if status is not None:
        parts += (_STATUS, head(0, status.index), _URI, encode_text(status.uri))
    return b"".join(parts)


@functools.lru_cache(maxsize=64)  # issuers round times to the day, so that many copies share them
def _encode_validity(validity: ValidityInfo) -> bytes:
    parts = [
        head(5, 3 + (validity.expected_update is not None)),
        *(_SIGNED, tdate_text(validity.signed).encode("ascii")),
        *(_VALID_FROM, tdate_text(validity.valid_from).encode("ascii")),
        *(_VALID_UNTIL, tdate_text(validity.valid_until).encode("ascii")),
    ]
    if validity.expected_update is not None:
        parts += (_EXPECTED_UPDATE, tdate_text(validity.expected_update).encode("ascii"))
    return b"".join(parts)


@functools.lru_cache(maxsize=64)  # the counts are those of the credential types, a handful
def _digest_keys(count: int) -> tuple[bytes, ...]:
    return tuple(head(0, index) + head(2, DIGEST_BYTES) for index in range(count))


_VERSION_AND_ALGORITHM: Final = b"".join(map(encode_text, ("version", VERSION, "digestAlgorithm", SHA_256, "valueDigests")))
_DEVICE_KEY_INFO: Final = encode_text("deviceKeyInfo") + head(5, 1) + encode_text("deviceKey")
_DOC_TYPE: Final = encode_text("docType")
_VALIDITY_INFO: Final = encode_text("validityInfo")
_SIGNED, _VALID_FROM, _VALID_UNTIL, _EXPECTED_UPDATE = (
    encode_text(name) + b"\xc0" + head(3, len("2026-01-02T03:04:05Z")) for name in ("signed", "validFrom", "validUntil", "expectedUpdate")
)
_STATUS: Final = encode_text("status") + head(5, 1) + encode_text("status_list") + head(5, 2) + encode_text("idx")
_URI: Final = encode_text("uri")
