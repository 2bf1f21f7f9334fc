"""Is the network more than a linear map, wide enough, and are its layers used as they are meant?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.heads import Head
from soundcheck.debugging.layers import SATURATING, activation_of, leaf_layers, weighted
from soundcheck.debugging.record import LayerState
from soundcheck.debugging.rules import connections, layer_use
from soundcheck.debugging.rules.layer_use import chain_of
from soundcheck.debugging.rules.verdicts import reconstructs
from soundcheck.debugging.samples import arrays_of

if TYPE_CHECKING:
    import keras

_ROWS_OF_A_LINE = 64
_AFFINE = 1e-3
"""Largest deviation from a line, over the spread of the outputs: float32 leaves 1e-5 after ten layers, a
rectifier that bends anywhere between two rows 0.1."""

_DEEP = 4
_FEWEST_UNITS_OF_A_BUMP = 4
_FLAT = 0.01
_QUARTER = 4


def linear_network(case: Case) -> Iterator[Finding]:
    """Several layers with weights and no activation between them are one linear layer: W2(W1 x) = (W2 W1) x.

    Tried on the model: along a line between two rows the logits of an affine map change evenly. A factorised
    linear map can be meant, and is all that is needed where an ordinary nonlinear learner is no better than a
    linear one: it is said to hurt where the former surpasses the latter.
    """
    if case.record is not None or not _stacked_without_activation(case.model):
        return
    bend = _bend(case)
    if bend is None or bend > _AFFINE:
        return
    gain = _gain_of_depth(case)
    hurts = gain is not None and gain > case.settings.min_gain_of_depth
    hidden = [layer for layer in leaf_layers(case.model) if weighted(layer)][:-1]
    evidence = [Evidence("bend of the logits between two rows, over their spread", bend, _AFFINE)]
    if gain is not None:
        evidence.append(
            Evidence("skill that a nonlinear learner adds", gain, case.settings.min_gain_of_depth)
        )
    yield Finding(
        "linear_network",
        Severity.WARNING if hurts else Severity.INFO,
        Cause.HIDDEN_ACTIVATION,
        Where("layer", hidden[0].name),
        tuple(evidence),
        f"No layer before the last has an activation: the {len(hidden) + 1} layers with weights together "
        "are one linear "
        "layer" + (f", and nonlinear learners are better here by {gain:.2f} of skill." if hurts else "."),
        "Give the hidden layers activation='relu'.",
    )


def linear_network_hurt(case: Case) -> Iterator[Finding]:
    """The same after a poor training; also where nothing but pooling to the largest lies in between."""
    if not _poor(case) or not _stacked_without_activation(case.model):
        return
    gain = _gain_of_depth(case)
    if gain is not None and gain <= case.settings.min_gain_of_depth:
        return  # a linear model is as good as any, so that this is not what it lacks
    bend = _bend(case)
    if (bend is None or bend > _AFFINE) and not _pooling_alone_bends(case.model):
        return
    hidden = [layer for layer in leaf_layers(case.model) if weighted(layer)][:-1]
    yield Finding(
        "linear_network_hurt",
        Severity.WARNING,
        Cause.HIDDEN_ACTIVATION,
        Where("layer", hidden[0].name),
        (Evidence("layers with weights and without an activation before the last", len(hidden), 0),),
        f"The training went badly, and none of the {len(hidden)} layers with weights before the last has an "
        "activation.",
        "Give the hidden layers activation='relu'.",
    )


def saturating_stack(case: Case) -> Iterator[Finding]:
    """In a stack of saturating activations the gradient of the first layers is too small to move them.

    The derivative of a sigmoid is at most 1/4, so that with weights of gain 1 each layer passes on at most a
    quarter: four layers 1/256 (Hochreiter 1991; Glorot and Bengio 2010, section 3.2). Where the relative
    gradient of the first layer is 10,000 times smaller than that of the last, steps that fit the last leave
    the first as it was drawn.
    """
    stack = [layer for layer in leaf_layers(case.model) if weighted(layer) and _is_feedforward(layer)]
    saturating = [layer for layer in stack[:-1] if activation_of(layer) in SATURATING]
    ratio = None if case.initial is None else _first_over_last(case.initial.layers)
    if len(saturating) < _DEEP or ratio is None:
        return
    bound = case.settings.min_relative_gradient
    if case.record is not None and (not _poor(case) or ratio >= 1 / _QUARTER**_DEEP):
        return
    if case.record is None and ratio >= bound:
        return
    yield Finding(
        "saturating_stack",
        Severity.WARNING,
        Cause.HIDDEN_ACTIVATION,
        Where("layer", saturating[0].name),
        (Evidence("relative gradient of the first layer, over that of the last", ratio, bound),),
        f"{len(saturating)} hidden layers in a row have a {activation_of(saturating[0])}, each of which "
        "passes on only a "
        f"part of the gradient: the first layer gets {ratio:.1g} of what the last one gets.",
        "Use activation='relu' in the hidden layers.",
    )


def hidden_softmax(case: Case) -> Iterator[Finding]:
    """A softmax between dense layers: its units compete for a sum of one, and little passes.

    As attention and as a gate it is right: only a chain of layers is looked at, after a poor training.
    """
    chain = chain_of(case.model)
    if not _poor(case) or chain is None:
        return
    last = max((place for place, layer in enumerate(chain) if weighted(layer)), default=0)
    for layer in chain[:last]:
        if activation_of(layer) == "softmax":
            yield Finding(
                "hidden_softmax",
                Severity.WARNING,
                Cause.HIDDEN_ACTIVATION,
                Where("layer", layer.name),
                (Evidence("skill on the training rows", _skill(case)),),
                f"The hidden layer {layer.name!r} has a softmax: its outputs sum to 1, so that each is "
                "small and little of "
                "the input passes.",
                "Use activation='relu' in hidden layers, and softmax in the last one only.",
            )
            return


def bottleneck(case: Case) -> Iterator[Finding]:
    """After a poor training that no longer improves: is there a layer through which too little passes?

    Logits for k classes that are a linear map of w features have rank w at most, and need k - 1. To raise the
    output on an interval, a layer of rectifiers needs four bends (a trapezium), hence four units. Without any
    hidden layer the model is linear, which is too little where a nonlinear learner is clearly better.
    """
    chain = chain_of(case.model)
    if not _poor(case) or chain is None or not case.heads or not _no_longer_falls(case):
        return
    head, gain = case.heads[0], _gain_of_depth(case)
    hidden = [layer for layer in chain if weighted(layer)][:-1]
    nonlinear = gain is not None and gain > case.settings.min_gain_of_depth
    needed = max(head.units - 1, _FEWEST_UNITS_OF_A_BUMP if nonlinear else 1)
    narrow = [layer for layer in hidden if 0 < int(getattr(layer, "units", 0) or 0) < needed]
    if reconstructs(case, head) or not (narrow or (not hidden and nonlinear)):
        return
    units = min((int(layer.units) for layer in narrow), default=0)
    where = Where("layer", narrow[0].name) if narrow else Where("model", case.model.name)
    yield Finding(
        "bottleneck",
        Severity.WARNING,
        Cause.CAPACITY_TOO_SMALL,
        where,
        (
            Evidence("units of the narrowest hidden layer", units, needed),
            Evidence("skill on the training rows", _skill(case)),
        ),
        "The loss no longer falls and the model is poor; "
        + (
            f"all that it knows of a row passes through {units} unit{'s' if units != 1 else ''}."
            if narrow
            else "it has no hidden layer, and what is to be learnt is not linear."
        ),
        f"Give layer {narrow[0].name!r} more units, such as {max(32, 4 * needed)}."
        if narrow
        else "Put a hidden layer before the last: Dense(64, activation='relu').",
    )


def _stacked_without_activation(model: keras.Model) -> bool:
    """Whether two or more layers with weights follow one another, none but the last with an activation."""
    leaves = leaf_layers(model)
    layers = [layer for layer in leaves if weighted(layer)]
    if len(layers) < 2 or any(type(layer).__name__ == "Embedding" for layer in leaves):  # noqa: PLR2004
        return False
    if not all(_is_feedforward(layer) for layer in layers):
        return False
    before = leaves[: leaves.index(layers[-1])]
    return all(activation_of(layer) == "linear" for layer in before)


def _pooling_alone_bends(model: keras.Model) -> bool:
    """Whether all operations are layers of Keras, and pooling to the largest is what is not linear."""
    operations = getattr(getattr(model, "_functional", None) or model, "operations", [])
    known = [type(one).__module__.startswith("keras.") and hasattr(one, "weights") for one in operations]
    return bool(known) and all(known) and any("MaxPool" in type(one).__name__ for one in operations)


def _is_feedforward(layer: keras.Layer) -> bool:
    return type(layer).__name__ == "Dense" or "Conv" in type(layer).__name__


def _bend(case: Case) -> float | None:
    """Deviation of the logits between two rows from the middle of theirs, over the spread of the logits."""
    arrays = arrays_of(case.sample.x)
    head = case.heads[0] if case.heads else None
    if head is None or head.outputs is None or any(array.dtype.kind not in "fiu" for array in arrays):
        return None
    rows = case.sample.spread(_ROWS_OF_A_LINE)
    import keras

    x = keras.tree.map_structure(lambda array: np.asarray(array, np.float32), rows.x)
    other = keras.tree.map_structure(lambda array: np.roll(array, 1, axis=0), x)
    middle = keras.tree.map_structure(lambda one, two: (one + two) / 2, x, other)
    at, between = (_logits(head, _first_output(case.model, one)) for one in (x, middle))
    straight = (at + np.roll(at, 1, axis=0)) / 2
    usable = np.isfinite(straight) & np.isfinite(between)
    spread = float(np.std(at[np.isfinite(at)])) if np.isfinite(at).any() else 0.0
    if usable.mean() < 0.5 or spread == 0:  # noqa: PLR2004
        return None
    return float(np.abs(straight - between)[usable].max()) / spread


def _first_output(model: keras.Model, x: Any) -> NDArray[np.float64]:
    from soundcheck.debugging.outcome import first_outputs
    from soundcheck.debugging.samples import Sample

    rows = len(arrays_of(x)[0])
    return first_outputs(model, Sample(x, None, None, rows, rows))


def _logits(head: Head, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """What goes into the last activation; NaN where rounding hides it."""
    sure = 1e-4
    with np.errstate(divide="ignore", invalid="ignore"):
        if head.activation == "softmax" and head.units > 1:
            shares = np.where(outputs > sure**5, outputs, np.nan)
            return np.log(shares) - np.log(shares[..., :1])
        if head.activation == "sigmoid":
            shares = np.where((outputs > sure) & (outputs < 1 - sure), outputs, np.nan)
            return np.log(shares) - np.log1p(-shares)
        if head.activation == "tanh":
            return np.arctanh(np.where(np.abs(outputs) < 1 - sure, outputs, np.nan))
        if head.activation == "relu":
            return np.where(outputs > 0, outputs, np.nan)
    return outputs


def _gain_of_depth(case: Case) -> float | None:
    """Skill that nonlinear learners add to a linear one; None where it cannot be told."""
    standard = case.standard
    return None if standard is None else standard.skill - standard.linear_skill


def _poor(case: Case) -> bool:
    return case.record is not None and case.outcome is not None and case.outcome.poor


def _skill(case: Case) -> float:
    return math.nan if case.outcome is None else case.outcome.training


def _no_longer_falls(case: Case) -> bool:
    """Whether the last quarter of the epochs lowered the loss by less than a hundredth."""
    assert case.record is not None  # noqa: S101 - asked of a poor training only
    loss = case.record.curve("loss")
    if len(loss) < _QUARTER or not np.isfinite(loss).all():
        return False
    start = loss[-max(len(loss) // _QUARTER, 1) - 1]
    return bool(start - loss[-1] < _FLAT * abs(start))


def _first_over_last(layers: Sequence[LayerState]) -> float | None:
    """Gradient relative to the weights: of the first layer over the last; None where it cannot be told."""
    relative = [
        layer.gradient_norm / layer.weight_norm
        for layer in layers
        if layer.trainable and layer.weight_norm > 0 and math.isfinite(layer.gradient_norm)
    ]
    if len(relative) < _DEEP or relative[-1] <= 0:
        return None
    return relative[0] / relative[-1]


RULES: tuple[Rule, ...] = (
    linear_network,
    linear_network_hurt,
    saturating_stack,
    hidden_softmax,
    bottleneck,
    *layer_use.RULES,
    *connections.RULES,
)
