"""What rules on heads share: a verdict, which becomes a finding, and small questions about a head."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.case import Case
from soundcheck.debugging.findings import Cause, Evidence, Severity, Where
from soundcheck.debugging.heads import Head, LabelKind, LossKind
from soundcheck.debugging.samples import arrays_of

LOSS = Where("argument", "loss")
TARGETS = Where("data", "y")

CROSSENTROPIES = frozenset({LossKind.SPARSE_CATEGORICAL, LossKind.CATEGORICAL, LossKind.BINARY})
WHOLE = frozenset({LabelKind.BINARY, LabelKind.SIGNS, LabelKind.INTEGERS})
"""Kinds of targets that hold one whole number for each row, step or pixel."""

PROBABILITIES = frozenset({"softmax", "sigmoid", "hard_sigmoid", "sparsemax"})
RANGES: Mapping[str, tuple[float, float]] = {
    "softmax": (0.0, 1.0),
    "sparsemax": (0.0, 1.0),
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu6": (0.0, 6.0),
    "relu": (0.0, math.inf),
    "softplus": (0.0, math.inf),
    "exponential": (0.0, math.inf),
    "elu": (-1.0, math.inf),
    "selu": (-1.76, math.inf),
    "log_sigmoid": (-math.inf, 0.0),
    "log_softmax": (-math.inf, 0.0),
}
"""What activations can give; those that are not here give any number."""

ACCURACIES: Mapping[str, str] = {
    "BinaryAccuracy": "binary_accuracy",
    "CategoricalAccuracy": "categorical_accuracy",
    "SparseCategoricalAccuracy": "sparse_categorical_accuracy",
    "Accuracy": "exact_accuracy",
}
"""Keras's classes of metrics that count right answers, and one name for each of them and its function."""

_BY_TEXT = frozenset({"accuracy", "acc"})
_FEWEST_ROWS_OF_A_CLASS = 5
_MOST_CLASSES = 100


class Verdict(NamedTuple):
    """A finding without the name of its rule: `Finding(rule, *verdict)`."""

    severity: Severity
    cause: Cause
    where: Where
    evidence: tuple[Evidence, ...]
    message: str
    remedy: str


def layer_of(head: Head) -> Where:
    """The layer that computes the head."""
    return Where("layer", head.layer)


def reconstructs(case: Case, head: Head) -> bool:
    """Whether the targets are an input: an autoencoder."""
    return any(
        head.targets is array
        or (head.targets is not None and array.shape == head.targets.shape and (array == head.targets).all())
        for array in arrays_of(case.sample.x)
    )


def distinct_labels(head: Head) -> NDArray[np.float64]:
    """The finite labels that occur, sorted, without the one that the loss passes over."""
    targets = np.asarray(head.targets, np.float64)
    found = np.unique(targets[np.isfinite(targets)])
    return found[found != head.loss.ignored_class] if head.loss.ignored_class is not None else found


def counts_classes(head: Head) -> bool:
    """Whether whole numbers look like class numbers: without a gap from 0 or 1, each of them often.

    At least three, 5 rows of each on average: below, and with gaps, they may as well be counts or prices.
    """
    if head.labels is not LabelKind.INTEGERS or head.targets is None:
        return False
    found = distinct_labels(head)
    if not 3 <= len(found) <= _MOST_CLASSES or head.targets.size < _FEWEST_ROWS_OF_A_CLASS * len(found):  # noqa: PLR2004
        return False
    return bool(found[0] in (0, 1) and found[-1] - found[0] + 1 == len(found))


def counts_accuracy(head: Head) -> bool:
    """Whether the share of right classes, as Keras counts it, is among its metrics."""
    names = {metric_name(given) for given in head.given_metrics}
    return not names.isdisjoint({*ACCURACIES.values(), "accuracy"})


def metric_name(given: Any) -> str:
    """One name for the text, the function and the class of a metric of Keras; "" for the user's own.

    A class of one's own may have the name of one of Keras's, and take its targets for something else.
    """
    if isinstance(given, str):
        return "accuracy" if given.lower() in _BY_TEXT else ACCURACIES.get(given, given)
    named = given if hasattr(given, "__name__") else type(given)
    is_keras = str(named.__module__).startswith("keras.")
    return ACCURACIES.get(named.__name__, named.__name__) if is_keras else ""


def misencoded(where: Where, message: str, remedy: str, *evidence: Evidence) -> Verdict:
    """A verdict on targets in a form that the loss does not take."""
    return Verdict(Severity.ERROR, Cause.LABEL_ENCODING, where, evidence, message, remedy)


def one_unit_softmax(head: Head) -> bool:
    """Whether the output is a softmax over a single unit."""
    return head.units == 1 and head.activation == "softmax"
