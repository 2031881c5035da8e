"""The back office of the inner side: a scoped key for every route, offers made and refused, probes without a key."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from issuer.municipality.office import Office
from issuer.municipality.settings import InnerSettings
from issuer.municipality.staff_keys import create_staff_key
from issuer.web.inner import create_app
from runtime.store import begin
from schemas.errors import WarifuError
from tests.issuer.municipality.conftest import InnerSide

BODY = {"resident_id": "P-01", "configuration_ids": ["basic-four-mdoc"]}


def call(app: FastAPI, method: str, path: str, *, key: str = "", body: Any = None) -> httpx.Response:
    """Make one request in process."""

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="https://staff.test") as client:
            headers = {"authorization": f"Bearer {key}"} if key else {}
            return await client.request(method, path, json=body, headers=headers)

    return asyncio.run(run())


@pytest.fixture
def app(inner: InnerSide) -> FastAPI:
    """The staff listener over the inner side's store."""
    settings = InnerSettings(
        municipality_code="999997", municipality_name="割符市", issuer=inner.profile.issuer, front_url="https://localhost:1"
    )
    return create_app(Office(Path(), settings, inner.engine, inner.profile, inner.front), now=lambda: inner.at)


def staff_key(inner: InnerSide, *scopes: str) -> str:
    with begin(inner.engine) as connection:
        return create_staff_key(connection, actor="counter 3", scopes=scopes, at=inner.at)


def test_an_offer_reaches_the_front_and_comes_back_as_link(app: FastAPI, inner: InnerSide) -> None:
    answer = call(app, "POST", "/api/v1/offers", key=staff_key(inner, "offers"), body=BODY)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["credential_offer_uri"].startswith("openid-credential-offer://?")
    assert len(made["tx_code"]) == 6
    assert made["offer_id"] in inner.front.offers
    assert made["tx_code"] not in str(inner.front.offers)


@pytest.mark.parametrize(("path", "method"), [("/api/v1/offers", "POST"), ("/api/v1/status", "GET")])
def test_every_route_of_the_back_office_wants_a_key_with_its_scope(app: FastAPI, inner: InnerSide, path: str, method: str) -> None:
    body = BODY if method == "POST" else None
    assert call(app, method, path, body=body).status_code == 401
    assert call(app, method, path, key="wk_unknown", body=body).status_code == 401
    assert call(app, method, path, key=staff_key(inner, "audit"), body=body).status_code == 403
    documented = {route for route in app.openapi()["paths"] if route.startswith("/api/")}
    assert documented == {"/api/v1/offers", "/api/v1/status"}


@pytest.mark.parametrize(("resident", "status"), [("P-06", 403), ("P-09", 403), ("P-99", 404)])
def test_who_gets_no_offer(app: FastAPI, inner: InnerSide, resident: str, status: int) -> None:
    answer = call(app, "POST", "/api/v1/offers", key=staff_key(inner, "offers"), body={**BODY, "resident_id": resident})
    assert answer.status_code == status
    assert inner.front.offers == {}


def test_bad_requests_name_no_value(app: FastAPI, inner: InnerSide) -> None:
    key = staff_key(inner, "offers")
    for body in ({**BODY, "configuration_ids": ["no-such-type-mdoc"]}, {**BODY, "unknown": "渡邉"}, {"resident_id": "P-01"}, []):
        answer = call(app, "POST", "/api/v1/offers", key=key, body=body)
        assert answer.status_code == 400, body
        assert "渡邉" not in answer.text


def test_probes_and_metrics_need_no_key_and_name_nobody(app: FastAPI, inner: InnerSide) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        answer = call(app, "GET", path)
        assert answer.status_code == 200
        assert "P-01" not in answer.text


def test_an_unknown_scope_is_refused_when_a_key_is_made(inner: InnerSide) -> None:
    with pytest.raises(WarifuError) as refusal:
        staff_key(inner, "everything")
    assert refusal.value.code == "scope_unknown"
