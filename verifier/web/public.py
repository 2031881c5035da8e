"""The public listener: request objects, answers, and a browser's way out and back.

Whatever is wrong with an answer, the wallet gets one fixed body (threat A36); what was wrong stands in the report that the
relying party reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeVar

from fastapi import Cookie, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from runtime import logs
from runtime.problems import install_problem_handlers
from runtime.requests import read_form
from runtime.store import begin, read
from schemas.errors import WarifuError
from schemas.formats.jose import jwk_thumbprint, key_from_jwk
from schemas.messages.openid4vp import REQUEST_MEDIA_TYPE, WalletDeclinedError, parse_response
from verifier.office import Office
from verifier.policy import AnswerContext, SessionResult, decide_answers
from verifier.requests import REQUEST_PATH, RESPONSE_PATH, RETURN_PATH, START_PATH, request_link, request_object, response_uri
from verifier.sessions import Session, bind_browser, confirm_return, load_by_request, load_by_response, record_answer, record_decline
from verifier.status import settle
from verifier.web.pages import PAGE_HEADERS, finished_page, refused_page, start_page

MAX_BODY: Final = 256 * 1024
COOKIE: Final = "__Host-warifu-session"
COOKIE_SECONDS: Final = 600
MAX_MALFORMED: Final = 16
MAX_COUNTED: Final = 4096
WALLET_REFUSAL: Final = {"error": "invalid_request", "error_description": "the presentation was not accepted"}
STATUSES: Final = {
    "session_unknown": 404,
    "session_expired": 404,
    "session_answered": 400,
    "session_bound": 409,
    "replayed": 400,
    "return_in_other_session": 403,
}
T = TypeVar("T")


def public_app(office: Office) -> FastAPI:
    """Return the application that wallets and browsers reach."""
    app = FastAPI(title="Warifu verifier", docs_url=None, redoc_url=None, openapi_url=None)
    install_problem_handlers(app, STATUSES, max_body=MAX_BODY)
    _add_request_routes(app, office)
    _add_response_route(app, office)
    _add_browser_routes(app, office)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app


def _add_request_routes(app: FastAPI, office: Office) -> None:
    async def answer(request_id: str, wallet_nonce: str | None) -> Response:
        at = office.clock()
        session = await asyncio.to_thread(_load, office, load_by_request, request_id)
        token = request_object(office, session, at=at, wallet_nonce=wallet_nonce)
        return Response(token, media_type=REQUEST_MEDIA_TYPE)

    @app.get(f"{REQUEST_PATH}/{{request_id}}")
    async def get_request(request_id: str) -> Response:
        """The signed request object (OpenID4VP 5.10, request_uri_method=get)."""
        return await answer(request_id, None)

    @app.post(f"{REQUEST_PATH}/{{request_id}}")
    async def post_request(request_id: str, request: Request) -> Response:
        """The signed request object with the wallet's nonce in it (OpenID4VP 5.10, request_uri_method=post)."""
        form = await read_form(request)
        return await answer(request_id, form.get("wallet_nonce"))


def _load(office: Office, load: Callable[[Any, str, Any], T], secret: str) -> T:
    with read(office.engine) as connection:
        return load(connection, secret, office.clock())


class MalformedAnswers:
    """Counts answers that could not be read, by session: a stranger's junk must not burn a session, nor keep us decrypting
    for ever (threat D04)."""

    def __init__(self) -> None:
        """Start with none seen."""
        self._seen: dict[str, int] = {}

    def check(self, session_id: str) -> None:
        """Refuse a session that has had its share; raises ``rate_limited``."""
        if self._seen.get(session_id, 0) >= MAX_MALFORMED:
            raise WarifuError("rate_limited", "too many unreadable answers to this request", hint="ask for a new request", layer="protocol")

    def count(self, session_id: str) -> None:
        """Note one more."""
        if len(self._seen) >= MAX_COUNTED:
            self._seen.pop(next(iter(self._seen)))
        self._seen[session_id] = self._seen.get(session_id, 0) + 1


def _add_response_route(app: FastAPI, office: Office) -> None:
    malformed = MalformedAnswers()

    @app.post(f"{RESPONSE_PATH}/{{response_secret}}")
    async def post_response(response_secret: str, request: Request) -> Response:
        """A wallet's answer by direct_post or direct_post.jwt (OpenID4VP 8.2, 8.3)."""
        session = await asyncio.to_thread(_load, office, load_by_response, response_secret)
        malformed.check(session.id)
        form = await read_form(request)
        try:
            vp_token = parse_response(form, mode=session.purpose.response_mode, state=session.state, key=session.key)
        except WalletDeclinedError as declined:
            return _accepted(office, await asyncio.to_thread(_record_decline, office, session, declined.error))
        except WarifuError as error:
            malformed.count(session.id)
            return _refused(error.code)
        result = await _decide(office, session, vp_token)
        code = await asyncio.to_thread(_record, office, session, result)
        logs.info("presentation_decided", outcome=result.outcome, code=result.code or "none")
        return _accepted(office, code) if result.outcome == "accepted" else _refused(result.code, quiet=True)


async def _decide(office: Office, session: Session, vp_token: dict[str, tuple[str, ...]]) -> SessionResult:
    key = session.public_jwk
    context = AnswerContext(
        client_id=office.client_id,
        nonce=session.nonce,
        response_uri=response_uri(office, session),
        encryption_thumbprint=None if key is None else jwk_thumbprint(key_from_jwk({name: key[name] for name in ("kty", "crv", "x", "y")})),
    )
    return await settle(
        lambda source: decide_answers(
            vp_token,
            purpose=session.purpose,
            context=context,
            catalogue=office.catalogue,
            anchors=office.anchors,
            status=source,
            at=office.clock(),
        ),
        office.status,
    )


def _record(office: Office, session: Session, result: SessionResult) -> str | None:
    with begin(office.engine) as connection:
        return record_answer(connection, session, result.document(), office.clock())


def _record_decline(office: Office, session: Session, error: str) -> str | None:
    with begin(office.engine) as connection:
        return record_decline(connection, session, error, office.clock())


def _accepted(office: Office, code: str | None) -> Response:
    """Answer 200 with, in a same-device session, where the browser goes next (OpenID4VP 8.2, HAIP 5.1)."""
    body = {} if code is None else {"redirect_uri": f"{office.public_url}{RETURN_PATH}?response_code={code}"}
    return JSONResponse(body)


def _refused(code: str, *, quiet: bool = False) -> Response:
    """Answer 400 with the one fixed body; only the log knows the code."""
    if not quiet:
        logs.warning("presentation_refused", code=code)
    return JSONResponse(WALLET_REFUSAL, HTTPStatus.BAD_REQUEST)


def _add_browser_routes(app: FastAPI, office: Office) -> None:
    @app.get(f"{START_PATH}/{{session_id}}")
    async def start(session_id: str) -> Response:
        """Bind this browser to the session and show the link to the wallet on this device."""
        session, secret = await asyncio.to_thread(_bind, office, session_id)
        page = start_page(request_link(office, session.request_id), session.purpose.text)
        response = HTMLResponse(page, headers=PAGE_HEADERS)
        response.set_cookie(COOKIE, secret, max_age=COOKIE_SECONDS, path="/", secure=True, httponly=True, samesite="lax")
        return response

    @app.get(RETURN_PATH)
    async def come_back(response_code: str, session: Annotated[str | None, Cookie(alias=COOKIE)] = None) -> Response:
        """Take the browser back after the wallet; only with the cookie of the session that asked (HAIP 5.1)."""
        try:
            await asyncio.to_thread(_confirm, office, response_code, session)
        except WarifuError as error:
            logs.warning("return_refused", code=error.code)
            return HTMLResponse(refused_page(), STATUSES.get(error.code, HTTPStatus.BAD_REQUEST), headers=PAGE_HEADERS)
        response = HTMLResponse(finished_page(), headers=PAGE_HEADERS)
        response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
        return response


def _bind(office: Office, session_id: str) -> tuple[Session, str]:
    with begin(office.engine) as connection:
        return bind_browser(connection, session_id, office.clock())


def _confirm(office: Office, response_code: str, cookie: str | None) -> None:
    """Confirm the return; where it is refused, what the refusal destroyed is committed all the same."""
    refusal: WarifuError | None = None
    with begin(office.engine) as connection:
        try:
            confirm_return(connection, response_code, cookie, office.clock())
        except WarifuError as error:
            refusal = error
    if refusal is not None:
        raise refusal
