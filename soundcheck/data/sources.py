"""From what a user names to a folder LABEL/clip.wav or a table of clips, and a digest of what is in it."""

from __future__ import annotations

import difflib
import hashlib
import os
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from soundcheck.config import MINI_SPEECH_COMMANDS, SYNTHETIC
from soundcheck.data.archive import is_archive, unpack
from soundcheck.data.audio import SUFFIXES
from soundcheck.data.folders import clip_paths, entries_of, is_clip, label_folders, recordings
from soundcheck.data.manifest import NOISE
from soundcheck.data.regular_files import read_file
from soundcheck.data.tables import TABLE_SUFFIXES, is_table, read_table
from soundcheck.errors import SourceError
from soundcheck.files import exclusive

if TYPE_CHECKING:
    from soundcheck.config import DataConfig, SyntheticConfig

MINI_SPEECH_COMMANDS_URL = (
    "http://storage.googleapis.com/download.tensorflow.org/data/mini_speech_commands.zip"
)

SOURCE = "data.source"
_WANTED = {
    SOURCE: f"a folder LABEL/clip.wav, an archive of one, a table ({' or '.join(TABLE_SUFFIXES)}), "
    f"{SYNTHETIC!r} or {MINI_SPEECH_COMMANDS!r}",
    "data.noise": f"a folder with recordings ({', '.join(SUFFIXES)}), or an archive of one",
}
_LOOKED_FOR = f"looked for LABEL/clip.wav ({', '.join(SUFFIXES)})"


@dataclass(frozen=True)
class Source:
    """Recordings, in folders or in a table.

    Attributes:
        root: the folder that paths are relative to; without a table, its children are the labels.
        digest: hex SHA-256 of the sorted relative paths and contents of the recordings, and of the table,
            so that a folder and an archive of it agree.
        table: the table that names the recordings.
        assigns_splits: whether the table says of any recording which split it is in.
        noise: the folder with background noise, where `_silence_` is wanted.
    """

    root: Path
    digest: str
    table: Path | None = None
    assigns_splits: bool = False
    noise: Path | None = None

    @property
    def name(self) -> str:
        """What a user knows it by."""
        return str(self.table or self.root)

    def noise_files(self) -> list[str]:
        """The recordings of background noise, as `path` takes them."""
        return [f"{NOISE}/{file}" for file in recordings(self.noise)] if self.noise else []

    def path(self, file: str) -> str:
        """Where a file of the manifest is; those of background noise begin with `_background_noise_/`."""
        if self.noise is not None and file.startswith(f"{NOISE}/"):
            return f"{self.noise}/{file.removeprefix(f'{NOISE}/')}"
        return os.path.join(self.root, file)  # noqa: PTH118 (a path of a table may be absolute; Path is slow)


def locate(data: DataConfig, home: Path) -> Source:
    """Finds, makes, downloads or unpacks the clips that `data.source` and `data.noise` name.

    What is made is kept under `home`: downloads in `downloads/`, unpacked archives and synthetic speech
    in `sources/`.

    Raises:
        SourceError: nothing usable there; the message names the way out.
        DownloadError: the public archive could not be fetched.
        StoreError: `home` cannot be written.
    """
    found = _found(data, home)
    if found.is_file():
        table = read_table(found)
        files, assigned = table["path"].tolist(), bool((table["split"] != "").any())
        source = Source(found.parent, "", found, assigned)
    else:
        source = Source(_without_wrapping(found), "")
        files = _checked_clip_paths(source.root)
    if data.silence_fraction:
        source = replace(source, noise=_noise(data, home, source.root))
    return replace(source, digest=_digest(source, [*files, *source.noise_files()]))


def _found(data: DataConfig, home: Path) -> Path:
    if data.source == SYNTHETIC:
        return _synthetic(data.synthetic, home)
    if data.source == MINI_SPEECH_COMMANDS:
        return _unpacked(SOURCE, _downloaded(home), home)
    return _local(SOURCE, Path(data.source), home)


def _noise(data: DataConfig, home: Path, root: Path) -> Path:
    """The folder with recordings of background noise."""
    if data.noise is None:
        folder = root / NOISE
        if not folder.is_dir():
            raise SourceError(
                f"data.silence_fraction={data.silence_fraction:g} is cut from background noise, and {root} "
                f"has no folder {NOISE}; give one, or an archive, with --noise"
            )
    else:
        folder = _local("data.noise", Path(data.noise), home)
    if not folder.is_dir() or not recordings(folder):
        raise SourceError(f"there is no recording of background noise ({', '.join(SUFFIXES)}) in {folder}")
    while len(inner := entries_of(folder)) == 1 and inner[0].is_dir():
        folder = Path(inner[0].path)
    return folder


def _made_once(home: Path) -> AbstractContextManager[None]:
    """What two flows need at the same time is made by one of them; the other waits."""
    return exclusive(home / "locks" / "sources")


def _synthetic(config: SyntheticConfig, home: Path) -> Path:
    from soundcheck.data import synthetic
    from soundcheck.fingerprint import code_of

    try:
        voices = version("espeakng-loader")
    except PackageNotFoundError as error:
        raise SourceError(synthetic.MISSING) from error
    parts = (config.model_dump_json(), code_of(["soundcheck.data.synthetic"]), voices)
    name = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    folder = home / "sources" / f"synthetic-{name}"
    with _made_once(home):
        if not folder.is_dir():
            synthetic.generate(folder, config)
    return folder


def _downloaded(home: Path) -> Path:
    from soundcheck.data.download import download

    path = home / "downloads" / f"{MINI_SPEECH_COMMANDS}.zip"
    with _made_once(home):
        download(MINI_SPEECH_COMMANDS_URL, path)
    return path


def _local(key: str, path: Path, home: Path) -> Path:
    """The folder or the table that a path names."""
    try:
        path = path.expanduser()
        if path.is_dir() or (key == SOURCE and path.is_file() and is_table(path)):
            return path
        if path.is_file():
            return _unpacked(key, path, home)
    except PermissionError as error:
        raise SourceError(f"no permission to read {path}") from error
    except RuntimeError as error:  # ~nobody/clips
        raise SourceError(f"{key}={str(path)!r}: {error}") from error
    raise SourceError(f"{key}={str(path)!r}: there is no such file or folder{_near(key, path)}")


def _near(key: str, path: Path) -> str:
    """What may have been meant by a path that does not exist."""
    names = [SYNTHETIC, MINI_SPEECH_COMMANDS] if key == SOURCE else []
    named = difflib.get_close_matches(str(path), names, n=1)
    if named:
        return f"; did you mean {named[0]!r}?"
    try:
        siblings = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        siblings = []
    close = difflib.get_close_matches(path.name, siblings, n=1)
    if close:
        return f"; did you mean {str(path.parent / close[0])!r}?"
    return f"; give {_WANTED[key]}"


def _unpacked(key: str, archive: Path, home: Path) -> Path:
    try:
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except PermissionError as error:
        raise SourceError(f"no permission to read {archive}") from error
    folder = home / "sources" / f"{archive.name.split('.')[0]}-{digest}"
    if folder.is_dir():
        return folder
    if not is_archive(archive):
        raise SourceError(
            f"{key}={str(archive)!r} is not an archive (zip, tar, tar.gz, tar.bz2 or tar.xz); give "
            f"{_WANTED[key]}"
        )
    with _made_once(home):
        if not folder.is_dir():
            unpack(archive, folder)
    return folder


def _without_wrapping(folder: Path) -> Path:
    """The folder whose children are labels: an archive often has one folder around them all."""
    while len(inner := label_folders(folder)) == 1 and clip_paths(Path(inner[0].path)):
        folder = Path(inner[0].path)
    return folder


def _checked_clip_paths(root: Path) -> list[str]:
    paths = clip_paths(root)
    if not paths:
        raise SourceError(_nothing_found(root))
    labels = {path.partition("/")[0] for path in paths}
    if len(labels) == 1:
        raise SourceError(
            f"{root} has the one label {labels.pop()!r}; a classifier needs two: {_LOOKED_FOR}, "
            f"with a folder for each label{_table_in(root)}"
        )
    return paths


def _nothing_found(root: Path) -> str:
    entries = entries_of(root)
    if not entries:
        return f"{root} is empty; {_LOOKED_FOR}"
    if any(is_clip(entry) for entry in entries):
        return f"{root} holds audio without labels; move each clip into a folder named after its label"
    return f"{root} holds no audio; {_LOOKED_FOR}{_table_in(root)}"


def _table_in(root: Path) -> str:
    """A folder with a table in it is one to be given by its table."""
    tables = [entry.name for entry in entries_of(root) if is_table(Path(entry.name))]
    return f"; there is a table in it: give {str(root / tables[0])!r}" if tables else ""


def _digest(source: Source, files: list[str]) -> str:
    digest = hashlib.sha256(source.table.read_bytes() if source.table else b"")
    for file in files:
        line = f"{file}\0{_content_digest(source.path(file))}\n"
        digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()


def _content_digest(path: str) -> str:
    try:
        return hashlib.sha256(read_file(path)).hexdigest()
    except OSError:  # a broken link or no permission: the manifest gives the reason
        return "unreadable"
