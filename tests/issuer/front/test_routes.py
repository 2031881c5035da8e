"""Every route has a declared rule, and the rule holds: a route added without one turns this red (threat F12)."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from issuer.web import front as public_side
from issuer.web import front_internal
from tests.issuer.front.conftest import Front
from tests.issuer.front.parties import error_of

OPEN, CODE, TOKEN, INNER = "open", "code and DPoP", "access token and DPoP", "client certificate"
PUBLIC = {
    "GET /.well-known/openid-credential-issuer/999997": OPEN,
    "GET /.well-known/oauth-authorization-server/999997": OPEN,
    "GET /999997/status/{name}": OPEN,
    "HEAD /999997/status/{name}": OPEN,
    "POST /999997/nonce": OPEN,
    "POST /999997/token": CODE,
    "POST /999997/credential": TOKEN,
    "POST /999997/deferred_credential": TOKEN,
    "POST /999997/notification": TOKEN,
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /metrics": OPEN,
}
INTERNAL = {
    "PUT /internal/v1/offers/{offer_id}": INNER,
    "DELETE /internal/v1/offers/{offer_id}": INNER,
    "POST /internal/v1/handles/{subject_handle}/revoke": INNER,
    "GET /internal/v1/jobs": INNER,
    "POST /internal/v1/jobs/{job_id}/result": INNER,
    "PUT /internal/v1/status/{name}": INNER,
    "GET /internal/v1/metadata": INNER,
    "PUT /internal/v1/metadata": INNER,
    "GET /healthz": INNER,
}


def routes_of(app: FastAPI) -> set[str]:
    return {f"{method} {route.path}" for route in app.routes if isinstance(route, APIRoute) for method in route.methods}


def test_every_route_is_declared(front: Front) -> None:
    assert routes_of(public_side.create_app(front.office, front.lists, front.signed)) == PUBLIC.keys()
    assert routes_of(front_internal.create_app(front.office, front.lists, front.signed)) == INTERNAL.keys()


@pytest.mark.parametrize("route", [route for route, rule in PUBLIC.items() if rule == TOKEN])
def test_what_needs_a_token_refuses_everything_else(front: Front, run: Any, route: str) -> None:
    method, path = route.split()
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"DPoP {'x' * 43}"}):
        response = run(front.public.request(method, path, headers=headers, json={}))
        assert error_of(response)[0] == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_tell_nothing_of_anybody(front: Front, run: Any, path: str) -> None:
    response = run(front.public.get(path))
    assert response.status_code == 200
    assert "handle" not in response.text
