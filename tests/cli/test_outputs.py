"""What the commands print with ``--json`` is what docs/schemas says, and the schemas leave no room for anything else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.conftest import FOLDER, Program, fitting, schema
from tests.flows.equipped import copy_id
from tests.flows.town import GAIJI, Town
from tests.generate_cli import SCHEMAS
from tests.wallet.command import Command, Outcome

RESIDENT_RECORD = ("--resident", GAIJI, "--type", "resident-record")
INPUTS = {"register-event"}
"""Schemas of what is read, not of what is printed."""


def shown(command: str, done: Outcome) -> Any:
    assert done.code == 0, done.err
    return fitting(f"warifu-wallet {command}", done.out)


def test_every_schema_is_one_and_describes_a_command() -> None:
    found = {path.name.removesuffix(".schema.json") for path in FOLDER.iterdir()}
    assert found == set(SCHEMAS.values()) | INPUTS
    for name in found:
        jsonschema.Draft202012Validator.check_schema(schema(name))


def open_objects(node: Any, place: str = "") -> list[str]:
    """Return the places of objects with named members that would let others through."""
    if isinstance(node, list):
        return [found for number, item in enumerate(node) for found in open_objects(item, f"{place}/{number}")]
    if not isinstance(node, dict):
        return []
    loose = [place] if "properties" in node and node.get("type") == "object" and node.get("additionalProperties") is not False else []
    return loose + [found for name, item in node.items() for found in open_objects(item, f"{place}/{name}")]


@pytest.mark.parametrize("name", sorted(set(SCHEMAS.values()) - {"residents"}))
def test_an_object_has_no_members_that_are_not_described(name: str) -> None:
    assert [place for place in open_objects(schema(name)) if "dcql_query" not in place] == []  # a query is OpenID4VP's


def test_an_offer_a_copy_and_what_is_kept_of_it(town: Town, issuer: Program, wallet: Command) -> None:
    offer = issuer.json("offer create", *RESIDENT_RECORD, "--tx-code", "--json")
    assert issuer.json("offer create", *RESIDENT_RECORD, "--json")["tx_code"] is None
    with town.issuing():
        done = wallet("accept", offer["credential_offer_uri"], "--yes", "--json", secrets={"--tx-code-fd": offer["tx_code"]})
    assert len(shown("accept", done)["copies"]) == 6
    town.publish()
    status = issuer.json("status show", "--json")
    assert (status["copies"], {entry["kind"] for entry in status["lists"]}) == ({"delivered": 6}, {"jwt", "cwt"})
    copies = issuer.json("status show", "--resident", GAIJI, "--json")["resident_copies"]
    assert issuer("status", "revoke", copies[0]["credential_id"])[0] == 0
    told = issuer.json("status explain", copies[0]["credential_id"], "--json")
    assert (told["state"], told["entries"][-1]["action"]) == ("revoked", "copy_revoked")
    assert len(issuer.json("status show", "--resident", GAIJI, "--json")["resident_copies"]) == 6
    entries = issuer.json("audit export")
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))


def test_the_keys_of_an_office(issuer: Program) -> None:
    before = issuer.json("keys list", "--json")
    assert {key["role"] for key in before} == {"root", "status-signer"}
    assert issuer("keys", "rotate", "--role", "status-signer", secrets={"--passphrase-fd": "correct horse battery staple"})[0] == 0
    assert sorted(key["state"] for key in issuer.json("keys list", "--json")) == ["current", "current", "retired"]


def test_what_a_wallet_holds_and_shows(town: Town, wallet: Command) -> None:
    with town.issuing():
        shown("accept", wallet("accept", town.offer().link, "--yes", "--json"))
    town.publish()
    for form in ("dc+sd-jwt", "mso_mdoc"):
        assert shown("show", wallet("show", copy_id(wallet, form), "--json"))["format"] == form
    answer = shown("present", wallet("present", town.ask().link, "--yes", "--json"))
    rows = shown("list", wallet("list", "--json"))
    assert [row["id"] for row in rows if row["shown_at"]] == answer["copies"]
    with town.issuing():
        assert shown("refresh", wallet("refresh", "--json"))["deferred"] == []
    (entry,) = shown("history", wallet("history", "--json"))
    assert (entry["outcome"], entry["copies"]) == ("accepted", answer["copies"])
    assert len(shown("trust list", wallet("trust", "list", "--json", opens=False))) == 2


def test_what_a_verifier_tells(verifier: Program) -> None:
    names = [purpose["name"] for purpose in verifier.json("purposes list", "--json")]
    assert names
    assert [verifier.json("purposes show", name)["name"] for name in names] == names
    assert verifier("keys", "create", "--actor", "teller", "--scope", "verify")[0] == 0
    teller = next(key for key in verifier.json("keys list") if key["actor"] == "teller")
    assert verifier("keys", "revoke", teller["id"])[0] == 0
    assert sum(key["revoked_at"] is not None for key in verifier.json("keys list")) == 1
    (anchor,) = verifier.json("trust list", "--json")
    assert anchor["municipality"] == "999997"


def test_a_request_and_its_result(verifier: Program) -> None:
    for more in ([], ["--same-device"]):
        created = verifier.json("request create", "--purpose", "landlord", "--json", *more)
        code, out, _ = verifier("result", created["session"], "--json")
        assert (code, fitting("warifu-verifier result", out)["status"]) == (3, "pending")


CASE: dict[str, Any] = {"id": "a", "kind": "nobody-reads-this", "clause": "", "why": "", "given": {}, "expect": {"outcome": "accept"}}


@pytest.mark.parametrize("name", ["issuer", "wallet", "verifier"])
def test_vectors_are_counted(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kind = {"issuer": "dpop", "wallet": "offer", "verifier": "sd-jwt"}[name]
    changes: list[dict[str, Any]] = [{"why": "x"}, {"id": "b", "kind": kind, "why": "x", "given": {"input": "x"}}, {"id": "c"}]
    for number, change in enumerate(changes):
        (tmp_path / f"{number}.json").write_text(json.dumps(CASE | change), "utf-8")
    code, out, _ = Program(name, capsys)("vectors", str(tmp_path), "--json")
    totals = fitting(f"warifu-{name} vectors", out)
    assert (code, totals["total"]) == (1, 3)
    assert totals["failed"] >= 1


@pytest.mark.parametrize("name", sorted(set(SCHEMAS.values()) - {"residents"}))
def test_a_schema_refuses_what_it_does_not_describe(name: str) -> None:
    wrongs: list[Any] = [{}, {"unknown": 1}, [{}], [{"unknown": 1}], None, "text"]
    for wrong in wrongs:
        assert not jsonschema.Draft202012Validator(schema(name)).is_valid(wrong)
