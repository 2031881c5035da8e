"""Scoped keys of the back office, stored as hashes (design 5; threat row F14)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from issuer.store.municipality.issuing import api_key
from schemas.errors import WarifuError

SCOPES = frozenset({"offers", "status", "residents", "audit"})


def create_staff_key(connection: sa.Connection, *, actor: str, scopes: Collection[str], at: datetime) -> str:
    """Store a new key's hash and return the key, which is shown once.

    Raises:
        WarifuError: ``scope_unknown`` for a scope that no route asks for.
    """
    unknown = set(scopes) - SCOPES
    if unknown or not scopes:
        raise WarifuError("scope_unknown", "the key names no scope or an unknown one", hint=f"choose from {', '.join(sorted(SCOPES))}")
    key = "wk_" + secrets.token_urlsafe(32)
    connection.execute(sa.insert(api_key).values(key_hash=_hash(key), actor=actor, scopes=sorted(scopes), created_at=at))
    return key


def actor_of(connection: sa.Connection, key: str, *, scope: str) -> str:
    """Return the actor behind a key.

    Raises:
        WarifuError: ``key_unknown`` for a key that is not stored or was revoked, ``scope_missing`` where it may do less.
    """
    row = connection.execute(sa.select(api_key).where(api_key.c.key_hash == _hash(key), api_key.c.revoked_at.is_(None))).first()
    if row is None:
        raise WarifuError(
            "key_unknown", "the key is not known here", hint="send Authorization: Bearer with a key of this office", layer="policy"
        )
    if scope not in row.scopes:
        raise WarifuError("scope_missing", f"the key lacks the scope {scope}", hint="ask for a key with this scope", layer="policy")
    actor: str = row.actor
    return actor


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
