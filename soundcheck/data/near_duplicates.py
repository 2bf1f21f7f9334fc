"""Near duplicates: clips with almost the same fingerprint, such as a noisier or quieter copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

_ROWS_AT_ONCE = 2048
"""The similarities of a block take 16 MB, however many clips there are."""


def mark_near_duplicates(manifest: pd.DataFrame, min_similarity: float) -> pd.DataFrame:
    """The manifest with the column `near_duplicate_group`.

    Clips that are alike are in one group, and so are those that are both like a third. That clips have one
    digest is a finding of its own, which makes no group of them; but where one is like another clip, they
    all are.

    Args:
        manifest: one row a clip; `path`, `clip_digest` and `fingerprint` are used.
        min_similarity: see `groups_of_alike`.

    Returns:
        A copy, in the same order; a group is known by the first of its paths, "" is none.
    """
    clips = manifest.drop_duplicates("clip_digest")
    groups = groups_of_alike(clips["fingerprint"].tolist(), min_similarity)
    group_of = dict(zip(clips["clip_digest"], groups, strict=True))
    numbers = manifest["clip_digest"].map(group_of.__getitem__)
    alike = manifest.loc[(np.bincount(groups) > 1)[numbers], "path"]  # few: to group all would take a second
    first = alike.groupby(numbers).transform("min")
    return manifest.assign(near_duplicate_group=first.reindex(manifest.index, fill_value=""))


def groups_of_alike(fingerprints: Sequence[bytes], min_similarity: float) -> NDArray[np.int64]:
    """For each clip the number of its group: the connected components of the clips that are alike.

    Compares all with all, in blocks: the time grows with the square of the clips, the memory does not.

    Args:
        fingerprints: of `soundcheck.data.quality.measure`; clips without one (b"") are like no other.
        min_similarity: cosine of the angle between two fingerprints from which on clips are alike.

    Returns:
        (clips,) numbers; a clip that is like no other has one of its own.
    """
    groups = np.arange(len(fingerprints))
    places = np.array([place for place, one in enumerate(fingerprints) if any(one)], np.int64)
    for first, second in _alike([fingerprints[place] for place in places], min_similarity):
        groups = _joined(groups, places[first], places[second])
    return groups


def _alike(
    fingerprints: Sequence[bytes], min_similarity: float
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The places of those that are alike, block by block: of the one, and of the other."""
    values = np.array([np.frombuffer(one, np.int8) for one in fingerprints], np.float32)
    lengths = np.linalg.norm(values, axis=-1)
    starts = range(0, len(values), _ROWS_AT_ONCE)
    for start, other_start in ((start, other) for start in starts for other in starts if start <= other):
        rows, others = (slice(one, one + _ROWS_AT_ONCE) for one in (start, other_start))
        # Sums of products of bytes are exact in float32: the same in whatever order they are added.
        similarities = values[rows] @ values[others].T / lengths[rows, np.newaxis] / lengths[others]
        first, second = np.nonzero(similarities >= min_similarity)
        yield first + start, second + other_start


def _joined(
    groups: NDArray[np.int64], first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The groups, when the clips at the places `first` are found to be like those at `second`."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array(
        (np.ones(len(first), bool), (groups[first], groups[second])), shape=(len(groups), len(groups))
    )
    return connected_components(links, directed=False)[1][groups]
