"""The vault on disk: one sealed file, one process at a time, the last version kept beside it (threat rows H05 to H09)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from runtime.files import exclusive, file_error, private_directory, read_private, write_private
from schemas.errors import WarifuError
from wallet.vault.content import VaultContent, read_content
from wallet.vault.sealing import MAX_VAULT_BYTES, VaultLock, check_passphrase, damaged, new_lock, seal, unseal

VAULT_FILE = "vault.json"
BACKUP_FILE = "vault.json.bak"
#: The number of the newest version that was written here; an older vault in its place was brought back (H07).
GENERATION_FILE = "vault.generation"
LOCK_FILE = "vault.lock"
#: Written and removed at once, to see whether there is room.
TRIAL_FILE = "vault.room"
MAX_FILE_BYTES = MAX_VAULT_BYTES * 2


class Vault:
    """An open vault; :meth:`save` writes it whole, or not at all.

    Attributes:
        content: what it holds; changes reach the disk by :meth:`save` alone.
        rolled_back: the file is older than the newest that was written here.
    """

    def __init__(self, home: Path, lock: VaultLock, content: VaultContent, generation: int, newest: int) -> None:
        self._home = home
        self._lock = lock
        self._generation = max(generation, newest)
        self.content = content
        self.rolled_back = generation < newest

    def save(self) -> None:
        """Seal and write the content in one step; the version before stays as ``vault.json.bak``.

        Raises:
            WarifuError: ``store_full``, ``store_unavailable``; the old file then still stands.
        """
        sealed = seal(self.content.to_bytes(), self._lock, generation=self._generation + 1)
        path = self._home / VAULT_FILE
        write_private(self._home / BACKUP_FILE, read_private(path, max_bytes=MAX_FILE_BYTES))
        write_private(path, sealed)
        self._generation += 1
        write_private(self._home / GENERATION_FILE, str(self._generation).encode("ascii"))

    def check_room(self, more: int) -> None:
        """Refuse to begin what could not be saved: takes as much of the disk as saving ``more`` bytes besides would, and gives it back.

        A code that is redeemed, or a copy that is issued, cannot be had again where the disk is full only afterwards.

        Raises:
            WarifuError: ``store_full``, ``store_unavailable``; nothing has changed.
        """
        trial = self._home / TRIAL_FILE
        try:
            write_private(trial, bytes((self._home / VAULT_FILE).stat().st_size + more))
        except OSError as error:
            raise file_error(error) from error
        finally:
            trial.unlink(missing_ok=True)

    def spend_everything(self, at: datetime) -> None:
        """Count every copy as shown: what the newer version knew to be used up cannot be told any more (H07)."""
        self.content.mark_shown(list(self.content.copies), at)


def create_vault(home: Path, passphrase: bytes) -> None:
    """Make an empty vault in ``home``.

    Raises:
        WarifuError: ``vault_exists``, ``passphrase_short``, store errors.
    """
    check_passphrase(passphrase)
    private_directory(home)
    generation = newest_generation(home) + 1
    try:
        write_private(home / VAULT_FILE, seal(VaultContent().to_bytes(), new_lock(passphrase), generation=generation), replace=False)
    except WarifuError as error:
        if error.code != "file_exists":
            raise
        raise _exists() from error


def check_no_vault(home: Path) -> None:
    """Refuse a home that has a vault; raises ``vault_exists``."""
    if (home / VAULT_FILE).exists():
        raise _exists()


def check_vault_there(home: Path) -> None:
    """Refuse a home without a vault; raises ``vault_missing``."""
    if not (home / VAULT_FILE).exists():
        raise WarifuError("vault_missing", "there is no vault here", hint="run warifu-wallet init first, or name its --home", layer="store")


def _exists() -> WarifuError:
    return WarifuError("vault_exists", "there is a vault here already", hint="use it, or choose another --home", layer="store")


@contextmanager
def opened(home: Path, passphrase: bytes) -> Iterator[Vault]:
    """Open the vault in ``home`` for this process alone while the block runs; nothing is saved unless asked.

    Raises:
        WarifuError: ``vault_missing``, ``vault_locked`` where another process has it, ``file_not_private``,
            ``passphrase_wrong``, ``vault_damaged``.
    """
    check_vault_there(home)
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive(home / LOCK_FILE))
        except WarifuError as error:
            if error.code != "store_busy":
                raise
            raise WarifuError(
                "vault_locked", "another process has the vault open", hint="wait until the other command has finished", layer="store"
            ) from error
        unsealed = unseal(read_private(home / VAULT_FILE, max_bytes=MAX_FILE_BYTES), passphrase)
        yield Vault(home, unsealed.lock, read_content(unsealed.content), unsealed.generation, newest_generation(home))


def newest_generation(home: Path) -> int:
    """Return the number of the newest version that was written here, 0 where none is noted; raises ``vault_damaged``."""
    try:
        text = read_private(home / GENERATION_FILE, max_bytes=20)
    except WarifuError as error:
        if error.code != "file_missing":
            raise
        return 0
    if not text.isdigit():
        raise damaged()
    return int(text)
