"""What a model is made of, in the order in which it was built; nested models are looked into."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

SATURATING = frozenset(
    {"sigmoid", "tanh", "hard_sigmoid", "softsign", "hard_tanh", "log_sigmoid", "sparsemax"}
)
RECTIFYING = frozenset({"relu", "relu6"})
"""Activations with an exactly zero gradient over half their range."""

_ACTIVATION_LAYERS = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "prelu",
    "ELU": "elu",
    "Softmax": "softmax",
}

_OTHER_NAMES = {"<lambda>": "custom", "softmax_v2": "softmax"}
"""`tf.nn.softmax` has the second one."""


def leaf_layers(model: keras.Model) -> list[keras.Layer]:
    """The layers that compute something: neither models nor wrappers of layers, nor inputs."""
    every = model._flatten_layers(include_self=False)  # pyright: ignore[reportPrivateUsage]
    return [layer for layer in every if is_leaf(layer)]


def is_leaf(layer: keras.Layer) -> bool:
    """Whether it is no container of other layers; recurrent layers with their cells are leaves."""
    from keras.src.layers.rnn.rnn import RNN

    if type(layer).__name__ == "InputLayer" or _is_cell(layer):
        return False
    parts = layer._layers  # pyright: ignore[reportPrivateUsage]
    own = getattr(layer, "activation", None)
    return isinstance(layer, RNN) or all(_is_cell(part) or part is own for part in parts)


def _is_cell(layer: keras.Layer) -> bool:
    return hasattr(layer, "state_size") and type(layer).__name__.endswith(("Cell", "Cells"))


def activation_of(layer: keras.Layer) -> str:
    """The name of a layer's activation: "linear" where there is none, "custom" where it has no known name."""
    name = _ACTIVATION_LAYERS.get(type(layer).__name__)
    if name == "relu" and getattr(layer, "negative_slope", 0):
        return "leaky_relu"
    if name is not None:
        return name
    activation = getattr(layer, "activation", None)
    return "linear" if activation is None else activation_name(activation)


def activation_name(activation: Any) -> str:
    """The name of a function, or of a layer that is used as one."""
    if isinstance(activation, str):
        return activation
    if type(activation).__name__ in _ACTIVATION_LAYERS:
        return activation_of(activation)
    name = getattr(activation, "__name__", "custom")
    return _OTHER_NAMES.get(name, name)


def weighted(layer: keras.Layer) -> bool:
    """Whether it multiplies its input with a matrix of weights."""
    return any(len(weight.shape) >= 2 for weight in layer.weights) and type(layer).__name__ != "Embedding"  # noqa: PLR2004


def has_own_step(model: keras.Model) -> bool:
    """Whether a `train_step` of the script's own decides what the model is called with, and its loss."""
    import keras

    return type(model).train_step is not keras.Model.train_step


def called(model: Any, x: Any, *, training: bool) -> Any:
    """What a model gives for x, called as `fit` and `predict` do.

    They tell the mode only to a model whose `call` asks for it: the layers of another one would drop out
    here and not in `fit`.
    """
    return model(x, training=training) if model._call_has_training_arg else model(x)


def inner_optimizer(model: keras.Model) -> Any:
    """The optimizer that makes the steps: for float16 Keras puts one around it that scales the loss."""
    return getattr(model.optimizer, "inner_optimizer", model.optimizer)


@contextmanager
def inputs_seen(layers: Sequence[keras.Layer], see: Callable[[keras.Layer, Any], Any]) -> Generator[None]:
    """Within it a call of one of the layers is given what `see` makes of its first argument."""
    with calls_replaced(layers, lambda layer: _seeing(layer, see)):
        yield


@contextmanager
def calls_replaced(
    layers: Sequence[keras.Layer], replacement: Callable[[keras.Layer], Callable[..., Any]]
) -> Generator[None]:
    """Within it each layer's `call` is what `replacement` makes of it."""
    own = [layer.__dict__.get("call") for layer in layers]
    for layer in layers:
        object.__setattr__(layer, "call", replacement(layer))  # Keras need not track it
    try:
        yield
    finally:
        for layer, before in zip(layers, own, strict=True):
            del layer.__dict__["call"]
            if before is not None:
                object.__setattr__(layer, "call", before)


def _seeing(layer: keras.Layer, see: Callable[[keras.Layer, Any], Any]) -> Callable[..., Any]:
    call = layer.call

    @functools.wraps(call)
    def seen(*arguments: Any, **named: Any) -> Any:
        if not arguments:
            name, given = next(iter(named.items()))
            return call(**(named | {name: see(layer, given)}))
        return call(see(layer, arguments[0]), *arguments[1:], **named)

    return seen


def numbers_of(tensor: Any) -> NDArray[Any] | None:
    """The numbers of a tensor; None where they are not known now (within a graph), and of anything else."""
    import tensorflow as tf

    known = tf.is_tensor(tensor) and hasattr(tensor, "numpy") and hasattr(tensor, "shape")
    values = np.asarray(tensor.numpy()) if known else np.zeros(0, object)
    return values if values.dtype.kind in "fiub" or str(values.dtype) == "bfloat16" else None
