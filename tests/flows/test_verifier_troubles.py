"""Verifiers that are away or answer strangely, and what any of them learns of the wallet itself."""

from __future__ import annotations

import json

import httpx
import pytest

from schemas.errors import UndeterminedError, WarifuError
from schemas.formats.jose import parse_jws
from tests.flows.holder import Holder
from tests.flows.town import VERIFIER, Town

# ---- a verifier that is not there, or answers strangely


def test_an_unreachable_verifier(town: Town, holder: Holder) -> None:
    request = town.ask()
    town.wire.down(VERIFIER)
    with pytest.raises(UndeterminedError):
        holder.show(request)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(503), "verifier_unreachable"),
        (httpx.Response(429), "verifier_unreachable"),
        (httpx.Response(302, headers={"location": "https://collector.example"}), "fetch_redirected"),
        (httpx.Response(200, json={"redirect_uri": "javascript:alert(1)"}), "request_malformed"),
        (httpx.Response(200, json={"redirect_uri": "http://verifier.example/"}), "request_malformed"),
        (httpx.Response(200, text="<html>"), "bad_json"),
    ],
)
def test_strange_answers_of_a_verifier(town: Town, holder: Holder, answer: httpx.Response, expected: str) -> None:
    holder.accept(town.offer(configurations=["resident-record-sd-jwt"]))
    asked = holder.read(town.ask())
    consent = holder.consent(asked)
    town.wire.interfere = lambda _request: answer
    with pytest.raises(WarifuError) as caught:
        holder.answer(asked, consent)
    assert caught.value.code == expected


def test_a_request_object_that_is_gone(town: Town, holder: Holder) -> None:
    request = town.ask()
    town.clock.forward(minutes=3)
    with pytest.raises(UndeterminedError) as caught:
        holder.read(request)
    assert caught.value.code == "request_unavailable"


# ---- what the wallet tells of itself (threat row D20)


def test_every_request_of_a_wallet_has_the_same_headers(town: Town, holder: Holder) -> None:
    holder.accept(town.offer(configurations=["resident-record-sd-jwt"]))
    town.publish()
    holder.show(town.ask())
    sent = {
        name
        for request in town.wire.seen
        if not request.url.path.startswith("/999997/status")
        for name in request.headers
        if name not in {"host", "content-length"}
    }
    assert sent == {"accept", "accept-encoding", "user-agent", "content-type", "dpop", "authorization"}
    assert {request.headers["user-agent"] for request in town.wire.seen} == {"warifu"}
    assert {request.headers["accept-encoding"] for request in town.wire.seen} == {"identity"}
    kinds = {
        json.dumps(parse_jws(request.headers["dpop"], typ="dpop+jwt").header["jwk"])
        for request in town.wire.seen
        if "dpop" in request.headers
    }
    assert len(kinds) == 1


def test_two_offers_share_no_key(town: Town, holder: Holder) -> None:
    for _ in range(2):
        holder.accept(town.offer(configurations=["resident-record-sd-jwt"]))
    jwks = {
        json.dumps(parse_jws(request.headers["dpop"], typ="dpop+jwt").header["jwk"])
        for request in town.wire.seen
        if request.url.path.endswith("/token")
    }
    assert len(jwks) == 2
    assert len({copy.holder_key for copy in holder.content.copies.values()}) == 6
