"""Names and addresses behind the guarded fetcher: resolved once, checked whole, pinned (F01, E08)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from typing import Any

import httpcore
import pytest

from runtime.connections import PinnedBackend, deadline
from runtime.fetcher import GuardedFetcher
from schemas.errors import UndeterminedError, WarifuError


def refusal(fetcher: GuardedFetcher, url: str) -> str:
    with pytest.raises(WarifuError) as error:
        fetcher.get(url)
    return error.value.code


@pytest.mark.parametrize("url", ["http://city.example/", "file:///etc/passwd", "https://user@city.example/", "https://0x7f.1/"])
def test_bad_url_is_refused_before_anything_is_asked(url: str) -> None:
    with GuardedFetcher(resolver=lambda _host, _port: pytest.fail("the resolver was asked")) as fetcher:
        assert refusal(fetcher, url) == "fetch_refused"


@pytest.mark.parametrize(
    "answer", [["127.0.0.1"], ["::1"], ["10.0.0.1"], ["169.254.169.254"], ["8.8.8.8", "127.0.0.1"], ["::ffff:8.8.8.8"], ["64:ff9b::1"]]
)
def test_name_that_leads_inside_is_refused(answer: list[str]) -> None:
    with GuardedFetcher(resolver=lambda _host, _port: answer) as fetcher:
        assert refusal(fetcher, "https://city.example/") == "fetch_refused"


def test_address_literals_are_checked_too() -> None:
    with GuardedFetcher() as fetcher:
        for host in ("127.0.0.1", "[::1]", "10.1.2.3", "169.254.169.254", "[fd00::1]"):
            assert refusal(fetcher, f"https://{host}/") == "fetch_refused"


def test_name_that_does_not_resolve_is_undetermined() -> None:
    def resolver(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such host")

    with GuardedFetcher(resolver=resolver) as fetcher, pytest.raises(UndeterminedError):
        fetcher.get("https://city.example/")
    with GuardedFetcher(resolver=lambda _host, _port: []) as fetcher, pytest.raises(UndeterminedError):
        fetcher.get("https://city.example/")


def test_resolver_that_hangs_meets_the_deadline() -> None:
    stop = threading.Event()

    def resolver(_host: str, _port: int) -> list[str]:
        stop.wait()
        return []

    with GuardedFetcher(resolver=resolver, timeout=0.1) as fetcher, pytest.raises(UndeterminedError):
        fetcher.get("https://city.example/")
    stop.set()


class _Sockets(httpcore.NetworkBackend):
    """Notes which addresses are connected to; the operating system's part, not ours."""

    def __init__(self) -> None:
        self.connected: list[str] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        self.connected.append(host)
        raise httpcore.ConnectError("noted")


def test_rebinding_gains_nothing_the_socket_goes_to_the_checked_address() -> None:
    answers = iter([["8.8.8.8"], ["127.0.0.1"], ["127.0.0.1"]])
    backend = PinnedBackend(frozenset(), lambda _host, _port: next(answers))
    backend._sockets = sockets = _Sockets()  # type: ignore[assignment]
    with deadline(5), pytest.raises(httpcore.ConnectError):
        backend.connect_tcp("rebind.example", 443)
    assert sockets.connected == ["8.8.8.8"]
    with deadline(5), pytest.raises(WarifuError):
        backend.connect_tcp("rebind.example", 443)
    assert sockets.connected == ["8.8.8.8"]


def test_next_address_is_tried_where_one_does_not_answer() -> None:
    backend = PinnedBackend(frozenset(), lambda _host, _port: ["8.8.8.8", "1.1.1.1"])
    backend._sockets = sockets = _Sockets()  # type: ignore[assignment]
    with deadline(5), pytest.raises(httpcore.ConnectError):
        backend.connect_tcp("city.example", 443)
    assert sockets.connected == ["8.8.8.8", "1.1.1.1"]
