"""Features read back from their shards, in any order, without TensorFlow.

Shards are mapped into memory, not loaded: a clip's features are a view of the file, the operating system
keeps what is used in its page cache and lets go of it when memory is short. So one way of reading serves data
that fit into memory and data that do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from soundcheck.features.half_precision import to_single
from soundcheck.features.records import read_records

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from soundcheck.features.index import Parts, ShardIndex

_CLIPS_AT_ONCE = 16  # stay in a core's cache


def clip_views(manifest: pd.DataFrame, index: ShardIndex, parts: Parts) -> list[NDArray[np.floating[Any]]]:
    """The features of each row: (frames, bins) in the storage format, read-only, not yet read from disk.

    A clip that stands in several rows gives the same view for each.

    Raises:
        ValueError: where the index does not hold a row's clip.
    """
    views: dict[str, NDArray[np.floating[Any]]] = {}
    for shard in index.shards:
        views.update(zip(shard.clips, shard_views(parts, shard.digest, index), strict=True))
    lacking = manifest.loc[~manifest["clip_digest"].isin(list(views))]
    if len(lacking):
        raise ValueError(
            f"index has no features of {len(lacking)} rows of manifest, such as {lacking['path'].iloc[0]!r}; "
            "leave out rows without a split, or write the shards of this manifest first"
        )
    return [views[digest] for digest in manifest["clip_digest"]]


def batches(
    manifest: pd.DataFrame, index: ShardIndex, parts: Parts, batch_size: int
) -> Iterator[NDArray[np.float32]]:
    """Features of the rows of a manifest in its order, `batch_size` at a time.

    Yields:
        (clips, frames, bins) float32.

    Raises:
        ValueError: where the index does not hold a row's clip.
    """
    views = clip_views(manifest, index, parts)
    for start in range(0, len(views), batch_size):
        stored = np.stack(views[start : start + batch_size])
        to_single(stored, features := np.empty(stored.shape, np.float32))
        yield features


def summaries(manifest: pd.DataFrame, index: ShardIndex, parts: Parts) -> NDArray[np.float32]:
    """Mean and standard deviation over the frames of each band: what a linear baseline sees.

    Returns:
        (rows with a split, 2 * bins) float32: the means of all bins, then their deviations; in the order
        of the manifest's rows that have a split.

    Raises:
        ValueError: where the index does not hold a row's clip.
    """
    rows = manifest.loc[manifest["split"] != ""]
    result = np.empty((len(rows), 2 * index.bins), np.float32)
    for number, features in enumerate(batches(rows, index, parts, _CLIPS_AT_ONCE)):
        clips = slice(number * _CLIPS_AT_ONCE, (number + 1) * _CLIPS_AT_ONCE)
        result[clips, : index.bins] = features.mean(axis=1)
        result[clips, index.bins :] = features.std(axis=1)
    return result


def shard_views(parts: Parts, digest: str, index: ShardIndex) -> Iterator[NDArray[np.floating[Any]]]:
    """The features of a shard's clips in their order, each (frames, bins) as `clip_views` gives them."""
    # Python's own mmap holds a file descriptor for each map: hundreds of shards would exceed a usual limit.
    with pa.memory_map(str(parts.path(digest))) as file:
        mapped = memoryview(file.read_buffer()).cast("B")
    for example in read_records(mapped):
        values = np.frombuffer(example["features"], index.storage)
        yield from values.reshape(-1, index.frames, index.bins)
