"""One training, watched: which batches are looked at, and what is kept of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.heads import LabelKind, labels_of
from soundcheck.debugging.observations import (
    Weights,
    learning_rate_of,
    observe,
    values_of,
    weights_of,
    with_updates,
)
from soundcheck.debugging.record import Observation, Record
from soundcheck.debugging.samples import Sample, arrays_of, copied, from_batches, row_digests
from soundcheck.debugging.stepping import WatchedSteps, is_observed

_MAX_BATCHES = 64
_LATEST_BATCHES = 8
_MOST_NEW_ROWS = 0.1

LOOP_EPOCHS = 10
"""Into so many equal parts a loop of `train_on_batch` is divided."""

_OUR_PROBLEM = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a model may raise that can be trained but not be called as we call it. TensorFlow's errors follow."""


class WatchedTraining:
    """One training: looks at batches and keeps the record; an `Onlooker`.

    Attributes:
        model: that is trained.
        batch_rows: rows of the first batch; None before it.
        untrained: whether the optimizer had made no step before.
        initial_weights: values of the model's weights before the first step that was observed.
    """

    def __init__(self, model: Any, record: Record, wanted_rows: int) -> None:
        self.model = model
        self.batch_rows: int | None = None
        self.untrained = not _steps_of(model.optimizer)
        self._optimizer = model.optimizer
        self._record = record
        self._wanted_rows = wanted_rows
        self._stride = 1
        self._epoch_batches: int | None = None
        self._kept: list[Any] = []
        self.initial_weights: list[NDArray[Any]] | None = None
        self._watched: WatchedSteps | None = None
        self._observation: Observation | None = None
        self._before: Weights = {}
        self._can_observe = True
        self._loop_losses: list[float] = []
        self._latest: deque[Any] = deque(maxlen=_LATEST_BATCHES)

    def goes_on_with(self, model: Any) -> bool:
        """Whether a further `fit` belongs to this training."""
        return model is self.model and model.optimizer is self._optimizer

    def watch(self, epoch_batches: int | None) -> None:
        """Takes the place of the model's training function."""
        self._epoch_batches = epoch_batches
        self._watched = WatchedSteps(
            self.model.train_function, self.model.steps_per_execution, self, self._record.steps
        )
        self.model.train_function = self._watched

    def wants(self, steps: range) -> bool:
        """Batches to observe, and in the first epoch batches to keep, spread over it."""
        observes = self._can_observe and any(is_observed(step) for step in steps)
        keeps = not self._record.epochs and self._wanted_rows > 0 and steps.start % self._stride == 0
        return observes or keeps

    def before(self, batches: Sequence[Any], step: int) -> None:
        """Keeps their rows for the sample, and observes the first where a step is due."""
        for batch in batches:
            if not self._record.epochs and self._wanted_rows > 0:
                self._keep(batch)
        self._observation = None
        if self._can_observe and any(is_observed(one) for one in range(step, step + len(batches))):
            self._observe(batches[0], step)

    def after(self, steps: int) -> None:
        """Completes the observation with what the optimizer changed."""
        if self._observation is None:
            return
        after = weights_of(self.model)
        self._record.observations.append(with_updates(self._observation, self._before, after, steps))

    def broken_off(self) -> None:
        """Gives the model its training function back, as nobody will do it at the end."""
        unwatch(self.model)

    def end_epoch(self, logs: Mapping[str, Any]) -> None:
        """Notes an epoch."""
        assert self._watched is not None  # noqa: S101 (`watch` made it)
        steps = self._watched.step - self._record.steps
        self._record.epoch_steps.append(min(steps, self._epoch_batches or steps))
        self._record.epochs.append(
            {name: float(value) for name, value in logs.items() if np.ndim(value) == 0}
        )
        self._record.learning_rates.append(learning_rate_of(self.model))

    def one_step(self, batch: Any, run: Callable[[], Any]) -> None:
        """Around a step that is none of `fit`."""
        step = len(self._loop_losses)
        looks = self.wants(range(step, step + 1))
        kept = copied(batch)  # a script may shuffle in place what its batches are slices of
        self._latest.append(kept)
        if looks:
            self.before([kept], step)
        told = run()
        loss = told.get("loss", np.nan) if isinstance(told, dict) else told
        self._loop_losses.append(float(np.ravel(loss)[0]))
        if looks:
            self.after(1)

    def end_loop(self) -> None:
        """Divides the steps that were none of `fit` into epochs: a loop does not say where one ends."""
        self._record.epochs.clear()
        self._record.epoch_steps.clear()
        self._record.finished = True
        parts = min(LOOP_EPOCHS, len(self._loop_losses))
        for part in np.array_split(self._loop_losses, parts) if parts else ():
            self._record.epochs.append({"loss": float(np.mean(part))})
            self._record.epoch_steps.append(len(part))

    def goes_over_its_rows_again(self) -> bool:
        """Whether a loop's latest rows are those that it began with, and amounts among the targets the same.

        Where they are others (fakes of a generator, targets of reinforcement learning), the first rows say
        nothing of what the network is asked for in the end.
        """
        first, latest = (from_batches(part, 2**31) for part in (self._kept, self._latest))
        if first is None or latest is None:
            return False
        known = dict(zip(row_digests(first.x).tolist(), range(first.rows), strict=True))
        places = np.array([known.get(one, -1) for one in row_digests(latest.x).tolist()])
        if (places < 0).mean() > _MOST_NEW_ROWS:
            return False
        targets = zip(arrays_of(first.y), arrays_of(latest.y), strict=True)
        return all(
            labels_of(before)[0] is not LabelKind.REAL
            or np.array_equal(before[places[places >= 0]], after[places >= 0])
            for before, after in targets
        )

    def sample(self) -> Sample | None:
        """The rows that were kept; None where there are none."""
        if not self._kept:
            return None
        first_epoch = (self._record.epoch_steps or [0])[0]
        total = max(first_epoch, len(self._kept)) * (self.batch_rows or 0)
        kept = from_batches(self._kept, 2**31, total)
        return None if kept is None else replace(kept, total_rows=max(total, kept.rows))

    def _keep(self, batch: Any) -> None:
        rows = int(arrays_of(batch)[0].shape[0])
        self.batch_rows = self.batch_rows or rows
        self._kept.append(batch)
        self._wanted_rows = 0 if len(self._kept) == _MAX_BATCHES else max(self._wanted_rows - rows, 0)
        if len(self._kept) == 1 and self._epoch_batches:
            wanted = min(self._wanted_rows // rows + 1, _MAX_BATCHES)
            self._stride = max(self._epoch_batches // wanted, 1)

    def _observe(self, batch: Any, step: int) -> None:
        x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
        self._observation = observed(self.model, (x, y, weights), self._record, step=step)
        self._can_observe = self._observation is not None
        if self._observation is None:
            return
        self._before = weights_of(self.model)
        if self.initial_weights is None:
            self.initial_weights = values_of(self.model.weights)


def observed(
    model: Any,
    batch: tuple[Any, Any, Any],
    record: Record,
    *,
    step: int | None = None,
    inference: bool = False,
) -> Observation | None:
    """None where the model cannot be called as we do; where that is a fault, `fit` raises it by itself."""
    import tensorflow as tf

    x, y, weights = batch
    step = record.steps if step is None else step
    try:
        return observe(model, x, y, weights, step=step, epoch=len(record.epochs), inference=inference)
    except (*_OUR_PROBLEM, tf.errors.OpError):
        return None


def _steps_of(optimizer: Any) -> int:
    """How many steps an optimizer has made; 0 where it does not say (within a distribution strategy)."""
    try:
        return int(getattr(optimizer, "iterations", 0))
    except TypeError:
        return 0


def unwatch(model: Any) -> None:
    """Gives a model its training function back, also one that an interrupted `fit` left watched."""
    while isinstance(model.train_function, WatchedSteps):
        model.train_function = model.train_function.original
