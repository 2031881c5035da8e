"""`present` in a town: the consent screen in both languages, what leaves, and what the verifier learns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs

import httpx
import pytest

from tests.flows.equipped import accepted
from tests.flows.test_issue_and_show import NAME
from tests.flows.test_showing_refusals import certified, speaking_as
from tests.flows.town import VERIFIER, Town
from tests.wallet.command import Command
from tests.world import Party

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
