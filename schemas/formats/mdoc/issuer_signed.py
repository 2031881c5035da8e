"""IssuerSigned as read: items, the issuer's signature, and the check of every digest (ISO 18013-5 8.3.2.1.2.2, 9.1.2).

A digest covers an item's bytes as received, tag 24 and length included, never a second encoding of them.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

from schemas.errors import WarifuError
from schemas.formats.cbor import cbor_decode_for_reader, check_tree, embedded_content, encode_embedded, split_array, split_map
from schemas.formats.cose import Sign1, chain_of, parse_sign1
from schemas.formats.encoding import MAX_CBOR_BYTES
from schemas.formats.mdoc.mso import MobileSecurityObject, parse_mso

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


class UnverifiedIssuerSigned(NamedTuple):
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
    if type(value) is not str:  # the reader takes any value; text is what most are
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
