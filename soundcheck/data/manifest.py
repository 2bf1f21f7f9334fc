"""The manifest: a table with one row a clip, and what later stages ask of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MANIFEST_FILE = "manifest.parquet"
TRAIN, VALIDATION, TEST = "train", "validation", "test"
SPLITS = (TRAIN, VALIDATION, TEST)
SET_ASIDE = ""


@dataclass(frozen=True)
class Row:
    """The columns of a manifest, in their order; the numbers are those of a clip that is set aside."""

    clip_digest: str
    path: str
    label: str
    speaker: str
    split: str = SET_ASIDE
    sample_rate_hz: int = 0
    channels: int = 0
    frames: int = 0
    duration_s: float = math.nan
    rms: float = math.nan
    peak: float = math.nan
    dc_offset: float = math.nan
    clipped_fraction: float = math.nan
    decodable: bool = False
    reason: str = ""


def write_manifest(manifest: pd.DataFrame, path: Path) -> None:
    """Writes Parquet; equal manifests give equal bytes."""
    manifest.to_parquet(path, index=False, engine="pyarrow", compression="zstd")


def read_manifest(path: Path) -> pd.DataFrame:
    """Reads what `write_manifest` wrote."""
    import pandas as pd

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
    decodable = manifest["decodable"].astype(bool)
    usable, aside = manifest.loc[decodable], manifest.loc[~decodable]
    sharing = manifest.loc[manifest["clip_digest"] != "", "clip_digest"].duplicated(keep=False)
    converted = (usable["channels"] != 1) | (usable["sample_rate_hz"] != sample_rate_hz)
    splits = {split: manifest.loc[manifest["split"] == split, "label"] for split in SPLITS}
    return {
        "clips": len(manifest),
        "labels": _counts(usable["label"]),
        "speakers": int(usable["speaker"].nunique()),
        "splits": {split: _counts(labels) for split, labels in splits.items()},
        "duration_s": math.fsum(usable["duration_s"]),
        "shortest_s": float(usable["duration_s"].min()),
        "longest_s": float(usable["duration_s"].max()),
        "sample_rates_hz": _counts(usable["sample_rate_hz"]),
        "channels": _counts(usable["channels"]),
        "converted": int(converted.sum()),
        "set_aside": aside[["path", "reason"]].to_dict("records"),
        "duplicates": int(sharing.sum()),
    }


def _counts(values: pd.Series) -> dict[str, int]:
    counts = values.value_counts().sort_index()
    return {str(value): int(count) for value, count in counts.items()}
