"""One small list, and tools to make hostile tokens."""

from __future__ import annotations

import zlib
from datetime import timedelta
from typing import Any

import pytest

from schemas.errors import WarifuError
from schemas.formats.cbor import cbor_encode
from schemas.formats.cose import sign_cose, tag_sign1
from schemas.formats.encoding import b64url_encode
from schemas.formats.jose import sign_jwt
from schemas.formats.numeric_date import to_numeric_date
from schemas.formats.status_list import CWT_MEDIA_TYPE, JWT_MEDIA_TYPE, StatusBits, seal_status_cwt, seal_status_jwt
from tests.schemas.formats.keys import AT, signer_for

SIGNER = signer_for("status signer")
URI = "https://warifu.example/999997/status/1"
CHAIN = (b"leaf", b"intermediate")
FORMS = (JWT_MEDIA_TYPE, CWT_MEDIA_TYPE)
LABELS = {"sub": 2, "iat": 6, "exp": 4, "ttl": 65534, "status_list": 65533}
ABSENT = object()


def bits() -> StatusBits:
    """1,024 entries of which 0, 3 and 1023 are revoked."""
    made = StatusBits.new(1024)
    for index in (0, 3, 1023):
        made.set(index)
    return made


def sealed(media_type: str, **changes: Any) -> bytes:
    """The list under a signature; keywords replace arguments of the sealing functions."""
    arguments = {
        "uri": URI,
        "iat": AT,
        "exp": AT + timedelta(hours=12),
        "ttl": timedelta(minutes=1),
        "signer": SIGNER,
        "chain_der": CHAIN,
    } | changes
    if media_type == JWT_MEDIA_TYPE:
        return seal_status_jwt(bits(), **arguments).encode("ascii")
    return seal_status_cwt(bits(), **arguments)


def crafted(media_type: str, *, packed: Any = None, width: Any = 1, typ: Any = None, **claims: Any) -> bytes:
    """A signed token with ``claims`` as they are: what a hostile or careless issuer can make."""
    jwt = media_type == JWT_MEDIA_TYPE
    plain: dict[str, Any] = {"sub": URI, "iat": to_numeric_date(AT), "exp": to_numeric_date(AT) + 3600, "ttl": 60}
    compressed = zlib.compress(bytes(bits())) if packed is None else packed
    if jwt and isinstance(compressed, bytes):
        compressed = b64url_encode(compressed)
    plain |= {"status_list": {"bits": width, "lst": compressed}} | claims
    kept = {name: value for name, value in plain.items() if value is not ABSENT}
    if jwt:
        return sign_jwt(typ or "statuslist+jwt", kept, SIGNER).encode("ascii")
    payload = cbor_encode({LABELS[name]: value for name, value in kept.items()})
    return tag_sign1(sign_cose(payload, signer=SIGNER, protected={16: typ or CWT_MEDIA_TYPE}))


def refusal(call: Any, *arguments: Any, **keywords: Any) -> WarifuError:
    """Return the refusal that ``call`` raises; anything else, success included, fails the test."""
    with pytest.raises(WarifuError) as caught:
        call(*arguments, **keywords)
    return caught.value
