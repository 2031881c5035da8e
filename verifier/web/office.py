"""The back office under ``/api/v1`` on its own listener: stateless verification, sessions, purposes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import FastAPI, Header
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runtime.problems import install_problem_handlers
from runtime.requests import read_json
from runtime.store import begin, read
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json
from verifier.flows import CreatedRequest, create_request
from verifier.keys import KeyRing
from verifier.office import Office
from verifier.policy.stateless import decide_call, parse_call
from verifier.sessions import Flow, read_result
from verifier.status import settle
from verifier.store.tables import sessions
from verifier.web.documentation import VERIFY_OPERATION

MAX_BODY: Final = 512 * 1024
STATUSES: Final = {
    "key_unknown": 401,
    "scope_missing": 403,
    "session_unknown": 404,
    "session_expired": 410,
    "purpose_unknown": 404,
    "cross_device_off": 403,
}
Authorization = Annotated[str, Header(description="Bearer and a key of this verifier")]
OUTCOME_STATUS: Final = {"accepted": 200, "rejected": 422, "undetermined": 503}


class SessionRequest(BaseModel):
    """What the relying party wants to ask, and on which device the wallet is."""

    model_config = ConfigDict(extra="forbid")

    purpose: Annotated[str, Field(min_length=1, max_length=64)]
    flow: Flow = "same-device"
    wallet_url: Annotated[str | None, Field(max_length=1024)] = None


class SessionAnswer(BaseModel):
    """Where the session goes on: the browser to ``start_url`` (same device), or ``link`` as a QR code (cross device)."""

    session: str
    flow: Literal["same-device", "cross-device"]
    link: str
    start_url: str | None
    request_uri: str
    expires_at: datetime

    @classmethod
    def of(cls, created: CreatedRequest) -> SessionAnswer:
        """Return the answer for a session just created."""
        return cls(**created.document())


def office_app(office: Office) -> FastAPI:
    """Return the application of the back office."""
    app = FastAPI(title="Warifu verifier (割符 検証者)", version="1", description="Back office. 実証用。", redoc_url=None)
    counts: Counter[str] = Counter()
    ring = KeyRing(office.engine, office.clock)
    install_problem_handlers(app, STATUSES, max_body=MAX_BODY)
    app.router.routes.insert(0, Route("/api/v1/verify", _verify_endpoint(office, ring, counts), methods=["POST"]))
    _add_sessions(app, office, ring)
    _add_probes(app, office, counts)
    _document_verify(app)
    return app


def _verify_endpoint(office: Office, ring: KeyRing, counts: Counter[str]) -> Callable[..., Any]:
    """The hot path: Starlette alone, strict JSON, no models."""

    async def verify(request: Request) -> Response:
        ring.holder(request.headers.get("authorization", ""), "verify")
        call = parse_call(await read_json(request, max_bytes=MAX_BODY))
        purpose = None if call.purpose is None else office.purpose(call.purpose)
        decision = await settle(
            lambda source: decide_call(
                call, purpose=purpose, catalogue=office.catalogue, anchors=office.anchors, status=source, at=call.at or office.clock()
            ),
            office.status,
        )
        counts[decision.outcome] += 1
        return Response(dump_json(decision.document()), OUTCOME_STATUS[decision.outcome], media_type="application/json")

    return verify


def _add_sessions(app: FastAPI, office: Office, ring: KeyRing) -> None:
    def actor(authorization: str) -> str:
        return ring.holder(authorization, "sessions").actor

    @app.post("/api/v1/sessions", status_code=201)
    def create(request: SessionRequest, authorization: Authorization = "") -> SessionAnswer:
        """Begin a session: one request to one wallet."""
        who = actor(authorization)
        purpose = office.purpose(request.purpose)
        created = create_request(office, purpose, flow=request.flow, actor=who, wallet_url=request.wallet_url, at=office.clock())
        return SessionAnswer.of(created)

    @app.post("/api/v1/sessions/{session_id}/result")
    def result(session_id: str, authorization: Authorization = "") -> dict[str, Any]:
        """Read the result; its claims are deleted by the reading."""
        who = actor(authorization)
        with begin(office.engine) as connection:
            return read_result(connection, session_id, who, office.clock())

    @app.get("/api/v1/purposes")
    def purposes(authorization: Authorization = "") -> list[dict[str, Any]]:
        """What may be asked for here."""
        actor(authorization)
        return [
            {"name": purpose.name, "text": dict(purpose.text), "dcql_query": purpose.query.document()}
            for purpose in office.purposes.values()
        ]


def _add_probes(app: FastAPI, office: Office, counts: Counter[str]) -> None:
    @app.get("/healthz", response_class=PlainTextResponse)
    def healthz() -> str:
        return "ok"

    @app.get("/readyz", response_class=PlainTextResponse)
    def readyz() -> str:
        with read(office.engine) as connection:
            connection.execute(sessions.select().limit(1)).all()
        if not office.anchors:
            raise WarifuError("store_unavailable", "no trust anchor is configured", hint="warifu-verifier trust add")
        return "ok"

    @app.get("/metrics", response_class=PlainTextResponse)
    def metrics() -> str:
        lines = [f'warifu_verifier_decisions_total{{outcome="{outcome}"}} {counts[outcome]}' for outcome in OUTCOME_STATUS]
        return "\n".join(["# TYPE warifu_verifier_decisions_total counter", *lines, ""])


def _document_verify(app: FastAPI) -> None:
    """Add the verify route, which FastAPI does not know, to the OpenAPI document."""
    generate = app.openapi

    def with_verify() -> dict[str, Any]:
        document = generate()
        document["paths"]["/api/v1/verify"] = VERIFY_OPERATION
        return document

    app.openapi = with_verify  # type: ignore[method-assign]  # the way FastAPI documents for extending OpenAPI
