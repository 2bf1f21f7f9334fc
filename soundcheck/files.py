"""Files that are there whole or not at all, locks that die with their holder, a full disk in plain words."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import uuid4

from soundcheck.errors import StoreError

_DAMAGES = frozenset(
    {
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.ELOOP,
        errno.EACCES,
        errno.EPERM,
        errno.EIO,
        errno.ESTALE,
    }
)


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's bytes. Raises OSError where it cannot be read."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, data: bytes) -> None:
    """Writes a file so that it is there whole or not at all, readable to whom the user's files are.

    Raises:
        StoreError: the disk is full or may not be written.
    """
    with disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.parent / f".{uuid4().hex}"
        try:
            with draft.open("xb") as file:
                file.write(data)
            if path.is_dir():  # a damage that cannot be written over
                shutil.rmtree(path)
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


def holds_content(path: Path, sha256: str) -> bool:
    """Whether a file is there with the content of this digest (hex SHA-256)."""
    try:
        return sha256_of(path) == sha256
    except OSError as error:
        if is_damage(error):
            return False
        raise


def is_damage(error: OSError) -> bool:
    """Whether an error is the fault of the file; others, as of too many open files, say nothing of it."""
    return error.errno in _DAMAGES


def remove(path: Path) -> None:
    """Removes a file or a folder; nothing where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def exclusive(path: Path) -> Generator[None]:
    """Holds a lock file against all others; the system frees it when its holder dies.

    Raises:
        StoreError: the disk is full or may not be written.
    """
    with _locked(path, fcntl.LOCK_EX):
        yield


@contextmanager
def shared(path: Path) -> Generator[None]:
    """Holds a lock file together with others that share it. Raises StoreError as `exclusive`."""
    with _locked(path, fcntl.LOCK_SH):
        yield


def is_held(path: Path) -> bool:
    """Whether somebody holds a lock file."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def remove_unheld(path: Path) -> None:
    """Removes a lock file, unless somebody holds it."""
    try:
        with path.open("rb") as file:
            if _lock(file, path, fcntl.LOCK_EX | fcntl.LOCK_NB):
                path.unlink(missing_ok=True)
    except (FileNotFoundError, BlockingIOError):
        return


@contextmanager
def _locked(path: Path, operation: int) -> Generator[None]:
    with disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("ab")
    while not _lock(handle, path, operation):
        handle.close()
        with disk_errors(path.parent):
            handle = path.open("ab")
    with handle:
        yield


def _lock(handle: IO[bytes], path: Path, operation: int) -> bool:
    """Locks an open lock file; False where it was removed in the meantime, and another may stand there."""
    fcntl.flock(handle, operation)
    try:
        return os.path.samestat(os.fstat(handle.fileno()), path.stat())
    except FileNotFoundError:
        return False


@contextmanager
def disk_errors(place: Path) -> Generator[None]:
    """Turns the errors of a full or closed disk, or of a file in the way, at `place` into ones with a remedy.

    Raises:
        StoreError: the disk is full, may not be written, or has a file where a folder should be.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(place if error.filename is None else Path(error.filename).parent) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) and _concerns(error, place):
            raise StoreError(f"{place} may not be written ({error.strerror}); set SOUNDCHECK_HOME") from error
        in_the_way = _in_the_way(error, place)
        if in_the_way is not None:
            raise StoreError(
                f"{in_the_way} is a file, and a folder is needed there; move it away, or set SOUNDCHECK_HOME"
            ) from error
        raise


def disk_full(place: Path) -> StoreError:
    """The error of a full disk: that of a place, or the one with temporary files."""
    temporary = Path(tempfile.gettempdir())
    places = f"{place}" if temporary.stat().st_dev == _device_of(place) else f"{place} or {temporary}"
    return StoreError(f"the disk is full: {places}; free some space and run again, nothing is lost")


def _device_of(place: Path) -> int:
    there = next(path for path in (place, *place.absolute().parents) if path.exists())
    return there.stat().st_dev


def _in_the_way(error: OSError, place: Path) -> Path | None:
    """The file that stands where a folder should be, if that is what an error is about."""
    if error.errno not in (errno.ENOTDIR, errno.EEXIST) or not _concerns(error, place):
        return None
    path = place if error.filename is None else Path(os.fsdecode(error.filename))
    return next((one for one in (path, *path.parents) if one.is_file()), None)


def _concerns(error: OSError, place: Path) -> bool:
    """Whether an error is about a place or what is above it; a clip elsewhere is not the store's fault."""
    if error.filename is None:
        return True
    path = Path(os.fsdecode(error.filename))
    return path.is_relative_to(place) or place.is_relative_to(path)
