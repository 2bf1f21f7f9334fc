"""A callback that watches a training and says afterwards what was wrong with it.

monitor = TrainingMonitor()
model.fit(x, y, callbacks=[monitor])
monitor.findings
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from soundcheck.config import DebuggingConfig
from soundcheck.debugging.case import Case, FitSettings, Observation, Record
from soundcheck.debugging.findings import Finding
from soundcheck.debugging.observations import (
    Weights,
    kept,
    learning_rate_of,
    observe,
    weights_of,
    with_updates,
)
from soundcheck.debugging.samples import Sample, arrays_of, from_arrays, from_batches
from soundcheck.debugging.stepping import WatchedSteps, is_observed

_MAX_BATCHES = 64
_FORWARD_SHARE = 0.1

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


class TrainingMonitor(keras.callbacks.Callback):
    """Watches `fit` of any Keras model; what it computes is bit for bit what it would be without.

    Several fits of one model with one optimizer are one training; with another model or optimizer a new one
    begins, and the findings are those of the last.

    Args:
        settings: thresholds of the rules.
        sample: rows of the training data; without it they are collected from the first epoch.
        validation: rows of the validation data; without it they are taken from `validation_data` or
            `validation_split` where these are arrays.
        fit: what `fit` was told; without it only what a callback is told.

    Attributes:
        record: the training as it went.
        case: what the findings were taken from; None before, and where nothing is known of the data.
    """

    def __init__(
        self,
        settings: DebuggingConfig = DebuggingConfig(),  # noqa: B008 - frozen
        *,
        sample: Sample | None = None,
        validation: Sample | None = None,
        fit: FitSettings | None = None,
    ) -> None:
        super().__init__()
        self.record = Record()
        self.case: Case | None = None
        self._settings = settings
        self._given_sample = sample
        self._validation = validation
        self._fit = fit
        self._training: _Training | None = None
        self._findings: list[Finding] | None = None

    @property
    def findings(self) -> list[Finding]:
        """What was wrong with the latest training, the likely root cause first; [] before any.

        Evaluated when it is asked for, with the model as it is then; the answer is kept until the next `fit`.
        """
        if self._training is None:
            return []
        if self._findings is None:
            self._findings = self._evaluated(self._training)
        return self._findings

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002 (Keras's)
        """Puts itself between `fit` and the model's training function."""
        self._findings = None
        _unwatch(self.model)
        if self._training is None or not self._training.goes_on_with(self.model):
            self.record = Record()
            wanted_rows = 0 if self._given_sample is not None else self._settings.max_rows
            self._training = _Training(self.model, self.record, wanted_rows)
        self.record.finished = False
        self._training.watch((self.params or {}).get("steps"))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Notes the logs."""
        assert self._training is not None  # noqa: S101 (`on_train_begin` made it)
        self._training.end_epoch(logs or {})
        self._findings = None
        if self._validation is None:
            self._validation = _validation_arrays(self.model, self._settings.max_rows)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002 (Keras's)
        """Leaves the model's training function as it was."""
        _unwatch(self.model)
        self.record.finished = True

    def _evaluated(self, training: _Training) -> list[Finding]:
        from soundcheck.debugging.random_state import preserved_random_state
        from soundcheck.debugging.ranking import ranked
        from soundcheck.debugging.rules import evaluated, every_rule
        from soundcheck.debugging.trials import confirmed

        _unwatch(training.model)
        with preserved_random_state(training.model):
            self.case = self._case(training)
            if self.case is None:
                return []
            found = ranked(evaluated(every_rule(), self.case))
            return confirmed(self.case, found, training.initial_weights or ())

    def _case(self, training: _Training) -> Case | None:
        """None where nothing is known of the data."""
        from soundcheck.debugging.building import outputs_of
        from soundcheck.debugging.heads import heads_of

        sample = self._given_sample or training.sample()
        if sample is None:
            return None
        model = training.model
        with training.untrained():
            rows, outputs = outputs_of(model, sample, self._settings.max_seconds * _FORWARD_SHARE)
        initial = next((seen for seen in self.record.observations if seen.step == 0), None)
        return Case(
            model,
            rows,
            self._validation,
            heads_of(model, outputs, rows.y),
            initial,
            self._settings,
            self._fit or FitSettings(batch_size=training.batch_rows, epochs=(self.params or {})["epochs"]),
            training.record_with_the_end(rows),
        )


class _Training:
    """One training: looks at batches and keeps the record; an `Onlooker`."""

    def __init__(self, model: Any, record: Record, wanted_rows: int) -> None:
        self.model = model
        self.batch_rows: int | None = None
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
        _unwatch(self.model)

    def end_epoch(self, logs: Mapping[str, Any]) -> None:
        """Notes an epoch."""
        assert self._watched is not None  # noqa: S101 (`watch` made it)
        steps = self._watched.step - self._record.steps
        self._record.epoch_steps.append(min(steps, self._epoch_batches or steps))
        self._record.epochs.append(
            {name: float(value) for name, value in logs.items() if np.ndim(value) == 0}
        )
        self._record.learning_rates.append(learning_rate_of(self.model))

    def sample(self) -> Sample | None:
        """The rows that were kept; None where there are none."""
        if not self._kept:
            return None
        first_epoch = (self._record.epoch_steps or [0])[0]
        total = max(first_epoch, len(self._kept)) * (self.batch_rows or 0)
        kept = from_batches(self._kept, 2**31, total)
        return None if kept is None else replace(kept, total_rows=max(total, kept.rows))

    @contextmanager
    def untrained(self) -> Generator[None]:
        """Within it the model has the weights with which the training began."""
        initial = self.initial_weights
        if initial is None or len(initial) != len(self.model.weights):
            yield
            return
        with kept(self.model.weights):
            for variable, value in zip(self.model.weights, initial, strict=True):
                variable.assign(value)
            yield

    def record_with_the_end(self, sample: Sample) -> Record:
        """The record with one more observation: rows of the sample, with the weights as they are now."""
        rows = sample.spread(self.batch_rows or sample.rows)
        if not self._can_observe or not self._record.observations:
            return self._record
        last = _observed(self.model, (rows.x, rows.y, rows.weights), self._record, inference=True)
        if last is None:
            return self._record
        return replace(self._record, observations=[*self._record.observations, last])

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
        self._observation = _observed(self.model, (x, y, weights), self._record, step=step)
        self._can_observe = self._observation is not None
        if self._observation is None:
            return
        self._before = weights_of(self.model)
        if self.initial_weights is None:
            self.initial_weights = [weight.numpy() for weight in self.model.weights]


def _observed(
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


def _unwatch(model: Any) -> None:
    """Gives a model its training function back, also one that an interrupted `fit` left watched."""
    while isinstance(model.train_function, WatchedSteps):
        model.train_function = model.train_function.original


def _validation_arrays(model: Any, max_rows: int) -> Sample | None:
    """Rows of `validation_data`, which `fit` keeps in an adapter; None where they are no arrays."""
    adapter = getattr(getattr(model, "_eval_epoch_iterator", None), "data_adapter", None)
    arrays = getattr(adapter, "_inputs", None)
    if arrays is None:
        return None
    x, y, weights = keras.utils.unpack_x_y_sample_weight(arrays)
    return from_arrays(x, y, weights, max_rows)
