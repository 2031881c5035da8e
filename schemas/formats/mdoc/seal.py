"""The issuer's side: elements become items, their digests with decoys among them are signed (ISO 18013-5 9.1.2).

Written part by part, since an issuer makes millions: what is the same in every item is encoded once.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric import ec

from schemas.errors import WarifuError
from schemas.formats.cbor import cbor_encode, embedded_head, encode_embedded, encode_text, head
from schemas.formats.cose import sign_cose, x5chain_header
from schemas.formats.jose import Signer
from schemas.formats.mdoc.mso import ValidityInfo, encode_mso

if TYPE_CHECKING:
    from schemas.formats.status_list import StatusReference

RANDOM_BYTES: Final = 32
_RANDOMS_PER_BLOCK: Final = 64
_CLAUSE: Final = "ISO 18013-5 9.1.2.5"


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
        digest_counts: namespace → number of digests, decoys included; one that has no element is all decoys, so that its
            absence does not show, and one left out here gets no decoys.
        signer: the document signer's key.
        chain_der: its certificates, leaf first, without the root.

    Returns:
        The encoded structure, issuerAuth untagged, certificates in the unprotected header.

    Raises:
        WarifuError: ``digest_count_too_small``, ``bad_random`` or ``cbor_not_encodable``.
    """
    names = dict.fromkeys((*digest_counts, *namespaces))
    sealed = {name: _seal_namespace(namespaces.get(name, {}), digest_counts.get(name, 0), randoms) for name in names}
    digests = {name: namespace_digests for name, (_, namespace_digests) in sealed.items()}
    mso = encode_mso(doc_type, digests, device_key=device_key, validity=validity, status=status)
    issuer_auth = sign_cose(encode_embedded(mso), signer=signer, unprotected=x5chain_header(chain_der))
    shown = {name: items for name, (items, _) in sealed.items() if items}
    parts = [b"\xa2", _NAME_SPACES, head(5, len(shown))]
    for name, items in shown.items():
        parts += (encode_text(name), head(4, len(items)), *items)
    parts += (_ISSUER_AUTH, issuer_auth)
    return b"".join(parts)


def randoms_from(random_bytes: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield endless fresh values of 32 bytes, drawn in blocks of 2 KiB, since each draw asks the system.

    Args:
        random_bytes: returns that many bytes from the system's generator, such as :func:`secrets.token_bytes`.
    """
    while True:
        block = random_bytes(RANDOM_BYTES * _RANDOMS_PER_BLOCK)
        yield from [block[start : start + RANDOM_BYTES] for start in range(0, len(block), RANDOM_BYTES)]


_NAME_SPACES: Final = encode_text("nameSpaces")
_ISSUER_AUTH: Final = encode_text("issuerAuth")


def _seal_namespace(elements: Mapping[str, Any], count: int, randoms: Iterator[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Return the encoded items of a namespace and all of its digests by digest id, decoys among them.

    The drawn values that no item needs stand as decoys themselves: to anyone without the items, a SHA-256 digest and
    a random value look alike.
    """
    count = count or len(elements)
    if count < len(elements) or not count:
        raise WarifuError("digest_count_too_small", "a namespace has more elements than digests, or neither", clause=_CLAUSE)
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
