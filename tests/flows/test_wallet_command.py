"""The wallet's commands in a town: what they print, in which words, and how they end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from rich.cells import cell_len

from runtime import clock
from runtime.fetcher import GuardedFetcher
from tests.flows.test_issue_and_show import NAME
from tests.flows.test_showing_refusals import certified, instead, speaking_as
from tests.flows.town import FRONT, VERIFIER, Town, purposes, registrations
from tests.wallet.command import Command, Outcome
from tests.world import Party
from wallet.settings import WalletSettings
from wallet.vault import sealing
from wallet.vault.sealing import VaultLock


@pytest.fixture
def wallet(town: Town, lock: VaultLock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return equipped(town, lock, monkeypatch, capsys)


def equipped(town: Town, lock: VaultLock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """A wallet with anchors, on the town's wire and clock; the slow derivation is done once for all tests."""
    monkeypatch.setattr(WalletSettings, "fetcher", lambda _self: GuardedFetcher(transport=town.wire))
    monkeypatch.setattr(clock, "now", town.clock)
    genuine = sealing.derive
    monkeypatch.setattr(sealing, "derive", lambda kdf, passphrase: lock.key if passphrase == PASSPHRASE_BYTES else genuine(kdf, passphrase))
    command = Command(town.folder / "wallet", monkeypatch, capsys)
    assert command("init").code == 0
    for name, certificate, options in (
        ("city", town.world.warifu.root.certificate, ["--purpose", "issuer", "--municipality", "999997"]),
        ("registrar", town.world.registrar.certificate, ["--purpose", "reader", "--purpose", "attester"]),
    ):
        file = town.folder / f"{name}.pem"
        file.write_bytes(certificate.public_bytes(Encoding.PEM))
        assert command("trust", "add", str(file), *options, opens=False).code == 0
    return command


PASSPHRASE_BYTES = b"correct horse battery staple"


def accepted(town: Town, wallet: Command, *options: str) -> Outcome:
    made = town.offer(tx_code=True)
    with town.issuing():
        done = wallet("accept", made.link, "--yes", *options, secrets={"--tx-code-fd": made.tx_code or ""})
    assert done.code == 0, done.err
    return done


def copy_id(wallet: Command, form: str = "dc+sd-jwt") -> str:
    """Return the id of a resident record in one format."""
    rows = wallet("list", "--json").json()
    return next(str(row["id"]) for row in rows if "resident" in row["type"] and row["format"] == form)


def widest(text: str) -> int:
    """Return the width of the widest line in columns, wide characters counted twice."""
    return max((cell_len(line) for line in text.splitlines()), default=0)


# ---- receiving


def test_accept_tells_what_was_stored_and_list_shows_it(town: Town, wallet: Command) -> None:
    done = accepted(town, wallet)
    assert "Stored: https://catalogue.example/resident-record/1 (dc+sd-jwt), 3 copies" in done.out
    assert "https://warifu.example/999997" in done.err
    rows = wallet("list", "--json").json()
    assert len(rows) == 12
    assert {row["municipality"] for row in rows} == {"999997"}
    assert all(row["fresh"] and row["shown_at"] is None for row in rows)
    assert rows[0].keys() == {
        "id", "type", "format", "issuer", "municipality", "received_at", "valid_until", "shown_at", "fresh",
    }  # fmt: skip


@pytest.mark.parametrize("language", ["ja", "en"])
def test_tables_fit_eighty_columns(town: Town, wallet: Command, language: str) -> None:
    wallet.language = language
    accepted(town, wallet)
    town.publish()
    assert wallet("present", town.ask().link, "--yes").code == 0
    for command in (["list"], ["show", copy_id(wallet)], ["show", copy_id(wallet, "mso_mdoc")[:8]], ["history"], ["trust", "list"]):
        shown = wallet(*command, opens=command[0] != "trust")
        assert shown.code == 0
        assert 40 < widest(shown.out) <= 80


def test_accept_json(town: Town, wallet: Command) -> None:
    document = accepted(town, wallet, "--json", "--copies", "1").json()
    assert document["deferred"] == []
    assert [sorted(copy) for copy in document["copies"]] == [["format", "id", "type", "valid_until"]] * 4


def test_the_issuer_is_shown_before_the_code_is_asked_for(town: Town, wallet: Command) -> None:
    made = town.offer(tx_code=True)
    said = wallet("accept", made.link, stdin="n\n", secrets={"--tx-code-fd": made.tx_code or ""})
    assert said.code == 1
    assert "declined" in said.err
    assert said.err.index("Issuer: https://warifu.example/999997") < said.err.index("Receive these credentials?")
    assert town.wire.seen == []


def test_no_answer_at_all_is_a_no(town: Town, wallet: Command) -> None:
    assert "declined" in wallet("accept", town.offer().link, stdin="").err
    assert town.wire.seen == []


def test_an_offer_from_standard_input_and_a_yes_after_it(town: Town, wallet: Command) -> None:
    made = town.offer()
    with town.issuing():
        assert wallet("accept", "-", stdin=f"{made.link}\ny\n").code == 0
    assert wallet("accept", "-", stdin="").code == 1


def test_an_unknown_issuer(town: Town, wallet: Command) -> None:
    link = town.offer().link.replace("warifu.example", "tonari.example")
    said = wallet("accept", link, "--yes")
    assert (said.code, town.wire.seen) == (1, [])
    assert "issuer_not_trusted" in said.err
    assert "hint: if you know the issuer" in said.err


def test_an_issuer_that_is_away(town: Town, wallet: Command) -> None:
    made = town.offer()
    town.wire.down(FRONT)
    said = wallet("accept", made.link, "--yes")
    assert (said.code, said.out) == (3, "")
    assert "unreachable" in said.err


@pytest.mark.parametrize("link", ["x", "https://warifu.example/", "openid-credential-offer://?credential_offer=%7B%7D"])
def test_what_is_no_offer(wallet: Command, link: str) -> None:
    assert wallet("accept", link, "--yes").code == 1


def test_an_offer_by_reference_goes_through_the_guard(town: Town, wallet: Command) -> None:
    for target in ("http://warifu.example/offer", "https://warifu.example/none"):
        said = wallet("accept", f"openid-credential-offer://?credential_offer_uri={target.replace(':', '%3A')}", "--yes")
        assert said.code in {1, 3}
    assert all(request.url.scheme == "https" for request in town.wire.seen)


def test_refresh_replaces_and_says_so(town: Town, wallet: Command) -> None:
    accepted(town, wallet)
    before = {row["id"] for row in wallet("list", "--json").json()}
    with town.issuing():
        document = wallet("refresh", "--json").json()
    assert len(document["copies"]) == 12
    assert not before & {row["id"] for row in wallet("list", "--json").json()}


def test_nothing_to_refresh(wallet: Command) -> None:
    said = wallet("refresh")
    assert said.code == 1
    assert "nothing_to_refresh" in said.err


# ---- deferred


@pytest.fixture
def waiting_wallet(absent_town: Town, lock: VaultLock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setattr("wallet.cli.receiving.time.sleep", lambda seconds: absent_town.clock.forward(seconds=seconds))
    return equipped(absent_town, lock, monkeypatch, capsys)


@pytest.mark.parametrize(("language", "word"), [("ja", "後ほど交付"), ("en", "Deferred")])
def test_what_is_deferred_is_said_and_fetched_by_refresh(absent_town: Town, waiting_wallet: Command, language: str, word: str) -> None:
    waiting_wallet.language = language
    said = waiting_wallet("accept", absent_town.offer().link, "--yes")
    assert said.code == 0
    assert said.out.count(word) == 4
    assert waiting_wallet("list", "--json").json() == []
    assert "basic-four-mdoc" in waiting_wallet("list").out
    absent_town.let_the_front_wait()
    with absent_town.issuing():
        assert len(waiting_wallet("refresh", "--json").json()["copies"]) == 12


def test_waiting_shows_a_line_for_each_question(absent_town: Town, waiting_wallet: Command) -> None:
    said = waiting_wallet("accept", absent_town.offer().link, "--yes", "--wait", "3", "--json")
    assert said.code == 0
    assert said.err.count("Waiting for 4 credentials") == 3
    assert len(said.json()["deferred"]) == 4


# ---- showing


def test_the_consent_screen_in_japanese(town: Town, wallet: Command) -> None:
    accepted(town, wallet)
    wallet.language = "ja"
    screen = wallet("present", town.ask().link, stdin="n\n").err
    for words in (
        "求めている者  割符銀行",
        "目的          本人確認（plain）",
        "証明          住民票記載事項の電子証明",
        "渡すもの",
        "市区町村名: 割符市",
        f"氏名: {NAME}",
        "生年月日: 1985-04-01",
        "渡さないもの",
        "性別",
        "提示しますか",
    ):
        assert words in screen
    assert "番地: " not in screen
    assert (
        screen.index("渡すもの") < screen.index("市区町村名") < screen.index("氏名: ") < screen.index("渡さないもの") < screen.index("性別")
    )


def test_the_consent_screen_in_english(town: Town, wallet: Command) -> None:
    accepted(town, wallet)
    screen = wallet("present", town.ask().link, stdin="n\n").err
    for words in ("Who asks    割符銀行", "certificate until 2027-04-01", "Purpose     Checking who you are (plain)", "leaves", "stays"):
        assert words in screen
    assert "割符市" in screen


def test_declining_tells_the_verifier_and_shows_nothing(town: Town, wallet: Command) -> None:
    accepted(town, wallet)
    request = town.ask()
    said = wallet("present", request.link, stdin="n\n")
    assert (said.code, said.out) == (1, "")
    assert "declined: nothing was shown" in said.err
    assert town.result(request)["status"] == "declined"
    assert all(row["fresh"] for row in wallet("list", "--json").json())
    (entry,) = wallet("history", "--json").json()
    assert (entry["outcome"], entry["claims"], entry["copies"]) == ("declined", [], [])


def test_showing_with_a_yes(town: Town, wallet: Command) -> None:
    accepted(town, wallet)
    town.publish()
    request = town.ask(flow="same-device")
    said = wallet("present", "-", stdin=f"{request.link}\ny\n")
    assert said.code == 0, said.err
    assert said.out.splitlines()[0] == "Accepted."
    assert said.out.splitlines()[1].startswith(f"{VERIFIER}/openid4vp/return")


def test_showing_as_json_and_what_the_history_keeps(town: Town, wallet: Command) -> None:
    accepted(town, wallet)
    town.publish()
    request = town.ask("two")
    document = wallet("present", request.link, "--yes", "--json").json()
    assert document["accepted"] is True
    assert len(document["copies"]) == 2
    (entry,) = wallet("history", "--json").json()
    assert entry["outcome"] == "accepted"
    assert (entry["verifier"], entry["copies"]) == ("割符銀行", document["copies"])
    assert "name" in entry["claims"]
    everything = wallet("history", "--json").out + wallet("history").out
    assert "渡邉" not in everything
    assert "1985" not in everything
    fresh = {row["id"]: row["fresh"] for row in wallet("list", "--json").json()}
    assert not any(fresh[shown] for shown in document["copies"])


def test_a_subset_by_name_in_both_formats(town: Town, wallet: Command) -> None:
    accepted(town, wallet)
    town.publish()
    for purpose in ("plain", "card"):
        said = wallet("present", town.ask(purpose).link, "--yes", "--disclose", "name", "--disclose", "address.prefecture")
        assert said.code == 1
        assert "presentation_refused" in said.err
        assert "生年月日: " not in said.err
        assert "Date of birth: " not in said.err
    said = wallet("present", town.ask().link, "--yes", "--disclose", "sex")
    assert (said.code, "claim_not_asked" in said.err) == (1, True)
    assert "address.prefecture" in said.err


def test_a_refused_presentation_names_the_way_on(town: Town, wallet: Command) -> None:
    accepted(town, wallet)
    town.publish()
    said = wallet("present", town.ask().link, "--yes", "--disclose", "name", "--json")
    assert said.code == 1
    assert said.json()["accepted"] is False
    assert "warifu-wallet refresh" in said.err


def test_a_verifier_that_is_away_leaves_the_copy_used(town: Town, wallet: Command) -> None:
    accepted(town, wallet)
    request = town.ask()
    town.wire.interfere = lambda sent: breaking(sent.url.path)
    said = wallet("present", request.link, "--yes")
    assert said.code == 3
    assert wallet("history", "--json").json()[0]["outcome"] == "unreachable"
    assert sum(row["shown_at"] is not None for row in wallet("list", "--json").json()) == 1


def breaking(path: str) -> None:
    if "/response/" in path:
        raise httpx.ConnectError("nobody answers")


# ---- values, and nothing to show (threat row D12)


@contextmanager
def sent_to_verifier(town: Town) -> Iterator[list[bytes]]:
    town.wire.seen.clear()
    bodies: list[bytes] = []
    yield bodies
    bodies += [request.content for request in town.wire.seen if "/response/" in request.url.path]


def test_a_question_about_values_is_never_answered_beforehand(town: Town, wallet: Command) -> None:
    accepted(town, wallet)
    town.publish()
    with sent_to_verifier(town) as bodies:
        said = wallet("present", town.ask("adult").link, "--yes")
    assert (said.code, bodies) == (1, [])
    assert "consent_needed" in said.err
    assert wallet("present", town.ask("adult").link, stdin="y\n").code == 0


def test_the_refusal_of_values_does_not_depend_on_what_is_held(town: Town, wallet: Command) -> None:
    assert "consent_needed" in wallet("present", town.ask("adult").link, "--yes").err


def test_nothing_to_show_and_a_no_look_the_same_to_the_verifier(town: Town, wallet: Command) -> None:
    accepted(town, wallet)
    with sent_to_verifier(town) as without:
        said = wallet("present", town.ask("unheld").link, stdin="y\n")
    assert (said.code, "no_match" in said.err) == (1, True)
    with sent_to_verifier(town) as declined:
        wallet("present", town.ask().link, stdin="n\n")
    forms = [parse_qs(body.decode()) for body in (*without, *declined)]
    assert [form["error"] for form in forms] == [["access_denied"]] * 2
    assert forms[0].keys() == forms[1].keys() == {"error", "state"}


def test_nothing_to_show_and_nothing_said(town: Town, wallet: Command) -> None:
    with sent_to_verifier(town) as bodies:
        assert wallet("present", town.ask().link, stdin="n\n").code == 1
    assert bodies == []


# ---- who asks (threat row D19)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("割符市\u202e行銀", "割符市\\u202e行銀"),
        ("割符\u200b市", "割符\\u200b市"),
        ("割符\u2066市\u2069", "割符\\u2066市\\u2069"),
        ("割符市\nPurpose     なし", "割符市\\nPurpose     なし"),
        ("割符\u3164市", "割符\\u3164市"),
        ("割符\x1b[2J市", "割符\\x1b[2J市"),
        ("葛\U000e0101城市", "葛\U000e0101城市"),
        ("A" * 64, "A" * 60 + "…"),
    ],
)
def test_names_that_would_deceive_are_shown_for_what_they_are(town: Town, wallet: Command, name: str, shown: str) -> None:
    accepted(town, wallet)
    request = speaking_as(town, certified(town.world.registrar, name))
    said = wallet("present", request.link, stdin="n\n")
    assert f"Who asks    {shown}\n" in said.err


def test_a_town_as_verifier_is_told_by_its_code(town: Town, wallet: Command) -> None:
    hall = Party("割符市", "verifier.example", town.world.registrar, municipality="999997")
    wallet.language = "ja"
    said = wallet("present", speaking_as(town, hall.identity).link, stdin="n\n")
    assert "求めている者  割符市\n  市区町村コード 999997\n" in said.err
    look_alike = Party("割符市", "verifier.example", town.world.registrar)
    said = wallet("present", speaking_as(town, look_alike.identity).link, stdin="n\n")
    assert "求めている者  割符市\n  証明書の期限" in said.err


# ---- keeping


def test_show_says_everything_in_the_readers_language(town: Town, wallet: Command) -> None:
    accepted(town, wallet)
    for form in ("dc+sd-jwt", "mso_mdoc"):
        document = wallet("show", copy_id(wallet, form=form), "--json").json()
        assert NAME in json.dumps(document["claims"], ensure_ascii=False)
    wallet.language = "ja"
    shown = wallet("show", copy_id(wallet)).out
    assert "住民票記載事項の電子証明" in shown
    assert "生年月日" in shown
    assert "年月日" in shown


def test_export_is_private_complete_and_overwrites_nothing(town: Town, wallet: Command, tmp_path: Path) -> None:
    accepted(town, wallet)
    out = tmp_path / "copy.txt"
    assert wallet("export", copy_id(wallet), "--out", str(out)).code == 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert out.read_text("ascii").endswith("~")
    said = wallet("export", copy_id(wallet), "--out", str(out))
    assert (said.code, "file_exists" in said.err) == (1, True)


def test_delete_one_and_all(town: Town, wallet: Command) -> None:
    accepted(town, wallet)
    chosen = copy_id(wallet)
    assert "declined" in wallet("delete", chosen, stdin="n\n").err
    assert wallet("delete", chosen, "--yes").code == 0
    assert len(wallet("list", "--json").json()) == 11
    assert wallet("delete", chosen, "--yes").code == 1
    assert wallet("delete", "all", stdin="y\n").code == 0
    assert wallet("list", "--json").json() == []
    assert "nothing_to_refresh" in wallet("refresh").err


def test_markup_in_values_is_text(town: Town, wallet: Command) -> None:
    """A purpose text that looks like markup of our terminal library comes out letter by letter."""
    accepted(town, wallet)
    text = {"ja": "[red]x[/red]", "en": "[red]x[/red]"}
    token = registrations(town.world, [replace(purposes()["plain"], text=text)], town.world.audience)["plain"]
    instead(town, lambda claims: claims.update(verifier_info=[{"format": "jwt", "data": token}]))
    assert "[red]x[/red]" in wallet("present", town.ask().link, stdin="n\n").err
    assert "[red]x[/red]" in wallet("history").out


# ---- an older vault (threat row H07)


def test_an_older_vault_is_announced_and_gives_nothing_out_as_fresh(town: Town, wallet: Command) -> None:
    accepted(town, wallet)
    vault = town.folder / "wallet" / "vault.json"
    older = vault.read_bytes()
    town.publish()
    assert wallet("present", town.ask().link, "--yes").code == 0
    vault.write_bytes(older)
    said = wallet("present", town.ask().link, "--yes")
    assert said.code == 1
    assert "older than the last one" in said.err
    assert "no_fresh_copy" in said.err
    with town.issuing():
        renewed = wallet("refresh")
    assert renewed.code == 0, renewed.err
    assert wallet("present", town.ask().link, "--yes").code == 0


# ---- one of several refused


def test_what_came_is_stored_and_what_was_refused_is_told(town: Town, wallet: Command) -> None:
    made = town.offer()
    count = [0]

    def deny_second(request: httpx.Request) -> httpx.Response | None:
        count[0] += request.url.path.endswith("/credential")
        denied = request.url.path.endswith("/credential") and count == [2]
        return httpx.Response(400, json={"error": "credential_request_denied"}) if denied else None

    town.wire.interfere = deny_second
    with town.issuing():
        said = wallet("accept", made.link, "--yes", "--json")
    assert said.code == 1
    assert len(said.json()["copies"]) == 9
    assert "credential_refused" in said.err
    assert "市民課窓口へお越しください" in said.err
    assert len(wallet("list", "--json").json()) == 9
