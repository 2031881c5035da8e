"""A proxy before the verifier that flips one byte of a presentation: the tour with it must fail."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode

import httpx

from demo.company import Tour
from runtime import tls


@contextmanager
def tampering(tour: Tour, *, active: bool) -> Iterator[str]:
    """Yield the address at which wallets reach the verifier: its own, or the proxy's where ``active``."""
    if not active:
        yield tour.addresses.url("verifier")
        return
    tls.create_dev_root(tour.tls)
    files = tls.issue_server_certificate(tour.tls, into=tour.folder / "proxy")
    server = ThreadingHTTPServer(("127.0.0.1", tour.addresses.ports["proxy"]), _handler(tour))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield tour.addresses.url("proxy")
    finally:
        server.shutdown()
        thread.join()


def flip_one_byte(body: bytes) -> bytes:
    """Return the form with one character in the middle of its encrypted or plain presentation changed."""
    form = dict(parse_qsl(body.decode("ascii")))
    for name in ("response", "vp_token"):
        if name in form:
            text = form[name]
            middle = len(text) // 2
            form[name] = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]
    return urlencode(form).encode("ascii")


def _handler(tour: Tour) -> type[BaseHTTPRequestHandler]:
    client = httpx.Client(verify=ssl.create_default_context(cafile=str(tour.tls / "root.pem")), trust_env=False)

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._forward(b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            self._forward(flip_one_byte(body) if b"response=" in body or b"vp_token=" in body else body)

        def _forward(self, body: bytes) -> None:
            headers = {name: self.headers[name] for name in ("content-type", "accept") if name in self.headers}
            answer = client.request(self.command, tour.addresses.url("verifier") + self.path, content=body, headers=headers)
            self.send_response(answer.status_code)
            self.send_header("content-type", answer.headers.get("content-type", "application/octet-stream"))
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *args: object) -> None:
            """Say nothing: addresses hold session secrets."""

    return Proxy
