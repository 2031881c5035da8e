"""A town and a wallet in it, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.files import private_directory, write_private
from tests.flows.equipped import equipped
from tests.flows.holder import PASSPHRASE, Holder
from tests.flows.town import Town, build_town
from tests.wallet.command import Command
from wallet.vault.content import VaultContent
from wallet.vault.sealing import VaultLock, new_lock, seal
from wallet.vault.vault import VAULT_FILE, Vault


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with build_town(tmp_path) as built:
        yield built


@pytest.fixture
def absent_town(tmp_path: Path) -> Iterator[Town]:
    """A town whose front defers at once, since nobody answers."""
    with build_town(tmp_path, deferred_after=0, deferred_interval=1) as built:
        yield built


@pytest.fixture(scope="session")
def lock() -> VaultLock:
    """The lock of every vault of these tests: deriving it is made to be slow."""
    return new_lock(PASSPHRASE)


def holder_in(town: Town, lock: VaultLock) -> Holder:
    home = private_directory(town.folder / "wallet")
    content = VaultContent()
    write_private(home / VAULT_FILE, seal(content.to_bytes(), lock, generation=1))
    return Holder(town, home, Vault(home, lock, content, generation=1, newest=1))


@pytest.fixture
def holder(town: Town, lock: VaultLock) -> Holder:
    return holder_in(town, lock)


@pytest.fixture
def waiting_holder(absent_town: Town, lock: VaultLock) -> Holder:
    return holder_in(absent_town, lock)


@pytest.fixture
def wallet(town: Town, lock: VaultLock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command of a wallet in the town."""
    return equipped(town, lock, monkeypatch, capsys)


@pytest.fixture
def waiting_wallet(absent_town: Town, lock: VaultLock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setattr("wallet.cli.receiving.time.sleep", lambda seconds: absent_town.clock.forward(seconds=seconds))
    return equipped(absent_town, lock, monkeypatch, capsys)
