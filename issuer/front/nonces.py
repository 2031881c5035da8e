"""Nonces that need no row until they are used: random, dated and authenticated by a key that all workers share.

The nonce endpoint is open to everybody, so it must not write.  A nonce is ``expiry ‖ 16 random bytes ‖ HMAC``; using one
writes its hash as single use until it would have expired anyway (threat C13).
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode

RANDOM_BYTES: Final = 16
_MAC_BYTES: Final = 16
_LENGTH: Final = 8 + RANDOM_BYTES + _MAC_BYTES


@dataclass(frozen=True, slots=True)
class NonceMint:
    """Makes and recognises the nonces of one purpose; nonces of another purpose are foreign to it."""

    secret: bytes = field(repr=False)
    purpose: str
    life: timedelta

    def make(self, *, random: bytes, at: datetime) -> str:
        """Return a nonce that can be used until ``at`` plus the life; ``random`` is 16 bytes."""
        body = struct.pack(">Q", int((at + self.life).timestamp())) + random
        return b64url_encode(body + self._mac(body))

    def expiry(self, nonce: str, *, at: datetime) -> datetime:
        """Return until when ``nonce`` can be used.

        Raises:
            WarifuError: ``nonce_unknown`` where this mint did not make it, ``nonce_expired``.
        """
        body = self._checked_body(nonce)
        expires_at = datetime.fromtimestamp(struct.unpack(">Q", body[:8])[0], UTC)
        check_nonce_fresh(expires_at, at)
        return expires_at

    def _checked_body(self, nonce: str) -> bytes:
        try:
            data = b64url_decode(nonce, max_bytes=_LENGTH)
        except WarifuError as error:
            raise _unknown() from error
        if len(data) != _LENGTH:
            raise _unknown()
        body, mac = data[:-_MAC_BYTES], data[-_MAC_BYTES:]
        check_nonce_ours(mac, self._mac(body))
        return body

    def _mac(self, body: bytes) -> bytes:
        return hmac.new(self.secret, self.purpose.encode() + b"\x00" + body, hashlib.sha256).digest()[:_MAC_BYTES]


def check_nonce_ours(mac: bytes, expected: bytes) -> None:
    """Raise ``nonce_unknown`` unless the nonce carries our authentication code."""
    if not hmac.compare_digest(mac, expected):
        raise _unknown()


def check_nonce_fresh(expires_at: datetime, at: datetime) -> None:
    """Raise ``nonce_expired`` once the nonce's time is over."""
    if at >= expires_at:
        raise WarifuError(
            "nonce_expired",
            "the nonce is too old",
            hint="fetch a new one from the nonce endpoint",
            clause="OpenID4VCI 1.0 7",
            layer="validity",
        )


def _unknown() -> WarifuError:
    return WarifuError(
        "nonce_unknown",
        "the nonce was not issued here",
        hint="fetch one from the nonce endpoint",
        clause="OpenID4VCI 1.0 7",
        layer="key-binding",
    )
