"""Addresses that a process listens on: which may be bound, and by which URL they are called."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.errors import WarifuError


@dataclass(frozen=True, slots=True)
class Listener:
    """One HTTPS address of the process.

    Attributes:
        app: the ASGI application.
        host: ``localhost`` (both loopback addresses) or an address literal; others than loopback need ``public``.
        port: 0 picks a free one.
        certfile, keyfile: PEM files of the server.
        client_ca: where given, every client must show a certificate of it (mutual TLS).
        name: key in the ready file and in the line printed.
        public: lets the listener be reached from other machines.
    """

    app: Any
    host: str
    port: int
    certfile: Path
    keyfile: Path
    client_ca: Path | None = None
    name: str = "web"
    public: bool = False


def bind(listener: Listener) -> list[socket.socket]:
    """Bind the listener's address, or both loopback addresses for ``localhost``, without listening yet."""
    check_address(listener)
    addresses = ["127.0.0.1", "::1"] if listener.host == "localhost" else [listener.host.strip("[]")]
    sockets: list[socket.socket] = []
    port = listener.port
    for address in addresses:
        try:
            sockets.append(_bound(address, port))
        except OSError as error:
            if sockets:  # a machine without IPv6, or the other family's port is taken: one loopback address is enough
                continue
            raise WarifuError(
                "serve_address_in_use", f"port {port} cannot be bound", hint="another process may use it; port 0 picks a free one"
            ) from error
        port = sockets[0].getsockname()[1]
    return sockets


def _bound(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    item = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio turns Nagle off only where the protocol is named
    try:
        item.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            item.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        item.bind((address, port))
        item.setblocking(False)
    except OSError:
        item.close()
        raise
    return item


def check_address(listener: Listener) -> None:
    """Refuse an address that other machines can reach, unless the listener is declared public."""
    if listener.host == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(listener.host.strip("[]")).is_loopback
    except ValueError as error:
        raise WarifuError("serve_address_refused", "the host is no address literal", hint="write localhost or an IP address") from error
    if not loopback and not listener.public:
        raise WarifuError(
            "serve_address_refused",
            "the address can be reached from other machines",
            hint="declare the listener public in the configuration if that is meant",
        )


def public_url(listener: Listener, bound: socket.socket) -> str:
    """Return the URL that the listener is called by; loopback addresses are called localhost."""
    port = bound.getsockname()[1]
    if listener.host in ("localhost", "127.0.0.1", "::1"):
        return f"https://localhost:{port}"
    host = f"[{listener.host.strip('[]')}]" if ":" in listener.host else listener.host
    return f"https://{host}:{port}"
