"""The internal application: registering offers, pulling jobs, bringing results."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from issuer.store.front import offer
from runtime.store import read
from schemas.formats.encoding import dump_json
from schemas.messages.jobs import OfferRegistration, hash_code, parse_jobs
from tests.issuer.front.conftest import Front
from tests.issuer.front.parties import HANDLE, copies_for
from tests.issuer.front.test_credential import signed_in

OFFER_ID = "offer-0123456789abcdef"


def registration(front: Front, **changes: Any) -> bytes:
    values: dict[str, Any] = {
        "configuration_ids": ("a",),
        "code_hash": hash_code("code"),
        "expires_at": front.clock.at + timedelta(minutes=5),
        "subject_handle": HANDLE,
    }
    return dump_json(OfferRegistration(**values | changes).to_json())


def test_the_same_registration_again_changes_nothing(front: Front, run: Any) -> None:
    body = registration(front)
    assert [run(front.inner.put(f"/offers/{OFFER_ID}", body)).status_code for _ in range(2)] == [204, 204]
    with read(front.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(offer)).scalar_one() == 1


def test_another_content_under_the_same_id_or_code_is_refused(front: Front, run: Any) -> None:
    run(front.inner.put(f"/offers/{OFFER_ID}", registration(front)))
    assert run(front.inner.put(f"/offers/{OFFER_ID}", registration(front, configuration_ids=("b",)))).status_code == 409
    assert run(front.inner.put("/offers/another-0123456789abc", registration(front))).status_code == 409


@pytest.mark.parametrize("offer_id", ["short", "..%2F..%2Fx0123456789abcdef", "a" * 200])
def test_ids_that_are_refused(front: Front, run: Any, offer_id: str) -> None:
    assert run(front.inner.put(f"/offers/{offer_id}", registration(front))).status_code in {400, 404}


def test_a_person_in_a_registration_is_refused(front: Front, run: Any) -> None:
    body = registration(front).replace(b'"subject_handle"', '"name":"割符太郎","subject_handle"'.encode())
    assert run(front.inner.put(f"/offers/{OFFER_ID}", body)).status_code == 400


def test_other_media_types_are_refused(front: Front, run: Any) -> None:
    assert run(front.inner.put(f"/offers/{OFFER_ID}", registration(front), "text/plain")).status_code == 415


def test_withdrawing_twice_is_no_mistake(front: Front, run: Any) -> None:
    for _ in range(2):
        assert run(front.internal.delete(f"/internal/v1/offers/{OFFER_ID}")).status_code == 204


def test_without_work_the_answer_is_empty(front: Front, run: Any) -> None:
    response = run(front.internal.get("/internal/v1/jobs?wait=0"))
    assert parse_jobs(response.content) == ()


@pytest.mark.parametrize("wait", ["-1", "1.5", "x", "9999", "１"])
def test_a_wait_that_is_no_number(front: Front, run: Any, wait: str) -> None:
    assert run(front.internal.get("/internal/v1/jobs", params={"wait": wait})).status_code == 400


def test_a_waiting_pull_is_woken_by_work(front: Front, run: Any) -> None:
    async def flow() -> Any:
        wallet, inner = await signed_in(front)
        pull = asyncio.create_task(inner.jobs(20))
        await asyncio.sleep(0)
        post = asyncio.create_task(wallet.post("credential", await wallet.request()))
        (job,) = await pull
        await inner.result(job.job_id, copies_for(job))
        return await post

    assert run(flow()).status_code == 200


def test_a_job_is_handed_out_once(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        wallet, inner = await signed_in(front)
        posts = [asyncio.create_task(wallet.post("credential", await wallet.request())) for _ in range(20)]
        seen: list[Any] = []
        while len(seen) < 20:
            for jobs in await asyncio.gather(*(inner.jobs(1) for _ in range(3))):
                seen += jobs
        await asyncio.gather(*(inner.result(job.job_id, copies_for(job)) for job in seen))
        assert {(await post).status_code for post in posts} == {200}
        return seen

    seen = run(flow())
    assert len({job.job_id for job in seen}) == len(seen) == 20


def test_a_malformed_result_leaves_the_job_waiting(front: Front, run: Any) -> None:
    async def flow() -> tuple[int, Any]:
        wallet, inner = await signed_in(front)
        post = asyncio.create_task(wallet.post("credential", await wallet.request()))
        (job,) = await inner.jobs(5)
        headers = {"Content-Type": "application/json"}
        bad = await front.internal.post(f"/internal/v1/jobs/{job.job_id}/result", content=b"{}", headers=headers)
        await inner.result(job.job_id, copies_for(job))
        return bad.status_code, await post

    bad, response = run(flow())
    assert bad == 400
    assert response.status_code == 200


def test_a_wallet_that_has_gone_makes_the_result_void(front: Front, run: Any) -> None:
    from issuer.front.issuing import obtain
    from issuer.front.tokens import Grant
    from schemas.errors import WarifuError

    async def gone() -> bool:
        return False

    async def flow() -> list[int]:
        wallet, inner = await signed_in(front)
        asked = await wallet.request()
        from schemas.messages.openid4vci import parse_credential_request

        request = parse_credential_request(dump_json(asked))
        with read(front.engine) as connection:
            from issuer.store.front import grant

            grant_id = connection.execute(sa.select(grant.c.grant_id)).scalar_one()
        owner = Grant(grant_id, HANDLE, ("resident-record-sd-jwt",), "t" * 43)
        job = front.office.desk.accept(owner, request, at=front.clock.at)
        waiting = asyncio.create_task(obtain(front.office, owner, job, connected=gone))
        await inner.work()
        with pytest.raises(WarifuError) as caught:
            await waiting
        assert caught.value.code == "wallet_gone"
        return inner.answers

    assert run(flow()) == [410]
