"""The input pipeline of training: features joined with the labels and splits of a manifest.

Every epoch takes the clips of a split from their shards by number, in a new order for training. Because any
clip can be read on its own, the shuffle is uniform over the whole split, and a batch is all that is held.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.features.reading import clip_views

if TYPE_CHECKING:
    import pandas as pd
    import tensorflow as tf
    from numpy.typing import NDArray

    from soundcheck.features.index import Parts, ShardIndex

_BATCHES_AHEAD = 2
_ALIGNMENT_BYTES = 64  # TensorFlow takes an array over as it is where it begins at a multiple of this


@dataclass(frozen=True)
class Datasets:
    """Batches of (features (batch, frames, bins) float32, labels (batch,) int32), one data set a split.

    Attributes:
        train: shuffled anew for each epoch.
        validation: in the manifest's order.
        test: in the manifest's order.
        labels: the names of the classes by their number.
    """

    train: tf.data.Dataset[Any]
    validation: tf.data.Dataset[Any]
    test: tf.data.Dataset[Any]
    labels: list[str]


def datasets(manifest: pd.DataFrame, index: ShardIndex, parts: Parts, batch_size: int, seed: int) -> Datasets:
    """Data sets of the three splits; each row of the manifest that has a split is an example of its own.

    Args:
        manifest: `split` and `label` say where a clip belongs; byte-identical clips may differ in both.
        index: where the features are.
        parts: where the shards are.
        batch_size: clips in a batch; the last one of an epoch may be smaller.
        seed: decides the order of training clips in the first and all later epochs, together with
            TensorFlow's global seed where one is set.

    Raises:
        ValueError: where the index does not hold a row's clip.
    """
    used = manifest.loc[manifest["split"] != ""]
    labels = sorted(used["label"].unique().tolist())
    views = clip_views(used, index, parts)
    classes = used["label"].map({label: number for number, label in enumerate(labels)})

    def examples(split: str) -> tf.data.Dataset[Any]:
        rows = np.flatnonzero(used["split"] == split)
        split_views = [views[row] for row in rows]
        split_classes = classes.to_numpy(np.int32)[rows]
        return _examples(split_views, split_classes, index, batch_size, seed if split == "train" else None)

    return Datasets(examples("train"), examples("validation"), examples("test"), labels)


def _examples(
    views: list[NDArray[np.floating[Any]]],
    classes: NDArray[np.int32],
    index: ShardIndex,
    batch_size: int,
    shuffle_seed: int | None,
) -> tf.data.Dataset[Any]:
    import tensorflow as tf

    storage = np.dtype(index.storage)

    def gather(rows: NDArray[np.int64]) -> NDArray[np.floating[Any]]:
        stored = _aligned_empty((len(rows), index.frames, index.bins), storage)
        return np.stack([views[row] for row in rows], out=stored)

    def batch(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        stored = tf.numpy_function(gather, [rows], storage, stateful=False)
        stored = tf.ensure_shape(stored, (None, index.frames, index.bins))
        return tf.cast(stored, tf.float32), tf.gather(classes, rows)

    rows = tf.data.Dataset.range(len(views))
    if shuffle_seed is not None and views:
        rows = rows.shuffle(len(views), seed=shuffle_seed)
    return rows.batch(batch_size).map(batch).prefetch(_BATCHES_AHEAD).with_options(_sequential())


def _sequential() -> tf.data.Options:
    """One thread and nothing tuned: a batch is one call of ours, and a pool of threads only costs time."""
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 1
    return options


def _aligned_empty(shape: tuple[int, ...], storage: np.dtype[Any]) -> NDArray[np.floating[Any]]:
    size = math.prod(shape) * storage.itemsize
    memory = np.empty(size + _ALIGNMENT_BYTES, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT_BYTES
    return memory[start : start + size].view(storage).reshape(shape)
