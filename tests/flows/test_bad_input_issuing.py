"""Bad input on the way to a credential: who refuses it, in which words, and that nothing half done is left.

Every line of docs/bad-input.md about issuing is held against what happens here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from issuer.municipality.credentials.cycle import issue
from issuer.municipality.credentials.jobs import answer_job
from issuer.municipality.staff_keys import create_staff_key
from issuer.store.front import offer
from issuer.store.municipality.issuing import credential_copy
from issuer.web.inner import create_app
from runtime.store import begin, read
from schemas.formats.encoding import dump_json
from schemas.trust import Anchors
from tests.flows.bad_input import Kept, command, http_of, line, overheard, refusal_of, run, said
from tests.flows.holder import Holder
from tests.flows.strangers import (
    ONE,
    Stranger,
    code_of,
    inner_home,
    inner_office,
    job_of,
    signed_in,
    staff_answer,
    told,
    with_broken_signature,
)
from tests.flows.test_receiving_refusals import issue_instead
from tests.flows.town import Town, build_town
from tests.issuer.municipality.conftest import RecordingFront

NOBODY = "X-99"


@pytest.fixture
def town(tmp_path: Path, store_urls: Callable[[str], str]) -> Iterator[Town]:
    with build_town(tmp_path, stores=store_urls, deferred_after=25) as built:
        yield built


@pytest.fixture
def home(town: Town, store_urls: Callable[[str], str]) -> Path:
    return inner_home(town, store_urls("inner"))


def live_copies(town: Town) -> int:
    """Return how many copies of the issuer's store are not revoked."""
    with read(town.inner_engine) as connection:
        return len(connection.scalars(sa.select(credential_copy.c.state).where(credential_copy.c.state != "revoked")).all())


# ---- unknown resident


def test_an_unknown_resident_gets_no_offer(town: Town) -> None:
    app = create_app(inner_office(town), now=town.clock)
    with begin(town.inner_engine) as connection:
        key = create_staff_key(connection, actor="counter 3", scopes=["offers"], at=town.clock())
    kept = Kept(town)
    answer = staff_answer(app, {"resident_id": NOBODY, "configuration_ids": ONE}, key)
    line("unknown resident", "inner side, `POST /api/v1/offers`").holds(
        code=answer.json()["code"], http=http_of(answer), changed=kept.changed()
    )
    assert NOBODY not in answer.text
    assert staff_answer(app, {"resident_id": "P-01", "configuration_ids": ONE}, key).status_code == 201


def test_an_unknown_resident_on_the_command_line(town: Town, home: Path, capsys: Any) -> None:
    kept = Kept(town)
    code, ended = run("warifu-issuer", "offer", "create", "--resident", NOBODY, "--type", "basic-four", "--home", str(home), capsys=capsys)
    line("unknown resident", "`warifu-issuer offer create`").holds(code=code, command=ended, changed=kept.changed())
    event = {"event_id": "E-1", "type": "death", "resident": NOBODY, "event_date": "2026-03-01", "filed_on": "2026-03-02"}
    (home / "event.json").write_text(json.dumps(event), "utf-8")
    code, ended = run("warifu-issuer", "residents", "event", str(home / "event.json"), "--home", str(home), capsys=capsys)
    line("unknown resident", "`warifu-issuer residents event`").holds(code=code, command=ended, changed=kept.changed())


# ---- codes


def test_a_used_code_opens_nothing_more(town: Town, holder: Holder, capsys: Any) -> None:
    codes = overheard(town)
    made = town.offer()
    assert len(holder.accept(made).copies) == 12
    kept = Kept(town)
    answer = Stranger(town).token(code_of(made))
    line("used code", "front, `POST …/token`").holds(code=codes[-1], http=http_of(answer), changed=kept.changed())
    kept = Kept(town)
    code, ended = said(lambda: holder.accept(made), "warifu-wallet", capsys)
    line("used code", "`warifu-wallet accept`").holds(code=code, command=ended, changed=kept.changed())
    assert live_copies(town) == 12


def test_an_expired_code_opens_nothing(town: Town, holder: Holder, capsys: Any) -> None:
    codes = overheard(town)
    made = town.offer()
    town.clock.forward(minutes=5)
    kept = Kept(town)
    answer = Stranger(town).token(code_of(made))
    line("expired code", "front, `POST …/token`").holds(code=codes[-1], http=http_of(answer), changed=kept.changed())
    code, ended = said(lambda: holder.accept(made), "warifu-wallet", capsys)
    line("expired code", "`warifu-wallet accept`").holds(code=code, command=ended, changed=kept.changed())
    assert live_copies(town) == 0


def wrong(tx_code: str | None, by: int = 1) -> str:
    """Return another transaction code of the same length."""
    return f"{(int(tx_code or '') + by) % 10**6:06d}"


def tries(town: Town) -> int:
    with read(town.front.engine) as connection:
        return int(connection.scalar(sa.select(offer.c.tries)) or 0)


def test_a_wrong_tx_code_costs_one_try_and_the_right_one_still_redeems(town: Town, holder: Holder, capsys: Any) -> None:
    codes = overheard(town)
    made = town.offer(tx_code=True)
    kept = Kept(town)
    answer = Stranger(town).token(code_of(made), wrong(made.tx_code))
    line("wrong tx_code", "front, `POST …/token`").holds(code=codes[-1], http=http_of(answer), changed=kept.changed())
    assert tries(town) == 1
    code, ended = said(lambda: holder.accept(made, wrong(made.tx_code)), "warifu-wallet", capsys)
    line("wrong tx_code", "`warifu-wallet accept`").holds(code=code, command=ended, changed=kept.changed())
    assert tries(town) == 2
    assert len(holder.accept(made).copies) == 12


def test_a_tx_code_of_another_form_is_not_even_sent(town: Town, holder: Holder, capsys: Any) -> None:
    made = town.offer(tx_code=True)
    kept = Kept(town)
    code, ended = said(lambda: holder.accept(made, "12345"), "warifu-wallet", capsys)
    line("wrong tx_code", "`warifu-wallet accept`, another form").holds(code=code, command=ended, changed=kept.changed())
    assert town.wire.seen == []
    assert len(holder.accept(made).copies) == 12


def test_after_five_wrong_tx_codes_the_offer_is_dead(town: Town) -> None:
    codes = overheard(town)
    made = town.offer(tx_code=True)
    for number in range(5):
        assert Stranger(town).token(code_of(made), wrong(made.tx_code, number + 1)).status_code == 400
    kept = Kept(town)
    answer = Stranger(town).token(code_of(made), made.tx_code)
    line("wrong tx_code, sixth try", "front, `POST …/token`").holds(code=codes[-1], http=http_of(answer), changed=kept.changed())
    assert tries(town) == 5


# ---- proofs


def test_a_bad_key_proof_spends_nothing(town: Town) -> None:
    codes = overheard(town)
    stranger = signed_in(town, configurations=ONE)
    nonce = stranger.nonce()
    kept = Kept(town)
    answer = stranger.credential([stranger.proof(nonce), with_broken_signature(stranger.proof(nonce))])
    line("bad proof", "front, `POST …/credential`, key proof").holds(code=codes[-1], http=http_of(answer), changed=kept.changed())
    assert town.front.exchange.counts() == (0, 0)
    assert live_copies(town) == 0
    answer = stranger.credential([stranger.proof(nonce), stranger.proof(nonce)])
    assert (answer.status_code, len(answer.json()["credentials"]), live_copies(town)) == (200, 2, 2)


def test_a_bad_dpop_proof_burns_neither_code_nor_token(town: Town) -> None:
    codes = overheard(town)
    made = town.offer(configurations=ONE)
    stranger = Stranger(town)
    kept = Kept(town)
    answer = stranger.token(code_of(made), dpop=with_broken_signature(stranger.dpop("token")))
    line("bad proof", "front, `POST …/token`, DPoP").holds(code=codes[-1], http=http_of(answer), changed=kept.changed())
    assert stranger.token(code_of(made)).status_code == 200
    proofs = [stranger.proof(stranger.nonce())]
    kept = Kept(town)
    bound = stranger.dpop("credential", access_token=stranger.access_token)
    answer = stranger.credential(proofs, dpop=with_broken_signature(bound))
    line("bad proof", "front, `POST …/credential`, DPoP").holds(code=codes[-1], http=http_of(answer), changed=kept.changed())
    assert answer.headers["www-authenticate"].startswith('DPoP error="invalid_dpop_proof"')
    assert stranger.credential(proofs).status_code == 200


def test_a_captured_front_gets_nothing_for_a_bad_proof(town: Town) -> None:
    good = job_of(town)
    bad = replace(good, proofs=(*good.proofs, with_broken_signature(Stranger(town).proof(good.nonce))))
    kept, front = Kept(town), RecordingFront()
    answer_job(town.workshop, front, bad, at=town.clock())
    code = refusal_of(lambda: issue(town.workshop, bad, at=town.clock())).code
    line("bad proof", "inner side, job of the front").holds(code=code, http=told(front), changed=kept.changed())
    answer_job(town.workshop, front, good, at=town.clock())
    assert live_copies(town) == 1


# ---- replays


def test_a_replayed_nonce_of_a_key_proof_makes_no_second_copy(town: Town) -> None:
    codes = overheard(town)
    stranger = signed_in(town, configurations=ONE)
    nonce = stranger.nonce()
    proofs = [stranger.proof(nonce)]
    assert stranger.credential(proofs).status_code == 200
    kept = Kept(town)
    answer = stranger.credential([stranger.proof(nonce)])
    line("replayed nonce", "front, `POST …/credential`").holds(code=codes[-1], http=http_of(answer), changed=kept.changed())
    assert live_copies(town) == 1
    assert stranger.credential([stranger.proof(stranger.nonce())]).status_code == 200


def test_a_replayed_dpop_proof_opens_nothing(town: Town) -> None:
    codes = overheard(town)
    first, second = town.offer(configurations=ONE), town.offer("P-02", configurations=ONE)
    stranger = Stranger(town)
    proof = stranger.dpop("token")
    assert stranger.token(code_of(first), dpop=proof).status_code == 200
    kept = Kept(town)
    stranger.access_token = ""
    answer = stranger.token(code_of(second), dpop=proof)
    line("replayed nonce", "front, `POST …/token`, DPoP").holds(code=codes[-1], http=http_of(answer), changed=kept.changed())
    assert stranger.token(code_of(second)).status_code == 200


# ---- broken CSV line


def written(home: Path, capsys: Any) -> Path:
    """Write a small city to a file, and break three of its lines in three ways."""
    file = home / "city.csv"
    words = ["residents", "generate", "--households", "3", "--out", str(file), "--home", str(home)]
    assert command("warifu-issuer", *words, capsys=capsys)[0] == 0
    rows = file.read_text("utf-8").split("\n")
    # the personas are in the register already: other people are needed
    rows = [rows[0], *(row for row in rows[1:] if not row.startswith("P-"))]
    rows[1] = rows[1].replace("昭和", "昭和99").replace("平成", "平成99").replace("令和", "令和99")
    rows[2] = '"' + rows[2]
    file.write_text("\n".join(rows), "utf-8")
    return file


def test_a_broken_line_keeps_the_whole_file_out(town: Town, home: Path, capsys: Any) -> None:
    file = written(home, capsys)
    kept = Kept(town)
    code, ended = run("warifu-issuer", "residents", "import", str(file), "--home", str(home), capsys=capsys)
    line("broken CSV line", "`warifu-issuer residents import`").holds(code=code, command=ended, changed=kept.changed())
    exit_code, out, err = command("warifu-issuer", "residents", "import", str(file), "--home", str(home), "--json", capsys=capsys)
    faults = json.loads(out)["refused"]
    assert exit_code == 1
    assert {fault["line"] for fault in faults} >= {2, 3}
    assert all(fault["code"] and fault["reason"] and fault["field"] is not None for fault in faults)
    assert "99年" not in out + err
    assert kept.changed() == set()


# ---- wrong city


def test_proofs_for_another_city_are_refused(town: Town) -> None:
    codes = overheard(town)
    stranger = signed_in(town, configurations=ONE)
    kept = Kept(town)
    answer = stranger.credential([stranger.proof(stranger.nonce(), audience=town.world.tonari.issuer)])
    line("wrong city", "front, `POST …/credential`").holds(code=codes[-1], http=http_of(answer), changed=kept.changed())
    elsewhere = town.world.tonari.issuer
    job = job_of(town, audience=elsewhere, proofs=(Stranger(town).proof("n" * 22, audience=elsewhere),))
    kept, front = Kept(town), RecordingFront()
    answer_job(town.workshop, front, job, at=town.clock())
    code = refusal_of(lambda: issue(town.workshop, job, at=town.clock())).code
    line("wrong city", "inner side, job of the front").holds(code=code, http=told(front), changed=kept.changed())


def test_a_register_is_opened_for_its_own_city_alone(town: Town, home: Path, capsys: Any) -> None:
    other = home.with_name("other")
    other.mkdir()
    (other / "config.toml").write_text((home / "config.toml").read_text("utf-8").replace("999997", "999989"), "utf-8")
    (other / "event.json").write_bytes(dump_json({"event_id": "E-1", "type": "death", "resident": "P-05", "event_date": "2026-03-01"}))
    kept = Kept(town)
    code, ended = run("warifu-issuer", "residents", "event", str(other / "event.json"), "--home", str(other), capsys=capsys)
    line("wrong city", "`warifu-issuer residents`").holds(code=code, command=ended, changed=kept.changed())


def test_a_credential_of_another_city_is_not_taken(town: Town, holder: Holder, capsys: Any) -> None:
    holder.encrypted, holder.copies = False, 1
    holder.anchors = Anchors([*town.world.anchors, town.world.registrar_anchor])
    made = town.offer(configurations=["resident-record-sd-jwt"])
    issue_instead(town, "割符花子", city=town.world.tonari)
    kept = Kept(town)
    code, ended = said(lambda: holder.accept(made), "warifu-wallet", capsys)
    # the code is redeemed by then, and what the right city had issued was exchanged on the way: only the wallet can be asked
    changed = {name for name in kept.changed() if name.startswith("wallet/")}
    line("wrong city", "`warifu-wallet accept`").holds(code=code, command=ended, changed=changed)
