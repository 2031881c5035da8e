"""Tables of the public side.

The names begin with ``front_``, so that organisations can share a PostgreSQL database.
Everything secret stands here as SHA-256 (transaction codes as scrypt), every person as an opaque handle.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from runtime.store import UtcDateTime

HASH: Final = sa.String(43)
IDENTIFIER: Final = sa.String(128)

metadata = sa.MetaData()

#: What the inner side registered; ``tries`` counts transaction codes that were evaluated.
offer = sa.Table(
    "front_offer",
    metadata,
    sa.Column("offer_id", IDENTIFIER, primary_key=True),
    sa.Column("code_hash", HASH, nullable=False, unique=True),
    sa.Column("configuration_ids", sa.JSON, nullable=False),
    sa.Column("tx_code_hash", sa.String(256)),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("subject_handle", IDENTIFIER, nullable=False, index=True),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
    sa.Column("used_at", UtcDateTime),
)

#: The right that a redeemed offer gave to one wallet key; every token belongs to one and dies with it.
grant = sa.Table(
    "front_grant",
    metadata,
    sa.Column("grant_id", IDENTIFIER, primary_key=True),
    sa.Column("subject_handle", IDENTIFIER, nullable=False, index=True),
    sa.Column("configuration_ids", sa.JSON, nullable=False),
    sa.Column("jkt", HASH, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
    sa.Column("revoked_at", UtcDateTime),
)

access_token = sa.Table(
    "front_access_token",
    metadata,
    sa.Column("token_hash", HASH, primary_key=True),
    sa.Column("grant_id", IDENTIFIER, sa.ForeignKey("front_grant.grant_id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
)

#: Old generations stay until the grant ends, so that a token used a second time is noticed.
refresh_token = sa.Table(
    "front_refresh_token",
    metadata,
    sa.Column("token_hash", HASH, primary_key=True),
    sa.Column("grant_id", IDENTIFIER, sa.ForeignKey("front_grant.grant_id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("superseded", sa.Boolean, nullable=False),
)

#: One accepted credential request: the same token with the same proofs may come again, the nonce may not.
request = sa.Table(
    "front_request",
    metadata,
    sa.Column("request_hash", HASH, primary_key=True),
    sa.Column("grant_id", IDENTIFIER, sa.ForeignKey("front_grant.grant_id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("notification_id", IDENTIFIER, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
)

#: A request that the inner side has not answered yet: its proofs and nothing of the answer.
deferred = sa.Table(
    "front_deferred",
    metadata,
    sa.Column("transaction_hash", HASH, primary_key=True),
    sa.Column("grant_id", IDENTIFIER, sa.ForeignKey("front_grant.grant_id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("job", sa.JSON, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
)

#: What the wallet said about what it was given.
notification = sa.Table(
    "front_notification",
    metadata,
    sa.Column("notification_id", IDENTIFIER, primary_key=True),
    sa.Column("grant_id", IDENTIFIER, sa.ForeignKey("front_grant.grant_id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("event", sa.String(32)),
    sa.Column("event_at", UtcDateTime),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
)

#: Secrets that every worker on this store shares: the nonce key and the key for encrypted requests.
shared_secret = sa.Table(
    "front_shared_secret",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)
