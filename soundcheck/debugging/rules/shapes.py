"""Do outputs and targets have the same axes, and the same width?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.debugging.case import Case
from soundcheck.debugging.findings import Cause, Evidence, Severity
from soundcheck.debugging.heads import Head, LabelKind, LossKind
from soundcheck.debugging.layers import leaf_layers
from soundcheck.debugging.rules.verdicts import TARGETS, Verdict, layer_of, misencoded

if TYPE_CHECKING:
    import keras


def width_differs(case: Case, head: Head) -> Verdict | None:
    """Outputs and targets with the same axes, and unlike widths of the last one."""
    if head.outputs is None or head.targets is None or same_shape(head):
        return None
    width = head.targets.shape[-1] if head.targets.ndim > 1 else 1
    if head.labels is LabelKind.ONE_HOT and width == head.units + 1 and not head.targets[..., 0].any():
        return misencoded(
            TARGETS,
            f"The one-hot targets have {width} columns and the first is always 0: the labels began at 1. "
            "The model "
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
        f"{'s' if head.units != 1 else ''} for it, of {case.sample.rows} rows: they are compared crosswise, "
        "or not "
        "at all.",
        f"Give the last layer {width} unit{'s' if width != 1 else ''}.",
    )


def axes_differ(case: Case, head: Head) -> Verdict | None:
    """Outputs with more axes than the targets need, or fewer."""
    if head.outputs is None or head.targets is None or max(head.outputs.ndim, head.targets.ndim) < 3:  # noqa: PLR2004
        return None
    if same_shape(head):
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
    if head.labels in (LabelKind.ONE_HOT, LabelKind.MULTI_HOT) and not one_axis_less(head):
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


def one_axis_less(head: Head) -> bool:
    """Whether the targets have an axis less than the outputs: their numbers are labels of positions."""
    if head.outputs is None or head.targets is None:
        return False
    return head.loss.kind is LossKind.SPARSE_CATEGORICAL and head.targets.shape == head.outputs.shape[:-1]


def same_shape(head: Head) -> bool:
    """Whether there is an output for each number of the targets; a last axis of one may be missing."""
    if head.outputs is None or head.targets is None:
        return False
    shapes = [array.shape[:-1] if array.ndim > 1 and array.shape[-1] == 1 else array.shape
              for array in (head.outputs, head.targets)]  # fmt: skip
    return shapes[0] == shapes[1]
