"""Changes: for each cause with a mechanical remedy, the one change to a short training that it asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.case import Case
from soundcheck.debugging.experiments import Plan
from soundcheck.debugging.findings import Cause
from soundcheck.debugging.heads import Head, LabelKind, LossKind
from soundcheck.debugging.layers import SATURATING, activation_of, inner_optimizer, leaf_layers, weighted
from soundcheck.debugging.readers import readers_of

if TYPE_CHECKING:
    import keras

Change = Callable[[Case, Plan], Iterator[Plan]]
"""Yields the plans that a remedy stands for, the mildest first; none where it does not apply."""

_PRACTICAL_BATCH = 32


def _scaled_inputs(case: Case, plan: Plan) -> Iterator[Plan]:
    """Columns at a mean of 0 and a standard deviation of 1, where a layer weighs them as they are."""
    import keras

    weighed = {id(reader.array) for reader in readers_of(case)}

    def scaled(array: NDArray[Any]) -> NDArray[Any]:
        return _standardised(array) if id(array) in weighed else array

    if weighed:
        x = keras.tree.map_structure(scaled, plan.sample.x)
        yield replace(plan, sample=replace(plan.sample, x=x))


def _scaled_targets(case: Case, plan: Plan) -> Iterator[Plan]:
    import keras

    if plan.sample.y is not None and all(head.loss.kind == LossKind.REGRESSION for head in case.heads):
        scaled = keras.tree.map_structure(_standardised, plan.sample.y)
        yield replace(plan, sample=replace(plan.sample, y=scaled))


def _lower_rate(case: Case, plan: Plan) -> Iterator[Plan]:
    for factor in (0.1, 0.01, 0.001):
        yield replace(plan, learning_rate=_rate(case) * factor)


def _higher_rate(case: Case, plan: Plan) -> Iterator[Plan]:
    for factor in (10.0, 100.0, 1000.0):
        yield replace(plan, learning_rate=_rate(case) * factor)


def _adam(case: Case, plan: Plan) -> Iterator[Plan]:
    if type(inner_optimizer(case.model)).__name__ not in {"Adam", "AdamW", "Nadam"}:
        yield plan.with_adam()


def _more_steps(_: Case, plan: Plan) -> Iterator[Plan]:
    yield replace(plan, steps=plan.steps * 5)


def _practical_batches(_: Case, plan: Plan) -> Iterator[Plan]:
    """As many passes over the rows in batches of 32."""
    if plan.batch_size != _PRACTICAL_BATCH:
        steps = max(plan.steps * plan.batch_size // _PRACTICAL_BATCH, 1)
        yield replace(plan, batch_size=_PRACTICAL_BATCH, steps=steps)


def _shuffled(_: Case, plan: Plan) -> Iterator[Plan]:
    if not plan.shuffled:
        yield replace(plan, shuffled=True)


def _constant_rate(case: Case, plan: Plan) -> Iterator[Plan]:
    yield replace(plan, learning_rate=_rate(case))


def _without_dropout(_: Case, plan: Plan) -> Iterator[Plan]:
    yield replace(plan, dropout=False)


def _without_penalties(_: Case, plan: Plan) -> Iterator[Plan]:
    yield replace(plan, penalties=False)


def _relu(case: Case, plan: Plan) -> Iterator[Plan]:
    """In every hidden dense or convolutional layer that has no activation or a saturating one."""
    import keras

    hidden = [
        (layer, "activation", keras.activations.relu)
        for layer in _hidden(case)
        if _has_own_activation(layer) and activation_of(layer) in SATURATING | {"linear"}
    ]
    if hidden:
        yield replace(plan, layers=(*plan.layers, *hidden))


def _output_activation(case: Case, plan: Plan) -> Iterator[Plan]:
    """What the loss takes its outputs for."""
    import keras

    wanted = {
        LossKind.SPARSE_CATEGORICAL: keras.activations.softmax,
        LossKind.CATEGORICAL: keras.activations.softmax,
        LossKind.BINARY: keras.activations.sigmoid,
        LossKind.REGRESSION: keras.activations.linear,
    }
    head, layer = case.heads[0], _output(case)
    activation = wanted.get(head.loss.kind)
    if layer is not None and _has_own_activation(layer) and activation is not None:
        chosen = keras.activations.linear if head.loss.from_logits else activation
        yield replace(plan, layers=(*plan.layers, (layer, "activation", chosen)))


def _fitting_loss(case: Case, plan: Plan) -> Iterator[Plan]:
    """The cross-entropy of what the outputs and labels are, or the squared error."""
    import keras

    loss = _loss_for(case.heads[0]) if len(case.heads) == 1 else None
    if loss is not None:
        yield replace(plan, loss=keras.losses.get(loss))


def _loss_for(head: Head) -> str | None:
    if head.labels == LabelKind.REAL:
        return "mean_squared_error"
    if head.activation == "softmax":
        one_hot = head.labels == LabelKind.ONE_HOT
        return "categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy"
    return "binary_crossentropy" if head.activation == "sigmoid" else None


def _fresh_weights(case: Case, plan: Plan) -> Iterator[Plan]:
    """Kernels as Glorot and Bengio (2010) draw them, biases zero."""
    random = np.random.default_rng(0)
    trainable = {id(weight) for weight in case.model.trainable_variables}
    values = (
        _glorot(value, random) if id(variable) in trainable else value
        for variable, value in zip(case.model.weights, plan.start, strict=True)
    )
    yield replace(plan, start=tuple(values))


def _unfrozen(case: Case, plan: Plan) -> Iterator[Plan]:
    frozen = [(layer, "trainable", True) for layer in leaf_layers(case.model) if not layer.trainable]
    if frozen:
        yield replace(plan, layers=(*plan.layers, *frozen))


def _balanced(case: Case, plan: Plan) -> Iterator[Plan]:
    """Each class with the same weight in all."""
    labels = _classes(case.heads[0], plan.sample.y) if len(case.heads) == 1 else None
    if labels is not None:
        counts = np.bincount(labels)
        weights = (len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1)))[labels]
        yield replace(plan, sample=replace(plan.sample, weights=weights.astype(np.float32)))


CHANGES: Mapping[Cause, Change] = {
    Cause.INPUT_NOT_NORMALISED: _scaled_inputs,
    Cause.TARGET_NOT_NORMALISED: _scaled_targets,
    Cause.OUTPUT_ACTIVATION: _output_activation,
    Cause.LOSS_FUNCTION: _fitting_loss,
    Cause.HIDDEN_ACTIVATION: _relu,
    Cause.SATURATION: _scaled_inputs,
    Cause.VANISHING_GRADIENT: _relu,
    Cause.INITIALISATION: _fresh_weights,
    Cause.DEAD_UNITS: _fresh_weights,
    Cause.LAYER_FROZEN: _unfrozen,
    Cause.LEARNING_RATE_HIGH: _lower_rate,
    Cause.EXPLODING_GRADIENT: _lower_rate,
    Cause.OSCILLATION: _lower_rate,
    Cause.LEARNING_RATE_LOW: _higher_rate,
    Cause.SCHEDULE: _constant_rate,
    Cause.OPTIMIZER: _adam,
    Cause.BATCH_SIZE: _practical_batches,
    Cause.EPOCHS_TOO_FEW: _more_steps,
    Cause.DATA_NOT_SHUFFLED: _shuffled,
    Cause.DROPOUT: _without_dropout,
    Cause.WEIGHT_PENALTY: _without_penalties,
    Cause.CLASS_IMBALANCE: _balanced,
}
"""Causes whose remedy can be tried without asking; the others take a decision, or other data."""


def _has_own_activation(layer: keras.Layer) -> bool:
    """Whether it has an activation that can be set: that of a recurrent layer is its cell's."""
    return hasattr(layer, "activation") and not isinstance(getattr(type(layer), "activation", None), property)


def _standardised(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind not in "fiu" or _ids(array):
        return array
    values = array.astype(np.float32)
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    return (values - mean) / np.where(deviation > 0, deviation, 1)


def _ids(array: NDArray[Any]) -> bool:
    """Whole numbers in integers stand for things, pixels apart."""
    return array.dtype.kind in "iu" and array.dtype != np.uint8


def _rate(case: Case) -> float:
    """The learning rate that the training began with."""
    if case.initial is not None:
        return case.initial.learning_rate
    return float(np.asarray(case.model.optimizer.learning_rate))


def _hidden(case: Case) -> list[keras.Layer]:
    layers = [layer for layer in leaf_layers(case.model) if weighted(layer)]
    outputs = {head.layer for head in case.heads}
    return [layer for layer in layers[:-1] if layer.name not in outputs]


def _output(case: Case) -> keras.Layer | None:
    layers = [layer for layer in leaf_layers(case.model) if layer.name == case.heads[0].layer]
    return layers[0] if layers and len(case.heads) == 1 else None


def _glorot(value: NDArray[Any], random: np.random.Generator) -> NDArray[Any]:
    if value.ndim < 2:  # noqa: PLR2004
        return value
    fans = value.shape[-2] + value.shape[-1]
    limit = np.sqrt(6 / (fans * np.prod(value.shape[:-2])))
    return random.uniform(-limit, limit, value.shape).astype(value.dtype)


def _classes(head: Head, targets: Any) -> NDArray[np.int64] | None:
    """(rows,) of the class of each row; None where there are no classes."""
    if head.labels == LabelKind.ONE_HOT:
        return np.asarray(targets).argmax(axis=-1).reshape(-1)
    if head.labels not in (LabelKind.INTEGERS, LabelKind.BINARY):
        return None
    labels = np.asarray(targets).reshape(-1).astype(np.int64)
    return labels if len(labels) == len(targets) and labels.min() >= 0 else None
