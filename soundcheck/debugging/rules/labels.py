"""Do the targets have the form that the loss takes, and as many values as the model has outputs?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.heads import Head, LabelKind, LossKind
from soundcheck.debugging.layers import leaf_layers
from soundcheck.debugging.rules.verdicts import (
    LOSS,
    TARGETS,
    WHOLE,
    Verdict,
    counts_accuracy,
    counts_classes,
    distinct_labels,
    layer_of,
    reconstructs,
)

if TYPE_CHECKING:
    import keras


def targets_fit(case: Case) -> Iterator[Finding]:
    """The targets have the form that the loss takes, and the outputs one value for each of theirs.

    Where they have not, Keras stops at the first batch, or broadcasts: (rows, 1) against (rows, k) compares each
    target with all outputs, and the mean squared error draws every output to the mean.
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
        return _encoding(
            TARGETS,
            f"The targets are text, {head.classes} different ones, and {head.loss.name} takes numbers.",
            "Number the labels: `np.unique(y, return_inverse=True)[1]`, or a StringLookup layer.",
        )
    return _axes_differ(case, head) or judge(case, head)


def _sparse(case: Case, head: Head) -> Verdict | None:
    """Class numbers from 0 to units - 1, one a row."""
    assert head.targets is not None  # noqa: S101 - `misfit` has seen them
    if head.labels in (LabelKind.ONE_HOT, LabelKind.MULTI_HOT) and not _one_axis_less(head):
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
        return _too_few_units(case, head, int(found[-1]) + 1)
    lowest, highest = int(found[0]), int(found[-1])
    return _encoding(
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
    if head.labels is LabelKind.REAL:
        return _values_for_classes(head)
    if head.units == 1:
        return _categorical_on_one_unit(case, head)
    if head.labels in WHOLE:
        return _numbers_with_categorical(head)
    if head.labels is LabelKind.MULTI_HOT and _any_row_has_two(head):
        return _several_right(head)
    return _width_differs(case, head)


def _categorical_on_one_unit(case: Case, head: Head) -> Verdict | None:
    if head.labels in (LabelKind.ONE_HOT, LabelKind.MULTI_HOT):
        return _width_differs(case, head)
    if counts_classes(head):
        return _too_few_units(case, head, int(distinct_labels(head)[-1]) + 1)
    return None if head.activation == "softmax" else _two_classes_on_one_unit(head)


def _binary(case: Case, head: Head) -> Verdict | None:
    """A yes or no for each output: from 0 to 1."""
    assert head.targets is not None  # noqa: S101 - `misfit` has seen them
    if head.labels is LabelKind.ONE_HOT and head.units == 1 and head.targets.shape[-1] == 2:  # noqa: PLR2004
        return _encoding(
            TARGETS,
            "The targets are one-hot over two classes, and the model has one output, the probability of the second.",
            "Give the labels as 0 and 1: `y.argmax(axis=-1)`, or do not one-hot them.",
            Evidence("columns of the targets", 2, 1),
        )
    if head.labels in WHOLE and head.units > 1 and not _same_shape(head):
        return _one_class_for_many_yes_or_no(head)
    if head.labels is LabelKind.INTEGERS and head.units == 1 and not reconstructs(case, head):
        return _whole_numbers_with_binary(case, head)
    if head.labels is LabelKind.SIGNS:
        return _encoding(
            TARGETS,
            f"The labels are -1 and 1, and {head.loss.name} takes 0 and 1: with -1 the loss has no lower bound.",
            "Give the labels as 0 and 1: `(y + 1) / 2`.",
            Evidence("smallest label", -1, 0),
        )
    return _beyond_zero_and_one(case, head) or _width_differs(case, head) or _softmax_with_binary(head)


def _whole_numbers_with_binary(case: Case, head: Head) -> Verdict:
    found = distinct_labels(head)
    if len(found) == 2:  # noqa: PLR2004
        return _encoding(
            TARGETS,
            f"The two labels are {found[0]:g} and {found[1]:g}, and {head.loss.name} takes 0 and 1: beyond 1 the "
            "loss has no lower bound.",
            f"Give the labels as 0 and 1: `y == {found[1]:g}`.",
            Evidence("largest label", float(found[1]), 1),
        )
    if counts_classes(head):
        return _too_few_units(case, head, int(found[-1]) + 1)
    return _values_for_classes(head)


def _regression(case: Case, head: Head) -> Verdict | None:
    """A number for each output."""
    if head.labels in WHOLE and head.units > 1 and not _same_shape(head) and _meant_as_classes(head):
        return Verdict(
            Severity.ERROR,
            Cause.LOSS_FUNCTION,
            LOSS,
            (Evidence("outputs for each class number", head.units, 1),),
            f"{head.loss.name} compares every one of the {head.units} outputs with the class number itself, as if "
            "it were an amount.",
            "Use loss='sparse_categorical_crossentropy' with a softmax output.",
        )
    if counts_classes(head) and counts_accuracy(head) and _same_shape(head):
        classes = int(distinct_labels(head)[-1]) + 1
        return Verdict(
            Severity.WARNING,
            Cause.LOSS_FUNCTION,
            LOSS,
            (Evidence("classes", classes),),
            f"The targets are {classes} class numbers, and {head.loss.name} takes them for amounts: class 2 counts "
            "as lying between 1 and 3, and a wrong answer by its distance.",
            f"Use Dense({classes}, activation='softmax') as the output and "
            "loss='sparse_categorical_crossentropy'.",
        )
    return _width_differs(case, head)


def _hinge(case: Case, head: Head) -> Verdict | None:
    """-1 and 1 (or 0 and 1) for each output; the categorical one takes one-hot rows."""
    if head.loss.name == "categorical_hinge":
        return _numbers_with_categorical(head) if head.labels in WHOLE else _width_differs(case, head)
    if head.labels is LabelKind.INTEGERS:
        if counts_classes(head):
            return _too_few_units(case, head, int(distinct_labels(head)[-1]) + 1)
        return _encoding(
            TARGETS,
            f"The labels are {', '.join(f'{one:g}' for one in distinct_labels(head)[:3])}, and {head.loss.name} "
            "takes -1 and 1.",
            "Give the two labels as -1 and 1.",
        )
    return _values_for_classes(head) if head.labels is LabelKind.REAL else _width_differs(case, head)


def _divergence(case: Case, head: Head) -> Verdict | None:
    """Poisson takes counts, the Kullback-Leibler divergence distributions."""
    if head.loss.name == "kl_divergence" and head.labels in WHOLE and head.units > 1:
        return _numbers_with_categorical(head)
    return _width_differs(case, head)


_JUDGES: Mapping[LossKind, Callable[[Case, Head], Verdict | None]] = {
    LossKind.SPARSE_CATEGORICAL: _sparse,
    LossKind.CATEGORICAL: _categorical,
    LossKind.BINARY: _binary,
    LossKind.REGRESSION: _regression,
    LossKind.HINGE: _hinge,
    LossKind.DIVERGENCE: _divergence,
}


def _encoding(where: Where, message: str, remedy: str, *evidence: Evidence) -> Verdict:
    return Verdict(Severity.ERROR, Cause.LABEL_ENCODING, where, evidence, message, remedy)


def _one_hot_with_sparse(head: Head) -> Verdict:
    assert head.targets is not None  # noqa: S101 - `misfit` has seen them
    return _encoding(
        TARGETS,
        f"The targets are one-hot, {head.targets.shape[-1]} numbers a row, and {head.loss.name} takes one class "
        "number a row.",
        "Use loss='categorical_crossentropy', or give class numbers: `y.argmax(axis=-1)`.",
        Evidence("numbers in each target", head.targets.shape[-1], 1),
    )


def _numbers_with_categorical(head: Head) -> Verdict:
    return _encoding(
        TARGETS,
        f"The targets are class numbers, one a row, and {head.loss.name} takes one-hot rows as wide as the "
        f"{head.units or ''} outputs.",
        "Use loss='sparse_categorical_crossentropy', or `keras.utils.to_categorical(y)`.",
        Evidence("numbers in each target", 1, head.units or None),
    )


def _scaled_labels(classes: int) -> Verdict:
    return _encoding(
        TARGETS,
        f"The targets are {classes} fractions: class numbers that were scaled. The loss cuts them off to whole "
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


def _two_classes_on_one_unit(head: Head) -> Verdict:
    return Verdict(
        Severity.ERROR,
        Cause.LOSS_FUNCTION,
        LOSS,
        (Evidence("outputs", 1, 2),),
        f"{head.loss.name} needs one output for each class. Over a single one its probability is always 1 and the "
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
        f"{share:.0%} of the rows have several labels at once, and {head.loss.name} takes exactly one to be right: "
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
        f"Each row has one class number, the model {head.units} outputs, and {head.loss.name} wants a 0 or 1 for "
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
        f"{head.loss.name} takes the {head.units} shares of a softmax for {head.units} separate yes-or-no answers: "
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
        f"The inputs, which the model is to give back, go from {found[0]:.4g} to {found[-1]:.4g}; its outputs, and "
        f"{head.loss.name}, are for values from 0 to 1.",
        f"Divide the inputs by {found[-1]:.4g}."
        if found[0] >= 0
        else "Use a last layer without an activation and loss='mse', or scale the inputs to 0 to 1.",
    )


def _too_few_units(case: Case, head: Head, classes: int) -> Verdict:
    last = max((array.shape[-1] for array in _output_arrays(head)), default=0)
    sparse = head.loss.kind is LossKind.SPARSE_CATEGORICAL
    loss = "" if sparse else " and loss='sparse_categorical_crossentropy'"
    return Verdict(
        Severity.ERROR,
        Cause.OUTPUT_UNITS,
        layer_of(head),
        (Evidence("outputs", last, classes), Evidence("classes", classes)),
        f"There are {classes} classes among {case.sample.rows} rows, and the last layer has {last} "
        f"unit{'s' if last != 1 else ''}: the other classes cannot be told.",
        f"Use Dense({classes}, activation='softmax') as the last layer{loss}.",
    )


def _width_differs(case: Case, head: Head) -> Verdict | None:
    """Outputs and targets with the same axes, and unlike widths of the last one."""
    if head.outputs is None or head.targets is None or _same_shape(head):
        return None
    width = head.targets.shape[-1] if head.targets.ndim > 1 else 1
    if head.labels is LabelKind.ONE_HOT and width == head.units + 1 and not head.targets[..., 0].any():
        return _encoding(
            TARGETS,
            f"The one-hot targets have {width} columns and the first is always 0: the labels began at 1. The model "
            f"has {head.units} outputs.",
            "Subtract 1 from the labels before they are one-hot encoded.",
            Evidence("columns of the targets", width, head.units),
        )
    return Verdict(
        Severity.ERROR,
        Cause.OUTPUT_UNITS,
        layer_of(head),
        (Evidence("outputs", head.units, width), Evidence("numbers in each target", width)),
        f"A target has {width} number{'s' if width != 1 else ''} and the model {head.units} output"
        f"{'s' if head.units != 1 else ''} for it, of {case.sample.rows} rows: they are compared crosswise, or not "
        "at all.",
        f"Give the last layer {width} unit{'s' if width != 1 else ''}.",
    )


def _axes_differ(case: Case, head: Head) -> Verdict | None:
    """Outputs with more axes than the targets need, or fewer."""
    if head.outputs is None or head.targets is None or max(head.outputs.ndim, head.targets.ndim) < 3:  # noqa: PLR2004
        return None
    if _same_shape(head):
        return None
    more = _more_axes(head)
    if not more:
        return None
    shapes = (
        f"outputs have the shape {head.outputs.shape[1:]} a row, the targets {head.targets.shape[1:] or '()'}"
    )
    return Verdict(
        Severity.ERROR,
        Cause.LAYER_MISUSE,
        layer_of(head),
        (Evidence("axes of the outputs beyond those of the targets", more, 0),),
        f"The {shapes}: "
        + ("an answer for each position, not for each row." if more > 0 else "axes are missing."),
        _remedy_of_axes(case.model, more),
    )


def _more_axes(head: Head) -> int:
    """How many axes the outputs have beyond one answer for each target."""
    assert head.outputs is not None  # noqa: S101 - the callers have seen them
    assert head.targets is not None  # noqa: S101
    if head.labels in (LabelKind.ONE_HOT, LabelKind.MULTI_HOT) and not _one_axis_less(head):
        return head.outputs.ndim - head.targets.ndim
    single = head.targets.ndim == 1 or head.targets.shape[-1] == 1
    positions = head.targets.ndim - (1 if single and head.targets.ndim > 1 else 0)
    if single or head.units == 1 or head.loss.kind is LossKind.SPARSE_CATEGORICAL:
        return head.outputs.ndim - 1 - positions
    return head.outputs.ndim - head.targets.ndim


def _remedy_of_axes(model: keras.Model, more: int) -> str:
    recurrent = [layer for layer in leaf_layers(model) if hasattr(layer, "return_sequences")]
    if recurrent and more > 0 and recurrent[-1].return_sequences:
        return f"Set return_sequences=False in layer {recurrent[-1].name!r}, the last recurrent one."
    if recurrent and more < 0 and not recurrent[-1].return_sequences:
        return f"Set return_sequences=True in layer {recurrent[-1].name!r}: a target for each step is given."
    if more > 0:
        return "Put Flatten() or a global pooling layer before the first Dense layer."
    return "Remove the Flatten or pooling layer before the output, or give one target for each row."


def _one_axis_less(head: Head) -> bool:
    """Whether the targets have an axis less than the outputs, so that their numbers are labels of positions."""
    if head.outputs is None or head.targets is None:
        return False
    return head.loss.kind is LossKind.SPARSE_CATEGORICAL and head.targets.shape == head.outputs.shape[:-1]


def _same_shape(head: Head) -> bool:
    """Whether there is an output for each number of the targets; a last axis of one may be missing."""
    if head.outputs is None or head.targets is None:
        return False
    shapes = [array.shape[:-1] if array.ndim > 1 and array.shape[-1] == 1 else array.shape
              for array in (head.outputs, head.targets)]  # fmt: skip
    return shapes[0] == shapes[1]


def _any_row_has_two(head: Head) -> bool:
    """Whether several labels of a row are 1; rows without any are padding."""
    return head.targets is not None and bool((head.targets.sum(axis=-1) > 1.5).any())  # noqa: PLR2004


def _meant_as_classes(head: Head) -> bool:
    return head.activation in ("softmax", "sigmoid") or counts_accuracy(head)


def _output_arrays(head: Head) -> list[np.ndarray]:
    return [] if head.outputs is None else [head.outputs.reshape(len(head.outputs), -1, head.units)]


RULES: tuple[Rule, ...] = (targets_fit,)
