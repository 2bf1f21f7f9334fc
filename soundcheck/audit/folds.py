"""Folds: which clips are predicted by a model of the others, so that it has heard nothing of them.

Clips that belong together are in one fold: those of one speaker, of one recording, and of one sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

SAME_SOUND = ("file_digest", "clip_digest")
SAME_VOICE = ("speaker", *SAME_SOUND)
"""Columns of a manifest in which an equal value joins two clips; "" is no value."""


@dataclass(frozen=True)
class Folds:
    """How clips were dealt.

    Attributes:
        numbers: the fold of each clip, from 0, (clips,).
        groups: the group that each clip was dealt with, (clips,).
        apart: whether no speaker and no recording is in two folds, but for one that all clips share, by which
            none can be told from another.
    """

    numbers: NDArray[np.int64]
    groups: NDArray[np.int64]
    apart: bool


def deal_clips(clips: pd.DataFrame, classes: NDArray[np.integer[Any]], folds: int, seed: int) -> Folds:
    """Deals clips to folds of about the same size and labels, keeping together what belongs together.

    Where that leaves too little to learn from (one group holds more than half of the clips, or more than
    half, or all but one label, are unknown to the other folds), clips of one speaker are parted, and then
    those of one recording.

    Args:
        clips: with the columns `speaker` ("" where it is not known), `file_digest` and `clip_digest`.
        classes: class index of each clip, (clips,).
        folds: how many at most; fewer where there are fewer groups, one where all clips are of one sound.
        seed: decides which group goes where.
    """
    apart = True
    for columns in (SAME_VOICE, SAME_SOUND):
        groups = linked(clips, columns)
        numbers = deal_groups(groups, classes, folds, seed)
        if _is_enough_to_learn_from(groups, classes, numbers):
            return Folds(numbers, groups, apart)
        apart = apart and bool(groups.max() == 0)
    groups = linked(clips, ("clip_digest",))
    return Folds(deal_groups(groups, classes, folds, seed), groups, apart)


def linked(clips: pd.DataFrame, columns: tuple[str, ...]) -> NDArray[np.int64]:
    """The group of each clip, (clips,): clips are in one where a chain of equal values joins them.

    Args:
        clips: with these columns.
        columns: such as `SAME_VOICE`.
    """
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


def deal_groups(
    groups: NDArray[np.int64], classes: NDArray[np.integer[Any]], folds: int, seed: int
) -> NDArray[np.int64]:
    """Deals groups, the largest first, each to the fold that has fewest clips of its labels, and then of all.

    Clips that are groups of their own are so dealt evenly, label by label.

    Args:
        groups: the group of each clip, from 0 without gaps, (clips,).
        classes: class index of each clip, (clips,).
        folds: how many at most.
        seed: decides among groups of one size.

    Returns:
        The fold of each clip, (clips,), from 0 without gaps.
    """
    sizes = np.bincount(groups)
    labels_of = np.split(classes[np.argsort(groups, kind="stable")], np.cumsum(sizes)[:-1])
    shuffled = np.random.default_rng(seed).permutation(len(sizes))
    held = np.zeros((folds, int(classes.max()) + 1), np.int64).tolist()
    totals = [0] * folds
    fold_of = np.empty(len(sizes), np.int64)
    for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        labels = labels_of[group].tolist()
        same_label = [sum(counts[label] for label in labels) for counts in held]
        fold = min(range(folds), key=lambda place: (same_label[place], totals[place]))
        for label in labels:
            held[fold][label] += 1
        totals[fold] += len(labels)
        fold_of[group] = fold
    return fold_of[groups]


def is_known_elsewhere(classes: NDArray[np.integer[Any]], folds: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether another fold than a clip's own has its label.

    Args:
        classes: class index of each clip, (clips,).
        folds: the fold of each clip, (clips,).

    Returns:
        (clips,).
    """
    counts = np.zeros((folds.max() + 1, classes.max() + 1), np.int64)
    np.add.at(counts, (folds, classes), 1)
    return (counts.sum(axis=0) - counts)[folds, classes] > 0


def at_most_each(classes: NDArray[np.integer[Any]], most: int, seed: int) -> NDArray[np.int64]:
    """Draws clips so that no class has more than so many.

    Args:
        classes: Class indices, (clips,).
        most: Clips of a class; of a class that has no more, all are taken.
        seed: Decides which are taken of the others.

    Returns:
        Places of the drawn clips, ascending.
    """
    shuffled = np.random.default_rng(seed).permutation(len(classes))
    by_class = shuffled[np.argsort(classes[shuffled], kind="stable")]
    first_of_class = np.searchsorted(classes[by_class], classes[by_class])
    return np.sort(by_class[np.arange(len(classes)) - first_of_class < most])


def _is_enough_to_learn_from(
    groups: NDArray[np.int64], classes: NDArray[np.integer[Any]], folds: NDArray[np.int64]
) -> bool:
    known = classes[is_known_elsewhere(classes, folds)]
    largest = np.bincount(groups).max()
    return 2 * max(largest, len(classes) - len(known)) <= len(classes) and len(np.unique(known)) > 1
