"""The vault file in a stranger's hands, and a disk that fills up (threats H01, H02, H05)."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode
from wallet.vault.entries import Grant, HolderKey
from wallet.vault.sealing import MEMORY_KIB, PASSES, new_lock, seal, unseal
from wallet.vault.vault import BACKUP_FILE, GENERATION_FILE, VAULT_FILE, create_vault, opened

PASSPHRASE = b"correct horse battery staple"
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def sealed() -> bytes:
    """A sealed vault's bytes; the key derivation is dear, so one serves the whole module."""
    return seal(b'{"secret":"content"}', new_lock(PASSPHRASE), generation=1)


def refused(data: bytes, passphrase: bytes = PASSPHRASE) -> str:
    with pytest.raises(WarifuError) as refusal:
        unseal(data, passphrase)
    return refusal.value.code


def rewritten(data: bytes, change: dict[str, object], *, without: str = "") -> bytes:
    """Return the file with members replaced in place, or one left out, in the one spelling that a vault has."""
    document = {name: change.get(name, value) for name, value in json.loads(data).items() if name != without}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def test_nothing_but_the_passphrase_opens_it(sealed: bytes) -> None:
    assert unseal(sealed, PASSPHRASE).content == b'{"secret":"content"}'
    assert refused(sealed, b"correct horse battery stapl") == "passphrase_wrong"
    assert b"content" not in sealed


@pytest.mark.parametrize("name", ["format", "kdf", "generation", "wrap_nonce", "seal_nonce", "wrapped_key", "sealed"])
def test_a_file_without_one_of_its_members_does_not_open(sealed: bytes, name: str) -> None:
    assert refused(rewritten(sealed, {}, without=name)) == "vault_damaged"


def test_the_key_and_parameters_of_another_vault_do_not_open_it(sealed: bytes) -> None:
    """Whoever knows another passphrase cannot put its lock before somebody else's content."""
    own = json.loads(seal(b"{}", new_lock(b"a stranger's passphrase"), generation=1))
    mixed = rewritten(sealed, {name: own[name] for name in ("kdf", "wrap_nonce", "wrapped_key")})
    assert refused(mixed, b"a stranger's passphrase") == "passphrase_wrong"
    assert refused(rewritten(sealed, {"generation": 2})) == "passphrase_wrong"


def test_one_guess_costs_what_was_decided_and_no_file_says_otherwise(sealed: bytes) -> None:
    kdf = json.loads(sealed)["kdf"]
    assert (kdf["memory_kib"], kdf["passes"], kdf["name"]) == (MEMORY_KIB, PASSES, "argon2id")
    assert MEMORY_KIB >= 64 * 1024
    assert PASSES >= 3
    assert len(b64url_decode(kdf["salt"])) == 16
    for weaker in ({"memory_kib": 8}, {"passes": 1}, {"memory_kib": MEMORY_KIB - 1}, {"memory_kib": 2**31}, {"name": "scrypt"}):
        assert refused(rewritten(sealed, {"kdf": {**kdf, **weaker}})) == "vault_damaged"


def test_there_is_no_counter_to_reset_and_no_flag_to_clear(sealed: bytes) -> None:
    assert json.loads(sealed).keys() == {"format", "kdf", "generation", "wrap_nonce", "seal_nonce", "wrapped_key", "sealed"}


@pytest.mark.parametrize("passphrase", [b"", b"1234", b"1234567"])
def test_a_passphrase_that_is_guessed_in_no_time_is_refused(tmp_path: Path, passphrase: bytes) -> None:
    with pytest.raises(WarifuError) as refusal:
        create_vault(tmp_path, passphrase)
    assert refusal.value.code == "passphrase_short"
    assert list(tmp_path.iterdir()) == []


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond ``size`` bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_old_vault_and_nothing_beside_it(tmp_path: Path) -> None:
    create_vault(tmp_path, PASSPHRASE)
    with opened(tmp_path, PASSPHRASE) as vault:
        vault.content.grants["first"] = Grant("first", "https://warifu.example/999997", (), HolderKey.fresh())
        vault.save()
        whole = (tmp_path / VAULT_FILE).read_bytes()
        vault.content.grants["second"] = Grant("second", "https://warifu.example/999997", (), HolderKey.fresh())
        for room in (0, 100, len(whole)):
            with room_for(room), pytest.raises(WarifuError) as refusal:
                vault.save()
            assert refusal.value.code == "store_full"
            assert (tmp_path / VAULT_FILE).read_bytes() == whole
        vault.save()
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
    with opened(tmp_path, PASSPHRASE) as vault:
        assert vault.content.grants.keys() == {"first", "second"}


def test_the_version_before_opens_too(tmp_path: Path) -> None:
    create_vault(tmp_path, PASSPHRASE)
    with opened(tmp_path, PASSPHRASE) as vault:
        vault.content.grants["first"] = Grant("first", "https://warifu.example/999997", (), HolderKey.fresh())
        vault.save()
    assert unseal((tmp_path / BACKUP_FILE).read_bytes(), PASSPHRASE).generation == 1
    assert unseal((tmp_path / VAULT_FILE).read_bytes(), PASSPHRASE).generation == 2


WRITER = """
import os, sys
from pathlib import Path
from wallet.vault.entries import Grant, HolderKey
from wallet.vault.vault import opened
with opened(Path(sys.argv[1]), sys.argv[2].encode()) as vault:
    while True:
        name = f"g{len(vault.content.grants)}"
        vault.content.grants[name] = Grant(name, "https://warifu.example/999997", (), HolderKey.fresh())
        vault.save()
        os.write(1, b".")
"""


def test_a_killed_writer_leaves_the_old_vault_or_the_new_one(tmp_path: Path) -> None:
    create_vault(tmp_path, PASSPHRASE)
    held = 0
    for round_number in range(4):
        command = [sys.executable, "-c", WRITER, str(tmp_path), PASSPHRASE.decode()]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as child:
            assert child.stdout is not None
            for _ in range(2 * round_number + 1):
                assert child.stdout.read(1) == b"."
            child.kill()
        with opened(tmp_path, PASSPHRASE) as vault:
            assert len(vault.content.grants) > held
            held = len(vault.content.grants)
            assert not vault.rolled_back or (tmp_path / GENERATION_FILE).exists()
