"""One process, several HTTPS listeners and their background work, started together and stopped together.

Sockets are bound before anything runs, on loopback addresses unless the listener is declared public; the access log is
off, since addresses may hold handles of persons.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import uvicorn

from runtime.files import write_atomic
from runtime.listeners import Listener, bind, public_url
from runtime.tls import server_context
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json

__all__ = ["Background", "Listener", "Service", "serve", "serving"]

Background = Callable[[threading.Event], None]
GRACE_SECONDS: Final = 5


class Service:
    """The listeners and background work of one process; :meth:`run` lives until :meth:`stop` or a signal."""

    def __init__(self, listeners: Sequence[Listener], background: Sequence[Background] = ()) -> None:
        """Bind every socket; raises ``serve_address_refused``, ``serve_address_in_use`` or ``tls_files_invalid``."""
        self._stopping = threading.Event()
        self._failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._guard, args=(work,), daemon=True) for work in background]
        self._servers: list[_QuietServer] = []
        self._sockets: list[list[socket.socket]] = []
        self.ready = threading.Event()
        self.urls: dict[str, str] = {}
        try:
            for listener in listeners:
                self._add(listener)
        except WarifuError:
            self._close_sockets()
            raise

    def _add(self, listener: Listener) -> None:
        if listener.name in self.urls:
            raise WarifuError("serve_name_twice", f"two listeners are called {listener.name}")
        context = server_context(listener.certfile, listener.keyfile, client_ca=listener.client_ca)
        sockets = bind(listener)
        self._sockets.append(sockets)
        self.urls[listener.name] = public_url(listener, sockets[0])
        config = uvicorn.Config(
            listener.app,
            http="h11",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=GRACE_SECONDS,
            h11_max_incomplete_event_size=16 * 1024,
            limit_concurrency=512,
        )
        config.load()
        config.ssl = context
        self._servers.append(_QuietServer(config))

    async def run(self, on_ready: Callable[[dict[str, str]], None] = lambda _urls: None) -> None:
        """Serve until stopped; calls ``on_ready`` with name → URL once every listener answers.

        Raises:
            WarifuError: ``serve_start_failed``; and whatever a background callable died of, after an orderly stop.
        """
        pairs = zip(self._servers, self._sockets, strict=True)
        tasks = [asyncio.create_task(_serve_one(server, sockets)) for server, sockets in pairs]
        try:
            await self._wait_until_started(tasks)
            for thread in self._threads:
                thread.start()
            on_ready(dict(self.urls))
            self.ready.set()
            await asyncio.gather(*tasks)
        finally:
            self.stop()
            await asyncio.gather(*tasks, return_exceptions=True)
            for thread in self._threads:
                if thread.ident is not None:
                    await asyncio.to_thread(thread.join, GRACE_SECONDS)
            self._close_sockets()
        if self._failures:
            raise self._failures[0]

    async def _wait_until_started(self, tasks: list[asyncio.Task[None]]) -> None:
        while not all(server.started for server in self._servers):
            for task in tasks:
                if task.done():
                    task.result()
                    raise _start_failed()
            await asyncio.sleep(0.005)

    def _guard(self, work: Background) -> None:
        try:
            work(self._stopping)
        except Exception as error:  # handed to run(), which raises it; a silent half-dead process is worse
            self._failures.append(error)
            self.stop()

    def stop(self) -> None:
        """Ask everything to end in good order; may be called from any thread and from signal handlers."""
        self._stopping.set()
        for server in self._servers:
            server.should_exit = True

    def _close_sockets(self) -> None:
        for sockets in self._sockets:
            for item in sockets:
                item.close()


async def _serve_one(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
    try:
        await server.serve(sockets=sockets)
    except SystemExit as error:  # how uvicorn says that the application's own start failed
        raise _start_failed() from error


def _start_failed() -> WarifuError:
    return WarifuError("serve_start_failed", "a listener could not start", hint="check the application's configuration and its log")


class _QuietServer(uvicorn.Server):
    """A server that leaves the signals to :func:`serve`, which has several servers to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End without waiting for clients to say goodbye: over TLS an idle one would be waited for until the timeout."""
        self._abort_closed()
        await asyncio.sleep(0)
        sweeping = asyncio.create_task(self._sweep())
        try:
            await super().shutdown(sockets)
        finally:
            sweeping.cancel()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(0.02)
            self._abort_closed()

    def _abort_closed(self) -> None:
        for connection in list(self.server_state.connections):
            transport: Any = connection.transport
            if transport.is_closing() and _is_flushed(transport):
                transport.abort()


def _is_flushed(transport: asyncio.Transport) -> bool:
    try:
        return transport.get_write_buffer_size() == 0
    except AttributeError:  # a TLS transport that was closed twice has let go of what it would ask
        return False


def serve(
    listeners: Sequence[Listener],
    *,
    ready_file: Path | None = None,
    background: Sequence[Background] = (),
    announce: bool = True,
) -> None:
    """Serve in this process until SIGTERM or SIGINT; returns after everything has ended in good order.

    Args:
        listeners: the addresses; all are bound before the first answers.
        ready_file: gets ``{"name": "https://…"}`` as JSON once every listener answers.
        background: callables that run in threads of their own until the event they are given is set.  One that raises
            stops the process, and its error is raised here.
        announce: print one line for each address on stderr.

    Raises:
        WarifuError: ``serve_address_refused``, ``serve_address_in_use``, ``serve_start_failed``, ``tls_files_invalid``.
    """
    service = Service(listeners, background)

    def on_ready(urls: dict[str, str]) -> None:
        if announce:
            for name, url in urls.items():
                print(f"{name}: {url}", file=sys.stderr, flush=True)  # noqa: T201 - the operator's line
        if ready_file is not None:
            write_atomic(ready_file, dump_json(urls))

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, service.stop)
        await service.run(on_ready)

    asyncio.run(main())


@contextlib.contextmanager
def serving(listeners: Sequence[Listener], *, background: Sequence[Background] = ()) -> Iterator[dict[str, str]]:
    """Serve in a thread while the block runs; yields name → URL.  For tests and for pages that live for one command."""
    service = Service(listeners, background)
    failures: list[BaseException] = []

    def main() -> None:
        try:
            asyncio.run(service.run())
        except BaseException as error:  # raised again below, in the caller's thread
            failures.append(error)
        finally:
            service.ready.set()

    thread = threading.Thread(target=main, daemon=True)
    thread.start()
    service.ready.wait()
    try:
        if not failures:
            yield dict(service.urls)
    finally:
        service.stop()
        thread.join()
    if failures:
        raise failures[0]
