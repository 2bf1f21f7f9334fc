"""What a model is made of, in the order in which it was built; nested models are looked into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
