"""Revoking and publishing at once: no revocation is lost, and no reader ever sees half a list (threats E15, E16)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from issuer.front.published import PublishedLists
from issuer.municipality.credentials.cycle import issue
from issuer.municipality.credentials.reserve import revoke_copies
from issuer.municipality.status.publish import ListTimes, publish_all
from issuer.store.municipality.issuing import status_entry
from runtime.store import begin, read
from schemas.formats.status_list import JWT_MEDIA_TYPE, parse_status_token, verify_status_token
from tests.issuer.municipality.conftest import InnerSide


def lists_of(inner: InnerSide, folder: Path) -> PublishedLists:
    return PublishedLists(folder, f"{inner.profile.issuer}/status")


def publish(inner: InnerSide, lists: PublishedLists, *, seconds: int) -> None:
    publish_all(
        inner.engine,
        signer=inner.world.warifu.status_signer,
        publish=lambda name, media_type, body: lists.publish(name, body, media_type),
        at=inner.at + timedelta(seconds=seconds),
        times=ListTimes(),
        decoys=2,
    )


def test_revocations_at_once_and_a_publisher_between_them_lose_nothing(inner: InnerSide, tmp_path: Path) -> None:
    handle = inner.handle("P-01")
    copies = [
        copy
        for _ in range(4)
        for copy in issue(inner.workshop, inner.job(handle, "basic-four-sd-jwt", copies=20), at=inner.at).credential_ids
    ]
    lists = lists_of(inner, tmp_path)

    def revoke(credential_id: str) -> None:
        with begin(inner.engine) as connection:
            revoke_copies(connection, [credential_id], at=inner.at)

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(revoke, copy) for copy in copies[:60]]
        for tick in range(5):
            publish(inner, lists, seconds=tick)
        for one in done:
            one.result()
    publish(inner, lists, seconds=60)
    with read(inner.engine) as connection:
        rows = connection.execute(sa.select(status_entry).where(status_entry.c.credential_id.is_not(None))).all()
    [name] = [path.name for path in tmp_path.glob("*.jwt")]
    bits = parse_status_token(lists.read(name).body, media_type=JWT_MEDIA_TYPE).decode()
    assert {row.credential_id for row in rows if bits.get(row.idx)} == set(copies[:60])


def test_a_reader_meets_a_whole_list_or_the_one_before(inner: InnerSide, tmp_path: Path) -> None:
    issue(inner.workshop, inner.job(inner.handle("P-01"), "basic-four-sd-jwt", copies=1), at=inner.at)
    lists = lists_of(inner, tmp_path)
    publish(inner, lists, seconds=0)
    [name] = [path.name for path in tmp_path.glob("*.jwt")]
    stop, seen, key = threading.Event(), [], inner.world.warifu.status_signer.signer.public_key

    def read_on() -> None:
        while not stop.is_set():
            token = parse_status_token(lists.read(name).body, media_type=JWT_MEDIA_TYPE)
            verify_status_token(token, key)
            seen.append(token.iat)

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(read_on)
        for second in range(1, 31):
            publish(inner, lists, seconds=second)
        stop.set()
        reader.result()
    assert seen == sorted(seen)
    assert len(set(seen)) > 1
