"""Does everything that was built take part, and may what should learn be changed?"""

from __future__ import annotations

import gc
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.layers import has_own_step, leaf_layers, weighted

if TYPE_CHECKING:
    import keras

_HALF = 0.5
_FEWEST_WEIGHTS = 50
"""So many draws tell a distribution's standard deviation to a tenth: 1 / sqrt(2 n)."""

_ALIKE = 0.15


def unused_input(case: Case) -> Iterator[Finding]:
    """An input of several from which no path leads to an output."""
    inputs = getattr(case.model, "inputs", None) or []
    if case.record is not None or len(inputs) < 2:  # noqa: PLR2004
        return
    outputs = [tensor._keras_history.operation for tensor in case.model.outputs]
    used = _ancestors(outputs)
    for tensor in inputs:
        operation = tensor._keras_history.operation
        if id(operation) in used:
            continue
        yield Finding(
            "unused_input",
            Severity.WARNING,
            Cause.LAYER_DISCONNECTED,
            Where("layer", operation.name),
            (Evidence("outputs that depend on it", 0, 1),),
            f"No path leads from the input {operation.name!r} to an output: the model never sees it.",
            f"Pass what comes of {operation.name!r} on, for instance with Concatenate().",
        )


def forgotten_branch(case: Case) -> Iterator[Finding]:
    """A layer with weights reads a tensor of the model, and nothing reads what it gives.

    So ends a line of a functional model that was passed the tensor before the last: `x = Dense(64)(x); y =
    Dense(1)(inputs)`. A layer that belongs to another model which is alive was dropped on purpose (transfer
    learning); so, most likely, was one that has been trained. One may also wait for a model that is made
    later: a training that ends well says so, and where no end can be judged (a `train_step` of the model's
    own, no targets) there is no more than a hint.
    """
    if case.record is not None or not hasattr(case.model, "operations"):
        return
    mine = {id(operation) for operation in case.model.operations}
    dangling = _weighted_beyond(case.model, mine)
    if not dangling:
        return
    elsewhere = _in_other_models(case.model)
    for layer in dangling:
        if id(layer) not in elsewhere and _freshly_drawn(layer):
            yield Finding(
                "forgotten_branch",
                Severity.WARNING if _will_be_judged(case) else Severity.INFO,
                Cause.LAYER_DISCONNECTED,
                Where("layer", layer.name),
                (Evidence("layers that read what it gives", 0, 1),),
                f"Layer {layer.name!r} was applied to a tensor of this model, and no output depends on it: "
                "what comes "
                "after was given an earlier tensor.",
                f"Pass the output of {layer.name!r} on to the next layer.",
            )
            return


def no_gradient_path(case: Case) -> Iterator[Finding]:
    """Trainable weights that the loss does not depend on stay as they were drawn.

    A part can be cut off on purpose (a target network, a quantiser's codes); where it is most of the weights,
    or the training went badly, it is a fault.
    """
    if case.initial is None or math.isnan(case.initial.loss):
        return
    trained = [layer for layer in case.initial.layers if layer.trainable]
    cut = [layer for layer in trained if not layer.connected]
    if not cut:
        return
    share = len(cut) / len(trained)
    if case.record is None:
        severity = Severity.WARNING if share >= _HALF else Severity.INFO
    elif _poor(case):
        severity = Severity.WARNING
    else:
        return
    yield Finding(
        "no_gradient_path",
        severity,
        Cause.LAYER_DISCONNECTED,
        Where("layer", cut[0].name),
        (Evidence("share of the trainable layers without a gradient", share, _HALF),),
        f"The loss does not depend on the weights of {', '.join(repr(layer.name) for layer in cut[:3])}"
        f"{'...' if len(cut) > 3 else ''}: no gradient reaches them, they never change.",  # noqa: PLR2004
        "Look for stop_gradient, argmax, rounding, a cast to whole numbers or NumPy between them and the "
        "output.",
    )


def layer_never_called(case: Case) -> Iterator[Finding]:
    """A layer that was made in a model's `__init__` and that its `call` never uses has no weights yet."""
    if case.initial is None or not any(head.outputs is not None for head in case.heads):
        return
    severity = Severity.INFO if case.record is None else Severity.WARNING
    if case.record is not None and not _poor(case):
        return
    for layer in leaf_layers(case.model):
        if layer.built or layer.weights or not (hasattr(layer, "units") or hasattr(layer, "filters")):
            continue
        yield Finding(
            "layer_never_called",
            severity,
            Cause.LAYER_DISCONNECTED,
            Where("layer", layer.name),
            (Evidence("weights", 0, 1),),
            f"Layer {layer.name!r} belongs to the model, but is never called.",
            "Use it in `call`, or remove it.",
        )
        return


def nothing_trainable(case: Case) -> Iterator[Finding]:
    """A model that has weights and none that the optimizer is given."""
    model = case.model
    frozen = [layer for layer in leaf_layers(model) if weighted(layer)]
    if case.record is not None or model.trainable_weights or not frozen:
        return
    yield Finding(
        "nothing_trainable",
        Severity.ERROR,
        Cause.LAYER_FROZEN,
        Where("model", model.name),
        (Evidence("trainable weights", 0, 1),),
        "No weight of the model is trainable: training changes nothing.",
        "Set trainable=True on the layers that should learn, and compile again.",
    )


def frozen_output(case: Case) -> Iterator[Finding]:
    """The last layer with weights is frozen as it was drawn: answers are a random mixture of what is learnt.

    A part that has a training of its own, as the discriminator in a GAN, is frozen in a model around it on
    purpose.
    """
    model = case.model
    layers = [
        layer for layer in leaf_layers(model) if weighted(layer) and layer not in _parts_of_compiled(model)
    ]
    if case.record is not None or not layers or not model.trainable_weights:
        return
    last = layers[-1]
    if (
        last.trainable_weights
        or last.name not in {head.layer for head in case.heads}
        or not _freshly_drawn(last)
    ):
        return
    yield Finding("frozen_output", Severity.WARNING, *_frozen(last))


def frozen_as_drawn(case: Case) -> Iterator[Finding]:
    """Frozen layers whose weights are still those of their initialiser: they have learnt nothing.

    Random features can do (extreme learning machines, reservoirs): said to hurt only where the training went
    badly.
    """
    if not _poor(case):
        return
    own = _parts_of_compiled(case.model)
    for layer in leaf_layers(case.model):
        tables = any(len(weight.shape) >= 2 for weight in layer.weights)  # noqa: PLR2004
        if tables and not layer.trainable_weights and layer not in own and _freshly_drawn(layer):
            yield Finding("frozen_as_drawn", Severity.WARNING, *_frozen(layer))
            return


def _frozen(layer: keras.Layer) -> tuple[Cause, Where, tuple[Evidence, ...], str, str]:
    kernel = _kernel(layer)
    spread = 0.0 if kernel is None else float(kernel.std())
    return (
        Cause.LAYER_FROZEN,
        Where("layer", layer.name),
        (Evidence("standard deviation of its weights, as drawn", spread),),
        (
            f"Layer {layer.name!r} is frozen (trainable=False), and its weights are the random ones of its "
            "initialiser."
        ),
        f"Set trainable=True on {layer.name!r} and compile again, or load trained weights into it.",
    )


def _freshly_drawn(layer: keras.Layer) -> bool:
    """Whether biases are exactly zero and the kernel is spread as the initialiser draws it.

    Trained or loaded weights have some bias that is not zero; without biases (embeddings) the spread alone
    tells.
    """
    kernel = _kernel(layer)
    if kernel is None or kernel.size < _FEWEST_WEIGHTS // 5:
        return False
    biases = [np.asarray(weight) for weight in layer.weights if _name_of(weight) == "bias"]
    if biases:
        return not any(bias.any() for bias in biases[:1]) or _unit_forget(layer, biases[0])
    return _spread_as_drawn(layer, kernel)


def _unit_forget(layer: keras.Layer, bias: NDArray[Any]) -> bool:
    """Whether the biases are those with which an LSTM starts: ones for the forget gate, else zeros."""
    units = int(getattr(layer, "units", 0) or 0)
    is_lstm = type(layer).__name__ == "LSTM" and bias.size == 4 * units
    return is_lstm and bool((bias[units : 2 * units] == 1).all()) and int(bias.sum()) == units


def _spread_as_drawn(layer: keras.Layer, kernel: NDArray[np.float64]) -> bool:
    """Whether a fresh draw of the layer's initialiser has the same spread and mean of none."""
    initialiser = getattr(layer, "embeddings_initializer", None) or getattr(layer, "kernel_initializer", None)
    if initialiser is None:
        return False
    again = type(initialiser).from_config({**initialiser.get_config(), "seed": 0})
    drawn = float(np.asarray(again(kernel.shape)).std())
    centred = abs(float(kernel.mean())) <= 3 * drawn / math.sqrt(kernel.size)
    flat = np.abs(kernel).max() <= 4 * drawn
    return drawn > 0 and centred and flat and abs(float(kernel.std()) / drawn - 1) < _ALIKE


def _kernel(layer: keras.Layer) -> NDArray[np.float64] | None:
    tables = [weight for weight in layer.weights if len(weight.shape) >= 2]  # noqa: PLR2004
    return np.asarray(tables[0], np.float64) if tables else None


def _name_of(weight: Any) -> str:
    return str(getattr(weight, "name", "")).split("/")[-1].split(":")[0]


def _parts_of_compiled(model: keras.Model) -> set[keras.Layer]:
    """The layers of models within this one that have a training of their own."""
    import keras

    parts = model._flatten_layers(include_self=False)  # pyright: ignore[reportPrivateUsage]
    nested = [part for part in parts if isinstance(part, keras.Model) and part.compiled]
    return {leaf for part in nested for leaf in leaf_layers(part)}


def _ancestors(operations: list[Any]) -> set[int]:
    """Identities of the operations that given ones depend on, themselves included."""
    seen: set[int] = set()
    waiting = list(operations)
    while waiting:
        operation = waiting.pop()
        if id(operation) in seen:
            continue
        seen.add(id(operation))
        for node in operation._inbound_nodes:
            waiting.extend(tensor._keras_history.operation for tensor in node.input_tensors)
    return seen


def _weighted_beyond(model: keras.Model, mine: set[int]) -> list[keras.Layer]:
    """Layers with weights that read, at first or second hand, a tensor of a model they are no part of."""
    import keras

    found: list[keras.Layer] = []
    waiting = [
        node.operation
        for operation in model.operations
        for node in operation._outbound_nodes
        if id(node.operation) not in mine
    ]
    seen: set[int] = set()
    while waiting:
        operation = waiting.pop(0)
        if id(operation) in seen:
            continue
        seen.add(id(operation))
        if isinstance(operation, keras.Layer) and weighted(operation):
            found.append(operation)
        waiting.extend(node.operation for node in operation._outbound_nodes if id(node.operation) not in mine)
    return found


def _in_other_models(model: keras.Model) -> set[int]:
    """Identities of all layers of the other models that are alive."""
    import keras

    others = [one for one in gc.get_objects() if issubclass(type(one), keras.Model) and one is not model]
    layers = [layer for one in others for layer in one._flatten_layers()]
    return {id(layer) for layer in layers}


def _will_be_judged(case: Case) -> bool:
    return not has_own_step(case.model) and any(head.targets is not None for head in case.heads)


def _poor(case: Case) -> bool:
    return case.record is not None and case.outcome is not None and case.outcome.poor


RULES: tuple[Rule, ...] = (
    unused_input,
    forgotten_branch,
    no_gradient_path,
    layer_never_called,
    nothing_trainable,
    frozen_output,
    frozen_as_drawn,
)
