"""JWE with ECDH-ES and AES-GCM, every random part given, so that the same text comes out in every run (RFC 7518 4.6, 5.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.formats.encoding import b64url_decode, b64url_encode, dump_json
from schemas.formats.jose import public_jwk
from tests.vectors.forge import Edit, same
from tests.world.actors import DeterministicSigner, signer_for

RECIPIENT: Final[DeterministicSigner] = signer_for("response encryption")
EPHEMERAL: Final[DeterministicSigner] = signer_for("ephemeral")
VECTOR: Final = bytes(range(12))
KID: Final = "request-1"


def private_jwk() -> dict[str, str]:
    """Return the verifier's key of this request."""
    secret = RECIPIENT.private_key.private_numbers().private_value.to_bytes(32, "big")
    return {**public_jwk(RECIPIENT.public_key), "kid": KID, "d": b64url_encode(secret)}


def encrypted(plaintext: bytes, *, enc: str = "A128GCM", header: Edit = same, key_enc: str | None = None) -> list[str]:
    """Return the five parts of a JWE for the verifier's key.

    Args:
        header: edits the header before anything is derived from it or bound to it.
        key_enc: the algorithm that the key is derived for, where it is not the one named.
    """
    head: dict[str, Any] = {"alg": "ECDH-ES", "enc": enc, "kid": KID, "epk": public_jwk(EPHEMERAL.public_key)}
    header(head)
    protected = b64url_encode(dump_json(head))
    sealed = AESGCM(_key(head, key_enc or enc)).encrypt(VECTOR, plaintext, protected.encode("ascii"))
    return [protected, "", b64url_encode(VECTOR), b64url_encode(sealed[:-16]), b64url_encode(sealed[-16:])]


def _key(head: Mapping[str, Any], enc: str) -> bytes:
    """Derive the content key (RFC 7518 4.6.2: Concat KDF with SHA-256, one round)."""
    size = {"A128GCM": 16, "A256GCM": 32}[enc]
    shared = EPHEMERAL.private_key.exchange(ec.ECDH(), RECIPIENT.public_key)
    parties = b"".join(_sized(b64url_decode(head.get(name, ""))) for name in ("apu", "apv"))
    info = _sized(enc.encode("ascii")) + parties + (size * 8).to_bytes(4, "big")
    return hashlib.sha256((1).to_bytes(4, "big") + shared + info).digest()[:size]


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data
