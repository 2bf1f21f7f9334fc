"""Statistics of each clip's features: what tells a sound spectrogram from a broken or an empty one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from soundcheck.data.manifest import usable
from soundcheck.features.reading import batches
from soundcheck.features.spectrogram import LOG_FLOOR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundcheck.features.index import Parts, ShardIndex

_MEASURES = ["not_finite", "minimum", "maximum", "mean", "standard_deviation"]
_CLIPS_AT_ONCE = 16  # stay in a core's cache


def clip_statistics(
    manifest: pd.DataFrame, index: ShardIndex, parts: Parts, kind: Literal["stft", "log_mel"]
) -> pd.DataFrame:
    """What the features of each clip are like.

    Args:
        manifest: rows with `clip_digest`, `path`, `label` and `split`.
        index: where their features are.
        parts: the store of the shards.
        kind: of the features, as in their configuration.

    Returns:
        One row for each row of the manifest that has a split, in its order: `path`, `label`;
        `frames` and `bins`; `not_finite`, how many numbers are NaN, infinite, or at the bounds of the
        storage format, where it keeps an infinite one; `minimum`, `maximum`, `mean`, `standard_deviation`;
        and `dynamic_range`, the natural logarithm of the largest magnitude over the smallest, each raised
        by `LOG_FLOOR`, as log-mel features hold them. The last five are NaN where a number is not finite.

    Raises:
        ValueError: where the index does not hold a row's clip.
    """
    rows = usable(manifest)
    largest = float(np.finfo(index.storage).max)
    measured = [_measured(features, largest) for features in batches(rows, index, parts, _CLIPS_AT_ONCE)]
    values = np.concatenate([np.empty((0, len(_MEASURES))), *measured])
    statistics = pd.DataFrame(values, columns=_MEASURES).astype({"not_finite": int})
    low, high = statistics["minimum"], statistics["maximum"]
    if kind == "stft":
        low, high = np.log(low + LOG_FLOOR), np.log(high + LOG_FLOOR)
    statistics["dynamic_range"] = high - low
    clips = rows[["path", "label"]].reset_index(drop=True)
    return pd.concat([clips.assign(frames=index.frames, bins=index.bins), statistics], axis=1)


def _measured(features: NDArray[np.float32], largest: float) -> NDArray[np.float64]:
    """(clips, measures) of features (clips, frames, bins)."""
    numbers = features.reshape(len(features), -1)
    # Not `isnan`: read back from half precision, NaN is a number beyond the largest one.
    not_finite = np.count_nonzero(~(np.abs(numbers) < largest), axis=1)
    with np.errstate(invalid="ignore", over="ignore"):
        measures = [numbers.min(axis=1), numbers.max(axis=1), numbers.mean(axis=1), numbers.std(axis=1)]
    known = np.where(not_finite > 0, np.nan, np.stack(measures))
    return np.concatenate([not_finite[np.newaxis], known]).T
