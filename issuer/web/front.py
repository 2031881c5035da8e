"""The public application of a front: OpenID4VCI 1.0 endpoints, metadata and published status lists."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from issuer.front.deferral import recall
from issuer.front.issuing import Answer, Connected, obtain
from issuer.front.notifications import record_notification
from issuer.front.office import FrontOffice
from issuer.front.published import PublishedLists
from issuer.front.refusals import Refusal, refused_as, same_names
from issuer.front.signed import SignedMetadata, etag_of, prefers_signed
from issuer.front.tokens import Grant, exchange_code, refresh
from issuer.store.front import offer
from issuer.web.front_doors import (
    JSON,
    JWT,
    NO_STORE,
    body_type,
    check_access,
    check_possession,
    check_request_encrypted,
    open_body,
    render,
)
from runtime.problems import install_problem_handlers
from runtime.requests import read_form, require_content_type
from runtime.store import read
from schemas.formats.encoding import dump_json
from schemas.messages.jobs import IssuanceJob
from schemas.messages.openid4vci import (
    AUTHORIZATION_SERVER_METADATA,
    ISSUER_METADATA,
    PreAuthorizedTokenRequest,
    TokenRequest,
    TokenResponse,
    nonce_response,
    parse_credential_request,
    parse_deferred_request,
    parse_notification,
    parse_token_request,
)

STATUSES = {"status_list_unknown": 404}
#: Status lists are public and hold nothing of the reader: any page may fetch them, without credentials.
CROSS_ORIGIN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


def create_app(office: FrontOffice, lists: PublishedLists, signed: SignedMetadata) -> FastAPI:
    """Return the public application of ``office``, which serves the status lists of ``lists`` and the metadata in ``signed``."""
    app = FastAPI(
        title="Warifu front (割符 公開系)", version="1", description="OpenID4VCI 1.0, pre-authorized code. 実証用。", redoc_url=None
    )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[office.settings.public_host], www_redirect=False)
    install_problem_handlers(app, STATUSES, render=render)
    _add_metadata(app, office, signed)
    _add_authorization(app, office)
    _add_issuance(app, office)
    _add_status(app, office, lists)
    _add_probes(app, office)
    return app


def _add_metadata(app: FastAPI, office: FrontOffice, signed: SignedMetadata) -> None:
    path = office.settings.path

    @app.get(f"/.well-known/{ISSUER_METADATA}{path}")
    def credential_issuer_metadata(request: Request) -> Response:
        accept = ",".join(request.headers.getlist("accept"))
        statement = signed.current(at=office.now()) if prefers_signed(accept) else None
        if statement is None:
            return _unless_known(request, office.issuer_metadata, JSON, {"Vary": "Accept"})
        return _unless_known(request, statement, JWT, {"Vary": "Accept"})

    @app.get(f"/.well-known/{AUTHORIZATION_SERVER_METADATA}{path}")
    async def authorization_server_metadata() -> Response:
        return Response(office.server_metadata, 200, {"Cache-Control": "no-cache"}, JSON)


def _add_authorization(app: FastAPI, office: FrontOffice) -> None:
    path = office.settings.path

    @app.post(f"{path}/token")
    async def token(request: Request) -> Response:
        with refused_as("invalid_request"):
            form = await read_form(request)
        answer = await run_in_threadpool(_give_token, office, request, form)
        headers = {**NO_STORE, "Pragma": "no-cache", **_dpop_nonce(office)}
        return Response(dump_json(answer.to_json()), 200, headers, JSON)

    @app.post(f"{path}/nonce")
    async def nonce(_request: Request) -> Response:
        return Response(dump_json(nonce_response(office.new_nonce())), 200, {**NO_STORE, **_dpop_nonce(office)}, JSON)


def _dpop_nonce(office: FrontOffice) -> dict[str, str]:
    return {"DPoP-Nonce": office.new_dpop_nonce()} if office.settings.require_dpop_nonce else {}


def _give_token(office: FrontOffice, request: Request, form: dict[str, str]) -> TokenResponse:
    with refused_as("invalid_request", by_code={"grant_type_not_supported": "unsupported_grant_type"}):
        asked = parse_token_request(form)
    address = request.client.host if request.client is not None else "unknown"
    office.pace.check(address)
    jkt = check_possession(office, request, endpoint="token")
    try:
        return _exchange(office, asked, jkt)
    except Refusal:
        office.pace.count(address)
        raise


def _exchange(office: FrontOffice, asked: TokenRequest, jkt: str) -> TokenResponse:
    with refused_as("invalid_grant", by_code=dict.fromkeys(("tx_code_missing", "tx_code_unexpected"), "invalid_request")):
        if isinstance(asked, PreAuthorizedTokenRequest):
            return exchange_code(office.engine, asked, jkt=jkt, mint=office.tokens, at=office.now())
        return refresh(office.engine, asked, jkt=jkt, mint=office.tokens, at=office.now())


def _add_issuance(app: FastAPI, office: FrontOffice) -> None:
    path = office.settings.path

    @app.post(f"{path}/credential")
    async def credential(request: Request) -> Response:
        body = await request.body()
        grant, job = await run_in_threadpool(_accept, office, request, body)
        return _answer(await obtain(office, grant, job, connected=_still_there(request)))

    @app.post(f"{path}/deferred_credential")
    async def deferred_credential(request: Request) -> Response:
        body = await request.body()
        grant, job, transaction_id = await run_in_threadpool(_recall, office, request, body)
        return _answer(await obtain(office, grant, job, connected=_still_there(request), transaction_id=transaction_id))

    @app.post(f"{path}/notification")
    async def notification(request: Request) -> Response:
        body = await request.body()
        await run_in_threadpool(_note, office, request, body)
        return Response(status_code=204, headers=NO_STORE)


def _accept(office: FrontOffice, request: Request, body: bytes) -> tuple[Grant, IssuanceJob]:
    grant = check_access(office, request, endpoint="credential")
    with refused_as("invalid_credential_request"):
        media_type = body_type(request)
    content, encrypted = open_body(office, media_type, body)
    with refused_as("invalid_credential_request", by_code=same_names("invalid_proof", "invalid_encryption_parameters")):
        asked = parse_credential_request(content)
    check_request_encrypted(wants_encryption=asked.response_encryption is not None, encrypted=encrypted)
    return grant, office.desk.accept(grant, asked, at=office.now())


def _recall(office: FrontOffice, request: Request, body: bytes) -> tuple[Grant, IssuanceJob, str]:
    grant = check_access(office, request, endpoint="deferred_credential")
    with refused_as("invalid_credential_request"):
        media_type = body_type(request)
    content, encrypted = open_body(office, media_type, body)
    with refused_as("invalid_credential_request", by_code=same_names("invalid_encryption_parameters")):
        asked = parse_deferred_request(content)
    check_request_encrypted(wants_encryption=asked.response_encryption is not None, encrypted=encrypted)
    with refused_as("invalid_transaction_id"):
        job = recall(office.engine, grant, asked.transaction_id, asked.response_encryption, at=office.now())
    return grant, job, asked.transaction_id


def _note(office: FrontOffice, request: Request, body: bytes) -> None:
    grant = check_access(office, request, endpoint="notification")
    with refused_as("invalid_notification_request"):
        require_content_type(request, JSON)
        said = parse_notification(body)
    with refused_as("invalid_notification_id"):
        record_notification(office.engine, grant, said, at=office.now())


def _still_there(request: Request) -> Connected:
    async def connected() -> bool:
        return not await request.is_disconnected()

    return connected


def _answer(answer: Answer) -> Response:
    return Response(answer.body, answer.status, NO_STORE, answer.media_type)


def _add_status(app: FastAPI, office: FrontOffice, lists: PublishedLists) -> None:
    @app.api_route(f"{office.settings.path}/status/{{name}}", methods=["GET", "HEAD"])
    def status_list(request: Request, name: str) -> Response:
        published = lists.read(name)
        return _unless_known(request, published.body, published.media_type, CROSS_ORIGIN, etag=published.etag)


def _unless_known(request: Request, body: bytes, media_type: str, headers: Mapping[str, str], *, etag: str | None = None) -> Response:
    """Answer with a document that may change at any time, or with 304 where the client has it already."""
    etag = etag or etag_of(body)
    sent = {"ETag": etag, "Cache-Control": "no-cache", **headers}
    if etag in [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=sent)
    return Response(body, 200, sent, media_type)


def _add_probes(app: FastAPI, office: FrontOffice) -> None:
    @app.get("/healthz", response_class=PlainTextResponse)
    async def healthz() -> str:
        return "ok"

    @app.get("/readyz", response_class=PlainTextResponse)
    def readyz() -> str:
        with read(office.engine) as connection:
            connection.execute(sa.select(offer.c.offer_id).limit(1))
        return "ok"

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> str:
        waiting, out = office.exchange.counts()
        return (
            "# TYPE warifu_front_jobs gauge\n"
            f'warifu_front_jobs{{state="waiting"}} {waiting}\nwarifu_front_jobs{{state="handed_out"}} {out}\n'
        )
