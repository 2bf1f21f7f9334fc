"""The manifest: one row a clip, with what ingest found out about it."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from soundcheck.data.audio import SUFFIXES, Clip, UndecodableError, decode
from soundcheck.data.sources import clip_paths
from soundcheck.data.splits import SET_ASIDE, SPLITS, assign_splits, speaker_of
from soundcheck.errors import SourceError

if TYPE_CHECKING:
    from soundcheck.config import DataConfig

CLIPPED_FROM = 32767 / 32768
"""A sample counts as clipped from this magnitude on: the largest positive 16-bit value."""


@dataclass(frozen=True)
class _Row:
    """The columns of a manifest, in their order; the numbers are those of a clip that is set aside."""

    clip_digest: str
    path: str
    label: str
    speaker: str
    split: str = SET_ASIDE
    sample_rate_hz: int = 0
    channels: int = 0
    frames: int = 0
    duration_s: float = np.nan
    rms: float = np.nan
    peak: float = np.nan
    dc_offset: float = np.nan
    clipped_fraction: float = np.nan
    decodable: bool = False
    reason: str = ""


def build_manifest(root: Path, data: DataConfig) -> pd.DataFrame:
    """Reads every clip under `root` once.

    A clip that cannot be decoded stays in the manifest: `decodable` false, `reason` says why, `split` is
    "", its numbers are NaN or 0, its digest that of the bytes ("" where they cannot be read).

    Returns:
        One row a clip, sorted by path. `rms`, `peak`, `dc_offset` and `clipped_fraction` (share of
        samples x with |x| >= 32767/32768) are of the mono signal at its own rate, full scale = 1.

    Raises:
        SourceError: no clip is decodable, fewer than two labels have a decodable clip, or a split lacks a
            label.
    """
    paths = clip_paths(root)
    progress = tqdm(paths, "ingest", unit=" clips", disable=None, leave=False)
    rows = [_row(root, path) for path in progress]
    _check_labels(root, rows)
    manifest = pd.DataFrame([asdict(row) for row in rows])
    manifest["split"] = assign_splits(manifest, data)
    return manifest


def write_manifest(manifest: pd.DataFrame, path: Path) -> None:
    """Writes Parquet; equal manifests give equal bytes."""
    manifest.to_parquet(path, index=False, engine="pyarrow", compression="zstd")


def read_manifest(path: Path) -> pd.DataFrame:
    """Reads what `write_manifest` wrote."""
    return pd.read_parquet(path, engine="pyarrow")


def labels_of(manifest: pd.DataFrame) -> list[str]:
    """The sorted labels of the clips that have a split; a label's place is its class index."""
    return sorted(set(manifest.loc[manifest["split"] != SET_ASIDE, "label"]))


def usable(manifest: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a split: all but the clips that were set aside."""
    return manifest.loc[manifest["split"] != SET_ASIDE]


def describe(manifest: pd.DataFrame, sample_rate_hz: int) -> dict[str, Any]:
    """What a manifest holds, as JSON-able values.

    `labels`, `speakers`, durations, rates and channels are of the decodable clips; `converted` counts
    those that are not mono or not at `sample_rate_hz`; `duplicates` the clips whose bytes another clip
    has too.
    """
    rows = [_Row(**row) for row in manifest.to_dict("records")]
    usable = [row for row in rows if row.decodable]
    durations_s = [row.duration_s for row in usable]
    sharing = Counter(row.clip_digest for row in rows if row.clip_digest)
    return {
        "clips": len(rows),
        "labels": _counts(row.label for row in usable),
        "speakers": len({row.speaker for row in usable}),
        "splits": {split: _counts(row.label for row in rows if row.split == split) for split in SPLITS},
        "duration_s": math.fsum(durations_s),
        "shortest_s": min(durations_s),
        "longest_s": max(durations_s),
        "sample_rates_hz": _counts(row.sample_rate_hz for row in usable),
        "channels": _counts(row.channels for row in usable),
        "converted": sum(row.channels != 1 or row.sample_rate_hz != sample_rate_hz for row in usable),
        "set_aside": [{"path": row.path, "reason": row.reason} for row in rows if not row.decodable],
        "duplicates": sum(count for count in sharing.values() if count > 1),
    }


def _counts(values: Iterable[str] | Iterable[int]) -> dict[str, int]:
    return {str(value): count for value, count in sorted(Counter(values).items())}


def _row(root: Path, path: str) -> _Row:
    row = _Row("", path, PurePosixPath(path).parts[0], speaker_of(path))
    try:
        data = (root / path).read_bytes()
    except OSError as error:
        return replace(row, reason=f"cannot be read: {error.strerror}")
    row = replace(row, clip_digest=hashlib.sha256(data).hexdigest())
    try:
        return _measured(row, decode(data, PurePosixPath(path).suffix))
    except UndecodableError as error:
        return replace(row, reason=str(error))


def _measured(row: _Row, clip: Clip) -> _Row:
    magnitudes = np.abs(clip.samples)
    return replace(
        row,
        sample_rate_hz=clip.sample_rate_hz,
        channels=clip.channels,
        frames=clip.frames,
        duration_s=clip.frames / clip.sample_rate_hz,
        rms=float(np.sqrt(np.mean(np.square(clip.samples, dtype=np.float64)))),
        peak=float(magnitudes.max()),
        dc_offset=float(clip.samples.mean(dtype=np.float64)),
        clipped_fraction=float(np.mean(magnitudes >= CLIPPED_FROM)),
        decodable=True,
    )


def _check_labels(root: Path, rows: list[_Row]) -> None:
    if not rows:
        raise SourceError(f"{root} holds no audio; looked for LABEL/clip.wav ({', '.join(SUFFIXES)})")
    labels = sorted({row.label for row in rows if row.decodable})
    if not labels:
        raise SourceError(
            f"none of the {len(rows)} clips in {root} can be decoded; {rows[0].path}: {rows[0].reason}"
        )
    if len(labels) == 1:
        raise SourceError(
            f"only the label {labels[0]!r} has a clip in {root} that can be decoded; a classifier needs two"
        )
