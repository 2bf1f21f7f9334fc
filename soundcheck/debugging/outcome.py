"""How well a trained model does, on one scale for all kinds of targets; and is that surely too little?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.heads import Head, LabelKind, LossKind, is_weighted_one_hot
from soundcheck.debugging.layers import called
from soundcheck.debugging.samples import Sample, arrays_of

if TYPE_CHECKING:
    import keras

    from soundcheck.debugging.case import Case

FEWEST_ROWS = 30
"""With fewer rows a score is chance more than skill: its standard error is 0.18 and more."""

_BATCH_ROWS = 256
_MAX_ROWS = 1024
_MAX_ELEMENTS = 2**24
_HARDLY_ABOVE_TRIVIAL = 0.05
_HALF_OF_A_FEW = 0.5
_CLEAR_GAP = 0.2
_STANDARD_ERRORS = 3
"""Two would be passed by chance too often: the best of three learners is compared."""


class Task(StrEnum):
    """What a head is asked for."""

    CLASSES = "classes"
    """One class for each row (or each step, each pixel)."""
    LABELS = "labels"
    """Any number of labels for each row."""
    VALUES = "values"
    """Numbers: a regression or a reconstruction."""


@dataclass(frozen=True)
class Outcome:
    """How a training turned out.

    Attributes:
        training: skill on the training rows; NaN where the outputs are not finite.
        validation: skill on the validation rows; None where there are none, or it cannot be told of them.
        poor: whether the training surely went badly, see `outcome_of`.
    """

    training: float
    validation: float | None
    poor: bool


def outcome_of(case: Case) -> Outcome | None:
    """How the trained model does on its first head, in inference mode; None where that cannot be told.

    It is poor where the outputs are not finite, or where the skill on the very rows it was trained on stays
    behind what an ordinary learner reaches on rows it has not seen: by more than half of what that learner
    leaves open (at least 0.2), or by two thirds of its skill; and in both cases by more than three standard
    errors. Where there is no such learner (reconstructions, sequences of labels), it is poor where the
    outputs are hardly better than a constant; with a handful of rows to classify, which any network can learn
    by heart, where it got fewer than half of them beyond chance.

    The caller keeps the random states and those of the layers.
    """
    trained = _measured(case, case.sample)
    if trained is None:
        return None
    training, finite = trained
    if finite and math.isnan(training):
        return None
    held = None if case.validation is None else _measured(case, case.validation)
    validation = None if held is None or (held[1] and math.isnan(held[0])) else held[0]
    return Outcome(training, validation, poor=not finite or behind(case, training))


def answers_of(case: Case) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """(rows,) the classes that the model answers for its training rows, and those wanted; None without."""
    rows = _asked(case, case.sample)
    if rows is None or task_of(case.heads[0], rows[1]) is not Task.CLASSES:
        return None
    head, (sample, targets) = case.heads[0], rows
    outputs = first_outputs(case.model, sample)
    answers, wanted = _predicted_classes(head, outputs, targets), class_numbers(head, targets)
    return (answers, wanted) if len(answers) == len(wanted) and np.isfinite(outputs).all() else None


def skill(head: Head, outputs: NDArray[Any], targets: NDArray[Any]) -> float:
    """How much better outputs are than the best constant, from 1 (perfect) over 0 (no better) to -1 (floor).

    Classes, whatever their encoding, by balanced accuracy, rescaled so that chance and the collapse to one
    class give 0; several labels a row by its mean over the labels; values by the explained share of their
    variance (of their squared mean absolute deviation where the loss is an absolute one).

    Args:
        head: says what the outputs mean.
        outputs: (rows, ...) of the head.
        targets: (rows, ...) in any encoding.

    Returns:
        The skill; NaN where outputs are not finite, do not fit the targets, or the targets are all alike.
    """
    task = task_of(head, targets)
    outputs, targets = np.asarray(outputs, np.float64), np.asarray(targets)
    if task is None or not outputs.size or not np.isfinite(outputs).all():
        return math.nan
    if task is Task.VALUES:
        return _skill_of_values(head, outputs, targets)
    if task is Task.LABELS:
        return _skill_of_labels(head, outputs, targets)
    predicted, wanted = _predicted_classes(head, outputs, targets), class_numbers(head, targets)
    if len(predicted) != len(wanted):
        return math.nan
    counted = wanted != head.loss.ignored_class
    return class_skill(predicted[counted], wanted[counted])


def task_of(head: Head, targets: NDArray[Any] | None) -> Task | None:
    """What a head is asked for; None where it cannot be told (text, no targets)."""
    if targets is None or head.labels in {LabelKind.NONE, LabelKind.TEXT}:
        return None
    if head.labels is LabelKind.REAL:
        return Task.VALUES
    if head.labels is LabelKind.MULTI_HOT:
        return Task.LABELS if targets.ndim == 2 else Task.VALUES  # noqa: PLR2004
    if head.labels is not LabelKind.INTEGERS or _wider(head, targets):
        return Task.CLASSES
    counted = head.loss.kind in {LossKind.SPARSE_CATEGORICAL, LossKind.CATEGORICAL, LossKind.BINARY}
    return Task.CLASSES if counted and _one_a_row(targets) else Task.VALUES


def class_numbers(head: Head, targets: NDArray[Any]) -> NDArray[np.int64]:
    """(rows x steps,) the class of each row (and step), from any encoding; -1 where it is not finite."""
    if head.labels is LabelKind.ONE_HOT:
        return targets.argmax(axis=-1).reshape(-1)
    flat = targets.reshape(-1).astype(np.float64)
    return np.where(np.isfinite(flat), np.nan_to_num(flat), -1).astype(np.int64)


def class_skill(predicted: NDArray[Any], wanted: NDArray[Any]) -> float:
    """Balanced accuracy, rescaled: chance gives 0, all right 1; NaN where all wanted classes are alike."""
    classes = np.unique(wanted)
    if len(classes) < 2:  # noqa: PLR2004
        return math.nan
    recall = float(np.mean([(predicted[wanted == one] == one).mean() for one in classes]))
    return (recall - 1 / len(classes)) / (1 - 1 / len(classes))


def value_skill(predicted: NDArray[Any], wanted: NDArray[Any], *, absolute: bool = False) -> float:
    """Explained share of the spread around the best constant of each column, at least -1.

    Args:
        predicted: (rows, columns), finite.
        wanted: (rows, columns); rows that are not finite do not count.
        absolute: measure the squared mean absolute error against that of the medians, as fits a loss that
            does not square errors: on heavy tails such a network is right to be far from the mean.
    """
    finite = np.isfinite(wanted).all(axis=1)
    predicted, wanted = predicted[finite], wanted[finite].astype(np.float64)
    if not len(wanted):
        return math.nan
    if absolute:
        error = float(np.abs(predicted - wanted).mean()) ** 2
        spread = float(np.abs(wanted - np.median(wanted, axis=0)).mean()) ** 2
    else:
        error = float(np.square(predicted - wanted).mean())
        spread = float(wanted.var(axis=0).mean())
    return max(1 - error / spread, -1.0) if spread > 0 else math.nan


def standard_error(head: Head, targets: NDArray[Any]) -> float:
    """Standard error of a skill, at most: 1 / sqrt(rows), with rare classes counting as rarely as they are.

    For balanced accuracy over K classes it is sqrt(sum(p (1 - p) / rows_k)) / (K - 1), largest at p = 1/2;
    for the explained share of a variance 2 (1 - R2) sqrt(R2 / rows), largest at R2 = 1/3.
    """
    if task_of(head, targets) is not Task.CLASSES:
        return 0.77 / math.sqrt(len(targets))
    counts = np.unique(class_numbers(head, targets), return_counts=True)[1]
    return 0.5 * math.sqrt(float((1 / counts).sum())) / max(len(counts) - 1, 1)


def is_absolute(head: Head) -> bool:
    """Whether the loss does not square large errors."""
    return head.loss.name in {"mean_absolute_error", "mean_absolute_percentage_error", "huber", "log_cosh"}


def _measured(case: Case, sample: Sample) -> tuple[float, bool] | None:
    """The skill of the first head, and whether its outputs are finite; None where it has no targets."""
    asked = _asked(case, sample)
    if asked is None:
        return None
    outputs = first_outputs(case.model, asked[0])
    return skill(case.heads[0], outputs, asked[1]), bool(np.isfinite(outputs).all())


def _asked(case: Case, sample: Sample) -> tuple[Sample, NDArray[Any]] | None:
    """The rows to ask the model for, and the targets of its first head; None where these say nothing."""
    head = case.heads[0] if case.heads else None
    if head is None or head.outputs is None or not _meant_as_measured(head):
        return None
    rows = _affordable(sample)
    targets = arrays_of(rows.y)
    if len(targets) != len(case.heads) or task_of(head, targets[0]) is None:
        return None
    return rows, targets[0]


def _meant_as_measured(head: Head) -> bool:
    """Whether the outputs mean what the targets say.

    With a loss of one's own signs and scores need not; a cross-entropy takes one number a row for its weight.
    """
    if head.loss.kind is LossKind.CUSTOM:
        return head.labels is LabelKind.REAL or head.activation in {"softmax", "sigmoid"}
    if head.loss.kind is LossKind.CATEGORICAL and head.labels in (LabelKind.REAL, LabelKind.INTEGERS):
        return not is_weighted_one_hot(head)
    return head.loss.kind is not LossKind.NONE


def _affordable(sample: Sample) -> Sample:
    elements = sum(array[:1].size for array in arrays_of(sample.x))
    return sample.spread(max(min(_MAX_ROWS, _MAX_ELEMENTS // max(elements, 1)), FEWEST_ROWS))


def first_outputs(model: keras.Model, sample: Sample) -> NDArray[np.float64]:
    """(rows, ...) of the first head, in inference mode."""
    starts = range(0, sample.rows, _BATCH_ROWS)
    places = [np.arange(start, min(start + _BATCH_ROWS, sample.rows)) for start in starts]
    return np.concatenate([_first_output(model, sample.take(place).x) for place in places])


def _first_output(model: keras.Model, x: Any) -> NDArray[np.float64]:
    return np.asarray(arrays_of(called(model, x, training=False))[0], np.float64)


def behind(case: Case, training: float) -> bool:
    """Whether a skill on the training rows is surely too little, see `outcome_of`."""
    head, standard = case.heads[0], case.standard
    assert head.targets is not None  # noqa: S101 - `_measured` has seen them
    if standard is not None:
        gap = standard.skill - training
        clear = gap > _STANDARD_ERRORS * standard_error(head, head.targets)
        return clear and (gap > max(_CLEAR_GAP, (1 - standard.skill) / 2) or training < standard.skill / 3)
    few = len(head.targets) < FEWEST_ROWS and task_of(head, head.targets) is Task.CLASSES
    return training <= (_HALF_OF_A_FEW if few else _HARDLY_ABOVE_TRIVIAL)


def _wider(head: Head, targets: NDArray[Any]) -> bool:
    """Whether there are several outputs for each target."""
    outputs = head.outputs
    return outputs is not None and outputs[:1].size > targets[:1].size


def _one_a_row(targets: NDArray[Any]) -> bool:
    return targets.ndim == 1 or targets[0].size == 1


def _skill_of_values(head: Head, outputs: NDArray[np.float64], targets: NDArray[Any]) -> float:
    if outputs.size != targets.size:
        return math.nan
    if head.loss.kind is LossKind.BINARY and head.loss.from_logits:
        outputs = 1 / (1 + np.exp(-np.clip(outputs, -60, 60)))
    rows = len(targets)
    predicted, wanted = outputs.reshape(rows, -1), targets.reshape(rows, -1)
    if head.loss.kind is LossKind.CUSTOM:
        predicted = _calibrated(predicted, wanted)
    return value_skill(predicted, wanted, absolute=is_absolute(head))


def _calibrated(predicted: NDArray[np.float64], wanted: NDArray[Any]) -> NDArray[np.float64]:
    """The outputs on the best scale and offset: a loss of one's own may mean quantiles or logarithms."""
    centred = predicted - predicted.mean(axis=0)
    spread = np.square(centred).mean(axis=0)
    together = (centred * (wanted - wanted.mean(axis=0))).mean(axis=0)
    slope = np.divide(together, spread, out=np.zeros_like(spread), where=spread > 0)
    return centred * slope + wanted.mean(axis=0)


def _skill_of_labels(head: Head, outputs: NDArray[np.float64], targets: NDArray[Any]) -> float:
    if outputs.shape != targets.shape:
        return math.nan
    positive = outputs > _threshold(head)
    columns = range(targets.shape[1])
    each = [class_skill(positive[:, one], targets[:, one] > 0) for one in columns]
    known = [one for one in each if not math.isnan(one)]
    return float(np.mean(known)) if known else math.nan


def _predicted_classes(head: Head, outputs: NDArray[np.float64], targets: NDArray[Any]) -> NDArray[np.int64]:
    """(rows x steps,) the class that the outputs stand for."""
    if _wider(head, targets) or head.labels is LabelKind.ONE_HOT:
        return outputs.argmax(axis=-1).reshape(-1)
    flat = outputs.reshape(-1)
    if head.labels is LabelKind.INTEGERS:
        return np.round(flat).astype(np.int64)
    positive = flat > _threshold(head)
    return np.where(positive, 1, -1 if head.labels is LabelKind.SIGNS else 0)


def _threshold(head: Head) -> float:
    """Where an output stands half way between no and yes: 0 for logits, margins and signs, else 0.5."""
    logits = head.loss.from_logits and head.activation == "linear"
    signed = head.labels is LabelKind.SIGNS or head.loss.kind is LossKind.HINGE
    return 0.0 if logits or signed else 0.5
