"""The manifest: a table with one row a clip (`soundcheck.data.rows`), and what later stages ask of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MANIFEST_FILE = "manifest.parquet"
TRAIN, VALIDATION, TEST = "train", "validation", "test"
SPLITS = (TRAIN, VALIDATION, TEST)
SET_ASIDE = ""
UNKNOWN, SILENCE = "_unknown_", "_silence_"
"""The labels of words outside the chosen ones, and of clips that are meant to hold no word."""
NOISE = "_background_noise_"
"""The folder of recordings of background noise, and how their paths in a manifest begin."""


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


def origins(manifest: pd.DataFrame) -> pd.Series:
    """By digest, what each clip was cut from: two clips of one origin may share sound.

    That is its file; of background noise, whose splits are stretches of time, it is the clip itself.
    """
    import numpy as np
    import pandas as pd

    is_noise = manifest["file"].str.startswith(f"{NOISE}/")
    digests = np.where(is_noise, manifest["clip_digest"], manifest["file_digest"])
    return pd.Series(digests, index=manifest.index)


def describe(manifest: pd.DataFrame, sample_rate_hz: int) -> dict[str, Any]:
    """What a manifest holds, as JSON-able values.

    `labels`, `speakers`, durations, rates and channels are of the decodable clips; `converted` counts
    those that are not mono or not at `sample_rate_hz`; `parts` those that are a part of their recording;
    `duplicates` the clips that another clip is the same as.
    """
    decodable = manifest["decodable"].astype(bool)
    usable, aside = manifest.loc[decodable], manifest.loc[~decodable]
    sharing = manifest.loc[manifest["clip_digest"] != "", "clip_digest"].duplicated(keep=False)
    converted = (usable["channels"] != 1) | (usable["sample_rate_hz"] != sample_rate_hz)
    splits = {split: manifest.loc[manifest["split"] == split, "label"] for split in SPLITS}
    return {
        "clips": len(manifest),
        "labels": _counts(usable["label"]),
        "speakers": len(set(usable["speaker"]) - {""}),
        "splits": {split: _counts(labels) for split, labels in splits.items()},
        "duration_s": math.fsum(usable["duration_s"]),
        "shortest_s": float(usable["duration_s"].min()),
        "longest_s": float(usable["duration_s"].max()),
        "sample_rates_hz": _counts(usable["sample_rate_hz"]),
        "channels": _counts(usable["channels"]),
        "converted": int(converted.sum()),
        "parts": int((usable["path"] != usable["file"]).sum()),
        "set_aside": aside[["path", "reason"]].to_dict("records"),
        "duplicates": int(sharing.sum()),
    }


def _counts(values: pd.Series) -> dict[str, int]:
    counts = values.value_counts().sort_index()
    return {str(value): int(count) for value, count in counts.items()}
