"""Addresses that strangers name: offers, requests and answers go through the guarded fetcher alone (rows C06, D09, F01).

Nothing stands in for the network here: the refusals come before any connection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from runtime.fetcher import GuardedFetcher
from schemas.errors import WarifuError
from schemas.messages.dcql import parse_query
from schemas.messages.openid4vp import AuthorizationRequest, RequestParameters, build_request_object, parse_request_object
from tests.world import World
from wallet.cli.receiving import read_offer
from wallet.present.present import decline, send
from wallet.present.requests import Shower, fetch_request
from wallet.receive.client import IssuanceClient
from wallet.settings import WalletSettings

WORLD = World()
INSIDE = [
    "https://127.0.0.1/x",
    "https://127.1/x",
    "https://0x7f000001/x",
    "https://2130706433/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[fe80::1]/x",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/x",
    "https://192.168.1.1/x",
    "https://localhost/x",
]
ELSEWHERE = ["http://example.com/x", "file:///etc/passwd", "ftp://example.com/x", "https://user@example.com/x"]
QUERY = parse_query(
    {"credentials": [{"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": ["https://catalogue.example/resident-record/1"]}}]}
)


def offer_from(url: str) -> None:
    read_offer(f"openid-credential-offer://?credential_offer_uri={quote(url, safe='')}", WalletSettings())


def request_from(url: str, method: str) -> None:
    link = f"haip-vp://?client_id=x509_hash%3Aa&request_uri={quote(url, safe='')}&request_uri_method={method}"
    fetch_request(Shower(WalletSettings().fetcher(), WORLD.reader_anchors, lambda: WORLD.at), link)


def metadata_from(url: str) -> None:
    IssuanceClient(WalletSettings().fetcher(), now=lambda: WORLD.at).endpoints(url, anchors=WORLD.anchors)


def asking(response_uri: str) -> AuthorizationRequest:
    """Return a checked request whose answer would go to ``response_uri``."""
    identity = WORLD.bank.identity
    token = build_request_object(
        RequestParameters(
            response_uri=WORLD.response_uri,
            response_mode="direct_post",
            nonce=WORLD.nonce,
            state="state",
            query=QUERY,
            issued_at=WORLD.at,
            expires_at=WORLD.at + timedelta(minutes=5),
        ),
        signer=identity.signer,
        chain_der=identity.chain_der,
    )
    checked = parse_request_object(token, client_id=WORLD.audience, anchors=WORLD.reader_anchors, at=WORLD.at)
    return replace(checked, response_uri=response_uri)


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(WarifuError) as caught:
        act()
    return caught.value.code


@pytest.mark.parametrize("url", INSIDE)
def test_an_offer_cannot_make_the_wallet_call_inside(url: str) -> None:
    assert refusal(lambda: offer_from(url)) == "fetch_refused"


@pytest.mark.parametrize("url", ELSEWHERE)
def test_an_offer_lies_at_https_or_nowhere(url: str) -> None:
    assert refusal(lambda: offer_from(url)) == "bad_offer_link"


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("url", INSIDE)
def test_a_request_cannot_make_the_wallet_call_inside(url: str, method: str) -> None:
    assert refusal(lambda: request_from(url, method)) == "fetch_refused"


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_request_lies_at_https_or_nowhere(url: str) -> None:
    assert refusal(lambda: request_from(url, "get")) == "request_malformed"


@pytest.mark.parametrize("url", INSIDE)
def test_an_issuer_cannot_be_inside(url: str) -> None:
    assert refusal(lambda: metadata_from(url)) == "fetch_refused"


@pytest.mark.parametrize("url", INSIDE)
def test_an_answer_is_not_posted_inside(url: str) -> None:
    shower = Shower(WalletSettings().fetcher(), WORLD.reader_anchors, lambda: WORLD.at)
    assert refusal(lambda: send(shower, asking(url), {"q": ["x"]})) == "fetch_refused"


# ---- answers of those who were asked


def wallet_meeting(answer: httpx.Response) -> tuple[Shower, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer

    fetcher = GuardedFetcher(transport=httpx.MockTransport(handle))
    return Shower(fetcher, WORLD.reader_anchors, lambda: WORLD.at), seen


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_neither_a_request_nor_an_answer_follows_a_redirect(status: int) -> None:
    shower, seen = wallet_meeting(httpx.Response(status, headers={"location": "https://collector.example/x"}))
    link = "haip-vp://?client_id=x509_hash%3Aa&request_uri=https%3A%2F%2Fverifier.example%2Fr"
    assert refusal(lambda: fetch_request(shower, link)) == "fetch_redirected"
    assert refusal(lambda: send(shower, asking("https://verifier.example/r"), {"q": ["secret"]})) == "fetch_redirected"
    assert {request.url.host for request in seen} == {"verifier.example"}
    assert len(seen) == 2


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_an_offer_follows_no_redirect(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shower, seen = wallet_meeting(httpx.Response(status, headers={"location": "https://collector.example/x"}))
    monkeypatch.setattr(WalletSettings, "fetcher", lambda _self: shower.fetcher)
    assert refusal(lambda: offer_from("https://warifu.example/offer")) == "fetch_redirected"
    assert len(seen) == 1


def test_an_offer_has_64_kib_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'{"x":"' + b"a" * (64 * 1024) + b'"}'
    shower, _ = wallet_meeting(httpx.Response(200, content=body, headers={"content-type": "application/json"}))
    monkeypatch.setattr(WalletSettings, "fetcher", lambda _self: shower.fetcher)
    assert refusal(lambda: offer_from("https://warifu.example/offer")) == "fetch_too_large"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(404, json={}), "offer_unavailable"),
        (httpx.Response(200, text="<html>", headers={"content-type": "text/html"}), "fetch_wrong_type"),
        (httpx.Response(200, json={"credential_issuer": "http://warifu.example"}), "bad_offer"),
    ],
)
def test_what_is_no_offer(answer: httpx.Response, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shower, _ = wallet_meeting(answer)
    monkeypatch.setattr(WalletSettings, "fetcher", lambda _self: shower.fetcher)
    assert refusal(lambda: offer_from("https://warifu.example/offer")) == code


def test_a_verifier_that_cannot_hear_a_no_changes_nothing() -> None:
    shower, seen = wallet_meeting(httpx.Response(302, headers={"location": "https://collector.example"}))
    decline(shower, asking("https://verifier.example/r"))
    assert len(seen) == 1
