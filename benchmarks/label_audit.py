"""The label audit on real clips of which 5 % were given another label at random: are these found?

Nothing was chosen by what is printed here: the snippets, regions, penalty and the decision on suspects were
chosen on the clips of one half of the speakers, with swaps of other seeds (100 to 102). The rows "other half"
are of the other speakers alone. Not all real labels are right, so that a suspect that was not swapped may be
wrong all the same: the precision printed is a lower bound.

`python benchmarks/label_audit.py [--clips 8000]`, under two minutes.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import SAMPLE_RATE_HZ, real_clips
from numpy.typing import NDArray

from soundcheck.audit.label_audit import audit_labels
from soundcheck.config import AuditConfig, FeaturesConfig
from soundcheck.data.sources import Source
from soundcheck.features.index import ShardIndex
from soundcheck.features.shards import write_shards
from soundcheck.store import Parts

SEEDS = range(5)
SWAPPED_FRACTION = 0.05
LOOKED_AT_FRACTION = 0.1
SEED_OF_HALVES = 12345


@dataclass(frozen=True)
class Features:
    """Features of all clips, and where they are."""

    config: FeaturesConfig
    index: ShardIndex
    parts: Parts


def with_swaps(clips: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """The clips with other labels in their places for 5 % of them, and for which."""
    generator = np.random.default_rng(seed)
    given, labels = clips["label"].factorize(sort=True)
    is_swapped = np.zeros(len(clips), np.bool_)
    is_swapped[generator.choice(len(clips), round(SWAPPED_FRACTION * len(clips)), replace=False)] = True
    shifts = np.where(is_swapped, generator.integers(1, len(labels), len(clips)), 0)
    return clips.assign(label=labels[(given + shifts) % len(labels)]), is_swapped


def is_other_half(clips: pd.DataFrame) -> NDArray[np.bool_]:
    """The clips of the speakers by whom nothing was chosen."""
    numbers, speakers = clips["speaker"].factorize(sort=True)
    order = np.random.default_rng(SEED_OF_HALVES).permutation(len(speakers))
    return order[numbers] >= len(speakers) // 2


def print_audit(title: str, clips: pd.DataFrame, is_swapped: NDArray[np.bool_], features: Features) -> None:
    """One line: how much of what was swapped is found, and at what price."""
    start_s = time.process_time()
    audit = audit_labels(clips, features.index, features.parts, features.config, AuditConfig())
    cpu_s = time.process_time() - start_s
    is_suspect = audit.clips["is_suspect"].to_numpy(np.bool_)
    is_looked_at = audit.clips["rank"].to_numpy() <= LOOKED_AT_FRACTION * len(clips)
    recall_in_tenth = share(is_looked_at, of=is_swapped)
    precision, recall = share(is_swapped, of=is_suspect), share(is_suspect, of=is_swapped)
    print(
        f"{title:28} {len(clips):5d} {is_swapped.sum():7d} {recall_in_tenth:14.3f} {is_suspect.sum():8d} "
        f"{precision:9.3f} {recall:6.3f} {audit.mislabelled:9d} {audit.accuracy:8.3f} {cpu_s:5.1f}",
        flush=True,
    )


def share(part: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
    """The share of the clips of one kind that are of another, NaN where there are none."""
    return float(part[of].mean()) if of.any() else math.nan


def print_table(clips: pd.DataFrame, features: Features) -> None:
    """The clips as they are, then with swaps of each seed, all of them and those of the other half."""
    print(
        f"\n{features.config.kind}\n{'':28} clips swapped recall in 10 % suspects precision recall estimated "
        "accuracy CPU-s"
    )
    half = is_other_half(clips)
    print_audit("untouched", clips, np.zeros(len(clips), np.bool_), features)
    for seed in SEEDS:
        swapped, is_swapped = with_swaps(clips, seed)
        print_audit(f"seed {seed}", swapped, is_swapped, features)
    for seed in SEEDS:
        swapped, is_swapped = with_swaps(clips.loc[half], seed)
        print_audit(f"seed {seed}, other half", swapped, is_swapped, features)


def main() -> None:
    """Prints a table for each kind of features."""
    parser = argparse.ArgumentParser(description="The label audit, on clips of which 5 % are labelled wrong.")
    parser.add_argument("--clips", type=int, default=8000, help="how many clips, for a quick look")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        clips = real_clips(Path(name), options.clips)
        clips["speaker"] = clips["path"].str.extract(r"([^/]*)_nohash_", expand=False)
        for kind in ("log_mel", "stft"):
            config = FeaturesConfig.model_validate({"kind": kind})
            parts = Parts(Path(name) / f"store-{kind}")
            index = write_shards(clips, Source(Path(name), digest=""), config, SAMPLE_RATE_HZ, parts)
            print_table(clips, Features(config, index, parts))


if __name__ == "__main__":
    main()
