"""Metrics of a classifier of clips.

Conventions:
    True and predicted labels are class indices, integer arrays of shape (clips,), where class `i` is
    `labels[i]`.
    In a confusion matrix the true labels are the rows and the predicted ones the columns.
    An accuracy comes with Wilson's score interval, the difference of two with Newcombe's: both behave near
    0 and 1 and for few clips, where the textbook interval does not.
    A ratio with nothing to divide by is 0: the precision of a label that was never predicted, the recall of
    one that has no clip, the F1 of one that is neither predicted nor present. It is never NaN.
    Macro averages weigh every label alike, those without a clip included.

Metrics:
    `accuracy`: Share of the clips whose label was predicted.
    `precision_recall_f1`: For each label.
    `confusion_matrix`: Counts by true and predicted label.
    `wilson_interval`, `newcombe_interval`: Intervals of a proportion, and of the difference of two.
    `evaluate`: All of the above in one flat mapping.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.errors import SoundcheckError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def validate(true: NDArray[np.integer[Any]], predicted: NDArray[np.integer[Any]], label_count: int) -> None:
    """Checks that two arrays of labels can be compared.

    Raises:
        SoundcheckError: unless both are integer arrays of one length, not empty, of indices below
            `label_count`.
    """
    for name, indices in (("true", true), ("predicted", predicted)):
        if indices.ndim != 1 or not np.issubdtype(indices.dtype, np.integer):
            raise SoundcheckError(
                f"{name} must be class indices of shape (clips,); "
                f"received {indices.dtype} of shape {indices.shape}"
            )
    if true.shape != predicted.shape:
        raise SoundcheckError(
            f"true has {len(true)} clips and predicted {len(predicted)}; give the same clips"
        )
    if not len(true):
        raise SoundcheckError("there is no clip to evaluate; give a split that has clips")
    for name, indices in (("true", true), ("predicted", predicted)):
        if indices.min() < 0 or indices.max() >= label_count:
            raise SoundcheckError(
                f"{name} must be indices from 0 to {label_count - 1}; "
                f"received {indices.min()} to {indices.max()}"
            )


def accuracy(true: NDArray[np.integer[Any]], predicted: NDArray[np.integer[Any]]) -> float:
    """Share of the clips whose label was predicted."""
    return float(np.mean(true == predicted))


def confusion_matrix(
    true: NDArray[np.integer[Any]], predicted: NDArray[np.integer[Any]], label_count: int
) -> NDArray[np.int64]:
    """Counts of clips, (labels, labels): true label by row, predicted label by column."""
    counts = np.bincount(true * label_count + predicted, minlength=label_count**2)
    return counts.reshape(label_count, label_count).astype(np.int64)


def precision_recall_f1(
    confusion: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Precision, recall and their harmonic mean for each label, each (labels,), from a confusion matrix."""
    hits = np.diag(confusion)
    predicted = confusion.sum(axis=0)
    present = confusion.sum(axis=1)
    return _ratio(hits, predicted), _ratio(hits, present), _ratio(2 * hits, predicted + present)


def wilson_interval(correct: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a proportion, without continuity correction.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).

    Args:
        correct: Number of successes.
        total: Number of trials, at least 1.
        confidence: Level of the interval.

    Raises:
        SoundcheckError: unless 0 <= correct <= total and total > 0.
    """
    if not 0 <= correct <= total or total == 0:
        raise SoundcheckError(f"{correct} of {total} is not a proportion")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    proportion = correct / total
    scale = 1 + z**2 / total
    centre = (proportion + z**2 / (2 * total)) / scale
    half = z * sqrt(proportion * (1 - proportion) / total + z**2 / (4 * total**2)) / scale
    # In exact arithmetic the ends are 0 and 1 where nothing, or everything, is correct.
    lower = 0.0 if correct == 0 else centre - half
    upper = 1.0 if correct == total else centre + half
    return lower, upper


def newcombe_interval(
    correct: int, total: int, other_correct: int, other_total: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Newcombe's hybrid score interval of `correct / total - other_correct / other_total`.

    For independent samples. R. G. Newcombe, "Interval estimation for the difference between independent
    proportions: comparison of eleven methods", Statistics in Medicine 17 (1998), method 10.

    Raises:
        SoundcheckError: where one of the two is not a proportion.
    """
    lower, upper = wilson_interval(correct, total, confidence)
    other_lower, other_upper = wilson_interval(other_correct, other_total, confidence)
    proportion, other = correct / total, other_correct / other_total
    difference = proportion - other
    return (
        difference - sqrt((proportion - lower) ** 2 + (other_upper - other) ** 2),
        difference + sqrt((upper - proportion) ** 2 + (other - other_lower) ** 2),
    )


def evaluate(
    true: NDArray[np.integer[Any]],
    predicted: NDArray[np.integer[Any]],
    labels: Sequence[str],
    confidence: float = 0.95,
) -> dict[str, float]:
    """All metrics in one flat mapping.

    Args:
        true: Class indices, (clips,).
        predicted: Class indices, (clips,).
        labels: Names of the classes.
        confidence: Level of the interval of the accuracy.

    Returns:
        `accuracy`, `accuracy_lower`, `accuracy_upper`; `precision/<label>`, `recall/<label>` and
        `f1/<label>` of each label; `macro_precision`, `macro_recall`, `macro_f1`.

    Raises:
        SoundcheckError: where `validate` refuses the input.
    """
    validate(true, predicted, len(labels))
    lower, upper = wilson_interval(int(np.sum(true == predicted)), len(true), confidence)
    scores = {"accuracy": accuracy(true, predicted), "accuracy_lower": lower, "accuracy_upper": upper}
    by_label = precision_recall_f1(confusion_matrix(true, predicted, len(labels)))
    for name, values in zip(("precision", "recall", "f1"), by_label, strict=True):
        scores |= {f"{name}/{label}": float(value) for label, value in zip(labels, values, strict=True)}
        scores[f"macro_{name}"] = float(values.mean())
    return scores


def _ratio(numerator: NDArray[np.int64], denominator: NDArray[np.int64]) -> NDArray[np.float64]:
    zeros = np.zeros(numerator.shape, dtype=np.float64)
    return np.divide(numerator, denominator, out=zeros, where=denominator > 0)
