"""The guarded fetcher over real sockets and TLS, against servers that behave and servers that do not (F01, E05)."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import Response

from runtime.addresses import Target, check_url
from runtime.fetcher import GuardedFetcher, check_same_host
from runtime.serving import Listener, serving
from schemas.errors import UndeterminedError, WarifuError
from tests.runtime.asgi_bridge import AsgiBridge
from tests.runtime.conftest import Certificates
from tests.runtime.wire import Say, raw_server


def echo_app() -> FastAPI:
    app = FastAPI()

    @app.api_route("/echo", methods=["GET", "POST", "PUT", "DELETE"])
    async def echo(request: Request) -> dict[str, Any]:
        return {
            "method": request.method,
            "body": (await request.body()).decode(),
            "headers": {
                name: request.headers.get(name, "") for name in ("content-type", "accept", "accept-encoding", "dpop", "host", "cookie")
            },
        }

    @app.get("/cookie")
    def cookie() -> Response:
        return Response(headers={"set-cookie": "seen=1; Path=/"})

    @app.get("/big")
    def big(size: int) -> Response:
        return Response(b"x" * size, media_type="text/plain")

    return app


def answering(*parts: bytes) -> Say:
    def say(stream: ssl.SSLSocket) -> None:
        for part in parts:
            stream.sendall(part)

    return say


def refusal(fetcher: GuardedFetcher, url: str, **arguments: Any) -> str:
    with pytest.raises(WarifuError) as error:
        fetcher.get(url, **arguments)
    return error.value.code


def ask(certificates: Certificates, say: Say, **arguments: Any) -> str:
    with raw_server(certificates.server, say) as (origin, _), GuardedFetcher(frozenset({origin}), certificates.root, timeout=2) as fetcher:
        return refusal(fetcher, f"{origin}/", **arguments)


@pytest.fixture(scope="module")
def origin(certificates: Certificates) -> Iterator[str]:
    """A server that behaves."""
    files = certificates.server
    with serving([Listener(echo_app(), "localhost", 0, files.certificate, files.key)]) as urls:
        yield urls["web"]


class TestGoodServer:
    """What works."""

    def test_every_verb_over_verified_tls(self, certificates: Certificates, origin: str) -> None:
        with GuardedFetcher(frozenset({origin}), certificates.root) as fetcher:
            got = fetcher.get(f"{origin}/echo", accept="application/json", headers={"DPoP": "proof"})
            assert got.status == 200
            assert got.content_type == "application/json"
            assert got.json()["headers"]["dpop"] == "proof"
            assert got.json()["headers"]["accept-encoding"] == "identity"
            assert got.json()["headers"]["host"] == origin.removeprefix("https://")
            assert fetcher.post_form(f"{origin}/echo", {"a": "名 &", "b": ""}).json()["body"] == "a=%E5%90%8D+%26&b="
            posted = fetcher.post_json(f"{origin}/echo", {"a": "名"}).json()
            assert (posted["body"], posted["headers"]["content-type"]) == ('{"a":"名"}', "application/json")
            assert fetcher.put_json(f"{origin}/echo", {}).json()["method"] == "PUT"
            assert fetcher.put(f"{origin}/echo", b"list", "application/statuslist+jwt").json()["body"] == "list"
            assert fetcher.delete(f"{origin}/echo").json()["method"] == "DELETE"
            assert fetcher.get(f"{origin}/none").status == 404

    def test_cap_is_exact(self, certificates: Certificates, origin: str) -> None:
        with GuardedFetcher(frozenset({origin}), certificates.root, max_bytes=1000) as fetcher:
            assert len(fetcher.get(f"{origin}/big?size=1000").body) == 1000
            assert refusal(fetcher, f"{origin}/big?size=1001") == "fetch_too_large"
            assert len(fetcher.get(f"{origin}/big?size=1001", max_bytes=1001).body) == 1001

    def test_wrong_type_is_refused(self, certificates: Certificates, origin: str) -> None:
        with GuardedFetcher(frozenset({origin}), certificates.root) as fetcher:
            assert refusal(fetcher, f"{origin}/big?size=1", accept="application/json") == "fetch_wrong_type"
            assert fetcher.get(f"{origin}/big?size=1", accept="application/json, text/plain").body == b"x"

    def test_loopback_needs_the_exact_origin(self, certificates: Certificates, origin: str) -> None:
        port = int(origin.rsplit(":", 1)[1])
        for allowed in (frozenset[str](), frozenset({f"https://localhost:{port + 1}", "https://localhost", f"https://127.0.0.1:{port}"})):
            with GuardedFetcher(allowed, certificates.root) as fetcher:
                assert refusal(fetcher, f"{origin}/echo") == "fetch_refused"

    def test_untrusted_root(self, certificates: Certificates, origin: str) -> None:
        for root in (certificates.other_root, None):
            with GuardedFetcher(frozenset({origin}), root) as fetcher:
                assert refusal(fetcher, f"{origin}/echo") == "tls_not_trusted"

    def test_proxies_of_the_environment_are_ignored(self, certificates: Certificates, origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        with GuardedFetcher(frozenset({origin}), certificates.root) as fetcher:
            assert fetcher.get(f"{origin}/echo").status == 200

    def test_header_injection_is_refused(self, certificates: Certificates, origin: str) -> None:
        with GuardedFetcher(frozenset({origin}), certificates.root) as fetcher:
            assert refusal(fetcher, f"{origin}/echo", headers={"dpop": "a\r\nevil: 1"}) == "fetch_broken"
            assert refusal(fetcher, f"{origin}/echo", headers={"dpop": "名"}) == "fetch_broken"

    def test_cookies_are_neither_kept_nor_sent(self, certificates: Certificates, origin: str) -> None:
        """A cookie would link what a wallet does at different times."""
        with GuardedFetcher(frozenset({origin}), certificates.root) as fetcher:
            assert fetcher.get(f"{origin}/cookie").headers["set-cookie"].startswith("seen=1")
            assert fetcher.get(f"{origin}/echo").json()["headers"]["cookie"] == ""

    def test_threads_may_share_it(self, certificates: Certificates, origin: str) -> None:
        results: list[int] = []
        with GuardedFetcher(frozenset({origin}), certificates.root) as fetcher:
            work = lambda: results.append(fetcher.get(f"{origin}/echo").status)  # noqa: E731
            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert results == [200] * 8


def test_certificate_must_be_for_the_name_asked_for(certificates: Certificates) -> None:
    with raw_server(certificates.localhost_only, answering(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")) as (origin, _):
        by_address = origin.replace("localhost", "127.0.0.1")
        with GuardedFetcher(frozenset({origin, by_address}), certificates.root) as fetcher:
            assert fetcher.get(origin).status == 200
            assert refusal(fetcher, by_address) == "tls_not_trusted"


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308, 399])
def test_redirects_are_not_followed(certificates: Certificates, status: int) -> None:
    target = b"HTTP/1.1 %d Moved\r\nlocation: https://127.0.0.1:1/secret\r\ncontent-length: 0\r\n\r\n" % status
    assert ask(certificates, answering(target)) == "fetch_redirected"


@pytest.mark.parametrize("encoding", [b"gzip", b"GZIP", b"deflate", b"br", b"zstd", b"identity, gzip", b"unknown"])
def test_compressed_body_is_not_unpacked(certificates: Certificates, encoding: bytes) -> None:
    body = gzip.compress(b"0" * 1_000_000)
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: %s\r\ncontent-length: %d\r\n\r\n" % (encoding, len(body))
    assert ask(certificates, answering(head, body)) == "fetch_encoded"


def test_body_without_end_is_cut_off(certificates: Certificates) -> None:
    def say(stream: ssl.SSLSocket) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            stream.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    assert ask(certificates, say, max_bytes=100_000) == "fetch_too_large"


def test_body_of_undeclared_length_is_counted(certificates: Certificates) -> None:
    assert ask(certificates, answering(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 101), max_bytes=100) == "fetch_too_large"


def test_dripping_server_meets_the_deadline(certificates: Certificates) -> None:
    """Each byte comes in time; all of them together do not."""
    stop = threading.Event()

    def say(stream: ssl.SSLSocket) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not stop.wait(0.02):
            stream.sendall(b"x")

    assert ask(certificates, say, timeout=0.3) == "unreachable"
    stop.set()


def test_dripping_headers_meet_the_deadline(certificates: Certificates) -> None:
    stop = threading.Event()

    def say(stream: ssl.SSLSocket) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\n")
        while not stop.wait(0.02):
            stream.sendall(b"a: b\r\n")

    assert ask(certificates, say, timeout=0.3) == "unreachable"
    stop.set()


@pytest.mark.parametrize(
    "garbage", [b"", b"\x00\x01\x02", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab", b"HTTP/9 2\r\n\r\n"]
)
def test_garbage_is_unreachable(certificates: Certificates, garbage: bytes) -> None:
    assert ask(certificates, answering(garbage)) == "unreachable"


def test_nobody_listens_is_undetermined() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        origin = f"https://localhost:{free.getsockname()[1]}"
        with GuardedFetcher(frozenset({origin})) as fetcher, pytest.raises(UndeterminedError) as error:
            fetcher.get(origin)
    assert error.value.code == "unreachable"


def test_mutual_tls(certificates: Certificates) -> None:
    files = certificates.server
    listener = Listener(echo_app(), "localhost", 0, files.certificate, files.key, client_ca=certificates.client_ca)
    with serving([listener]) as urls:
        allowed = frozenset({urls["web"]})
        with GuardedFetcher(allowed, certificates.root, client_certificate=certificates.client.as_pair()) as known:
            assert known.get(f"{urls['web']}/echo").status == 200
        for certificate in (None, certificates.other_client.as_pair()):
            with GuardedFetcher(allowed, certificates.root, client_certificate=certificate) as stranger:
                assert refusal(stranger, f"{urls['web']}/echo") == "unreachable"


@pytest.mark.parametrize(
    "read_as", ["https://evil.example/", "https://city.example:444/", "http://city.example/", "https://city.example.evil.example/"]
)
def test_two_readings_of_one_url_are_refused(read_as: str) -> None:
    with pytest.raises(WarifuError) as error:
        check_same_host(httpx.URL(read_as), Target("https://city.example/", "city.example", 443))
    assert error.value.code == "fetch_refused"


@pytest.mark.parametrize(
    "url", ["https://city.example/", "https://city.example:443/", "https://[2606:4700::1111]:444/", "https://xn--1lqs71d.example/"]
)
def test_one_reading_is_accepted(url: str) -> None:
    check_same_host(httpx.URL(url), check_url(url))


def test_bridge_to_applications_keeps_the_rules() -> None:
    with AsgiBridge({"https://city.example": echo_app()}) as bridge, GuardedFetcher(transport=bridge, max_bytes=400) as fetcher:
        assert fetcher.post_json("https://city.example/echo", {"a": 1}).json()["body"] == '{"a":1}'
        assert refusal(fetcher, "http://city.example/echo") == "fetch_refused"
        assert refusal(fetcher, "https://city.example/big?size=401") == "fetch_too_large"
        assert refusal(fetcher, "https://other.example/") == "unreachable"


def test_no_other_http_client_is_imported_anywhere() -> None:
    import re
    from pathlib import Path

    root = Path(__file__).parents[2]
    pattern = re.compile(r"^\s*(?:import|from)\s+(?:httpx|requests|aiohttp|urllib3|urllib\.request|http\.client|httpcore)\b", re.MULTILINE)
    found = {
        path.relative_to(root).as_posix()
        for package in ("issuer", "wallet", "verifier", "schemas", "runtime")
        for path in (root / package).rglob("*.py")
        if pattern.search(path.read_text("utf-8"))
    }
    assert found == {"runtime/fetcher.py", "runtime/connections.py"}
