"""Are layers used as they are meant: in their place, over their axis, on what they take?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.building import outputs_of
from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.heads import LossKind
from soundcheck.debugging.layers import (
    activation_of,
    has_own_step,
    inputs_seen,
    leaf_layers,
    numbers_of,
    weighted,
)
from soundcheck.debugging.samples import arrays_of
from soundcheck.debugging.standards import skill_of_counts

if TYPE_CHECKING:
    import keras

_FEWEST_IDS = 30
"""Fewer are grades or counts as well as names."""

_CLEARLY_IDS = 0.3
_FORWARD_SHARE = 0.1
"""Share of the time allowed that a pass over the sample may take, as when the case was built."""


def after_the_output(case: Case) -> Iterator[Finding]:
    """Layers after the last one with weights: dropout deletes answers, normalisation undoes probabilities."""
    chain = chain_of(case.model)
    if case.record is not None or chain is None:
        return
    last = max((place for place, layer in enumerate(chain) if weighted(layer)), default=len(chain))
    for place, layer in enumerate(chain[last + 1 :], start=last + 1):
        why = _misplaced(layer, [activation_of(one) for one in chain[last:place]])
        if why is not None:
            message, remedy = why
            where = Where("layer", layer.name)
            yield Finding(
                "after_the_output", Severity.WARNING, Cause.LAYER_MISUSE, where, (), message, remedy
            )


def softmax_axis(case: Case) -> Iterator[Finding]:
    """A softmax over another axis than the last: outputs sum to one over rows or steps, not the classes."""
    for head in case.heads:
        categorical = head.loss.kind in (LossKind.CATEGORICAL, LossKind.SPARSE_CATEGORICAL)
        if case.record is not None or head.outputs is None or not categorical or head.loss.from_logits:
            continue
        axis = _axis_of_one(head.outputs)
        if axis is None:
            continue
        yield Finding(
            "softmax_axis",
            Severity.ERROR,
            Cause.LAYER_MISUSE,
            Where("layer", head.layer),
            (Evidence("axis over which the outputs sum to 1", axis, head.outputs.ndim - 1),),
            f"The outputs sum to 1 over axis {axis}, "
            f"{'the rows of a batch' if axis == 0 else 'which is not the classes'}; "
            f"{head.loss.name} takes the last axis for the classes.",
            "Apply the softmax over the last axis (axis=-1).",
        )


def embedding_ids(case: Case) -> Iterator[Finding]:
    """An embedding is a table: ids from 0 to input_dim - 1. On a GPU others give zeros, on a CPU an error."""
    if case.record is not None:
        return
    for layer, ids in _embedded(case):
        finite = ids[np.isfinite(ids)]
        if not finite.size:
            continue
        lowest, highest = float(finite.min()), float(finite.max())
        if (finite != np.round(finite)).mean() > 0.5:  # noqa: PLR2004
            yield _embedding(
                layer,
                highest,
                f"takes whole numbers, and is given fractions from {lowest:.3g} to {highest:.3g}",
                f"Give it whole ids from 0 to {layer.input_dim - 1}.",
            )
        elif lowest < 0 or highest >= layer.input_dim:
            yield _embedding(
                layer,
                highest,
                f"has {layer.input_dim} rows, and the ids go from {lowest:g} to {highest:g}",
                f"Set input_dim={int(highest) + 1} (the largest id + 1)."
                if lowest >= 0
                else f"Give ids from 0, and set input_dim to the largest of them + 1: "
                f"{int(highest - lowest) + 1}, if {int(-lowest)} is added to each.",
            )


def ids_as_amounts(case: Case) -> Iterator[Finding]:
    """Numbers of words, users or goods given to a layer that multiplies them: word 40 is not twice word 20.

    Told where the whole numbers themselves say little to an ordinary learner and to the network, and how
    often each of them occurs in a row says much more.
    """
    arrays = arrays_of(case.sample.x)
    if case.outcome is None or case.standard is None or len(arrays) != 1 or _embeds(case.model):
        return
    ids = arrays[0]
    if ids.ndim != 2 or ids.dtype.kind not in "fiu" or len(np.unique(ids)) < _FEWEST_IDS:  # noqa: PLR2004
        return
    told = case.outcome.training if case.outcome.validation is None else case.outcome.validation
    as_amounts, as_ids = max(told, case.standard.skill), skill_of_counts(case)
    if as_ids is None or as_ids - as_amounts < _CLEARLY_IDS:
        return
    yield Finding(
        "ids_as_amounts",
        Severity.WARNING,
        Cause.LAYER_MISUSE,
        Where("layer", leaf_layers(case.model)[0].name),
        (Evidence("skill of learners that count each number", as_ids, as_amounts + _CLEARLY_IDS),),
        f"x holds {len(np.unique(ids))} whole numbers that are names, not amounts (skill of an ordinary "
        f"learner that counts them {as_ids:.2f}, of one that takes them for amounts "
        f"{case.standard.skill:.2f}), and the first layer multiplies them.",
        f"Put keras.layers.Embedding({int(ids.max()) + 1}, 16) before it, then GlobalAveragePooling1D, a "
        "convolution or a recurrent layer; or give one column for each number, with how often it occurs.",
    )


def _embeds(model: keras.Model) -> bool:
    looked_up = {
        "Embedding",
        "TextVectorization",
        "StringLookup",
        "IntegerLookup",
        "CategoryEncoding",
        "Hashing",
    }
    return any(type(layer).__name__ in looked_up for layer in leaf_layers(model))


def _embedding(layer: Any, highest: float, message: str, remedy: str) -> Finding:
    return Finding(
        "embedding_ids",
        Severity.ERROR,
        Cause.LAYER_MISUSE,
        Where("layer", layer.name),
        (Evidence("largest id", highest, layer.input_dim - 1),),
        f"Embedding {layer.name!r} {message}.",
        remedy,
    )


def _embedded(case: Case) -> Iterator[tuple[Any, NDArray[Any]]]:
    """The embeddings, and what they read: an input; where inputs have no names, what is seen in a call."""
    arrays = _by_input(case)
    tables = [layer for layer in leaf_layers(case.model) if type(layer).__name__ == "Embedding"]
    if not arrays and tables and not has_own_step(case.model):
        yield from _looked_up(case, tables)
    for layer in tables:
        for node in layer._inbound_nodes:  # pyright: ignore[reportPrivateUsage]
            names = [tensor._keras_history.operation.name for tensor in node.input_tensors]
            yield from [(layer, arrays[name]) for name in names if name in arrays]


def _looked_up(case: Case, tables: Sequence[Any]) -> list[tuple[Any, NDArray[Any]]]:
    """What each embedding is given for the rows of the sample, which may be a part of x or not x at all.

    An id that no row of the table belongs to would end the call: one that fits is put in its place.
    """
    import keras

    read: dict[int, list[NDArray[Any]]] = {id(layer): [] for layer in tables}

    def note(layer: Any, given: Any) -> Any:
        ids = numbers_of(given)
        if ids is None or ids.dtype.kind not in "fiu":
            return given
        read[id(layer)].append(ids.reshape(-1))
        fitting = np.clip(np.nan_to_num(ids.astype(np.float64)), 0, layer.input_dim - 1)
        return keras.ops.convert_to_tensor(fitting.astype(ids.dtype))

    with inputs_seen(tables, note):
        outputs_of(case.model, case.sample, case.settings.max_seconds * _FORWARD_SHARE)
    return [(layer, np.concatenate(read[id(layer)])) for layer in tables if read[id(layer)]]


def _by_input(case: Case) -> dict[str, NDArray[Any]]:
    """The numbers that each input of the model is given; none where the model does not name its inputs."""
    import keras

    names = [tensor._keras_history.operation.name for tensor in getattr(case.model, "inputs", None) or []]
    given = case.sample.x
    named = given if isinstance(given, dict) else dict(zip(names, keras.tree.flatten(given), strict=False))
    numbers = {name: array for name, array in named.items() if name in names and array is not None}
    return {name: array for name, array in numbers.items() if array.dtype.kind in "fiu"}


def input_form(case: Case) -> Iterator[Finding]:
    """Where the model cannot be called: do the rows have the shape that it was built for?

    A `train_step` of the model's own may take batches apart before it calls the model: pairs of images, say.
    """
    called = not case.heads or any(head.outputs is not None for head in case.heads)
    if case.record is not None or called or has_own_step(case.model):
        return
    arrays = _by_input(case)
    for tensor in getattr(case.model, "inputs", None) or []:
        name = tensor._keras_history.operation.name
        wanted = tuple(tensor.shape[1:])
        if name in arrays and not _takes(wanted, arrays[name].shape[1:]):
            yield _other_form(name, wanted, arrays[name].shape[1:])


def _takes(wanted: tuple[int | None, ...], given: tuple[int, ...]) -> bool:
    return len(wanted) == len(given) and all(
        one in (None, other) for one, other in zip(wanted, given, strict=True)
    )


def _other_form(name: str, wanted: tuple[int | None, ...], given: tuple[int, ...]) -> Finding:
    """The same numbers in another form are a matter of the data; other numbers, of the layer."""
    known = [one for one in wanted if one is not None]
    same = len(wanted) != len(given) or (len(known) == len(wanted) and sorted(known) == sorted(given))
    return Finding(
        "input_form",
        Severity.ERROR,
        Cause.WRONG_AXIS if same else Cause.LAYER_MISUSE,
        Where("data", "x") if same else Where("layer", name),
        (Evidence("axes of a row", len(given), len(wanted)),),
        f"The model takes rows of the shape {wanted}, and is given rows of the shape {given}.",
        f"Reshape or transpose x to (rows, {', '.join(str(one) for one in wanted)})."
        if same
        else f"Set input_shape={given}, or give the columns that the model was made for.",
    )


def chain_of(model: keras.Model) -> list[keras.Layer] | None:
    """The layers in order where each reads the one before alone; else None."""
    leaves = leaf_layers(model)
    for layer in leaves:
        nodes = layer._inbound_nodes  # pyright: ignore[reportPrivateUsage]
        if not nodes or any(len(node.input_tensors) != 1 for node in nodes):
            return None
    operations = [one for one in getattr(model, "operations", leaves) if type(one).__name__ != "InputLayer"]
    sequential = type(model).__name__ == "Sequential" or _each_follows(operations)
    return leaves if sequential else None


def _each_follows(operations: Sequence[Any]) -> bool:
    """Whether every operation reads the result of the one before it in the list."""
    for before, after in pairwise(operations):
        sources = [tensor._keras_history.operation for tensor in after._inbound_nodes[-1].input_tensors]
        if sources != [before]:
            return False
    return bool(operations)


def _misplaced(layer: keras.Layer, before: Sequence[str]) -> tuple[str, str] | None:
    """Why a layer after the last one with weights is wrong there, and what to do."""
    kind = type(layer).__name__
    if kind in ("Dropout", "GaussianDropout", "AlphaDropout") and layer.rate > 0:
        return (
            (
                f"{kind} {layer.name!r} comes after the last layer with weights: it deletes {layer.rate:.0%} "
                "of the answers themselves, which no training can make up for."
            ),
            "Remove it, or put it before the last layer with weights.",
        )
    if kind in ("BatchNormalization", "LayerNormalization") and {"softmax", "sigmoid"} & set(before):
        return (
            f"{kind} {layer.name!r} comes after the {before[-1]}: its outputs are no probabilities any more.",
            "Remove it, or put it before the last layer with weights.",
        )
    return None


def _axis_of_one(outputs: NDArray[np.float64]) -> int | None:
    """Another axis than the last over which non-negative outputs sum to one; None where there is none."""
    usual = outputs.ndim < 2 or outputs.shape[-1] < 2  # noqa: PLR2004
    if usual or not np.isfinite(outputs).all() or (outputs < 0).any():
        return None
    if np.allclose(outputs.sum(axis=-1), 1, atol=1e-3):
        return None
    if _one_in_each_batch(outputs):
        return 0
    sums = [bool(np.allclose(outputs.sum(axis=axis), 1, atol=1e-3)) for axis in range(1, outputs.ndim - 1)]
    return sums.index(True) + 1 if True in sums else None


def _one_in_each_batch(outputs: NDArray[np.float64]) -> bool:
    """Whether the columns sum to the number of batches that the sample was passed in."""
    sums = outputs.sum(axis=0)
    batches = round(float(sums.flat[0]))
    few = 1 <= batches <= max(len(outputs) // 16, 1)
    return few and bool(np.allclose(sums, batches, atol=1e-2))


RULES: tuple[Rule, ...] = (after_the_output, softmax_axis, embedding_ids, ids_as_amounts, input_form)
