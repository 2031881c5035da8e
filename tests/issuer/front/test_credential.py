"""The credential endpoint: tokens, proofs, nonces, retries (threats C09, C13 to C16, C19, C22)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from issuer.store.front import metadata
from runtime.signers import generate_signer
from runtime.store import read
from schemas.formats.jose import public_jwk
from schemas.messages import openid4vci as vci
from schemas.messages.jobs import IssuanceJob, JobError
from schemas.messages.key_proof import check_key_proof
from tests.issuer.front.conftest import Front, Start
from tests.issuer.front.parties import CONFIGURATION, HANDLE, ISSUER, OTHER_CONFIGURATION, Inner, Wallet, both, copies_for, error_of


async def signed_in(front: Front, **offer: Any) -> tuple[Wallet, Inner]:
    wallet, inner = front.wallet(), front.inner
    await wallet.sign_in(await inner.offer(**offer))
    return wallet, inner


def test_a_batch_of_twenty_is_handed_over(front: Front, run: Any) -> None:
    async def flow() -> tuple[Any, IssuanceJob]:
        wallet, inner = await signed_in(front)
        response = await both(wallet.post("credential", await wallet.request(copies=20)), inner.work())
        return response, inner.seen[0]

    response, job = run(flow())
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    answer = vci.parse_credential_answer(response.content, asked=20)
    assert isinstance(answer, vci.IssuedCredentials)
    assert answer.credentials == tuple(f"{HANDLE}.{CONFIGURATION}.{number}" for number in range(20))
    assert answer.notification_id == job.notification_id
    assert (job.audience, job.subject_handle, job.received_at) == (ISSUER, HANDLE, front.clock.at)
    for proof in job.proofs:
        assert check_key_proof(proof, audience=job.audience, at=job.received_at).nonce == job.nonce


def test_the_credential_is_stored_nowhere(front: Front, run: Any, store_url: str) -> None:
    marker = "credential-content-that-must-not-be-kept"

    async def flow() -> Any:
        wallet, inner = await signed_in(front)
        body = await wallet.request()
        return await both(wallet.post("credential", body), inner.work(lambda _job: vci.IssuedCredentials((marker,))))

    assert marker in run(flow()).text
    with read(front.engine) as connection:
        for table in metadata.sorted_tables:
            assert marker not in str(connection.execute(sa.select(table)).all())


def test_each_wallet_gets_its_own(front: Front, run: Any) -> None:
    async def one(number: int) -> None:
        handle = f"handle-of-a-resident-{number:04d}"
        wallet = front.wallet()
        wallet.keep(await wallet.token(await front.inner.offer(subject_handle=handle, tx_code=None), None))
        response = await wallet.post("credential", await wallet.request(copies=2))
        assert response.status_code == 200
        assert f"{handle}.{CONFIGURATION}.0" in response.text
        assert response.text.count("handle-of-a-resident") == 2

    async def serve(done: asyncio.Event) -> None:
        inner = front.inner
        while not done.is_set():
            jobs = await inner.jobs(1)
            await asyncio.gather(*(inner.result(job.job_id, copies_for(job)) for job in reversed(jobs)))

    async def flow() -> None:
        done = asyncio.Event()
        server = asyncio.create_task(serve(done))
        await asyncio.gather(*(one(number) for number in range(60)))
        done.set()
        await server

    run(flow())


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"", 400, "invalid_credential_request"),
        (b"{", 400, "invalid_credential_request"),
        (b"[]", 400, "invalid_credential_request"),
        (b'{"credential_configuration_id":"a","credential_configuration_id":"b"}', 400, "invalid_credential_request"),
        ({"proofs": {"jwt": ["x"]}}, 400, "invalid_credential_request"),
        ({"credential_configuration_id": CONFIGURATION}, 400, "invalid_proof"),
        ({"credential_configuration_id": CONFIGURATION, "proofs": {"attestation": ["x"]}}, 400, "invalid_proof"),
        ({"credential_configuration_id": CONFIGURATION, "proofs": {"jwt": ["x"]}}, 400, "invalid_proof"),
        ({"credential_configuration_id": "unknown", "proofs": {"jwt": ["x"]}}, 400, "unknown_credential_configuration"),
        ({"credential_identifier": "unknown", "proofs": {"jwt": ["x"]}}, 400, "unknown_credential_identifier"),
        ({"credential_configuration_id": OTHER_CONFIGURATION, "proofs": {"jwt": ["x"]}}, 403, "insufficient_scope"),
    ],
)
def test_malformed_requests(front: Front, run: Any, body: Any, status: int, error: str) -> None:
    async def flow() -> Any:
        wallet, _ = await signed_in(front)
        return await wallet.post("credential", body)

    assert error_of(run(flow())) == (status, error)


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", ""])
def test_other_media_types_are_refused(front: Front, run: Any, media_type: str) -> None:
    async def flow() -> Any:
        wallet, _ = await signed_in(front)
        return await wallet.post("credential", await wallet.request(), media_type=media_type)

    assert error_of(run(flow())) == (400, "invalid_credential_request")


def test_unknown_members_are_ignored(front: Front, run: Any) -> None:
    async def flow() -> Any:
        wallet, inner = await signed_in(front)
        return await both(wallet.post("credential", {**await wallet.request(), "later": {"a": 1}}), inner.work())

    assert run(flow()).status_code == 200


# Tokens.


def test_a_request_without_token_is_told_what_is_wanted(front: Front, run: Any) -> None:
    response = run(front.public.post(f"{ISSUER}/credential", json={}))
    assert error_of(response) == (401, "invalid_token")
    assert response.headers["www-authenticate"] == 'DPoP algs="ES256"'


@pytest.mark.parametrize("scheme", ["Bearer {}", "DPoP {} {}", "{}", "DPoP", "DPoP  {}"])
def test_other_schemes_are_refused(front: Front, run: Any, scheme: str) -> None:
    async def flow() -> Any:
        wallet, _ = await signed_in(front)
        value = scheme.format(wallet.access_token, wallet.access_token)
        return await wallet.post("credential", await wallet.request(), Authorization=value)

    response = run(flow())
    assert error_of(response) == (401, "invalid_token")
    assert response.headers["www-authenticate"].startswith("DPoP error=")


def test_the_scheme_is_read_in_any_case(front: Front, run: Any) -> None:
    async def flow() -> Any:
        wallet, inner = await signed_in(front)
        body = await wallet.request()
        return await both(wallet.post("credential", body, Authorization=f"dpop {wallet.access_token}"), inner.work())

    assert run(flow()).status_code == 200


def test_a_token_in_the_address_is_refused(front: Front, run: Any) -> None:
    async def flow() -> Any:
        wallet, _ = await signed_in(front)
        headers = {"DPoP": wallet.dpop("credential", access_token=wallet.access_token)}
        return await front.public.post(f"{ISSUER}/credential?access_token={wallet.access_token}", json={}, headers=headers)

    assert error_of(run(flow())) == (400, "invalid_request")


def test_an_access_token_lives_five_minutes(front: Front, run: Any) -> None:
    async def flow() -> Any:
        wallet, _ = await signed_in(front)
        front.clock.advance(seconds=300)
        return await wallet.post("credential", await wallet.request())

    assert error_of(run(flow())) == (401, "invalid_token")


def test_an_unknown_token_and_a_refresh_token_open_nothing(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        wallet, _ = await signed_in(front)
        body = await wallet.request()
        return [await wallet.post("credential", body, access_token=token) for token in ("x" * 43, wallet.refresh_token)]

    assert [error_of(response) for response in run(flow())] == [(401, "invalid_token")] * 2


def test_a_stolen_token_is_useless_with_another_key(front: Front, run: Any) -> None:
    async def flow() -> Any:
        wallet, _ = await signed_in(front)
        return await wallet.post("credential", await wallet.request(), dpop={"signer": generate_signer()})

    assert error_of(run(flow())) == (401, "invalid_token")


@pytest.mark.parametrize(
    "dpop",
    [
        {"access_token": None},
        {"access_token": "another token"},
        {"method": "GET"},
        {"url": f"{ISSUER}/token"},
        {"iat": "hour"},
    ],
)
def test_a_proof_that_does_not_fit_the_request(front: Front, run: Any, dpop: dict[str, Any]) -> None:
    if dpop.get("iat") == "hour":
        dpop = {"iat": front.clock.at - timedelta(hours=1)}

    async def flow() -> Any:
        wallet, _ = await signed_in(front)
        return await wallet.post("credential", await wallet.request(), dpop=dpop)

    response = run(flow())
    assert error_of(response) == (401, "invalid_dpop_proof")
    assert 'error="invalid_dpop_proof"' in response.headers["www-authenticate"]


def test_a_replayed_dpop_proof_is_refused(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        wallet, inner = await signed_in(front)
        proof = wallet.dpop("credential", access_token=wallet.access_token)
        first = await both(wallet.post("credential", await wallet.request(), DPoP=proof), inner.work())
        return [first, await wallet.post("credential", await wallet.request(), DPoP=proof)]

    first, second = run(flow())
    assert first.status_code == 200
    assert error_of(second) == (401, "invalid_dpop_proof")


def test_a_demanded_server_nonce_is_named_at_the_resource(start: Start, run: Any) -> None:
    front = start(require_dpop_nonce=True)

    async def flow() -> list[Any]:
        wallet, inner = front.wallet(), front.inner
        code = await inner.offer()
        nonce = (await wallet.token(code)).headers["dpop-nonce"]
        wallet.keep(await wallet.token(code, DPoP=wallet.dpop("token", nonce=nonce)))
        body = await wallet.request()
        first = await wallet.post("credential", body)
        nonce = first.headers["dpop-nonce"]
        return [first, await both(wallet.post("credential", body, dpop={"nonce": nonce}), inner.work())]

    first, second = run(flow())
    assert error_of(first) == (401, "use_dpop_nonce")
    assert 'error="use_dpop_nonce"' in first.headers["www-authenticate"]
    assert second.status_code == 200


# Proofs.


def proofs_of(front: Front, run: Any, make: Any) -> tuple[int, str]:
    """Send the proofs that ``make(wallet, nonce)`` returns and return the error."""

    async def flow() -> Any:
        wallet, _ = await signed_in(front)
        body = vci.credential_request(CONFIGURATION, make(wallet, await wallet.nonce())).to_json()
        return await wallet.post("credential", body)

    return error_of(run(flow()))


def test_one_bad_proof_spoils_the_batch(front: Front, run: Any) -> None:
    def make(wallet: Wallet, nonce: str) -> list[str]:
        good = [wallet.proof(nonce) for _ in range(4)]
        header, claims, _ = wallet.proof(nonce).split(".")
        return [*good, ".".join((header, claims, good[0].rsplit(".", 1)[1]))]

    assert proofs_of(front, run, make) == (400, "invalid_proof")


def test_a_key_proven_twice_is_refused(front: Front, run: Any) -> None:
    signer = generate_signer()
    assert proofs_of(front, run, lambda w, n: [w.proof(n, signer), w.proof(n, signer)]) == (400, "invalid_proof")


def test_a_proof_for_another_issuer_is_refused(front: Front, run: Any) -> None:
    assert proofs_of(front, run, lambda w, n: [w.proof(n, audience="https://localhost:8443/999989")]) == (400, "invalid_proof")


def test_proofs_with_different_nonces_are_refused(front: Front, run: Any) -> None:
    assert proofs_of(front, run, lambda w, n: [w.proof(n), w.proof(front.office.new_nonce())]) == (400, "invalid_proof")


def test_an_old_proof_is_refused(front: Front, run: Any) -> None:
    def make(wallet: Wallet, nonce: str) -> list[str]:
        from schemas.messages.key_proof import build_key_proof

        return [build_key_proof(generate_signer(), audience=ISSUER, nonce=nonce, iat=front.clock.at - timedelta(hours=1))]

    assert proofs_of(front, run, make) == (400, "invalid_proof")


def test_more_proofs_than_the_batch_allows_are_refused(start: Start, run: Any) -> None:
    front = start(batch_size=3)
    assert proofs_of(front, run, lambda w, n: [w.proof(n) for _ in range(4)]) == (400, "invalid_proof")
    assert proofs_of(front, run, lambda w, n: [w.proof(n) for _ in range(21)]) == (400, "invalid_proof")


def test_a_private_key_in_a_proof_is_refused(front: Front, run: Any) -> None:
    from schemas.formats.jose import sign_jwt

    def make(wallet: Wallet, nonce: str) -> list[str]:
        claims = {"aud": ISSUER, "iat": int(front.clock.at.timestamp()), "nonce": nonce}
        jwk = {**public_jwk(wallet.signer.public_key), "d": "AA"}
        return [sign_jwt("openid4vci-proof+jwt", claims, wallet.signer, header={"jwk": jwk})]

    assert proofs_of(front, run, make) == (400, "invalid_proof")


# Nonces.


def test_nonces_are_fresh_and_never_cached(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        return [await front.public.post(f"{ISSUER}/nonce") for _ in range(20)]

    responses = run(flow())
    assert len({json.loads(response.content)["c_nonce"] for response in responses}) == 20
    for response in responses:
        assert response.headers["cache-control"] == "no-store"
        assert json.loads(response.content).keys() == {"c_nonce"}


def test_asking_for_nonces_writes_nothing(front: Front, run: Any) -> None:
    from runtime.single_use import table

    async def flow() -> None:
        for _ in range(50):
            await front.wallet().nonce()

    run(flow())
    with read(front.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(table(sa.MetaData()))).scalar_one() == 0


def test_an_invented_nonce_is_refused(front: Front, run: Any) -> None:
    for nonce in ("invented", "A" * 54, "é"):
        assert proofs_of(front, run, lambda w, _n, nonce=nonce: [w.proof(nonce)]) == (400, "invalid_nonce")


def test_a_nonce_for_dpop_is_no_nonce_for_proofs(front: Front, run: Any) -> None:
    assert proofs_of(front, run, lambda w, _n: [w.proof(front.office.new_dpop_nonce())]) == (400, "invalid_nonce")


def test_a_nonce_expires(start: Start, run: Any) -> None:
    front = start(nonce_seconds=60)

    async def flow() -> Any:
        wallet, _ = await signed_in(front)
        nonce = await wallet.nonce()
        front.clock.advance(seconds=61)
        return await wallet.post("credential", vci.credential_request(CONFIGURATION, [wallet.proof(nonce)]).to_json())

    assert error_of(run(flow())) == (400, "invalid_nonce")


def test_a_nonce_works_once(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        wallet, inner = await signed_in(front)
        nonce = await wallet.nonce()
        bodies = [vci.credential_request(CONFIGURATION, [wallet.proof(nonce)]).to_json() for _ in range(2)]
        return [await both(wallet.post("credential", bodies[0]), inner.work()), await wallet.post("credential", bodies[1])]

    first, second = run(flow())
    assert first.status_code == 200
    assert error_of(second) == (400, "invalid_nonce")


def test_of_64_parallel_requests_with_one_nonce_one_succeeds(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        wallet, inner = await signed_in(front)
        nonce = await wallet.nonce()
        bodies = [vci.credential_request(CONFIGURATION, [wallet.proof(nonce)]).to_json() for _ in range(64)]
        requests = asyncio.gather(*(wallet.post("credential", body) for body in bodies))
        return await both(requests, inner.work())

    responses = run(flow())
    assert [response.status_code for response in responses].count(200) == 1
    assert {error_of(response) for response in responses if response.status_code != 200} == {(400, "invalid_nonce")}


def test_a_bad_signature_does_not_spend_the_nonce(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        wallet, inner = await signed_in(front)
        nonce = await wallet.nonce()
        good = wallet.proof(nonce)
        bad = good[:-8] + ("A" * 8 if good[-8:] != "A" * 8 else "B" * 8)
        refused = await wallet.post("credential", vci.credential_request(CONFIGURATION, [bad]).to_json())
        return [refused, await both(wallet.post("credential", vci.credential_request(CONFIGURATION, [good]).to_json()), inner.work())]

    refused, accepted = run(flow())
    assert error_of(refused) == (400, "invalid_proof")
    assert accepted.status_code == 200


# Retries.


def test_the_same_request_again_is_answered_under_the_same_key(front: Front, run: Any) -> None:
    async def flow() -> tuple[list[Any], list[IssuanceJob]]:
        wallet, inner = await signed_in(front)
        body = await wallet.request(copies=3)
        responses = [await both(wallet.post("credential", body), inner.work()) for _ in range(3)]
        return responses, inner.seen

    responses, jobs = run(flow())
    assert [response.status_code for response in responses] == [200] * 3
    assert len({job.idempotency_key for job in jobs}) == 1
    assert len({job.job_id for job in jobs}) == 3
    assert len({json.loads(response.content)["notification_id"] for response in responses}) == 1


def test_a_retry_while_the_first_is_under_way_joins_it(front: Front, run: Any) -> None:
    async def flow() -> tuple[list[Any], list[IssuanceJob]]:
        wallet, inner = await signed_in(front)
        body = await wallet.request()

        async def later() -> None:
            jobs = await inner.jobs(5)
            retry = asyncio.create_task(wallet.post("credential", body))
            while len(front.office.exchange._by_key[jobs[0].idempotency_key].waiters) < 2:  # noqa: ASYNC110 - nobody else to wait on
                await asyncio.sleep(0)
            await inner.result(jobs[0].job_id, copies_for(jobs[0]))
            answers.append(await retry)

        answers: list[Any] = []
        answers.append(await both(wallet.post("credential", body), later()))
        return answers, inner.seen

    answers, jobs = run(flow())
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert len(jobs) == 1


def test_parallel_twins_of_one_request_are_one_request(front: Front, run: Any) -> None:
    async def flow() -> tuple[list[Any], list[IssuanceJob]]:
        wallet, inner = await signed_in(front)
        body = await wallet.request()
        server = asyncio.create_task(inner_until(inner, done := asyncio.Event()))
        responses = await asyncio.gather(*(wallet.post("credential", body) for _ in range(16)))
        done.set()
        await server
        return responses, inner.seen

    async def inner_until(inner: Inner, done: asyncio.Event) -> None:
        while not done.is_set():
            await inner.work(wait=1)

    responses, jobs = run(flow())
    assert {response.status_code for response in responses} == {200}
    assert len({job.idempotency_key for job in jobs}) == 1


def test_the_same_proofs_under_another_token_are_no_retry(front: Front, run: Any) -> None:
    async def flow() -> Any:
        wallet, inner = await signed_in(front)
        body = await wallet.request()
        await both(wallet.post("credential", body), inner.work())
        other, _ = await signed_in(front)
        return await other.post("credential", body)

    assert error_of(run(flow())) == (400, "invalid_nonce")


def test_the_same_proofs_for_another_configuration_are_no_retry(front: Front, run: Any) -> None:
    async def flow() -> Any:
        wallet, inner = await signed_in(front)
        body = await wallet.request()
        await both(wallet.post("credential", body), inner.work())
        return await wallet.post("credential", {**body, "credential_configuration_id": "resident-record-mdoc"})

    assert error_of(run(flow())) == (400, "invalid_nonce")


# What the inner side says.


@pytest.mark.parametrize("code", ["credential_request_denied", "invalid_proof", "unknown_credential_configuration"])
def test_a_refusal_of_the_inner_side_reaches_the_wallet(front: Front, run: Any, code: str) -> None:
    async def flow() -> Any:
        wallet, inner = await signed_in(front)
        return await both(wallet.post("credential", await wallet.request()), inner.work(lambda _job: JobError(code, "no")))

    assert error_of(run(flow())) == (400, code)


def test_more_credentials_than_keys_are_not_passed_on(front: Front, run: Any) -> None:
    async def flow() -> tuple[Any, Inner]:
        wallet, inner = await signed_in(front)
        response = await both(wallet.post("credential", await wallet.request()), inner.work(lambda _job: vci.IssuedCredentials(("a", "b"))))
        return response, inner

    response, inner = run(flow())
    assert error_of(response) == (502, "server_error")
    assert inner.answers == [410]


def test_a_result_for_nobody_is_gone(front: Front, run: Any) -> None:
    async def flow() -> list[int]:
        wallet, inner = await signed_in(front)
        await both(wallet.post("credential", await wallet.request()), inner.work())
        done = inner.seen[0]
        return [await inner.result(done.job_id, copies_for(done)), await inner.result("x" * 22, copies_for(replace(done, job_id="x" * 22)))]

    assert run(flow()) == [410, 410]


def test_a_full_house_defers_at_once(start: Start, run: Any) -> None:
    front = start(max_waiting_jobs=1)

    async def flow() -> list[Any]:
        wallet, inner = await signed_in(front)
        first = asyncio.create_task(wallet.post("credential", await wallet.request()))
        jobs = await inner.jobs(5)
        second = await wallet.post("credential", await wallet.request())
        await inner.result(jobs[0].job_id, copies_for(jobs[0]))
        return [await first, second]

    first, second = run(flow())
    assert first.status_code == 200
    assert second.status_code == 202
