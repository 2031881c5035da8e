"""The commands: a home from init to result, and what they say when something is wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from cryptography.hazmat.primitives.serialization import Encoding

from runtime.console import outcome
from tests.world import World
from verifier.cli.application import app
from verifier.office import open_office
from verifier.settings import CERTIFICATE_FILE

Run = Callable[..., tuple[int, str, str]]
PASSPHRASE = b"correct horse battery staple\n"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*arguments: str, secret: bytes | None = None) -> tuple[int, str, str]:
        given = list(arguments)
        if secret is not None:
            reading, writing = os.pipe()
            os.write(writing, secret)
            os.close(writing)
            given += ["--passphrase-fd", str(reading)]
        code = outcome(lambda: typer.main.get_command(app).main(args=given, standalone_mode=False), "warifu-verifier")
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


@pytest.fixture
def home(run: Run, tmp_path: Path, world: World) -> Path:
    """A verifier's home with a certificate from the world's registrar and trust in both cities."""
    path = tmp_path / "verifier"
    places = ["--home", str(path), "--tls", str(tmp_path / "tls")]
    code, out, err = run("init", *places, "--name", "割符銀行", "--public-url", "https://localhost:8543", secret=PASSPHRASE)
    assert code == 0, err
    assert "vk_" in out
    (path / CERTIFICATE_FILE).write_bytes(world.bank.identity.certificate.public_bytes(Encoding.PEM))
    for city in world.cities:
        root = tmp_path / f"{city.code}.pem"
        root.write_bytes(city.root.certificate.public_bytes(Encoding.PEM))
        rules = ["--purpose", "issuer", "--municipality", city.code, "--status-origin", city.origin]
        assert run("trust", "add", str(root), "--home", str(path), *rules)[0] == 0
    return path


def test_init_leaves_a_private_home_that_opens(home: Path, world: World) -> None:
    for path in (home, home / "keys", home / "keys/access.key", home / "config.toml", home / "verifier.db", home / "server.key"):
        assert path.stat().st_mode & 0o077 == 0, path
    office = open_office(home)
    assert office.client_id == world.audience
    assert {anchor.municipality for anchor in office.anchors} == {"999997", "999989"}
    assert set(office.purposes) == {"bank-address-check", "landlord"}
    office.engine.dispose()


def test_init_never_writes_over_a_home(run: Run, home: Path, tmp_path: Path) -> None:
    before = (home / "keys/access.key").read_bytes()
    places = ["--home", str(home), "--tls", str(tmp_path / "tls")]
    code, _, err = run("init", *places, "--name", "x", "--public-url", "https://localhost:1", secret=PASSPHRASE)
    assert (code, "file_exists" in err) == (1, True)
    assert (home / "keys/access.key").read_bytes() == before


def test_a_request_is_created_and_waits(run: Run, home: Path) -> None:
    code, out, _ = run("request", "create", "--home", str(home), "--purpose", "landlord", "--json")
    created = json.loads(out)
    assert (code, created["flow"], created["start_url"]) == (0, "cross-device", None)
    assert created["link"].startswith("haip-vp://?client_id=x509_hash%3A")
    code, out, _ = run("result", created["session"], "--home", str(home), "--json")
    assert (code, json.loads(out)) == (3, {"session": created["session"], "status": "pending"})
    code, _, err = run("result", "nobody", "--home", str(home))
    assert (code, "session_unknown" in err, "hint:" in err) == (1, True, True)


def test_a_request_for_a_wallet_on_this_device_and_from_a_file(run: Run, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(PURPOSE, "utf-8")
    options = ["--purpose", str(file), "--same-device", "--wallet-url", "https://wallet.example/authorize"]
    code, out, err = run("request", "create", "--home", str(home), *options)
    assert code == 0
    assert out.startswith("https://wallet.example/authorize?client_id=")
    assert "https://localhost:8543/openid4vp/start/" in err


PURPOSE = """
name = "own"
[text]
ja = "確認"
en = "Check"
[[credentials]]
id = "q"
type = "resident-record"
claims = ["name", "address"]
"""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("name", "Name With Spaces"), "name is made of"),
        (('en = "Check"', ""), "Japanese and an English"),
        (('type = "resident-record"', 'type = "resident-recrod"'), "unknown_credential_type"),
        (('"address"', '"adress"'), "has no claim adress"),
        (('id = "q"', 'id = "q q"'), "query_malformed"),
        (('id = "q"', 'id = "q"\nfrmat = "x"'), "unknown key frmat"),
        (("[text]", 'holder_relations = ["friend"]\n[text]'), "holder_relations"),
        (("[text]", "max_status_age = -1\n[text]"), "max_status_age"),
        (("[text]", "["), "is no TOML"),
    ],
)
def test_lint_names_what_is_wrong(run: Run, tmp_path: Path, change: tuple[str, str], said: str) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(PURPOSE, "utf-8")
    bad.write_text(PURPOSE.replace('"own"', '"Name With Spaces"') if change[0] == "name" else PURPOSE.replace(*change), "utf-8")
    assert run("purposes", "lint", str(good))[0] == 0
    code, _, err = run("purposes", "lint", str(bad))
    assert (code, said in err) == (1, True), err


def test_the_built_in_purposes_are_in_order_in_both_formats(run: Run, home: Path) -> None:
    code, out, _ = run("purposes", "show", "bank-address-check", "--home", str(home))
    queries = {item["format"]: [claim["path"] for claim in item["claims"]] for item in json.loads(out)["dcql_query"]["credentials"]}
    assert code == 0
    assert queries["dc+sd-jwt"] == [["name"], ["name_kana"], ["birthdate"], ["address", "formatted"]]
    assert ["org.iso.23220.1", "resident_address_unicode"] in queries["mso_mdoc"]
    assert run("purposes", "list", "--home", str(home))[0] == 0
    assert run("purposes", "show", "nobody", "--home", str(home))[0] == 1


def test_trust_is_given_for_named_purposes_only(run: Run, home: Path, tmp_path: Path, world: World) -> None:
    root = tmp_path / "root.pem"
    root.write_bytes(world.warifu.root.certificate.public_bytes(Encoding.PEM))
    for arguments in (["--purpose", "everything"], ["--purpose", "issuer"], ["--purpose", "issuer", "--municipality", "1"]):
        code, _, err = run("trust", "add", str(root), "--home", str(home), *arguments)
        assert (code, "bad_anchor" in err) == (1, True)
    root.write_text("no certificate")
    assert run("trust", "add", str(root), "--home", str(home), "--purpose", "status")[0] == 1
    code, out, _ = run("trust", "list", "--home", str(home), "--json")
    assert [row["purposes"] for row in json.loads(out)] == [["issuer", "status"]] * 2


def test_keys_of_the_back_office(run: Run, home: Path) -> None:
    code, out, _ = run("keys", "create", "--home", str(home), "--actor", "teller", "--scope", "verify")
    assert (code, out.startswith("vk_")) == (0, True)
    assert run("keys", "create", "--home", str(home), "--actor", "x", "--scope", "everything")[0] == 1
    listed: list[dict[str, Any]] = json.loads(run("keys", "list", "--home", str(home))[1])
    teller = next(entry for entry in listed if entry["actor"] == "teller")
    assert run("keys", "revoke", teller["id"], "--home", str(home))[0] == 0
    assert run("keys", "revoke", teller["id"], "--home", str(home))[0] == 1


def test_serving_needs_the_passphrase_and_a_certificate(run: Run, home: Path) -> None:
    code, _, err = run("serve", "--home", str(home), secret=b"wrong\n")
    assert (code, "passphrase_wrong" in err) == (1, True)
    (home / CERTIFICATE_FILE).unlink()
    code, _, err = run("serve", "--home", str(home), secret=PASSPHRASE)
    assert (code, "access_certificate_missing" in err) == (1, True)


def test_an_unknown_setting_or_a_development_switch_in_public_stops_the_start(run: Run, home: Path) -> None:
    config = home / "config.toml"
    good = config.read_text("utf-8")
    for change, code in (
        (good + "unknown = 1\n", "config_unknown_key"),
        (good.replace("https://localhost:8543", "https://v.example").replace("[]", '["https://localhost:1"]'), "config_development_switch"),
        (good.replace("https://localhost:8543", "http://localhost:8543"), "config_invalid"),
    ):
        config.write_text(change, "utf-8")
        result, _, err = run("request", "create", "--home", str(home), "--purpose", "landlord")
        assert (result, code in err) == (1, True), err
