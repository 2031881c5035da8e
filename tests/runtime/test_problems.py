"""Failures over HTTP: problem documents, opaque 500, body limit, headers on every answer."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response, StreamingResponse

from runtime import logs
from runtime.problems import SECURITY_HEADERS, install_problem_handlers
from runtime.requests import query_parameters, read_form, read_json
from schemas.errors import UndeterminedError, WarifuError

SECRET = "山田太郎"


def make_app(**options: Any) -> FastAPI:
    app = FastAPI()
    install_problem_handlers(app, {"replayed": 409}, **options)
    errors: dict[str, Exception] = {
        "plain": WarifuError("broken", "it is broken", hint="mend it", clause="RFC 9110 1"),
        "table": WarifuError("replayed", "again"),
        "undetermined": UndeterminedError("unreachable", "no list"),
        "full": WarifuError("store_full", "full"),
        "crash": KeyError(SECRET),
        "teapot": HTTPException(418, SECRET),
        "login": HTTPException(401, headers={"www-authenticate": "DPoP"}),
    }

    @app.get("/raise/{name}")
    def fail(name: str) -> None:
        raise errors[name]

    @app.get("/number")
    def number(n: int) -> int:
        return n

    add_readers(app)
    return app


def add_readers(app: FastAPI) -> None:
    @app.post("/bytes")
    async def size(request: Request) -> int:
        return len(await request.body())

    @app.post("/parsed")
    def parsed(body: dict[str, Any]) -> int:
        return len(body)

    @app.post("/form")
    async def form(request: Request) -> dict[str, str]:
        return await read_form(request)

    @app.post("/json")
    async def strict(request: Request) -> dict[str, Any]:
        return await read_json(request)

    @app.get("/query")
    def query(request: Request) -> dict[str, str]:
        return query_parameters(request, known=["a", "b"])

    @app.get("/page")
    def page() -> Response:
        return HTMLResponse("<p>x", headers={"Content-Security-Policy": "default-src 'self'", "cache-control": "max-age=60"})

    @app.get("/half")
    def half() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"x"
            raise KeyError(SECRET)

        return StreamingResponse(parts())


async def call(app: FastAPI, method: str, path: str, **arguments: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://city.example") as client:
        return await client.request(method, path, **arguments)


def ask(method: str, path: str, *, app: FastAPI | None = None, **arguments: Any) -> httpx.Response:
    import asyncio

    return asyncio.run(call(app or make_app(), method, path, **arguments))


def code(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == response.status_code
    return response.status_code, response.json()["code"]


def test_refusal_tells_code_hint_and_clause() -> None:
    response = ask("GET", "/raise/plain")
    assert response.status_code == 400
    assert response.json() == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "it is broken",
        "code": "broken",
        "hint": "mend it",
        "clause": "RFC 9110 1",
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/raise/table", (409, "replayed")),
        ("/raise/undetermined", (503, "unreachable")),
        ("/raise/full", (503, "store_full")),
        ("/raise/crash", (500, "internal_error")),
        ("/raise/teapot", (418, "i_m_a_teapot")),
        ("/raise/login", (401, "unauthorized")),
        ("/none", (404, "not_found")),
        ("/bytes", (405, "method_not_allowed")),
        ("/number", (400, "invalid_request")),
        (f"/number?n={SECRET}", (400, "invalid_request")),
    ],
)
def test_status_and_code(path: str, expected: tuple[int, str]) -> None:
    response = ask("GET", path)
    assert code(response) == expected
    assert SECRET not in response.text
    assert {name: response.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_headers_of_an_http_exception_are_kept_and_503_says_when() -> None:
    assert ask("GET", "/raise/login").headers["www-authenticate"] == "DPoP"
    assert ask("GET", "/raise/undetermined").headers["retry-after"] == "1"


def test_crash_is_logged_by_type_and_place_alone() -> None:
    stream = io.StringIO()
    logs.configure("test", stream=stream)
    ask("GET", "/raise/crash")
    line = json.loads(stream.getvalue())
    assert (line["event"], line["exception"]) == ("internal_error", "KeyError")
    assert line["place"].startswith("test_problems.py:")
    assert SECRET not in stream.getvalue()


def test_answer_that_breaks_off_is_not_completed() -> None:
    response = ask("GET", "/half")
    assert response.content == b"x"
    assert SECRET not in response.text


def test_own_rendering() -> None:
    def render(_request: Request, error: WarifuError) -> Response | None:
        return Response(f'{{"error":"{error.code}"}}', 400, media_type="application/json") if error.code == "broken" else None

    app = make_app(render=render)
    assert ask("GET", "/raise/plain", app=app).json() == {"error": "broken"}
    assert code(ask("GET", "/raise/table", app=app)) == (409, "replayed")


def test_route_may_set_its_own_headers() -> None:
    response = ask("GET", "/page")
    assert response.headers.get_list("content-security-policy") == ["default-src 'self'"]
    assert response.headers.get_list("cache-control") == ["max-age=60"]
    assert response.headers["x-content-type-options"] == "nosniff"


class TestBodyLimit:
    """64 KiB by default, whether declared or not, whoever reads it."""

    @staticmethod
    def chunks(total: int) -> Iterator[bytes]:
        for start in range(0, total, 1000):
            yield b" " * min(1000, total - start)

    def stream(self, path: str, total: int, **headers: str) -> httpx.Response:
        async def parts() -> AsyncIterator[bytes]:
            for chunk in self.chunks(total):
                yield chunk

        return ask("POST", path, content=parts(), headers=headers)

    def test_exact_limit_passes(self) -> None:
        assert ask("POST", "/bytes", content=b"x" * 65536).text == "65536"
        assert self.stream("/bytes", 65536).text == "65536"

    def test_one_more_is_refused(self) -> None:
        assert code(ask("POST", "/bytes", content=b"x" * 65537)) == (413, "too_large")
        assert code(self.stream("/bytes", 65537)) == (413, "too_large")

    def test_framework_that_reads_itself_gives_the_same_answer(self) -> None:
        assert code(self.stream("/parsed", 70_000, **{"content-type": "application/json"})) == (413, "too_large")

    def test_other_limit(self) -> None:
        app = make_app(max_body=10)
        assert ask("POST", "/bytes", content=b"x" * 10, app=app).status_code == 200
        assert code(ask("POST", "/bytes", content=b"x" * 11, app=app)) == (413, "too_large")

    def test_declared_length_is_refused_before_reading(self) -> None:
        assert code(ask("POST", "/bytes", content=b"", headers={"content-length": "99999999"})) == (413, "too_large")


class TestRequests:
    """F03: no parameter twice, exact media types, strict JSON."""

    @pytest.mark.parametrize("query", ["a=1&a=2", "a=1&b=2&a=1", "a=&a=", "%61=1&a=2"])
    def test_parameter_given_twice(self, query: str) -> None:
        assert code(ask("GET", f"/query?{query}")) == (400, "duplicate_parameter")
        form = ask("POST", "/form", content=query, headers={"content-type": "application/x-www-form-urlencoded"})
        assert code(form) == (400, "duplicate_parameter")

    def test_unknown_and_malformed(self) -> None:
        assert code(ask("GET", "/query?c=1")) == (400, "unknown_parameter")
        for bad in ("a=%ff", "a=1;b=2&x", "&".join(f"p{n}=1" for n in range(65))):
            assert (
                code(ask("POST", "/form", content=bad, headers={"content-type": "application/x-www-form-urlencoded"}))[1]
                == "invalid_request"
            )

    def test_good_ones(self) -> None:
        assert ask("GET", "/query?a=%E5%90%8D&b=").json() == {"a": "名", "b": ""}
        assert ask("GET", "/query").json() == {}
        for kind in ("application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded; charset=UTF-8"):
            assert ask("POST", "/form", content="a=1+2", headers={"content-type": kind}).json() == {"a": "1 2"}

    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/json", "", "application/x-www-form-urlencoded; charset=shift_jis", "multipart/form-data"]
    )
    def test_other_media_type(self, kind: str) -> None:
        assert code(ask("POST", "/form", content="a=1", headers={"content-type": kind})) == (415, "unsupported_media_type")

    def test_two_content_types(self) -> None:
        headers = [("content-type", "application/json"), ("content-type", "application/json")]
        assert code(ask("POST", "/json", content="{}", headers=headers)) == (415, "unsupported_media_type")

    @pytest.mark.parametrize("body", ['{"a":1,"a":2}', "[]", "{", "", '{"a":NaN}', '{"a":1}x'])
    def test_loose_json(self, body: str) -> None:
        assert code(ask("POST", "/json", content=body, headers={"content-type": "application/json"}))[0] == 400

    def test_strict_json(self) -> None:
        assert ask("POST", "/json", content='{"a":"名"}', headers={"content-type": "application/json"}).json() == {"a": "名"}
