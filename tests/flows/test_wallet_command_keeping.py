"""`list`, `show`, `export`, `delete` and `history` in a town."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.flows.equipped import accepted, copy_id
from tests.flows.test_issue_and_show import NAME
from tests.flows.test_showing_refusals import instead
from tests.flows.town import Town, purposes, registrations
from tests.wallet.command import Command


def widest(text: str) -> int:
    """Return the width of the widest line in columns, wide characters counted twice."""
    return max((cell_len(line) for line in text.splitlines()), default=0)


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
