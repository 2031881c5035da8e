"""Secrets that all workers of one front share through its store."""

from __future__ import annotations

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.dialects import postgresql, sqlite

from issuer.front.tokens import RandomBytes
from issuer.store.front import shared_secret
from runtime.store import begin
from schemas.formats.encoding import b64url_encode
from schemas.formats.jose import jwk_thumbprint, public_jwk


def nonce_secret(engine: sa.Engine, random: RandomBytes) -> bytes:
    """Return the key that authenticates nonces, made on first use."""
    return _shared(engine, "nonce", random(32))


def request_key(engine: sa.Engine) -> dict[str, str]:
    """Return the private JWK for encrypted requests (ECDH-ES, P-256), made on first use.

    It protects requests on their way through proxies; what comes back is encrypted to the wallet's own key.
    """
    fresh = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32, "big")
    secret = _shared(engine, "request-key", fresh)
    key = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1()).public_key()
    names = {"kid": b64url_encode(jwk_thumbprint(key)), "alg": "ECDH-ES", "use": "enc"}
    return {**public_jwk(key), **names, "d": b64url_encode(secret)}


def _shared(engine: sa.Engine, name: str, fresh: bytes) -> bytes:
    """Return the stored secret, storing ``fresh`` where there is none; of several processes one wins."""
    with begin(engine) as connection:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(insert(shared_secret).values(name=name, value=fresh).on_conflict_do_nothing())
        value: bytes = connection.execute(sa.select(shared_secret.c.value).where(shared_secret.c.name == name)).scalar_one()
    return value
