"""What storing features as float16 costs: the error of a value, and the accuracy of a model.

`python benchmarks/storage.py [--seeds 3]`, on the real clips; both presets' features, the `quick` model.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measuring import archive_path

from soundcheck.config import DataConfig, FeaturesConfig, ModelConfig, TrainingConfig, quick
from soundcheck.data.listing import build_manifest
from soundcheck.data.sources import Source, locate
from soundcheck.features.index import ShardIndex
from soundcheck.features.pipeline import datasets
from soundcheck.features.reading import batches
from soundcheck.features.shards import write_shards
from soundcheck.models import builder
from soundcheck.store import Parts
from soundcheck.training.fitting import fit

CLIPS_AT_ONCE = 256


def main() -> None:
    """Prints one row for each kind of features and storage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(parser.parse_args().seeds)
    with tempfile.TemporaryDirectory() as temporary:
        data = DataConfig(source=str(archive_path()))
        source = locate(data, Path(temporary))
        manifest = build_manifest(source, data, FeaturesConfig().clip_duration_ms)
        parts = Parts(Path(temporary) / "store")
        rows = [row for kind in ("stft", "log_mel") for row in compared(kind, manifest, source, parts, seeds)]
    header = ["features", "storage", "largest error", "mean error", "test accuracy", "deviation"]
    for row in (header, *rows):
        print("".join(f"{cell:>15}" for cell in row))


def compared(
    kind: Any, manifest: pd.DataFrame, source: Source, parts: Parts, seeds: range
) -> list[list[str]]:
    """The rows of a kind of features: exact storage first."""
    indices = {
        storage: write_shards(
            manifest,
            source,
            FeaturesConfig(kind=kind, storage=storage),
            quick().data.sample_rate_hz,
            parts,
        )
        for storage in ("float32", "float16")
    }
    rows: list[list[str]] = []
    for storage, index in indices.items():
        largest, mean = errors(manifest, indices["float32"], index, parts)
        accuracies = [test_accuracy(manifest, index, parts, seed) for seed in seeds]
        deviation = np.std(accuracies, ddof=1) if len(accuracies) > 1 else float("nan")
        rows.append(
            [kind, storage, f"{largest:.4f}", f"{mean:.6f}", f"{np.mean(accuracies):.4f}", f"{deviation:.4f}"]
        )
    return rows


def errors(
    manifest: pd.DataFrame, exact: ShardIndex, stored: ShardIndex, parts: Parts
) -> tuple[float, float]:
    """Largest and mean absolute error over all values of all clips."""
    pairs = zip(
        batches(manifest, exact, parts, CLIPS_AT_ONCE),
        batches(manifest, stored, parts, CLIPS_AT_ONCE),
        strict=True,
    )
    found = [(np.abs(one - other).max(), np.abs(one - other).mean()) for one, other in pairs]
    return float(max(largest for largest, _ in found)), float(np.mean([mean for _, mean in found]))


def test_accuracy(manifest: pd.DataFrame, index: ShardIndex, parts: Parts, seed: int) -> float:
    """Of the `quick` preset's model, at the epoch that validation chose."""
    import keras

    training = TrainingConfig(seed=seed)
    keras.utils.set_random_seed(seed)
    data = datasets(manifest, index, parts, training.batch_size, seed)
    fitted = fit(builder(ModelConfig().name), data, ModelConfig(), training)
    return float(fitted.history.loc[fitted.best_epoch - 1, "test_accuracy"])


if __name__ == "__main__":
    main()
