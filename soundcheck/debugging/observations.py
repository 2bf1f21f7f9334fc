"""One batch as a model sees it while it trains: outputs and gradients of every layer, without a trace left.

The pass is eager, so that each layer's outputs can be had; layers inside a loop of TensorFlow (the cells of a
recurrent layer) are not seen one by one.
"""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.layers import activation_of, called, calls_replaced, leaf_layers
from soundcheck.debugging.model_state import variables_of
from soundcheck.debugging.record import LayerState, Observation

if TYPE_CHECKING:
    import keras

_MAX_VALUES = 2**16
"""Outputs of a layer that are looked at: so many say enough of a mean or of silent units."""

_SEED = 51_966
"""Of TensorFlow's eager operations during a pass; any would do, if only it is always the same."""

_SAFE_SQUARES = (1e-24, 1e38)
"""A sum of squares between these has lost nothing to float32's smallest and largest numbers."""

_SIGMOID_RANGE = (0.01, 0.99)
_TANH_BOUND = 0.995
"""Beyond these the derivative is below 0.01 of its maximum: s(1 - s) < 0.0099, 1 - t² < 0.00998."""


def observe(
    model: keras.Model, x: Any, y: Any, weights: Any, *, step: int, epoch: int, inference: bool = True
) -> Observation:
    """Passes one batch forward and backward, as training would, and forward once more in inference mode.

    Afterwards weights, moving statistics, metrics and random states are what they were. Where the model has
    no loss that can be computed from x and y (an own `train_step`), losses and gradients are NaN.

    Args:
        model: compiled; it is built here if it is not.
        x: a batch, in the model's structure (rows, ...).
        y: its targets; None where there are none.
        weights: (rows,) of its rows; None where there are none.
        step: batches that the optimizer has seen before.
        epoch: from 0.
        inference: whether to pass it in inference mode, too; else `inference_loss` is NaN.

    Raises:
        Exception: whatever calling the model raises.
    """
    with undisturbed(model, x):
        outputs: dict[str, NDArray[np.floating[Any]]] = {}
        # First: the pass in training mode moves the statistics.
        inference_loss = _loss(model, x, y, weights, training=False) if inference else None
        loss, penalty, gradients = _backward(model, x, y, weights, outputs)
    return Observation(
        step=step,
        epoch=epoch,
        loss=loss,
        inference_loss=float("nan") if inference_loss is None else float(inference_loss),
        penalty=penalty,
        learning_rate=learning_rate_of(model),
        layers=tuple(_states(model, outputs, gradients)),
        targets=_first_targets(y),
    )


def with_updates(observation: Observation, before: Weights, after: Weights, steps: int) -> Observation:
    """The observation with the norms of what the optimizer changed.

    Args:
        observation: made before.
        before: weights of each layer before the change, see `weights_of`.
        after: the same afterwards.
        steps: of the optimizer between the two; a norm is the mean of so many.
    """
    return replace(
        observation,
        layers=tuple(
            replace(state, update_norm=_distance(before[state.name], after[state.name]) / steps)
            if state.name in before
            else state
            for state in observation.layers
        ),
    )


Weights = Mapping[str, Sequence[NDArray[Any]]]
"""The trainable weights of each layer, by its name."""


def weights_of(model: keras.Model) -> Weights:
    """The trainable weights of every leaf layer that has some, as they are now, see `values_of`."""
    return {
        layer.name: values_of(variables)
        for layer in leaf_layers(model)
        if (variables := layer.trainable_variables)
    }


def values_of(variables: Sequence[Any]) -> list[NDArray[Any]]:
    """Copies of the values of variables."""
    return [variable.numpy() for variable in variables]


def learning_rate_of(model: keras.Model) -> float:
    """The learning rate at this step, the schedule's where there is one; NaN without an optimizer."""
    rate = getattr(getattr(model, "optimizer", None), "learning_rate", None)
    value = np.asarray(rate)
    return float(value) if value.dtype.kind in "fiu" and value.size == 1 else float("nan")


@contextmanager
def undisturbed(model: keras.Model, x: Any) -> Generator[None]:
    """Within it the model may be called; afterwards its state and all random states are as before."""
    with ExitStack() as stack:
        stack.enter_context(_random_states())
        stack.enter_context(kept(_changing(model)))
        if not model.built:
            called(model, x, training=False)
            stack.enter_context(kept(_changing(model)))
        yield


def _changing(model: keras.Model) -> list[Any]:
    """The variables that a pass may change: all but those that only the optimizer does, which are many."""
    optimizer = getattr(model, "optimizer", None)
    of_optimizer = [] if optimizer is None else optimizer.variables
    stepped = [*model.trainable_variables, *of_optimizer]
    others = {id(one) for variable in stepped for one in (variable, variable.value)}
    return [one for one in variables_of(model) if id(one) not in others]


@contextmanager
def _random_states() -> Generator[None]:
    """Keeps the generators of Keras and of TensorFlow's eager operations.

    TensorFlow caches a stateful operation with its generator under its seed. Were the same seeds drawn here
    and once more by the script, its operation would go on where ours ended: so we draw from a generator of
    our own. Those of Python and NumPy are left alone: a thread that makes the next batches may draw from them
    at this very moment.
    """
    from keras.src.backend.common import global_state
    from tensorflow.python.eager import context

    eager: Any = context.context()
    theirs = getattr(eager, "_rng", None)  # there only after `tf.random.set_seed`
    if theirs is not None:
        eager._rng = random.Random(_SEED)  # noqa: S311 (no secret)
    seeds: Any = global_state.get_global_attribute("global_seed_generator")
    try:
        with kept([] if seeds is None else [seeds.state]):
            yield
    finally:
        if theirs is not None:
            eager._rng = theirs


@contextmanager
def kept(variables: Sequence[Any]) -> Generator[None]:
    """Afterwards the variables have the values that they have now."""
    values = values_of(variables)
    try:
        yield
    finally:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


class _Gradient(NamedTuple):
    norm: float
    connected: bool


def _backward(
    model: keras.Model, x: Any, y: Any, weights: Any, outputs: dict[str, NDArray[np.floating[Any]]]
) -> tuple[float, float, dict[str, _Gradient]]:
    """Loss, penalty and the gradient of each layer; the layers' outputs are put into `outputs`."""
    import tensorflow as tf

    layers = [layer for layer in leaf_layers(model) if layer.trainable_variables]
    with tf.GradientTape() as tape, _recorded(model, outputs):
        loss = _loss(model, x, y, weights, training=True)
    penalty = float(sum(float(one) for one in model.losses))
    if loss is None:
        return float("nan"), penalty, {}
    every: Any = tape.gradient(loss, [_variables(layer) for layer in layers])
    return float(loss), penalty, {
        layer.name: _gradient(each) for layer, each in zip(layers, every, strict=True)
    }  # fmt: skip


def _variables(layer: keras.Layer) -> list[Any]:
    return [variable.value for variable in layer.trainable_variables]


def _gradient(gradients: Sequence[Any]) -> _Gradient:
    """The norm over all weights of a layer; sparse ones by the rows that they hold."""
    dense = [getattr(one, "values", one) for one in gradients if one is not None]
    return _Gradient(_norm([np.asarray(one) for one in dense]) if dense else float("nan"), bool(dense))


def _loss(model: Any, x: Any, y: Any, weights: Any, *, training: bool) -> Any:
    """The loss that `fit` would minimise; None where the model has none that could be computed."""
    predictions = called(model, x, training=training)
    if not _has_loss(model):
        return None
    return model._compute_loss(x=x, y=y, y_pred=predictions, sample_weight=weights, training=training)


def _has_loss(model: Any) -> bool:
    import keras

    own = type(model).compute_loss is not keras.Model.compute_loss
    return own or model._compile_loss is not None or bool(model.losses)


def _recorded(
    model: keras.Model, outputs: dict[str, NDArray[np.floating[Any]]]
) -> AbstractContextManager[None]:
    """Within it each leaf layer's first outputs are noted."""
    return calls_replaced(leaf_layers(model), lambda layer: _noting(layer, outputs))


def _noting(layer: keras.Layer, outputs: dict[str, NDArray[np.floating[Any]]]) -> Callable[..., Any]:
    call = layer.call

    @functools.wraps(call)
    def noted(*arguments: Any, **named: Any) -> Any:
        result = call(*arguments, **named)
        values = _first_floats(result)
        if values is not None:
            outputs.setdefault(layer.name, values)
        return result

    return noted


def _first_floats(result: Any) -> NDArray[np.floating[Any]] | None:
    """Some rows of the first tensor of real numbers; None where there is none that is known now."""
    import keras
    import tensorflow as tf

    for one in keras.tree.flatten(result):
        tensor = getattr(one, "flat_values", one)
        if tf.is_tensor(tensor) and hasattr(tensor, "numpy") and tensor.dtype.is_floating:
            values = np.asarray(tensor)  # not sliced by TensorFlow: the tape would record that
            rows = max(_MAX_VALUES // max(math.prod(values.shape[1:]), 1), 1)
            with np.errstate(over="ignore"):
                return (values[:rows] if values.ndim else values).astype(np.float32)
    return None


def _states(
    model: keras.Model,
    outputs: Mapping[str, NDArray[np.floating[Any]]],
    gradients: Mapping[str, _Gradient],
) -> Iterator[LayerState]:
    by_name = {layer.name: layer for layer in leaf_layers(model)}
    nothing = _Gradient(float("nan"), connected=False)
    for name, values in outputs.items():
        if values.size:
            yield _state(by_name[name], values, gradients.get(name, nothing))


def _state(layer: keras.Layer, values: NDArray[np.floating[Any]], gradient: _Gradient) -> LayerState:
    activation = activation_of(layer)
    trainable = layer.trainable_variables
    with np.errstate(all="ignore"):
        magnitudes = np.abs(values)
        mean = float(values.mean())
        return LayerState(
            name=layer.name,
            kind=type(layer).__name__,
            activation=activation,
            trainable=bool(trainable),
            output_mean=mean,
            output_std=_norm([values - values.dtype.type(mean)]) / math.sqrt(values.size),
            output_max=float(magnitudes.max()),
            zero_units=_zero_units(magnitudes),
            saturated=_saturated(values, magnitudes, activation),
            weight_norm=_norm(values_of(trainable)),
            gradient_norm=gradient.norm,
            update_norm=float("nan"),
            connected=gradient.connected,
        )


def _zero_units(magnitudes: NDArray[np.floating[Any]]) -> float:
    if magnitudes.ndim < 2:  # noqa: PLR2004 (rows and units)
        return float("nan")
    return float(np.mean(magnitudes.reshape(-1, magnitudes.shape[-1]).max(axis=0) == 0))


def _saturated(
    values: NDArray[np.floating[Any]], magnitudes: NDArray[np.floating[Any]], activation: str
) -> float:
    if activation == "sigmoid":
        low, high = _SIGMOID_RANGE
        return float(np.mean((values < low) | (values > high)))
    return float(np.mean(magnitudes > _TANH_BOUND)) if activation == "tanh" else float("nan")


def _norm(arrays: Sequence[NDArray[Any]]) -> float:
    with np.errstate(all="ignore"):
        return math.sqrt(sum(_squares(array) for array in arrays))


def _squares(array: NDArray[Any]) -> float:
    """The sum of the squares; by float32's dot product, unless one of the squares may not fit."""
    flat = array.ravel()
    fast = float(np.dot(flat, flat)) if flat.dtype == np.float32 else float("nan")
    return (
        fast
        if _SAFE_SQUARES[0] < fast < _SAFE_SQUARES[1]
        else float(np.sum(np.square(flat, dtype=np.float64)))
    )


def _distance(before: Sequence[NDArray[Any]], after: Sequence[NDArray[Any]]) -> float:
    with np.errstate(all="ignore"):
        return _norm([new - old for old, new in zip(before, after, strict=True)])


def _first_targets(y: Any) -> NDArray[Any] | None:
    import keras

    leaves = [leaf for leaf in keras.tree.flatten(y) if leaf is not None]
    if not leaves:
        return None
    return np.asarray(leaves[0].to_tensor() if hasattr(leaves[0], "to_tensor") else leaves[0])
