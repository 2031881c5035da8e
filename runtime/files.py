"""Files that hold secrets or must never be seen half written: private modes, atomic replacement, one writer at a time."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from schemas.errors import WarifuError

PRIVATE_MODE: Final = 0o600
PUBLIC_MODE: Final = 0o644
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def private_directory(path: Path) -> Path:
    """Create ``path`` and its parents for this user alone (0700) and return it; an existing one keeps its mode.

    Raises:
        WarifuError: ``store_unavailable`` where it cannot be made.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise file_error(error) from error
    return path


def write_private(path: Path, data: bytes, *, replace: bool = True) -> None:
    """Write ``data`` to ``path`` with mode 0600: beside it, to the disk, and then in one step in its place.

    A reader sees the old content or the new one.  With ``replace=False`` an existing file is left alone.

    Raises:
        WarifuError: ``file_exists``, ``store_full`` or ``store_unavailable``; the old content then still stands.
    """
    write_atomic(path, data, mode=PRIVATE_MODE, replace=replace)


def write_atomic(path: Path, data: bytes, *, mode: int = PUBLIC_MODE, replace: bool = True) -> None:
    """As :func:`write_private` with another ``mode``, for files that others may read."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_new(beside, data, mode)
        if replace:
            beside.replace(path)
        else:
            os.link(beside, path)
        _sync_directory(path.parent)
    except FileExistsError as error:
        raise WarifuError("file_exists", "the file exists already", hint="name another place or remove it first", layer="store") from error
    except OSError as error:
        raise file_error(error) from error
    finally:
        with suppress(OSError):
            beside.unlink()


def _write_new(path: Path, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, mode)
    try:
        os.fchmod(descriptor, mode)
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_private(path: Path, *, max_bytes: int = 1024 * 1024) -> bytes:
    """Read a file that holds secrets, following no symbolic link.

    Raises:
        WarifuError: ``file_missing``, ``file_not_private`` where it is no plain file of this user alone, ``too_large``
            or ``store_unavailable``.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise WarifuError("file_missing", "the file does not exist", hint="run init first, or check the path", layer="store") from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _not_private() from error
        raise file_error(error) from error
    try:
        check_private(os.fstat(descriptor))
        data = _read_up_to(descriptor, max_bytes + 1)
    except OSError as error:
        raise file_error(error) from error
    finally:
        os.close(descriptor)
    if len(data) > max_bytes:
        raise WarifuError("too_large", f"the file is larger than {max_bytes} bytes", layer="parse")
    return data


def _read_up_to(descriptor: int, limit: int) -> bytes:
    data = bytearray()
    while len(data) < limit and (chunk := os.read(descriptor, limit - len(data))):
        data += chunk
    return bytes(data)


def check_private(status: os.stat_result) -> None:
    """Raise ``file_not_private`` unless it is a plain file of this user, without any bit for group or others."""
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise _not_private()


def _not_private() -> WarifuError:
    return WarifuError(
        "file_not_private",
        "a file that holds secrets can be reached by other users, or is not a plain file",
        hint="own the file yourself and set its mode to 0600",
        layer="store",
    )


@contextmanager
def exclusive(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock file ``path`` while the block runs, so that one process at a time works on what it guards.

    Raises:
        WarifuError: ``store_busy`` where another process holds it and ``wait`` is false, ``store_unavailable``.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_MODE)
    except OSError as error:
        raise file_error(error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    except BlockingIOError as error:
        raise store_busy() from error
    finally:
        os.close(descriptor)


def store_busy() -> WarifuError:
    """Return the error for something that another process holds (not raised here)."""
    return WarifuError("store_busy", "another process is using the store", hint="wait until it has finished and try again", layer="store")


def file_error(error: OSError) -> WarifuError:
    """Return ``store_full`` or ``store_unavailable`` for what the operating system said; nothing of the path is told."""
    if error.errno in _FULL:
        return WarifuError("store_full", "the disk is full", hint="free some space and try again; nothing was changed", layer="store")
    reason = errno.errorcode.get(error.errno or 0, "unknown")
    return WarifuError(
        "store_unavailable",
        f"the file cannot be read or written ({reason})",
        hint="check that the folder exists and belongs to this user",
        layer="store",
    )
