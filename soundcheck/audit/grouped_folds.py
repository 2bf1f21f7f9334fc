"""Folds that keep together what belongs together: a speaker's clips, and clips of one sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_SAME_SOUND = ("file_digest", "clip_digest")


def grouped_folds(clips: pd.DataFrame, given: NDArray[np.int64], folds: int) -> NDArray[np.int64]:
    """Deals clips to folds of about the same size.

    Clips of one speaker and clips of one sound are in one fold. Where that leaves too little to learn from
    (one group holds more than half of the clips, or more than half, or all but one label, are unknown to the
    other folds), clips of one speaker are parted, and then those of one recording.

    Args:
        clips: with the columns `speaker` ("" where it is not known), `file_digest` and `clip_digest`.
        given: class index of each clip, (clips,).
        folds: how many at most; fewer where there are fewer groups.

    Returns:
        The fold of each clip, from 0, (clips,); all 0 where all clips are of one sound.
    """
    assigned = np.zeros(len(clips), np.int64)
    for columns in (("speaker", *_SAME_SOUND), _SAME_SOUND, ("clip_digest",)):
        groups = _linked(clips, columns)
        assigned = _dealt(groups, folds)
        if _is_enough_to_learn_from(groups, given, assigned):
            break
    return assigned


def is_known_elsewhere(given: NDArray[np.int64], folds: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether another fold than a clip's own has its label.

    Args:
        given: class index of each clip, (clips,).
        folds: the fold of each clip, (clips,).

    Returns:
        (clips,).
    """
    counts = np.zeros((folds.max() + 1, given.max() + 1), np.int64)
    np.add.at(counts, (folds, given), 1)
    return (counts.sum(axis=0) - counts)[folds, given] > 0


def _is_enough_to_learn_from(
    groups: NDArray[np.int64], given: NDArray[np.int64], folds: NDArray[np.int64]
) -> bool:
    known = given[is_known_elsewhere(given, folds)]
    largest = np.bincount(groups).max()
    return 2 * max(largest, len(given) - len(known)) <= len(given) and len(np.unique(known)) > 1


def _dealt(groups: NDArray[np.int64], folds: int) -> NDArray[np.int64]:
    """Folds of about the same size; each group is in one of them."""
    from sklearn.model_selection import GroupKFold

    assigned = np.zeros(len(groups), np.int64)
    distinct = int(groups.max()) + 1
    if distinct > 1:
        for fold, (_, held_out) in enumerate(GroupKFold(min(folds, distinct)).split(groups, groups=groups)):
            assigned[held_out] = fold
    return assigned


def _linked(clips: pd.DataFrame, columns: tuple[str, ...]) -> NDArray[np.int64]:
    """The group of each clip: clips are in one where a chain of equal values joins them; "" is no value."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows: list[NDArray[np.int64]] = []
    values: list[NDArray[np.int64]] = []
    nodes = len(clips)
    for column in columns:
        codes, distinct = clips[column].factorize()
        rows.append(np.flatnonzero(clips[column] != ""))
        values.append(nodes + codes[rows[-1]])
        nodes += len(distinct)
    edges = (np.concatenate(rows), np.concatenate(values))
    graph = coo_array((np.ones(len(edges[0]), np.int8), edges), shape=(nodes, nodes))
    _, components = connected_components(graph, directed=False)
    return np.unique(components[: len(clips)], return_inverse=True)[1]
