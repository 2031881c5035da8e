"""Scoped keys of the back office, stored as hashes (design 5; threat row F14)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from issuer.store.municipality.issuing import api_key
from runtime.access_keys import bearer_key, check_scope, check_scopes_known, key_unknown, new_key

SCOPES = frozenset({"offers", "status", "residents", "audit"})


def create_staff_key(connection: sa.Connection, *, actor: str, scopes: Collection[str], at: datetime) -> str:
    """Store a new key's hash and return the key, which is shown once.

    Raises:
        WarifuError: ``scope_unknown`` for a scope that no route asks for.
    """
    check_scopes_known(scopes, SCOPES)
    key = new_key("wk_")
    connection.execute(sa.insert(api_key).values(key_hash=_hash(key), actor=actor, scopes=sorted(scopes), created_at=at))
    return key


def actor_of(connection: sa.Connection, authorization: str, *, scope: str) -> str:
    """Return whose key an Authorization header carries.

    Raises:
        WarifuError: ``key_unknown`` where it is missing, unknown or revoked, ``scope_missing`` where it may do less.
    """
    key = bearer_key(authorization)
    row = connection.execute(sa.select(api_key).where(api_key.c.key_hash == _hash(key), api_key.c.revoked_at.is_(None))).first()
    if row is None:
        raise key_unknown()
    check_scope(row.scopes, scope)
    actor: str = row.actor
    return actor


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
