"""What a training reads: the data sets of a manifest and its features, in the order that the seed decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from soundcheck.config import TrainingConfig
    from soundcheck.features.index import Parts, ShardIndex
    from soundcheck.features.pipeline import Datasets


def training_datasets(
    manifest_file: Path, index_file: Path, parts: Parts, training: TrainingConfig
) -> Datasets:
    """Data sets of the three splits of a manifest, as `datasets_of` makes them."""
    from soundcheck.data.manifest import read_manifest
    from soundcheck.features.index import ShardIndex

    return datasets_of(read_manifest(manifest_file), ShardIndex.load(index_file), parts, training)


def datasets_of(
    manifest: pd.DataFrame, index: ShardIndex, parts: Parts, training: TrainingConfig
) -> Datasets:
    """Data sets of the three splits, made so that equal arguments give equal batches in every process.

    Seeds the random generators of Python, NumPy and TensorFlow, and switches TensorFlow to deterministic
    operations; both are settings of the process and stay.

    Raises:
        ValueError: where the index lacks a clip of the manifest.
    """
    import keras
    import tensorflow as tf

    from soundcheck.features.pipeline import datasets

    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(training.seed)  # tf.data mixes it into the order of the clips
    return datasets(manifest, index, parts, training.batch_size, training.seed)
