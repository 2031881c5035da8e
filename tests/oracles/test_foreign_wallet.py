"""The front as a wallet sees it that we did not write: @openid4vc/openid4vci, unpatched, over verified TLS."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from issuer.store.front import notification
from issuer.web import front as public_side
from issuer.web import front_internal
from runtime import clock, tls
from runtime.serving import Listener, bind, serving
from runtime.store import read
from schemas.formats.encoding import dump_json
from schemas.messages import openid4vci as vci
from schemas.messages.jobs import parse_jobs, result_to_json
from tests.issuer.front.conftest import Front, Start, engine, start
from tests.issuer.front.parties import TX_CODE, copies_for
from tests.oracles.conftest import HERE, node_path

pytestmark = pytest.mark.oracle
__all__ = ["engine", "start"]  # fixtures of the front's own tests


@dataclass
class Served:
    front: Front
    issuer: str
    root: Path

    def offer(self) -> str:
        code = asyncio.run(self.front.inner.offer())
        ids = ("resident-record-sd-jwt", "resident-record-mdoc")
        return vci.offer_link(vci.CredentialOffer(self.issuer, ids, code, vci.TxCode(6, "numeric")))

    def ask(self, **request: Any) -> dict[str, Any]:
        command = [str(node_path()), str(HERE / "foreign_wallet.mjs")]
        sent = json.dumps({"offer": self.offer(), "tx_code": TX_CODE, "copies": 2} | request)
        environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(self.root)}
        done = subprocess.run(command, input=sent, capture_output=True, text=True, check=False, timeout=120, env=environment)
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def inner_side(url: str, root: Path, client: tls.TlsFiles) -> Callable[[threading.Event], None]:
    """Return the inner side's loop: pull, issue, bring."""
    context = ssl.create_default_context(cafile=str(root))
    context.load_cert_chain(client.certificate, client.key)

    def loop(stop: threading.Event) -> None:
        with httpx.Client(verify=context, trust_env=False, base_url=url, timeout=30) as http:
            while not stop.is_set():
                for job in parse_jobs(http.get("/internal/v1/jobs?wait=1").content):
                    body = dump_json(result_to_json(copies_for(job)))
                    headers = {"Content-Type": "application/json"}
                    http.post(f"/internal/v1/jobs/{job.job_id}/result", content=body, headers=headers).raise_for_status()

    return loop


@pytest.fixture
def served(start: Start, tmp_path: Path) -> Iterator[Served]:
    node_path()
    root = tls.create_dev_root(tmp_path / "tls")
    server = tls.issue_server_certificate(tmp_path / "tls", into=tmp_path / "front")
    authority = tls.create_client_ca(tmp_path / "inner")
    client = tls.issue_client_certificate(tmp_path / "inner", "inner", into=tmp_path / "inner" / "client")
    port = _free_port(server)
    front = start(public_url=f"https://localhost:{port}/999997")
    front.clock.at = clock.now()
    files = (server.certificate, server.key)
    public = Listener(public_side.create_app(front.office, front.lists, front.signed), "localhost", port, *files, name="public")
    internal = Listener(
        front_internal.create_app(front.office, front.lists, front.signed),
        "localhost",
        0,
        *files,
        client_ca=authority.certificate,
        name="internal",
    )
    stop = threading.Event()
    with serving([public, internal]) as urls:
        worker = threading.Thread(target=inner_side(urls["internal"], root.certificate, client), args=(stop,))
        worker.start()
        try:
            yield Served(front, front.office.settings.public_url, root.certificate)
        finally:
            stop.set()
            worker.join()


def _free_port(server: tls.TlsFiles) -> int:
    sockets = bind(Listener(None, "127.0.0.1", 0, server.certificate, server.key))
    port = int(sockets[0].getsockname()[1])
    for item in sockets:
        item.close()
    return port


def test_it_receives_every_copy_tells_us_so_and_refreshes(served: Served) -> None:
    answer = served.ask()
    assert answer["ok"], answer
    assert answer["refreshed"].lower() == "dpop"
    assert answer["received"].keys() == {"resident-record-sd-jwt", "resident-record-mdoc"}
    for name, response in answer["received"].items():
        assert [name in item["credential"] for item in response["credentials"]] == [True, True]
    with read(served.front.engine) as connection:
        events = connection.execute(sa.select(notification.c.event)).scalars().all()
    assert events == ["credential_accepted"] * 2


@pytest.mark.parametrize(("request_", "error"), [({"tx_code": "000000"}, "invalid_grant"), ({"forge": True}, "invalid_proof")])
def test_its_mistakes_are_told_in_words_it_knows(served: Served, request_: dict[str, Any], error: str) -> None:
    answer = served.ask(**request_)
    assert not answer["ok"]
    assert error in json.dumps(answer)


def test_without_our_root_it_does_not_speak_to_us(served: Served) -> None:
    served.root.write_bytes(tls.create_dev_root(served.root.parent / "other").certificate.read_bytes())
    answer = served.ask()
    assert not answer["ok"]
    assert "fetch" in answer["error"].lower()
