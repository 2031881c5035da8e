"""Failures over HTTP as ``application/problem+json`` (RFC 9457), and the limits and headers every application shares.

Nothing of the input and nothing of a foreign exception reaches the answer: a :class:`WarifuError` is told with code,
hint and clause, everything else is an opaque 500.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import PurePath
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime import logs
from schemas.errors import UndeterminedError, WarifuError
from schemas.formats.encoding import dump_json

MAX_BODY: Final = 64 * 1024
PROBLEM: Final = "application/problem+json"
SECURITY_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
DEFAULT_STATUSES: Final[Mapping[str, int]] = {
    "too_large": 413,
    "unsupported_media_type": 415,
    "store_full": 503,
    "store_busy": 503,
    "store_unavailable": 503,
    "rate_limited": 429,
}
Render = Callable[[Request, WarifuError], Response | None]


def install_problem_handlers(
    app: FastAPI,
    statuses: Mapping[str, int] | None = None,
    *,
    render: Render | None = None,
    max_body: int = MAX_BODY,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Give ``app`` its error answers, its body limit and its security headers.

    Args:
        statuses: code → HTTP status, over :data:`DEFAULT_STATUSES`; others are 400, undetermined ones 503.
        render: answers in another form where it returns a response, such as OAuth errors at a token endpoint.
        max_body: bytes a request body may have; above it 413, without reading further.
        headers: over :data:`SECURITY_HEADERS`; a header that a route sets itself stays as it is.
    """
    table = {**DEFAULT_STATUSES, **(statuses or {})}

    async def on_warifu_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, WarifuError)
        own = render(request, error) if render is not None else None
        return own if own is not None else problem_response(error, status_of(error, table))

    async def on_http_exception(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        phrase = HTTPStatus(error.status_code).phrase
        code = "_".join(re.findall("[a-z]+", phrase.lower()))
        return problem_response(WarifuError(code, phrase), error.status_code, headers=error.headers)

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return await on_warifu_error(request, _validation_error(error))

    app.add_exception_handler(WarifuError, on_warifu_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_middleware(BodyLimit, max_body=max_body)
    app.add_middleware(OpaqueFailures)
    app.add_middleware(SecurityHeaders, headers={**SECURITY_HEADERS, **(headers or {})})


def status_of(error: WarifuError, statuses: Mapping[str, int] = DEFAULT_STATUSES) -> int:
    """Return the HTTP status for ``error``: by code, else 503 for what is undetermined, else 400."""
    return statuses.get(error.code, 503 if isinstance(error, UndeterminedError) else 400)


def problem_document(error: WarifuError, status: int) -> dict[str, Any]:
    """Return the problem document (RFC 9457 3.1); empty hints and clauses are left out."""
    members = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.message,
        "code": error.code,
        "hint": error.hint,
        "clause": error.clause,
    }
    return {name: value for name, value in members.items() if value != ""}


def problem_response(error: WarifuError, status: int, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return ``error`` as an answer of its own; 429 and 503 say when to try again."""
    extra = {"retry-after": "1"} if status in (429, 503) else {}
    return Response(dump_json(problem_document(error, status)), status, {**extra, **(headers or {})}, PROBLEM)


def _validation_error(error: RequestValidationError) -> WarifuError:
    """Name the place and the kind of the first fault; the value itself is never repeated."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first.get("loc", ())) or "request"
    kind = str(first.get("type", "invalid"))
    return WarifuError("invalid_request", f"{place} is not acceptable ({kind})", hint="compare the request with the documentation")


class OpaqueFailures:
    """Turns what nobody foresaw into a 500 that says nothing; the log gets the exception's type and place."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # the outermost boundary of a request
            _log_defect(error)
            if started:
                raise ConnectionAbortedError("the answer broke off") from None
            await problem_response(_internal_error(), 500)(scope, receive, send)


def _internal_error() -> WarifuError:
    return WarifuError("internal_error", "the request could not be answered", hint="tell the operator; nothing more is known to you")


def _log_defect(error: Exception) -> None:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    logs.error("internal_error", exception=type(error).__name__, place=f"{PurePath(frame.filename).name}:{frame.lineno}")


class SecurityHeaders:
    """Adds the headers that every answer carries, unless the route has set its own."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        """Wrap ``app``."""
        self._app = app
        self._headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in self._headers if pair[0] not in own)]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class BodyLimit:
    """Refuses bodies above a limit with 413: by the declared length at once, else as soon as the limit is passed."""

    def __init__(self, app: ASGIApp, max_body: int) -> None:
        """Wrap ``app``."""
        self._app = app
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._declared(scope) > self._max_body:
            await self.refusal()(scope, receive, send)
            return
        await _CountedRequest(self, receive, send).run(self._app, scope)

    @staticmethod
    def _declared(scope: Scope) -> int:
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and len(value) < 19:
                return int(value)
        return 0

    def exceeded_by(self, size: int) -> bool:
        """Tell whether a body of ``size`` bytes is too large."""
        return size > self._max_body

    def refusal(self) -> Response:
        """Return the 413."""
        error = WarifuError("too_large", f"the body is larger than {self._max_body} bytes", hint="send a smaller request", layer="protocol")
        return problem_response(error, 413, headers={"connection": "close"})


class _CountedRequest:
    """One request whose body is counted while the application reads it.

    Frameworks turn what is raised while they read into answers of their own, so the 413 is put in the place of whatever
    they say afterwards.
    """

    def __init__(self, limit: BodyLimit, receive: Receive, send: Send) -> None:
        self._limit, self._receive, self._send = limit, receive, send
        self._seen = 0
        self._exceeded = False
        self._answered = False

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Answer the request."""
        with suppress(_BodyTooLargeError):
            await app(scope, self._read, self._write)
        if self._exceeded and not self._answered:
            await self.refuse(scope)

    async def refuse(self, scope: Scope) -> None:
        self._answered = True
        await self._limit.refusal()(scope, self._receive, self._send)

    async def _read(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            if self._limit.exceeded_by(self._seen):
                self._exceeded = True
                raise _BodyTooLargeError
        return message

    async def _write(self, message: Message) -> None:
        if not self._exceeded:
            self._answered = True
            await self._send(message)


class _BodyTooLargeError(Exception):
    """Ends the reading of a body; never seen outside this module."""
