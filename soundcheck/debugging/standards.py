"""What ordinary learners reach on the same rows: the bar that a network should clear."""

from __future__ import annotations

import math
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.heads import Head
from soundcheck.debugging.layers import leaf_layers
from soundcheck.debugging.outcome import (
    FEWEST_ROWS,
    Task,
    class_numbers,
    class_skill,
    is_absolute,
    task_of,
    value_skill,
)
from soundcheck.debugging.samples import arrays_of

if TYPE_CHECKING:
    from soundcheck.debugging.case import Case

_MAX_ROWS = 1024
_MAX_COLUMNS = 256
_MAX_TARGETS = 32
_FOLDS = 3
_TREES = 60
_NEIGHBOURS = 5
_LEAF_ROWS = 5
_ITERATIONS = 60
_RIDGES = (1.0, 100.0, 10000.0)
_SEED = 20


@dataclass(frozen=True)
class Standard:
    """Skill (see `outcome.skill`) of ordinary learners on rows they have not seen.

    Attributes:
        skill: of the best of logistic or ridge regression, randomised trees and k-nearest neighbours.
        linear_skill: of the first of these.
    """

    skill: float
    linear_skill: float


@dataclass(frozen=True)
class LearnableRows:
    """What ordinary learners can take.

    Attributes:
        head: the first one.
        columns: (rows, columns) of the flattened inputs, finite.
        targets: (rows, ...) of the head.
        places: (rows,) where they are in the sample.
    """

    head: Head
    columns: NDArray[np.float64]
    targets: NDArray[Any]
    places: NDArray[np.int64]


def standard_of(case: Case) -> Standard | None:
    """Out-of-fold skill of ordinary learners on the flattened rows and the targets of the first head.

    Deterministic; at most 1024 rows and 256 columns of each input.

    Returns:
        None where there are fewer than 30 finite rows, no targets, text, a target for each step or pixel, a
        reconstruction of the input, or only one class.
    """
    rows = learnable_rows(case)
    if rows is None:
        return None
    scores = [_out_of_fold(rows, learner) for learner in _learners(rows.head, rows.targets)]
    if any(math.isnan(score) for score in scores):
        return None
    return Standard(max(scores), scores[0])


def balanced_skill(case: Case) -> float | None:
    """Out-of-fold skill of learners to which a rare class matters as much; None without classes."""
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = learnable_rows(case)
    if rows is None or task_of(rows.head, rows.targets) is not Task.CLASSES:
        return None
    linear = LogisticRegression(max_iter=_ITERATIONS, class_weight="balanced")
    trees = ExtraTreesClassifier(
        _TREES, random_state=_SEED, n_jobs=1, class_weight="balanced", min_samples_leaf=_LEAF_ROWS
    )
    learners = (make_pipeline(StandardScaler(), linear), trees)
    scores = [_out_of_fold(rows, learner) for learner in learners]
    return None if any(math.isnan(score) for score in scores) else max(scores)


def unseen_skill(rows: LearnableRows, groups: NDArray[np.int64] | None = None) -> float | None:
    """Skill of the best ordinary learner on rows that it has not seen.

    Args:
        rows: what they learn from.
        groups: (rows,) which rows stay together, all of them seen or none; unless given, each by itself.

    Returns:
        None where a fold lacks what is to be learnt.
    """
    scores = [_out_of_fold(rows, learner, groups) for learner in _learners(rows.head, rows.targets)]
    return None if any(math.isnan(score) for score in scores) else max(scores)


def skill_of_counts(case: Case) -> float | None:
    """Skill of ordinary learners that are told how often each whole number occurs in a row.

    Returns:
        None where x is no table of whole numbers, or nothing can be learnt from it.
    """
    rows = learnable_rows(case)
    arrays = arrays_of(case.sample.x)
    if rows is None or len(arrays) != 1 or arrays[0].ndim != 2:  # noqa: PLR2004
        return None
    ids = arrays[0][rows.places]
    if not (ids == np.round(ids)).all():
        return None
    return unseen_skill(replace(rows, columns=_counts_of_ids(ids)))


def learnable_rows(case: Case) -> LearnableRows | None:
    """At most 1024 finite rows of the sample, at random, of at most 256 columns of each input."""
    head = case.heads[0] if case.heads else None
    if head is None or head.targets is None or not _narrow(head, head.targets):
        return None
    arrays = arrays_of(case.sample.x)
    if any(array.dtype.kind not in "fiub" or _reconstructed(array, head.targets) for array in arrays):
        return None
    # At random and not evenly spread: pairs of rows may alternate between two classes.
    drawn = np.sort(np.random.default_rng(_SEED).permutation(case.sample.rows)[:_MAX_ROWS])
    targets = head.targets[drawn]
    columns = _columns([array[drawn] for array in arrays], holds_ids=_reads_ids(case))
    finite = np.isfinite(columns).all(axis=1) & np.isfinite(targets.reshape(len(targets), -1)).all(axis=1)
    if finite.sum() < FEWEST_ROWS:
        return None
    return LearnableRows(head, columns[finite], targets[finite], drawn[finite])


def _narrow(head: Head, targets: NDArray[Any]) -> bool:
    """Whether there is one class a row, or a few labels or values."""
    task = task_of(head, targets)
    if task is None:
        return False
    if task is Task.CLASSES:
        return len(class_numbers(head, targets)) == len(targets)
    return targets[0].size <= _MAX_TARGETS


def _reconstructed(array: NDArray[Any], targets: NDArray[Any]) -> bool:
    """Whether targets have the form of an input: copying it is no skill, a bottleneck asks for some."""
    return array.shape == targets.shape and array[:1].size > 1


def _reads_ids(case: Case) -> bool:
    return any(type(layer).__name__ == "Embedding" for layer in leaf_layers(case.model))


def _columns(arrays: list[NDArray[Any]], *, holds_ids: bool) -> NDArray[np.float64]:
    """(rows, columns) of all inputs; ids also as how often each occurs in the row."""
    parts: list[NDArray[np.float64]] = []
    for array in arrays:
        parts.append(_few_columns(array))
        if holds_ids and array.ndim <= 2 and (array == np.round(array)).all():  # noqa: PLR2004
            parts.append(_counts_of_ids(array.reshape(len(array), -1)))
    joined = np.concatenate(parts, axis=1)
    return joined if joined.shape[1] <= 2 * _MAX_COLUMNS else _few_columns(joined)


def _few_columns(array: NDArray[Any]) -> NDArray[np.float64]:
    """Of a table the columns that vary most, of images and sequences every so manieth element."""
    flat = array.reshape(len(array), -1).astype(np.float64)
    if flat.shape[1] <= _MAX_COLUMNS:
        return flat
    if array.ndim <= 2:  # noqa: PLR2004
        varying = np.argsort(-np.nan_to_num(flat.var(axis=0)), kind="stable")[:_MAX_COLUMNS]
        return flat[:, np.sort(varying)]
    return flat[:, np.arange(_MAX_COLUMNS) * flat.shape[1] // _MAX_COLUMNS]


def _counts_of_ids(ids: NDArray[Any]) -> NDArray[np.float64]:
    """(rows, at most 256) how often each of the most frequent ids occurs in each row."""
    found, places, counts = np.unique(ids, return_inverse=True, return_counts=True)
    kept = np.argsort(-counts, kind="stable")[:_MAX_COLUMNS]
    column = np.full(len(found), -1)
    column[kept] = np.arange(len(kept))
    chosen = column[places.reshape(ids.shape)]
    table = np.zeros((len(ids), len(kept)))
    rows, _ = np.nonzero(chosen >= 0)
    np.add.at(table, (rows, chosen[chosen >= 0]), 1)
    return table


def _learners(head: Head, targets: NDArray[Any]) -> list[Any]:
    """The linear one first; extremely randomised trees, since they take a fifth of a random forest's time."""
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
    from sklearn.linear_model import LogisticRegression, RidgeClassifierCV, RidgeCV
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    settings: dict[str, Any] = {"n_estimators": _TREES, "random_state": _SEED, "n_jobs": 1}
    task = task_of(head, targets)
    if task is Task.VALUES:
        linear, neighbours = RidgeCV(_RIDGES), KNeighborsRegressor(_NEIGHBOURS)
        trees = ExtraTreesRegressor(**settings, max_features=1 / 3, min_samples_leaf=2)
    else:
        linear = (
            LogisticRegression(max_iter=_ITERATIONS) if task is Task.CLASSES else RidgeClassifierCV(_RIDGES)
        )
        neighbours, trees = KNeighborsClassifier(_NEIGHBOURS), ExtraTreesClassifier(**settings)
    return [make_pipeline(StandardScaler(), linear), trees, make_pipeline(StandardScaler(), neighbours)]


def _out_of_fold(rows: LearnableRows, learner: Any, groups: NDArray[np.int64] | None = None) -> float:
    """Skill of the predictions of each fold by a learner fitted on the others."""
    head, columns = rows.head, rows.columns
    task = task_of(head, rows.targets)
    wanted = _wanted(head, task, rows.targets)
    predicted = np.zeros(wanted.shape, np.float64)
    with _one_thread():
        for fitted, held in _folds(task, wanted, groups):
            if task is Task.CLASSES and len(np.unique(wanted[fitted])) < 2:  # noqa: PLR2004
                return math.nan
            answers = learner.fit(columns[fitted], wanted[fitted]).predict(columns[held])
            predicted[held] = np.asarray(answers).reshape(predicted[held].shape)
    return _score(head, task, predicted, wanted)


def _wanted(head: Head, task: Task | None, targets: NDArray[Any]) -> NDArray[Any]:
    if task is Task.CLASSES:
        return class_numbers(head, targets)
    if task is Task.LABELS:
        return (targets > 0).astype(np.int64)
    flat = targets.reshape(len(targets), -1).astype(np.float64)
    return flat[:, 0] if flat.shape[1] == 1 else flat


def _score(head: Head, task: Task | None, predicted: NDArray[Any], wanted: NDArray[Any]) -> float:
    if task is Task.CLASSES:
        return class_skill(predicted, wanted)
    if task is Task.LABELS:
        each = [class_skill(predicted[:, one], wanted[:, one]) for one in range(wanted.shape[1])]
        known = [one for one in each if not math.isnan(one)]
        return float(np.mean(known)) if known else math.nan
    rows = len(wanted)
    return value_skill(predicted.reshape(rows, -1), wanted.reshape(rows, -1), absolute=is_absolute(head))


def _folds(
    task: Task | None, wanted: NDArray[Any], groups: NDArray[np.int64] | None
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Shuffled folds, with the classes dealt evenly where each has enough rows."""
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    settings: dict[str, Any] = {"n_splits": _FOLDS, "shuffle": True, "random_state": _SEED}
    even = task is Task.CLASSES and np.unique(wanted, return_counts=True)[1].min() >= _FOLDS
    if groups is not None:
        dealt = StratifiedGroupKFold(**settings) if even else GroupKFold(**settings)
        return dealt.split(wanted, wanted, groups)
    if even:
        return StratifiedKFold(**settings).split(wanted, wanted)
    return KFold(**settings).split(wanted)


@contextmanager
def _one_thread() -> Generator[None]:
    """Leaves the other cores to the user; what the learners warn of is no matter of theirs."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
