"""Tables of the verifier.

A session row holds what is needed until the answer has been read, and nothing after: no presentation, no status URI or
index is ever written; claims stand in ``result`` until they are read or expire (threats D05, E12).
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from runtime.store import UtcDateTime

PACKAGE: Final = "verifier.store"
metadata: Final = sa.MetaData()

sessions: Final = sa.Table(
    "verifier_sessions",
    metadata,
    sa.Column("id", sa.String(43), primary_key=True),
    sa.Column("request_id", sa.String(43), nullable=False, unique=True),
    sa.Column("response_secret", sa.String(43), nullable=False, unique=True),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("flow", sa.String(16), nullable=False),
    sa.Column("purpose", sa.LargeBinary, nullable=False),
    sa.Column("nonce", sa.String(64), nullable=False),
    sa.Column("state", sa.String(64), nullable=False),
    sa.Column("encryption_key", sa.LargeBinary, nullable=True),
    sa.Column("browser_hash", sa.LargeBinary(32), nullable=True),
    sa.Column("response_code_hash", sa.LargeBinary(32), nullable=True, unique=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("result", sa.LargeBinary, nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
)

api_keys: Final = sa.Table(
    "verifier_api_keys",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("key_hash", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("scopes", sa.String(200), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime, nullable=True),
)

#: newest issue time seen for a list, under the hash of its URI, so that an older list cannot come back (threat E07)
status_lists: Final = sa.Table(
    "verifier_status_lists",
    metadata,
    sa.Column("uri_hash", sa.LargeBinary(32), primary_key=True),
    sa.Column("newest_iat", UtcDateTime, nullable=False),
)
