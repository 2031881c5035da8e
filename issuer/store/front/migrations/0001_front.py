"""Offers, grants, tokens, requests, deferred requests, notifications, shared secrets and the single-use guard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from runtime import single_use
from runtime.store import UtcDateTime

revision = "front_0001"
down_revision = None

HASH = sa.String(43)
IDENTIFIER = sa.String(128)


def upgrade() -> None:
    """Create every table of the front."""
    op.create_table(
        "front_offer",
        sa.Column("offer_id", IDENTIFIER, primary_key=True),
        sa.Column("code_hash", HASH, nullable=False, unique=True),
        sa.Column("configuration_ids", sa.JSON, nullable=False),
        sa.Column("tx_code_hash", sa.String(256)),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("subject_handle", IDENTIFIER, nullable=False, index=True),
        sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
        sa.Column("used_at", UtcDateTime),
    )
    op.create_table(
        "front_grant",
        sa.Column("grant_id", IDENTIFIER, primary_key=True),
        sa.Column("subject_handle", IDENTIFIER, nullable=False, index=True),
        sa.Column("configuration_ids", sa.JSON, nullable=False),
        sa.Column("jkt", HASH, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
        sa.Column("revoked_at", UtcDateTime),
    )
    op.create_table(
        "front_access_token",
        sa.Column("token_hash", HASH, primary_key=True),
        _grant(),
        sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
    )
    op.create_table(
        "front_refresh_token",
        sa.Column("token_hash", HASH, primary_key=True),
        _grant(),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("superseded", sa.Boolean, nullable=False),
    )
    op.create_table(
        "front_request",
        sa.Column("request_hash", HASH, primary_key=True),
        _grant(),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("notification_id", IDENTIFIER, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
    )
    op.create_table(
        "front_deferred",
        sa.Column("transaction_hash", HASH, primary_key=True),
        _grant(),
        sa.Column("job", sa.JSON, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
    )
    op.create_table(
        "front_notification",
        sa.Column("notification_id", IDENTIFIER, primary_key=True),
        _grant(),
        sa.Column("event", sa.String(32)),
        sa.Column("event_at", UtcDateTime),
        sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
    )
    op.create_table(
        "front_shared_secret",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    single_use.table(sa.MetaData()).create(op.get_bind(), checkfirst=True)


def _grant() -> sa.Column[str]:
    return sa.Column("grant_id", IDENTIFIER, sa.ForeignKey("front_grant.grant_id", ondelete="CASCADE"), nullable=False, index=True)
