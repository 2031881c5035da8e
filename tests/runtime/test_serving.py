"""Listeners: addresses, readiness, background work, an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from runtime import tls
from runtime.fetcher import GuardedFetcher
from runtime.serving import Listener, Service, serving
from schemas.errors import WarifuError
from tests.runtime.conftest import Certificates


def listener(certificates: Certificates, **changes: object) -> Listener:
    app = FastAPI()
    app.add_api_route("/name", lambda: changes.get("name", "web"))
    values = {"app": app, "host": "localhost", "port": 0, "certfile": certificates.server.certificate, "keyfile": certificates.server.key}
    return Listener(**{**values, **changes})  # type: ignore[arg-type]  # values by name


def test_several_listeners_in_one_process(certificates: Certificates) -> None:
    with serving([listener(certificates, name="front"), listener(certificates, name="internal")]) as urls:
        assert set(urls) == {"front", "internal"}
        with GuardedFetcher(frozenset(urls.values()), certificates.root) as fetcher:
            for name, url in urls.items():
                assert fetcher.get(f"{url}/name").body == f'"{name}"'.encode()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_localhost_answers_on_both_loopback_addresses(certificates: Certificates, address: str) -> None:
    with serving([listener(certificates)]) as urls:
        port = int(urls["web"].rsplit(":", 1)[1])
        with socket.create_connection((address, port)) as plain:
            stream = tls.client_context(certificates.root).wrap_socket(plain, server_hostname="localhost")
            stream.sendall(b"GET /name HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            assert stream.recv(15) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]", "192.168.0.1", "10.0.0.1", "city.example", "8.8.8.8"])
def test_address_that_others_reach_must_be_declared(certificates: Certificates, host: str) -> None:
    with pytest.raises(WarifuError) as error:
        Service([listener(certificates, host=host)])
    assert error.value.code == "serve_address_refused"


def test_declared_public_listener_binds(certificates: Certificates) -> None:
    service = Service([listener(certificates, host="0.0.0.0", public=True)])
    assert service.urls["web"].startswith("https://0.0.0.0:")
    service._close_sockets()


def test_port_in_use_and_name_twice(certificates: Certificates) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(WarifuError) as error:
        Service([listener(certificates, host="127.0.0.1", port=taken.getsockname()[1])])
    assert error.value.code == "serve_address_in_use"
    with pytest.raises(WarifuError) as error:
        Service([listener(certificates), listener(certificates)])
    assert error.value.code == "serve_name_twice"


def test_plain_http_is_not_spoken(certificates: Certificates) -> None:
    with serving([listener(certificates)]) as urls:
        port = int(urls["web"].rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as plain:
            plain.sendall(b"GET /name HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert not plain.recv(1024).startswith(b"HTTP/1.1 200")


def test_internal_listener_refuses_clients_without_a_certificate_of_its_authority(certificates: Certificates) -> None:
    with serving([listener(certificates, client_ca=certificates.client_ca)]) as urls:
        port = int(urls["web"].rsplit(":", 1)[1])
        for pair in (None, certificates.other_client.as_pair(), certificates.server.as_pair()):
            context = tls.client_context(certificates.root, pair)
            with pytest.raises((ssl.SSLError, ConnectionError)), socket.create_connection(("127.0.0.1", port)) as plain:  # noqa: PT012 - the whole transaction is what must fail
                stream = context.wrap_socket(plain, server_hostname="localhost")
                stream.sendall(b"GET /name HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
                if not stream.recv(15):
                    raise ConnectionError


def test_background_work_starts_and_stops_with_the_listeners(certificates: Certificates) -> None:
    started, ended = threading.Event(), threading.Event()

    def work(stop: threading.Event) -> None:
        started.set()
        stop.wait()
        ended.set()

    with serving([listener(certificates)], background=[work]):
        assert started.wait(10)
        assert not ended.is_set()
    assert ended.is_set()


def test_background_work_that_dies_ends_the_process(certificates: Certificates) -> None:
    def work(_stop: threading.Event) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), serving([listener(certificates)], background=[work]):
        pass


def test_application_that_cannot_start_is_a_typed_error(certificates: Certificates) -> None:
    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        raise ZeroDivisionError
        yield

    good = listener(certificates, name="good")
    with pytest.raises(WarifuError) as error, serving([good, listener(certificates, app=FastAPI(lifespan=lifespan))]):
        pass
    assert error.value.code == "serve_start_failed"


def test_what_fails_on_becoming_ready_ends_everything(certificates: Certificates, tmp_path: Path) -> None:
    def on_ready(_urls: dict[str, str]) -> None:
        raise WarifuError("store_full", "x")

    service = Service([listener(certificates)])
    with pytest.raises(WarifuError) as error:
        asyncio.run(service.run(on_ready))
    assert error.value.code == "store_full"


PROGRAM = """
import sys, threading
from pathlib import Path
from fastapi import FastAPI
from runtime.serving import Listener, serve

certificate, key, ready, ended = map(Path, sys.argv[1:])

def work(stop):
    stop.wait()
    ended.write_text("ended")

serve([Listener(FastAPI(), "localhost", 0, certificate, key, name="front")], ready_file=ready, background=[work])
print("after")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_process_says_when_it_is_ready_and_ends_in_order(certificates: Certificates, tmp_path: Path, number: signal.Signals) -> None:
    files = certificates.server
    ready, ended = tmp_path / "ready.json", tmp_path / "ended"
    command = [sys.executable, "-c", PROGRAM, files.certificate, files.key, ready, ended]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stderr is not None
        line = process.stderr.readline()  # printed after every listener answers, and just before the ready file
        assert line.startswith("front: https://localhost:")
        url = line.split(" ")[1].strip()
        with GuardedFetcher(frozenset({url}), certificates.root) as fetcher:
            assert fetcher.get(f"{url}/openapi.json").status == 200
            os.kill(process.pid, number)
            out, rest = process.communicate(timeout=60)
    assert (process.returncode, out, rest) == (0, "after\n", "")
    assert json.loads(ready.read_text()) == {"front": url}
    assert ended.read_text() == "ended"
