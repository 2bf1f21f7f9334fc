"""Listing: every recording of a source is read once, and what is found of its clips becomes their rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pandas as pd
from tqdm import tqdm

from soundcheck.data.audio import Clip, UndecodableError, decode
from soundcheck.data.entries import Entry, list_entries
from soundcheck.data.manifest import SILENCE, TEST, TRAIN, VALIDATION
from soundcheck.data.quality import measure
from soundcheck.data.regular_files import read_file
from soundcheck.data.rows import Row, columns_of, named, part_digest
from soundcheck.data.segments import Segment, clips_within, noise_clips
from soundcheck.data.splits import assign_splits
from soundcheck.errors import SourceError

if TYPE_CHECKING:
    from soundcheck.config import DataConfig
    from soundcheck.data.sources import Source

ROWS_AT_ONCE = 4096


def build_manifest(source: Source, data: DataConfig, clip_duration_ms: float) -> pd.DataFrame:
    """Reads every recording of a source once.

    A clip that cannot be decoded stays in the manifest: `decodable` false, `reason` says why, `split` is
    "", its numbers are NaN or 0, its digest that of the bytes ("" where they cannot be read).

    Args:
        source: where the recordings are.
        data: which of them are listed, and how they are divided.
        clip_duration_ms: of a longer recording only parts of that length are clips, see `data.long_clips`.

    Returns:
        One row a clip, sorted by path, see `soundcheck.data.rows.Row`.

    Raises:
        SourceError: no clip is decodable, fewer than two labels have a decodable clip, a split lacks a
            label, or a word of `data.words` is not there.
    """
    manifest = list_clips(source, data, clip_duration_ms)
    manifest["split"] = assign_splits(manifest, data)
    return manifest


def list_clips(source: Source, data: DataConfig, clip_duration_ms: float) -> pd.DataFrame:
    """The manifest with the splits that the source assigns. Raises SourceError as `build_manifest`."""
    progress = tqdm(list_entries(source, data), "ingest", unit=" files", disable=None, leave=False)
    tables = [_table(row for entry in progress for row in _rows(source, entry, data, clip_duration_ms))]
    if source.noise:
        tables += [_table(_silence(source, len(tables[0]), data, clip_duration_ms))]
    manifest = pd.concat(tables).sort_values("path", ignore_index=True)
    _check_labels(source, manifest)
    return manifest


def _table(rows: Iterable[Row]) -> pd.DataFrame:
    """A table takes a tenth of what its rows as objects do: large sources are listed piece by piece."""
    rows = iter(rows)
    pieces = iter(lambda: [columns_of(row) for row in islice(rows, ROWS_AT_ONCE)], [])
    tables = [pd.DataFrame(piece) for piece in pieces]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _rows(source: Source, entry: Entry, data: DataConfig, clip_duration_ms: float) -> Iterator[Row]:
    """The clips of a recording, or the one row that says why it has none."""
    recording = _read(source, entry)
    clip = recording.clip
    if clip is None:
        yield recording.row
        return
    clip_frames = _frames(clip_duration_ms, clip.sample_rate_hz)
    for segment in clips_within(clip.samples, clip_frames, data.long_clips):
        yield _row(recording, clip, segment)


def _silence(source: Source, other_clips: int, data: DataConfig, clip_duration_ms: float) -> Iterator[Row]:
    """Clips cut from background noise, as many as their share of the whole asks for."""
    wanted = round(other_clips * data.silence_fraction / (1 - data.silence_fraction))
    fractions = {VALIDATION: data.validation_fraction, TEST: data.test_fraction}
    fractions[TRAIN] = 1 - sum(fractions.values())
    read = [_read(source, Entry(file, SILENCE, speaker="")) for file in source.noise_files()]
    yield from (one.row for one in read if one.clip is None)
    whole = [(one, one.clip) for one in read if one.clip is not None]
    lengths = [clip.frames for _, clip in whole]
    clip_frames = [_frames(clip_duration_ms, clip.sample_rate_hz) for _, clip in whole]
    found = noise_clips(lengths, clip_frames, wanted, fractions)
    if not any(found):
        reasons = "".join(f"; {one.row.file}: {one.row.reason}" for one in read if one.clip is None)
        raise SourceError(
            f"no recording of background noise in {source.noise} can be read and has a clip for training: "
            f"{clip_duration_ms / fractions[TRAIN] / 1000:g} s at least{reasons}"
        )
    for (recording, clip), segments in zip(whole, found, strict=True):
        for segment, split in segments:
            yield replace(_row(recording, clip, segment), split=split)


@dataclass(frozen=True)
class _Recording:
    """A file that was read: its row, still without numbers, and what was decoded, if it could be."""

    row: Row
    clip: Clip | None = None


def _read(source: Source, entry: Entry) -> _Recording:
    row = Row("", entry.file, entry.label, entry.speaker, file=entry.file)
    try:
        entry.file.encode()
    except UnicodeEncodeError:
        file, label, speaker = map(_escaped, (entry.file, entry.label, entry.speaker))
        return _Recording(Row("", file, label, speaker, file=file, reason="its name is not UTF-8"))
    try:
        data = read_file(source.path(entry.file))
    except OSError as error:
        return _Recording(replace(row, reason=f"cannot be read: {error.strerror}"))
    digest = hashlib.sha256(data).hexdigest()
    row = replace(row, clip_digest=digest, file_digest=digest)
    try:
        return _Recording(replace(row, split=entry.split), decode(data, PurePosixPath(entry.file).suffix))
    except UndecodableError as error:
        return _Recording(replace(row, reason=str(error)))


def _escaped(name: str) -> str:
    return name.encode(errors="backslashreplace").decode()


def _row(recording: _Recording, clip: Clip, segment: Segment) -> Row:
    """A clip's row: that of its file, with the numbers of the part that the clip is."""
    rate_hz, end = clip.sample_rate_hz, segment.start + segment.frames
    row = replace(
        recording.row,
        sample_rate_hz=rate_hz,
        channels=clip.channels,
        bits=clip.bits,
        start_frame=segment.start,
        frames=segment.frames,
        duration_s=segment.frames / rate_hz,
        file_duration_s=clip.frames / rate_hz,
        quality=measure(clip.samples[segment.start : end], rate_hz),
        decodable=True,
    )
    if segment.frames == clip.frames:
        return row
    return replace(
        row,
        clip_digest=part_digest(row.file_digest, segment.start, segment.frames),
        path=named(row.file, segment.start / rate_hz, end / rate_hz),
    )


def _frames(clip_duration_ms: float, sample_rate_hz: int) -> int:
    return round(clip_duration_ms * sample_rate_hz / 1000)


def _check_labels(source: Source, manifest: pd.DataFrame) -> None:
    labels = sorted(set(manifest.loc[manifest["decodable"], "label"]))
    if not labels:
        path, reason = manifest[["path", "reason"]].iloc[0]
        raise SourceError(
            f"none of the {len(manifest)} clips in {source.name} can be decoded; {path}: {reason}"
        )
    if len(labels) == 1:
        raise SourceError(
            f"only the label {labels[0]!r} has a clip in {source.name} that can be decoded; a classifier "
            "needs two"
        )
