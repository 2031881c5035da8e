"""A TLS server that says exactly the bytes it is told, for answers that no framework would give."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

from runtime.tls import TlsFiles, server_context

Say = Callable[[ssl.SSLSocket], None]


@contextlib.contextmanager
def raw_server(files: TlsFiles, say: Say) -> Iterator[tuple[str, list[str]]]:
    """Serve while the block runs; yields the origin and the list of request lines seen."""
    context = server_context(files.certificate, files.key)
    listening = socket.create_server(("127.0.0.1", 0))
    seen: list[str] = []

    def serve_one(plain: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as stream:
            request = b""
            while b"\r\n\r\n" not in request and (chunk := stream.recv(4096)):
                request += chunk
            seen.append(request.split(b"\r\n")[0].decode("ascii", "replace"))
            say(stream)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve_one, args=(listening.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"https://localhost:{listening.getsockname()[1]}", seen
    finally:
        listening.close()
