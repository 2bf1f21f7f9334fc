"""The manifest: a table with one row a clip, and what later stages ask of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
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
    rows = [Row(**row) for row in manifest.to_dict("records")]
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
