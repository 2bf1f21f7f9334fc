"""Do the metrics measure what the model is trained for? A wrong one misleads, but breaks nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.heads import Head, LabelKind, LossKind
from soundcheck.debugging.rules.verdicts import (
    ACCURACIES,
    WHOLE,
    counts_classes,
    metric_name,
    reconstructs,
)

_METRICS = Where("argument", "metrics")
_EXACT = ACCURACIES["Accuracy"]
_ACCURACIES = frozenset(ACCURACIES.values())
_SAME_SIGN = "lambda y, p: keras.ops.equal(keras.ops.ravel(y) > 0, keras.ops.ravel(p) > 0)"
"""Both flat: labels (rows,) against outputs (rows, 1) would compare all pairs."""

_YES_OR_NO = frozenset({"Precision", "Recall", "AUC", "F1Score", "TruePositives", "FalsePositives"})


def metric_fits(case: Case) -> Iterator[Finding]:
    """Each metric takes targets and outputs for what they are.

    "accuracy" as text becomes what the shapes call for (`keras/src/trainers/compile_utils.py`, `get_metric`):
    over one output the share of (output > 0.5) == target, else the share of equal places of the largest
    number.
    """
    for head in case.heads:
        if head.targets is None or head.outputs is None or head.labels is LabelKind.TEXT:
            continue
        for given in head.given_metrics:
            found = _fault(case, head, _resolved(given, head), given)
            if found is not None:
                yield _finding("metric_fits", head, *found)
                break


def accuracy_of_logits(case: Case) -> Iterator[Finding]:
    """Accuracy cuts at 0.5 what is positive from 0 on: logits, margins and signs; said where it matters.

    Both cuts are tried on the trained model; the share of rows between them is what the metric has wrong.
    """
    if case.record is None or case.outcome is None or not case.heads:
        return
    head = case.heads[0]
    if not _cut_at_zero(head) or "binary_accuracy" not in {
        _resolved(one, head) for one in head.given_metrics
    }:
        return
    if any(getattr(one, "_threshold", getattr(one, "threshold", 0.5)) != 0.5 for one in head.given_metrics):  # noqa: PLR2004
        return
    from soundcheck.debugging.outcome import first_outputs

    outputs = first_outputs(case.model, case.sample)
    between = float(((outputs > 0) & (outputs <= 0.5)).mean())  # noqa: PLR2004
    if between > case.settings.max_misjudged_share:
        yield Finding(
            "accuracy_of_logits",
            Severity.WARNING,
            Cause.METRIC,
            _METRICS,
            (Evidence("share of rows between both cuts", between, case.settings.max_misjudged_share),),
            "The outputs are logits, positive from 0 on, and accuracy counts them as positive from 0.5 on: "
            "it has "
            f"{between:.0%} of the rows wrong.",
            "Use `metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)]`.",
        )


def _finding(rule: str, head: Head, severity: Severity, message: str, remedy: str) -> Finding:
    evidence = (Evidence("outputs", head.units), Evidence("classes", head.classes))
    return Finding(rule, severity, Cause.METRIC, _METRICS, evidence, message, remedy)


def _resolved(given: Any, head: Head) -> str:
    """What Keras makes of a metric, by one name for text, functions and objects; "" for the user's own."""
    name = metric_name(given)
    if name != "accuracy":
        return name
    if head.units == 1:
        return "binary_accuracy"
    return "sparse_categorical_accuracy" if _one_number(head) else "categorical_accuracy"


def _one_number(head: Head) -> bool:
    """Whether there is one number for all the outputs of a row, step or pixel."""
    assert head.outputs is not None  # noqa: S101 - the callers have seen them
    assert head.targets is not None  # noqa: S101
    return head.targets.ndim < head.outputs.ndim or (head.targets.shape[-1] == 1 and head.units > 1)


def _fault(case: Case, head: Head, name: str, given: Any) -> tuple[Severity, str, str] | None:
    """How much a metric misleads, why, and what to use; None where it is right or unknown."""
    if (name in _ACCURACIES or name in _YES_OR_NO) and _amounts(head):
        return _accuracy_of_amounts(case, head, name)
    if name == _EXACT or (name == "MeanIoU" and getattr(given, "sparse_y_pred", False)):
        return _compares_exactly(head, given)
    for_numbers = head.units > 1 and head.labels in WHOLE and _one_number(head)
    if for_numbers and name in ("categorical_accuracy", "binary_accuracy", *_YES_OR_NO):
        return _wrong_form(name, "class numbers", "sparse_categorical_accuracy")
    if name == "sparse_categorical_accuracy" and head.labels is LabelKind.ONE_HOT and not _one_number(head):
        return _wrong_form(name, "one-hot", "categorical_accuracy")
    return _binary_accuracy(head) if name == "binary_accuracy" else None


def _amounts(head: Head) -> bool:
    """Whether the targets are no classes: real numbers, or whole ones without the look of class numbers."""
    if head.labels is LabelKind.REAL:
        return head.loss.kind in (LossKind.REGRESSION, LossKind.BINARY)
    whole = head.labels is LabelKind.INTEGERS and not counts_classes(head)
    return whole and head.loss.kind is LossKind.REGRESSION


def _accuracy_of_amounts(case: Case, head: Head, name: str) -> tuple[Severity, str, str]:
    shares = head.loss.kind is LossKind.BINARY or reconstructs(case, head)
    shown = "accuracy" if name in _ACCURACIES else name
    return (
        Severity.INFO if shares else Severity.WARNING,
        (
            f"The targets are amounts, and {shown} counts how often they are met exactly or which side of "
            "0.5 they are on: it says nothing about how good the model is."
        ),
        "Use `metrics=[keras.metrics.R2Score()]`, or 'mae'.",
    )


def _compares_exactly(head: Head, given: Any) -> tuple[Severity, str, str] | None:
    assert head.outputs is not None  # noqa: S101 - the callers have seen them
    if (head.outputs == np.round(head.outputs)).all():
        return None
    name = type(given).__name__
    return (
        Severity.WARNING,
        (
            f"keras.metrics.{name} compares the outputs themselves with the labels, and they are not class "
            "numbers: hardly any is ever equal."
        ),
        f"Use `metrics=[{_overlap(head, given)}]`."
        if name == "MeanIoU"
        else "Use `metrics=['accuracy']`, which Keras fits to the outputs.",
    )


def _overlap(head: Head, given: Any) -> str:
    """The mean intersection over union that takes the targets and outputs for what they are."""
    if head.units == 1 or head.labels is LabelKind.MULTI_HOT:
        return f"keras.metrics.BinaryIoU(threshold={0.0 if head.loss.from_logits else 0.5})"
    settings = f"num_classes={max(head.units, given.num_classes)}"
    if given.ignore_class is not None:
        settings += f", ignore_class={given.ignore_class}"
    if head.labels is LabelKind.ONE_HOT and not _one_number(head):
        return f"keras.metrics.OneHotMeanIoU({settings})"
    return f"keras.metrics.MeanIoU({settings}, sparse_y_pred=False)"


def _wrong_form(name: str, form: str, instead: str) -> tuple[Severity, str, str]:
    return (
        Severity.WARNING,
        f"The targets are {form}, which {name} does not take: its value has no meaning.",
        f"Use `metrics=['{instead}']`.",
    )


def _binary_accuracy(head: Head) -> tuple[Severity, str, str] | None:
    if head.units > 2 and head.labels is LabelKind.ONE_HOT and head.activation == "softmax":  # noqa: PLR2004
        return (
            Severity.WARNING,
            (
                f"binary_accuracy counts each of the {head.units} outputs on its own: a model that answers 0 "
                "for all is "
                f"right in {1 - 1 / head.units:.0%} of them."
            ),
            "Use `metrics=['categorical_accuracy']`.",
        )
    if head.units == 1 and head.labels is LabelKind.SIGNS:
        return (
            Severity.WARNING,
            (
                "accuracy compares the labels -1 and 1 with 0 and 1: a row of class -1 is never counted as "
                "right."
            ),
            f"Write a metric that compares the signs: `metrics=[{_SAME_SIGN}]`.",
        )
    if head.units == 1 and counts_classes(head):
        return (
            Severity.WARNING,
            f"accuracy compares {head.classes} class numbers with (output > 0.5), which is 0 or 1.",
            "Give the model one softmax output for each class.",
        )
    return None


def _cut_at_zero(head: Head) -> bool:
    binary = head.labels is LabelKind.BINARY and head.units == 1 and head.activation in ("linear", "tanh")
    return binary and (head.loss.from_logits or head.loss.kind is LossKind.HINGE)


RULES: tuple[Rule, ...] = (metric_fits, accuracy_of_logits)
