"""The status lists of a city, in both encodings, small enough to build in a test."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from schemas.formats.status_list import StatusBits, seal_status_cwt, seal_status_jwt
from schemas.verify import CWT_LIST, JWT_LIST, StatusToken
from tests.world.actors import City

LIST_SIZE = 2**14
TTL = timedelta(minutes=10)


def status_bits(revoked: Collection[int], size: int = LIST_SIZE) -> StatusBits:
    """Return a list of one bit each with ``revoked`` set."""
    bits = StatusBits.new(size)
    for index in revoked:
        bits.set(index)
    return bits


def status_token(city: City, encoding: str, at: datetime, revoked: Collection[int] = (), **changes: Any) -> StatusToken:
    """Return the city's list as ``jwt`` or ``cwt``; ``changes`` replace ``uri iat exp ttl identity signer chain_der bits``."""
    identity = changes.pop("identity", city.status_signer)
    uri = city.status_uri(encoding)
    fetched_at = changes.pop("fetched_at", at)
    bits = changes.pop("bits", None) or status_bits(revoked)
    arguments: dict[str, Any] = {
        "uri": uri,
        "iat": at,
        "exp": at + timedelta(hours=12),
        "ttl": TTL,
        "signer": identity.signer,
        "chain_der": identity.chain_der,
    }
    arguments |= changes
    if encoding == "jwt":
        return StatusToken(uri, JWT_LIST, seal_status_jwt(bits, **arguments).encode("ascii"), fetched_at)
    return StatusToken(uri, CWT_LIST, seal_status_cwt(bits, **arguments), fetched_at)


def status_tokens(city: City, at: datetime, revoked: Collection[int] = (), **changes: Any) -> tuple[StatusToken, ...]:
    """Return both encodings of the city's list 1."""
    return tuple(status_token(city, encoding, at, revoked, **changes) for encoding in ("jwt", "cwt"))
