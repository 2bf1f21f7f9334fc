"""Are two trainings the same, and if not: where did they part?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from soundcheck.config import DebuggingConfig
from soundcheck.debugging.record import Observation, Record
from soundcheck.errors import SoundcheckError


class _Quantity(NamedTuple):
    """Something that two trainings may differ by, and what it means where nothing before it differs."""

    name: str
    of_layers: tuple[str, ...]
    of_step: tuple[str, ...]
    meaning: str


_QUANTITIES = (
    _Quantity(
        "weights",
        ("weight_norm",),
        (),
        "They started alike and went apart since: rows in another order, a random layer without a seed, or "
        "operations that are not deterministic (tf.config.experimental.enable_op_determinism).",
    ),
    _Quantity("learning rate", (), ("learning_rate",), "Their optimizers or schedules are set differently."),
    _Quantity(
        "targets",
        (),
        ("targets",),
        "They see other rows, or the same in another order: seed what shuffles them.",
    ),
    _Quantity(
        "outputs",
        ("output_mean", "output_std", "output_max"),
        (),
        "With weights of the same size and the same targets: the inputs differ (augmentation without a seed, "
        "another scaling), or an initializer that fixes the size of the weights had another seed.",
    ),
    _Quantity(
        "loss",
        (),
        ("loss", "penalty"),
        "With the same outputs: another loss, other weights of rows or classes, or another penalty.",
    ),
    _Quantity(
        "gradients",
        ("gradient_norm",),
        (),
        "With the same loss: another penalty, or operations that are not deterministic.",
    ),
    _Quantity(
        "updates",
        ("update_norm",),
        (),
        "With the same gradients: another optimizer, or one with another state.",
    ),
)
"""Causes before effects."""

_OTHER_START = (
    "They start from different weights: call keras.utils.set_random_seed before each model is made."
)


@dataclass(frozen=True)
class Difference:
    """The first thing by which two trainings differ.

    Attributes:
        step: batches that the optimizers had seen before.
        quantity: one of layers, weights, learning rate, targets, outputs, loss, gradients, updates.
        layer: name of the layer in the first training; None where it concerns no single one.
        values: in the first training, and in the second; None for whole arrays and lists of layers.
        sentence: the same in plain words, and what it usually means.
    """

    step: int
    quantity: str
    layer: str | None
    values: tuple[float, float] | None
    sentence: str


def first_difference(
    one: Record,
    other: Record,
    settings: DebuggingConfig = DebuggingConfig(),  # noqa: B008 - frozen
) -> Difference | None:
    """Where two trainings part, by the steps that were sampled of both; None if they do not.

    Of the same script with the same seeds they should not, and of repetitions with different seeds they
    should at once. Layers are compared in order, not by name: Keras numbers names within a process. NaN is
    the same as NaN.

    Args:
        one: of the first training, from `TrainingMonitor.record`.
        other: of the second.
        settings: `max_run_difference` is how far two numbers may differ.

    Raises:
        SoundcheckError: where no step was sampled of both.
    """
    steps = {observation.step: observation for observation in other.observations}
    shared = [(seen, steps[seen.step]) for seen in one.observations if seen.step in steps]
    if not shared:
        raise SoundcheckError(
            f"no step was recorded of both trainings ({len(one.observations)} of one, "
            f"{len(other.observations)} of the other): record both with TrainingMonitor"
        )
    differences = (_difference(*pair, settings.max_run_difference) for pair in shared)
    return next((found for found in differences if found is not None), None)


def _difference(one: Observation, other: Observation, tolerance: float) -> Difference | None:
    """By which two observations of the same step differ first."""
    step = one.step
    if [layer.kind for layer in one.layers] != [layer.kind for layer in other.layers]:
        return Difference(step, "layers", None, None, "They are not the same model: their layers differ.")
    for quantity in _QUANTITIES:
        for layer, first, second in _values(quantity, one, other):
            if not _same(first, second, tolerance):
                unlike_start = quantity.name == "weights" and step == 0
                meaning = _OTHER_START if unlike_start else quantity.meaning
                return _told(step, quantity.name, layer, first, second, meaning)
    return None


def _values(
    quantity: _Quantity, one: Observation, other: Observation
) -> Iterator[tuple[str | None, Any, Any]]:
    """Layer, value in one and in the other."""
    for attribute in quantity.of_step:
        yield None, getattr(one, attribute), getattr(other, attribute)
    for first, second in zip(one.layers, other.layers, strict=True):
        for attribute in quantity.of_layers:
            yield first.name, getattr(first, attribute), getattr(second, attribute)


def _same(one: Any, other: Any, tolerance: float) -> bool:
    """Of numbers up to the tolerance; of targets (rows, ...) exactly."""
    if isinstance(one, float) and isinstance(other, float):
        return bool(np.isclose(one, other, rtol=tolerance, atol=0, equal_nan=True))
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


def _told(step: int, quantity: str, layer: str | None, first: Any, second: Any, meaning: str) -> Difference:
    values = (first, second) if isinstance(first, float) and isinstance(second, float) else None
    what = quantity if layer is None else f"{quantity} of layer {layer!r}"
    numbers = "" if values is None else f" ({values[0]:.6g} against {values[1]:.6g})"
    sentence = f"The trainings part at step {step}, by the {what}{numbers}. {meaning}"
    return Difference(step, quantity, layer, values, sentence)
