"""Do the targets have the form that the loss takes, and as many values as the model has outputs?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.heads import Head, LabelKind, LossKind, is_weighted_one_hot
from soundcheck.debugging.rules.shapes import axes_differ, one_axis_less, same_shape, width_differs
from soundcheck.debugging.rules.verdicts import (
    LOSS,
    TARGETS,
    WHOLE,
    Verdict,
    counts_accuracy,
    counts_classes,
    distinct_labels,
    layer_of,
    misencoded,
    reconstructs,
)


def targets_fit(case: Case) -> Iterator[Finding]:
    """The targets have the form that the loss takes, and the outputs one value for each of theirs.

    Where they have not, Keras stops at the first batch, or broadcasts: (rows, 1) against (rows, k) compares
    each target with all outputs, and the mean squared error draws every output to the mean.
    """
    for head in case.heads:
        verdict = misfit(case, head)
        if verdict is not None:
            yield Finding("targets_fit", *verdict)


def misfit(case: Case, head: Head) -> Verdict | None:
    """Why targets and loss cannot go together; None where they can, or nothing is known of the loss."""
    judge = _JUDGES.get(head.loss.kind)
    if judge is None or head.targets is None:
        return None
    if head.labels is LabelKind.TEXT:
        return misencoded(
            TARGETS,
            f"The targets are text, {head.classes} different ones, and {head.loss.name} takes numbers.",
            "Number the labels: `np.unique(y, return_inverse=True)[1]`, or a StringLookup layer.",
        )
    return axes_differ(case, head) or judge(case, head)


def judged(case: Case) -> Iterator[tuple[Head, bool]]:
    """The heads with a loss and fitting widths, and whether their targets misfit the loss."""
    for head in case.heads:
        if head.loss.kind is LossKind.NONE:
            continue
        verdict = misfit(case, head)
        if verdict is None or verdict.cause is not Cause.OUTPUT_UNITS:
            yield head, verdict is not None and verdict.severity > Severity.INFO


def _sparse(case: Case, head: Head) -> Verdict | None:
    """Class numbers from 0 to units - 1, one a row."""
    assert head.targets is not None  # noqa: S101 - `misfit` has seen them
    if head.labels in (LabelKind.ONE_HOT, LabelKind.MULTI_HOT) and not one_axis_less(head):
        return _several_right(head) if _any_row_has_two(head) else _one_hot_with_sparse(head)
    found = distinct_labels(head)
    if head.labels is LabelKind.REAL:
        return _scaled_labels(len(found)) if 1 < len(found) <= head.units else _values_for_classes(head)
    if not len(found) or not head.units or (found[0] >= 0 and found[-1] < head.units):
        return None
    return _out_of_range(case, head)


def _out_of_range(case: Case, head: Head) -> Verdict | None:
    found, units = distinct_labels(head), head.units
    if units == 1 and head.labels is LabelKind.BINARY:
        return None if head.activation == "softmax" else _two_classes_on_one_unit(head)
    contiguous = found[0] == 0 and found[-1] == len(found) - 1
    if (contiguous or len(found) > units) and found[0] >= 0:
        return _too_few_units(case, head, found)
    lowest, highest = int(found[0]), int(found[-1])
    return misencoded(
        TARGETS,
        f"The labels go from {lowest} to {highest}, and with {units} outputs {head.loss.name} takes 0 to "
        f"{units - 1}: the others have no output, and their loss is NaN or an error.",
        f"Subtract {lowest} from the labels."
        if highest - lowest == len(found) - 1
        else f"Number the {len(found)} labels from 0: `np.unique(y, return_inverse=True)[1]`.",
        Evidence("largest label", highest, units - 1),
        Evidence("smallest label", lowest, 0),
    )


def _categorical(case: Case, head: Head) -> Verdict | None:
    """One-hot rows, or shares that sum to one, as wide as the outputs."""
    assert head.targets is not None  # noqa: S101 - `misfit` has seen them
    if head.labels in (LabelKind.REAL, LabelKind.INTEGERS) and is_weighted_one_hot(head):
        return _weights_for_classes(head)
    if head.labels is LabelKind.REAL:
        return _values_for_classes(head)
    if head.units == 1:
        return _categorical_on_one_unit(case, head)
    if head.labels in WHOLE:
        return _numbers_with_categorical(head)
    if head.labels is LabelKind.MULTI_HOT and _any_row_has_two(head):
        return _several_right(head)
    return width_differs(case, head)


def _categorical_on_one_unit(case: Case, head: Head) -> Verdict | None:
    if head.labels in (LabelKind.ONE_HOT, LabelKind.MULTI_HOT):
        return width_differs(case, head)
    if counts_classes(head):
        return _too_few_units(case, head, distinct_labels(head))
    return None if head.activation == "softmax" else _two_classes_on_one_unit(head)


def _binary(case: Case, head: Head) -> Verdict | None:
    """A yes or no for each output: from 0 to 1."""
    assert head.targets is not None  # noqa: S101 - `misfit` has seen them
    if head.labels is LabelKind.ONE_HOT and head.units == 1 and head.targets.shape[-1] == 2:  # noqa: PLR2004
        return misencoded(
            TARGETS,
            "The targets are one-hot over two classes, and the model has one output, the probability of the "
            "second.",
            "Give the labels as 0 and 1: `y.argmax(axis=-1)`, or do not one-hot them.",
            Evidence("columns of the targets", 2, 1),
        )
    if head.labels in WHOLE and head.units > 1 and not same_shape(head):
        return _one_class_for_many_yes_or_no(head)
    if head.labels is LabelKind.INTEGERS and head.units == 1 and not reconstructs(case, head):
        return _whole_numbers_with_binary(case, head)
    if head.labels is LabelKind.SIGNS:
        return misencoded(
            TARGETS,
            f"The labels are -1 and 1, and {head.loss.name} takes 0 and 1: with -1 the loss has no lower "
            "bound.",
            "Give the labels as 0 and 1: `(y + 1) / 2`.",
            Evidence("smallest label", -1, 0),
        )
    return _beyond_zero_and_one(case, head) or width_differs(case, head) or _softmax_with_binary(head)


def _whole_numbers_with_binary(case: Case, head: Head) -> Verdict:
    found = distinct_labels(head)
    if len(found) == 2:  # noqa: PLR2004
        return misencoded(
            TARGETS,
            f"The two labels are {found[0]:g} and {found[1]:g}, and {head.loss.name} takes 0 and 1: beyond "
            "1 the "
            "loss has no lower bound.",
            f"Give the labels as 0 and 1: `y == {found[1]:g}`.",
            Evidence("largest label", float(found[1]), 1),
        )
    if counts_classes(head):
        return _too_few_units(case, head, found)
    return _values_for_classes(head)


def _regression(case: Case, head: Head) -> Verdict | None:
    """A number for each output."""
    if head.labels in WHOLE and head.units > 1 and not same_shape(head) and _meant_as_classes(head):
        return Verdict(
            Severity.ERROR,
            Cause.LOSS_FUNCTION,
            LOSS,
            (Evidence("outputs for each class number", head.units, 1),),
            f"{head.loss.name} compares every one of the {head.units} outputs with the class number itself, "
            "as if "
            "it were an amount.",
            "Use loss='sparse_categorical_crossentropy' with a softmax output.",
        )
    if counts_classes(head) and counts_accuracy(head) and same_shape(head):
        found = distinct_labels(head)
        return Verdict(
            Severity.WARNING,
            Cause.LOSS_FUNCTION,
            LOSS,
            (Evidence("classes", len(found)),),
            f"The targets are {len(found)} class numbers, and {head.loss.name} takes them for amounts: class "
            "2 counts as lying between 1 and 3, and a wrong answer by its distance.",
            f"{_softmax_for(found)} as the output and loss='sparse_categorical_crossentropy'.",
        )
    return width_differs(case, head)


def _hinge(case: Case, head: Head) -> Verdict | None:
    """-1 and 1 (or 0 and 1) for each output; the categorical one takes one-hot rows."""
    if head.loss.name == "categorical_hinge":
        return _numbers_with_categorical(head) if head.labels in WHOLE else width_differs(case, head)
    if head.labels is LabelKind.INTEGERS:
        if counts_classes(head):
            return _too_few_units(case, head, distinct_labels(head))
        return misencoded(
            TARGETS,
            f"The labels are {', '.join(f'{one:g}' for one in distinct_labels(head)[:3])}, and "
            f"{head.loss.name} "
            "takes -1 and 1.",
            "Give the two labels as -1 and 1.",
        )
    return _values_for_classes(head) if head.labels is LabelKind.REAL else width_differs(case, head)


def _divergence(case: Case, head: Head) -> Verdict | None:
    """Poisson takes counts, the Kullback-Leibler divergence distributions."""
    if head.loss.name == "kl_divergence" and head.labels in WHOLE and head.units > 1:
        return _numbers_with_categorical(head)
    return width_differs(case, head)


_JUDGES: Mapping[LossKind, Callable[[Case, Head], Verdict | None]] = {
    LossKind.SPARSE_CATEGORICAL: _sparse,
    LossKind.CATEGORICAL: _categorical,
    LossKind.BINARY: _binary,
    LossKind.REGRESSION: _regression,
    LossKind.HINGE: _hinge,
    LossKind.DIVERGENCE: _divergence,
}


def _one_hot_with_sparse(head: Head) -> Verdict:
    assert head.targets is not None  # noqa: S101 - `misfit` has seen them
    return misencoded(
        TARGETS,
        f"The targets are one-hot, {head.targets.shape[-1]} numbers a row, and {head.loss.name} takes one "
        "class "
        "number a row.",
        "Use loss='categorical_crossentropy', or give class numbers: `y.argmax(axis=-1)`.",
        Evidence("numbers in each target", head.targets.shape[-1], 1),
    )


def _numbers_with_categorical(head: Head) -> Verdict:
    return misencoded(
        TARGETS,
        f"The targets are class numbers, one a row, and {head.loss.name} takes one-hot rows as wide as the "
        f"{head.units or ''} outputs.",
        "Use loss='sparse_categorical_crossentropy', or `keras.utils.to_categorical(y)`.",
        Evidence("numbers in each target", 1, head.units or None),
    )


def _scaled_labels(classes: int) -> Verdict:
    return misencoded(
        TARGETS,
        f"The targets are {classes} fractions: class numbers that were scaled. The loss cuts them off to "
        "whole "
        "numbers, which makes most classes one.",
        "Scale the inputs only; give the labels as the whole numbers 0, 1, 2...",
    )


def _values_for_classes(head: Head) -> Verdict:
    return Verdict(
        Severity.ERROR,
        Cause.LOSS_FUNCTION,
        LOSS,
        (Evidence("different targets", len(distinct_labels(head))),),
        f"The targets are amounts, and {head.loss.name} is a loss for classes: it has no meaning for them.",
        "Use loss='mse' (or 'mae') with a last layer without an activation.",
    )


def _weights_for_classes(head: Head) -> Verdict:
    return Verdict(
        Severity.INFO,
        Cause.LOSS_FUNCTION,
        LOSS,
        (Evidence("different targets", len(distinct_labels(head))),),
        f"Each row has a number for one class at most: {head.loss.name} takes it for the weight of the row.",
        "Nothing has to change where weights are meant, as of an action by its advantage.",
    )


def _two_classes_on_one_unit(head: Head) -> Verdict:
    return Verdict(
        Severity.ERROR,
        Cause.LOSS_FUNCTION,
        LOSS,
        (Evidence("outputs", 1, 2),),
        f"{head.loss.name} needs one output for each class. Over a single one its probability is always 1 "
        "and the "
        "loss does not depend on the weights.",
        "For two classes and one output use activation='sigmoid' and loss='binary_crossentropy'.",
    )


def _several_right(head: Head) -> Verdict:
    assert head.targets is not None  # noqa: S101 - `misfit` has seen them
    share = float((head.targets.sum(axis=-1) > 1).mean())
    return Verdict(
        Severity.ERROR if head.loss.kind is LossKind.SPARSE_CATEGORICAL else Severity.WARNING,
        Cause.LOSS_FUNCTION,
        LOSS,
        (Evidence("share of rows with several labels", share, 0),),
        f"{share:.0%} of the rows have several labels at once, and {head.loss.name} takes exactly one to be "
        "right: "
        "the labels of a row take probability from each other.",
        "Use activation='sigmoid' in the last layer and loss='binary_crossentropy'.",
    )


def _one_class_for_many_yes_or_no(head: Head) -> Verdict:
    if head.labels is LabelKind.BINARY and head.activation != "softmax":
        message = f"Each row has one label of 0 or 1, and the model {head.units} outputs."
        evidence = (Evidence("outputs", head.units, 1),)
        return Verdict(
            Severity.ERROR,
            Cause.OUTPUT_UNITS,
            layer_of(head),
            evidence,
            message,
            "Give the last layer 1 unit.",
        )
    return Verdict(
        Severity.ERROR,
        Cause.LOSS_FUNCTION,
        LOSS,
        (Evidence("outputs", head.units, 1),),
        f"Each row has one class number, the model {head.units} outputs, and {head.loss.name} wants a 0 or "
        "1 for "
        "each of them.",
        "Use loss='sparse_categorical_crossentropy' with a softmax output.",
    )


def _softmax_with_binary(head: Head) -> Verdict | None:
    """Over two classes both losses are the same; with several labels a row, softmax is what is wrong."""
    if head.activation != "softmax" or head.units <= 2 or head.loss.from_logits:  # noqa: PLR2004
        return None
    if head.labels is LabelKind.MULTI_HOT and _any_row_has_two(head):
        return Verdict(
            Severity.WARNING,
            Cause.OUTPUT_ACTIVATION,
            layer_of(head),
            (Evidence("outputs", head.units),),
            "Rows may have several labels, and a softmax lets only one of them come near 1.",
            "Use activation='sigmoid' in the last layer.",
        )
    if head.labels is not LabelKind.ONE_HOT:
        return None
    return Verdict(
        Severity.WARNING,
        Cause.LOSS_FUNCTION,
        LOSS,
        (Evidence("classes", head.units, 2),),
        f"{head.loss.name} takes the {head.units} shares of a softmax for {head.units} separate yes-or-no "
        "answers: "
        "the loss looks small whatever is learnt, and its probabilities are not those of the classes.",
        "Use loss='categorical_crossentropy'.",
    )


def _beyond_zero_and_one(case: Case, head: Head) -> Verdict | None:
    if head.labels not in (LabelKind.REAL, LabelKind.INTEGERS):
        return None
    found = distinct_labels(head)
    if not len(found) or (found[0] >= 0 and found[-1] <= 1):
        return None
    if not reconstructs(case, head):
        return _values_for_classes(head)
    return unscaled_reconstruction(head)


def unscaled_reconstruction(head: Head) -> Verdict:
    """Of inputs that are to be given back by outputs which stay between 0 and 1."""
    found = distinct_labels(head)
    return Verdict(
        Severity.ERROR,
        Cause.INPUT_NOT_NORMALISED if found[0] >= 0 else Cause.OUTPUT_ACTIVATION,
        Where("data", "x") if found[0] >= 0 else layer_of(head),
        (Evidence("largest target", float(found[-1]), 1), Evidence("smallest target", float(found[0]), 0)),
        f"The inputs, which the model is to give back, go from {found[0]:.4g} to {found[-1]:.4g}; its "
        "outputs, and "
        f"{head.loss.name}, are for values from 0 to 1.",
        f"Divide the inputs by {found[-1]:.4g}."
        if found[0] >= 0
        else "Use a last layer without an activation and loss='mse', or scale the inputs to 0 to 1.",
    )


def _too_few_units(case: Case, head: Head, found: NDArray[np.float64]) -> Verdict:
    last, classes = head.units, len(found)
    sparse = head.loss.kind is LossKind.SPARSE_CATEGORICAL
    loss = "" if sparse else " and loss='sparse_categorical_crossentropy'"
    return Verdict(
        Severity.ERROR,
        Cause.OUTPUT_UNITS,
        layer_of(head),
        (Evidence("outputs", last, classes), Evidence("classes", classes)),
        f"There are {classes} classes among {case.sample.rows} rows, and the last layer has {last} "
        f"unit{'s' if last != 1 else ''}: the other classes cannot be told.",
        f"{_softmax_for(found)} as the last layer{loss}.",
    )


def _softmax_for(found: NDArray[np.float64]) -> str:
    """What to do: an output for each class number from 0 on, also for those that are not in the sample."""
    from_one = found[0] == 1 and found[-1] == len(found)
    units = len(found) if from_one else int(found[-1]) + 1
    return (
        f"{'Subtract 1 from the labels and use' if from_one else 'Use'} Dense({units}, activation='softmax')"
    )


def _any_row_has_two(head: Head) -> bool:
    """Whether several labels of a row are 1; rows without any are padding."""
    return head.targets is not None and bool((head.targets.sum(axis=-1) > 1.5).any())  # noqa: PLR2004


def _meant_as_classes(head: Head) -> bool:
    return head.activation in ("softmax", "sigmoid") or counts_accuracy(head)


RULES: tuple[Rule, ...] = (targets_fit,)
