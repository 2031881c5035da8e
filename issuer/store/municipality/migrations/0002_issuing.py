"""Keys, handles, copies, status lists, staff keys and the audit log.

Triggers keep what must never be undone: a revoked status entry stays revoked, an entry is never deleted or moved, and
the audit log only grows.
"""

import sqlalchemy as sa
from alembic import op

from runtime.store import UtcDateTime

revision = "0002_issuing"
down_revision = "0001_register"


def upgrade() -> None:
    """Write the schema of this revision; later changes of the tables are later revisions."""
    _keys_and_handles()
    _status()
    _copies()
    _log()
    for statement in _guards(op.get_bind().dialect.name):
        op.execute(statement)


def _keys_and_handles() -> None:
    op.create_table(
        "signing_key",
        sa.Column("key_id", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("uri", sa.Text, nullable=False),
        sa.Column("certificate", sa.LargeBinary, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("retired_at", UtcDateTime),
    )
    op.create_table(
        "subject_handle",
        sa.Column("handle", sa.String(64), primary_key=True),
        sa.Column("resident_id", sa.String(32), nullable=False, index=True),
        sa.Column("configurations", sa.JSON, nullable=False),
        sa.Column("special_items", sa.JSON, nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime),
    )
    op.create_table(
        "api_key",
        sa.Column("key_hash", sa.String(64), primary_key=True),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime),
    )


def _status() -> None:
    op.create_table(
        "status_list",
        sa.Column("list_id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(3), nullable=False),
        sa.Column("uri", sa.Text, nullable=False, unique=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("closed_at", UtcDateTime),
        sa.Column("published_iat", sa.BigInteger),
        sa.Column("published_bits", sa.LargeBinary),
    )
    op.create_table(
        "status_entry",
        sa.Column("list_id", sa.String(32), sa.ForeignKey("status_list.list_id"), primary_key=True),
        sa.Column("idx", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("credential_id", sa.String(32), unique=True),
        sa.Column("revoked", sa.Boolean, nullable=False),
        sa.Index("status_entry_revoked", "list_id", "revoked"),
    )


def _copies() -> None:
    op.create_table(
        "credential_copy",
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


def _log() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False, index=True),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("entry_hash", sa.String(64), nullable=False),
    )


_RULES = (
    ("status_entry", "UPDATE", "OLD.revoked AND NOT NEW.revoked", "a revocation is never taken back"),
    ("status_entry", "UPDATE", "OLD.list_id <> NEW.list_id OR OLD.idx <> NEW.idx", "a status entry is never moved"),
    ("status_entry", "DELETE", "", "a status entry is never deleted"),
    ("credential_copy", "UPDATE", "OLD.state = 'revoked' AND NEW.state <> 'revoked'", "a revoked copy stays revoked"),
    ("credential_copy", "DELETE", "", "a copy is never forgotten"),
    ("audit_entry", "UPDATE", "", "the audit log only grows"),
    ("audit_entry", "DELETE", "", "the audit log only grows"),
)


def _guards(dialect: str) -> list[str]:
    statements = []
    for number, (table, action, condition, text) in enumerate(_RULES):
        name = f"guard_issuing_{number}"
        when = f"WHEN ({condition})" if condition else ""
        if dialect == "postgresql":
            body = f"BEGIN RAISE EXCEPTION '{text}' USING ERRCODE = '23514'; END"
            statements.append(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
            statements.append(f"CREATE TRIGGER {name} BEFORE {action} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION {name}()")
        else:
            statements.append(
                f"CREATE TRIGGER {name} BEFORE {action} ON {table} FOR EACH ROW {when} BEGIN SELECT RAISE(ABORT, '{text}'); END"
            )
    return statements
