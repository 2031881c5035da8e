"""``POST /api/v1/verify``: outcomes, statuses, bad calls, and that a caller's mistake is told apart from a bad credential."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from schemas.formats.encoding import b64url_encode
from tests.verifier.conftest import Desk
from tests.verifier.parts import ELEMENTS, PATHS, Clock, ListServer
from tests.world import World
from verifier.web.documentation import REPORT_SCHEMA


def call_of(world: World, **changes: Any) -> dict[str, Any]:
    """A call that is in order, members replaced or with None taken away."""
    call = {
        "format": "dc+sd-jwt",
        "presentation": world.present_sd_jwt(paths=PATHS),
        "nonce": world.nonce,
        "audience": world.audience,
        "purpose": "plain",
    }
    return {name: value for name, value in {**call, **changes}.items() if value is not None}


def mdoc_call(world: World, **changes: Any) -> dict[str, Any]:
    presentation = b64url_encode(world.present_mdoc(elements=ELEMENTS))
    transcript = b64url_encode(world.session_transcript)
    return call_of(world, format="mso_mdoc", presentation=presentation, session_transcript=transcript, purpose="card", **changes)


def post(desk: Desk, call: Any) -> tuple[int, dict[str, Any]]:
    answer = desk.back.post("/api/v1/verify", json=call)
    document: dict[str, Any] = answer.json()
    if answer.status_code in (200, 422, 503):
        assert answer.headers["content-type"] == "application/json"
        jsonschema.validate(document, REPORT_SCHEMA)
        assert ("claims" in document) == (answer.status_code == 200)
    else:
        assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, document


@pytest.mark.parametrize("make", [call_of, mdoc_call])
def test_an_accepted_presentation_is_200_with_claims(desk: Desk, world: World, make: Any) -> None:
    status, report = post(desk, make(world))
    assert (status, report["outcome"]) == (200, "accepted")
    assert [step["result"] for step in report["steps"]] == ["passed"] * 11


def test_without_a_purpose_the_catalogue_is_accepted_and_the_query_is_skipped(desk: Desk, world: World) -> None:
    status, report = post(desk, call_of(world, purpose=None))
    assert (status, report["steps"][10]["result"], report["steps"][10]["code"]) == (200, "skipped", "no_purpose")


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({"nonce": "another-nonce-0123456789"}, 8),
        ({"audience": "x509_hash:AAAA"}, 8),
        ({"purpose": "card"}, 2),
        ({"at": "2026-05-01T00:00:00Z"}, 7),
    ],
)
def test_a_rejected_presentation_is_422_and_names_the_step(desk: Desk, world: World, changes: dict[str, str], step: int) -> None:
    status, report = post(desk, call_of(world, **changes))
    assert (status, report["outcome"]) == (422, "rejected")
    assert [s["step"] for s in report["steps"] if s["result"] == "failed"] == [step]
    assert report["code"] == next(s["code"] for s in report["steps"] if s["result"] == "failed")


def test_an_mdoc_for_another_session_is_rejected(desk: Desk, world: World) -> None:
    status, report = post(desk, mdoc_call(world) | {"session_transcript": b64url_encode(b"\x83\xf6\xf6\xf6")})
    assert (status, [s["step"] for s in report["steps"] if s["result"] == "failed"]) == (422, [8])


def test_an_incomplete_answer_fails_step_eleven(desk: Desk, world: World) -> None:
    status, report = post(desk, call_of(world, presentation=world.present_sd_jwt(paths=(("name",),))))
    assert (status, report["code"]) == (422, "answer_claim_missing")


def test_an_unreachable_list_is_503_and_undetermined(desk: Desk, world: World, lists: ListServer) -> None:
    lists.bodies.clear()
    status, report = post(desk, call_of(world))
    assert (status, report["outcome"], report["steps"][9]["result"]) == (503, "undetermined", "undetermined")


def test_a_revoked_credential_is_refused_by_the_same_process_that_accepted_it(desk: Desk, world: World, lists: ListServer) -> None:
    assert post(desk, call_of(world, purpose="fresh"))[0] == 200
    lists.publish(world.warifu, revoked={4242})
    status, report = post(desk, call_of(world, purpose="fresh"))
    assert (status, report["code"]) == (422, "status_revoked")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"presentation": "hello"}, "not_a_presentation"),
        ({"presentation": ""}, "not_a_presentation"),
        ({"presentation": None}, "not_a_presentation"),
        ({"presentation": ["x"]}, "not_a_presentation"),
        ({"presentation": '{"payload":"x","signatures":[]}'}, "not_a_presentation"),
        ({"format": "vc+sd-jwt"}, "format_unsupported"),
        ({"format": "pdf"}, "format_unsupported"),
        ({"format": None}, "format_unsupported"),
        ({"nonce": None}, "call_malformed"),
        ({"audience": None}, "call_malformed"),
        ({"nonce": 1}, "call_malformed"),
        ({"at": "yesterday"}, "call_malformed"),
        ({"at": "2026-04-01T00:00:00"}, "call_malformed"),
        ({"key_binding": "none"}, "call_malformed"),
        ({"format": "mso_mdoc", "presentation": "oA"}, "call_malformed"),
    ],
)
def test_a_malformed_call_is_400(desk: Desk, world: World, changes: dict[str, Any], code: str) -> None:
    status, problem = post(desk, call_of(world, **changes))
    assert (status, problem["code"]) == (400, code)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"format":1,"format":1}', b"\xff"])
def test_what_is_no_json_object_is_400(desk: Desk, body: bytes) -> None:
    assert desk.back.post("/api/v1/verify", content=body, headers={"content-type": "application/json"}).status_code == 400


def test_other_media_types_large_bodies_and_unknown_purposes(desk: Desk, world: World) -> None:
    assert desk.back.post("/api/v1/verify", data={"format": "x"}).status_code == 415
    assert desk.back.post("/api/v1/verify", content=b"{" + b" " * 600_000, headers={"content-type": "application/json"}).status_code == 413
    assert post(desk, call_of(world, purpose="nobody knows"))[0] == 404
    assert desk.back.get("/api/v1/verify").status_code == 405


def test_a_key_with_the_scope_is_needed_and_an_ended_one_is_refused(desk: Desk, world: World, clock: Clock) -> None:
    from runtime.store import begin
    from verifier.keys import create_key, list_keys, revoke_key

    with begin(desk.office.engine) as connection:
        narrow = create_key(connection, actor="other", scopes=["sessions"], at=clock())
    for key, status in (("", 401), ("vk_x", 401), (narrow, 403)):
        answer = desk.back.post("/api/v1/verify", json=call_of(world), headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == status
    assert post(desk, call_of(world))[0] == 200
    with begin(desk.office.engine) as connection:
        for entry in list_keys(connection):
            assert "vk_" not in str(entry)
            revoke_key(connection, entry["id"], at=clock())
    clock.forward(5)
    assert desk.back.post("/api/v1/verify", json=call_of(world)).status_code == 401


def test_the_openapi_document_describes_the_route(desk: Desk) -> None:
    paths = desk.back.get("/openapi.json").json()["paths"]
    assert {"200", "422", "503", "400"} <= paths["/api/v1/verify"]["post"]["responses"].keys()
    assert "/api/v1/sessions" in paths


def test_probes_and_metrics(desk: Desk, world: World) -> None:
    post(desk, call_of(world))
    assert desk.back.get("/healthz").text == "ok"
    assert desk.back.get("/readyz").text == "ok"
    assert 'warifu_verifier_decisions_total{outcome="accepted"} 1' in desk.back.get("/metrics").text
    assert desk.public.get("/healthz").status_code == 200
    assert desk.public.get("/metrics").status_code == 404
    assert desk.public.get("/docs").status_code == 404
