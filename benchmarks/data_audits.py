"""What `signal`, `leakage` and `audit` say of the real clips, and of the same clips with wrong labels.

`python benchmarks/data_audits.py [--clips 8000]`, under two minutes.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import SAMPLE_RATE_HZ, archive_path, arguments
from numpy.typing import NDArray

from soundcheck.audit.irreducible_error import estimate_irreducible_error
from soundcheck.audit.label_audit import audit_labels
from soundcheck.audit.leakage import measure_leakage
from soundcheck.audit.signal import examine_signal
from soundcheck.config import AuditConfig, DataConfig, FeaturesConfig, ValidationConfig
from soundcheck.data.listing import build_manifest
from soundcheck.data.manifest import TRAIN, usable
from soundcheck.data.sources import Source, locate
from soundcheck.features.index import ShardIndex
from soundcheck.features.reading import summaries
from soundcheck.features.shards import write_shards
from soundcheck.store import Parts

WRONG_FRACTIONS = (0.0, 0.1, 0.2, 0.4, 1.0)
SEEDS = range(3)


def with_wrong_labels(
    classes: NDArray[np.int64], labels: int, fraction: float, seed: int
) -> NDArray[np.int64]:
    """Classes of which a fraction was replaced, each by another; all of them: by any."""
    generator = np.random.default_rng(seed)
    if fraction == 1:
        return generator.permutation(classes)
    shifts = np.where(
        generator.random(len(classes)) < fraction, generator.integers(1, labels, len(classes)), 0
    )
    return (classes + shifts) % labels


def print_signal(clips: pd.DataFrame, values: NDArray[np.float32], features: FeaturesConfig) -> None:
    """One line a share of wrong labels and seed: accuracies of the trials, on the training clips."""
    train = (clips["split"] == TRAIN).to_numpy()
    numbers, names = clips["label"].factorize(sort=True)
    print("signal:\nwrong labels seed    all easiest shuffled synthetic CPU-s")
    for fraction in WRONG_FRACTIONS:
        for seed in SEEDS if fraction else (0,):
            classes = with_wrong_labels(numbers.astype(np.int64), len(names), fraction, seed)[train]
            start_s = time.process_time()
            found = examine_signal(
                values[train], classes, list(names), clips.loc[train], features, SAMPLE_RATE_HZ, seed
            )
            cpu_s, trials = time.process_time() - start_s, found.separability
            print(
                f"{fraction:12.0%} {seed:4d} {trials.all_clips.accuracy:6.3f} "
                f"{trials.easiest_clips.accuracy:7.3f} {trials.shuffled_labels.accuracy:8.3f} "
                f"{trials.synthetic_words.accuracy:9.3f} {cpu_s:5.1f}  {found.verdict}",
                flush=True,
            )


def print_leakage(clips: pd.DataFrame, values: NDArray[np.float32]) -> None:
    """The verdict for each seed."""
    numbers = clips["label"].factorize(sort=True)[0].astype(np.int64)
    for seed in SEEDS:
        start_s = time.process_time()
        leakage = measure_leakage(values, numbers, clips, seed)
        print(f"leakage, seed {seed} ({time.process_time() - start_s:.1f} CPU-s): {leakage.verdict}")


def print_audit(clips: pd.DataFrame, index: ShardIndex, parts: Parts, features: FeaturesConfig) -> None:
    """The label audit and the irreducible error of each split."""
    start_s, limits = time.process_time(), ValidationConfig()
    audit = audit_labels(clips, index, parts, features, AuditConfig())
    cpu_s = time.process_time() - start_s
    print(f"label audit ({cpu_s:.1f} CPU-s): accuracy {audit.accuracy:.3f}. {audit.verdict}")
    errors = estimate_irreducible_error(clips, audit, limits.min_rms, limits.min_speech_contrast_db)
    for split, error in errors.items():
        print(f"irreducible error, {split}: {error.verdict}")


def main() -> None:
    """Computes the features once for each kind, then asks everything."""
    clips = arguments("Signal, leakage and label audit of the real clips.").clips
    data = DataConfig(source=str(archive_path()))
    with tempfile.TemporaryDirectory() as name:
        source: Source = locate(data, Path(name))
        manifest = usable(build_manifest(source, data, FeaturesConfig().clip_duration_ms))
        manifest = manifest.iloc[:: max(1, len(manifest) // clips)].reset_index(drop=True)
        for kind in ("log_mel", "stft"):
            features, parts = FeaturesConfig(kind=kind), Parts(Path(name) / f"store-{kind}")
            index = write_shards(manifest, source, features, SAMPLE_RATE_HZ, parts)
            values = summaries(manifest, index, parts)
            print(f"\n== {kind}, {len(manifest)} clips")
            print_signal(manifest, values, features)
            print_leakage(manifest, values)
            print_audit(manifest, index, parts, features)


if __name__ == "__main__":
    main()
