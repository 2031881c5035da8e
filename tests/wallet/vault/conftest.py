"""A small vault on disk; its lock is derived once, since deriving is made to be slow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.files import private_directory, write_private
from tests.wallet.vault.contents import PASSPHRASE, small_content
from wallet.vault.sealing import VaultLock, new_lock, seal
from wallet.vault.vault import VAULT_FILE, Vault

MakeVault = Callable[[], Vault]


@pytest.fixture(scope="session")
def lock() -> VaultLock:
    return new_lock(PASSPHRASE)


@pytest.fixture
def home(tmp_path: Path, lock: VaultLock) -> Path:
    """A home with a vault of generation 1."""
    home = private_directory(tmp_path / "wallet")
    write_private(home / VAULT_FILE, seal(small_content().to_bytes(), lock, generation=1))
    return home


@pytest.fixture
def vault(home: Path, lock: VaultLock) -> Vault:
    """The vault of ``home``, open."""
    return Vault(home, lock, small_content(), generation=1, newest=0)
