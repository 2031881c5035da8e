"""Relying parties, issuers and keys of the back office."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from runtime.store import UtcDateTime

revision = "registrar_0001"
down_revision = None


def upgrade() -> None:
    """Create every table of the registrar."""
    op.create_table(
        "registrar_relying_party",
        sa.Column("id", sa.String(43), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("client_id", sa.String(128), nullable=False, unique=True),
        sa.Column("certificate", sa.LargeBinary, nullable=False),
        sa.Column("purposes", sa.JSON, nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("registered_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime),
    )
    op.create_table(
        "registrar_issuer",
        sa.Column("issuer", sa.String(2048), primary_key=True),
        sa.Column("municipality_code", sa.String(6), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("status_origins", sa.JSON, nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("registered_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "registrar_api_key",
        sa.Column("key_hash", sa.String(43), primary_key=True),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime),
    )
