"""COSE_Sign1 with ES256, and P-256 keys as COSE_Key (RFC 9052, RFC 9053, RFC 9360).

The algorithm is read from the protected header alone.  Parsing and checking are two steps, and what was signed is
rebuilt from the bytes received, never from a second encoding of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from schemas.errors import WarifuError
from schemas.formats.cbor import TAG_MAC0, TAG_SIGN1, CBORTag, cbor_decode, cbor_encode, check_keys, check_tree, encode_bytes, head
from schemas.formats.jose import Signer, verify_ec

ALG: Final = 1
CRIT: Final = 2
CONTENT_TYPE: Final = 3
KEY_ID: Final = 4
TYP: Final = 16
X5CHAIN: Final = 33

ES256: Final = -7
ESP256: Final = -9  # the fully specified name of the same thing (RFC 9864)
_ALGORITHMS: Final = frozenset((ES256, ESP256))
_CONTEXT: Final = b"\x84\x6aSignature1"
_P256: Final = ec.SECP256R1()

Header = dict[int | str, Any]


class Sign1(NamedTuple):
    """A COSE_Sign1 whose signature has not been checked.

    Attributes:
        protected: the protected header, decoded.
        protected_bytes: the same as received; this is what was signed.
        unprotected: the unprotected header, which nothing but the key can vouch for.
        payload: the content, or None where it is detached.
        signature: r‖s, 64 bytes where it is right.
    """

    protected: Header
    protected_bytes: bytes
    unprotected: Header
    payload: bytes | None
    signature: bytes


def sign_cose(
    payload: bytes,
    *,
    signer: Signer,
    protected: Mapping[int | str, Any] | None = None,
    unprotected: Mapping[int | str, Any] | bytes = b"\xa0",
    detached: bool = False,
    external_aad: bytes = b"",
) -> bytes:
    """Return ``payload`` as an untagged COSE_Sign1; ``alg`` ES256 is added to the protected header (RFC 9052 4.2, 4.4).

    Args:
        payload: what is signed; left out of the result where ``detached``.
        signer: the key.
        protected: further protected header parameters.
        unprotected: header parameters that are not signed, such as the certificate chain; or their encoded map.
        detached: write nil in place of the payload.
        external_aad: data both sides know and the structure does not carry.
    """
    protected_bytes = _ALG_ONLY if not protected else cbor_encode({ALG: ES256, **protected})
    signature = signer.sign(signature_structure(protected_bytes, payload, external_aad=external_aad))
    content = b"\xf6" if detached else encode_bytes(payload)
    outer = unprotected if isinstance(unprotected, bytes) else cbor_encode(unprotected)
    return b"".join((b"\x84", encode_bytes(protected_bytes), outer, content, head(2, len(signature)), signature))


_ALG_ONLY: Final = cbor_encode({ALG: ES256})


def tag_sign1(untagged: bytes) -> bytes:
    """Return a COSE_Sign1 with its tag 18, as CWT wants it (RFC 9052 4.2)."""
    return head(6, TAG_SIGN1) + untagged


def signature_structure(protected: bytes, payload: bytes, *, external_aad: bytes = b"") -> bytes:
    """Return the Sig_structure, the bytes that are signed (RFC 9052 4.4)."""
    return b"".join((_CONTEXT, encode_bytes(protected), encode_bytes(external_aad), head(2, len(payload)), payload))


def parse_sign1(obj: object) -> Sign1:
    """Read a COSE_Sign1 from what :func:`schemas.formats.cbor.cbor_decode` returned, tagged 18 or untagged.

    Raises:
        WarifuError: ``cose_mac_not_accepted`` for a COSE_Mac0; ``bad_cose`` for another structure;
            ``cose_header_not_allowed`` for ``crit`` or a label in both headers (RFC 9052 3, 3.1).
    """
    structure = _untagged(obj)
    if type(structure) is not list or len(structure) != 4:
        raise _bad_cose("a COSE_Sign1 is an array of four")
    protected_bytes, unprotected, payload, signature = structure
    if type(protected_bytes) is not bytes or type(unprotected) is not dict or type(signature) is not bytes:
        raise _bad_cose("a member of the COSE_Sign1 is of the wrong type")
    if payload is not None and type(payload) is not bytes:
        raise _bad_cose("the payload is neither a byte string nor nil")
    sign1 = Sign1(_read_protected(protected_bytes), protected_bytes, unprotected, payload, signature)
    _check_headers(sign1)
    return sign1


def _untagged(obj: object) -> object:
    if type(obj) is not CBORTag:
        return obj
    _check_no_mac(obj.tag)
    if obj.tag != TAG_SIGN1:
        raise _bad_cose("the tag is not that of COSE_Sign1")
    return obj.value


def _check_no_mac(tag: int) -> None:
    if tag == TAG_MAC0:
        raise WarifuError(
            "cose_mac_not_accepted",
            "a message authentication code stands where a signature is wanted",
            hint="send a COSE_Sign1",
            clause="RFC 9052 4.2",
            layer="signature",
        )


def _read_protected(data: bytes) -> Header:
    if data == _ALG_ONLY:  # {1: -7}, which is what nearly everybody writes
        return {ALG: ES256}
    header = cbor_decode(data) if data else {}
    if type(header) is not dict:
        raise _bad_cose("the protected header is not a map")
    return header


def _check_headers(sign1: Sign1) -> None:
    if sign1.unprotected:
        check_keys(sign1.unprotected)
        if len(sign1.unprotected) > (X5CHAIN in sign1.unprotected):  # the chain is looked at where it is read
            check_tree(sign1.unprotected)
    for header in (sign1.protected, sign1.unprotected):
        if CRIT in header:
            raise _header_not_allowed("critical header parameters are not accepted", "RFC 9052 3.1")
    if not sign1.protected.keys().isdisjoint(sign1.unprotected):
        raise _header_not_allowed("a header parameter stands in both headers", "RFC 9052 3")


def _header_not_allowed(message: str, clause: str) -> WarifuError:
    return WarifuError("cose_header_not_allowed", message, clause=clause, layer="parse")


def _bad_cose(message: str) -> WarifuError:
    return WarifuError("bad_cose", message, hint="send a COSE_Sign1 as in RFC 9052 4.2", clause="RFC 9052 4.2", layer="parse")


def verify_sign1(sign1: Sign1, key: ec.EllipticCurvePublicKey, *, detached_payload: bytes | None = None, external_aad: bytes = b"") -> None:
    """Check the signature with ``key`` (RFC 9052 4.4).

    Args:
        sign1: the parsed structure.
        key: a P-256 key that the caller trusts for a reason of its own.
        detached_payload: the content where the context says that it is detached; the structure must then carry none.
        external_aad: as for :func:`sign_cose`.

    Raises:
        WarifuError: ``alg_not_allowed``, ``cose_payload_misplaced`` or ``bad_signature``.
    """
    _check_algorithm(sign1)
    _check_payload_place(sign1, detached=detached_payload is not None)
    payload = sign1.payload if detached_payload is None else detached_payload
    message = signature_structure(sign1.protected_bytes, payload or b"", external_aad=external_aad)
    verify_ec(key, message, sign1.signature, clause="RFC 9052 4.4")


def _check_algorithm(sign1: Sign1) -> None:
    algorithm = sign1.protected.get(ALG)
    if not _is_integer(algorithm, *_ALGORITHMS):
        raise WarifuError(
            "alg_not_allowed",
            "the protected header does not name ES256",
            hint="sign with alg -7 or -9 in the protected header",
            clause="RFC 9053 2.1",
            layer="signature",
        )


def _check_payload_place(sign1: Sign1, *, detached: bool) -> None:
    if (sign1.payload is None) is not detached:
        raise WarifuError(
            "cose_payload_misplaced",
            "the payload is attached where it must be detached, or the reverse",
            clause="RFC 9052 2",
            layer="parse",
        )


def x5chain_value(chain_der: Sequence[bytes]) -> bytes | list[bytes]:
    """Return the value of ``x5chain``: one certificate as byte string, several as array, leaf first (RFC 9360 2)."""
    return chain_der[0] if len(chain_der) == 1 else list(chain_der)


def x5chain_header(chain_der: Sequence[bytes]) -> bytes:
    """Return the encoded header that holds ``x5chain`` and nothing else; as :func:`x5chain_value`.

    Args:
        chain_der: certificates in DER, leaf first, without the root.
    """
    encoded = b"".join(map(encode_bytes, chain_der))
    return b"\xa1\x18\x21" + (encoded if len(chain_der) == 1 else head(4, len(chain_der)) + encoded)


def chain_of(sign1: Sign1) -> tuple[bytes, ...]:
    """Return the certificates of ``x5chain``, leaf first, as received and trusted in nothing; empty where there is none.

    Raises:
        WarifuError: ``bad_x5chain`` where it is neither a byte string nor an array of byte strings (RFC 9360 2).
    """
    value = sign1.unprotected.get(X5CHAIN, sign1.protected.get(X5CHAIN, []))
    members = [value] if type(value) is bytes else value
    if type(members) is not list or not all(type(member) is bytes for member in members):
        raise WarifuError("bad_x5chain", "the certificate chain is not made of byte strings", clause="RFC 9360 2", layer="chain")
    return tuple(members)


def cose_key(key: ec.EllipticCurvePublicKey) -> Header:
    """Return the public key as COSE_Key with kty, crv, x and y (RFC 9053 7.1.1)."""
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {1: 2, -1: 1, -2: point[1:33], -3: point[33:]}


def cose_key_bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return :func:`cose_key` encoded; the inner loop of sealing."""
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return b"\xa4\x01\x02\x20\x01\x21\x58\x20" + point[1:33] + b"\x22\x58\x20" + point[33:]


def key_from_cose(obj: object) -> ec.EllipticCurvePublicKey:
    """Read a public P-256 COSE_Key.

    Raises:
        WarifuError: ``bad_cose_key`` where it is no EC2 key on P-256, holds a private part, names another algorithm, or
            its point is not on the curve or not given as two coordinates of 32 bytes (RFC 9053 7.1.1).
    """
    if type(obj) is not dict or not _is_integer(obj.get(1), 2) or not _is_integer(obj.get(-1), 1):
        raise _bad_cose_key("the key is not an EC2 key on P-256")
    if -4 in obj or not _is_integer(obj.get(3, ES256), *_ALGORITHMS):
        raise _bad_cose_key("the key holds a private part or is meant for another algorithm")
    x, y = obj.get(-2), obj.get(-3)
    if type(x) is not bytes or type(y) is not bytes or len(x) != 32 or len(y) != 32:
        raise _bad_cose_key("a coordinate is not 32 bytes long")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_P256, b"\x04" + x + y)
    except ValueError as error:
        raise _bad_cose_key("the point is not on the curve") from error


def _is_integer(value: object, *allowed: int) -> bool:
    return type(value) is int and value in allowed  # True equals 1, and lists have no hash


def _bad_cose_key(message: str) -> WarifuError:
    return WarifuError("bad_cose_key", message, hint="use a public EC2 key on P-256, uncompressed", clause="RFC 9053 7.1.1", layer="parse")
