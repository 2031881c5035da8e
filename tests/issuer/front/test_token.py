"""The token endpoint: codes, transaction codes, DPoP and refresh tokens (threats C01 to C04, C09, C10, C29)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import sqlalchemy as sa

from issuer.front import offers
from issuer.store.front import access_token, grant, offer, refresh_token
from runtime.signers import generate_signer
from runtime.store import read
from schemas.messages import openid4vci as vci
from tests.issuer.front.conftest import Front, Start
from tests.issuer.front.parties import HANDLE, TX_CODE, error_of


def tries(front: Front) -> int:
    with read(front.engine) as connection:
        return int(connection.execute(sa.select(offer.c.tries)).scalar_one())


def test_a_code_with_its_transaction_code_gives_bound_tokens(front: Front, run: Any) -> None:
    response = run(redeem(front))

    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    body = json.loads(response.content)
    assert body["token_type"] == "DPoP"
    assert body["expires_in"] == 300
    assert body["scope"] == "resident-record-sd-jwt resident-record-mdoc"
    assert body.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert len(body["access_token"]) == len(body["refresh_token"]) == 43


async def redeem(front: Front, *, tx_code: str | None = TX_CODE, **kwargs: Any) -> Any:
    return await front.wallet().token(await front.inner.offer(), tx_code, **kwargs)


def test_an_offer_without_transaction_code(front: Front, run: Any) -> None:
    async def flow() -> Any:
        return await front.wallet().token(await front.inner.offer(tx_code=None), None)

    assert run(flow()).status_code == 200


def test_nothing_secret_and_no_person_is_stored(front: Front, run: Any) -> None:
    async def flow() -> tuple[str, Any]:
        code = await front.inner.offer()
        return code, await front.wallet().token(code)

    code, response = run(flow())
    answer = vci.parse_token_response(response.content)
    with read(front.engine) as connection:
        rows = [str(tuple(row)) for table in (offer, grant, access_token, refresh_token) for row in connection.execute(sa.select(table))]
    text = " ".join(rows)
    assert HANDLE in text
    for secret in (code, TX_CODE, answer.access_token, answer.refresh_token):
        assert secret not in text


def test_a_code_works_once(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        code = await front.inner.offer()
        return [await front.wallet().token(code), await front.wallet().token(code)]

    first, second = run(flow())
    assert first.status_code == 200
    assert error_of(second) == (400, "invalid_grant")


def test_of_64_parallel_redemptions_one_succeeds(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        code = await front.inner.offer()
        return await asyncio.gather(*(front.wallet().token(code) for _ in range(64)))

    statuses = sorted(response.status_code for response in run(flow()))
    assert statuses == [200] + [400] * 63
    with read(front.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(grant)).scalar_one() == 1


def test_a_code_expires_after_five_minutes(front: Front, run: Any) -> None:
    async def flow() -> Any:
        code = await front.inner.offer()
        front.clock.advance(seconds=300)
        return await front.wallet().token(code)

    assert error_of(run(flow())) == (400, "invalid_grant")


def test_an_offer_cannot_live_longer_than_five_minutes(front: Front, run: Any) -> None:
    import httpx

    with pytest.raises(httpx.HTTPStatusError) as caught:
        run(front.inner.offer(life=3600))
    assert json.loads(caught.value.response.content)["code"] == "offer_life_too_long"


def test_an_unknown_code(front: Front, run: Any) -> None:
    assert error_of(run(front.wallet().token("x" * 43))) == (400, "invalid_grant")


def test_a_withdrawn_offer(front: Front, run: Any) -> None:
    async def flow() -> Any:
        code = await front.inner.offer()
        with read(front.engine) as connection:
            offer_id = connection.execute(sa.select(offer.c.offer_id)).scalar_one()
        (await front.internal.delete(f"/internal/v1/offers/{offer_id}")).raise_for_status()
        return await front.wallet().token(code)

    assert error_of(run(flow())) == (400, "invalid_grant")


def test_a_wrong_transaction_code_is_counted_and_the_right_one_still_works(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        code = await front.inner.offer()
        return [await front.wallet().token(code, typed) for typed in ("000000", TX_CODE)]

    wrong, right = run(flow())
    assert error_of(wrong) == (400, "invalid_grant")
    assert right.status_code == 200
    assert tries(front) == 1


def test_after_five_wrong_codes_the_right_one_no_longer_works(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        code = await front.inner.offer()
        return [await front.wallet().token(code, typed) for typed in ["000000"] * 5 + [TX_CODE]]

    *_, last = responses = run(flow())
    assert [error_of(response) for response in responses] == [(400, "invalid_grant")] * 6
    assert "too many" in json.loads(last.content)["error_description"]


def test_of_200_parallel_guesses_at_most_five_are_evaluated(front: Front, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluated: list[str] = []
    original = offers.check_tx_code

    def counted(typed: str, stored: str) -> None:
        evaluated.append(typed)
        original(typed, stored)

    monkeypatch.setattr(offers, "check_tx_code", counted)

    async def flow() -> list[Any]:
        code = await front.inner.offer()
        return await asyncio.gather(*(front.wallet().token(code, f"{number:06d}") for number in range(200)))

    assert {response.status_code for response in run(flow())} <= {400, 429}
    assert len(evaluated) == 5
    assert tries(front) == 5


def test_whoever_fails_too_often_has_to_wait(start: Start, run: Any) -> None:
    front = start(failed_tokens_per_minute=3)

    async def flow() -> list[Any]:
        code = await front.inner.offer()
        responses = [await front.wallet().token(f"invented-code-{number}") for number in range(4)]
        responses.append(await front.wallet().token(code))
        front.clock.advance(seconds=60)
        responses.append(await front.wallet().token(code))
        return responses

    *failed, slowed, still, later = run(flow())
    assert [error_of(response) for response in failed] == [(400, "invalid_grant")] * 3
    assert error_of(slowed) == error_of(still) == (429, "slow_down")
    assert still.headers["retry-after"] == "60"
    assert later.status_code == 200


@pytest.mark.parametrize(("offered", "typed"), [(TX_CODE, None), (None, TX_CODE)])
def test_a_missing_or_unexpected_transaction_code_is_a_malformed_request(
    front: Front, run: Any, offered: str | None, typed: str | None
) -> None:
    async def flow() -> Any:
        return await front.wallet().token(await front.inner.offer(tx_code=offered), typed)

    assert error_of(run(flow())) == (400, "invalid_request")
    assert tries(front) == 0


@pytest.mark.parametrize(
    ("content", "media_type", "error"),
    [
        ("grant_type=authorization_code&code=x", "application/x-www-form-urlencoded", "unsupported_grant_type"),
        ("grant_type=refresh_token&refresh_token=a&refresh_token=b", "application/x-www-form-urlencoded", "invalid_request"),
        ("grant_type=refresh_token&grant_type=refresh_token&refresh_token=b", "application/x-www-form-urlencoded", "invalid_request"),
        ("", "application/x-www-form-urlencoded", "invalid_request"),
        ("refresh_token=%FF", "application/x-www-form-urlencoded", "invalid_request"),
        ('{"grant_type":"refresh_token","refresh_token":"a"}', "application/json", "invalid_request"),
        ("grant_type=refresh_token&refresh_token=a", "application/json", "invalid_request"),
        ("grant_type=refresh_token&refresh_token=a", "multipart/form-data; boundary=x", "invalid_request"),
        ("grant_type=refresh_token&refresh_token=a", "application/x-www-form-urlencoded; charset=utf-16", "invalid_request"),
        ("grant_type=refresh_token&refresh_token=a", "application/x-www-form-urlencoded", "invalid_grant"),
    ],
)
def test_malformed_token_requests(front: Front, run: Any, content: str, media_type: str, error: str) -> None:
    wallet = front.wallet()
    headers = {"DPoP": wallet.dpop("token"), "Content-Type": media_type}
    assert error_of(run(front.public.post(wallet.url("token"), content=content, headers=headers))) == (400, error)


def test_an_oversize_body_is_refused(front: Front, run: Any) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = run(front.public.post(front.wallet().url("token"), content=b"a" * (64 * 1024 + 1), headers=headers))
    assert response.status_code == 413


# DPoP at the token endpoint.


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "GET"},
        {"url": "https://localhost:8443/999997/credential"},
        {"url": "https://front.evil.example/999997/token"},
    ],
)
def test_a_proof_for_another_request_is_refused(front: Front, run: Any, changes: dict[str, Any]) -> None:
    wallet = front.wallet()
    assert error_of(run(redeem(front, DPoP=wallet.dpop("token", **changes)))) == (400, "invalid_dpop_proof")


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_proof_of_another_hour_is_refused(front: Front, run: Any, seconds: int) -> None:
    from datetime import timedelta

    proof = front.wallet().dpop("token", iat=front.clock.at + timedelta(seconds=seconds))
    assert error_of(run(redeem(front, DPoP=proof))) == (400, "invalid_dpop_proof")


def test_without_a_proof_there_is_no_token(front: Front, run: Any) -> None:
    async def flow() -> Any:
        form = vci.PreAuthorizedTokenRequest(await front.inner.offer(), TX_CODE).to_form()
        return await front.public.post(front.wallet().url("token"), data=form)

    assert error_of(run(flow())) == (400, "invalid_dpop_proof")


def test_two_proofs_are_refused(front: Front, run: Any) -> None:
    async def flow() -> Any:
        wallet = front.wallet()
        form = vci.PreAuthorizedTokenRequest(await front.inner.offer(), TX_CODE).to_form()
        headers = [("DPoP", wallet.dpop("token")), ("DPoP", wallet.dpop("token"))]
        return await front.public.post(wallet.url("token"), data=form, headers=headers)

    assert error_of(run(flow())) == (400, "invalid_dpop_proof")


def test_of_64_uses_of_one_proof_one_is_accepted(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        wallet = front.wallet()
        proof = wallet.dpop("token")
        codes = [await front.inner.offer(tx_code=None) for _ in range(64)]
        return await asyncio.gather(*(wallet.token(code, None, DPoP=proof) for code in codes))

    errors = [response.status_code if response.status_code == 200 else error_of(response) for response in run(flow())]
    assert errors.count(200) == 1
    assert errors.count((400, "invalid_dpop_proof")) == 63


def test_a_refused_proof_burns_neither_code_nor_try(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        code = await front.inner.offer()
        wallet = front.wallet()
        return [await wallet.token(code, DPoP="x.y.z"), await wallet.token(code)]

    bad, good = run(flow())
    assert error_of(bad) == (400, "invalid_dpop_proof")
    assert good.status_code == 200


def test_where_a_server_nonce_is_demanded_the_second_try_succeeds(start: Start, run: Any) -> None:
    front = start(require_dpop_nonce=True)

    async def flow() -> list[Any]:
        code = await front.inner.offer()
        wallet = front.wallet()
        first = await wallet.token(code)
        stale = await wallet.token(code, DPoP=wallet.dpop("token", nonce="invented"))
        again = await wallet.token(code, DPoP=wallet.dpop("token", nonce=first.headers["dpop-nonce"]))
        return [first, stale, again]

    first, stale, again = run(flow())
    assert error_of(first) == error_of(stale) == (400, "use_dpop_nonce")
    assert again.status_code == 200
    assert again.headers["dpop-nonce"]


# Refresh tokens.


def test_a_refresh_token_gives_new_tokens_and_is_replaced(front: Front, run: Any) -> None:
    async def flow() -> tuple[Any, Any, Any]:
        wallet = front.wallet()
        await wallet.sign_in(await front.inner.offer())
        old = wallet.refresh_token
        front.clock.advance(days=100)
        first = await wallet.refresh()
        wallet.keep(first)
        second = await wallet.refresh()
        return old, first, second

    old, first, second = run(flow())
    assert first.status_code == second.status_code == 200
    assert len({old, json.loads(first.content)["refresh_token"], json.loads(second.content)["refresh_token"]}) == 3


def test_a_lost_answer_may_be_asked_for_again(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        wallet = front.wallet()
        await wallet.sign_in(await front.inner.offer())
        lost = await wallet.refresh()
        again = await wallet.refresh()
        wallet.keep(again)
        return [lost, again, await wallet.refresh()]

    assert [response.status_code for response in run(flow())] == [200, 200, 200]


def test_a_refresh_token_used_by_two_kills_the_grant(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        wallet = front.wallet()
        await wallet.sign_in(await front.inner.offer())
        stolen = wallet.refresh_token
        for _ in range(2):
            wallet.keep(await wallet.refresh())
        return [await wallet.refresh(stolen), await wallet.refresh()]

    assert [error_of(response) for response in run(flow())] == [(400, "invalid_grant")] * 2


def test_the_lost_twin_of_a_repeated_refresh_kills_the_grant(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        wallet = front.wallet()
        await wallet.sign_in(await front.inner.offer())
        twin = json.loads((await wallet.refresh()).content)["refresh_token"]
        wallet.keep(await wallet.refresh())
        return [await wallet.refresh(twin), await wallet.refresh()]

    assert [error_of(response) for response in run(flow())] == [(400, "invalid_grant")] * 2


def test_a_refresh_token_works_with_its_key_alone(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        wallet = front.wallet()
        await wallet.sign_in(await front.inner.offer())
        return [await wallet.refresh(signer=generate_signer()), await wallet.refresh()]

    thief, owner = run(flow())
    assert error_of(thief) == (400, "invalid_grant")
    assert owner.status_code == 200


def test_refresh_tokens_end(start: Start, run: Any) -> None:
    front = start(refresh_token_days=10)

    async def flow() -> Any:
        wallet = front.wallet()
        await wallet.sign_in(await front.inner.offer())
        front.clock.advance(days=10)
        return await wallet.refresh()

    assert error_of(run(flow())) == (400, "invalid_grant")


def test_a_revoked_handle_takes_offers_and_tokens_with_it(front: Front, run: Any) -> None:
    async def flow() -> list[Any]:
        wallet, other = front.wallet(), front.wallet()
        await wallet.sign_in(await front.inner.offer())
        await other.sign_in(await front.inner.offer(subject_handle="handle-of-a-resident-2"))
        unused = await front.inner.offer()
        await front.inner.revoke()
        return [
            await wallet.refresh(),
            await wallet.post("credential", await wallet.request()),
            await front.wallet().token(unused),
            await other.refresh(),
        ]

    refreshed, asked, redeemed, neighbour = run(flow())
    assert error_of(refreshed) == (400, "invalid_grant")
    assert error_of(asked) == (401, "invalid_token")
    assert error_of(redeemed) == (400, "invalid_grant")
    assert neighbour.status_code == 200
