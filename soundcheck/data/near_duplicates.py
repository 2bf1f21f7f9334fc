"""Near duplicates: clips with almost the same fingerprint, such as a noisier or quieter copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

NONE = -1
_ROWS_AT_ONCE = 2048
"""The similarities of a block take 16 MB, however many clips there are."""


def mark_near_duplicates(manifest: pd.DataFrame, min_similarity: float) -> pd.DataFrame:
    """The manifest with the columns `near_duplicate_of` and `near_duplicate_label`.

    They hold the path and the label of the clip that a clip is most like, "" where it is like none. Of clips
    with one digest only the first is compared: that they are the same is a finding of its own.

    Args:
        manifest: one row a clip; `path`, `label`, `clip_digest` and `fingerprint` are used.
        min_similarity: see `near_duplicates`.

    Returns:
        A copy, in the same order.
    """
    marked = manifest.assign(near_duplicate_of="", near_duplicate_label="").reset_index(drop=True)
    compared = np.flatnonzero(~marked["clip_digest"].duplicated())
    nearest = near_duplicates(marked["fingerprint"].iloc[compared].tolist(), min_similarity)
    found, like = compared[nearest != NONE], compared[nearest[nearest != NONE]]
    for column, source in (("near_duplicate_of", "path"), ("near_duplicate_label", "label")):
        marked.loc[found, column] = marked[source].iloc[like].to_numpy()
    return marked.set_index(manifest.index)


def near_duplicates(fingerprints: Sequence[bytes], min_similarity: float) -> NDArray[np.int64]:
    """For each clip the place of the other clip that it is most like, -1 where it is like none.

    Compares all with all, in blocks: 8000 clips take about a second, 100 000 some minutes.

    Args:
        fingerprints: of `soundcheck.data.quality.measure`; clips without one (b"") are like no other.
        min_similarity: cosine of the angle between two fingerprints from which on clips are alike.

    Returns:
        (clips,) places in `fingerprints`.
    """
    places = np.array([place for place, one in enumerate(fingerprints) if any(one)], np.int64)
    values = _values([fingerprints[place] for place in places])
    lengths = np.linalg.norm(values, axis=1)
    best = np.full(len(places), min_similarity, np.float32)
    nearest = np.full(len(fingerprints), NONE, np.int64)
    for start in range(0, len(places), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        for other_start in range(0, len(places), _ROWS_AT_ONCE):
            others = slice(other_start, other_start + _ROWS_AT_ONCE)
            # Sums of products of bytes are exact in float32: the same in whatever order they are added.
            similarities = values[rows] @ values[others].T / lengths[rows, np.newaxis] / lengths[others]
            if start == other_start:
                np.fill_diagonal(similarities, NONE)
            like, similarity = similarities.argmax(axis=1), similarities.max(axis=1)
            better = np.flatnonzero(similarity >= best[rows])
            best[rows][better] = np.nextafter(similarity[better], np.float32(2))  # of equals the first stays
            nearest[places[start + better]] = places[other_start + like[better]]
    return nearest


def _values(fingerprints: Sequence[bytes]) -> NDArray[np.float32]:
    """The fingerprints as numbers (clips, bytes)."""
    if not fingerprints:
        return np.zeros((0, 1), np.float32)
    return np.frombuffer(b"".join(fingerprints), np.int8).reshape(len(fingerprints), -1).astype(np.float32)
