"""The internal application of a front: its only client is the inner side, known by its certificate (mutual TLS).

The listener refuses every connection without a certificate of the configured authority before any of this runs.
"""

from __future__ import annotations

import asyncio

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from issuer.front.exchange import Waiter, nobody_waits
from issuer.front.offers import register_offer, withdraw_offer
from issuer.front.office import FrontOffice
from issuer.front.published import MAX_LIST_BYTES, PublishedLists
from issuer.front.signed import SignedMetadata
from issuer.front.tokens import revoke_handle
from runtime.problems import install_problem_handlers
from runtime.requests import require_content_type
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json
from schemas.messages.jobs import INTERNAL_PREFIX, check_identifier, jobs_to_json, parse_offer_registration, parse_result
from schemas.messages.openid4vci import SIGNED_METADATA_MEDIA_TYPE

JSON = "application/json"
STATUSES = {
    "nobody_waits": 410,
    "offer_exists": 409,
    "signed_metadata_differs": 409,
    "signed_metadata_not_newer": 409,
    "status_list_not_newer": 409,
    "status_list_shrank": 409,
    "status_list_unknown": 404,
    "wrong_media_type": 415,
}
MAX_WAIT = 25.0
JOBS_AT_ONCE = 16
CONFIRM_SECONDS = 5.0


def create_app(office: FrontOffice, lists: PublishedLists, signed: SignedMetadata) -> FastAPI:
    """Return the internal application of ``office``."""
    app = FastAPI(title="Warifu front, internal side", version="1", docs_url=None, redoc_url=None, openapi_url=None)
    install_problem_handlers(app, STATUSES, max_body=MAX_LIST_BYTES)
    _add_offers(app, office)
    _add_jobs(app, office)
    _add_status(app, lists)
    _add_metadata(app, office, signed)
    return app


def _add_offers(app: FastAPI, office: FrontOffice) -> None:
    @app.put(f"{INTERNAL_PREFIX}/offers/{{offer_id}}", status_code=204)
    async def put_offer(request: Request, offer_id: str) -> Response:
        require_content_type(request, JSON)
        registration = parse_offer_registration(await request.body())
        check_identifier(offer_id, what="offer id")
        await run_in_threadpool(register_offer, office.engine, offer_id, registration, at=office.now())
        return Response(status_code=204)

    @app.delete(f"{INTERNAL_PREFIX}/offers/{{offer_id}}", status_code=204)
    def delete_offer(offer_id: str) -> Response:
        withdraw_offer(office.engine, offer_id)
        return Response(status_code=204)

    @app.post(f"{INTERNAL_PREFIX}/handles/{{subject_handle}}/revoke", status_code=204)
    def revoke(subject_handle: str) -> Response:
        revoke_handle(office.engine, check_identifier(subject_handle, what="subject handle"), at=office.now())
        return Response(status_code=204)


def _add_jobs(app: FastAPI, office: FrontOffice) -> None:
    @app.get(f"{INTERNAL_PREFIX}/jobs")
    async def jobs(wait: str = "0") -> Response:
        taken = await office.exchange.take(limit=JOBS_AT_ONCE, seconds=_seconds(wait))
        return Response(dump_json(jobs_to_json(taken)), 200, {}, JSON)

    @app.post(f"{INTERNAL_PREFIX}/jobs/{{job_id}}/result", status_code=204)
    async def result(request: Request, job_id: str) -> Response:
        require_content_type(request, JSON)
        waiters = office.exchange.deliver(job_id, parse_result(await request.body()))
        await _confirm(waiters)
        return Response(status_code=204)

    @app.get("/healthz", response_class=PlainTextResponse)
    async def healthz() -> str:
        return "ok"


def _seconds(text: str) -> float:
    if not text.isdecimal() or not text.isascii() or len(text) > 3:
        raise WarifuError("bad_wait", "wait is a whole number of seconds", hint=f"0 to {MAX_WAIT:.0f}", layer="parse")
    return min(float(text), MAX_WAIT)


async def _confirm(waiters: tuple[Waiter, ...]) -> None:
    """Wait until one of the requests could use the result; raises ``nobody_waits`` where none could."""
    pending = {asyncio.wrap_future(waiter.received) for waiter in waiters}
    deadline = asyncio.get_running_loop().time() + CONFIRM_SECONDS
    while pending:
        left = deadline - asyncio.get_running_loop().time()
        done, pending = await asyncio.wait(pending, timeout=max(left, 0), return_when=asyncio.FIRST_COMPLETED)
        if any(future.result() for future in done):
            return
        if not done:
            break
    raise nobody_waits()


def _add_status(app: FastAPI, lists: PublishedLists) -> None:
    @app.put(f"{INTERNAL_PREFIX}/status/{{name}}", status_code=204)
    async def put_status(request: Request, name: str) -> Response:
        media_type = request.headers.get("content-type", "")
        await run_in_threadpool(lists.publish, name, await request.body(), media_type)
        return Response(status_code=204)


def _add_metadata(app: FastAPI, office: FrontOffice, signed: SignedMetadata) -> None:
    @app.get(f"{INTERNAL_PREFIX}/metadata")
    async def metadata() -> Response:
        return Response(office.issuer_metadata, 200, {}, JSON)

    @app.put(f"{INTERNAL_PREFIX}/metadata", status_code=204)
    async def put_metadata(request: Request) -> Response:
        require_content_type(request, SIGNED_METADATA_MEDIA_TYPE)
        await run_in_threadpool(signed.publish, await request.body(), at=office.now())
        return Response(status_code=204)
