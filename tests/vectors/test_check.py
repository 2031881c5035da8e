"""``make vectors-check`` fails for each of its reasons, with the real commands wherever one is needed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.vectors import check, write
from tests.vectors.check import COMMANDS, Run, problems_of, run

KINDS = ("offer", "dpop", "dcql-answer")


def told(**results: str) -> dict[str, dict[str, str]]:
    return {name.replace("__", "/"): {"result": result} for name, result in results.items()}


def runs(**changes: dict[str, dict[str, str]]) -> list[Run]:
    said = {
        "warifu-verifier": told(offer__a="other", dpop__a="other", dcql__a="passed"),
        "warifu-wallet": told(offer__a="passed", dpop__a="other", dcql__a="other"),
        "warifu-issuer": told(offer__a="other", dpop__a="passed", dcql__a="other"),
    }
    return [Run(command, 0, results) for command, results in {**said, **changes}.items()]


def problems(made: list[Run], least: int = 3) -> list[str]:
    return problems_of(made, least=least, kinds=("offer", "dpop", "dcql"))


def test_nothing_is_wrong_where_each_case_was_consumed() -> None:
    assert problems(runs()) == []


def test_fewer_cases_than_sixty() -> None:
    assert problems_of(runs(), kinds=()) == ["3 cases, fewer than 60"]


def test_a_case_that_nobody_consumed() -> None:
    made = runs(**{"warifu-issuer": told(offer__a="other", dpop__a="other", dcql__a="other")})
    assert problems(made) == ["no command consumed dpop/a"]


def test_a_case_that_failed_or_was_skipped() -> None:
    for result in ("failed", "skipped"):
        made = runs(**{"warifu-wallet": told(offer__a=result, dpop__a="other", dcql__a="other")})
        assert problems(made) == [f"warifu-wallet: {result}: offer/a: "]


def test_a_command_without_results() -> None:
    made = [*runs()[:2], Run("warifu-issuer", 127, {}, "the command is not installed")]
    assert "warifu-issuer: no results (exit 127): the command is not installed" in problems(made)


def test_a_command_that_fails_although_no_case_did() -> None:
    made = [*runs()[:2], Run("warifu-issuer", 1, runs()[2].results)]
    assert problems(made) == ["warifu-issuer: exit 1 although no case failed"]


def test_a_kind_without_cases() -> None:
    assert problems_of(runs(), least=3, kinds=("offer", "request-object")) == ["no case of the kind request-object"]


def test_a_command_that_is_not_installed() -> None:
    assert run("warifu-nobody", write.CASES).status == 127


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder with the cases of three kinds, and the schemas beside it."""
    shutil.copytree(write.HERE / "schema", tmp_path / "schema")
    for kind in KINDS:
        shutil.copytree(write.CASES / kind, tmp_path / "cases" / kind)
    return tmp_path / "cases"


def changed(folder: Path, change: Callable[[str], str]) -> list[str]:
    target = folder / "dpop" / "another-method.json"
    target.write_text(change(target.read_text("utf-8")), "utf-8")
    said = [run(command, folder) for command in COMMANDS]
    return problems_of(said, least=1, kinds=KINDS)


def test_the_commands_take_what_is_written(copied: Path) -> None:
    assert changed(copied, lambda text: text) == []


def test_an_unknown_key_is_an_error_of_the_file(copied: Path) -> None:
    changes = {
        "typ": ('"why":', '"note": "x",\n  "why":'),
        "no-key": ('"method":', '"metod": "POST",\n    "method":'),
        "too-old": ('"at":', '"anchors": [],\n    "at":'),
        "alg-none": ('"layer":', '"level": 1,\n    "layer":'),
    }
    for name, (old, new) in changes.items():
        target = copied / "dpop" / f"{name}.json"
        target.write_text(target.read_text("utf-8").replace(old, new, 1), "utf-8")
    told = changed(copied, lambda text: text)
    for name in changes:
        assert len([line for line in told if f"failed: dpop/{name}" in line and "additionalProperties" in line]) == len(COMMANDS)


def test_another_code_fails(copied: Path) -> None:
    told = changed(copied, lambda text: text.replace('"dpop_wrong_request"', '"dpop_wrong_token"'))
    assert told == ["warifu-issuer: failed: dpop/another-method: expected code dpop_wrong_token, was dpop_wrong_request"]


def test_a_kind_that_nobody_knows_is_consumed_by_none(copied: Path) -> None:
    told = changed(copied, lambda text: text.replace('"kind": "dpop"', '"kind": "qr-code"'))
    assert told == ["no command consumed dpop/another-method"]


def test_the_whole_check_passes() -> None:
    assert check.main() == 0
