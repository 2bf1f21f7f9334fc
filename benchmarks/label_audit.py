"""The label audit on real clips of which 5 % were given another label at random: are these found?

Nothing was chosen by what is printed here: the snippets, regions, penalty and the decision on suspects were
chosen on the clips of one half of the speakers, with swaps of other seeds (100 to 102). The rows "other half"
are of the other speakers alone. Not all real labels are right, so that a suspect that was not swapped may be
wrong all the same: the precision printed is a lower bound.

The last table asks from what skill of the classifier on its suspects are worth a look: 5 % are swapped of
fewer and fewer clips, of eight labels and of two, and all labels are shuffled. Suspects are counted whether
the audit names them or finds that it cannot judge.

`python benchmarks/label_audit.py [--clips 8000]`, under three minutes.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import SAMPLE_RATE_HZ, real_clips
from numpy.typing import NDArray

from soundcheck.audit.label_audit import LEAST_SKILL, audit_labels, rank_labels
from soundcheck.audit.out_of_fold import predict_out_of_fold
from soundcheck.config import AuditConfig, FeaturesConfig
from soundcheck.data.sources import Source
from soundcheck.features.index import ShardIndex
from soundcheck.features.shards import write_shards
from soundcheck.store import Parts

SEEDS = range(5)
SWAPPED_FRACTION = 0.05
LOOKED_AT_FRACTION = 0.1
SEED_OF_HALVES = 12345
SEEDS_OF_SKILLS = range(3)
CLIPS_OF_A_LABEL = (10, 20, 40, 80, 160, 320, 640)
FEW_LABELS = ("go", "no")


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
        f"{precision:9.3f} {recall:6.3f} {audit.accuracy:8.3f} {cpu_s:5.1f}",
        flush=True,
    )


def share(part: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
    """The share of the clips of one kind that are of another, NaN where there are none."""
    return float(part[of].mean()) if of.any() else math.nan


def print_table(clips: pd.DataFrame, features: Features) -> None:
    """The clips as they are, then with swaps of each seed, all of them and those of the other half."""
    print(
        f"\n{features.config.kind}\n{'':28} clips swapped recall in 10 % suspects precision recall accuracy "
        "CPU-s"
    )
    half = is_other_half(clips)
    print_audit("untouched", clips, np.zeros(len(clips), np.bool_), features)
    for seed in SEEDS:
        swapped, is_swapped = with_swaps(clips, seed)
        print_audit(f"seed {seed}", swapped, is_swapped, features)
    for seed in SEEDS:
        swapped, is_swapped = with_swaps(clips.loc[half], seed)
        print_audit(f"seed {seed}, other half", swapped, is_swapped, features)


def print_skills(clips: pd.DataFrame, features: Features) -> None:
    """How many of the suspects were swapped, by the skill of the classifier."""
    print("\nfewer clips\nlabels clips seed labels are   accuracy  skill suspects precision")
    for some in (clips.loc[clips["label"].isin(FEW_LABELS)], clips):
        most = int(some["label"].value_counts().min())
        for count, seed in product(CLIPS_OF_A_LABEL, SEEDS_OF_SKILLS):
            drawn = some.groupby("label").sample(min(count, most), random_state=seed).index
            swapped = with_swaps(some.loc[drawn].reset_index(drop=True), seed)
            print_skill("5 % swapped", seed, *swapped, features)
        shuffled = np.random.default_rng(0).permutation(some["label"])
        is_wrong = some["label"].to_numpy() != shuffled
        print_skill("shuffled", 0, some.assign(label=shuffled).reset_index(drop=True), is_wrong, features)


def print_skill(
    title: str, seed: int, clips: pd.DataFrame, is_wrong: NDArray[np.bool_], features: Features
) -> None:
    """One line; a star where the audit names its suspects."""
    predictions = predict_out_of_fold(clips, features.index, features.parts, features.config, AuditConfig())
    is_suspect = rank_labels(clips, predictions, least_skill=-math.inf).clips["is_suspect"].to_numpy(np.bool_)
    print(
        f"{len(predictions.labels):6d} {len(clips):5d} {seed:4d} {title:11} {predictions.accuracy:9.3f} "
        f"{predictions.skill:6.3f} {is_suspect.sum():8d} {share(is_wrong, of=is_suspect):9.3f}"
        f"{' *' if predictions.skill >= LEAST_SKILL else ''}",
        flush=True,
    )


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
            features = Features(config, index, parts)
            print_table(clips, features)
            print_skills(clips, features)


if __name__ == "__main__":
    main()
