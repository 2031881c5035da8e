"""Bad input on the way to a decision: who refuses it, in which words, and that nothing of a refused presentation stays.

Every line of docs/bad-input.md about showing is held against what happens here: in a session, in the stateless call,
and on the command line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from issuer.municipality.notices.worker import revocation_worker
from issuer.municipality.register.events import apply_event, read_event
from runtime.store import begin
from schemas.formats.encoding import b64url_decode, b64url_encode, dump_json
from schemas.messages.openid4vp import build_response, parse_response
from schemas.trust import Anchors
from tests.flows.bad_input import Kept, http_of, line, overheard, refusal_of, said, step_of
from tests.flows.holder import Holder
from tests.flows.strangers import Stranger
from tests.flows.town import FRONT, INTERNAL, VERIFIER, Town, build_town
from verifier.cli.verify import main as verify
from verifier.flows import CreatedRequest
from verifier.keys import create_key
from verifier.office import Office
from verifier.status import StatusCache
from verifier.status.newest import StoredNewest
from verifier.web import office_app, public_app
from wallet.cli import showing
from wallet.present import present as presenting

BACK = "https://back.verifier.example"
SESSION, CALL, FILE = "verifier, session", "verifier, `POST /api/v1/verify`", "`warifu-verifier verify`"
SHOWN = (("name",), ("birthdate",), ("address", "prefecture"))
Change = Callable[[str], str]


@pytest.fixture
def town(tmp_path: Path, store_urls: Callable[[str], str]) -> Iterator[Town]:
    with build_town(tmp_path, stores=store_urls, deferred_after=25) as built:
        yield built


@pytest.fixture
def codes(town: Town) -> list[str]:
    """Our own codes of every refusal, as they come."""
    return overheard(town)


@pytest.fixture
def equipped(holder: Holder, codes: list[str]) -> Holder:
    """A holder with one copy of each type and format, whose status is published."""
    holder.copies = 1
    holder.accept(holder.town.offer())
    holder.town.publish()
    return holder


def unchanged(presentation: str) -> str:
    return presentation


def answered(holder: Holder, request: CreatedRequest, change: Change = unchanged) -> tuple[httpx.Response, str]:
    """Answer a request with changed presentations; returns the verifier's answer, and the code that the relying party reads."""
    town = holder.town
    asked = holder.read(request)
    consent = holder.consent(asked, reuse=True)
    tokens = presenting.build_presentations(asked, consent.leaving, holder.content.keys, at=town.clock())
    changed = {name: [change(one) for one in group] for name, group in tokens.items()}
    answer = Stranger(town).client().post(asked.response_uri, data=build_response(asked, changed))
    result = town.result(request)
    assert result["outcome"] in ("rejected", "undetermined")
    codes = {report["code"] for group in result["results"].values() for report in group if step_of(report) is not None}
    assert codes == {result["code"]}
    return answer, result["code"]


def refused_in_session(holder: Holder, what: str, change: Change = unchanged, *, purpose: str = "plain", who: str = SESSION) -> None:
    """Answer a request and hold what happens against the line of the document."""
    request = holder.town.ask(purpose)
    kept = Kept(holder.town)
    answer, code = answered(holder, request, change)
    line(what, who).holds(code=code, http=http_of(answer, hinted=False), changed=kept.changed())
    assert answer.json() == {"error": "invalid_request", "error_description": "the presentation was not accepted"}


# ---- the stateless call and the command


def presentation_of(holder: Holder, credential: str | None = None, **binding: Any) -> str:
    """Return a presentation by the holder's key, of its own record or of another credential bound to the world's holder."""
    town = holder.town
    if credential is not None:
        return town.world.present_sd_jwt(credential, SHOWN, **{"iat": town.clock(), **binding})
    (copy,) = [one for one in holder.content.copies.values() if one.configuration_id == "resident-record-sd-jwt"]
    signer = holder.content.keys[copy.holder_key].signer()
    return town.world.present_sd_jwt(copy.credential, SHOWN, **{"iat": town.clock(), "signer": signer, **binding})


def refused_by_call(town: Town, what: str, presentation: str, office: Office | None = None) -> None:
    """Make the stateless call and hold what happens against the line of the document."""
    office = office or town.verifier
    with begin(office.engine) as connection:
        key = create_key(connection, actor="clerk", scopes=["verify"], at=town.clock())
    town.wire.apps[BACK] = office_app(office)
    call = {"format": "dc+sd-jwt", "presentation": presentation, "nonce": town.world.nonce, "audience": town.world.audience}
    kept = Kept(town)
    answer = Stranger(town).client().post(f"{BACK}/api/v1/verify", json=call, headers={"authorization": f"Bearer {key}"})
    line(what, CALL).holds(code=answer.json()["code"], http=http_of(answer), changed=kept.changed())


def refused_by_command(town: Town, what: str, presentation: str, *options: str, capsys: Any, root: Any = None) -> None:
    """Verify a file and hold what happens against the line of the document."""
    folder = town.folder / "files"
    folder.mkdir(exist_ok=True)
    (folder / "presentation").write_text(presentation, "ascii")
    (folder / "root.pem").write_bytes((root or town.world.warifu.root.certificate).public_bytes(Encoding.PEM))
    before = {file.name for file in folder.iterdir()}
    expected = ["--nonce", town.world.nonce, "--audience", town.world.audience, "--at", town.clock().isoformat()]
    arguments = [str(folder / "presentation"), "--anchors", str(folder / "root.pem"), *expected, *options, "--json"]
    capsys.readouterr()
    exit_code = verify(arguments)
    report = json.loads(capsys.readouterr().out)
    step = report["steps"][step_of(report)]
    line(what, FILE).holds(code=report["code"], command=f"{exit_code}: {step['hint']}", changed=set())
    assert {file.name for file in folder.iterdir()} == before


def published(town: Town) -> list[str]:
    """Return options that hand the published list to the command."""
    return [word for file in (town.folder / "status").glob("*.jwt") for word in ("--status", str(file))]


# ---- replayed nonce


def test_an_answer_to_another_request_is_refused(town: Town, equipped: Holder, capsys: Any) -> None:
    refused_in_session(equipped, "replayed nonce", lambda one: rebound(equipped, one, nonce="another-nonce-0123456789"))
    old = presentation_of(equipped, nonce="another-nonce-0123456789")
    refused_by_call(town, "replayed nonce", old)
    refused_by_command(town, "replayed nonce", old, *published(town), capsys=capsys)


def rebound(holder: Holder, presentation: str, **binding: Any) -> str:
    """Return a presentation with another key binding by the same key."""
    return presentation_of(holder, **{"audience": holder.town.world.audience, **binding}) if presentation else presentation


def test_a_captured_answer_opens_no_other_session_and_no_second_time(town: Town, equipped: Holder, codes: list[str], capsys: Any) -> None:
    first, second = town.ask("clear"), town.ask("clear")
    asked, other = equipped.read(first), equipped.read(second)
    consent = equipped.consent(asked)
    tokens = presenting.build_presentations(asked, consent.leaving, equipped.content.keys, at=town.clock())
    form = build_response(asked, tokens)
    client = Stranger(town).client()
    kept = Kept(town)
    answer = client.post(other.response_uri, data=form)
    code = refusal_of(lambda: parse_response(form, mode="direct_post", state=str(other.state), key=None)).code
    line("replayed nonce", "verifier, session, captured answer").holds(
        code=code, http=http_of(answer, hinted=False), changed=kept.changed()
    )
    assert client.post(asked.response_uri, data=form).status_code == 200
    kept = Kept(town)
    answer = client.post(asked.response_uri, data=form)
    line("replayed nonce", "verifier, session, second answer").holds(code=codes[-1], http=http_of(answer), changed=kept.changed())
    assert town.result(first)["outcome"] == "accepted"
    assert town.result(second)["status"] == "pending"


# ---- tampered presentation


def disclosure_flipped(presentation: str) -> str:
    """Change one letter of a disclosed name; the disclosure stays well formed."""
    for disclosure in presentation.split("~")[1:-1]:
        content = b64url_decode(disclosure)
        if "渡邉".encode() in content:
            return presentation.replace(disclosure, b64url_encode(content.replace("渡邉".encode(), "渡邊".encode())))
    raise AssertionError("no name was disclosed")


def payload_flipped(presentation: str) -> str:
    header, payload, rest = presentation.split(".", 2)
    return f"{header}.{b64url_encode(b64url_decode(payload).replace(b'999997', b'999989'))}.{rest}"


def element_changed(presentation: str) -> str:
    return b64url_encode(b64url_decode(presentation).replace("渡邉".encode(), "渡邊".encode()))


@pytest.mark.parametrize(
    ("what", "purpose", "change"),
    [
        ("tampered presentation, disclosure", "plain", disclosure_flipped),
        ("tampered presentation, signed claims", "clear", payload_flipped),
        ("tampered presentation, mdoc element", "card", element_changed),
    ],
)
def test_a_tampered_presentation_is_refused(town: Town, equipped: Holder, what: str, purpose: str, change: Change) -> None:
    refused_in_session(equipped, what, change, purpose=purpose)


def test_a_tampered_presentation_outside_a_session(town: Town, equipped: Holder, capsys: Any) -> None:
    for what, change in (("disclosure", disclosure_flipped), ("signed claims", payload_flipped)):
        presentation = change(presentation_of(equipped))
        refused_by_call(town, f"tampered presentation, {what}", presentation)
        refused_by_command(town, f"tampered presentation, {what}", presentation, *published(town), capsys=capsys)


# ---- status lists


def test_an_unreachable_list_leaves_it_undetermined(town: Town, equipped: Holder, capsys: Any) -> None:
    request = town.ask()
    town.wire.down(FRONT)
    refused_in_session(equipped, "unreachable status list")
    refused_by_call(town, "unreachable status list", presentation_of(equipped))
    refused_by_command(town, "unreachable status list", presentation_of(equipped), capsys=capsys)
    town.wire.interfere = None
    town.clock.forward(seconds=10)  # a list that failed is asked for again after five seconds
    assert equipped.show(request, reuse=True).accepted


def test_an_address_without_a_server_is_undetermined_on_the_command_line(town: Town, equipped: Holder, capsys: Any) -> None:
    (town.folder / "presentation").write_text(presentation_of(equipped), "ascii")
    (town.folder / "root.pem").write_bytes(town.world.warifu.root.certificate.public_bytes(Encoding.PEM))
    arguments = [str(town.folder / "presentation"), "--anchors", str(town.folder / "root.pem"), "--status", "https://nobody.invalid/1.jwt"]
    exit_code = verify(arguments)
    out, err = capsys.readouterr()
    error, hint = err.strip().split("\n")
    code = error.removeprefix("warifu-verifier: error: ").split(":")[0]
    ended = f"{exit_code}: {hint.removeprefix('warifu-verifier: hint: ')}"
    line("unreachable status list", f"{FILE}, `--status URL`").holds(code=code, command=ended, changed=set())
    assert out == ""


def test_an_unknown_list_is_no_list(town: Town, holder: Holder, codes: list[str], capsys: Any) -> None:
    holder.copies = 1
    holder.accept(town.offer())  # nothing is published yet
    kept = Kept(town)
    answer = Stranger(town).client().get(f"{FRONT}/999997/status/unknown.jwt")
    line("unknown status list", "front, `GET …/status/NAME`").holds(code=codes[-1], http=http_of(answer), changed=kept.changed())
    assert list((town.folder / "status").glob("*")) == []
    refused_in_session(holder, "unknown status list")
    refused_by_call(town, "unknown status list", presentation_of(holder))
    town.publish()
    elsewhere = (town.folder / "status").glob("*.cwt")
    refused_by_command(town, "unknown status list", presentation_of(holder), "--status", str(next(elsewhere)), capsys=capsys)


def test_a_list_at_another_address_is_not_even_fetched(town: Town, equipped: Holder, capsys: Any) -> None:
    status = {"status_list": {"idx": 1, "uri": "https://elsewhere.example/1.jwt"}}
    presentation = presentation_of(equipped, town.world.sd_jwt(payload={"status": status}))
    town.wire.seen.clear()
    refused_by_call(town, "unknown status list, elsewhere", presentation)
    assert town.wire.paths() == ["POST /api/v1/verify"]


def test_a_list_under_a_name_that_it_does_not_bear_is_not_published(town: Town, equipped: Holder, codes: list[str], capsys: Any) -> None:
    (file,) = (town.folder / "status").glob("*.jwt")
    kept = Kept(town)
    headers = {"content-type": "application/statuslist+jwt"}
    answer = Stranger(town).client().put(f"{INTERNAL}/internal/v1/status/other.jwt", content=file.read_bytes(), headers=headers)
    found = line("unknown status list, put under another name", "front, `PUT /internal/v1/status/NAME`")
    found.holds(code=codes[-1], http=http_of(answer), changed=kept.changed())


# ---- expired, revoked


def test_an_expired_credential_is_refused(town: Town, equipped: Holder, capsys: Any) -> None:
    ends = datetime.fromisoformat(next(iter(equipped.content.copies.values())).valid_until)
    town.clock.at = ends - timedelta(seconds=5)
    request = town.ask()
    asked = equipped.read(request)
    consent = equipped.consent(asked)
    town.clock.at = ends
    town.publish()
    kept = Kept(town)
    tokens = presenting.build_presentations(asked, consent.leaving, equipped.content.keys, at=town.clock())
    answer = Stranger(town).client().post(asked.response_uri, data=build_response(asked, tokens))
    result = town.result(request)
    line("expired credential", SESSION).holds(code=result["code"], http=http_of(answer, hinted=False), changed=kept.changed())
    presentation = presentation_of(equipped)
    refused_by_call(town, "expired credential", presentation)
    refused_by_command(town, "expired credential", presentation, *published(town), capsys=capsys)
    fresh = equipped.read(town.ask())
    kept = Kept(town)
    code, ended = said(lambda: equipped.consent(fresh), "warifu-wallet", capsys)
    line("expired credential", "`warifu-wallet present`").holds(code=code, command=ended, changed=kept.changed())


def test_a_revoked_credential_is_refused_until_it_is_renewed(town: Town, equipped: Holder, capsys: Any) -> None:
    assert equipped.show(town.ask(), reuse=True).accepted
    event = {"event_id": "E-1", "type": "name-change", "resident": "P-01", "event_date": "2026-04-01", "items": {"given_name": "仁太郎"}}
    apply_event(town.inner_engine, read_event(dump_json(event)), at=town.clock())
    revocation_worker(town.inner_engine, town.inner_front).run_once(town.clock())
    town.clock.forward(minutes=2)  # what a verifier has cached is over by then
    town.publish()
    refused_in_session(equipped, "revoked credential")
    presentation = presentation_of(equipped)
    refused_by_call(town, "revoked credential", presentation)
    refused_by_command(town, "revoked credential", presentation, *published(town), capsys=capsys)
    asked = equipped.read(town.ask())
    consent = equipped.consent(asked, reuse=True)
    kept = Kept(town)
    code, ended = said(lambda: showing._report(equipped.answer(asked, consent), consent, False), "warifu-wallet", capsys)
    line("revoked credential", "`warifu-wallet present`").holds(code=code, command=ended, changed=kept.changed())
    equipped.refresh()
    assert equipped.show(town.ask()).accepted


# ---- untrusted issuer, wrong city


def trusting(town: Town, anchors: Anchors) -> Office:
    """Return the town's verifier with other anchors."""
    office = town.verifier
    cache = StatusCache(anchors=anchors, fetcher=town.fetcher(), newest=StoredNewest(office.engine), clock=town.clock)
    return replace(office, anchors=anchors, status=cache)


def test_an_issuer_whom_nobody_trusts(town: Town, equipped: Holder, capsys: Any) -> None:
    office = trusting(town, Anchors([town.world.tonari.anchor]))
    town.wire.apps[VERIFIER] = public_app(office)
    refused_in_session(equipped, "untrusted issuer")
    presentation = presentation_of(equipped)
    town.wire.seen.clear()
    refused_by_call(town, "untrusted issuer", presentation, office)
    assert town.wire.paths() == ["POST /api/v1/verify"]  # no list was fetched
    refused_by_command(town, "untrusted issuer", presentation, *published(town), root=town.world.tonari.root.certificate, capsys=capsys)


def test_a_wallet_sends_nothing_to_an_issuer_whom_it_does_not_trust(town: Town, holder: Holder, capsys: Any) -> None:
    made = town.offer()
    holder.anchors = Anchors([town.world.tonari.anchor, town.world.registrar_anchor])
    kept = Kept(town)
    code, ended = said(lambda: holder.accept(made), "warifu-wallet", capsys)
    line("untrusted issuer", "`warifu-wallet accept`").holds(code=code, command=ended, changed=kept.changed())
    assert town.wire.seen == []
    holder.anchors = None
    assert len(holder.accept(made).copies) == 12


def test_a_city_that_speaks_for_another(town: Town, equipped: Holder, capsys: Any) -> None:
    """The neighbour's signer, trusted for its own municipality, states ours."""
    content = {"issuing_municipality.code": "999997", "issuing_municipality.name": "割符市"}
    forged = presentation_of(equipped, town.world.sd_jwt(town.world.tonari, content=content))
    refused_by_call(town, "wrong city", forged)
    refused_by_command(town, "wrong city", forged, "--status", "none", root=town.world.tonari.root.certificate, capsys=capsys)
    request = town.ask("clear")
    asked = equipped.read(request)
    bound = presentation_of(equipped, town.world.sd_jwt(town.world.tonari, content=content), nonce=asked.nonce, audience=asked.client_id)
    kept = Kept(town)
    answer = Stranger(town).client().post(asked.response_uri, data=build_response(asked, {"record": [bound]}))
    code = town.result(request)["code"]
    line("wrong city", SESSION).holds(code=code, http=http_of(answer, hinted=False), changed=kept.changed())
