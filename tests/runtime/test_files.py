"""Private files: modes, atomic replacement, links, locks, full disks."""

from __future__ import annotations

import errno
import multiprocessing
import os
import resource
import stat
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from runtime.files import exclusive, file_error, private_directory, read_private, write_atomic, write_private
from schemas.errors import WarifuError

_SPAWN = multiprocessing.get_context("spawn")


def code_of(error: pytest.ExceptionInfo[WarifuError]) -> str:
    return error.value.code


def test_written_file_is_private_and_complete(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_private(path, b"one")
    write_private(path, b"two")
    assert read_private(path) == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in tmp_path.iterdir()] == ["key"]


def test_public_file_has_its_mode_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        write_atomic(tmp_path / "list", b"x", mode=0o644)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "list").stat().st_mode) == 0o644


def test_existing_file_is_not_replaced_unless_meant(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_private(path, b"one")
    with pytest.raises(WarifuError) as error:
        write_private(path, b"two", replace=False)
    assert code_of(error) == "file_exists"
    assert read_private(path) == b"one"
    assert [item.name for item in tmp_path.iterdir()] == ["key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o611, 0o677])
def test_readable_by_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    write_private(path, b"one")
    path.chmod(mode)
    with pytest.raises(WarifuError) as error:
        read_private(path)
    assert code_of(error) == "file_not_private"


def test_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    write_private(tmp_path / "real", b"one")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(WarifuError) as error:
        read_private(tmp_path / "link")
    assert code_of(error) == "file_not_private"


def test_writing_over_a_link_replaces_the_link_and_not_its_target(tmp_path: Path) -> None:
    write_private(tmp_path / "real", b"one")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_private(tmp_path / "link", b"two")
    assert read_private(tmp_path / "real") == b"one"
    assert not (tmp_path / "link").is_symlink()


def test_directory_and_fifo_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo", 0o600)
    for name in ("fifo", "."):
        with pytest.raises(WarifuError) as error:
            read_private(tmp_path / name)
        assert code_of(error) == "file_not_private"


def test_missing_file_and_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(WarifuError) as error:
        read_private(tmp_path / "none")
    assert code_of(error) == "file_missing"
    with pytest.raises(WarifuError) as error:
        write_private(tmp_path / "none" / "key", b"x")
    assert code_of(error) == "store_unavailable"
    assert str(tmp_path) not in str(error.value)


def test_size_limit(tmp_path: Path) -> None:
    write_private(tmp_path / "key", b"12345")
    assert read_private(tmp_path / "key", max_bytes=5) == b"12345"
    with pytest.raises(WarifuError) as error:
        read_private(tmp_path / "key", max_bytes=4)
    assert code_of(error) == "too_large"


def test_private_directory(tmp_path: Path) -> None:
    assert stat.S_IMODE(private_directory(tmp_path / "a").stat().st_mode) == 0o700
    assert private_directory(tmp_path / "a") == tmp_path / "a"
    (tmp_path / "file").touch()
    with pytest.raises(WarifuError) as error:
        private_directory(tmp_path / "file" / "b")
    assert code_of(error) == "store_unavailable"


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "store_full"), (errno.EDQUOT, "store_full"), (errno.EACCES, "store_unavailable")]
)
def test_what_the_system_says_becomes_a_code(number: int, code: str) -> None:
    assert file_error(OSError(number, "text", "/home/yamada")).code == code
    assert "yamada" not in file_error(OSError(number, "text", "/home/yamada")).message


def _write_with_little_room(folder: str, answer: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
    try:
        write_private(Path(folder) / "key", b"x" * 4096)
    except WarifuError as error:
        answer.send((error.code, (Path(folder) / "key").read_bytes(), len(list(Path(folder).iterdir()))))


def test_no_room_leaves_the_old_content_and_nothing_beside_it(tmp_path: Path) -> None:
    write_private(tmp_path / "key", b"old")
    ours, theirs = _SPAWN.Pipe()
    child = _SPAWN.Process(target=_write_with_little_room, args=(str(tmp_path), theirs))
    child.start()
    assert ours.recv() == ("store_full", b"old", 1)
    child.join()


def _hold(path: str, pipe: Connection) -> None:
    with exclusive(Path(path)):
        pipe.send("held")
        pipe.recv()
    pipe.send("left")


def test_lock_keeps_another_process_out_until_it_is_left(tmp_path: Path) -> None:
    ours, theirs = _SPAWN.Pipe()
    child = _SPAWN.Process(target=_hold, args=(str(tmp_path / "lock"), theirs))
    child.start()
    assert ours.recv() == "held"
    with pytest.raises(WarifuError) as error, exclusive(tmp_path / "lock"):
        pass
    assert code_of(error) == "store_busy"
    ours.send("leave")
    assert ours.recv() == "left"
    with exclusive(tmp_path / "lock"):
        pass
    child.join()


def test_lock_ends_with_the_process_that_held_it(tmp_path: Path) -> None:
    ours, theirs = _SPAWN.Pipe()
    child = _SPAWN.Process(target=_hold, args=(str(tmp_path / "lock"), theirs))
    child.start()
    assert ours.recv() == "held"
    child.kill()
    child.join()
    with exclusive(tmp_path / "lock"):
        pass


WRITER = """
import itertools, os, sys
from pathlib import Path
from runtime.files import write_private
for number in itertools.count():
    write_private(Path(sys.argv[1]), bytes([number % 256]) * 300_000)
    os.write(1, b".")
"""


def test_killed_writer_never_leaves_half_a_file(tmp_path: Path) -> None:
    """Killed at some point between two writes, many times over; a reader finds one whole content."""
    path = tmp_path / "vault"
    for round_number in range(12):
        with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as child:
            assert child.stdout is not None
            for _ in range(round_number + 1):
                child.stdout.read(1)
            child.kill()
        content = read_private(path)
        assert len(content) == 300_000
        assert len(set(content)) == 1
