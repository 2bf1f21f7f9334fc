"""A training as it went: what a recorder writes down and every rule reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


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
        kept_epoch: the epoch, from 0, whose weights the model was given back (by `EarlyStopping`, from a
            checkpoint); None where it has those of the last.
    """

    epochs: list[Mapping[str, float]] = field(default_factory=list)
    learning_rates: list[float] = field(default_factory=list)
    epoch_steps: list[int] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    finished: bool = False
    kept_epoch: int | None = None

    def curve(self, name: str) -> NDArray[np.float64]:
        """(epochs,) of a log, NaN where an epoch has none."""
        return np.array([float(logs.get(name, np.nan)) for logs in self.epochs], np.float64)

    @property
    def steps(self) -> int:
        """Batches that the optimizer has seen."""
        return sum(self.epoch_steps)

    def to_dict(self) -> dict[str, Any]:
        """The same as Python's JSON can hold it, NaN and infinities included."""
        values = asdict(self)
        for observation in values["observations"]:
            targets = observation["targets"]
            observation["targets"] = None if targets is None else targets.tolist()
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Record:
        """What `to_dict` gave."""
        seen: dict[str, Any] = {"observations": [_observation(one) for one in values["observations"]]}
        return cls(**(dict(values) | seen))


def _observation(values: Mapping[str, Any]) -> Observation:
    targets = values["targets"]
    restored: dict[str, Any] = {
        "layers": tuple(LayerState(**layer) for layer in values["layers"]),
        "targets": None if targets is None else np.asarray(targets),
    }
    return Observation(**(dict(values) | restored))
