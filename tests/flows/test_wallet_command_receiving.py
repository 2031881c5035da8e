"""`accept` and `refresh` in a town: what they print, in which words, and how they end."""

from __future__ import annotations

import httpx
import pytest

from tests.flows.equipped import accepted
from tests.flows.town import FRONT, Town
from tests.wallet.command import Command

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
