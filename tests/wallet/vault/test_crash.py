"""A process that dies, or a disk that is full, in the middle of saving: the old vault or the new one, never a torn one (H05).

The child is killed by SIGKILL before each line that runs while it saves, one line further in every round; then at
moments that nobody chose.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from schemas.errors import WarifuError
from tests.wallet.vault.contents import PASSPHRASE, copy
from wallet.vault import sealing
from wallet.vault.content import read_content
from wallet.vault.sealing import VaultLock
from wallet.vault.vault import BACKUP_FILE, VAULT_FILE, Vault

TRACED = ("runtime/files.py", "wallet/vault/vault.py")
ROUNDS = 25


def in_child(act: Callable[[], None]) -> int:
    """Run ``act`` in a forked child and return its wait status."""
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException:  # whatever it was, the parent sees the status alone
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def kill_at_line(number: int) -> Callable[[FrameType, str, Any], Any]:
    """Return a trace function that kills this process before the ``number``-th line of the saving code."""
    left = [number]

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if not frame.f_code.co_filename.endswith(TRACED):
            return None
        if event == "line":
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def content_on_disk(home: Path, lock: VaultLock, monkeypatch: pytest.MonkeyPatch, name: str = VAULT_FILE) -> set[str]:
    """Open the file as any process would, the slow derivation remembered, and return the ids of its copies."""
    monkeypatch.setattr(sealing, "derive", lambda _kdf, _passphrase: lock.key)
    return set(read_content(sealing.unseal((home / name).read_bytes(), PASSPHRASE).content).copies)


def test_killed_before_any_line_the_vault_is_old_or_new(home: Path, vault: Vault, lock: VaultLock, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.save()
    old = {"c0ffee00"}
    new = old | {"c0ffee11"}
    vault.content.copies["c0ffee11"] = copy("c0ffee11")
    seen: list[set[str]] = []
    number = 0
    while True:

        def save(line: int = number) -> None:
            sys.settrace(kill_at_line(line))
            vault.save()

        status = in_child(save)
        found = content_on_disk(home, lock, monkeypatch)
        assert found in (old, new), f"torn before line {number}"
        assert content_on_disk(home, lock, monkeypatch, BACKUP_FILE) in (old, new)
        seen.append(found)
        if not os.WIFSIGNALED(status):
            assert os.WEXITSTATUS(status) == 0
            break
        if found == new:  # the next round starts from the old one again
            (home / VAULT_FILE).write_bytes((home / BACKUP_FILE).read_bytes())
        number += 1
    assert number > 50, "the saving code was hardly traced"
    assert old in seen
    assert seen[-1] == new


def test_killed_at_any_moment_the_vault_opens(home: Path, vault: Vault, lock: VaultLock, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.save()
    for number in range(ROUNDS):
        reading, writing = os.pipe()

        def save_forever(end: int = writing) -> None:
            while True:
                os.write(end, b".")
                vault.content.copies["c0ffee11"] = copy("c0ffee11")
                vault.save()

        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                save_forever()
            os._exit(1)
        os.close(writing)
        for _ in range(1 + number % 5):
            assert os.read(reading, 1) == b"."
        os.kill(child, signal.SIGKILL)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
        os.close(reading)
        assert content_on_disk(home, lock, monkeypatch) in ({"c0ffee00"}, {"c0ffee00", "c0ffee11"})


def test_leftovers_of_a_crash_do_not_stop_the_next_saving(
    home: Path, vault: Vault, lock: VaultLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".vault.json.0123456789abcdef").write_bytes(b"half")
    vault.content.copies["c0ffee11"] = copy("c0ffee11")
    vault.save()
    assert content_on_disk(home, lock, monkeypatch) == {"c0ffee00", "c0ffee11"}


@pytest.mark.parametrize("limit", [0, 1, 100, 400])
def test_a_full_disk_leaves_the_old_vault_and_is_told(
    home: Path, vault: Vault, lock: VaultLock, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """The limit on file size gives the error of a full disk at a byte of our choice."""
    vault.save()
    before = (home / VAULT_FILE).read_bytes()
    names = {path.name for path in home.iterdir()}

    def save() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        vault.content.copies["c0ffee11"] = copy("c0ffee11")
        with pytest.raises(WarifuError) as caught:
            vault.save()
        assert caught.value.code == "store_full"

    assert in_child(save) == 0
    assert (home / VAULT_FILE).read_bytes() == before
    assert {path.name for path in home.iterdir()} == names
    assert content_on_disk(home, lock, monkeypatch) == {"c0ffee00"}


def test_a_disk_that_fills_up_between_backup_and_vault(home: Path, vault: Vault, lock: VaultLock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new vault is larger than the old one, so that the backup fits and the vault does not."""
    vault.save()
    before = (home / VAULT_FILE).read_bytes()

    def save() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before), len(before)))
        vault.content.copies["c0ffee11"] = copy("c0ffee11")
        with pytest.raises(WarifuError) as caught:
            vault.save()
        assert caught.value.code == "store_full"

    assert in_child(save) == 0
    assert (home / VAULT_FILE).read_bytes() == before
    assert (home / BACKUP_FILE).read_bytes() == before
    assert content_on_disk(home, lock, monkeypatch) == {"c0ffee00"}


def test_a_folder_that_cannot_be_written_leaves_the_old_vault(home: Path, vault: Vault) -> None:
    before = (home / VAULT_FILE).read_bytes()
    (home / BACKUP_FILE).mkdir()  # even the superuser cannot replace a folder by a file
    with pytest.raises(WarifuError) as caught:
        vault.save()
    assert caught.value.code == "store_unavailable"
    assert (home / VAULT_FILE).read_bytes() == before
