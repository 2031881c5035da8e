"""Bad passphrases, vaults in use and disks that are full: a typed refusal, and everything as it was.

Every line of docs/bad-input.md about keeping is held against what happens here.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from issuer.keys import KeyRole, create_root
from issuer.municipality.credentials.cycle import reconcile
from issuer.municipality.credentials.jobs import answer_job
from issuer.municipality.register.csv_file import Line
from issuer.municipality.register.events import apply_event, read_event
from issuer.municipality.register.generate import generate
from issuer.municipality.register.importing import import_lines
from issuer.municipality.register.personas import City
from issuer.municipality.staff_keys import create_staff_key
from issuer.store.municipality.issuing import credential_copy
from issuer.web.inner import create_app
from runtime.files import exclusive
from runtime.store import begin, read
from schemas.formats.encoding import dump_json
from schemas.japan.ages import japan_day
from schemas.messages.openid4vp import build_response
from tests.flows.bad_input import Kept, command, full_disk, http_of, line, overheard, refusal_of, run, said
from tests.flows.holder import PASSPHRASE, Holder
from tests.flows.strangers import ONE, Stranger, code_of, inner_home, inner_office, job_of, staff_answer
from tests.flows.town import Town, build_town
from tests.issuer.municipality.conftest import RecordingFront
from tests.world import AT
from wallet.cli import showing
from wallet.present import present as presenting
from wallet.vault.vault import LOCK_FILE, Vault, opened

CITY = City("999997", "割符市", "架空県", japan_day(AT))
WRONG = "wrong horse battery staple"


@pytest.fixture
def town(tmp_path: Path, store_urls: Callable[[str], str]) -> Iterator[Town]:
    with build_town(tmp_path, stores=store_urls, deferred_after=25) as built:
        yield built


@pytest.fixture
def codes(town: Town) -> list[str]:
    """Our own codes of every refusal, as they come."""
    return overheard(town)


# ---- wrong passphrase, locked vault


def test_a_wrong_passphrase_opens_no_vault_and_sends_nothing(town: Town, holder: Holder, capsys: Any) -> None:
    made = town.offer(configurations=ONE)
    kept = Kept(town)
    for words in (["list"], ["accept", made.link, "--yes"], ["refresh"]):
        code, ended = run("warifu-wallet", *words, "--home", str(holder.home), secret=WRONG, capsys=capsys)
        line("wrong passphrase", "`warifu-wallet`, every command that opens the vault").holds(
            code=code, command=ended, changed=kept.changed()
        )
    assert town.wire.seen == []
    assert command("warifu-wallet", "list", "--home", str(holder.home), secret=PASSPHRASE.decode(), capsys=capsys)[0] == 0
    assert len(holder.accept(made).copies) == 3


def test_a_wrong_passphrase_opens_no_signing_key(town: Town, store_urls: Callable[[str], str], capsys: Any) -> None:
    home = inner_home(town, store_urls("inner"))
    keys = home / "keys"
    keys.mkdir()
    with begin(town.inner_engine) as connection:
        office = inner_office(town)
        create_root(connection, keys, office.authority, passphrase=PASSPHRASE, at=town.clock(), cost=14)
    kept, files = Kept(town), sorted(file.name for file in keys.iterdir())
    found = line("wrong passphrase", "`warifu-issuer keys rotate`")
    rotate = ["keys", "rotate", "--role", str(KeyRole.STATUS_SIGNER.value), "--home", str(home)]
    code, ended = run("warifu-issuer", *rotate, secret=WRONG, capsys=capsys)
    found.holds(code=code, command=ended, changed=kept.changed())
    assert sorted(file.name for file in keys.iterdir()) == files


def test_a_wrong_passphrase_serves_no_verifier(tmp_path: Path, capsys: Any) -> None:
    home = tmp_path / "verifier"
    places = ["--home", str(home), "--tls", str(tmp_path / "tls"), "--name", "割符銀行", "--public-url", "https://localhost:8543"]
    assert command("warifu-verifier", "init", *places, secret=PASSPHRASE.decode(), capsys=capsys)[0] == 0
    before = {file: file.read_bytes() for file in home.rglob("*") if file.is_file() and "verifier.db" not in file.name}
    (home / "access.pem").write_bytes((home / "server.pem").read_bytes())
    code, ended = run("warifu-verifier", "serve", "--home", str(home), secret=WRONG, capsys=capsys)
    line("wrong passphrase", "`warifu-verifier serve`").holds(code=code, command=ended, changed=set())
    assert {file: file.read_bytes() for file in before} == before


def test_a_vault_in_use_is_left_alone(town: Town, holder: Holder, capsys: Any) -> None:
    made = town.offer(configurations=ONE)
    kept = Kept(town)
    with exclusive(holder.home / LOCK_FILE):
        for words in (["list"], ["accept", made.link, "--yes"]):
            code, ended = run("warifu-wallet", *words, "--home", str(holder.home), secret=PASSPHRASE.decode(), capsys=capsys)
            line("locked vault", "`warifu-wallet`, every command that opens the vault").holds(
                code=code, command=ended, changed=kept.changed()
            )
    assert town.wire.seen == []
    assert len(holder.accept(made).copies) == 3


# ---- full disk: the stores


def test_a_front_without_room_redeems_nothing(town: Town, codes: list[str], holder: Holder, capsys: Any) -> None:
    made = town.offer()
    with full_disk(town.front.engine, "front_grant"):
        kept = Kept(town)
        answer = Stranger(town).token(code_of(made))
        line("full disk, store", "front, `POST …/token`").holds(code=codes[-1], http=http_of(answer), changed=kept.changed())
        assert answer.headers["retry-after"] == "1"
        code, ended = said(lambda: holder.accept(made), "warifu-wallet", capsys)
        line("full disk, store", "`warifu-wallet accept`, the front's disk").holds(code=code, command=ended, changed=kept.changed())
    assert len(holder.accept(made).copies) == 12


def test_an_inner_side_without_room_makes_no_offer(town: Town) -> None:
    app: FastAPI = create_app(inner_office(town), now=town.clock)
    with begin(town.inner_engine) as connection:
        key = create_staff_key(connection, actor="counter 3", scopes=["offers"], at=town.clock())
    body = {"resident_id": "P-01", "configuration_ids": ONE}
    with full_disk(town.inner_engine, "audit_entry"):
        kept = Kept(town)
        answer = staff_answer(app, body, key)
        found = line("full disk, store", "inner side, `POST /api/v1/offers`")
        found.holds(code=answer.json()["code"], http=http_of(answer), changed=kept.changed())
    assert staff_answer(app, body, key).status_code == 201


def copy_states(town: Town) -> list[str]:
    with read(town.inner_engine) as connection:
        return sorted(connection.scalars(sa.select(credential_copy.c.state)))


def test_an_inner_side_without_room_issues_nothing(town: Town) -> None:
    job, front = job_of(town), RecordingFront()
    with full_disk(town.inner_engine, "credential_copy"):
        kept = Kept(town)
        code = refusal_of(lambda: answer_job(town.workshop, front, job, at=town.clock())).code
        line("full disk, store", "inner side, job of the front").holds(code=code, http="no result: the job waits", changed=kept.changed())
    assert front.results == {}
    answer_job(town.workshop, front, job, at=town.clock())
    assert copy_states(town) == ["delivered"]


def test_a_copy_that_could_not_be_noted_as_signed_is_not_handed_over(town: Town) -> None:
    job, front = job_of(town), RecordingFront()
    with full_disk(town.inner_engine, "credential_copy", "UPDATE"):
        kept = Kept(town)
        code = refusal_of(lambda: answer_job(town.workshop, front, job, at=town.clock())).code
        found = line("full disk, store, after the reservation", "inner side, job of the front")
        found.holds(code=code, http="no result: the job waits", changed=kept.changed())
    assert (front.results, copy_states(town)) == ({}, ["reserved"])
    answer_job(town.workshop, front, job, at=town.clock())
    assert copy_states(town) == ["delivered", "revoked"]
    with full_disk(town.inner_engine, "credential_copy", "UPDATE"):
        refusal_of(lambda: answer_job(town.workshop, front, job_of(town, idempotency_key="o" * 43), at=town.clock()))
    assert reconcile(town.workshop, at=town.clock()) == 1
    assert copy_states(town) == ["delivered", "revoked", "revoked"]


def test_a_register_without_room_is_as_it_was(town: Town, capsys: Any) -> None:
    event = {"event_id": "E-1", "type": "name-change", "resident": "P-01", "event_date": "2026-04-01", "items": {"given_name": "仁太郎"}}
    change = read_event(dump_json(event))
    with full_disk(town.inner_engine, "outbox"):
        kept = Kept(town)
        code, ended = said(lambda: apply_event(town.inner_engine, change, at=town.clock()), "warifu-issuer", capsys)
        line("full disk, store", "`warifu-issuer residents event`").holds(code=code, command=ended, changed=kept.changed())
    apply_event(town.inner_engine, change, at=town.clock())
    newcomers = [one for one in generate(CITY, households=3, seed=1) if not one.resident_id.startswith("P-")]
    lines = [Line(number, record, ()) for number, record in enumerate(newcomers, start=2)]
    with full_disk(town.inner_engine, "resident_history"):
        kept = Kept(town)
        code, ended = said(lambda: import_lines(town.inner_engine, lines, at=town.clock()), "warifu-issuer", capsys)
        line("full disk, store", "`warifu-issuer residents import`").holds(code=code, command=ended, changed=kept.changed())
    assert import_lines(town.inner_engine, lines, at=town.clock()).residents == len(newcomers)


def test_a_verifier_without_room_burns_no_session(town: Town, codes: list[str], holder: Holder, capsys: Any) -> None:
    holder.accept(town.offer(configurations=["resident-record-sd-jwt"]))
    town.publish()
    request = town.ask()
    asked = holder.read(request)
    consent = holder.consent(asked)
    tokens = presenting.build_presentations(asked, consent.leaving, holder.content.keys, at=town.clock())
    form = build_response(asked, tokens)
    with full_disk(town.verifier.engine, "verifier_sessions", "UPDATE"):
        # the list is fetched before, and remembered: not what is looked at here
        Stranger(town).client().post(asked.response_uri, data=form)
        kept = Kept(town)
        answer = Stranger(town).client().post(asked.response_uri, data=form)
        line("full disk, store", "verifier, session").holds(code=codes[-1], http=http_of(answer), changed=kept.changed())
        code, ended = said(lambda: holder.answer(asked, consent), "warifu-wallet", capsys)
        line("full disk, store", "`warifu-wallet present`, the verifier's disk").holds(code=code, command=ended, changed=kept.changed())
    assert town.result(request)["status"] == "pending"
    assert Stranger(town).client().post(asked.response_uri, data=form).status_code == 200
    assert town.result(request)["outcome"] == "accepted"


# ---- full disk: files


@contextmanager
def no_room_beyond(size: int) -> Iterator[None]:
    """Let the system refuse every write beyond ``size`` bytes of a file, as it refuses it on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Cramped(Vault):
    """A vault on a disk that has room for so many bytes of a file; everything else in the process has more."""

    room = 0

    def save(self) -> None:
        with no_room_beyond(self.room):
            super().save()

    def check_room(self, more: int) -> None:
        with no_room_beyond(self.room):
            super().check_room(more)


def cramp(holder: Holder, room: int) -> None:
    """Put the holder's vault on a full disk."""
    old = holder.vault
    holder.vault = Cramped(holder.home, old._lock, old.content, generation=1, newest=1)
    holder.vault.room = room


def test_a_wallet_without_room_does_not_redeem(town: Town, holder: Holder, capsys: Any) -> None:
    made = town.offer()
    cramp(holder, len(holder.file()) + 1000)
    kept = Kept(town)
    code, ended = said(lambda: holder.accept(made), "warifu-wallet", capsys)
    line("full disk, vault", "`warifu-wallet accept`").holds(code=code, command=ended, changed=kept.changed())
    assert not any(path.startswith("POST") for path in town.wire.paths())
    assert copy_states(town) == []
    cramp(holder, 10_000_000)
    assert len(holder.accept(made).copies) == 12
    with opened(holder.home, PASSPHRASE) as vault:
        assert len(vault.content.copies) == 12


def test_a_wallet_without_room_renews_nothing(town: Town, holder: Holder, capsys: Any) -> None:
    cramp(holder, 10_000_000)
    holder.accept(town.offer())
    cramp(holder, len(holder.file()) + 1000)
    kept = Kept(town)
    code, ended = said(holder.refresh, "warifu-wallet", capsys)
    line("full disk, vault", "`warifu-wallet refresh`").holds(code=code, command=ended, changed=kept.changed())
    assert copy_states(town) == ["delivered"] * 12
    cramp(holder, 10_000_000)
    assert len(holder.refresh().copies) == 12


def test_a_wallet_without_room_shows_nothing(town: Town, holder: Holder, capsys: Any) -> None:
    holder.accept(town.offer(configurations=["resident-record-sd-jwt"]))
    town.publish()
    request = town.ask()
    asked = holder.read(request)
    consent = holder.consent(asked)
    cramp(holder, 1000)
    town.wire.seen.clear()
    kept = Kept(town)
    code, ended = said(lambda: showing._answer(holder.shower, asked, consent, holder.vault), "warifu-wallet", capsys)
    line("full disk, vault", "`warifu-wallet present`").holds(code=code, command=ended, changed=kept.changed())
    assert town.wire.seen == []
    assert town.result(request)["status"] == "pending"
    with opened(holder.home, PASSPHRASE) as vault:
        assert all(copy.shown_at is None for copy in vault.content.copies.values())


def test_a_status_folder_without_room_keeps_the_old_list(town: Town, codes: list[str], holder: Holder) -> None:
    holder.accept(town.offer(configurations=["resident-record-sd-jwt"]))
    town.publish()
    (file,) = (town.folder / "status").glob("*.jwt")
    town.clock.forward(minutes=1)
    kept = Kept(town)
    with no_room_beyond(100):
        assert refusal_of(town.publish).code == "front_refused"
    line("full disk, status directory", "front, `PUT /internal/v1/status/NAME`").holds(
        code=codes[-1], http="503 problem", changed=kept.changed()
    )
    served = Stranger(town).client().get(f"{town.front.settings.public_url}/status/{file.name}")
    assert (served.status_code, served.content) == (200, file.read_bytes())
    town.publish()
    assert served.content != file.read_bytes()
