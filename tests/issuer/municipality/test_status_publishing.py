"""Status lists as the inner side publishes them: exact, only growing, never older, with decoys."""

from __future__ import annotations

import zlib
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa

from issuer.municipality.credentials.cycle import issue
from issuer.municipality.credentials.reserve import revoke_copies
from issuer.municipality.status.allocate import LIST_SIZE, allocate, open_list
from issuer.municipality.status.publish import ListTimes, check_only_grows, publish_all
from issuer.store.municipality.issuing import status_entry, status_list
from runtime.store import begin, read
from schemas.errors import WarifuError
from schemas.formats.status_list import CWT_MEDIA_TYPE, JWT_MEDIA_TYPE, StatusBits
from schemas.trust import Anchors
from schemas.verify import check_status_list
from tests.issuer.municipality.conftest import InnerSide

TIMES = ListTimes()


def publish(inner: InnerSide, *, seconds: int = 0, decoys: int = 0) -> None:
    publish_all(
        inner.engine,
        signer=inner.world.warifu.status_signer,
        publish=inner.front.put_status,
        at=inner.at + timedelta(seconds=seconds),
        times=TIMES,
        decoys=decoys,
    )


def newest(inner: InnerSide, kind: str) -> StatusBits:
    """Return the bits of the newest published list of ``kind``, verified as a verifier would."""
    with read(inner.engine) as connection:
        row = connection.execute(sa.select(status_list).where(status_list.c.kind == kind)).one()
    body = inner.front.published[f"{row.list_id}.{kind}"][-1]
    media_type = JWT_MEDIA_TYPE if kind == "jwt" else CWT_MEDIA_TYPE
    anchors = Anchors((inner.world.warifu.anchor,))
    at = inner.at + timedelta(hours=1)
    return check_status_list(body, media_type=media_type, uri=row.uri, anchors=anchors, at=at, issuer=inner.world.warifu.anchor).bits


def revoked_indexes(inner: InnerSide, kind: str) -> set[int]:
    return {at * 8 + bit for at, byte in enumerate(newest(inner, kind).data) if byte for bit in range(8) if byte >> bit & 1}


def test_a_revoked_copy_and_no_other_is_revoked_in_the_list(inner: InnerSide) -> None:
    handle = inner.handle("P-01")
    first = issue(inner.workshop, inner.job(handle, "basic-four-sd-jwt", copies=5), at=inner.at)
    issue(inner.workshop, inner.job(handle, "basic-four-mdoc", copies=5), at=inner.at)
    publish(inner)
    assert revoked_indexes(inner, "jwt") == set()
    with begin(inner.engine) as connection:
        revoke_copies(connection, list(first.credential_ids[:2]), at=inner.at)
        rows = connection.execute(sa.select(status_entry.c.idx).where(status_entry.c.credential_id.in_(first.credential_ids[:2])))
        expected = {row.idx for row in rows}
    publish(inner, seconds=60)
    assert revoked_indexes(inner, "jwt") == expected
    assert revoked_indexes(inner, "cwt") == set()


def test_every_tick_is_newer_although_the_clock_stands_still(inner: InnerSide) -> None:
    issue(inner.workshop, inner.job(inner.handle("P-01"), "basic-four-sd-jwt", copies=1), at=inner.at)
    issued_at = []
    for _ in range(3):
        publish(inner)
        with read(inner.engine) as connection:
            issued_at.append(connection.scalar(sa.select(status_list.c.published_iat)))
    assert issued_at == sorted(set(issued_at))


def test_decoys_flip_indexes_that_nobody_has(inner: InnerSide) -> None:
    issue(inner.workshop, inner.job(inner.handle("P-01"), "basic-four-sd-jwt", copies=1), at=inner.at)
    for second in range(12):
        publish(inner, seconds=second * 60, decoys=3)
    with read(inner.engine) as connection:
        query = sa.select(status_entry.c.revoked, status_entry.c.credential_id)
        rows = connection.execute(query).all()
    assert {row.revoked for row in rows if row.credential_id is None} == {True}
    assert [row.revoked for row in rows if row.credential_id is not None] == [False]
    assert len(revoked_indexes(inner, "jwt")) == sum(1 for row in rows if row.credential_id is None) > 0


def test_a_list_that_takes_a_revocation_back_is_not_published(inner: InnerSide) -> None:
    before, now = StatusBits.new(LIST_SIZE), StatusBits.new(LIST_SIZE)
    before.set(77)
    now.set(78)
    with pytest.raises(WarifuError) as refusal:
        check_only_grows(zlib.compress(before.data), now.data)
    assert refusal.value.code == "status_list_shrank"
    now.set(77)
    check_only_grows(zlib.compress(before.data), now.data)
    check_only_grows(None, now.data)


def test_a_clock_that_went_back_publishes_nothing(inner: InnerSide) -> None:
    issue(inner.workshop, inner.job(inner.handle("P-01"), "basic-four-sd-jwt", copies=1), at=inner.at)
    publish(inner)
    with pytest.raises(WarifuError) as refusal:
        publish(inner, seconds=-3600)
    assert refusal.value.code == "clock_went_back"


def test_a_publisher_that_fails_leaves_the_note_as_it_was(inner: InnerSide) -> None:
    issue(inner.workshop, inner.job(inner.handle("P-01"), "basic-four-sd-jwt", copies=1), at=inner.at)

    def away(_name: str, _media_type: str, _body: bytes) -> None:
        raise WarifuError("unreachable", "the front is away")

    with pytest.raises(WarifuError):
        publish_all(inner.engine, signer=inner.world.warifu.status_signer, publish=away, at=inner.at, times=TIMES, decoys=0)
    with read(inner.engine) as connection:
        assert connection.scalar(sa.select(status_list.c.published_iat)) is None


def test_indexes_are_unique_and_spread_over_the_list(inner: InnerSide) -> None:
    with begin(inner.engine) as connection:
        list_id, uri = open_list(connection, kind="jwt", issuer=inner.profile.issuer, at=inner.at)
        places = [allocate(connection, credential_id=f"c{number}", list_id=list_id, uri=uri) for number in range(400)]
    indexes = [place.index for place in places]
    assert len(set(indexes)) == 400
    neighbours = sum(1 for first, second in pairwise(indexes) if abs(first - second) < 16)
    assert neighbours < 10
    quarters = [sum(1 for index in indexes if index * 4 // LIST_SIZE == quarter) for quarter in range(4)]
    assert min(quarters) > 50
