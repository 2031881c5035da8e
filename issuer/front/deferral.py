"""Deferred issuance: what is kept of a request that the inner side has not answered, and for whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from issuer.front.tokens import Grant, RandomBytes
from issuer.store.front import deferred
from runtime.store import begin, read
from schemas.errors import WarifuError
from schemas.messages.jobs import IssuanceJob, hash_code, new_identifier, parse_job
from schemas.messages.openid4vci import ResponseEncryption


def defer(engine: sa.Engine, grant: Grant, job: IssuanceJob, *, life: timedelta, random: RandomBytes, at: datetime) -> str:
    """Keep ``job`` (proofs, no answer) and return a fresh transaction id of 256 random bits; its hash is what is stored."""
    transaction_id = new_identifier(random(32))
    row = {"transaction_hash": hash_code(transaction_id), "grant_id": grant.grant_id, "job": job.to_json(), "expires_at": at + life}
    with begin(engine) as connection:
        connection.execute(sa.insert(deferred).values(row))
    return transaction_id


def recall(engine: sa.Engine, grant: Grant, transaction_id: str, encryption: ResponseEncryption | None, *, at: datetime) -> IssuanceJob:
    """Return the job behind ``transaction_id`` with the encryption that is asked for *now* (OpenID4VCI 1.0 9.1).

    Raises:
        WarifuError: ``transaction_unknown``: never given, expired, already answered or of another grant, all with one
            text (threat C18).
    """
    with read(engine) as connection:
        row = (
            connection.execute(sa.select(deferred).where(deferred.c.transaction_hash == hash_code(transaction_id))).mappings().one_or_none()
        )
    if row is None or at >= row["expires_at"]:
        raise transaction_unknown()
    check_same_grant(row["grant_id"], grant)
    return replace(parse_job(row["job"]), response_encryption=encryption)


def check_same_grant(grant_id: str, grant: Grant) -> None:
    """A transaction answers only to the grant that began it (threat C18)."""
    if grant_id != grant.grant_id:
        raise transaction_unknown()


def settle(engine: sa.Engine, transaction_id: str) -> None:
    """Invalidate a transaction whose credentials were handed over or finally refused (OpenID4VCI 1.0 9.1)."""
    with begin(engine) as connection:
        connection.execute(sa.delete(deferred).where(deferred.c.transaction_hash == hash_code(transaction_id)))


def transaction_unknown() -> WarifuError:
    """Return the one error for every unusable transaction id (not raised here)."""
    return WarifuError(
        "transaction_unknown",
        "the transaction id is not valid",
        hint="ask for the credential again",
        clause="OpenID4VCI 1.0 9.3",
        layer="protocol",
    )
