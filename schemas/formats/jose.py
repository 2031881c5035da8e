"""JWS in compact form with ES256, and P-256 keys as JWK.

One algorithm, one serialisation, one ``typ`` for each lane (RFC 8725 3.1, 3.11).  Parsing and checking are two steps:
what :func:`parse_jws` returns is unverified and says so by its name.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from schemas.errors import WarifuError
from schemas.formats.encoding import (
    b64url_bytes,
    b64url_decode,
    b64url_encode,
    check_last_character,
    dump_json,
    parse_json_object,
    too_large,
)

ES256: Final = "ES256"
MAX_JWS_BYTES: Final = 256 * 1024
MAX_CHAIN: Final = 4
MAX_CERTIFICATE_BYTES: Final = 8 * 1024
_ECDSA = ec.ECDSA(hashes.SHA256())
_P256 = ec.SECP256R1()
_NOT_PUBLIC = frozenset({"d", "k", "p", "q", "x5u", "jku"})
_FORBIDDEN_HEADERS = ("crit", "b64", "jku", "x5u", "zip")


class Signer(Protocol):
    """A P-256 private key that signs; where the key lives is its own affair."""

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half, which callers compare with the certificate."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the ES256 signature over ``message`` as r‖s, exactly 64 bytes (RFC 7518 3.4)."""
        ...


@dataclass(frozen=True, slots=True)
class UnverifiedJws:
    """A JWS whose signature has not been checked."""

    header: dict[str, Any]
    payload: bytes
    signing_input: bytes
    signature: bytes

    def claims(self) -> dict[str, Any]:
        """Return the payload as a JSON object; raises ``bad_json`` or ``not_an_object``."""
        return parse_json_object(self.payload, max_bytes=len(self.payload))


def sign_ec(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """Return r‖s (64 bytes) over ``message`` with SHA-256."""
    der = key.sign(message, _ECDSA)  # 30 len 02 len r 02 len s, from our own library
    split = 4 + der[3]
    return der[4:split][-32:].rjust(32, b"\0") + der[split + 2 :][-32:].rjust(32, b"\0")


def verify_ec(key: ec.EllipticCurvePublicKey, message: bytes, signature: bytes, *, clause: str = "RFC 7518 3.4") -> None:
    """Check an r‖s signature; raises ``bad_signature`` unless it is 64 bytes long and verifies."""
    if len(signature) == 64:
        der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
        try:
            key.verify(der, message, _ECDSA)
            return
        except InvalidSignature:
            pass
    raise WarifuError(
        "bad_signature",
        "the signature does not verify",
        hint="the content was altered or another key signed it",
        clause=clause,
        layer="signature",
    )


def sign_jws(header: Mapping[str, Any], payload: bytes, signer: Signer) -> str:
    """Return ``payload`` as compact JWS; ``alg`` in ``header`` is always ES256 (RFC 7515 7.1)."""
    signing_input = b".".join((b64url_bytes(dump_json({**header, "alg": ES256})), b64url_bytes(payload)))
    return b".".join((signing_input, b64url_bytes(signer.sign(signing_input)))).decode("ascii")


def sign_jwt(typ: str, claims: Mapping[str, Any], signer: Signer, *, header: Mapping[str, Any] | None = None) -> str:
    """Return ``claims`` as a signed JWT of explicit type ``typ`` (RFC 8725 3.11)."""
    return sign_jws({"typ": typ, **(header or {})}, dump_json(claims), signer)


def parse_jws(token: str, *, typ: str, max_bytes: int = MAX_JWS_BYTES) -> UnverifiedJws:
    """Split a compact JWS and check its header, before any key is touched.

    Args:
        token: three base64url parts; JSON serialisation is refused.
        typ: the one media type accepted in this lane, compared exactly.

    Raises:
        WarifuError: ``not_compact_jws``, ``wrong_typ``, ``alg_not_allowed``, ``header_not_allowed``, ``too_large`` or an
            encoding error.
    """
    if len(token) > max_bytes:
        raise too_large(max_bytes, clause="RFC 7515 3.1")
    if not token.isascii():
        raise _not_compact()
    parts = token.split(".", 3)
    if len(parts) != 3:
        raise _not_compact()
    header = parse_json_object(b64url_decode(parts[0]))
    check_algorithm(header)
    check_typ(header, typ)
    check_header_names(header)
    payload = b64url_decode(parts[1], max_bytes=max_bytes)
    return UnverifiedJws(header, payload, f"{parts[0]}.{parts[1]}".encode("ascii"), b64url_decode(parts[2]))


def _not_compact() -> WarifuError:
    return WarifuError(
        "not_compact_jws",
        "the token is not a JWS of three parts",
        hint="send the compact serialisation",
        clause="RFC 7515 7.1",
        layer="parse",
    )


def check_algorithm(header: Mapping[str, Any]) -> None:
    """Refuse every ``alg`` but ES256, before any key is looked at (``alg_not_allowed``)."""
    if header.get("alg") != ES256:
        raise WarifuError(
            "alg_not_allowed", "only ES256 is accepted", hint="sign with ES256 on P-256", clause="RFC 8725 3.1", layer="signature"
        )


def check_typ(header: Mapping[str, Any], typ: str) -> None:
    """Refuse a token of another lane (``wrong_typ``); the comparison is exact."""
    if header.get("typ") != typ:
        raise WarifuError(
            "wrong_typ",
            f"the token is not of type {typ}",
            hint="each kind of token has a typ of its own",
            clause="RFC 8725 3.11",
            layer="parse",
        )


def check_header_names(header: Mapping[str, Any], forbidden: Sequence[str] = _FORBIDDEN_HEADERS) -> None:
    """Refuse header parameters that change the meaning of the token or name a key elsewhere (``header_not_allowed``)."""
    for name in forbidden:
        if name in header:
            raise WarifuError("header_not_allowed", f"the header parameter {name} is not accepted", clause="RFC 7515 4.1.11", layer="parse")


def verify_jws(jws: UnverifiedJws, key: ec.EllipticCurvePublicKey) -> None:
    """Check the signature with ``key``; raises ``bad_signature``."""
    verify_ec(key, jws.signing_input, jws.signature, clause="RFC 7515 5.2")


def public_jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Return the public key as JWK with ``kty crv x y`` and nothing else (RFC 7518 6.2.1)."""
    numbers = key.public_numbers()
    x, y = (b64url_encode(n.to_bytes(32, "big")) for n in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def key_from_jwk(jwk: object) -> ec.EllipticCurvePublicKey:
    """Read a public P-256 JWK.

    Raises:
        WarifuError: ``bad_jwk`` where it is no EC P-256 key on the curve, holds private or symmetric members, points
            elsewhere by ``x5u`` or ``jku``, or has coordinates that are not 32 bytes (RFC 7518 6.2.1).
    """
    if not isinstance(jwk, dict) or jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise _bad_jwk("the key is not an EC key on P-256")
    check_public_members(jwk)
    x, y = jwk.get("x"), jwk.get("y")
    if not isinstance(x, str) or not isinstance(y, str) or len(x) != 43 or len(y) != 43:
        raise _bad_jwk("a coordinate is not 32 bytes long")
    point = b"\x04" + b64url_decode(x) + b64url_decode(y)
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_P256, point)
    except ValueError as error:
        raise _bad_jwk("the point is not on the curve") from error


def check_public_members(jwk: Mapping[str, Any]) -> None:
    """Refuse private and symmetric members, keys that stand elsewhere and keys for other algorithms (``bad_jwk``)."""
    if not _NOT_PUBLIC.isdisjoint(jwk) or jwk.get("alg", ES256) not in (ES256, "ECDH-ES"):
        raise _bad_jwk("the key holds members that a public P-256 key must not have")


def _bad_jwk(message: str) -> WarifuError:
    return WarifuError("bad_jwk", message, hint="use a public EC P-256 key", clause="RFC 7518 6.2.1", layer="parse")


def jwk_thumbprint(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the SHA-256 thumbprint, 32 raw bytes (RFC 7638 3)."""
    jwk = public_jwk(key)
    text = f'{{"crv":"P-256","kty":"EC","x":"{jwk["x"]}","y":"{jwk["y"]}"}}'
    return hashlib.sha256(text.encode("ascii")).digest()


def x5c_header(chain_der: Sequence[bytes]) -> list[str]:
    """Return the ``x5c`` header value, standard base64 with padding, leaf first (RFC 7515 4.1.6)."""
    return [base64.b64encode(der).decode("ascii") for der in chain_der]


def x5c_chain(header: Mapping[str, Any]) -> tuple[bytes, ...]:
    """Return the certificates of the ``x5c`` header as DER, leaf first; empty where the header names none.

    Raises:
        WarifuError: ``bad_x5c`` where the value is no list of 1 to 4 texts in standard base64 of at most 8 KiB each
            (RFC 7515 4.1.6).
    """
    if "x5c" not in header:
        return ()
    texts = header["x5c"]
    if type(texts) is not list or not 1 <= len(texts) <= MAX_CHAIN:
        raise _bad_x5c()
    if any(type(text) is not str or len(text) > MAX_CERTIFICATE_BYTES * 4 // 3 + 4 for text in texts):
        raise _bad_x5c()
    return tuple(_certificate(text) for text in texts)


@lru_cache(maxsize=256)  # the same few signers come again and again
def _certificate(text: str) -> bytes:
    try:
        check_last_character(text.rstrip("="))
        der = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except (ValueError, WarifuError) as error:  # binascii.Error and UnicodeEncodeError are ValueErrors
        raise _bad_x5c() from error
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise _bad_x5c()
    return der


def _bad_x5c() -> WarifuError:
    return WarifuError(
        "bad_x5c",
        f"x5c is not a list of 1 to {MAX_CHAIN} certificates in base64",
        hint="leaf first, standard base64 with padding, no trust anchor",
        clause="RFC 7515 4.1.6",
        layer="chain",
    )
