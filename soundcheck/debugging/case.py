"""A case: all that is known of one training, which every rule takes and none changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.config import DebuggingConfig
from soundcheck.debugging.findings import Finding
from soundcheck.debugging.heads import Head
from soundcheck.debugging.samples import Sample

if TYPE_CHECKING:
    import keras

    from soundcheck.debugging.outcome import Outcome
    from soundcheck.debugging.standards import Standard


@dataclass(frozen=True)
class LayerState:
    """What one layer does with one batch; NaN where it does not apply.

    Attributes:
        name: of the layer.
        kind: its class.
        activation: see `layers.activation_of`.
        trainable: whether it has weights that the optimizer is given.
        output_mean: mean of its outputs.
        output_std: their standard deviation.
        output_max: their largest magnitude; infinite or NaN where one of them is.
        zero_units: share of its units (last axis) that are exactly zero in every row.
        saturated: share of its outputs whose activation passes on less than 1 % of the gradient: sigmoid
            outside 0.01 to 0.99, tanh beyond 0.995.
        weight_norm: Euclidean norm of its trainable weights.
        gradient_norm: of the gradient of the loss to them; NaN where no path leads there.
        update_norm: of the change that the next step of the optimizer made; NaN where none followed.
        connected: whether the loss depends on its weights at all.
    """

    name: str
    kind: str
    activation: str
    trainable: bool
    output_mean: float
    output_std: float
    output_max: float
    zero_units: float
    saturated: float
    weight_norm: float
    gradient_norm: float
    update_norm: float
    connected: bool


@dataclass(frozen=True)
class Observation:
    """One batch seen with the weights of one step, before the optimizer changed them.

    Attributes:
        step: batches that the optimizer had seen before, over all epochs.
        epoch: the epoch, from 0.
        loss: of the batch in training mode, penalties included.
        inference_loss: of the same batch in inference mode, penalties included.
        penalty: sum of the model's own losses (L1, L2, `add_loss`).
        learning_rate: of the optimizer.
        layers: those with outputs, in order of the call.
        targets: the batch's first targets (rows, ...), for the order of labels; None where there are none.
    """

    step: int
    epoch: int
    loss: float
    inference_loss: float
    penalty: float
    learning_rate: float
    layers: tuple[LayerState, ...]
    targets: NDArray[Any] | None = field(repr=False)


@dataclass
class Record:
    """A training as it went; grows while it goes.

    Attributes:
        epochs: the logs of each epoch, `val_…` among them.
        learning_rates: of each epoch, at its end.
        epoch_steps: batches of each epoch.
        observations: of the sampled steps, in order.
        finished: whether `fit` came to its end.
    """

    epochs: list[Mapping[str, float]] = field(default_factory=list)
    learning_rates: list[float] = field(default_factory=list)
    epoch_steps: list[int] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    finished: bool = False

    def curve(self, name: str) -> NDArray[np.float64]:
        """(epochs,) of a log, NaN where an epoch has none."""
        return np.array([float(logs.get(name, np.nan)) for logs in self.epochs], np.float64)

    @property
    def steps(self) -> int:
        """Batches that the optimizer has seen."""
        return sum(self.epoch_steps)


@dataclass(frozen=True)
class FitSettings:
    """What `fit` was told; the defaults are Keras's. Of the data it holds no more than is said here."""

    batch_size: int | None = None
    epochs: int = 1
    shuffle: bool = True
    class_weight: Mapping[int, float] | None = None
    validation_split: float = 0.0


@dataclass(frozen=True)
class Case:
    """All that is known of one training.

    Attributes:
        model: compiled; before the training as it starts, after it as it ended.
        sample: rows of the training data.
        validation: rows of the validation data; None where there are none.
        heads: one for each output, with what the untrained model gave for the sample.
        initial: the first batch seen before any training; None where the model could not be called.
        settings: thresholds.
        fit: what `fit` was told.
        record: the training; None before it.
    """

    model: keras.Model
    sample: Sample
    validation: Sample | None
    heads: tuple[Head, ...]
    initial: Observation | None
    settings: DebuggingConfig
    fit: FitSettings = FitSettings()
    record: Record | None = None

    @cached_property
    def standard(self) -> Standard | None:
        """What ordinary learners reach on the same rows; None where they cannot take them."""
        from soundcheck.debugging.standards import standard_of

        return standard_of(self)

    @cached_property
    def outcome(self) -> Outcome | None:
        """How well the trained model does; None before the training, and where it cannot be told."""
        from soundcheck.debugging.outcome import outcome_of

        return None if self.record is None else outcome_of(self)


Rule = Callable[[Case], Iterable[Finding]]
"""Looks at a case and yields what it finds, one finding for each place at most; its name is the rule's."""
