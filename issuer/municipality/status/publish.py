"""Builds, checks and publishes the status lists on every tick (design: fixed tick, decoy flips, only growing).

A list is never published unless it verifies as a verifier would verify it, is newer than the one before and still
revokes everything that the one before revoked (threat rows E07, E15, E16, E17).
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from issuer.municipality.status.allocate import allocate
from issuer.store.municipality.issuing import status_entry, status_list
from runtime.store import begin
from schemas.errors import WarifuError
from schemas.formats.status_list import StatusBits, parse_status_token, seal_status_cwt, seal_status_jwt, verify_status_token
from schemas.trust import SigningIdentity

MEDIA_TYPES = {"jwt": "application/statuslist+jwt", "cwt": "application/statuslist+cwt"}
#: Sends (name, media type, body) to where the lists are served; raises where it was not taken.
Publisher = Callable[[str, str, bytes], None]


@dataclass(frozen=True, slots=True)
class ListTimes:
    """How long a list stands and how long it may be cached."""

    ttl: timedelta = timedelta(seconds=60)
    life: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Published:
    """What one tick did to one list."""

    list_id: str
    uri: str
    revoked: int
    iat: int


def publish_all(
    engine: sa.Engine, *, signer: SigningIdentity, publish: Publisher, at: datetime, times: ListTimes, decoys: int
) -> list[Published]:
    """Publish every list that may still be asked for; returns one entry a list.

    Args:
        decoys: how many unassigned indexes of each list flip to revoked in this tick, at most.
    """
    with begin(engine) as connection:
        rows = connection.execute(sa.select(status_list).order_by(status_list.c.created_at)).all()
        for row in rows:
            _flip_decoys(connection, row, secrets.randbelow(decoys + 1))
    return [publish_list(engine, row.list_id, signer=signer, publish=publish, at=at, times=times) for row in rows]


def _flip_decoys(connection: sa.Connection, row: sa.Row[tuple[object, ...]], count: int) -> None:
    for _ in range(count):
        allocate(connection, credential_id=None, list_id=row.list_id, uri=row.uri, revoked=True)


def publish_list(
    engine: sa.Engine, list_id: str, *, signer: SigningIdentity, publish: Publisher, at: datetime, times: ListTimes
) -> Published:
    """Build one list from its rows, check it, hand it over and note what was published.

    Raises:
        WarifuError: ``status_list_shrank``, ``clock_went_back`` or what the publisher raises; the note is only
            written after the hand-over, so a failed tick is simply repeated.
    """
    with begin(engine) as connection:
        row = connection.execute(sa.select(status_list).where(status_list.c.list_id == list_id)).one()
        revoked = connection.scalars(
            sa.select(status_entry.c.idx).where(status_entry.c.list_id == list_id, status_entry.c.revoked.is_(True))
        ).all()
        bits = _bits_of(row.size, revoked)
        check_only_grows(row.published_bits, bits.data)
        iat = _next_iat(row.published_iat, at)
        body = _seal(row.kind, bits, row.uri, iat=iat, times=times, signer=signer)
        _check_as_verifier(body, row.kind, row.uri, signer, revoked)
        publish(f"{list_id}.{row.kind}", MEDIA_TYPES[row.kind], body)
        connection.execute(
            sa.update(status_list)
            .where(status_list.c.list_id == list_id)
            .values(published_iat=int(iat.timestamp()), published_bits=zlib.compress(bits.data, 1))
        )
    return Published(list_id, row.uri, len(revoked), int(iat.timestamp()))


def _bits_of(size: int, revoked: Sequence[int]) -> StatusBits:
    bits = StatusBits.new(size)
    for index in revoked:
        bits.set(index)
    return bits


def _next_iat(previous: int | None, at: datetime) -> datetime:
    """Return ``at`` in whole seconds, one past the previous list where the clock has not moved on."""
    second = int(at.timestamp())
    if previous is not None and second < previous - 60:
        raise WarifuError(
            "clock_went_back", "the clock is behind the last published list", hint="check the time service of this host", layer="validity"
        )
    return datetime.fromtimestamp(second if previous is None else max(second, previous + 1), UTC)


def check_only_grows(published: bytes | None, now: bytes) -> None:
    """Refuse a list that takes back a revocation of the list before (E17).

    Args:
        published: the bits last published, zlib-compressed, or None for a list never published.
        now: the bits about to be published.
    """
    if published is None:
        return
    before = int.from_bytes(zlib.decompress(published), "little")
    if before & ~int.from_bytes(now, "little"):
        raise WarifuError(
            "status_list_shrank", "the new list would take back a published revocation", hint="restore the store first", layer="status"
        )


def _seal(kind: str, bits: StatusBits, uri: str, *, iat: datetime, times: ListTimes, signer: SigningIdentity) -> bytes:
    exp, ttl = iat + times.life, int(times.ttl.total_seconds())
    if kind == "jwt":
        return seal_status_jwt(bits, uri=uri, iat=iat, exp=exp, ttl=ttl, signer=signer.signer, chain_der=signer.chain_der).encode("ascii")
    return seal_status_cwt(bits, uri=uri, iat=iat, exp=exp, ttl=ttl, signer=signer.signer, chain_der=signer.chain_der)


def _check_as_verifier(body: bytes, kind: str, uri: str, signer: SigningIdentity, revoked: Sequence[int]) -> None:
    token = parse_status_token(body, media_type=MEDIA_TYPES[kind])
    verify_status_token(token, signer.signer.public_key)
    if token.uri != uri or any(not token.bits.get(index) for index in revoked):
        raise WarifuError("status_list_wrong", "the sealed list does not say what the store says", layer="status")
