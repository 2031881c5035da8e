"""The commands of the three programs in this process, on a town whose actors have homes."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from issuer.keys import KeyRole, create_root, rotate
from issuer.municipality.office import open_office
from runtime import clock, console, logs
from runtime.fetcher import GuardedFetcher
from runtime.store import begin
from tests.flows.conftest import lock
from tests.flows.equipped import equipped
from tests.flows.town import INTERNAL, Town, build_town
from tests.generate_cli import SCHEMAS, root
from tests.wallet.command import Command, pipe_with
from verifier.settings import CERTIFICATE_FILE
from wallet.vault.sealing import VaultLock

__all__ = ["lock"]
FOLDER = Path(__file__).parents[2] / "docs" / "schemas"
PASSPHRASE = "correct horse battery staple"


def schema(name: str) -> dict[str, Any]:
    """Return one of docs/schemas."""
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.schema.json").read_text("utf-8"))
    return document


def fitting(command: str, printed: str) -> Any:
    """Return what a command printed, after holding it against its schema."""
    document = json.loads(printed)
    jsonschema.Draft202012Validator(schema(SCHEMAS[command])).validate(document)
    return document


@dataclass(frozen=True)
class Program:
    """One of the three programs; called as on a terminal that is none."""

    name: str
    capsys: pytest.CaptureFixture[str]
    home: Path | None = None

    def __call__(self, *arguments: str, secrets: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        """Run a command and return exit code, standard output and standard error."""
        given = [word for option, secret in (secrets or {}).items() for word in (option, str(pipe_with(secret)))]
        at_home = [] if self.home is None else ["--home", str(self.home)]
        prog = f"warifu-{self.name}"
        self.capsys.readouterr()
        words = [*arguments, *at_home, *given]
        code = console.outcome(lambda: root(self.name).main(args=words, prog_name=prog, standalone_mode=False), prog)
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def json(self, command: str, *arguments: str) -> Any:
        """Run a command that is to succeed and return its result, after holding it against its schema."""
        code, out, err = self(*command.split(), *arguments)
        assert code == 0, err
        return fitting(f"warifu-{self.name} {command}", out)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A town whose front waits long for the inner side, so that a busy machine changes no result."""
    with build_town(tmp_path, deferred_after=25.0) as built:
        yield built


@pytest.fixture
def issuer(town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """The town's inner side with a home, keys of its own and the town's network."""
    home = town.folder / "inner"
    (home / "keys").mkdir(parents=True)
    settings = {
        "municipality_code": town.world.warifu.code,
        "municipality_name": town.world.warifu.name,
        "issuer": town.world.warifu.issuer,
        "front_url": INTERNAL,
        "store_url": f"sqlite:///{town.folder / 'inner.db'}",
    }
    (home / "config.toml").write_text("".join(f'{name} = "{value}"\n' for name, value in settings.items()), "utf-8")
    monkeypatch.setattr("issuer.municipality.office.GuardedFetcher", lambda **_: GuardedFetcher(transport=town.wire))
    monkeypatch.setattr(clock, "now", town.clock)
    office = open_office(home)
    secret = PASSPHRASE.encode()
    with begin(office.engine) as connection:
        create_root(connection, office.keys_folder, office.authority, passphrase=secret, at=town.clock())
        rotate(connection, office.keys_folder, KeyRole.STATUS_SIGNER, office.authority, passphrase=secret, at=town.clock())
    office.engine.dispose()
    return Program("issuer", capsys, home)


@pytest.fixture
def wallet(town: Town, lock: VaultLock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return equipped(town, lock, monkeypatch, capsys)


@pytest.fixture
def verifier(town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """A verifier's home with the certificate of the town's bank, and trust in the city."""
    monkeypatch.setattr(clock, "now", town.clock)
    home, pem = town.folder / "verifier", town.folder / "city-root.pem"
    program = Program("verifier", capsys, home)
    options = ["--name", "割符銀行", "--public-url", "https://localhost:8543", "--tls", str(town.folder / "tls")]
    assert program("init", *options, secrets={"--passphrase-fd": PASSPHRASE})[0] == 0
    (home / CERTIFICATE_FILE).write_bytes(town.world.bank.identity.certificate.public_bytes(Encoding.PEM))
    pem.write_bytes(town.world.warifu.root.certificate.public_bytes(Encoding.PEM))
    rules = ["--purpose", "issuer", "--municipality", "999997", "--status-origin", town.world.warifu.origin]
    assert program("trust", "add", str(pem), *rules)[0] == 0
    return program


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """English, eighty columns, nothing of ours in the environment."""
    for name in list(os.environ):
        if name.startswith("WARIFU_") and not name.startswith(("WARIFU_FOREIGN", "WARIFU_REQUIRE", "WARIFU_TEST")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("WARIFU_LANG", "en")
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(autouse=True)
def log_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A command that serves points the log of the whole process at its standard error; give it back afterwards."""
    library_log = logging.getLogger()
    handlers, level = library_log.handlers[:], library_log.level
    monkeypatch.setattr(logs._sink, "stream", logs._sink.stream)
    monkeypatch.setattr(logs._sink, "role", logs._sink.role)
    yield
    library_log.handlers[:] = handlers
    library_log.setLevel(level)
