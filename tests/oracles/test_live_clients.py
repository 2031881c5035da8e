"""Unpatched npm clients against our own servers: real processes, HTTPS that Node verifies itself."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.company import Tour
from demo.steps import PURPOSE
from tests.oracles.conftest import HERE, node_path

pytestmark = pytest.mark.oracle


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    """A registrar, a city with residents and a bank, all serving."""
    node_path()
    running = Tour(tmp_path_factory.mktemp("tour"))
    try:
        registrar_key = running.init_registrar()
        running.init_municipality()
        command = ["warifu-issuer", "residents", "generate", "--home", running.home("inner"), "--households", "0", "--seed", "1"]
        running.company.must("inner", command)
        running.start_front()
        running.start_inner()
        running.init_verifier(registrar_key, PURPOSE, public_url=running.addresses.url("verifier"))
        yield running
    finally:
        running.company.close()


def client(tour: Tour, operation: str, *, root: Path | None = None, **arguments: Any) -> dict[str, Any]:
    """Run one operation of `client.mjs`; its TLS trusts the tour's root alone."""
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(root or tour.tls / "root.pem")}
    request = json.dumps({"operation": operation, **arguments})
    command = [str(node_path()), str(HERE / "client.mjs")]
    done = subprocess.run(command, input=request, capture_output=True, text=True, env=environment, cwd=HERE, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def offer(tour: Tour) -> dict[str, Any]:
    command = ["warifu-issuer", "offer", "create", "--home", tour.home("inner"), "--resident", "P-01", "--json", "--tx-code"]
    made: dict[str, Any] = tour.company.must("inner", [*command, "--type", "resident-record", "--type", "basic-four"]).json()
    return made


def ask(tour: Tour) -> dict[str, Any]:
    command = ["warifu-verifier", "request", "create", "--home", tour.home("verifier"), "--purpose", "demo-bank", "--json"]
    asked: dict[str, Any] = tour.company.must("verifier", command).json()
    return asked


@pytest.fixture(scope="module")
def wallet(tour: Tour) -> dict[str, Any]:
    """What the npm wallet received: two copies of four credentials."""
    made = offer(tour)
    answer = client(tour, "issue", offer=made["credential_offer_uri"], tx_code=made["tx_code"], copies=2)
    assert answer["ok"], answer
    return answer


def test_the_npm_wallet_receives_what_our_issuer_issues(wallet: dict[str, Any]) -> None:
    assert {name: len(copies) for name, copies in wallet["credentials"].items()} == {
        "resident-record-sd-jwt": 2,
        "resident-record-mdoc": 2,
        "basic-four-sd-jwt": 2,
        "basic-four-mdoc": 2,
    }


def test_the_npm_wallet_verifies_our_signed_metadata(tour: Tour) -> None:
    answer = client(tour, "metadata", issuer=tour.addresses.issuer)
    assert answer["ok"], answer
    assert answer["method"] == "x5c"
    claims = answer["claims"]
    assert claims["sub"] == claims["iss"] == claims["credential_issuer"] == tour.addresses.issuer
    assert len(claims["credential_configurations_supported"]) == 4


def test_the_npm_wallet_refuses_signed_metadata_that_was_changed(tour: Tour) -> None:
    answer = client(tour, "metadata", issuer=tour.addresses.issuer, forged=True)
    assert not answer["ok"]
    assert "signed credential issuer metadata jwt verification failed" in json.dumps(answer)


def test_the_npm_wallet_presents_and_our_verifier_accepts(tour: Tour, wallet: dict[str, Any]) -> None:
    asked = ask(tour)
    chosen = {"record": wallet["credentials"]["resident-record-sd-jwt"][0], "basic": wallet["credentials"]["basic-four-mdoc"][0]}
    answer = client(tour, "present", link=asked["link"], credentials=chosen, keys=wallet["keys"])
    assert answer["ok"], answer
    assert (answer["status"], answer["version"]) == (200, 100)
    result = tour.company.must("verifier", ["warifu-verifier", "result", asked["session"], "--home", tour.home("verifier"), "--json"])
    assert result.json()["outcome"] == "accepted"


def test_the_same_wallet_with_another_nonce_is_refused(tour: Tour, wallet: dict[str, Any]) -> None:
    asked = ask(tour)
    chosen = {"record": wallet["credentials"]["resident-record-sd-jwt"][1], "basic": wallet["credentials"]["basic-four-mdoc"][1]}
    answer = client(tour, "present", link=asked["link"], credentials=chosen, keys=wallet["keys"], nonce="another-nonce-altogether")
    assert answer.get("status") == 400 or not answer["ok"], answer
    result = tour.company.call("verifier", ["warifu-verifier", "result", asked["session"], "--home", tour.home("verifier"), "--json"])
    assert result.code == 1


def test_a_wrong_transaction_code_is_refused(tour: Tour) -> None:
    made = offer(tour)
    wrong = "000000" if made["tx_code"] != "000000" else "000001"
    answer = client(tour, "issue", offer=made["credential_offer_uri"], tx_code=wrong, copies=2)
    assert not answer["ok"]
    assert "invalid_grant" in json.dumps(answer)


def test_the_npm_wallet_verifies_our_tls_itself(tour: Tour) -> None:
    made = offer(tour)
    answer = client(
        tour, "issue", offer=made["credential_offer_uri"], tx_code=made["tx_code"], copies=2, root=tour.public / "reader-root.pem"
    )
    assert not answer["ok"]
