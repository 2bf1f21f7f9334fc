"""Heads: the loss, the activation and the targets of each output, which have to fit each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.layers import activation_of, is_leaf
from soundcheck.debugging.samples import arrays_of

if TYPE_CHECKING:
    import keras


class LossKind(StrEnum):
    """What a loss takes its targets for."""

    SPARSE_CATEGORICAL = "sparse_categorical"
    CATEGORICAL = "categorical"
    BINARY = "binary"
    REGRESSION = "regression"
    HINGE = "hinge"
    DIVERGENCE = "divergence"
    CUSTOM = "custom"
    NONE = "none"


@dataclass(frozen=True)
class Loss:
    """A loss as `compile` was given it.

    Attributes:
        kind: what it takes its targets for.
        name: its name in Keras; that of the function or class where it is the user's own.
        from_logits: whether it takes logits.
        by_name: whether it was given as text or as a bare function, which leaves all its arguments at their
            defaults.
        ignored_class: a label that it passes over; None where it has none.
    """

    kind: LossKind
    name: str
    from_logits: bool = False
    by_name: bool = False
    ignored_class: int | None = None


class LabelKind(StrEnum):
    """What targets look like."""

    BINARY = "binary"
    """Zeros and ones, one a row."""
    SIGNS = "signs"
    """Minus one and one, one a row."""
    INTEGERS = "integers"
    """Whole numbers, one a row."""
    ONE_HOT = "one_hot"
    """One 1 among zeros in each row; or shares that sum to 1."""
    MULTI_HOT = "multi_hot"
    """Zeros and ones, any number of ones in a row."""
    REAL = "real"
    TEXT = "text"
    NONE = "none"


@dataclass(frozen=True)
class Head:
    """One output of a model.

    Attributes:
        name: of the output.
        layer: name of the layer that computes it; that of the model where that cannot be told.
        loss: its loss.
        metrics: names of its metrics, as they were given to `compile` (class names for objects).
        activations: those after the last layer with weights, in order, without "linear".
        activations_known: whether the layers say so; else (a model with a call of its own) they are told from
            the outputs.
        outputs: (rows, ...) of the model in inference mode; None where it could not be called.
        targets: (rows, ...); None where there are none.
        labels: what the targets look like.
        classes: how many distinct labels there are among the targets; 0 for real numbers.
        given_metrics: its metrics as they were given, text or objects.
    """

    name: str
    layer: str
    loss: Loss
    metrics: tuple[str, ...]
    activations: tuple[str, ...]
    activations_known: bool
    outputs: NDArray[np.float64] | None = field(repr=False)
    targets: NDArray[Any] | None = field(repr=False)
    labels: LabelKind
    classes: int
    given_metrics: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def activation(self) -> str:
        """The last one; "linear" where there is none."""
        return self.activations[-1] if self.activations else "linear"

    @property
    def units(self) -> int:
        """Width of the last axis of the outputs; 0 where they are unknown."""
        return 0 if self.outputs is None else (self.outputs.shape[-1] if self.outputs.ndim > 1 else 1)


_KINDS = {
    "sparse_categorical_crossentropy": LossKind.SPARSE_CATEGORICAL,
    "categorical_crossentropy": LossKind.CATEGORICAL,
    "categorical_focal_crossentropy": LossKind.CATEGORICAL,
    "binary_crossentropy": LossKind.BINARY,
    "binary_focal_crossentropy": LossKind.BINARY,
    "mean_squared_error": LossKind.REGRESSION,
    "mean_absolute_error": LossKind.REGRESSION,
    "mean_absolute_percentage_error": LossKind.REGRESSION,
    "mean_squared_logarithmic_error": LossKind.REGRESSION,
    "huber": LossKind.REGRESSION,
    "log_cosh": LossKind.REGRESSION,
    "hinge": LossKind.HINGE,
    "squared_hinge": LossKind.HINGE,
    "categorical_hinge": LossKind.HINGE,
    "kl_divergence": LossKind.DIVERGENCE,
    "poisson": LossKind.DIVERGENCE,
}


def heads_of(model: keras.Model, outputs: Any, targets: Any) -> tuple[Head, ...]:
    """The heads of a compiled model.

    Args:
        model: compiled.
        outputs: what the model gives for the sample (arrays, in the model's structure); None: not callable.
        targets: the sample's, in the model's structure; None: there are none.
    """
    names, layers = _outputs_of(model)
    values = _aligned(outputs, len(names))
    wanted = _aligned(targets, len(names))
    losses = _each(getattr(model, "loss", None), names)
    metrics = _each_metric(model, names)
    return tuple(
        _head(name, layer, loss_of(loss), metric, value, target)
        for name, layer, loss, metric, value, target in zip(
            names, layers, losses, metrics, values, wanted, strict=True
        )
    )


def loss_of(loss: Any) -> Loss:
    """What a loss given to `compile` is."""
    import keras

    if loss is None:
        return Loss(LossKind.NONE, "none")
    given_by_name = isinstance(loss, str | FunctionType)
    try:
        found = keras.losses.get(loss) if isinstance(loss, str | type) else loss
    except ValueError:
        return Loss(LossKind.CUSTOM, str(loss), by_name=given_by_name)
    function = getattr(found, "fn", found)
    name = getattr(function, "__name__", type(found).__name__)
    settings = getattr(found, "_fn_kwargs", {})
    own = getattr(function, "__module__", "").startswith("keras.") or name not in _KINDS
    kind = _KINDS.get(name, LossKind.CUSTOM) if own else LossKind.CUSTOM
    ignored: int | None = settings.get("ignore_class")
    return Loss(kind, name, bool(settings.get("from_logits", False)), given_by_name, ignored)


def labels_of(targets: NDArray[Any] | None) -> tuple[LabelKind, int]:
    """What targets look like, and how many distinct labels there are among them (0: real numbers)."""
    if targets is None or not targets.size:
        return LabelKind.NONE, 0
    if targets.dtype.kind not in "fiub":
        return LabelKind.TEXT, len(np.unique(targets.astype(str)))
    finite = targets[np.isfinite(targets)]
    if not finite.size or not (finite == np.round(finite)).all():
        return (LabelKind.ONE_HOT, targets.shape[-1]) if _distributions(targets) else (LabelKind.REAL, 0)
    if targets.ndim > 1 and targets.shape[-1] > 1 and np.isin(finite, (0, 1)).all():
        one_each = bool((targets.sum(axis=-1) == 1).all())
        return (LabelKind.ONE_HOT if one_each else LabelKind.MULTI_HOT), targets.shape[-1]
    return _whole_numbers(np.unique(finite)), len(np.unique(finite))


def is_weighted_one_hot(head: Head) -> bool:
    """Whether each row of targets has a number for one class at most, and zeros for all others.

    So policies are trained by `fit`: the action taken, times its advantage (Williams, Simple statistical
    gradient-following algorithms, 1992); cross-entropy is linear in its targets.
    """
    targets = head.targets
    if targets is None or targets.ndim < 2 or targets.shape[-1] != head.units or head.units == 1:  # noqa: PLR2004
        return False
    return bool(((targets != 0).sum(axis=-1) <= 1).all())


def _whole_numbers(distinct: NDArray[Any]) -> LabelKind:
    if set(distinct) <= {0, 1}:
        return LabelKind.BINARY
    return LabelKind.SIGNS if set(distinct) <= {-1, 1} else LabelKind.INTEGERS


def _distributions(targets: NDArray[Any]) -> bool:
    """Whether each row holds shares that sum to one: smoothed or mixed labels."""
    if targets.ndim < 2 or targets.shape[-1] < 2 or (targets < 0).any():  # noqa: PLR2004
        return False
    return bool(np.allclose(targets.sum(axis=-1), 1, atol=1e-3))


def _head(
    name: str, layer: keras.Layer | None, loss: Loss, metrics: tuple[Any, ...], outputs: Any, targets: Any
) -> Head:
    activations = None if layer is None else _activations_before(layer)
    values = None if outputs is None else np.asarray(outputs, np.float64)
    known = activations is not None
    seen = activations if activations is not None else _seen_in(values)
    labels, classes = labels_of(targets)
    layer_name = name if layer is None else layer.name
    names = tuple(_metric_name(one) for one in metrics)
    return Head(name, layer_name, loss, names, seen, known, values, targets, labels, classes, metrics)


def _outputs_of(model: keras.Model) -> tuple[list[str], list[keras.Layer | None]]:
    """Names of the outputs, and the layer of each (None where the model does not say)."""
    tensors = getattr(model, "outputs", None)
    if not tensors:
        count = max(len(arrays_of(getattr(model, "loss", None))), 1) if _nested(model.loss) else 1
        names = list(model.loss) if isinstance(model.loss, dict) else [f"output_{i}" for i in range(count)]
        return (names if count > 1 else [model.name]), [None] * count
    layers = [_layer_of(tensor) for tensor in tensors]
    structure = getattr(model, "_outputs_struct", None)
    if isinstance(structure, dict):
        return sorted(structure), layers  # the order of flattening
    named = getattr(model, "output_names", None) or [layer.name if layer else model.name for layer in layers]
    return list(named), layers


def _layer_of(tensor: Any) -> keras.Layer | None:
    """The layer that computes an output; the last one of a nested model."""
    import keras

    operation = tensor._keras_history.operation
    if isinstance(operation, keras.Model):
        outputs = getattr(operation, "outputs", None)
        return _layer_of(outputs[0]) if outputs else None
    return operation if isinstance(operation, keras.Layer) else None


def _activations_before(layer: keras.Layer) -> tuple[str, ...] | None:
    """The activations after the last layer with weights; None where something unknown is among them."""
    found: list[str] = []
    operation: Any = layer
    while operation is not None:
        if not hasattr(operation, "call") or (hasattr(operation, "_layers") and not is_leaf(operation)):
            return None
        found.insert(0, activation_of(operation))
        if operation.weights or not _passes_on(operation):
            break
        operation = _before(operation)
    if found and found[0] == "custom":
        return None
    return tuple(name for name in found if name != "linear")


def _passes_on(layer: keras.Layer) -> bool:
    """Whether it changes its input in no other way than by form, dropout or an activation."""
    passing = {
        "Reshape",
        "Flatten",
        "Permute",
        "Dropout",
        "Activation",
        "ReLU",
        "LeakyReLU",
        "ELU",
        "Softmax",
    }
    return type(layer).__name__ in passing


def _before(layer: keras.Layer) -> Any:
    """The operation before a layer that has one input; else None."""
    nodes = layer._inbound_nodes
    tensors = nodes[-1].input_tensors if nodes else []
    return tensors[0]._keras_history.operation if len(tensors) == 1 else None


def _seen_in(outputs: NDArray[np.float64] | None) -> tuple[str, ...]:
    """The activation that outputs look like, where the layers do not say it."""
    if outputs is None or not outputs.size or not np.isfinite(outputs).all():
        return ()
    if outputs.min() < 0:
        return ("tanh",) if np.abs(outputs).max() <= 1 and np.abs(outputs).max() > 0.99 else ()  # noqa: PLR2004
    if outputs.ndim > 1 and np.allclose(outputs.sum(axis=-1), 1, atol=1e-3):
        return ("softmax",)
    if outputs.max() <= 1:
        return ("sigmoid",)
    return ("relu",) if (outputs == 0).any() else ()


def _nested(loss: Any) -> bool:
    return isinstance(loss, list | tuple | dict)


def _each(given: Any, names: list[str]) -> list[Any]:
    """What `compile` was given, output by output."""
    if isinstance(given, dict):
        return [given.get(name) for name in names]
    if isinstance(given, list | tuple):
        return list(given) if len(given) == len(names) else [*given, *[None] * len(names)][: len(names)]
    return [given] * len(names)


def _each_metric(model: keras.Model, names: list[str]) -> list[tuple[Any, ...]]:
    compiled = getattr(model, "_compile_metrics", None)
    given = getattr(compiled, "_user_metrics", None)
    if isinstance(given, list | tuple) and not any(isinstance(one, list | tuple) for one in given):
        return [tuple(given)] * len(names)
    return [_listed(one) for one in _each(given, names)]


def _listed(given: Any) -> tuple[Any, ...]:
    if given is None:
        return ()
    return tuple(given) if isinstance(given, list | tuple) else (given,)


def _metric_name(given: Any) -> str:
    return given if isinstance(given, str) else getattr(given, "__name__", type(given).__name__)


def _aligned(values: Any, count: int) -> list[Any]:
    """One array for each of `count` outputs; None where there is none."""
    if values is None:
        return [None] * count
    arrays = arrays_of(values)
    return arrays if len(arrays) == count else [*arrays, *[None] * count][:count]
