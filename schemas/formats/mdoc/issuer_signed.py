"""IssuerSigned: the items of an mdoc and the issuer's signature over their digests (ISO 18013-5 8.3.2.1.2.2, 9.1.2).

A digest covers an item's bytes as received, tag 24 and length included, never a second encoding of them.
"""

from __future__ import annotations

import functools
import hmac
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec

from schemas.errors import WarifuError
from schemas.formats.cbor import (
    cbor_decode_for_reader,
    cbor_encode,
    check_tree,
    embedded_content,
    embedded_head,
    encode_embedded,
    encode_text,
    head,
    split_array,
    split_map,
)
from schemas.formats.cose import Sign1, chain_of, parse_sign1, sign_cose, x5chain_header
from schemas.formats.encoding import MAX_CBOR_BYTES
from schemas.formats.jose import Signer
from schemas.formats.mdoc.mso import MobileSecurityObject, ValidityInfo, encode_mso, parse_mso

if TYPE_CHECKING:
    from schemas.formats.status_list import StatusReference

RANDOM_BYTES: Final = 32
MIN_RANDOM_BYTES: Final = 16
_ITEM_KEYS: Final = {"digestID", "random", "elementIdentifier", "elementValue"}
_CLAUSE: Final = "ISO 18013-5 9.1.2.5"


class IssuerSignedItem(NamedTuple):
    """One element with its random, and the bytes it came in."""

    digest_id: int
    random: bytes
    element_identifier: str
    element_value: Any
    received: bytes


@dataclass(frozen=True, slots=True)
class UnverifiedIssuerSigned:
    """An IssuerSigned in which neither signature nor digest has been checked.

    Attributes:
        namespaces: namespace → items as presented, in their order.
        issuer_auth: the issuer's signature.
        mso: its content.
        chain_der: the certificates it came with, leaf first, trusted in nothing.
    """

    namespaces: dict[str, tuple[IssuerSignedItem, ...]]
    issuer_auth: Sign1
    mso: MobileSecurityObject
    chain_der: tuple[bytes, ...]


def seal_issuer_signed(
    doc_type: str,
    namespaces: Mapping[str, Mapping[str, Any]],
    *,
    device_key: ec.EllipticCurvePublicKey,
    validity: ValidityInfo,
    status: StatusReference | None,
    randoms: Iterator[bytes],
    digest_counts: Mapping[str, int],
    signer: Signer,
    chain_der: Sequence[bytes],
) -> bytes:
    """Build and sign an IssuerSigned structure.

    Args:
        doc_type: the document type.
        namespaces: namespace → element identifier → value (text, integer, bool, bytes, ``date``, aware ``datetime``, or
            maps and lists of these).
        device_key: the holder's key.
        validity: times, written without fractional seconds.
        status: where the status can be looked up.
        randoms: source of secret 32-byte values; for each namespace one is drawn for each digest, and one more for
            every eight of them, which orders the digest ids.
        digest_counts: namespace → number of digests, decoys included; a namespace left out gets no decoys.
        signer: the document signer's key.
        chain_der: its certificates, leaf first, without the root.

    Returns:
        The encoded structure, issuerAuth untagged, certificates in the unprotected header.

    Raises:
        WarifuError: ``digest_count_too_small``, ``bad_random`` or ``cbor_not_encodable``.
    """
    sealed = {name: _seal_namespace(elements, digest_counts.get(name, 0), randoms) for name, elements in namespaces.items()}
    digests = {name: namespace_digests for name, (_, namespace_digests) in sealed.items()}
    mso = encode_mso(doc_type, digests, device_key=device_key, validity=validity, status=status)
    issuer_auth = sign_cose(encode_embedded(mso), signer=signer, unprotected=x5chain_header(chain_der))
    parts = [b"\xa2", _NAME_SPACES, head(5, len(sealed))]
    for name, (items, _) in sealed.items():
        parts += (encode_text(name), head(4, len(items)), *items)
    parts += (_ISSUER_AUTH, issuer_auth)
    return b"".join(parts)


_NAME_SPACES: Final = encode_text("nameSpaces")
_ISSUER_AUTH: Final = encode_text("issuerAuth")


def _seal_namespace(elements: Mapping[str, Any], count: int, randoms: Iterator[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Return the encoded items of a namespace and all of its digests by digest id, decoys among them.

    The drawn values that no item needs stand as decoys themselves: to anyone without the items, a SHA-256 digest and
    a random value look alike.
    """
    count = count or len(elements)
    if count < len(elements) or not elements:
        raise WarifuError("digest_count_too_small", "a namespace has no element, or more elements than digests", clause=_CLAUSE)
    wanted = count + (count + _KEYS_PER_RANDOM - 1) // _KEYS_PER_RANDOM
    drawn = list(islice(randoms, wanted))
    _check_randoms(drawn, wanted)
    ids = _shuffled_ids(b"".join(drawn[count:]), count)
    items: list[bytes] = []
    digests = [b""] * count
    for index, random, name, value in zip(ids, drawn, elements, elements.values(), strict=False):
        item = _encode_item(index, random, name, value)
        items.append(item)
        digests[index] = sha256(item).digest()
    for index, decoy in zip(ids[len(items) :], drawn[len(items) : count], strict=True):
        digests[index] = decoy
    return items, digests


def _check_randoms(drawn: Sequence[bytes], wanted: int) -> None:
    if len(set(drawn)) != wanted or set(map(len, drawn)) != {RANDOM_BYTES}:
        raise WarifuError(
            "bad_random",
            "the source gave too few values, one twice, or one that is not 32 bytes long",
            hint="draw from the system's generator",
            clause=_CLAUSE,
        )


def _shuffled_ids(secret: bytes, count: int) -> list[int]:
    """Return the digest ids 0 to count-1 in an order that only ``secret`` tells, so that no id gives a decoy away."""
    keys = struct.unpack_from(f">{count}I", secret)
    return sorted(range(count), key=keys.__getitem__)


_KEYS_PER_RANDOM: Final = RANDOM_BYTES // 4


def _encode_item(index: int, random: bytes, name: str, value: Any) -> bytes:
    before = _BEFORE_RANDOM[index] if index < 0x100 else _before_random(index)
    between = _between(name)
    after = encode_text(value) if type(value) is str else cbor_encode(value)
    start = embedded_head(len(before) + RANDOM_BYTES + len(between) + len(after))
    return b"".join((start, before, random, between, after))


def _before_random(index: int) -> bytes:
    return b"\xa4" + encode_text("digestID") + head(0, index) + encode_text("random") + head(2, RANDOM_BYTES)


_BEFORE_RANDOM: Final = tuple(map(_before_random, range(0x100)))


@functools.lru_cache(maxsize=1024)
def _between(name: str) -> bytes:
    return encode_text("elementIdentifier") + encode_text(name) + encode_text("elementValue")


def parse_issuer_signed(data: bytes, *, max_bytes: int = MAX_CBOR_BYTES) -> UnverifiedIssuerSigned:
    """Read an IssuerSigned structure; nothing in it is checked against anything yet.

    Raises:
        WarifuError: ``bad_issuer_signed`` for another structure, ``random_too_short``, or an error of the layers below.
    """
    return read_issuer_signed(cbor_decode_for_reader(data, max_bytes=max_bytes), data, locate=lambda: data)


def read_issuer_signed(obj: object, data: bytes, *, locate: Callable[[], bytes]) -> UnverifiedIssuerSigned:
    """As :func:`parse_issuer_signed`, for a structure that stands inside another one.

    Args:
        obj: the decoded structure.
        data: received bytes that hold it somewhere.
        locate: returns the bytes of exactly this structure within ``data``; called only where lengths are not the shortest.
    """
    if type(obj) is not dict or obj.keys() - {"nameSpaces", "issuerAuth"} or type(obj.get("nameSpaces", {})) is not dict:
        raise _bad_issuer_signed("the structure is not a map of nameSpaces and issuerAuth")
    if "issuerAuth" not in obj:
        raise _bad_issuer_signed("issuerAuth is missing")
    tags = obj.get("nameSpaces", {})
    for namespace, items in tags.items():
        if type(namespace) is not str or type(items) is not list or not items:
            raise _bad_issuer_signed("a namespace is not a list of items")
    issuer_auth = parse_sign1(obj["issuerAuth"])
    if issuer_auth.payload is None:
        raise _bad_issuer_signed("issuerAuth carries no payload")
    contents = {name: list(map(embedded_content, items)) for name, items in tags.items()}
    received = _as_received(contents, data, locate)
    namespaces = {name: tuple(map(_read_item, items, received[name])) for name, items in contents.items()}
    return UnverifiedIssuerSigned(namespaces, issuer_auth, parse_mso(issuer_auth.payload), chain_of(issuer_auth))


def _as_received(contents: Mapping[str, Sequence[bytes]], data: bytes, locate: Callable[[], bytes]) -> dict[str, list[bytes]]:
    """Return each item as its bytes stand in ``data``.

    With shortest lengths, which nearly everybody writes, the items are known without looking for their places: it is
    enough that they stand in ``data`` in one run.  Else the structure is walked byte by byte.
    """
    shortest = {name: list(map(encode_embedded, items)) for name, items in contents.items()}
    if all(b"".join(items) in data for items in shortest.values()):
        return shortest
    return {str(name): split_array(raw) for name, raw in split_map(split_map(locate())["nameSpaces"]).items()}


def _read_item(content: bytes, received: bytes) -> IssuerSignedItem:
    item = cbor_decode_for_reader(content)
    if type(item) is not dict or item.keys() != _ITEM_KEYS:
        raise _bad_issuer_signed("an item does not hold exactly its four members")
    digest_id, random, identifier = item["digestID"], item["random"], item["elementIdentifier"]
    if type(digest_id) is not int or digest_id < 0 or type(random) is not bytes or type(identifier) is not str:
        raise _bad_issuer_signed("a member of an item is of the wrong type")
    _check_random_length(random)
    value = item["elementValue"]
    if type(value) is not str:
        check_tree(value)
    return IssuerSignedItem(digest_id, random, identifier, value, received)


def _check_random_length(random: bytes) -> None:
    if len(random) < MIN_RANDOM_BYTES:
        raise WarifuError("random_too_short", "the random of an item is shorter than 16 bytes", clause=_CLAUSE, layer="digest")


def _bad_issuer_signed(message: str) -> WarifuError:
    return WarifuError(
        "bad_issuer_signed", message, hint="send IssuerSigned as in ISO 18013-5", clause="ISO 18013-5 8.3.2.1.2.2", layer="parse"
    )


def check_digests(issuer_signed: UnverifiedIssuerSigned) -> dict[str, dict[str, Any]]:
    """Check every presented item against the signed digests and return the claims, namespace → element → value.

    The caller must have checked the signature of ``issuer_auth``; the digests are worth no more than it is.

    Raises:
        WarifuError: ``duplicate_item``, ``digest_missing`` or ``digest_mismatch`` (ISO 18013-5 9.3.1).
    """
    claims: dict[str, dict[str, Any]] = {}
    for namespace, items in issuer_signed.namespaces.items():
        _check_unique(items)
        digests = issuer_signed.mso.value_digests.get(namespace, {})
        for item in items:
            _check_digest(item, digests.get(item.digest_id))
        claims[namespace] = {item.element_identifier: item.element_value for item in items}
    return claims


def _check_unique(items: Sequence[IssuerSignedItem]) -> None:
    if len({item.digest_id for item in items}) != len(items) or len({item.element_identifier for item in items}) != len(items):
        raise WarifuError("duplicate_item", "two items of a namespace share an identifier or a digest", clause=_CLAUSE, layer="digest")


def _check_digest(item: IssuerSignedItem, signed: bytes | None) -> None:
    if signed is None:
        raise WarifuError(
            "digest_missing", "the issuer signed no digest for an item of this namespace", clause="ISO 18013-5 9.3.1", layer="digest"
        )
    if not hmac.compare_digest(sha256(item.received).digest(), signed):
        raise WarifuError(
            "digest_mismatch",
            "an item is not the one whose digest the issuer signed",
            hint="the item was altered",
            clause="ISO 18013-5 9.3.1",
            layer="digest",
        )
