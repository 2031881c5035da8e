"""Deferred issuance, notification and the connection between the two sides (OpenID4VCI 1.0 9, 11; threats C18, C22)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import sqlalchemy as sa

from issuer.front.housekeeping import purge
from issuer.store.front import deferred, notification
from runtime.store import read
from schemas.messages import openid4vci as vci
from schemas.messages.jobs import JobError
from tests.issuer.front.conftest import Front, Start
from tests.issuer.front.parties import Wallet, both, copies_for, error_of
from tests.issuer.front.test_credential import signed_in


@pytest.fixture
def impatient(start: Start) -> Front:
    """A front that defers at once."""
    return start(deferred_after=0.0)


async def defer(front: Front) -> tuple[Wallet, vci.DeferredIssuance]:
    wallet, _ = await signed_in(front)
    response = await wallet.post("credential", await wallet.request(copies=2))
    assert response.status_code == 202
    answer = vci.parse_credential_answer(response.content, asked=2)
    assert isinstance(answer, vci.DeferredIssuance)
    return wallet, answer


def ask(wallet: Wallet, answer: vci.DeferredIssuance) -> Any:
    return wallet.post("deferred_credential", vci.DeferredRequest(answer.transaction_id).to_json())


def test_where_the_inner_side_is_away_the_wallet_is_asked_to_come_again(impatient: Front, run: Any) -> None:
    _, answer = run(defer(impatient))
    assert answer.interval == 3
    assert len(answer.transaction_id) == 43


def test_what_is_kept_are_proofs(impatient: Front, run: Any) -> None:
    _, answer = run(defer(impatient))
    with read(impatient.engine) as connection:
        row = connection.execute(sa.select(deferred)).mappings().one()
    assert answer.transaction_id not in str(dict(row))
    assert row["job"].keys() == {
        *("job_id", "subject_handle", "configuration_id", "proofs", "audience", "nonce"),
        *("idempotency_key", "received_at", "notification_id", "response_encryption"),
    }


def test_a_withdrawn_job_is_not_handed_out(impatient: Front, run: Any) -> None:
    async def flow() -> Any:
        await defer(impatient)
        return await impatient.inner.jobs(0)

    assert run(flow()) == ()


def test_when_the_inner_side_is_back_the_wallet_gets_its_copies(start: Start, run: Any) -> None:
    front = start(deferred_after=0.0)
    patient = start(deferred_after=25.0)

    async def flow() -> tuple[Any, Any]:
        wallet, answer = await defer(front)
        wallet.http, inner = patient.public, patient.inner
        front.clock.advance(hours=1)
        patient.clock.advance(hours=1)
        wallet.keep(await wallet.refresh())
        response = await both(ask(wallet, answer), inner.work())
        return response, (inner.seen[0], await ask(wallet, answer))

    response, (job, again) = run(flow())
    assert response.status_code == 200
    assert len(json.loads(response.content)["credentials"]) == 2
    assert job.received_at < patient.clock.at
    assert error_of(again) == (400, "invalid_transaction_id")


def test_still_pending_keeps_the_transaction(impatient: Front, run: Any) -> None:
    async def flow() -> tuple[Any, Any]:
        wallet, answer = await defer(impatient)
        return answer, await ask(wallet, answer)

    answer, again = run(flow())
    assert again.status_code == 202
    assert json.loads(again.content) == answer.to_json()


def test_the_same_transaction_is_the_same_job_for_the_inner_side(start: Start, run: Any) -> None:
    impatient, patient = start(deferred_after=0.0), start()

    async def flow() -> set[str]:
        wallet, answer = await defer(impatient)
        with read(impatient.engine) as connection:
            first = connection.execute(sa.select(deferred.c.job)).scalar_one()
        wallet.http = patient.public
        inner = patient.inner
        await both(ask(wallet, answer), inner.work())
        return {first["idempotency_key"], inner.seen[0].idempotency_key}

    assert len(run(flow())) == 1


def test_a_final_refusal_ends_the_transaction(start: Start, run: Any) -> None:
    impatient, patient = start(deferred_after=0.0), start()

    async def flow() -> list[Any]:
        wallet, answer = await defer(impatient)
        wallet.http = patient.public
        refused = await both(ask(wallet, answer), patient.inner.work(lambda _job: JobError("credential_request_denied")))
        return [refused, await ask(wallet, answer)]

    refused, again = run(flow())
    assert error_of(refused) == (400, "credential_request_denied")
    assert error_of(again) == (400, "invalid_transaction_id")


def test_a_transaction_of_another_wallet_is_unknown(impatient: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        owner, answer = await defer(impatient)
        other, _ = await signed_in(impatient)
        invented = vci.DeferredIssuance("x" * 43, 1)
        return [await ask(other, answer), await ask(other, invented), await ask(owner, answer)]

    other, invented, owner = run(flow())
    assert error_of(other) == (400, "invalid_transaction_id")
    assert other.content == invented.content
    assert owner.status_code == 202


def test_a_transaction_ends_after_a_day(impatient: Front, run: Any) -> None:
    async def flow() -> Any:
        wallet, answer = await defer(impatient)
        impatient.clock.advance(hours=24)
        wallet.keep(await wallet.refresh())
        return await ask(wallet, answer)

    assert error_of(run(flow())) == (400, "invalid_transaction_id")


def test_a_revoked_handle_ends_its_transactions(impatient: Front, run: Any) -> None:
    async def flow() -> Any:
        wallet, answer = await defer(impatient)
        await impatient.inner.revoke()
        return await ask(wallet, answer)

    assert error_of(run(flow())) == (401, "invalid_token")
    with read(impatient.engine) as connection:
        assert connection.execute(sa.select(deferred)).all() == []


@pytest.mark.parametrize("body", [{}, {"transaction_id": 5}, {"transaction_id": ""}, b"x"])
def test_malformed_deferred_requests(front: Front, run: Any, body: Any) -> None:
    async def flow() -> Any:
        wallet, _ = await signed_in(front)
        return await wallet.post("deferred_credential", body)

    assert error_of(run(flow())) == (400, "invalid_credential_request")


def test_a_job_that_the_inner_side_lost_is_handed_out_again_under_another_id(start: Start, run: Any) -> None:
    front = start(job_lease_seconds=30)

    async def flow() -> tuple[Any, list[Any], int]:
        wallet, inner = await signed_in(front)
        body = await wallet.request()
        lost = asyncio.create_task(wallet.post("credential", body))
        first = (await inner.jobs(5))[0]
        front.clock.advance(seconds=31)
        retry = asyncio.create_task(wallet.post("credential", body))
        second = (await inner.jobs(5))[0]
        late = await inner.result(first.job_id, copies_for(first))
        await inner.result(second.job_id, copies_for(second))
        answer = await retry
        lost.cancel()
        return answer, [first, second], late

    answer, (first, second), late = run(flow())
    assert answer.status_code == 200
    assert first.job_id != second.job_id
    assert first.idempotency_key == second.idempotency_key
    assert late == 410


# Notification.


def notify(wallet: Wallet, notification_id: str, event: str = "credential_accepted", **more: Any) -> Any:
    return wallet.post("notification", {"notification_id": notification_id, "event": event, **more})


async def given(front: Front) -> tuple[Wallet, str]:
    wallet, inner = await signed_in(front)
    response = await both(wallet.post("credential", await wallet.request()), inner.work())
    return wallet, json.loads(response.content)["notification_id"]


def test_notifications_are_idempotent_and_keep_no_free_text(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        wallet, notification_id = await given(front)
        return [await notify(wallet, notification_id, event_description="free text", later=1) for _ in range(2)]

    assert [response.status_code for response in run(flow())] == [204, 204]
    with read(front.engine) as connection:
        row = connection.execute(sa.select(notification)).mappings().one()
    assert row["event"] == "credential_accepted"
    assert "free text" not in str(dict(row))


def test_a_notification_id_of_another_wallet_is_unknown(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        _, notification_id = await given(front)
        other, _ = await signed_in(front)
        return [await notify(other, notification_id), await notify(other, "x" * 22)]

    other, invented = run(flow())
    assert error_of(other) == (400, "invalid_notification_id")
    assert other.content == invented.content


@pytest.mark.parametrize("body", [{}, {"notification_id": "n"}, {"notification_id": "n", "event": "sold"}, b"["])
def test_malformed_notifications(front: Front, run: Any, body: Any) -> None:
    async def flow() -> Any:
        wallet, _ = await signed_in(front)
        return await wallet.post("notification", body)

    assert error_of(run(flow())) == (400, "invalid_notification_request")


def test_old_rows_are_forgotten(start: Start, run: Any) -> None:
    front = start(deferred_after=0.0, refresh_token_days=1)
    run(defer(front))
    purge(front.engine, at=front.clock.at)
    with read(front.engine) as connection:
        assert connection.execute(sa.select(deferred)).all() != []
    front.clock.advance(days=2)
    purge(front.engine, at=front.clock.at)
    from issuer.store.front import metadata

    with read(front.engine) as connection:
        for table in metadata.sorted_tables:
            if table.name != "front_shared_secret":
                assert connection.execute(sa.select(table)).all() == [], table.name
