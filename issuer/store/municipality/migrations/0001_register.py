"""The register: municipality, events, append-only history, current snapshots, search keys, outbox."""

from __future__ import annotations

from itertools import chain

import sqlalchemy as sa
from alembic import op

from issuer.store.municipality.immutability import make_append_only, number_without_gaps
from runtime import outbox
from runtime.store import UtcDateTime

revision = "0001_register"
down_revision = None
branch_labels = None
depends_on = None

metadata = sa.MetaData()

#: Text whose order is that of its code points on both engines, so that a prefix is a range.
KEY_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


def _days(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Date) for name in names]


def _flags(*names: str) -> list[sa.Column[bool]]:
    return [sa.Column(name, sa.Boolean, nullable=False) for name in names]


def _japanese_dates(*names: str) -> list[sa.Column[object]]:
    """Columns of a date as registers write it: the text, its machine form (EDTF), the mask and the decided day."""
    return list(
        chain.from_iterable(
            (
                sa.Column(f"{name}_text", sa.Text),
                sa.Column(f"{name}_edtf", sa.Text),
                sa.Column(f"{name}_mask", sa.String(8)),
                sa.Column(f"{name}_internal", sa.Date),
            )
            for name in names
        )
    )


#: The municipality whose register this is: one row.
municipality = sa.Table(
    "municipality",
    metadata,
    sa.Column("code", sa.String(6), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
)

#: Every event that was applied, with a digest of its content, so that applying it again is noticed.
register_event = sa.Table(
    "register_event",
    metadata,
    sa.Column("event_id", sa.String(64), primary_key=True),
    sa.Column("type", sa.String(32), nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("applied_at", UtcDateTime, nullable=False),
)

#: One snapshot a person an event; never changed, never deleted.
resident_history = sa.Table(
    "resident_history",
    metadata,
    sa.Column("resident_id", sa.String(15), primary_key=True),
    sa.Column("history_number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("event_id", sa.String(64), sa.ForeignKey("register_event.event_id"), nullable=False, index=True),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("event_date", sa.Text, nullable=False),
    sa.Column("filed_on", sa.Date),
    sa.Column("recorded_at", UtcDateTime, nullable=False),
    sa.Column("household_id", sa.String(15), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    *_text("family_name", "given_name", "family_name_kana", "given_name_kana"),
    *_flags("kana_certified"),
    *_text("latin_name", "former_family_name", "former_family_name_kana"),
    *_flags("former_kana_certified"),
    *_text("alias", "alias_kana"),
    *_days("alias_recorded_on"),
    *_text("alias_recorded_in"),
    *_japanese_dates("birth_date"),
    sa.Column("sex", sa.String(8)),
    sa.Column("relationship", sa.Text, nullable=False),
    *_text("householder_name", "domicile", "koseki_head"),
    *_japanese_dates("became_resident_on"),
    *_text(
        "address_postal_code", "address_prefecture", "address_city", "address_town", "address_block", "address_building", "address_code"
    ),
    *_japanese_dates("address_set_on"),
    *_days("address_reported_on"),
    *_text("previous_address", "last_registered_address", "nationality", "nationality_code"),
    *_japanese_dates("became_foreign_resident_on"),
    *_days("alien_registration_on"),
    *_text("residence_class", "residence_status", "residence_period"),
    *_days("residence_expires_on"),
    *_text("residence_card_number", "individual_number", "resident_code"),
    *_flags("electoral_roll", "national_health_insurance", "late_elderly_insurance", "care_insurance", "national_pension"),
    *_flags("child_allowance", "adult_ward"),
    sa.Column("support_state", sa.String(16), nullable=False),
    *_days("support_from", "support_until"),
    sa.Column("card_status", sa.String(16), nullable=False),
    *_text("signature_serial", "authentication_serial"),
    *_days("moving_out_on"),
    *_text("moving_out_to"),
    *_days("moved_out_on"),
    *_japanese_dates("death_date"),
    *_days("struck_on"),
)

#: Which snapshot of a person is the newest, and what is needed to find it; derived from the history.
resident_current = sa.Table(
    "resident_current",
    metadata,
    sa.Column("resident_id", sa.String(15), primary_key=True),
    sa.Column("history_number", sa.Integer, nullable=False),
    sa.Column("household_id", sa.String(15), nullable=False, index=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("moving_out_on", sa.Date, index=True),
    sa.Column("individual_number", sa.String(12), unique=True),
    sa.Column("resident_code", sa.String(11), unique=True),
    sa.ForeignKeyConstraint(["resident_id", "history_number"], ["resident_history.resident_id", "resident_history.history_number"]),
)

#: Folded keys under which a person is found; rebuilt with every snapshot.
resident_search_key = sa.Table(
    "resident_search_key",
    metadata,
    sa.Column("resident_id", sa.String(15), sa.ForeignKey("resident_current.resident_id"), primary_key=True),
    sa.Column("key", KEY_TEXT, primary_key=True),
    sa.Index("resident_search_key_by_key", "key", "resident_id"),
)

#: Who is to be struck on a 転出予定日: the outbox entry that a cancellation takes back, and 続柄 of those who stay.
planned_strike = sa.Table(
    "planned_strike",
    metadata,
    sa.Column("resident_id", sa.String(15), sa.ForeignKey("resident_current.resident_id"), primary_key=True),
    sa.Column("outbox_id", sa.BigInteger, nullable=False),
    sa.Column("relationships", sa.JSON, nullable=False),
)


def upgrade() -> None:
    """Create the tables, and the triggers that keep history and events as they were written."""
    connection = op.get_bind()
    metadata.create_all(connection)
    outbox.table(sa.MetaData()).create(connection)
    for table in ("register_event", "resident_history"):
        make_append_only(connection, table)
    number_without_gaps(connection, "resident_history", key="resident_id", number="history_number")
