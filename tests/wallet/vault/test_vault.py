"""The file: private, locked, whole or not at all, and known when an older one comes back (threat rows H05 to H09)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runtime.files import exclusive
from schemas.errors import WarifuError
from tests.wallet.vault.contents import PASSPHRASE, copy, small_content
from wallet.vault.sealing import VaultLock, seal, unseal
from wallet.vault.vault import BACKUP_FILE, GENERATION_FILE, LOCK_FILE, VAULT_FILE, Vault, create_vault, opened

AT = datetime(2026, 4, 2, tzinfo=UTC)


def code_of_opening(home: Path, passphrase: bytes = PASSPHRASE) -> str:
    with pytest.raises(WarifuError) as caught, opened(home, passphrase):
        pass
    return caught.value.code


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_what_was_saved_is_there_when_it_is_opened_again(home: Path) -> None:
    with opened(home, PASSPHRASE) as vault:
        vault.content.copies["c0ffee11"] = copy("c0ffee11")
        vault.save()
    with opened(home, PASSPHRASE) as again:
        assert again.content.copies.keys() == {"c0ffee00", "c0ffee11"}
        assert not again.rolled_back


def test_nothing_is_saved_unless_asked(home: Path, vault: Vault) -> None:
    before = (home / VAULT_FILE).read_bytes()
    vault.content.copies.clear()
    assert (home / VAULT_FILE).read_bytes() == before


def test_the_version_before_stays_beside_it(home: Path, vault: Vault) -> None:
    before = (home / VAULT_FILE).read_bytes()
    vault.save()
    assert (home / BACKUP_FILE).read_bytes() == before
    assert (home / VAULT_FILE).read_bytes() != before


def test_every_writing_counts(home: Path, vault: Vault) -> None:
    for expected in (2, 3, 4):
        vault.save()
        assert json.loads((home / VAULT_FILE).read_bytes())["generation"] == expected
        assert (home / GENERATION_FILE).read_bytes() == str(expected).encode()


def test_an_empty_vault_is_made_once(tmp_path: Path) -> None:
    home = tmp_path / "new"
    create_vault(home, PASSPHRASE)
    before = (home / VAULT_FILE).read_bytes()
    assert mode(home) == 0o700
    with pytest.raises(WarifuError) as caught:
        create_vault(home, b"another passphrase")
    assert caught.value.code == "vault_exists"
    assert (home / VAULT_FILE).read_bytes() == before
    with opened(home, PASSPHRASE) as vault:
        assert vault.content.copies == {}


def test_a_new_vault_in_an_old_home_is_not_taken_for_a_rollback(home: Path, vault: Vault) -> None:
    vault.save()
    (home / VAULT_FILE).unlink()
    create_vault(home, PASSPHRASE)
    with opened(home, PASSPHRASE) as again:
        assert not again.rolled_back


def test_a_short_passphrase_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(WarifuError) as caught:
        create_vault(tmp_path / "new", b"short")
    assert caught.value.code == "passphrase_short"
    assert not (tmp_path / "new").exists()


def test_a_missing_vault_and_a_wrong_passphrase(home: Path, tmp_path: Path) -> None:
    assert code_of_opening(tmp_path) == "vault_missing"
    assert code_of_opening(home, b"wrong passphrase") == "passphrase_wrong"


# ---- H06: who may read it


def test_files_are_for_this_user_alone(home: Path, vault: Vault) -> None:
    old = os.umask(0)
    try:
        vault.save()
        with opened(home, PASSPHRASE):
            pass
    finally:
        os.umask(old)
    assert {path.name: mode(path) for path in home.iterdir()} == dict.fromkeys((VAULT_FILE, BACKUP_FILE, GENERATION_FILE, LOCK_FILE), 0o600)


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666])
def test_any_bit_for_others_is_refused(home: Path, bits: int) -> None:
    (home / VAULT_FILE).chmod(bits)
    assert code_of_opening(home) == "file_not_private"


def test_a_symbolic_link_is_not_followed(home: Path, tmp_path: Path) -> None:
    (home / VAULT_FILE).rename(tmp_path / "elsewhere")
    (home / VAULT_FILE).symlink_to(tmp_path / "elsewhere")
    assert code_of_opening(home) == "file_not_private"


def test_a_symbolic_link_in_place_of_the_lock_is_not_followed(home: Path, tmp_path: Path) -> None:
    (home / LOCK_FILE).symlink_to(tmp_path / "victim")
    assert code_of_opening(home) == "store_unavailable"
    assert not (tmp_path / "victim").exists()


def test_saving_replaces_a_planted_backup_link_without_writing_through_it(home: Path, vault: Vault, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (home / BACKUP_FILE).symlink_to(victim)
    vault.save()
    assert victim.read_bytes() == b"mine"
    assert not (home / BACKUP_FILE).is_symlink()


def test_what_is_no_plain_file_is_refused(home: Path) -> None:
    (home / VAULT_FILE).unlink()
    os.mkfifo(home / VAULT_FILE, 0o600)
    assert code_of_opening(home) == "file_not_private"


# ---- H07: an older vault


def test_an_older_vault_is_known_and_its_copies_count_as_shown(home: Path, vault: Vault) -> None:
    vault.save()
    older = (home / VAULT_FILE).read_bytes()
    vault.content.mark_shown(["c0ffee00"], AT)
    vault.save()
    (home / VAULT_FILE).write_bytes(older)
    with opened(home, PASSPHRASE) as back:
        assert back.rolled_back
        back.spend_everything(AT)
        assert not any(back.content.is_fresh(one, AT) for one in back.content.copies.values())
        back.save()
    with opened(home, PASSPHRASE) as again:
        assert not again.rolled_back
        assert again.content.copies["c0ffee00"].shown_at is not None


def test_the_backup_brought_back_is_known_as_older(home: Path, vault: Vault) -> None:
    vault.save()
    vault.save()
    (home / BACKUP_FILE).replace(home / VAULT_FILE)
    with opened(home, PASSPHRASE) as back:
        assert back.rolled_back


@pytest.mark.parametrize("text", [b"", b"x", b"-1", b"1 2"])
def test_a_broken_mark_is_told(home: Path, text: bytes) -> None:
    (home / GENERATION_FILE).write_bytes(text)
    (home / GENERATION_FILE).chmod(0o600)
    assert code_of_opening(home) == "vault_damaged"


# ---- H09: two at once


HOLD = """
import sys
from pathlib import Path
from runtime.files import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_told_that_the_vault_is_in_use(home: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(home / LOCK_FILE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert code_of_opening(home) == "vault_locked"
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with opened(home, PASSPHRASE):  # a lock dies with its process, so that a crash locks nobody out
        pass


def test_the_lock_is_held_while_the_vault_is_open(home: Path) -> None:
    with opened(home, PASSPHRASE), pytest.raises(WarifuError) as caught, exclusive(home / LOCK_FILE):
        pass
    assert caught.value.code == "store_busy"


def test_an_error_inside_is_not_taken_for_a_locked_vault(home: Path) -> None:
    with pytest.raises(WarifuError) as caught, opened(home, PASSPHRASE):
        raise WarifuError("store_busy", "something else is busy")
    assert caught.value.code == "store_busy"


def test_the_content_is_sealed_by_the_passphrase_that_opened_it(home: Path, vault: Vault, lock: VaultLock) -> None:
    vault.save()
    opened_again = unseal((home / VAULT_FILE).read_bytes(), PASSPHRASE)
    assert opened_again.content == small_content().to_bytes()
    assert opened_again.lock == lock
    assert seal(b"", lock, generation=1) != seal(b"", lock, generation=1)
