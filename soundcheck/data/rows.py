"""The rows of a manifest: what ingest notes of a clip."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any

from soundcheck.data.manifest import SET_ASIDE
from soundcheck.data.quality import Quality

_UNMEASURED = Quality()


@dataclass(frozen=True)
class Row:
    """A clip: a recording, or a part of one. The defaults are those of a clip that is set aside.

    Attributes:
        clip_digest: hex SHA-256 of the file's bytes; of a part of it, of the file's digest and the part's
            frames. "" where the file cannot be read.
        path: the clip's name, of which there is no other: its file's path, for a part of it with a media
            fragment (https://www.w3.org/TR/media-frags/): `yes/long.wav#t=1.25,2.25`, in seconds.
        label: what is said in it.
        speaker: who says it, "" where nobody does.
        split: `train`, `validation`, `test`, or "" where the clip is set aside.
        file: posix path relative to the source.
        file_digest: hex SHA-256 of the file's bytes.
        sample_rate_hz: of the file.
        channels: of the file.
        bits: a sample of the file; 0 where the codec has none (MP3, Vorbis).
        start_frame: where in the file the clip begins.
        frames: length of the clip, at the file's rate.
        duration_s: length of the clip.
        file_duration_s: length of the file.
        quality: what was measured of the clip, mono, at the file's rate; in the table a column a measure.
        decodable: whether it can be used.
        reason: why not.
    """

    clip_digest: str
    path: str
    label: str
    speaker: str
    split: str = SET_ASIDE
    file: str = ""
    file_digest: str = ""
    sample_rate_hz: int = 0
    channels: int = 0
    bits: int = 0
    start_frame: int = 0
    frames: int = 0
    duration_s: float = math.nan
    file_duration_s: float = math.nan
    quality: Quality = _UNMEASURED
    decodable: bool = False
    reason: str = ""


def columns_of(row: Row) -> dict[str, Any]:
    """The row as it stands in the table, the measures of its quality in place of `quality`."""
    columns: dict[str, Any] = {}
    for name, value in vars(row).items():
        columns |= vars(value) if isinstance(value, Quality) else {name: value}
    return columns


def named(file: str, start_s: float, end_s: float) -> str:
    """The name of a part of a file."""
    return f"{file}#t={_seconds(start_s)},{_seconds(end_s)}"


def part_digest(file_digest: str, start_frame: int, frames: int) -> str:
    """The digest of a part of a file."""
    return hashlib.sha256(f"{file_digest}:{start_frame}:{frames}".encode()).hexdigest()


def _seconds(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
