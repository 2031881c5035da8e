"""Keys of a back office: shown once, kept as hashes, each good for the scopes it was made for (threat F14).

What every office does alike stands here.  Its table of keys, and for how long an answer is remembered, are the role's own.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode

KEY_BYTES = 32


def new_key(prefix: str, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """Return a fresh key of 256 bits behind ``prefix``, by which a leaked one is recognised."""
    return prefix + b64url_encode(random_bytes(KEY_BYTES))


def check_scopes_known(scopes: Collection[str], known: Collection[str]) -> None:
    """Refuse a key for nothing, or for a scope that no route asks for (``scope_unknown``)."""
    if not scopes or not set(scopes) <= set(known):
        raise WarifuError("scope_unknown", "the key names no scope or an unknown one", hint=f"choose from {', '.join(sorted(known))}")


def bearer_key(authorization: str) -> str:
    """Return the key of an ``Authorization`` header (RFC 6750 2.1); raises ``key_unknown`` where it carries none."""
    kind, _, key = authorization.partition(" ")
    if kind.lower() != "bearer" or not key:
        raise key_unknown()
    return key


def check_scope(scopes: Collection[str], scope: str) -> None:
    """A key does what it was made for and nothing else (``scope_missing``)."""
    if scope not in scopes:
        raise WarifuError("scope_missing", f"the key lacks the scope {scope}", hint="ask for a key with this scope", layer="policy")


def key_unknown() -> WarifuError:
    """Return the error for a key that is missing, unknown or ended (not raised here): one text, so that none can be told."""
    return WarifuError(
        "key_unknown", "the key is not known here", hint="send Authorization: Bearer with a key of this office", layer="policy"
    )
