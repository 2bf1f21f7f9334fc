"""Rules on weights, activations and gradients of the layers.

Counterparts of SageMaker Debugger's rules: `initialisation` of *poor weight initialization* and *tensor
variance*, `dead_units` of *dead relu* and *all zero*, `saturation` of *saturated activation*,
`vanishing_gradient` and `exploding_gradient` of the rules of these names and of *exploding tensor*,
`unchanged_weights` of *unchanged tensor*. *Similar across runs* compares two trainings; here each is judged
by itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.layers import RECTIFYING, leaf_layers, weighted
from soundcheck.debugging.readers import given_to
from soundcheck.debugging.record import LayerState
from soundcheck.debugging.rules.progress import (
    diverged,
    first_update_ratio,
    has_recurrence,
    hidden,
    learning_rate_against_usual,
    makes_a_step,
    observations,
    starts_finite,
    usual_learning_rate,
    went_badly,
)

_FEWEST_LAYERS_TO_VANISH = 3
_SAME_VALUE = 1e-5
"""Largest difference between the outputs of equal units, over their size: sums of a thousand products in
float32 differ by 1e-6 when they are added up in another order."""


def symmetric_weights(case: Case) -> Iterator[Finding]:
    """All units of a hidden layer have the same weights, into it and out of it.

    Then they compute the same, receive the same gradient and stay the same for ever: the layer is one unit
    wide (Goodfellow et al. 2016, section 8.4: initial weights must break symmetry). Zeros in one layer alone,
    as in the last one of a residual branch, are no such case; nor are several heads of zeros, as what they
    read differs. So the model is called: what the second layer is given has to be alike, too.
    """
    layers = [layer for layer in leaf_layers(case.model) if _has_kernel(layer)]
    if not any(_units_alike(layer) for layer in layers):
        return
    for first, second in _alike_in_and_out(given_to(case, layers)):
        units = first.kernel.shape[-1]
        yield Finding(
            "symmetric_weights",
            Severity.ERROR,
            Cause.INITIALISATION,
            Where("layer", first.name),
            (Evidence("different units", 1.0, float(units)),),
            f"All {units} units of {first.name!r} have the same weights, in and out: they "
            "receive the same gradients and can never become different.",
            f"Initialise the kernels at random: leave kernel_initializer of {first.name!r} and "
            f"{second.name!r} "
            "at its default, or use 'he_normal'.",
        )


def initial_scale(case: Case) -> Iterator[Finding]:
    """The first weights of a layer magnify its input tenfold or shrink it to a hundredth.

    Kernels of standard deviation 1 / sqrt(inputs) keep the variance from layer to layer (LeCun 1998; Glorot &
    Bengio 2010; with ReLU sqrt(2) times as much, He et al. 2015): their gain is 1 to 1.4. With tenfold gain
    the first outputs are far off and saturate what can saturate; with a hundredth nothing arrives, and no
    gradient comes back. Spoken of where the training failed.
    """
    if case.initial is None or not went_badly(case):
        return
    layers = {layer.name: layer for layer in leaf_layers(case.model)}
    for state in case.initial.layers:
        gain = _initial_gain(layers[state.name], state) if state.name in layers else math.nan
        if gain > case.settings.max_initial_gain or gain < case.settings.min_initial_gain:
            large = gain > 1
            yield Finding(
                "initial_scale",
                Severity.WARNING,
                Cause.INITIALISATION,
                Where("layer", state.name),
                (
                    Evidence(
                        "size of the outputs over that of the inputs",
                        gain,
                        case.settings.max_initial_gain if large else case.settings.min_initial_gain,
                        0,
                    ),
                ),
                f"The first weights of {state.name!r} {'magnify' if large else 'shrink'} its input by a "
                f"factor of {gain:.2g}; 1 to 1.4 keeps signals and gradients in range.",
                f"Leave the initializers of {state.name!r} at their defaults, or use 'he_normal' before "
                "ReLU.",
            )


def initial_bias(case: Case) -> Iterator[Finding]:
    """The bias of a hidden layer starts so far from zero that the inputs no longer matter.

    Beyond three standard deviations of what the kernel brings, a rectifier is always on or always off. A bias
    of the output layer may well start at the prior of the classes.
    """
    if case.initial is None or not went_badly(case):
        return
    layers = {layer.name: layer for layer in leaf_layers(case.model)}
    for state in hidden(case, case.initial):
        bias = _initial_bias(layers[state.name])
        if abs(bias) > 3 * max(state.output_std, 1.0):
            yield Finding(
                "initial_bias",
                Severity.WARNING,
                Cause.INITIALISATION,
                Where("layer", state.name),
                (Evidence("value at which the biases start", bias, 3 * max(state.output_std, 1.0), 0),),
                f"The biases of {state.name!r} start at {bias:.3g}, which drowns what the inputs bring.",
                f"Use bias_initializer='zeros' for {state.name!r}.",
            )


def dead_units(case: Case) -> Iterator[Finding]:
    """More than half of a rectifier's units are zero for every row, and the training failed.

    A unit that is zero on all rows has no gradient and cannot come back (Lu et al. 2019, "Dying ReLU"). With
    half of them a layer has lost a quarter of its paths; networks that learn well show it, too, so only a
    failed training counts.
    """
    if not went_badly(case) or not observations(case):
        return
    last = observations(case)[-1]
    outputs = {head.layer for head in case.heads}
    for layer in last.layers:
        silent = layer.zero_units
        bound = 0.99 if layer.name in outputs else case.settings.max_dead_share
        if layer.activation in RECTIFYING and silent > bound and layer.output_max < math.inf:
            yield Finding(
                "dead_units",
                Severity.WARNING,
                Cause.DEAD_UNITS,
                Where("layer", layer.name),
                (Evidence("share of units that are zero for every row", silent, bound, last.step),),
                f"{silent:.0%} of the units of {layer.name!r} are zero for every row: no gradient passes "
                "them, so they stay so.",
                "Lower the learning rate, scale the inputs to about 1, and use LeakyReLU or 'elu' in its "
                "place."
                if layer.name not in outputs
                else f"Give {layer.name!r} no activation, or 'softplus'.",
            )


def saturation(case: Case) -> Iterator[Finding]:
    """Nearly all outputs of a hidden sigmoid or tanh are on its flat ends, and the training failed.

    There the derivative is below a hundredth (Glorot & Bengio 2010, section 3): hardly any gradient passes.
    """
    if not went_badly(case) or not observations(case):
        return
    last = observations(case)[-1]
    for layer in hidden(case, last):
        if layer.saturated > case.settings.max_saturated_share:
            yield Finding(
                "saturation",
                Severity.WARNING,
                Cause.SATURATION,
                Where("layer", layer.name),
                (
                    Evidence(
                        "share of outputs at the flat ends",
                        layer.saturated,
                        case.settings.max_saturated_share,
                        last.step,
                    ),
                ),
                f"{layer.saturated:.0%} of the outputs of {layer.name!r} are at the flat ends of "
                f"{layer.activation}, "
                "where it passes on less than a hundredth of the gradient.",
                f"Scale the inputs to about 1, or use activation='relu' in {layer.name!r}.",
            )


def vanishing_gradient(case: Case) -> Iterator[Finding]:
    """The gradient of the first layer, against its weights, is a ten-thousandth of the last one's.

    And the training failed. Each layer of a deep sigmoid network passes on at most a quarter of the gradient
    (Bengio et al. 1994; Glorot & Bengio 2010): six of them are enough. SageMaker's threshold of 1e-7 on the
    mean is float32's resolution next to weights of 1; relative to the last layer it does not depend on the
    loss.
    """
    if not went_badly(case) or diverged(case):
        return
    found = [
        (relative[0] / relative[-1], names[0], seen.step)
        for seen in observations(case)
        for names, relative in [_relative_gradients(seen.layers)]
        if len(relative) >= _FEWEST_LAYERS_TO_VANISH and relative[-1] > 0 and _alive(seen.layers)
    ]
    shares = sorted(found)
    if not shares or not shares[len(shares) // 2][0] < case.settings.min_gradient_share:
        return
    share, name, step = shares[len(shares) // 2]
    yield Finding(
        "vanishing_gradient",
        Severity.WARNING,
        Cause.VANISHING_GRADIENT,
        Where("layer", name),
        (
            Evidence(
                "relative gradient of the first layer, over that of the last",
                share,
                case.settings.min_gradient_share,
                step,
            ),
        ),
        f"The gradient that reaches {name!r} is {share:.1g} of the last layer's, each against its weights: "
        "the first layers do not learn.",
        "Use 'relu' with 'he_normal' in the hidden layers, BatchNormalization or skip connections, or "
        "fewer layers.",
    )


def exploding_gradient(case: Case) -> Iterator[Finding]:
    """The gradient grew a thousandfold or lost its numbers, though the data are finite and the rate is usual.

    Through time a recurrent network multiplies gradients with the same matrix at every step (Pascanu et al.
    2013). Blow-ups at an unusual learning rate are `learning_rate_high`'s.
    """
    if not went_badly(case) or not starts_finite(case) or not observations(case):
        return
    unusual = learning_rate_against_usual(case) > case.settings.max_learning_rate_multiple
    jumps = first_update_ratio(case) > case.settings.max_update_ratio
    if unusual or (jumps and not has_recurrence(case.model)):
        return
    norms = [_gradient_norm(seen.layers) for seen in observations(case)]
    lost = diverged(case) or not all(math.isfinite(norm) for norm in norms if not math.isnan(norm))
    growth = max(norms[1:], default=math.nan) / norms[0] if norms[0] > 0 else math.nan
    if not lost and not growth > case.settings.max_gradient_growth:
        return
    yield Finding(
        "exploding_gradient",
        Severity.ERROR if lost else Severity.WARNING,
        Cause.EXPLODING_GRADIENT,
        Where("model", "gradients"),
        (Evidence("largest gradient over the first one", growth, case.settings.max_gradient_growth),),
        "Gradients or loss grew beyond what float32 holds."
        if lost
        else f"The gradient grew {growth:.0f}-fold.",
        "Clip the gradients (clipnorm=1.0 in the optimizer) and scale inputs and targets to about 1; in a "
        "recurrent layer keep activation='tanh'.",
    )


def unchanged_weights(case: Case) -> Iterator[Finding]:
    """No step changed the weights of a layer, though they are given to the optimizer and have a gradient.

    Exactly zero in float32. A rate far below the usual one is `learning_rate_low`'s, a layer without gradient
    `dead_units`' or `layer_disconnected`'s. Batches after which the optimizer makes no step say nothing.
    """
    seen = [
        one
        for one in observations(case)
        if not all(math.isnan(layer.update_norm) for layer in one.layers) and makes_a_step(case.model, one)
    ]
    against = learning_rate_against_usual(case)
    if len(seen) < 2 or 0 < against <= case.settings.min_learning_rate_share:  # noqa: PLR2004
        return
    for name in [layer.name for layer in seen[0].layers if layer.trainable and layer.connected]:
        states = [layer for one in seen for layer in one.layers if layer.name == name]
        if all(state.update_norm == 0 for state in states) and any(
            state.gradient_norm > 0 for state in states
        ):
            yield Finding(
                "unchanged_weights",
                Severity.ERROR if went_badly(case) else Severity.WARNING,
                Cause.UNCHANGED_WEIGHTS,
                Where("layer", name),
                (Evidence("size of the largest step", 0.0, 0.0),),
                f"No step changed the weights of {name!r}, although the loss depends on them.",
                "Apply the gradients of all trainable weights in train_step, with a learning rate above zero "
                f"({usual_learning_rate(case.model):.1g} say).",
            )


def _has_kernel(layer: Any) -> bool:
    """Whether there is a kernel that has values already."""
    return weighted(layer) and hasattr(layer, "kernel") and np.asarray(layer.kernel).size > 0


def _alike_in_and_out(read: list[tuple[Any, NDArray[Any]]]) -> Iterator[tuple[Any, Any]]:
    """Layers of equal units, each with a later one that is given equal units and weighs them equally."""
    for place, (second, given) in enumerate(read):
        before = (layer for layer, _ in reversed(read[:place]) if _units_alike(layer))
        first = next((layer for layer in before if _takes_alike(second, given, layer.kernel.shape[-1])), None)
        if first is not None:
            yield first, second


def _units_alike(layer: Any) -> bool:
    into = _matrix(layer)
    return into.shape[1] > 1 and _alike(into, axis=1)


def _takes_alike(layer: Any, given: NDArray[Any], units: int) -> bool:
    """Whether so many units, which what a layer is given holds once or several times, are equal to it."""
    out = _matrix(layer)
    if not given.size or given.shape[-1] % units or out.shape[0] % units:
        return False
    values = given.astype(np.float64).reshape(-1, units)
    differ = float(np.ptp(values, axis=1).max())
    same = differ <= _SAME_VALUE * float(np.abs(values).max())
    return same and _alike(out.reshape(-1, units, out.shape[1]), axis=1)


def _matrix(layer: Any) -> NDArray[np.float32]:
    """(inputs, units) of a kernel."""
    kernel = np.asarray(layer.kernel)
    return kernel.reshape(-1, kernel.shape[-1])


def _alike(values: NDArray[np.float32], axis: int) -> bool:
    return values.shape[axis] > 0 and bool((values == values.take([0], axis=axis)).all())


def _initial_gain(layer: Any, state: LayerState) -> float:
    """Root of inputs times the mean square of the first weights: LeCun's is 1; NaN for other layers."""
    if not weighted(layer) or not hasattr(layer, "kernel") or not state.trainable:
        return math.nan
    return state.weight_norm / math.sqrt(layer.kernel.shape[-1])


def _initial_bias(layer: Any) -> float:
    """What its initializer gives, if that is a constant; else 0."""
    value = getattr(getattr(layer, "bias_initializer", None), "value", 0.0)
    return float(value) if isinstance(value, int | float) else 0.0


def _relative_gradients(layers: tuple[LayerState, ...]) -> tuple[list[str], list[float]]:
    """Names and gradient norms over weight norms, of the layers that are connected and have weights."""
    known = [
        layer for layer in layers if layer.connected and layer.weight_norm > 0 and layer.kind != "Embedding"
    ]
    known = [layer for layer in known if "Normalization" not in layer.kind]
    return [layer.name for layer in known], [layer.gradient_norm / layer.weight_norm for layer in known]


def _alive(layers: tuple[LayerState, ...]) -> bool:
    """Whether no rectifier is dead: then its gradient is not small but blocked."""
    return not any(layer.activation in RECTIFYING and layer.zero_units > 0.99 for layer in layers)  # noqa: PLR2004


def _gradient_norm(layers: tuple[LayerState, ...]) -> float:
    norms = [layer.gradient_norm for layer in layers if layer.connected]
    return math.sqrt(sum(norm**2 for norm in norms)) if norms else math.nan


RULES: tuple[Rule, ...] = (
    symmetric_weights,
    initial_scale,
    initial_bias,
    dead_units,
    saturation,
    vanishing_gradient,
    exploding_gradient,
    unchanged_weights,
)
