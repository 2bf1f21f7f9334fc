"""What lies in a folder of clips: labels, clips, and what is passed over."""

from __future__ import annotations

import os
from pathlib import Path

from soundcheck.data.audio import SUFFIXES
from soundcheck.data.manifest import NOISE
from soundcheck.errors import SourceError

NO_LABELS = ("__MACOSX", NOISE)


def clip_paths(root: Path) -> list[str]:
    """The clips LABEL/clip.wav under `root`: sorted posix paths relative to it.

    Hidden files, what is not audio by its suffix, and the folders `__MACOSX` and `_background_noise_`
    are passed over. Links to files are followed; a broken one is listed, so that
    it is set aside with a reason.

    Raises:
        SourceError: a folder cannot be read.
    """
    return sorted(
        f"{label.name}/{entry.name}"
        for label in label_folders(root)
        for entry in entries_of(Path(label.path))
        if is_clip(entry)
    )


def recordings(folder: Path) -> list[str]:
    """The audio in a folder and in the folders within it, by suffix: sorted posix paths relative to it."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and not path.is_dir() and not path.name.startswith(".")
    )


def label_folders(root: Path) -> list[os.DirEntry[str]]:
    """The folders that stand for labels: all but hidden ones and those known not to."""
    return [entry for entry in entries_of(root) if _is_folder(entry) and entry.name not in NO_LABELS]


def entries_of(folder: Path) -> list[os.DirEntry[str]]:
    """What a folder holds that is not hidden, by name."""
    try:
        with os.scandir(folder) as entries:
            return sorted(
                (entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name
            )
    except OSError as error:
        raise SourceError(f"cannot read the folder {folder}: {error.strerror}") from error


def is_clip(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is audio by its suffix."""
    return entry.name.lower().endswith(SUFFIXES) and not _is_folder(entry)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False
