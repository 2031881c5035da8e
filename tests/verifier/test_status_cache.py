"""Status lists in the verifier: freshness, rollback, one fetch for many, and that nothing fails open (threats E01 to E10)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from runtime.store import begin, open_engine
from schemas.errors import UndeterminedError, WarifuError
from schemas.formats.status_list import StatusReference
from schemas.trust import TrustPurpose
from schemas.verify import CWT_LIST, JWT_LIST
from schemas.verify.status import check_status
from tests.verifier.conftest import Desk
from tests.verifier.parts import Clock, ListServer
from tests.verifier.test_verify_call import call_of, post
from tests.world import World
from verifier.status import CachedLists, StatusCache, StoredNewest, settle, settle_now
from verifier.store.tables import metadata


@pytest.fixture
def cache(world: World, clock: Clock, lists: ListServer, store_url: str) -> Any:
    engine = open_engine(store_url)
    with begin(engine) as connection:
        metadata.create_all(connection)
    yield StatusCache(anchors=world.anchors, fetcher=lists.fetcher(), newest=StoredNewest(engine), clock=clock)
    engine.dispose()


def look_up(
    cache: StatusCache, world: World, clock: Clock, *, max_age: timedelta | None = None, index: int = 4242, form: str = "jwt"
) -> int:
    """Return the bit of one index as a decision would see it."""
    reference = StatusReference(world.warifu.status_uri(form), index)
    media_type = JWT_LIST if form == "jwt" else CWT_LIST

    def decide(source: CachedLists) -> int | WarifuError:
        try:
            found = source.token_for(reference, media_type=media_type, anchor=world.warifu.anchor, at=clock(), max_age=max_age)
        except WarifuError as error:
            return error
        return found.bits.get(index)

    result = settle_now(decide, cache)
    if isinstance(result, WarifuError):
        raise result
    return result


def code_of(cache: StatusCache, world: World, clock: Clock, **options: Any) -> str:
    with pytest.raises(UndeterminedError) as caught:
        look_up(cache, world, clock, **options)
    return caught.value.code


@pytest.mark.parametrize("form", ["jwt", "cwt"])
def test_a_list_is_fetched_once_and_used_for_its_ttl(cache: StatusCache, world: World, clock: Clock, lists: ListServer, form: str) -> None:
    assert [look_up(cache, world, clock, form=form) for _ in range(3)] == [0, 0, 0]
    assert lists.asked == [world.warifu.status_uri(form)]
    clock.forward(599)
    look_up(cache, world, clock, form=form)
    assert len(lists.asked) == 1
    lists.publish(world.warifu, revoked={4242})
    clock.forward(1)
    assert look_up(cache, world, clock, form=form) == 1
    assert len(lists.asked) == 2


def test_a_purpose_may_demand_a_fresher_copy_than_the_ttl(cache: StatusCache, world: World, clock: Clock, lists: ListServer) -> None:
    look_up(cache, world, clock)
    clock.forward(30)
    lists.publish(world.warifu, revoked={4242})
    assert look_up(cache, world, clock) == 0
    assert look_up(cache, world, clock, max_age=timedelta(seconds=60)) == 0
    assert look_up(cache, world, clock, max_age=timedelta(seconds=30)) == 1
    assert look_up(cache, world, clock, max_age=timedelta(0)) == 1
    assert len(lists.asked) == 3


@pytest.mark.parametrize(("ttl", "seconds"), [(timedelta(days=3650), 3600), (timedelta(seconds=2), 2)])
def test_no_ttl_keeps_a_list_longer_than_an_hour(cache: StatusCache, world: World, lists: ListServer, ttl: timedelta, seconds: int) -> None:
    clock = lists.clock
    lists.publish(world.warifu, ttl=ttl)
    look_up(cache, world, clock)
    lists.publish(world.warifu, revoked={4242}, ttl=ttl)
    clock.forward(seconds - 1)
    assert look_up(cache, world, clock) == 0
    clock.forward(1)
    assert look_up(cache, world, clock) == 1


def test_an_older_list_never_replaces_a_newer_one_not_even_after_a_restart(
    cache: StatusCache, world: World, clock: Clock, lists: ListServer, store_url: str
) -> None:
    old = dict(lists.bodies)
    clock.forward(60)
    lists.publish(world.warifu, revoked={4242})
    assert look_up(cache, world, clock) == 1
    lists.bodies.update(old)
    engine = open_engine(store_url)
    restarted = StatusCache(anchors=world.anchors, fetcher=lists.fetcher(), newest=StoredNewest(engine), clock=clock)
    assert code_of(restarted, world, clock) == "status_list_rollback"
    engine.dispose()


_TEXT = {"content-type": JWT_LIST}


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404),
        httpx.Response(500),
        httpx.Response(200, headers=_TEXT, content=b""),
        httpx.Response(200, headers=_TEXT, content=b"<html>"),
        httpx.Response(200, headers={"content-type": "text/html"}, content=b"<html>"),
        httpx.Response(200, headers={"content-type": CWT_LIST}, content=b"\xd2"),
        httpx.Response(204),
        httpx.Response(301, headers={"location": "https://elsewhere.example/"}),
        httpx.Response(302, headers={"location": "http://169.254.169.254/"}),
        httpx.Response(200, headers={**_TEXT, "content-encoding": "gzip"}, content=b"\x1f\x8b"),
        httpx.Response(200, headers=_TEXT, content=b"x" * 2_000_000),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
    ],
    ids=str,
)
def test_whatever_keeps_a_list_away_is_undetermined(
    cache: StatusCache, world: World, clock: Clock, lists: ListServer, answer: httpx.Response | Exception
) -> None:
    lists.answer = answer
    assert code_of(cache, world, clock)


@pytest.mark.parametrize("status", [201, 203, 206, 404, 410, 500])
def test_a_good_list_under_another_answer_than_200_is_no_list(
    cache: StatusCache, world: World, clock: Clock, lists: ListServer, status: int
) -> None:
    media_type, body = lists.bodies[world.warifu.status_uri("jwt")]
    lists.answer = httpx.Response(status, headers={"content-type": media_type}, content=body)
    assert code_of(cache, world, clock) == "status_unreachable"


def test_lists_in_use_are_fetched_before_they_grow_stale(cache: StatusCache, world: World, clock: Clock, lists: ListServer) -> None:
    look_up(cache, world, clock)
    assert cache.due(clock()) == []
    clock.forward(480)
    for wanted in cache.due(clock()):
        cache.refresh(wanted)
    assert len(lists.asked) == 2
    clock.forward(480)
    assert look_up(cache, world, clock) == 0
    assert len(lists.asked) == 2
    clock.forward(2 * 3600)
    assert cache.due(clock()) == []


def test_a_list_of_another_city_address_or_age_is_undetermined(cache: StatusCache, world: World, clock: Clock, lists: ListServer) -> None:
    day = timedelta(days=1)
    rejected = {
        "another city's signer": {"identity": world.tonari.status_signer},
        "a signer of credentials": {"identity": world.warifu.document_signer},
        "another address": {"uri": world.warifu.status_uri("jwt", "2")},
        "expired": {"iat": world.at - day, "exp": world.at},
        "from the future": {"iat": world.at + day, "exp": world.at + day + day / 2},
        "lives too long": {"exp": world.at + 2 * day},
    }
    for what, changes in rejected.items():
        from tests.world.status import status_token

        token = status_token(world.warifu, "jwt", world.at, **changes)
        lists.bodies[world.warifu.status_uri("jwt")] = (JWT_LIST, token.body)
        assert code_of(cache, world, clock), what
        clock.forward(5)
    lists.publish(world.warifu)
    assert look_up(cache, world, clock) == 0


def test_after_a_failed_refresh_the_old_copy_serves_until_it_expires_unless_the_purpose_says_otherwise(
    cache: StatusCache, world: World, clock: Clock, lists: ListServer
) -> None:
    look_up(cache, world, clock)
    lists.answer = httpx.Response(503)
    clock.forward(3000)
    assert look_up(cache, world, clock) == 0
    assert code_of(cache, world, clock, max_age=timedelta(seconds=600))
    asked = len(lists.asked)
    assert look_up(cache, world, clock) == 0
    assert len(lists.asked) == asked
    clock.forward(12 * 3600)
    assert code_of(cache, world, clock)


def test_500_decisions_at_once_fetch_a_list_once(cache: StatusCache, world: World, clock: Clock, lists: ListServer) -> None:
    reference = StatusReference(world.warifu.status_uri("jwt"), 4242)

    def decide(source: CachedLists) -> bool:
        try:
            source.token_for(reference, media_type=JWT_LIST, anchor=world.warifu.anchor, at=clock(), max_age=None)
        except UndeterminedError:
            return False
        return True

    async def all_at_once() -> list[bool]:
        return await asyncio.gather(*(settle(decide, cache) for _ in range(500)))

    assert all(asyncio.run(all_at_once()))
    assert len(lists.asked) == 1


def test_nothing_is_fetched_before_everything_else_is_checked(desk: Desk, world: World, lists: ListServer) -> None:
    assert post(desk, call_of(world, nonce="another-nonce-0123456789"))[0] == 422
    elsewhere = {"status": {"status_list": {"idx": 1, "uri": "https://attacker.example/1.jwt"}}}
    forged = world.present_sd_jwt(world.sd_jwt(payload=elsewhere), paths=(("name",), ("birthdate",), ("address", "prefecture")))
    status, report = post(desk, call_of(world, presentation=forged))
    assert (status, report["code"]) == (422, "status_origin_not_allowed")
    signed_by_nobody = world.present_sd_jwt(world.sd_jwt(signer=world.holder(9)))
    assert post(desk, call_of(world, presentation=signed_by_nobody))[0] == 422
    assert lists.asked == []


def test_the_check_of_the_origin_stands_before_the_source(world: World, cache: StatusCache, clock: Clock) -> None:
    from schemas.trust import check_chain
    from schemas.verify import Policy

    signer = check_chain(world.warifu.document_signer.chain_der, anchors=world.anchors, purpose=TrustPurpose.ISSUER, at=clock())
    claim = {"status_list": {"idx": 1, "uri": "https://warifu.example.attacker.example/1.jwt"}}
    source = cache.source()
    with pytest.raises(WarifuError) as caught:
        check_status(claim, media_type=JWT_LIST, signer=signer, source=source, policy=Policy(status="required"), at=clock())
    assert caught.value.code == "status_origin_not_allowed"
    assert not source.missing
