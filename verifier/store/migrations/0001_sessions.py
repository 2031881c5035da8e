"""Sessions, keys of the back office, newest status lists, and the single-use guard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from runtime import single_use
from runtime.store import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first tables."""
    op.create_table(
        "verifier_sessions",
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
    op.create_table(
        "verifier_api_keys",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("key_hash", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("scopes", sa.String(200), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime, nullable=True),
    )
    op.create_table(
        "verifier_status_lists",
        sa.Column("uri_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("newest_iat", UtcDateTime, nullable=False),
    )
    single_use.table(sa.MetaData()).create(op.get_bind())
