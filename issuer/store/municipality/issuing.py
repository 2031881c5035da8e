"""Tables of the inner side that belong to issuing: keys, handles, copies, status lists, staff keys, audit.

Nothing here repeats the register: a copy is known by ids, hashes and its status index, never by its content
(threat row I07).
"""

from __future__ import annotations

import sqlalchemy as sa

from runtime.store import UtcDateTime

metadata = sa.MetaData()

#: A signing key by its URI; the private part is behind the URI, never in the store.
signing_key = sa.Table(
    "signing_key",
    metadata,
    sa.Column("key_id", sa.String(64), primary_key=True),
    sa.Column("role", sa.String(32), nullable=False),
    sa.Column("uri", sa.Text, nullable=False),
    sa.Column("certificate", sa.LargeBinary, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("retired_at", UtcDateTime),
)

#: An opaque handle under which the front knows one resident's right to fetch; it alone maps back to the resident.
subject_handle = sa.Table(
    "subject_handle",
    metadata,
    sa.Column("handle", sa.String(64), primary_key=True),
    sa.Column("resident_id", sa.String(32), nullable=False, index=True),
    sa.Column("configurations", sa.JSON, nullable=False),
    sa.Column("special_items", sa.JSON, nullable=False),
    sa.Column("actor", sa.String(128), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
)

#: One list of status bits at one URI; ``kind`` is ``jwt`` or ``cwt``.
status_list = sa.Table(
    "status_list",
    metadata,
    sa.Column("list_id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(3), nullable=False),
    sa.Column("uri", sa.Text, nullable=False, unique=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("closed_at", UtcDateTime),
    sa.Column("published_iat", sa.BigInteger),
    sa.Column("published_bits", sa.LargeBinary),
)

#: An index that is taken, by a copy or (``credential_id`` null) by a decoy; an index is never given out twice.
status_entry = sa.Table(
    "status_entry",
    metadata,
    sa.Column("list_id", sa.String(32), sa.ForeignKey("status_list.list_id"), primary_key=True),
    sa.Column("idx", sa.Integer, primary_key=True),
    sa.Column("credential_id", sa.String(32), unique=True),
    sa.Column("revoked", sa.Boolean, nullable=False),
    sa.Index("status_entry_revoked", "list_id", "revoked"),
)

#: One issued copy: what it attests by item name, to which key, at which index, and how far it got.
credential_copy = sa.Table(
    "credential_copy",
    metadata,
    sa.Column("credential_id", sa.String(32), primary_key=True),
    sa.Column("handle", sa.String(64), sa.ForeignKey("subject_handle.handle"), nullable=False, index=True),
    sa.Column("resident_id", sa.String(32), nullable=False, index=True),
    sa.Column("record_version", sa.Integer, nullable=False),
    sa.Column("type", sa.String(64), nullable=False),
    sa.Column("format", sa.String(16), nullable=False),
    sa.Column("holder_key", sa.String(64), nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("profile_hash", sa.String(64), nullable=False),
    sa.Column("attested_items", sa.JSON, nullable=False),
    sa.Column("idempotency_key", sa.String(64), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("valid_until", UtcDateTime, nullable=False),
    sa.Column("reserved_at", UtcDateTime, nullable=False),
    sa.Column("delivered_at", UtcDateTime),
    sa.Column("revoked_at", UtcDateTime),
    sa.Index("credential_copy_holder", "holder_key"),
)

#: A staff or machine key for the back office, stored as SHA-256 only.
api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("key_hash", sa.String(64), primary_key=True),
    sa.Column("actor", sa.String(128), nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
)

#: A chained log: each row carries the hash of the one before.
audit_entry = sa.Table(
    "audit_entry",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.String(128), nullable=False),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("previous_hash", sa.String(64), nullable=False),
    sa.Column("entry_hash", sa.String(64), nullable=False),
)
