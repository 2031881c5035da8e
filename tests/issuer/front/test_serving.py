"""The front over real TLS: the internal listener speaks to the inner side's certificate alone."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from issuer.web import front as public_side
from issuer.web import front_internal
from runtime import tls
from runtime.serving import Listener, serving
from tests.issuer.front.conftest import Start


@dataclass
class Served:
    public: str
    internal: str
    root: Path
    client: tls.TlsFiles
    stranger: tls.TlsFiles


@pytest.fixture
def served(start: Start, tmp_path: Path) -> Iterator[Served]:
    front = start(public_url="https://localhost/999997")
    root = tls.create_dev_root(tmp_path / "tls")
    server = tls.issue_server_certificate(tmp_path / "tls", into=tmp_path / "front")
    authority = tls.create_client_ca(tmp_path / "inner")
    client = tls.issue_client_certificate(tmp_path / "inner", "inner", into=tmp_path / "inner" / "client")
    tls.create_client_ca(tmp_path / "other")
    stranger = tls.issue_client_certificate(tmp_path / "other", "inner", into=tmp_path / "other" / "client")
    files = (server.certificate, server.key)
    listeners = [
        Listener(public_side.create_app(front.office, front.lists, front.signed), "localhost", 0, *files, name="public"),
        Listener(
            front_internal.create_app(front.office, front.lists, front.signed),
            "localhost",
            0,
            *files,
            client_ca=authority.certificate,
            name="internal",
        ),
    ]
    with serving(listeners) as urls:
        yield Served(urls["public"], urls["internal"], root.certificate, client, stranger)


def get(url: str, root: Path, client: tls.TlsFiles | None = None) -> httpx.Response:
    context = ssl.create_default_context(cafile=str(root))
    if client is not None:
        context.load_cert_chain(client.certificate, client.key)
    with httpx.Client(verify=context, trust_env=False) as http:
        return http.get(url)


def test_the_inner_side_is_let_in(served: Served) -> None:
    response = get(f"{served.internal}/internal/v1/jobs?wait=0", served.root, served.client)
    assert response.json() == {"jobs": []}


def test_nobody_else_reaches_the_internal_side(served: Served) -> None:
    for client in (None, served.stranger):
        with pytest.raises(httpx.TransportError):
            get(f"{served.internal}/internal/v1/jobs?wait=0", served.root, client)


def test_the_public_listener_has_no_internal_routes(served: Served) -> None:
    assert get(f"{served.public}/internal/v1/jobs?wait=0", served.root).status_code == 404
    assert get(f"{served.public}/.well-known/openid-credential-issuer/999997", served.root).status_code == 200


def test_without_the_root_nothing_is_trusted(served: Served) -> None:
    with pytest.raises(httpx.ConnectError), httpx.Client(trust_env=False) as http:
        http.get(f"{served.public}/healthz")
