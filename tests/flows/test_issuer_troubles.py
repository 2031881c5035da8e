"""Issuers that refuse, go away or answer strangely: what is kept then, and what the holder hears."""

from __future__ import annotations

import httpx
import pytest
import sqlalchemy as sa

from issuer.store.municipality.issuing import subject_handle
from schemas.errors import UndeterminedError, WarifuError
from tests.flows.holder import Holder
from tests.flows.test_receiving_refusals import ONE, altered, refused
from tests.flows.town import ALL, FRONT, Town

# ---- what the issuer refuses


def refusing(town: Town, *answers: str | None) -> None:
    """Answer the next credential requests with these errors; None lets one through."""
    left = list(answers)

    def interfere(request: httpx.Request) -> httpx.Response | None:
        error = left.pop(0) if left and request.url.path.endswith("/credential") else None
        return None if error is None else httpx.Response(400, json={"error": error})

    town.wire.interfere = interfere


def test_one_refused_credential_does_not_keep_the_others_from_coming(town: Town, holder: Holder) -> None:
    made = town.offer()
    refusing(town, None, "credential_request_denied")
    received = holder.accept(made)
    assert [(name, error.code) for name, error in received.refused] == [(ALL[1], "credential_refused")]
    assert {copy.configuration_id for copy in holder.content.copies.values()} == {ALL[0], ALL[2], ALL[3]}
    assert len(holder.content.keys) == 3
    town.wire.interfere = None
    assert len(holder.refresh().copies) == 12


def test_where_everything_is_refused_nothing_is_stored(town: Town, holder: Holder) -> None:
    made = town.offer()
    refusing(town, *["credential_request_denied"] * 4)
    error = refused(holder, made)
    assert error.code == "credential_refused"
    assert "市民課窓口" in error.hint


def test_a_nonce_that_ran_out_is_fetched_again_once(town: Town, holder: Holder) -> None:
    made = town.offer(configurations=ONE)
    refusing(town, "invalid_nonce")
    assert len(holder.accept(made).copies) == 3
    again = town.offer(configurations=ONE)
    refusing(town, "invalid_nonce", "invalid_nonce")
    assert refused(holder, again).message == "the issuer refused: invalid_nonce"


def test_a_configuration_that_is_no_longer_offered_is_told(town: Town, holder: Holder) -> None:
    holder.accept(town.offer(configurations=ONE))
    altered(town, "openid-credential-issuer/999997", lambda document: document["credential_configurations_supported"].pop(ONE[0]) and None)
    with pytest.raises(WarifuError) as caught:
        holder.refresh()
    assert caught.value.code == "configuration_unknown"
    assert len(holder.content.copies) == 3


# ---- an issuer that is not there


def test_an_issuer_that_is_away_from_the_start_leaves_nothing(town: Town, holder: Holder) -> None:
    made = town.offer()
    town.wire.down(FRONT)
    assert isinstance(refused(holder, made), UndeterminedError)


def test_an_issuer_that_goes_away_after_the_code_leaves_the_right_to_fetch(town: Town, holder: Holder) -> None:
    made = town.offer()
    count = [0]

    def break_second(request: httpx.Request) -> httpx.Response | None:
        count[0] += request.url.path.endswith("/credential")
        if count[0] == 2:
            raise httpx.ReadTimeout("gone", request=request)
        return None

    town.wire.interfere = break_second
    with pytest.raises(UndeterminedError) as caught:
        holder.accept(made)
    assert "refresh" in caught.value.hint
    assert (len(holder.content.grants), len(holder.content.copies), len(holder.content.keys)) == (1, 0, 0)
    town.wire.interfere = None
    assert len(holder.refresh().copies) == 12


def test_a_5xx_is_undetermined_and_says_nothing_foreign(town: Town, holder: Holder) -> None:
    made = town.offer()
    town.wire.interfere = lambda _request: httpx.Response(503, text="山田太郎")
    error = refused(holder, made)
    assert isinstance(error, UndeterminedError)
    assert "山田" not in str(error)


def test_foreign_error_text_goes_no_further(town: Town, holder: Holder) -> None:
    made = town.offer()
    evil = {"error": "山田\u202e太郎", "error_description": "call 0120-000-000"}
    town.wire.interfere = lambda request: httpx.Response(400, json=evil) if request.url.path.endswith("/token") else None
    error = refused(holder, made)
    assert error.message == "the issuer refused: unknown_error"
    assert "0120" not in str(error) + error.hint


def test_a_token_that_is_not_bound_is_refused(town: Town, holder: Holder) -> None:
    made = town.offer()
    altered(town, "/token", lambda document: {**document, "token_type": "Bearer"})
    assert refused(holder, made).code == "token_not_bound"


def test_an_ended_right_is_told_once_and_not_tried_again(town: Town, holder: Holder) -> None:
    holder.accept(town.offer())
    town.inner_front.revoke_handle(_handle(town))
    with pytest.raises(WarifuError) as caught:
        holder.refresh()
    assert caught.value.code == "grant_ended"
    assert next(iter(holder.content.grants.values())).refresh_token is None
    assert len(holder.content.copies) == 12


def _handle(town: Town) -> str:
    with town.inner_engine.connect() as connection:
        return str(connection.scalar(sa.select(subject_handle.c.handle)))


def test_the_holder_keys_of_a_refused_fetch_are_gone(town: Town, holder: Holder) -> None:
    holder.encrypted = False
    made = town.offer(configurations=ONE)
    altered(town, "/credential", lambda document: document["credentials"].pop() and None)
    refused(holder, made)
    assert holder.content.keys == {}
