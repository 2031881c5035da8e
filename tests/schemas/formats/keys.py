"""Keys for the tests of the formats, which stand below everything that ``tests.world`` builds on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec

from schemas.formats.jose import sign_ec

AT = datetime(2026, 4, 1, 12, 0, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TestSigner:
    """A P-256 key pair."""

    __test__ = False

    private_key: ec.EllipticCurvePrivateKey

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self.private_key.public_key()

    def sign(self, message: bytes) -> bytes:
        """Return r‖s over ``message``."""
        return sign_ec(self.private_key, message)


@cache
def signer_for(name: str) -> TestSigner:
    """Return the key that belongs to ``name``, the same in every run."""
    return TestSigner(ec.derive_private_key(int.from_bytes(hashlib.sha256(name.encode()).digest()[:31], "big"), ec.SECP256R1()))
