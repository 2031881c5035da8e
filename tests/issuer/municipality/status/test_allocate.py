"""Status indexes: unpredictable, one to a copy, never given out again (threats E11, E13, E14)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import sqlalchemy as sa

from issuer.municipality.credentials.cycle import issue, reconcile
from issuer.municipality.status.allocate import LIST_SIZE, allocate, close_lists, is_taken, open_list, random_index
from issuer.municipality.status.publish import ListTimes, publish_all
from issuer.store.municipality.issuing import status_entry
from runtime.store import begin, read
from tests.issuer.municipality.conftest import InnerSide
from tests.issuer.municipality.credentials.reservations import statuses


def test_indexes_neither_rise_nor_cluster_nor_favour_a_part_of_the_list() -> None:
    drawn = [random_index() for _ in range(4000)]
    assert all(0 <= index < LIST_SIZE for index in drawn)
    rising = sum(first < second for first, second in pairwise(drawn))
    assert 1800 < rising < 2200
    assert sum(abs(first - second) < LIST_SIZE // 1000 for first, second in pairwise(drawn)) < 40
    parts = [sum(index * 16 // LIST_SIZE == part for index in drawn) for part in range(16)]
    assert min(parts) > 150
    assert sum(index % 2 for index in drawn) in range(1800, 2200)


def test_siblings_of_one_batch_do_not_lie_together(inner: InnerSide) -> None:
    issue(inner.workshop, inner.job(inner.handle("P-01"), "basic-four-sd-jwt", copies=20), at=inner.at)
    indexes = sorted(index for _, index in statuses(inner))
    assert len(indexes) == 20
    assert sum(second - first < 64 for first, second in pairwise(indexes)) <= 2


def test_an_index_that_was_ever_given_out_is_taken(inner: InnerSide) -> None:
    with begin(inner.engine) as connection:
        list_id, uri = open_list(connection, kind="jwt", issuer=inner.profile.issuer, at=inner.at)
        copy = allocate(connection, credential_id="c1", list_id=list_id, uri=uri)
        decoy = allocate(connection, credential_id=None, list_id=list_id, uri=uri, revoked=True)
        dead = allocate(connection, credential_id="c2", list_id=list_id, uri=uri, revoked=True)
        free = next(index for index in range(LIST_SIZE) if index not in {copy.index, decoy.index, dead.index})
        taken = [is_taken(connection, list_id, one) for one in (copy.index, decoy.index, dead.index, free)]
    assert taken == [True, True, True, False]


def test_the_store_gives_an_index_to_one_copy_alone(inner: InnerSide) -> None:
    with begin(inner.engine) as connection:
        list_id, uri = open_list(connection, kind="jwt", issuer=inner.profile.issuer, at=inner.at)
        place = allocate(connection, credential_id="c1", list_id=list_id, uri=uri)
    row = {"list_id": list_id, "idx": place.index, "revoked": False}
    with pytest.raises(sa.exc.IntegrityError), begin(inner.engine) as connection:
        connection.execute(sa.insert(status_entry).values(**row, credential_id="c2"))
    with pytest.raises(sa.exc.IntegrityError), begin(inner.engine) as connection:
        connection.execute(sa.insert(status_entry).values(**{**row, "idx": place.index ^ 1}, credential_id="c1"))


def test_an_entry_is_neither_deleted_nor_moved_nor_made_good(inner: InnerSide) -> None:
    issue(inner.workshop, inner.job(inner.handle("P-01"), "basic-four-sd-jwt", copies=1), at=inner.at)
    reconcile(inner.workshop, at=inner.at)
    changes = (
        sa.delete(status_entry),
        sa.update(status_entry).values(idx=status_entry.c.idx + 1),
        sa.update(status_entry).values(revoked=False),
    )
    for change in changes:
        with pytest.raises(sa.exc.DBAPIError), begin(inner.engine) as connection:
            connection.execute(change)


def test_writers_at_once_never_share_an_index(inner: InnerSide) -> None:
    with begin(inner.engine) as connection:
        list_id, uri = open_list(connection, kind="jwt", issuer=inner.profile.issuer, at=inner.at)

    def take(writer: int) -> None:
        for number in range(25):
            with begin(inner.engine) as connection:
                allocate(connection, credential_id=f"w{writer}-{number}", list_id=list_id, uri=uri)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(take, range(8)))
    assert len(statuses(inner)) == len(set(statuses(inner))) == 200


def test_both_formats_have_lists_of_their_own_and_a_list_is_shared_by_all(inner: InnerSide) -> None:
    for resident in ("P-01", "P-03"):
        handle = inner.handle(resident)
        for configuration in ("basic-four-sd-jwt", "basic-four-mdoc", "resident-record-sd-jwt"):
            issue(inner.workshop, inner.job(handle, configuration, copies=1), at=inner.at)
    with read(inner.engine) as connection:
        counts = connection.scalars(sa.select(sa.func.count()).select_from(status_entry).group_by(status_entry.c.list_id)).all()
    assert sorted(counts) == [2, 4]


def test_closed_lists_give_out_nothing_more_and_stay_published(inner: InnerSide) -> None:
    handle = inner.handle("P-01")
    issue(inner.workshop, inner.job(handle, "basic-four-sd-jwt", copies=2), at=inner.at)
    before = {one for one, _ in statuses(inner)}
    with begin(inner.engine) as connection:
        assert close_lists(connection, at=inner.at) == 1
        assert close_lists(connection, at=inner.at) == 0
    issue(inner.workshop, inner.job(handle, "basic-four-sd-jwt", copies=2), at=inner.at)
    after = [one for one, _ in statuses(inner)]
    assert sorted(after.count(one) for one in set(after)) == [2, 2]
    signer = inner.world.warifu.status_signer
    publish_all(inner.engine, signer=signer, publish=inner.front.put_status, at=inner.at, times=ListTimes(), decoys=0)
    assert {name.removesuffix(".jwt") for name in inner.front.published} == set(after) > before
