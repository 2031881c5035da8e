"""Tables of the registrar; certificates are public, keys of the back office are kept as hashes."""

from __future__ import annotations

import sqlalchemy as sa

from runtime.store import UtcDateTime

metadata = sa.MetaData()

#: One certified relying party; a renewal is a row of its own.
relying_party = sa.Table(
    "registrar_relying_party",
    metadata,
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

#: One issuer of the trust list, by its identifier.
issuer = sa.Table(
    "registrar_issuer",
    metadata,
    sa.Column("issuer", sa.String(2048), primary_key=True),
    sa.Column("municipality_code", sa.String(6), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("status_origins", sa.JSON, nullable=False),
    sa.Column("actor", sa.String(128), nullable=False),
    sa.Column("registered_at", UtcDateTime, nullable=False),
)

api_key = sa.Table(
    "registrar_api_key",
    metadata,
    sa.Column("key_hash", sa.String(43), primary_key=True),
    sa.Column("actor", sa.String(128), nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
)
