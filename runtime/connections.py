"""Connections of the guarded fetcher: a name is resolved once, every address checked, the socket bound to what was checked.

Between the check and the connection nothing asks the resolver again, so a name that changes its answer gains nothing.
TLS still verifies the certificate against the *name*.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import httpcore
import httpx

from runtime.addresses import Target, check_public_address

Resolver = Callable[[str, int], list[str]]
_deadline: ContextVar[float] = ContextVar("fetch_deadline")
_MAX_ADDRESSES: Final = 4


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Let every network step inside the block end within ``seconds`` in all, however slowly the other side drips."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def _left(timeout: float | None, exceeded: type[Exception]) -> float:
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise exceeded
    return left if timeout is None else min(left, timeout)


def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver for the addresses of ``host``, IPv4 and IPv6, in its order of preference.

    Raises:
        OSError: where the name does not resolve.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


class PinnedBackend(httpcore.NetworkBackend):
    """Opens TCP connections to checked addresses alone."""

    def __init__(self, allowed_origins: frozenset[str], resolver: Resolver = resolve) -> None:
        """Name the development origins, for which alone the address rule does not hold."""
        self._allowed_origins = allowed_origins
        self._resolver = resolver
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, check every address, connect to the first that answers (httpcore's interface)."""
        target = Target("", host, port)
        addresses = self._addresses(host, port, timeout)
        if target.origin not in self._allowed_origins:
            check_addresses(addresses)
        failure: Exception = httpcore.ConnectError("no address")
        for address in addresses[:_MAX_ADDRESSES]:
            try:
                left = _left(timeout, httpcore.ConnectTimeout)
                return DeadlineStream(self._sockets.connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _addresses(self, host: str, port: int, timeout: float | None) -> list[str]:
        answer = _in_thread(lambda: self._resolver(host, port))
        try:
            found = answer.result(_left(timeout, httpcore.ConnectTimeout))
        except FutureTimeoutError as error:
            raise httpcore.ConnectTimeout("the name did not resolve in time") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the name does not resolve") from error
        if not found:
            raise httpcore.ConnectError("the name has no address")
        return found


def check_addresses(addresses: list[str]) -> None:
    """Refuse a name of which even one address is not public: which of them is used is not ours to say."""
    for address in addresses:
        check_public_address(address)


def _in_thread(call: Callable[[], list[str]]) -> Future[list[str]]:
    """Run ``call`` beside us: the system's resolver knows no deadline of its own."""
    future: Future[list[str]] = Future()

    def work() -> None:
        try:
            future.set_result(call())
        except (OSError, UnicodeError) as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future


class DeadlineStream(httpcore.NetworkStream):
    """A stream whose reads, writes and handshake end at the deadline of the request in hand."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        """Wrap ``stream``."""
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read, within what is left."""
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write, within what is left."""
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Close."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Shake hands, within what is left; the certificate must be for the name that was asked for."""
        left = _left(timeout, httpcore.ConnectTimeout)
        return DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        """Return what the wrapped stream knows."""
        return self._stream.get_extra_info(info)


class PinnedTransport(httpx.BaseTransport):
    """httpx over connections that :class:`PinnedBackend` opens."""

    def __init__(self, context: ssl.SSLContext, backend: PinnedBackend) -> None:
        """Keep a few connections open for some seconds; each stays bound to the address that was checked."""
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, network_backend=backend, max_connections=64, max_keepalive_connections=8, keepalive_expiry=4, retries=0
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Make one exchange; failures come out as httpx's."""
        url = httpcore.URL(scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path)
        raw = httpcore.Request(
            method=request.method, url=url, headers=request.headers.raw, content=request.stream, extensions=request.extensions
        )
        with _translated():
            response = self._pool.handle_request(raw)
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response.stream), extensions=response.extensions)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    """A response body whose failures come out as httpx's."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _translated():
            yield from self._stream

    def close(self) -> None:
        self._stream.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        raise httpx.ReadTimeout("no answer in time") from error
    except httpcore.LocalProtocolError as error:
        raise httpx.LocalProtocolError("malformed request") from error
    except httpcore.RemoteProtocolError as error:
        raise httpx.RemoteProtocolError("malformed answer") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise httpx.NetworkError("no connection") from error
