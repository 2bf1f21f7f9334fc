"""The usable clips of a manifest as what simple models take: a row of summaries and a class each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from soundcheck.data.manifest import labels_of, read_manifest, usable
from soundcheck.features.index import ShardIndex
from soundcheck.features.reading import summaries

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from soundcheck.features.index import Parts


@dataclass(frozen=True)
class Examples:
    """Clips with their summaries.

    Attributes:
        rows: the clips' rows of the manifest.
        labels: names of the classes, by their number.
        classes: of the clips, (clips,).
        summaries: (clips, 2 * bins): the mean of each bin over time, then its standard deviation.
    """

    rows: pd.DataFrame
    labels: list[str]
    classes: NDArray[np.int64]
    summaries: NDArray[np.float32]


def read_examples(manifest_file: Path, index_file: Path, parts: Parts) -> Examples:
    """Reads all clips that have a split. Raises ValueError where the index lacks one of them."""
    table = read_manifest(manifest_file)
    rows, labels = usable(table), labels_of(table)
    classes = np.searchsorted(np.array(labels), rows["label"].to_numpy(dtype=str))
    return Examples(rows, labels, classes, summaries(table, ShardIndex.load(index_file), parts))
