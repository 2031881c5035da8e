"""A session end to end over ASGI: request object, answer, result; and everything a wallet must not get away with."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from runtime.store import read
from schemas.formats.encoding import b64url_encode
from schemas.formats.jose import parse_jws
from schemas.messages.openid4vp import build_error_response
from tests.runtime.asgi_bridge import AsgiBridge
from tests.verifier.conftest import Desk
from tests.verifier.parts import ELEMENTS, OFFICE_URL, PATHS, PUBLIC_URL, Clock, ListServer, path_of, response_code
from tests.world import World
from verifier.web import office_app, public_app

REFUSAL = {"error": "invalid_request", "error_description": "the presentation was not accepted"}


def report_of(result: dict[str, Any], identifier: str = "record") -> dict[str, Any]:
    report: dict[str, Any] = result["results"][identifier][0]
    return report


def failed_step(report: dict[str, Any]) -> tuple[int, str]:
    step = next(step for step in report["steps"] if step["result"] in ("failed", "undetermined"))
    return step["step"], step["code"]


# ---- what goes well


def test_an_encrypted_answer_is_accepted_and_told_step_by_step(desk: Desk) -> None:
    created = desk.create()
    answer = desk.post(desk.request(created))
    assert (answer.status_code, answer.json()) == (200, {})
    result = desk.result(created)
    assert (result["status"], result["outcome"], result["code"]) == ("answered", "accepted", "")
    report = report_of(result)
    assert [step["step"] for step in report["steps"]] == list(range(1, 12))
    assert {step["result"] for step in report["steps"]} == {"passed"}
    assert report["credential"]["type"] == "https://catalogue.example/resident-record/1"
    assert report["credential"]["status"] == "valid"
    assert report["claims"]["address"].keys() == {"prefecture"}
    assert report["claims"]["issuing_municipality"]["code"] == "999997"


def test_an_mdoc_is_accepted(desk: Desk) -> None:
    created = desk.create("card")
    request = desk.request(created)
    assert desk.post(request, desk.wallet.form(request, {"card": [desk.wallet.present_mdoc(request)]})).status_code == 200
    report = report_of(desk.result(created), "card")
    assert report["claims"]["example.catalogue.resident_record.1"]["issuing_municipality_code"] == "999997"
    assert set(report["claims"]["org.iso.23220.1"]) == {"birth_date"}


def test_an_answer_in_clear_is_accepted_where_it_was_asked_for(desk: Desk) -> None:
    created = desk.create("clear")
    request = desk.request(created)
    assert request.encryption_jwk is None
    assert desk.post(request).status_code == 200
    assert desk.result(created)["outcome"] == "accepted"


def test_one_of_two_alternatives_suffices_and_both_are_demanded_where_both_are_asked_for(desk: Desk) -> None:
    either = desk.create("either")
    assert desk.post(desk.request(either)).status_code == 200
    both = desk.create("both")
    request = desk.request(both)
    assert desk.post(request).status_code == 400
    assert desk.result(both) == {
        "session": both["session"],
        "status": "answered",
        "outcome": "rejected",
        "code": "answer_incomplete",
        "results": {},
    }


def test_claims_nobody_asked_for_are_dropped_and_the_report_says_so(desk: Desk) -> None:
    created = desk.create()
    request = desk.request(created)
    presentation = desk.wallet.present(request, paths=(*PATHS, ("sex",)))
    assert desk.post(request, desk.wallet.form(request, {"record": [presentation]})).status_code == 200
    report = report_of(desk.result(created))
    assert "sex" not in report["claims"]
    assert report["steps"][-1]["code"] == "over_disclosed"


# ---- the request object


def test_the_request_object_can_be_fetched_again_and_echoes_a_posted_nonce(desk: Desk) -> None:
    created = desk.create()
    path = path_of(created["request_uri"])
    first, second = (desk.public.get(path) for _ in range(2))
    assert first.headers["content-type"] == "application/oauth-authz-req+jwt"
    assert parse_jws(first.text, typ="oauth-authz-req+jwt").claims() == parse_jws(second.text, typ="oauth-authz-req+jwt").claims()
    posted = desk.public.post(path, data={"wallet_nonce": "qPmxiNFCR3QTm19POc8u", "wallet_metadata": "{}"})
    assert desk.wallet.read(created["link"], posted.text, wallet_nonce="qPmxiNFCR3QTm19POc8u").state == desk.request(created).state
    assert desk.public.post(path, data={"wallet_nonce": "with space"}).status_code == 400


def test_no_two_requests_share_a_secret(desk: Desk) -> None:
    requests = [desk.request(desk.create()) for _ in range(4)]
    for values in ([r.nonce for r in requests], [r.state for r in requests], [r.response_uri for r in requests]):
        assert len(set(values)) == 4
        assert all(len(str(value)) >= 43 for value in values)
    assert len({json.dumps(r.encryption_jwk) for r in requests}) == 4


def test_unknown_and_ended_requests_are_404(desk: Desk, clock: Clock) -> None:
    created = desk.create()
    request = desk.request(created)
    for secret in ("x" * 43, "x", "%00", "é" * 43):
        assert desk.public.get(f"/openid4vp/request/{secret}").status_code == 404
        assert desk.public.post(f"/openid4vp/response/{secret}", data={"response": "x"}).status_code == 404
    form = desk.wallet.form(request)
    clock.forward(120)
    assert desk.public.get(path_of(created["request_uri"])).status_code == 404
    assert desk.post(request, form).status_code == 404
    assert desk.back.post(f"/api/v1/sessions/{created['session']}/result").status_code == 410


# ---- what a wallet must not get away with


def test_a_flipped_byte_is_refused_with_the_fixed_body(desk: Desk) -> None:
    created = desk.create()
    request = desk.request(created)
    presentation = desk.wallet.present(request)
    at = presentation.index("~") + 10
    flipped = presentation[:at] + ("A" if presentation[at] != "A" else "B") + presentation[at + 1 :]
    answer = desk.post(request, desk.wallet.form(request, {"record": [flipped]}))
    assert (answer.status_code, answer.json()) == (400, REFUSAL)
    result = desk.result(created)
    assert result["outcome"] == "rejected"
    assert "claims" not in report_of(result)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"nonce": "another-nonce-0123456789"}, "nonce_mismatch"),
        ({"audience": "x509_hash:AAAA"}, "audience_mismatch"),
    ],
)
def test_a_key_binding_for_another_request_is_refused(desk: Desk, changes: dict[str, str], code: str) -> None:
    created = desk.create()
    request = desk.request(created)
    answer = desk.post(request, desk.wallet.form(request, {"record": [desk.wallet.present(request, **changes)]}))
    assert (answer.status_code, answer.json()) == (400, REFUSAL)
    assert failed_step(report_of(desk.result(created))) == (8, code)


def test_a_stripped_key_binding_is_refused(desk: Desk) -> None:
    created = desk.create()
    request = desk.request(created)
    bare = desk.wallet.present(request).rpartition("~")[0] + "~"
    assert desk.post(request, desk.wallet.form(request, {"record": [bare]})).status_code == 400
    assert report_of(desk.result(created))["outcome"] == "rejected"


def test_an_mdoc_signed_for_another_session_is_refused(desk: Desk, world: World) -> None:
    created = desk.create("card")
    request = desk.request(created)
    other = b64url_encode(world.present_mdoc(elements=ELEMENTS))
    assert desk.post(request, desk.wallet.form(request, {"card": [other]})).status_code == 400
    assert failed_step(report_of(desk.result(created), "card"))[0] == 8


def test_a_revoked_credential_is_refused_and_an_unreachable_list_is_undetermined(desk: Desk, lists: ListServer, world: World) -> None:
    lists.publish(world.warifu, revoked={4242})
    created = desk.create()
    assert desk.post(desk.request(created)).status_code == 400
    assert failed_step(report_of(desk.result(created))) == (10, "status_revoked")
    lists.bodies.clear()
    unreachable = desk.create("fresh")
    assert desk.post(desk.request(unreachable)).json() == REFUSAL
    result = desk.result(unreachable)
    assert (result["outcome"], failed_step(report_of(result))[0]) == ("undetermined", 10)
    assert "claims" not in report_of(result)


def test_an_undetermined_status_is_accepted_only_where_the_purpose_says_so(desk: Desk, lists: ListServer) -> None:
    lists.bodies.clear()
    created = desk.create("tolerant")
    assert desk.post(desk.request(created)).status_code == 200
    report = report_of(desk.result(created))
    assert (report["outcome"], report["credential"]["status"]) == ("accepted", "undetermined")
    assert report["steps"][9]["result"] == "undetermined"


def test_a_holder_who_is_not_the_subject_needs_a_purpose_that_allows_it(desk: Desk, world: World) -> None:
    credential = world.sd_jwt(content={"holder_relation": "parent"})
    for purpose, status in (("plain", 400), ("parents", 200)):
        created = desk.create(purpose)
        request = desk.request(created)
        form = desk.wallet.form(request, {"record": [desk.wallet.present(request, credential)]})
        assert desk.post(request, form).status_code == status
    assert report_of(desk.result(created))["claims"]["holder_relation"] == "parent"


def test_another_type_is_refused(desk: Desk, world: World) -> None:
    from tests.world.credentials import BASIC_FOUR

    created = desk.create()
    request = desk.request(created)
    other = desk.wallet.present(request, world.sd_jwt(kind=BASIC_FOUR), paths=(("name",),))
    assert desk.post(request, desk.wallet.form(request, {"record": [other]})).status_code == 400
    assert failed_step(report_of(desk.result(created)))[0] == 2


def test_a_missing_claim_fails_step_eleven(desk: Desk) -> None:
    created = desk.create()
    request = desk.request(created)
    form = desk.wallet.form(request, {"record": [desk.wallet.present(request, paths=(("name",),))]})
    assert desk.post(request, form).status_code == 400
    report = report_of(desk.result(created))
    assert failed_step(report) == (11, "answer_claim_missing")
    assert "claims" not in report


def test_one_bad_presentation_takes_the_claims_of_all(desk: Desk) -> None:
    created = desk.create("both")
    request = desk.request(created)
    nameless = {**ELEMENTS, "example.catalogue.resident_record.1": ELEMENTS["example.catalogue.resident_record.1"][1:]}
    vp_token = {"record": [desk.wallet.present(request)], "card": [desk.wallet.present_mdoc(request, elements=nameless)]}
    assert desk.post(request, desk.wallet.form(request, vp_token)).status_code == 400
    result = desk.result(created)
    assert (result["outcome"], result["code"]) == ("rejected", "answer_claim_missing")
    assert [report_of(result, name)["outcome"] for name in ("record", "card")] == ["accepted", "rejected"]
    assert not any("claims" in report_of(result, name) for name in ("record", "card"))


def test_credentials_of_two_holders_do_not_make_one_answer(desk: Desk, world: World) -> None:
    from tests.world.credentials import MdocRecipe

    other = world.holder(0, "taro")
    credential = MdocRecipe(world.warifu, world.at, other.public_key).seal()
    for purpose, status, code in (("both", 400, "answer_different_holders"), ("any-holder", 200, "")):
        created = desk.create(purpose)
        request = desk.request(created)
        vp_token = {"record": [desk.wallet.present(request)], "card": [desk.wallet.present_mdoc(request, credential, device=other)]}
        assert desk.post(request, desk.wallet.form(request, vp_token)).status_code == status
        result = desk.result(created)
        assert result["code"] == code
        assert ("claims" in report_of(result)) == (status == 200)
    created = desk.create("both")
    request = desk.request(created)
    vp_token = {"record": [desk.wallet.present(request)], "card": [desk.wallet.present_mdoc(request)]}
    assert desk.post(request, desk.wallet.form(request, vp_token)).status_code == 200


@pytest.mark.parametrize("purpose", ["plain", "clear"])
def test_the_response_mode_must_be_the_one_asked_for(desk: Desk, purpose: str) -> None:
    request = desk.request(desk.create(purpose))
    other = desk.request(desk.create("clear" if purpose == "plain" else "plain"))
    form = desk.wallet.form(other, {"record": [desk.wallet.present(request)]})
    if purpose == "plain":
        form["state"] = str(request.state)
    answer = desk.post(request, form)
    assert (answer.status_code, answer.json()) == (400, REFUSAL)
    assert desk.post(request).status_code == 200


def test_an_answer_encrypted_to_another_requests_key_is_refused(desk: Desk) -> None:
    request, other = desk.request(desk.create()), desk.request(desk.create())
    answer = desk.post(request, desk.wallet.form(other, {"record": [desk.wallet.present(request)]}))
    assert (answer.status_code, answer.json()) == (400, REFUSAL)


def test_another_state_is_refused(desk: Desk) -> None:
    created = desk.create("clear")
    request = desk.request(created)
    form = desk.wallet.form(request)
    for state in ("other", "", None):
        changed = {name: value for name, value in {**form, "state": state}.items() if value is not None}
        assert desk.post(request, changed).status_code == 400
    assert desk.result(created) == {"session": created["session"], "status": "pending"}


@pytest.mark.parametrize(
    "body", ["response=a&response=b", "response=", "vp_token=%7B%7D&state=x", "", "response=a.b.c.d.e", "error=access_denied&state=wrong"]
)
def test_a_malformed_answer_is_refused_and_leaves_the_session_open(desk: Desk, body: str) -> None:
    created = desk.create()
    request = desk.request(created)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert desk.public.post(path_of(request.response_uri), content=body, headers=headers).status_code == 400
    assert desk.post(request).status_code == 200


def test_junk_is_not_opened_for_ever(desk: Desk) -> None:
    created = desk.create()
    request = desk.request(created)
    junk = [desk.public.post(path_of(request.response_uri), data={"response": "a.b.c.d.e"}).status_code for _ in range(17)]
    assert junk == [400] * 16 + [429]
    other = desk.create()
    assert desk.post(desk.request(other)).status_code == 200


def test_a_wallet_may_decline(desk: Desk) -> None:
    created = desk.create()
    request = desk.request(created)
    assert desk.post(request, build_error_response(request, "access_denied")).status_code == 200
    assert desk.result(created) == {"session": created["session"], "status": "declined", "error": "access_denied"}
    assert desk.post(request).status_code == 400


def test_every_refusal_looks_the_same_to_the_wallet(desk: Desk, lists: ListServer, world: World) -> None:
    lists.publish(world.tonari, revoked={4242})
    bodies = set()
    for make in (
        lambda request: {"record": [desk.wallet.present(request, nonce="another-nonce-0123456789")]},
        lambda request: {"record": [desk.wallet.present(request, world.sd_jwt(world.tonari))]},
        lambda request: {"record": [desk.wallet.present(request, paths=())]},
        lambda request: {"other": ["x"]},
        lambda request: {"record": ["x"]},
    ):
        request = desk.request(desk.create())
        answer = desk.post(request, desk.wallet.form(request, make(request)))
        bodies.add((answer.status_code, answer.content, answer.headers["content-type"]))
    assert len(bodies) == 1


# ---- once, and nothing left behind


@pytest.mark.parametrize("purpose", ["plain", "clear"])
def test_a_second_answer_is_refused(desk: Desk, purpose: str) -> None:
    created = desk.create(purpose)
    request = desk.request(created)
    form = desk.wallet.form(request)
    assert desk.post(request, form).status_code == 200
    assert desk.post(request, form).status_code == 400
    assert desk.post(request).status_code == 400
    assert desk.public.get(path_of(created["request_uri"])).status_code == 400


def test_of_64_parallel_answers_exactly_one_is_accepted(desk: Desk) -> None:
    created = desk.create()
    request = desk.request(created)
    form = desk.wallet.form(request)

    async def post_all() -> list[int]:
        transport = httpx.ASGITransport(public_app(desk.office))
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
            answers = await asyncio.gather(*(client.post(path_of(request.response_uri), data=form) for _ in range(64)))
        return [answer.status_code for answer in answers]

    statuses = asyncio.run(post_all())
    assert sorted(statuses) == [200] + [400] * 63
    assert desk.result(created)["outcome"] == "accepted"


def rows_as_text(desk: Desk) -> str:
    metadata = sa.MetaData()
    metadata.reflect(desk.office.engine)
    with read(desk.office.engine) as connection:
        return "\n".join(str(list(connection.execute(table.select()))) for table in metadata.tables.values())


def test_the_claims_go_when_they_are_read(desk: Desk) -> None:
    created = desk.create()
    desk.post(desk.request(created))
    first, second = desk.result(created), desk.result(created)
    assert report_of(first)["claims"]["address"] == {"prefecture": "架空県"}
    assert (second["status"], second["outcome"]) == ("read", "accepted")
    assert "claims" not in report_of(second)
    assert "架空県".encode() not in stored_results(desk)


def test_the_claims_go_when_their_time_is_over(desk: Desk, clock: Clock) -> None:
    created = desk.create()
    desk.post(desk.request(created))
    assert "架空県".encode() in stored_results(desk)
    clock.forward(121)
    assert desk.back.post(f"/api/v1/sessions/{created['session']}/result").status_code == 410
    desk.create()
    assert stored_results(desk) == b""


def stored_results(desk: Desk) -> bytes:
    from verifier.store.tables import sessions

    with read(desk.office.engine) as connection:
        return b"".join(bytes(row.result) for row in connection.execute(sa.select(sessions)) if row.result is not None)


def test_nothing_of_the_presentation_or_its_status_stays(desk: Desk) -> None:
    created = desk.create("clear")
    request = desk.request(created)
    form = desk.wallet.form(request)
    desk.post(request, form)
    text = rows_as_text(desk)
    presentation = json.loads(form["vp_token"])["record"][0]
    for part in (presentation[:40], presentation[-40:], "status/1.jwt", "4242", "status_list"):
        assert part not in text


def test_only_the_actor_who_asked_can_read(desk: Desk, clock: Clock) -> None:
    from runtime.store import begin
    from verifier.keys import create_key

    created = desk.create()
    desk.post(desk.request(created))
    with begin(desk.office.engine) as connection:
        other = create_key(connection, actor="somebody else", scopes=["sessions"], at=clock())
        narrow = create_key(connection, actor="teller", scopes=["verify"], at=clock())
    path = f"/api/v1/sessions/{created['session']}/result"
    for key, status in ((other, 404), (narrow, 403), ("vk_wrong", 401), ("", 401)):
        assert desk.back.post(path, headers={"authorization": f"Bearer {key}"}).status_code == status
    assert desk.result(created)["outcome"] == "accepted"


# ---- same device


def test_a_same_device_session_needs_the_browser_that_started(desk: Desk) -> None:
    created = desk.create(flow="same-device")
    started = desk.public.get(path_of(created["start_url"]))
    assert started.status_code == 200
    cookie = started.headers["set-cookie"]
    assert "__Host-warifu-session=" in cookie
    assert all(part in cookie.lower() for part in ("httponly", "secure", "samesite=lax", "path=/"))
    redirect = desk.post(desk.request(created)).json()["redirect_uri"]
    assert redirect.startswith(f"{PUBLIC_URL}/openid4vp/return?response_code=")
    assert desk.result(created) == {"session": created["session"], "status": "awaiting_return"}
    assert desk.public.get(path_of(redirect)).status_code == 200
    assert desk.result(created)["outcome"] == "accepted"
    assert desk.public.get(path_of(redirect)).status_code == 404


def test_a_request_forwarded_to_somebody_else_yields_nothing(desk: Desk) -> None:
    created = desk.create(flow="same-device")
    desk.public.get(path_of(created["start_url"]))
    redirect = desk.post(desk.request(created)).json()["redirect_uri"]
    desk.public.cookies.clear()
    assert desk.public.get(path_of(redirect)).status_code == 403
    assert desk.result(created) == {"session": created["session"], "status": "foreign_return"}
    assert stored_results(desk) == b""


def test_the_cookie_of_another_session_does_not_do(desk: Desk) -> None:
    first, second = desk.create(flow="same-device"), desk.create(flow="same-device")
    desk.public.get(path_of(first["start_url"]))
    redirect = desk.post(desk.request(first)).json()["redirect_uri"]
    desk.public.get(path_of(second["start_url"]))
    assert desk.public.get(path_of(redirect)).status_code == 403


def test_a_session_is_bound_to_the_first_browser_only(desk: Desk) -> None:
    created = desk.create(flow="same-device")
    assert desk.public.get(path_of(created["start_url"])).status_code == 200
    assert desk.public.get(path_of(created["start_url"])).status_code == 409
    cross = desk.create()
    assert cross["start_url"] is None
    assert desk.public.get(f"/openid4vp/start/{cross['session']}").status_code == 404


def test_response_codes_are_fresh_and_unguessable(desk: Desk) -> None:
    codes = set()
    for _ in range(3):
        created = desk.create(flow="same-device")
        desk.public.get(path_of(created["start_url"]))
        codes.add(response_code(desk.post(desk.request(created)).json()["redirect_uri"]))
    assert len(codes) == 3
    assert all(len(code) == 43 for code in codes)


@pytest.mark.parametrize("wallet_url", ["http://wallet.example", "javascript:alert(1)//", "data://x", "https://x.example/#f", "file://"])
def test_a_link_leads_to_wallets_only(desk: Desk, wallet_url: str) -> None:
    answer = desk.back.post("/api/v1/sessions", json={"purpose": "plain", "wallet_url": wallet_url})
    assert (answer.status_code, answer.json()["code"]) == (400, "wallet_url_refused")


def test_a_flow_across_devices_can_be_switched_off(desk: Desk, bridge: AsgiBridge) -> None:
    bridge.apps[OFFICE_URL] = office_app(replace(desk.office, cross_device=False))
    assert desk.back.post("/api/v1/sessions", json={"purpose": "plain", "flow": "cross-device"}).status_code == 403
    assert desk.back.post("/api/v1/sessions", json={"purpose": "plain"}).status_code == 201
