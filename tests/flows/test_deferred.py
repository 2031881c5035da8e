"""An inner side that is away: what was offered comes later, bound to the keys that were proven at first."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from schemas.errors import WarifuError
from schemas.messages.openid4vci import CredentialOffer, parse_offer_link
from tests.flows.holder import PASSPHRASE, Holder
from tests.flows.town import ALL, Town
from wallet.receive.accept import Received, accept_offer
from wallet.receive.renew import await_deferred, refresh
from wallet.vault.vault import opened


def accept_alone(holder: Holder) -> Received:
    """Redeem an offer while nobody is at work."""
    offer = parse_offer_link(holder.town.offer(tx_code=False).link)
    assert isinstance(offer, CredentialOffer)
    return accept_offer(holder.receiver, offer, holder.vault, tx_code=None)


def refresh_alone(holder: Holder) -> Received:
    (grant,) = holder.content.grants.values()
    return refresh(holder.receiver, grant, holder.vault)


def test_what_is_deferred_is_kept_with_its_keys(absent_town: Town, waiting_holder: Holder) -> None:
    holder = waiting_holder
    received = accept_alone(holder)
    assert received.copies == ()
    assert [entry.configuration_id for entry in received.pending] == list(ALL)
    with opened(holder.home, PASSPHRASE) as stored:
        assert stored.content.pending == list(received.pending)
        assert set(stored.content.keys) == set(received.pending[0].keys)
        assert len(stored.content.keys) == 3
        assert len({entry.keys for entry in stored.content.pending}) == 1
        assert next(iter(stored.content.grants.values())).refresh_token is not None


@pytest.mark.parametrize("encrypted", [True, False])
def test_refresh_fetches_it_later_for_the_same_keys(absent_town: Town, waiting_holder: Holder, encrypted: bool) -> None:
    holder = waiting_holder
    holder.encrypted = encrypted
    keys = set(accept_alone(holder).pending[0].keys)
    absent_town.wire.seen.clear()
    absent_town.clock.forward(hours=1)  # the access token has long expired
    absent_town.let_the_front_wait()
    received = holder.refresh()
    assert len(received.copies) == 12
    assert {copy.holder_key for copy in received.copies} == keys
    assert holder.content.pending == []
    assert set(holder.content.keys) == keys
    absent_town.publish()
    assert holder.show(absent_town.ask("two")).accepted
    assert not any(path.endswith("/999997/credential") for path in absent_town.wire.paths())


def test_an_issuer_still_away_leaves_it_awaited(absent_town: Town, waiting_holder: Holder) -> None:
    holder = waiting_holder
    first = accept_alone(holder).pending
    again = refresh_alone(holder)
    assert again.copies == ()
    assert [entry.keys for entry in again.pending] == [entry.keys for entry in first]
    assert len(holder.content.pending) == 4
    assert len(holder.content.keys) == 3


def test_waiting_asks_at_the_issuers_interval_until_it_comes(absent_town: Town, waiting_holder: Holder) -> None:
    holder, town = waiting_holder, absent_town
    received = accept_alone(holder)
    pauses: list[float] = []
    told: list[int] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        town.clock.forward(seconds=seconds)
        if len(pauses) == 2:
            town.let_the_front_wait()
            working.__enter__()

    working = town.issuing()
    until = town.clock() + timedelta(seconds=60)

    def tell(count: int, _left: float) -> None:
        told.append(count)

    try:
        received = await_deferred(
            holder.receiver, holder.vault, received, until=until, pause=pause, tell=lambda count, _left: told.append(count)
        )
    finally:
        working.__exit__(None, None, None)
    assert (len(received.copies), received.pending) == (12, ())
    assert pauses == [1, 1]
    assert told == [4, 4]


def test_waiting_ends_when_the_time_is_over(absent_town: Town, waiting_holder: Holder) -> None:
    holder, town = waiting_holder, absent_town
    received = accept_alone(holder)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        town.clock.forward(seconds=seconds)

    until = town.clock() + timedelta(seconds=2.5)
    received = await_deferred(holder.receiver, holder.vault, received, until=until, pause=pause, tell=lambda _count, _left: None)
    assert pauses == [1, 1, 0.5]
    assert len(received.pending) == len(holder.content.pending) == 4


def test_waiting_outlives_the_access_token_and_an_issuer_that_is_gone_for_a_moment(absent_town: Town, waiting_holder: Holder) -> None:
    holder, town = waiting_holder, absent_town
    received = accept_alone(holder)
    count = [0]

    def pause(_seconds: float) -> None:
        count[0] += 1
        town.clock.forward(minutes=4)
        town.wire.interfere = (lambda request: httpx.Response(503)) if count[0] == 1 else None

    until = town.clock() + timedelta(minutes=15)
    received = await_deferred(holder.receiver, holder.vault, received, until=until, pause=pause, tell=lambda _count, _left: None)
    assert count == [4]
    assert len(received.pending) == 4
    assert sum(path.endswith("/token") for path in town.wire.paths()) == 3


def test_what_the_issuer_has_forgotten_is_asked_for_anew_with_fresh_keys(absent_town: Town, waiting_holder: Holder) -> None:
    holder = waiting_holder
    old = set(accept_alone(holder).pending[0].keys)
    absent_town.clock.forward(hours=25)  # the front keeps what it deferred for a day
    absent_town.let_the_front_wait()
    received = holder.refresh()
    assert len(received.copies) == 12
    assert holder.content.pending == []
    assert not old & set(holder.content.keys)


def test_a_right_that_ended_in_between(absent_town: Town, waiting_holder: Holder) -> None:
    holder = waiting_holder
    accept_alone(holder)
    absent_town.let_the_front_wait()
    row = holder.content.to_bytes()
    absent_town.wire.interfere = lambda request: (
        httpx.Response(400, json={"error": "invalid_grant"}) if request.url.path.endswith("/token") else None
    )
    with pytest.raises(WarifuError) as caught:
        holder.refresh()
    assert caught.value.code == "grant_ended"
    assert holder.content.to_bytes() != row
    assert next(iter(holder.content.grants.values())).refresh_token is None


def test_a_final_refusal_ends_the_waiting_for_this_credential_alone(absent_town: Town, waiting_holder: Holder) -> None:
    holder = waiting_holder
    accept_alone(holder)
    asked = [0]

    def deny_first(request: httpx.Request) -> httpx.Response | None:
        asked[0] += request.url.path.endswith("/deferred_credential")
        if asked == [1]:
            return httpx.Response(400, json={"error": "credential_request_denied"})
        return None

    absent_town.wire.interfere = deny_first
    received = refresh_alone(holder)
    ((name, error),) = received.refused
    assert (name, error.code, error.error) == (ALL[0], "credential_refused", "credential_request_denied")
    assert "市民課窓口" in error.hint
    assert [entry.configuration_id for entry in holder.content.pending] == list(ALL[1:])
    assert len(holder.content.keys) == 3


def test_deferred_copies_are_checked_like_all_others(absent_town: Town, waiting_holder: Holder) -> None:
    holder = waiting_holder
    holder.encrypted = False
    accept_alone(holder)

    def forge(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/deferred_credential"):
            return httpx.Response(200, json={"credentials": [{"credential": absent_town.world.sd_jwt()}] * 3})
        return None

    absent_town.wire.interfere = forge
    with pytest.raises(WarifuError) as caught:
        refresh_alone(holder)
    assert caught.value.code == "holder_key_foreign"
    assert holder.content.copies == {}
    assert len(holder.content.pending) == 4


@pytest.mark.parametrize(("status", "body"), [(202, {"credentials": [{"credential": "x"}]}), (200, {"transaction_id": "t", "interval": 1})])
def test_status_and_content_must_agree(town: Town, holder: Holder, status: int, body: dict[str, object]) -> None:
    holder.encrypted = False
    made = town.offer(configurations=ALL[:1])
    town.wire.interfere = lambda request: httpx.Response(status, json=body) if request.url.path.endswith("/credential") else None
    with pytest.raises(WarifuError) as caught:
        holder.accept(made)
    assert caught.value.code == "bad_credential_response"
    assert holder.content.pending == []
