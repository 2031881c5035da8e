"""``warifu-wallet vectors``: a sound case passes, a case that says something else fails, others are not ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runtime.vector_runner import run_cases
from tests.wallet.test_process import run
from tests.world import World
from wallet.vectors import CONSUMERS

WORLD = World()
SOUND: dict[str, Any] = {
    "id": "offer/by-value",
    "kind": "offer",
    "clause": "OpenID4VCI 1.0 4.1",
    "why": "an offer by value",
    "features": [],
    "given": {"input": '{"credential_issuer":"https://warifu.example/999997","credential_configuration_ids":["basic-four-mdoc"]}'},
    "expect": {
        "outcome": "accept",
        "claims": {"credential_issuer": "https://warifu.example/999997", "credential_configuration_ids": ["basic-four-mdoc"]},
    },
}


def write(folder: Path, name: str, **changes: Any) -> None:
    (folder / f"{name}.json").write_text(json.dumps({**SOUND, "id": f"offer/{name}", **changes}), "utf-8")


def test_the_kinds_of_a_wallet() -> None:
    assert CONSUMERS.keys() == {"offer", "issuer-metadata", "request-object", "dcql-match", "sd-jwt", "mdoc-issuer-signed"}


def test_the_command_counts_and_exits(tmp_path: Path) -> None:
    write(tmp_path, "sound")
    write(tmp_path, "of-the-issuer", kind="dpop")
    done = run("vectors", str(tmp_path), "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["passed"], document["failed"], document["other"]) == (0, 1, 0, 1)
    write(tmp_path, "wrong", expect={"outcome": "reject", "layer": "parse"})
    assert run("vectors", str(tmp_path)).returncode == 1
    assert run("vectors", str(tmp_path / "none")).returncode == 1


@pytest.mark.parametrize(
    ("kind", "given", "outcome", "code"),
    [
        ("offer", {"input": "openid-credential-offer://?x=1"}, "reject", "bad_offer_link"),
        ("issuer-metadata", {"input": "{}", "issuer": "https://warifu.example"}, "reject", "bad_issuer_metadata"),
        ("request-object", {"input": "x", "client_id": "x509_hash:a", "at": "2026-04-01T12:00:00Z"}, "reject", ""),
        ("request-object", {"input": "x", "client_id": "x509_hash:a"}, "reject", "instant_missing"),
        ("sd-jwt", {"input": "x~", "at": "2026-04-01T12:00:00Z"}, "reject", ""),
        ("sd-jwt", {"input": WORLD.sd_jwt(), "at": "2026-04-01T12:00:00Z"}, "reject", "chain_untrusted"),
        ("mdoc-issuer-signed", {"input": "oA", "at": "2026-04-01T12:00:00Z"}, "reject", ""),
    ],
)
def test_hostile_input_is_refused_and_never_a_foreign_error(
    tmp_path: Path, kind: str, given: dict[str, Any], outcome: str, code: str
) -> None:
    write(tmp_path, "case", kind=kind, given=given, expect={"outcome": outcome, **({"code": code} if code else {})})
    (result,) = run_cases(tmp_path, CONSUMERS).results
    assert result.result == "passed", result.reason
