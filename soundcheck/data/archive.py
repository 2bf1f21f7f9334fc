"""Unpacking an archive that may be hostile or damaged, wholly or not at all."""

from __future__ import annotations

import errno
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import IO

from tqdm import tqdm

from soundcheck.errors import SourceError, StoreError

HIGHEST_UNPACKED_BYTES = 20 * 10**9
HIGHEST_RATIO = 200  # deflate reaches 1032 on zeros, recorded speech 2
RATIO_COUNTS_ABOVE_BYTES = 100 * 10**6
HIGHEST_MEMBERS = 5_000_000

_CHUNK_BYTES = 1 << 20
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_UNUSABLE_NAME = (errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, LZMAError, EOFError)


@dataclass(frozen=True)
class _Member:
    name: str
    is_folder: bool
    refusal: str  # why it may not be unpacked, "" where it may
    open: Callable[[], IO[bytes]]


def is_archive(path: Path) -> bool:
    """Whether the file begins as a zip, tar, tar.gz, tar.bz2 or tar.xz archive does."""
    try:
        return zipfile.is_zipfile(path) or tarfile.is_tarfile(path)
    except (EOFError, zlib.error, LZMAError):
        return False


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks a zip, tar, tar.gz, tar.bz2 or tar.xz archive into `folder`, which is complete or absent.

    Hidden files and `__MACOSX` are passed over. Bytes are counted as they are written: headers lie.

    Raises:
        SourceError: damaged, encrypted, a bomb, or with a member that leaves the folder, is a link or a
            device, comes twice, or cannot be named on this file system. Nothing is left behind.
        StoreError: the disk is full or the place cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
            unpacked = Path(temporary) / "unpacked"
            unpacked.mkdir()
            _Unpacking(archive, unpacked).run()
            shutil.rmtree(folder, ignore_errors=True)
            unpacked.rename(folder)
    except OSError as error:
        raise StoreError(f"cannot unpack {archive} to {folder}: {error.strerror or error}") from error


class _Unpacking:
    """One archive on its way into one folder, with what has been counted so far."""

    def __init__(self, archive: Path, folder: Path) -> None:
        self.archive = archive
        self.folder = folder
        self.archive_bytes = archive.stat().st_size
        self.written_bytes = 0
        self.seen: set[PurePosixPath] = set()

    def run(self) -> None:
        try:
            with _opened(self.archive) as opened:
                members = (
                    _zip_members(opened) if isinstance(opened, zipfile.ZipFile) else _tar_members(opened)
                )
                for count, member in enumerate(
                    tqdm(members, "unpack", unit=" files", disable=None, leave=False)
                ):
                    if count >= HIGHEST_MEMBERS:
                        raise SourceError(f"{self.archive} holds more than {HIGHEST_MEMBERS} members")
                    self._take(member)
        except _DAMAGE as error:
            raise SourceError(f"{self.archive} is damaged: {error or type(error).__name__}") from error

    def _take(self, member: _Member) -> None:
        path = self._checked_path(member)
        if member.is_folder or _is_junk(path):
            return
        if path in self.seen:
            raise self._refused(member.name, "comes twice")
        self.seen.add(path)
        try:
            self._write(member, self.folder / path)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise
            if error.errno in _UNUSABLE_NAME:
                raise self._refused(member.name, f"cannot be written: {error.strerror}") from error
            raise SourceError(f"{self.archive} is damaged at {member.name[:200]!r}: {error}") from error

    def _checked_path(self, member: _Member) -> PurePosixPath:
        name = member.name.replace("\\", "/")
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or name[1:2] == ":" or "\0" in name:
            raise self._refused(member.name, "leaves the folder it is unpacked to")
        if member.refusal:
            raise self._refused(member.name, member.refusal)
        return path

    def _write(self, member: _Member, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with member.open() as source, target.open("xb") as file:
            while chunk := source.read(_CHUNK_BYTES):
                self.written_bytes += len(chunk)
                self._check_size(member)
                file.write(chunk)

    def _check_size(self, member: _Member) -> None:
        ratio = self.written_bytes / self.archive_bytes
        if self.written_bytes > HIGHEST_UNPACKED_BYTES:
            raise self._refused(
                member.name, f"unpacks to more than {HIGHEST_UNPACKED_BYTES / 1e9:g} GB in all"
            )
        if self.written_bytes > RATIO_COUNTS_ABOVE_BYTES and ratio > HIGHEST_RATIO:
            raise self._refused(member.name, f"unpacks to over {HIGHEST_RATIO} times the archive's size")

    def _refused(self, name: str, reason: str) -> SourceError:
        return SourceError(f"{self.archive} is refused: its member {name[:200]!r} {reason}")


def _opened(archive: Path) -> AbstractContextManager[zipfile.ZipFile | tarfile.TarFile]:
    if zipfile.is_zipfile(archive):
        return zipfile.ZipFile(archive)
    return tarfile.open(archive)


def _zip_members(archive: zipfile.ZipFile) -> Iterator[_Member]:
    for entry in archive.infolist():
        mode = stat.S_IFMT(entry.external_attr >> 16)
        refusal = ""
        if entry.flag_bits & 0x1:
            refusal = "is encrypted"
        elif mode not in (0, stat.S_IFREG, stat.S_IFDIR):
            refusal = "is a link or a device"
        yield _Member(entry.filename, entry.is_dir(), refusal, partial(_zip_file, archive, entry))


def _tar_members(archive: tarfile.TarFile) -> Iterator[_Member]:
    for entry in archive:
        refusal = "" if entry.isreg() or entry.isdir() else "is a link or a device"
        yield _Member(entry.name, entry.isdir(), refusal, partial(_tar_file, archive, entry))


def _zip_file(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return archive.open(entry)
    except NotImplementedError as error:
        raise zipfile.BadZipFile(f"{entry.filename[:200]!r} is compressed in an unknown way") from error


def _tar_file(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(entry)
    if file is None:
        raise tarfile.ReadError(f"{entry.name[:200]!r} has no content")
    return file


def _is_junk(path: PurePosixPath) -> bool:
    return any(part == "__MACOSX" or part.startswith(".") for part in path.parts)
