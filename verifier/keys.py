"""Scoped keys of the back office: shown once, stored as hashes, each with the actor that the audit names."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from runtime.access_keys import bearer_key, check_scope, check_scopes_known, key_unknown, new_key
from runtime.store import read
from verifier.store.tables import api_keys

SCOPES: Final = frozenset({"verify", "sessions"})
PREFIX: Final = "vk_"
REMEMBERED_FOR: Final = timedelta(seconds=5)
MAX_REMEMBERED: Final = 1024


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Whose key it is, and what it may do."""

    actor: str
    scopes: frozenset[str]


def create_key(connection: sa.Connection, *, actor: str, scopes: Collection[str], at: datetime) -> str:
    """Store the hash of a new key and return the key itself.

    Raises:
        WarifuError: ``scope_unknown``.
    """
    check_scopes_known(scopes, SCOPES)
    key = new_key(PREFIX)
    row = {"id": secrets.token_hex(8), "key_hash": _hash(key), "actor": actor, "scopes": " ".join(sorted(scopes)), "created_at": at}
    connection.execute(api_keys.insert().values(row))
    return key


def list_keys(connection: sa.Connection) -> list[dict[str, Any]]:
    """Return id, actor, scopes and times of every key; never a key."""
    rows = connection.execute(sa.select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id))
    return [
        {
            "id": row.id,
            "actor": row.actor,
            "scopes": row.scopes.split(),
            "created_at": row.created_at.isoformat(),
            "revoked_at": None if row.revoked_at is None else row.revoked_at.isoformat(),
        }
        for row in rows
    ]


def revoke_key(connection: sa.Connection, key_id: str, *, at: datetime) -> None:
    """End a key; raises ``key_unknown`` where there is none of this id."""
    ended = api_keys.update().where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None)).values(revoked_at=at)
    if connection.execute(ended).rowcount != 1:
        raise key_unknown()


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


class KeyRing:
    """Looks keys up and remembers the answer for five seconds; an ended key lives on no longer than that."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], datetime]) -> None:
        """Start with nothing remembered."""
        self._engine = engine
        self._clock = clock
        self._remembered: dict[bytes, tuple[KeyHolder, datetime]] = {}

    def holder(self, authorization: str, scope: str) -> KeyHolder:
        """Return who sent ``Authorization: Bearer …``.

        Raises:
            WarifuError: ``key_unknown`` or ``scope_missing``.
        """
        holder = self._find(_hash(bearer_key(authorization)))
        check_scope(holder.scopes, scope)
        return holder

    def _find(self, key_hash: bytes) -> KeyHolder:
        at = self._clock()
        known = self._remembered.get(key_hash)
        if known is not None and at - known[1] < REMEMBERED_FOR:
            return known[0]
        self._remembered.pop(key_hash, None)
        with read(self._engine) as connection:
            query = sa.select(api_keys).where(api_keys.c.key_hash == key_hash, api_keys.c.revoked_at.is_(None))
            row = connection.execute(query).one_or_none()
        if row is None:
            raise key_unknown()
        if len(self._remembered) >= MAX_REMEMBERED:
            self._remembered.clear()
        holder = KeyHolder(row.actor, frozenset(row.scopes.split()))
        self._remembered[key_hash] = (holder, at)
        return holder
