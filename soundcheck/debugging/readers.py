"""Which layer is the first to weigh each input of a model, and what the input goes through before."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.building import outputs_of
from soundcheck.debugging.layers import RECTIFYING, inputs_seen, leaf_layers, numbers_of, weighted
from soundcheck.debugging.samples import arrays_of

if TYPE_CHECKING:
    import keras

    from soundcheck.debugging.case import Case

_SAME_FORM = ("Dropout", "SpatialDropout", "Gaussian", "Masking", "ZeroPadding", "Cropping", "Random")
_OTHER_FORM = (
    "InputLayer",
    "Reshape",
    "Flatten",
    "Permute",
    "RepeatVector",
    "Concatenate",
    "Resizing",
    "CenterCrop",
)
_POOLING = "Pooling"
_FEW_ROWS = 32
_HEARD_SHARE = 0.1
"""A layer that puts out a tenth of what its weights make of the raw inputs is given something else."""


@dataclass(frozen=True)
class Reader:
    """The first layer with weights that an input reaches with its values as they are.

    Attributes:
        name: of the input; "x" where it has none.
        array: (rows, ...) of the sample.
        layer: the one that reads it.
        kind: its class, of what is inside where it is a wrapper.
        same_form: whether the input comes to it in its own shape.
    """

    name: str
    array: NDArray[Any] = field(repr=False)
    layer: keras.Layer
    kind: str
    same_form: bool


def readers_of(case: Case) -> list[Reader]:
    """A reader for each input of numbers that is neither normalised nor embedded nor computed with."""
    inputs = getattr(case.model, "inputs", None)
    if not inputs:
        return _reader_of_own_call(case)
    arrays = _by_input(case.sample.x, inputs)
    operations = {id(one) for one in _operations(case.model)}
    readers: list[Reader] = []
    for tensor, array in zip(inputs, arrays, strict=False):
        found = _first_weighted(tensor._keras_history.operation, operations, same_form=True)
        if found is not None and array.dtype.kind in "fiub":
            layer, same_form = found
            name = tensor._keras_history.operation.name if len(inputs) > 1 else "x"
            readers.append(Reader(name, array, layer, kind_of(layer), same_form))
    return readers


def kind_of(layer: keras.Layer) -> str:
    """The class of a layer; of the one inside where it is a wrapper (`Bidirectional`, `TimeDistributed`)."""
    inside = getattr(layer, "forward_layer", None) or getattr(layer, "layer", None)
    return type(layer if inside is None else inside).__name__


def given_to(case: Case, layers: Iterable[keras.Layer]) -> list[tuple[Any, NDArray[Any]]]:
    """The layers in the order of their first calls with a few rows, and the numbers they are given there."""
    read: dict[int, tuple[Any, NDArray[Any]]] = {}

    def note(layer: Any, given: Any) -> Any:
        values = numbers_of(given)
        if values is not None:
            read.setdefault(id(layer), (layer, values))
        return given

    with inputs_seen(list(layers), note):
        outputs_of(case.model, case.sample.spread(_FEW_ROWS), case.settings.max_seconds)
    return list(read.values())


def _by_input(x: Any, inputs: list[Any]) -> list[NDArray[Any]]:
    names = [tensor._keras_history.operation.name for tensor in inputs]
    if isinstance(x, Mapping) and set(names) <= set(x):
        return [x[name] for name in names if x[name] is not None]
    return arrays_of(x)


def _operations(model: Any) -> list[Any]:
    functional = getattr(model, "_functional", None) or model
    return list(getattr(functional, "operations", ()))


def _first_weighted(operation: Any, members: set[int], *, same_form: bool) -> tuple[Any, bool] | None:
    """The first layer with weights after an operation, unless something else computes before."""
    for node in operation._outbound_nodes:
        following = node.operation
        if id(following) not in members:
            continue
        found, passes, form = _seen(following)
        if found is not None:
            return found, same_form and form
        if passes and (further := _first_weighted(following, members, same_form=same_form and form)):
            return further
    return None


def _seen(operation: Any) -> tuple[Any, bool, bool]:
    """What weighs the input of an operation; else whether the values come out as they are; and their form."""
    name = type(operation).__name__
    if hasattr(operation, "layers"):
        return _first_in(leaf_layers(operation))
    if name.startswith(_SAME_FORM):
        return None, True, True
    if name.startswith(_OTHER_FORM) or _POOLING in name:
        return None, True, False
    is_reader = hasattr(operation, "weights") and not _normalises(operation) and weighted(operation)
    return (operation if is_reader else None), False, True


def _normalises(layer: Any) -> bool:
    return "Normalization" in type(layer).__name__ or type(layer).__name__ in {"Embedding", "Rescaling"}


def _first_in(layers: list[Any]) -> tuple[Any, bool, bool]:
    """The same of layers one after the other: of the first that does not hand the values on."""
    same_form = True
    for layer in layers:
        found, passes, form = _seen(layer)
        same_form = same_form and form
        if not passes:
            return found, False, same_form
    return None, True, same_form


def _reader_of_own_call(case: Case) -> list[Reader]:
    """Of a model with its own call: the first layer, if it puts out what its weights make of the input."""
    arrays = arrays_of(case.sample.x)
    layer, _, same_form = _first_in(leaf_layers(case.model))
    if (
        len(arrays) != 1
        or layer is None
        or arrays[0].dtype.kind not in "fiub"
        or not _hears(case, layer, arrays[0])
    ):
        return []
    return [Reader("x", arrays[0], layer, kind_of(layer), same_form)]


def _hears(case: Case, layer: Any, array: NDArray[Any]) -> bool:
    states = () if case.initial is None else case.initial.layers
    state = next((state for state in states if state.name == layer.name), None)
    kernel = next((weight for weight in layer.weights if len(weight.shape) >= 2), None)  # noqa: PLR2004
    if state is None or kernel is None or state.activation not in {"linear", *RECTIFYING}:
        return False
    values = np.asarray(kernel)
    expected = _root_mean_square(array) * math.sqrt(math.prod(values.shape[:-1])) * float(values.std())
    return bool(state.output_std >= _HEARD_SHARE * expected)


def _root_mean_square(array: NDArray[Any]) -> float:
    return math.sqrt(float(np.nanmean(np.square(array, dtype=np.float64))))
