"""Listing: every clip of a source is read once, and what it is found to be becomes its row."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tqdm import tqdm

from soundcheck.data.audio import SUFFIXES, Clip, UndecodableError, decode
from soundcheck.data.folders import clip_paths
from soundcheck.data.manifest import Row
from soundcheck.data.splits import assign_splits, speaker_of
from soundcheck.errors import SourceError

if TYPE_CHECKING:
    from soundcheck.config import DataConfig

ROWS_AT_ONCE = 4096

CLIPPED_FROM = 32767 / 32768
"""A sample counts as clipped from this magnitude on: the largest positive 16-bit value."""


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
    manifest = list_clips(root)
    manifest["split"] = assign_splits(manifest, data)
    return manifest


def list_clips(root: Path) -> pd.DataFrame:
    """The manifest without splits: every clip is still set aside. Raises SourceError as `build_manifest`."""
    paths = clip_paths(root)
    progress = tqdm(paths, "ingest", unit=" clips", disable=None, leave=False)
    rows = (_row(root, path) for path in progress)
    # A table takes a tenth of what its rows as objects do: large sources are listed piece by piece.
    pieces = iter(lambda: list(islice(rows, ROWS_AT_ONCE)), [])
    tables = [pd.DataFrame([vars(row) for row in piece]) for piece in pieces]
    manifest = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    _check_labels(root, manifest)
    return manifest


def _row(root: Path, path: str) -> Row:
    try:
        path.encode()
    except UnicodeEncodeError:
        path = path.encode(errors="backslashreplace").decode()
        return Row("", path, PurePosixPath(path).parts[0], speaker_of(path), reason="its name is not UTF-8")
    row = Row("", path, PurePosixPath(path).parts[0], speaker_of(path))
    try:
        data = (root / path).read_bytes()
    except OSError as error:
        return replace(row, reason=f"cannot be read: {error.strerror}")
    row = replace(row, clip_digest=hashlib.sha256(data).hexdigest())
    try:
        return _measured(row, decode(data, PurePosixPath(path).suffix))
    except UndecodableError as error:
        return replace(row, reason=str(error))


def _measured(row: Row, clip: Clip) -> Row:
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


def _check_labels(root: Path, manifest: pd.DataFrame) -> None:
    if not len(manifest):
        raise SourceError(f"{root} holds no audio; looked for LABEL/clip.wav ({', '.join(SUFFIXES)})")
    labels = sorted(set(manifest.loc[manifest["decodable"], "label"]))
    if not labels:
        path, reason = manifest[["path", "reason"]].iloc[0]
        raise SourceError(f"none of the {len(manifest)} clips in {root} can be decoded; {path}: {reason}")
    if len(labels) == 1:
        raise SourceError(
            f"only the label {labels[0]!r} has a clip in {root} that can be decoded; a classifier needs two"
        )
