"""The vault on disk: one sealed file, one process at a time, the last version kept beside it (threat rows H05, H06, H09)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.files import exclusive, private_directory, read_private, write_private
from schemas.errors import WarifuError
from wallet.vault.content import VaultContent, read_content
from wallet.vault.sealing import MAX_VAULT_BYTES, open_vault, seal_vault

VAULT_FILE = "vault.json"
LOCK_FILE = "vault.lock"


class Vault:
    """An open vault; :meth:`save` writes it whole, or not at all."""

    def __init__(self, path: Path, passphrase: bytes, content: VaultContent) -> None:
        self._path = path
        self._passphrase = passphrase
        self.content = content

    def save(self) -> None:
        """Seal and write the content in one step; the version before stays as ``vault.json.bak``.

        Raises:
            WarifuError: ``store_full``, ``store_unavailable``; the old file then still stands.
        """
        sealed = seal_vault(self.content.to_bytes(), self._passphrase)
        if self._path.exists():
            write_private(self._path.with_suffix(".json.bak"), read_private(self._path, max_bytes=MAX_VAULT_BYTES * 2))
        write_private(self._path, sealed)


def create_vault(home: Path, passphrase: bytes) -> None:
    """Make an empty vault in ``home``.

    Raises:
        WarifuError: ``vault_exists``, ``passphrase_short``, store errors.
    """
    private_directory(home)
    path = home / VAULT_FILE
    try:
        write_private(path, seal_vault(VaultContent().to_bytes(), passphrase), replace=False)
    except WarifuError as error:
        if error.code != "file_exists":
            raise
        raise WarifuError(
            "vault_exists", "there is a vault here already", hint="use it, or choose another --home", layer="store"
        ) from error


@contextmanager
def opened(home: Path, passphrase: bytes) -> Iterator[Vault]:
    """Open the vault in ``home`` for this process alone while the block runs; nothing is saved unless asked.

    Raises:
        WarifuError: ``vault_missing``, ``vault_locked`` where another process has it, ``file_not_private``,
            ``passphrase_wrong``, ``vault_damaged``.
    """
    path = home / VAULT_FILE
    if not path.exists():
        raise WarifuError("vault_missing", "there is no vault here", hint="run warifu-wallet init first, or name its --home", layer="store")
    try:
        with exclusive(home / LOCK_FILE):
            yield Vault(path, passphrase, read_content(open_vault(read_private(path, max_bytes=MAX_VAULT_BYTES * 2), passphrase)))
    except WarifuError as error:
        if error.code != "store_busy":
            raise
        raise WarifuError(
            "vault_locked", "another process has the vault open", hint="wait until the other command has finished", layer="store"
        ) from error
