"""Scoped keys of the registrar's back office, shown once and kept as hashes (threat F14)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

import sqlalchemy as sa

from issuer.store.registrar import api_key
from runtime.store import begin, read
from schemas.errors import WarifuError
from schemas.messages.jobs import hash_code, new_identifier

SCOPES = frozenset({"relying-parties", "issuers"})


def create_api_key(engine: sa.Engine, *, actor: str, scopes: Collection[str], random: Callable[[int], bytes], at: datetime) -> str:
    """Store a new key's hash and return the key; raises ``scope_unknown``."""
    if not scopes or not set(scopes) <= SCOPES:
        raise WarifuError("scope_unknown", "the key names no scope or an unknown one", hint=f"choose from {', '.join(sorted(SCOPES))}")
    key = f"rk_{new_identifier(random(32))}"
    with begin(engine) as connection:
        connection.execute(sa.insert(api_key).values(key_hash=hash_code(key), actor=actor, scopes=sorted(scopes), created_at=at))
    return key


def actor_of(engine: sa.Engine, authorization: str, *, scope: str) -> str:
    """Return whose key an Authorization header carries.

    Raises:
        WarifuError: ``key_unknown`` where it is missing, unknown or revoked, ``scope_missing``.
    """
    kind, _, key = authorization.partition(" ")
    with read(engine) as connection:
        query = sa.select(api_key).where(api_key.c.key_hash == hash_code(key), api_key.c.revoked_at.is_(None))
        row = connection.execute(query).mappings().one_or_none()
    if row is None or kind.lower() != "bearer":
        raise WarifuError(
            "key_unknown", "the key is not known here", hint="send Authorization: Bearer with a key of this registrar", layer="policy"
        )
    check_scope(row["scopes"], scope)
    return str(row["actor"])


def check_scope(scopes: Collection[str], scope: str) -> None:
    """A key does what it was made for and nothing else."""
    if scope not in scopes:
        raise WarifuError("scope_missing", f"the key lacks the scope {scope}", hint="ask for a key with this scope", layer="policy")
