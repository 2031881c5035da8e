"""Status list tokens: a list under a signature, as JWT for SD-JWT VC and as CWT for mdoc (Token Status List 5, 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec

from schemas.errors import WarifuError
from schemas.formats.cbor import TAG_SIGN1, cbor_decode, cbor_encode, head
from schemas.formats.cose import TYP, X5CHAIN, Sign1, chain_of, parse_sign1, sign_cose, tag_sign1, verify_sign1, x5chain_value
from schemas.formats.encoding import b64url_decode, b64url_encode, too_large
from schemas.formats.jose import Signer, UnverifiedJws, parse_jws, sign_jwt, verify_jws, x5c_chain, x5c_header
from schemas.formats.numeric_date import from_numeric_date, to_numeric_date
from schemas.formats.status_list.bits import MAX_DECODED_BYTES, StatusBits, check_width

JWT_MEDIA_TYPE: Final = "application/statuslist+jwt"
CWT_MEDIA_TYPE: Final = "application/statuslist+cwt"
JWT_TYP: Final = "statuslist+jwt"
MAX_TOKEN_BYTES: Final = 1024 * 1024
MAX_TTL: Final = timedelta(days=3650)
_Names = tuple[int | str, int | str, int | str, int | str, int | str]
_JWT_NAMES: Final[_Names] = ("sub", "iat", "exp", "ttl", "status_list")
_CWT_LABELS: Final[_Names] = (2, 6, 4, 65534, 65533)
_TAG_18: Final = head(6, TAG_SIGN1)
_CLAUSE: Final = "Token Status List 5.1, 5.2"


@dataclass(frozen=True, slots=True)
class UnverifiedStatusToken:
    """A status list token whose signature, signer and times have not been checked; its list is still packed.

    Attributes:
        uri: ``sub``, the address the list was published for.
        iat: time of issue.
        exp: end of use, ``None`` where the token names none.
        ttl: how long a copy may be kept, ``None`` where the token does not say.
        chain_der: certificates of the signer, leaf first; empty where the token names none.
        width: bits an entry.
        compressed: the packed list.
        signed: the signature's parts, for :func:`verify_status_token`.
    """

    uri: str
    iat: datetime
    exp: datetime | None
    ttl: timedelta | None
    chain_der: tuple[bytes, ...]
    width: int
    compressed: bytes
    signed: UnverifiedJws | Sign1

    def decode(self, *, max_decoded: int = MAX_DECODED_BYTES) -> StatusBits:
        """Unpack the list; see :meth:`StatusBits.decompress`. To be called after the signature has been checked."""
        return StatusBits.decompress(self.compressed, width=self.width, max_decoded=max_decoded)

    @property
    def bits(self) -> StatusBits:
        """The list, unpacked anew at each access, of at most 256 KiB; :meth:`decode` takes another limit."""
        return self.decode()


def seal_status_jwt(
    bits: StatusBits, *, uri: str, iat: datetime, exp: datetime, ttl: timedelta | int, signer: Signer, chain_der: Sequence[bytes]
) -> str:
    """Return ``bits`` as a signed JWT for the address ``uri``.

    Args:
        iat: time of issue.
        exp: end of use.
        ttl: how long a copy may be kept; seconds where it is an integer.
        signer: the status signer's key.
        chain_der: its certificates, leaf first, without the root.
    """
    issued, expires, seconds = _times(iat, exp, ttl)
    status_list = {"bits": bits.width, "lst": b64url_encode(bits.compress())}
    claims = {"sub": uri, "iat": issued, "exp": expires, "ttl": seconds, "status_list": status_list}
    return sign_jwt(JWT_TYP, claims, signer, header={"x5c": x5c_header(chain_der)} if chain_der else None)


def seal_status_cwt(
    bits: StatusBits, *, uri: str, iat: datetime, exp: datetime, ttl: timedelta | int, signer: Signer, chain_der: Sequence[bytes]
) -> bytes:
    """Return ``bits`` as a signed CWT, tagged 18 and not 61; arguments as for :func:`seal_status_jwt`."""
    claims = dict(zip(_CWT_LABELS, (uri, *_times(iat, exp, ttl), {"bits": bits.width, "lst": bits.compress()}), strict=True))
    unprotected: dict[int | str, Any] = {X5CHAIN: x5chain_value(chain_der)} if chain_der else {}
    return tag_sign1(sign_cose(cbor_encode(claims), signer=signer, protected={TYP: CWT_MEDIA_TYPE}, unprotected=unprotected))


def _times(iat: datetime, exp: datetime, ttl: timedelta | int) -> tuple[int, int, int]:
    return to_numeric_date(iat), to_numeric_date(exp), ttl if isinstance(ttl, int) else ttl // timedelta(seconds=1)


def parse_status_token(body: bytes, *, media_type: str, max_bytes: int = MAX_TOKEN_BYTES) -> UnverifiedStatusToken:
    """Read a status list token; nothing is unpacked yet.

    Args:
        body: as fetched, at most ``max_bytes``.
        media_type: ``application/statuslist+jwt`` or ``application/statuslist+cwt``, as the credential's format demands
            and not as the server says.

    Raises:
        WarifuError: ``too_large``, ``status_media_type_unknown``, ``bad_status_token``, ``bad_status_list``,
            ``bad_numeric_date``, ``wrong_typ``, or what the readers of JWS, COSE, JSON and CBOR raise.
    """
    check_token_size(body, max_bytes)
    if media_type == JWT_MEDIA_TYPE:
        return _parse_jwt(body, max_bytes)
    if media_type == CWT_MEDIA_TYPE:
        return _parse_cwt(body, max_bytes)
    raise WarifuError("status_media_type_unknown", "a status list is a JWT or a CWT", clause="Token Status List 8.1", layer="status")


def check_token_size(body: bytes, max_bytes: int) -> None:
    """Refuse a token above ``max_bytes`` before anything is read (``too_large``)."""
    if len(body) > max_bytes:
        raise too_large(max_bytes, clause="Token Status List 11")


def _parse_jwt(body: bytes, max_bytes: int) -> UnverifiedStatusToken:
    if not body.isascii():
        raise bad_token("the token is not a JWT")
    jws = parse_jws(body.decode("ascii"), typ=JWT_TYP, max_bytes=max_bytes)
    return _token(jws.claims(), _JWT_NAMES, x5c_chain(jws.header), jws)


def _parse_cwt(body: bytes, max_bytes: int) -> UnverifiedStatusToken:
    check_tag(body)
    sign1 = parse_sign1(cbor_decode(body[1:], max_bytes=max_bytes))
    check_cwt_typ(sign1)
    return _token(_map(cbor_decode(sign1.payload or b"", max_bytes=max_bytes)), _CWT_LABELS, chain_of(sign1), sign1)


def _token(claims: Mapping[Any, Any], names: _Names, chain_der: tuple[bytes, ...], signed: UnverifiedJws | Sign1) -> UnverifiedStatusToken:
    sub, iat, exp, ttl, status_list = names
    uri = claims.get(sub)
    if not isinstance(uri, str):
        raise bad_token("the token names no address in sub")
    content = _map(claims.get(status_list))
    return UnverifiedStatusToken(
        uri=uri,
        iat=from_numeric_date(claims.get(iat), "iat", layer="status"),
        exp=from_numeric_date(claims[exp], "exp", layer="status") if exp in claims else None,
        ttl=read_ttl(claims[ttl]) if ttl in claims else None,
        chain_der=chain_der,
        width=check_width(content.get("bits")),
        compressed=_packed(content.get("lst"), signed),
        signed=signed,
    )


def _packed(value: object, signed: UnverifiedJws | Sign1) -> bytes:
    if isinstance(signed, Sign1) and isinstance(value, bytes):
        return value
    if isinstance(signed, UnverifiedJws) and isinstance(value, str):
        return b64url_decode(value, max_bytes=len(value))
    raise bad_token("the token holds no list")


def read_ttl(value: object) -> timedelta:
    """Return ``ttl``, whole seconds above 0 and up to ten years; raises ``bad_status_token`` for anything else."""
    if type(value) is not int or not 0 < value <= MAX_TTL // timedelta(seconds=1):
        raise bad_token("ttl is not a positive number of seconds")
    return timedelta(seconds=value)


def check_tag(body: bytes) -> None:
    """Refuse a CWT that does not begin with tag 18, COSE_Sign1: untagged, in tag 61 or as a MAC (``bad_status_token``)."""
    if body[:1] != _TAG_18:
        raise bad_token("the token is not a CBOR item of tag 18")


def check_cwt_typ(sign1: Sign1) -> None:
    """Refuse a COSE_Sign1 whose protected ``typ`` is not that of a status list (``wrong_typ``)."""
    if sign1.protected.get(TYP) != CWT_MEDIA_TYPE:
        raise WarifuError(
            "wrong_typ",
            f"the token is not of type {CWT_MEDIA_TYPE}",
            hint="put typ (16) into the protected header",
            clause="Token Status List 5.2",
            layer="parse",
        )


def verify_status_token(token: UnverifiedStatusToken, key: ec.EllipticCurvePublicKey) -> None:
    """Check the signature with ``key``, which the caller took from a checked chain; raises ``bad_signature``."""
    if isinstance(token.signed, UnverifiedJws):
        verify_jws(token.signed, key)
    else:
        verify_sign1(token.signed, key)


def bad_token(message: str) -> WarifuError:
    """Return the error for a token of wrong form (not raised here)."""
    return WarifuError("bad_status_token", message, hint="publish a status list token", clause=_CLAUSE, layer="status")


def _map(value: object) -> Mapping[Any, Any]:
    if not isinstance(value, dict):
        raise bad_token("the token is not made of maps where it should be")
    return value
