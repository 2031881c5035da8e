"""``vectors DIR``: each kind of the verifier comes out as it says, and a wrong expectation is noticed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from runtime.vector_runner import run_cases
from schemas.formats.encoding import b64url_encode
from schemas.formats.jose import public_jwk
from schemas.formats.jwe import encrypt_jwe
from schemas.verify import JWT_LIST
from tests.world import World
from verifier.vectors import CONSUMERS

QUERY = {
    "credentials": [{"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": ["https://c.example/1"]}, "claims": [{"path": ["name"]}]}]
}


def lists_of(world: World, revoked: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    return [
        {
            "uri": token.uri,
            "media_type": token.media_type,
            "body": token.body.decode() if token.media_type == JWT_LIST else b64url_encode(token.body),
            "fetched_at": "2026-04-01T12:00:00Z",
        }
        for token in world.status_tokens(revoked)
    ]


def cases(world: World) -> dict[str, tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return kind, given and expectation of one good and one bad case for each kind, by name."""
    pem = world.warifu.root.certificate.public_bytes(Encoding.PEM).decode()
    base = {"at": "2026-04-01T12:00:00Z", "anchors": [{"purpose": "issuer", "pem": pem}]}
    sd_jwt = {**base, "nonce": world.nonce, "audience": world.audience, "status": lists_of(world)}
    mdoc = {**base, "session_transcript": b64url_encode(world.session_transcript), "status": lists_of(world)}
    accept, token = {"outcome": "accept"}, world.status_tokens()[0]
    status = {**base, "uri": token.uri, "input": token.body.decode()}
    newer = world.status_tokens(iat=world.at.replace(minute=1))[0].body.decode()
    private = world.holder(7).private_key
    key = {**public_jwk(private.public_key()), "kid": "k"}
    secret = b64url_encode(private.private_numbers().private_value.to_bytes(32, "big"))
    jwe = encrypt_jwe(b'{"vp_token":{"q":["x"]}}', recipient=key, enc="A128GCM")
    answer = {"format": "dc+sd-jwt", "type": "https://c.example/1", "claims": {"name": "x"}}
    return {
        "kb": ("sd-jwt+kb", {**sd_jwt, "input": world.present_sd_jwt()}, accept),
        "kb-bad": (
            "sd-jwt+kb",
            {**sd_jwt, "input": world.present_sd_jwt(nonce="other-nonce-0123456789")},
            {"outcome": "reject", "layer": "key-binding", "code": "nonce_mismatch"},
        ),
        "kb-undetermined": (
            "sd-jwt+kb",
            {**sd_jwt, "input": world.present_sd_jwt(), "status": []},
            {"outcome": "reject", "layer": "status"},
        ),
        "issued": ("sd-jwt", {**sd_jwt, "input": world.sd_jwt()}, accept),
        "issued-revoked": (
            "sd-jwt",
            {**sd_jwt, "input": world.sd_jwt(), "status": lists_of(world, (4242,))},
            {"outcome": "reject", "layer": "status", "code": "status_revoked"},
        ),
        "mdoc": ("mdoc-device-response", {**mdoc, "input": b64url_encode(world.present_mdoc())}, accept),
        "mdoc-issued": ("mdoc-issuer-signed", {**mdoc, "input": b64url_encode(world.mdoc())}, accept),
        "mdoc-type": (
            "mdoc-issuer-signed",
            {**mdoc, "input": b64url_encode(world.mdoc()), "types": ["other.1"]},
            {"outcome": "reject", "layer": "policy"},
        ),
        "list": ("status-list", {**status, "index": 0}, accept),
        "list-rollback": (
            "status-list",
            {**status, "at": "2026-04-01T12:02:00Z", "previous": [newer]},
            {"outcome": "reject", "layer": "status"},
        ),
        "jwe": (
            "encrypted-response",
            {"input": jwe, "private_jwk": {**key, "d": secret}},
            {**accept, "claims": {"vp_token": {"q": ["x"]}}},
        ),
        "jwe-kid": ("encrypted-response", {"input": jwe, "private_jwk": {**key, "d": secret}, "kid": "other"}, {"outcome": "reject"}),
        "dcql": ("dcql-answer", {"query": QUERY, "answer": {"q": [answer]}}, accept),
        "dcql-missing": (
            "dcql-answer",
            {"query": QUERY, "answer": {"q": [{**answer, "claims": {}}]}},
            {"outcome": "reject", "layer": "query", "code": "answer_claim_missing"},
        ),
        "other-role": ("offer", {"input": "x"}, accept),
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vectors")
    for name, (kind, given, expect) in cases(World()).items():
        case = {"id": f"t/{name}", "kind": kind, "clause": "x", "why": "x", "given": given, "expect": expect}
        (folder / f"{name}.json").write_text(json.dumps(case))
    return folder


def test_every_kind_comes_out_as_it_says(written: Path) -> None:
    results = {item.id: item for item in run_cases(written, CONSUMERS).results}
    wrong = {name: item.reason for name, item in results.items() if item.result == "failed"}
    assert wrong == {"t/kb-undetermined": "expected reject, came out as undetermined (status: status_unavailable)"}
    assert results["t/other-role"].result == "other"
    assert sum(item.result == "passed" for item in results.values()) == 13


def test_the_kinds_are_those_of_the_verifier() -> None:
    assert set(CONSUMERS) == {
        "sd-jwt",
        "sd-jwt+kb",
        "mdoc-issuer-signed",
        "mdoc-device-response",
        "status-list",
        "encrypted-response",
        "dcql-answer",
    }
