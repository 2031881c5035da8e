"""The page about bad input is complete: every input of the list, every line with tests that exist, no line twice."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.flows.bad_input import Line, lines

INPUTS = (
    "unknown resident", "used code", "expired code", "wrong tx_code", "bad proof", "replayed nonce", "tampered presentation",
    "unreachable status list", "unknown status list", "expired credential", "revoked credential", "untrusted issuer", "wrong city",
    "broken CSV line", "wrong passphrase", "locked vault", "full disk",
)  # fmt: skip


def named(one: Line) -> str:
    return f"{one.what} – {one.who}"


def test_every_input_is_there_and_no_line_stands_twice() -> None:
    every = lines()
    assert {one.what.split(",")[0] for one in every} == set(INPUTS)
    assert len({(one.what, one.who) for one in every}) == len(every)
    places = {one.what for one in every if one.what.startswith("full disk")}
    assert {"full disk, store", "full disk, vault", "full disk, status directory"} <= places


@pytest.mark.parametrize("one", lines(), ids=named)
def test_every_line_says_who_how_and_what_is_left(one: Line) -> None:
    assert one.code.strip("`").isidentifier()
    assert (one.http == "–") != (one.command == "–")
    assert len(one.left.split()) > 2 or one.left.startswith("nothing")
    assert one.test_ids
    for test in one.test_ids:
        file, function = test.split("::")
        tree = ast.parse((Path(__file__).parents[2] / file).read_text("utf-8"))
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test
