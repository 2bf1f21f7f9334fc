"""One training, watched: which batches are looked at, and what is kept of them."""

from __future__ import annotations

import hashlib
import warnings
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
from soundcheck.debugging.samples import MOST_BATCHES, Sample, arrays_of, copied, joined, row_digests
from soundcheck.debugging.stepping import WatchedSteps, is_observed

_LATEST_BATCHES = 8
_MOST_NEW_ROWS = 0.1
_STANDARD_ERRORS = 3

LOOP_EPOCHS = 10
"""Into so many equal parts a loop of `train_on_batch` is divided."""


class _Keeper:
    """Batches that are spread over an epoch, until they are enough."""

    def __init__(self, wanted_rows: int, epoch_batches: int | None) -> None:
        self.batches: list[Any] = []
        self.batch_rows: int | None = None
        self._wanted_rows = wanted_rows
        self._epoch_batches = epoch_batches
        self._stride = 1

    def wants(self, step: int) -> bool:
        """Whether it wants the batch of this step."""
        return self._wanted_rows > 0 and step % self._stride == 0

    def keep(self, batch: Any) -> None:
        """Keeps a batch, unless there are enough or it has no rows: an own `train_step` may take anything."""
        shapes = [tuple(one.shape) for one in arrays_of(batch)]
        rows = int(shapes[0][0]) if shapes and all(shapes) else 0
        if not rows or self._wanted_rows <= 0:
            return
        self.batch_rows = self.batch_rows or rows
        self.batches.append(batch)
        self._wanted_rows = 0 if len(self.batches) == MOST_BATCHES else max(self._wanted_rows - rows, 0)
        if len(self.batches) == 1 and self._epoch_batches:
            wanted = min(self._wanted_rows // rows + 1, MOST_BATCHES)
            self._stride = max(self._epoch_batches // wanted, 1)

    def sample(self, epoch_batches: int) -> Sample | None:
        """The rows of an epoch of so many batches; None where none were kept."""
        kept = joined(self.batches) if self.batches else None
        total = max(epoch_batches, len(self.batches)) * (self.batch_rows or 0)
        return None if kept is None else replace(kept, total_rows=max(total, kept.rows))


class WatchedTraining:
    """One training: looks at batches and keeps the record; an `Onlooker`.

    Attributes:
        model: that is trained.
        untrained: whether the optimizer had made no step before.
        initial_weights: values of the model's weights before the first step that was observed.
    """

    def __init__(self, model: Any, record: Record, wanted_rows: int, wanted_rows_again: int) -> None:
        self.model = model
        self.untrained = not _steps_of(model.optimizer)
        self._optimizer = model.optimizer
        self._record = record
        self._wanted_rows, self._wanted_rows_again = wanted_rows, wanted_rows_again
        self._epoch_batches: int | None = None
        self._first = _Keeper(wanted_rows, None)
        self._again = _Keeper(0, None)
        self._keeper: _Keeper | None = self._first
        self.initial_weights: list[NDArray[Any]] | None = None
        self._weights: list[bytes] = []
        self._weights_of_fit: bytes | None = None
        self._watched: WatchedSteps | None = None
        self._observation: Observation | None = None
        self._before: Weights = {}
        self._can_observe = True
        self._loop_losses: list[float] = []
        self._latest: deque[Any] = deque(maxlen=_LATEST_BATCHES)

    @property
    def batch_rows(self) -> int | None:
        """Rows of the first batch that was kept; None where none was."""
        return self._first.batch_rows

    def goes_on_with(self, model: Any) -> bool:
        """Whether a further `fit` belongs to this training."""
        return model is self.model and model.optimizer is self._optimizer

    def watch(self, epoch_batches: int | None) -> None:
        """Takes the place of the model's training function."""
        self._epoch_batches = epoch_batches
        self._weights_of_fit = None
        if self._record.epochs:
            self._keeper = self._again = _Keeper(self._wanted_rows_again, epoch_batches)
        else:
            self._keeper = self._first = _Keeper(self._wanted_rows, epoch_batches)
        self._watched = WatchedSteps(
            self.model.train_function, self.model.steps_per_execution, self, self._record.steps
        )
        self.model.train_function = self._watched

    def begin_epoch(self) -> None:
        """The next batches are those of an epoch of this training."""
        assert self._watched is not None  # noqa: S101 (`watch` made it)
        self._watched.begin_epoch()

    def wants(self, steps: range) -> bool:
        """Batches to observe, and in the first epoch of a fit batches to keep, spread over it."""
        observes = self._can_observe and any(is_observed(step) for step in steps)
        keeps = self._keeper is not None and self._keeper.wants(steps.start - self._record.steps)
        return observes or keeps

    def before(self, batches: Sequence[Any], step: int) -> None:
        """Keeps their rows for the sample, and observes the first where a step is due."""
        self._observation = None
        try:
            if self._keeper is not None:
                for batch in batches:
                    self._keeper.keep(batch)
            if self._can_observe and any(is_observed(one) for one in range(step, step + len(batches))):
                self._observe(batches[0], step)
        except Exception as error:  # noqa: BLE001 - whatever an unusual model raises, it trains on
            self._can_observe, self._keeper = False, None
            warnings.warn(f"the training is not watched any more: {error!r}", RuntimeWarning, stacklevel=2)

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
        self._watched.end_epoch(self._record.steps)
        self._keeper = None
        self._weights.append(_digest(self.model))
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
        first, latest = (joined(part) if part else None for part in (self._first.batches, self._latest))
        return first is not None and latest is not None and _come_again(first, latest, 1.0)

    def fits_the_same_rows(self, first: Sample) -> bool:
        """Whether the latest `fit` was given the rows of the first, as far as a part of them tells."""
        latest = self._again.sample(0)
        if latest is None or first.total_rows is None:
            return True
        return _come_again(first, latest, first.rows / first.total_rows)

    def sample(self) -> Sample | None:
        """The rows that were kept; None where there are none."""
        return self._first.sample((self._record.epoch_steps or [0])[0])

    def end_fit(self) -> None:
        """The `fit` is over, and whatever its callbacks do with the weights is done."""
        self._weights_of_fit = _digest(self.model)

    def weights_are_gone(self) -> bool:
        """Whether the model has neither the weights of the latest `fit` nor those of an epoch.

        A script may set them back to the first ones, prune them, or train them on with a loop of its own.
        Where nobody told of the end of the `fit`, only the first ones tell.
        """
        now = _digest(self.model)
        if now == self._weights_of_fit or now in self._weights or not self._weights:
            return False
        return self._weights_of_fit is not None or now == _digest_of(self.initial_weights or ())

    def kept_epoch(self) -> int | None:
        """See `Record`."""
        now = _digest(self.model)
        if not self._weights or now == self._weights[-1] or now not in self._weights:
            return None
        return len(self._weights) - 1 - self._weights[::-1].index(now)

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
    x, y, weights = batch
    step = record.steps if step is None else step
    try:
        return observe(model, x, y, weights, step=step, epoch=len(record.epochs), inference=inference)
    except Exception:  # noqa: BLE001 - it is the user's code, and may raise anything
        return None


def _come_again(first: Sample, latest: Sample, share: float) -> bool:
    """Whether later rows are from those of which `first` is a share, and amounts among the targets the same.

    So large a share of them should be found, up to a tenth and three standard errors of the share.
    """
    known = dict(zip(row_digests(first.x).tolist(), range(first.rows), strict=True))
    places = np.array([known.get(one, -1) for one in row_digests(latest.x).tolist()])
    error = float(np.sqrt(share * (1 - share) / latest.rows))
    if (places >= 0).mean() < share * (1 - _MOST_NEW_ROWS) - _STANDARD_ERRORS * error:
        return False
    targets = zip(arrays_of(first.y), arrays_of(latest.y), strict=True)
    return all(
        labels_of(before)[0] is not LabelKind.REAL
        or np.array_equal(
            before[places[places >= 0]].astype(np.float32).reshape(-1),
            after[places >= 0].astype(np.float32).reshape(-1),
        )
        for before, after in targets
    )


def _digest(model: Any) -> bytes:
    return _digest_of(values_of(model.weights))


def _digest_of(weights: Sequence[NDArray[Any]]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for one in weights:
        digest.update(np.ascontiguousarray(one).data)
    return digest.digest()


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
