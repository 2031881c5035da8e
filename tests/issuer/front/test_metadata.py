"""Metadata, addresses and headers: right for wallets, independent of what a request says (threats F02 to F05)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from issuer.front.settings import FrontSettings
from schemas.errors import WarifuError
from schemas.messages import openid4vci as vci
from tests.issuer.front.conftest import Front, Start
from tests.issuer.front.parties import ISSUER

ISSUER_DOCUMENT = "https://localhost:8443/.well-known/openid-credential-issuer/999997"
SERVER_DOCUMENT = "https://localhost:8443/.well-known/oauth-authorization-server/999997"


def test_a_wallet_finds_everything_at_the_inserted_well_known_paths(front: Front, run: Any) -> None:
    assert vci.well_known_url(ISSUER, vci.ISSUER_METADATA) == ISSUER_DOCUMENT
    response = run(front.public.get(ISSUER_DOCUMENT))
    assert response.headers["content-type"] == "application/json"

    metadata = vci.parse_issuer_metadata(response.content, expected_issuer=ISSUER)
    assert metadata.credential_endpoint == f"{ISSUER}/credential"
    assert metadata.nonce_endpoint == f"{ISSUER}/nonce"
    assert metadata.deferred_credential_endpoint == f"{ISSUER}/deferred_credential"
    assert metadata.notification_endpoint == f"{ISSUER}/notification"
    assert metadata.authorization_servers == ()
    assert metadata.batch_size == 20
    assert metadata.configurations.keys() == {f"{kind}-{form}" for kind in ("resident-record", "basic-four") for form in ("sd-jwt", "mdoc")}
    for name, entry in metadata.configurations.items():
        assert entry.scope == name
        assert entry.proof_algs == ("ES256",)
        assert entry.claims
        assert {item["locale"] for item in entry.display} == {"ja", "en"}
    mdoc = metadata.configurations["basic-four-mdoc"]
    assert (mdoc.format, mdoc.type, mdoc.binding_methods) == ("mso_mdoc", "example.catalogue.basic_four.1", ("cose_key",))
    assert mdoc.raw["credential_signing_alg_values_supported"] == [-7]


def test_no_private_member_of_the_request_key_is_published(front: Front) -> None:
    metadata = vci.parse_issuer_metadata(front.office.issuer_metadata, expected_issuer=ISSUER)
    assert metadata.request_encryption is not None
    (key,) = metadata.request_encryption.keys
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    assert b"zip_values" not in front.office.issuer_metadata


def test_the_authorization_server_is_the_issuer_itself(front: Front, run: Any) -> None:
    response = run(front.public.get(SERVER_DOCUMENT))
    server = vci.parse_authorization_server_metadata(response.content, expected_issuer=ISSUER)
    assert server.token_endpoint == f"{ISSUER}/token"
    assert server.anonymous_access
    assert server.dpop_algs == ("ES256",)
    assert set(server.grant_types) == {vci.PRE_AUTHORIZED_GRANT, "refresh_token"}


def test_metadata_of_another_issuer_is_refused_by_the_wallet(front: Front) -> None:
    for other in (ISSUER + "/", "https://localhost:8443/999989", "https://LOCALHOST:8443/999997"):
        with pytest.raises(WarifuError) as caught:
            vci.parse_issuer_metadata(front.office.issuer_metadata, expected_issuer=other)
        assert caught.value.code == "issuer_mismatch"
        with pytest.raises(WarifuError) as caught:
            vci.parse_authorization_server_metadata(front.office.server_metadata, expected_issuer=other)
        assert caught.value.code == "issuer_mismatch"


def test_an_issuer_without_path(start: Start, run: Any) -> None:
    front = start(public_url="https://issuer.example")
    response = run(front.public.get("https://issuer.example/.well-known/openid-credential-issuer"))
    metadata = vci.parse_issuer_metadata(response.content, expected_issuer="https://issuer.example")
    assert metadata.credential_endpoint == "https://issuer.example/credential"


@pytest.mark.parametrize(
    "url", [f"{ISSUER}/.well-known/openid-credential-issuer", "https://localhost:8443/.well-known/openid-credential-issuer/999989"]
)
def test_other_places_hold_nothing(front: Front, run: Any, url: str) -> None:
    assert run(front.public.get(url)).status_code == 404


def test_the_foreign_schema_accepts_our_metadata(front: Front, foreign_vectors: Path) -> None:
    path = foreign_vectors / "oidf-conformance" / "json-schemas" / "oid4vci" / "credential_issuer_metadata-1_0.json"
    validator = jsonschema.Draft202012Validator(json.loads(path.read_bytes()))
    document = json.loads(front.office.issuer_metadata)
    assert [error.message for error in validator.iter_errors(document)] == []
    broken = {**document, "credential_endpoint": 5}
    assert list(validator.iter_errors(broken)) != []


def test_the_foreign_schemas_accept_our_offer_and_request(foreign_vectors: Path) -> None:
    folder = foreign_vectors / "oidf-conformance" / "json-schemas" / "oid4vci"
    offer = vci.CredentialOffer(ISSUER, ("resident-record-sd-jwt",), "code", vci.TxCode(6, "numeric", "窓口でお渡しした番号"))
    request = vci.credential_request("resident-record-sd-jwt", ["a", "b"])
    for name, document in (("credential_offer-1_0.json", offer.to_json()), ("credential_request-1_0.json", request.to_json())):
        validator = jsonschema.Draft202012Validator(json.loads((folder / name).read_bytes()))
        assert [error.message for error in validator.iter_errors(document)] == []
        assert list(validator.iter_errors({})) != []


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Proto": "http"},
        {"Forwarded": "host=evil.example;proto=http"},
        {"X-Original-URL": "/evil"},
    ],
)
def test_no_header_moves_an_address(front: Front, run: Any, headers: dict[str, str]) -> None:
    response = run(front.public.get(ISSUER_DOCUMENT, headers=headers))
    assert response.content == front.office.issuer_metadata


def test_another_host_is_refused(front: Front, run: Any) -> None:
    response = run(front.public.get(ISSUER_DOCUMENT, headers={"Host": "evil.example"}))
    assert response.status_code == 400
    assert b"evil" not in response.content


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", ISSUER_DOCUMENT, 200),
        ("GET", f"{ISSUER}/status/none.jwt", 404),
        ("GET", f"{ISSUER}/nowhere", 404),
        ("GET", f"{ISSUER}/token", 405),
        ("POST", f"{ISSUER}/credential", 401),
        ("POST", f"{ISSUER}/nonce", 200),
        ("GET", "https://localhost:8443/healthz", 200),
        ("GET", "https://localhost:8443/readyz", 200),
        ("GET", "https://localhost:8443/metrics", 200),
    ],
)
def test_every_answer_carries_the_headers(front: Front, run: Any, method: str, path: str, status: int) -> None:
    response = run(front.public.request(method, path))
    assert response.status_code == status
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert "access-control-allow-credentials" not in response.headers
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_no_page_of_another_origin_may_read_tokens(front: Front, run: Any, origin: str) -> None:
    for path in ("token", "nonce", "credential"):
        response = run(front.public.post(f"{ISSUER}/{path}", headers={"Origin": origin}))
        assert "access-control-allow-origin" not in response.headers
        preflight = run(front.public.options(f"{ISSUER}/{path}", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}))
        assert preflight.status_code == 405


@pytest.mark.parametrize(
    "changes",
    [
        {"public_url": "http://localhost:8443/999997"},
        {"public_url": "https://localhost:8443/999997?x"},
        {"access_token_seconds": 3600},
        {"batch_size": 1},
        {"batch_size": 21},
        {"nonce_seconds": 3600},
        {"municipality_code": "99999"},
        {"unknown": 1},
    ],
)
def test_settings_that_are_refused(changes: dict[str, Any]) -> None:
    values = {"public_url": ISSUER, "store_url": "sqlite:////x", "municipality_code": "999997", "name_ja": "割符市", "name_en": "Warifu"}
    with pytest.raises((ValueError, WarifuError)):
        FrontSettings(**values | changes)
