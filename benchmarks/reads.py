"""What feeds the training: an epoch of features from shards, against decoding and transforming every epoch.

`python benchmarks/reads.py [--clips 1000]`
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from measuring import SAMPLE_RATE_HZ, arguments, best_rates, print_table, quiet_tensorflow, real_clips
from reference import reference_dataset

from soundcheck.config import FeaturesConfig
from soundcheck.data.sources import Source
from soundcheck.features.pipeline import datasets
from soundcheck.features.shards import write_shards
from soundcheck.store import Parts

BATCH_SIZE = 64


def works(folder: Path, clips: pd.DataFrame, features: FeaturesConfig) -> dict[str, Callable[[], int]]:
    """An epoch of the training clips, each way."""
    training = clips.assign(split="train")
    parts = Parts(folder / f"store-{features.kind}-{features.storage}")
    index = write_shards(training, Source(folder, digest=""), features, SAMPLE_RATE_HZ, parts)
    paths = [str(folder / path) for path in training["path"]]
    decoding = reference_dataset(paths, [0] * len(paths), features, SAMPLE_RATE_HZ)
    opened = datasets(training, index, parts, BATCH_SIZE, seed=0).train

    def reference() -> int:
        return sum(len(batch) for batch, _ in decoding)

    def first_epoch() -> int:
        return sum(len(batch) for batch, _ in datasets(training, index, parts, BATCH_SIZE, seed=0).train)

    def later_epoch() -> int:
        return sum(len(batch) for batch, _ in opened)

    return {
        "reference: decode and transform": reference,
        "first epoch, shards opened": first_epoch,
        "later epochs": later_epoch,
    }


def main() -> None:
    """Prints a table for each kind and storage of features."""
    options = arguments("An epoch of features, against decoding every time.")
    quiet_tensorflow()
    with tempfile.TemporaryDirectory() as name:
        clips = real_clips(Path(name), options.clips)
        for kind in ("stft", "log_mel"):
            for storage in ("float16", "float32"):
                features = FeaturesConfig.model_validate({"kind": kind, "storage": storage})
                rates = best_rates(works(Path(name), clips, features), options.repeats)
                print_table(f"{kind} as {storage}, {len(clips)} clips", rates)


if __name__ == "__main__":
    main()
