"""Entries: which recordings of a source are listed, under which label, and what the source says of them."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from soundcheck.data.folders import clip_paths
from soundcheck.data.manifest import SILENCE, UNKNOWN
from soundcheck.data.tables import read_table
from soundcheck.errors import SourceError, nearest

if TYPE_CHECKING:
    from pathlib import Path

    from soundcheck.config import DataConfig
    from soundcheck.data.sources import Source

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A recording of a source.

    Attributes:
        file: posix path relative to the source.
        label: what is said in it.
        speaker: who says it.
        split: the one that the source itself assigns, or "".
    """

    file: str
    label: str
    speaker: str
    split: str = ""


def list_entries(source: Source, data: DataConfig) -> list[Entry]:
    """The recordings of a source, sorted by file.

    Where `data.words` are given, other labels become `_unknown_`: as many of their recordings as
    `data.unknown_fraction` of the whole, those whose paths have the smallest SHA-256, so that a new
    recording hardly moves the choice. The others are not listed.

    Raises:
        SourceError: the folder or the table cannot be read, or has no recording of one of the words.
    """
    entries = _tabled(source.table, data) if source.table else _in_folders(source, data)
    if data.words:
        entries = _with_unknown(entries, data)
    return sorted(entries, key=lambda entry: entry.file)


def speaker_of(path: str, pattern: str) -> str:
    """The speaker in a path: the group of `data.speaker_pattern`, else the file's name without suffix."""
    found = re.search(pattern, path)
    return (found and found[1]) or PurePosixPath(path).stem


def _in_folders(source: Source, data: DataConfig) -> list[Entry]:
    return [
        Entry(path, PurePosixPath(path).parts[0], speaker_of(path, data.speaker_pattern))
        for path in clip_paths(source.root)
    ]


def _tabled(path: Path, data: DataConfig) -> list[Entry]:
    table = read_table(path)
    speakers = [
        speaker or speaker_of(file, data.speaker_pattern)
        for file, speaker in zip(table["path"], table["speaker"], strict=True)
    ]
    columns = (table["path"], table["label"], speakers, table["split"])
    return [Entry(*values) for values in zip(*columns, strict=True)]


def _with_unknown(entries: Sequence[Entry], data: DataConfig) -> list[Entry]:
    labels = {entry.label for entry in entries}
    for word in data.words:
        if word not in labels:
            hint = "; it is added by itself" if word in (UNKNOWN, SILENCE) else nearest(word, labels)
            raise SourceError(f"data.words: there is no clip of {word!r}{hint}")
    chosen = [entry for entry in entries if entry.label in data.words]
    others = sorted((entry for entry in entries if entry.label not in data.words), key=_draw)
    rest = 1 - data.unknown_fraction - data.silence_fraction
    count = round(len(chosen) * data.unknown_fraction / rest)
    if count > len(others):
        logger.warning(
            "data.unknown_fraction=%g wants %d clips of other words, there are %d",
            data.unknown_fraction,
            count,
            len(others),
        )
    return chosen + [replace(entry, label=UNKNOWN) for entry in others[:count]]


def _draw(entry: Entry) -> bytes:
    return hashlib.sha256(entry.file.encode(errors="surrogateescape")).digest()
