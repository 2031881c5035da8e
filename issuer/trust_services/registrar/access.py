"""Scoped keys of the registrar's back office, shown once and kept as hashes (threat F14)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

import sqlalchemy as sa

from issuer.store.registrar import api_key
from runtime.access_keys import bearer_key, check_scope, check_scopes_known, key_unknown, new_key
from runtime.store import begin, read
from schemas.messages.jobs import hash_code

SCOPES = frozenset({"relying-parties", "issuers"})


def create_api_key(engine: sa.Engine, *, actor: str, scopes: Collection[str], random: Callable[[int], bytes], at: datetime) -> str:
    """Store a new key's hash and return the key; raises ``scope_unknown``."""
    check_scopes_known(scopes, SCOPES)
    key = new_key("rk_", random)
    with begin(engine) as connection:
        connection.execute(sa.insert(api_key).values(key_hash=hash_code(key), actor=actor, scopes=sorted(scopes), created_at=at))
    return key


def actor_of(engine: sa.Engine, authorization: str, *, scope: str) -> str:
    """Return whose key an Authorization header carries.

    Raises:
        WarifuError: ``key_unknown`` where it is missing, unknown or revoked, ``scope_missing``.
    """
    key = bearer_key(authorization)
    with read(engine) as connection:
        query = sa.select(api_key).where(api_key.c.key_hash == hash_code(key), api_key.c.revoked_at.is_(None))
        row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise key_unknown()
    check_scope(row["scopes"], scope)
    return str(row["actor"])
