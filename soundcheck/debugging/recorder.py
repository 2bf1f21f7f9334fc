"""A callback that writes down how a training goes, and judges nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras

from soundcheck.debugging.record import Record
from soundcheck.debugging.watched_training import WatchedTraining, unwatch


class TrainingRecorder(keras.callbacks.Callback):
    """Records `fit` of any Keras model; what it computes is bit for bit what it would be without.

    Several fits of one model with one optimizer are one training; with another model or optimizer a new one
    begins, and so does its record.

    Args:
        rows: how many rows of the first epoch to keep, for whoever judges the training.
        rows_again: how many of the first epoch of each further fit, to see whether they are the same.

    Attributes:
        record: the training as it went.
        training: the model with what was kept of its data; None before any.
    """

    def __init__(self, rows: int = 0, rows_again: int = 0) -> None:
        super().__init__()
        self.record = Record()
        self.training: WatchedTraining | None = None
        self._rows, self._rows_again = rows, rows_again

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002 (Keras's)
        """Puts itself between `fit` and the model's training function."""
        unwatch(self.model)
        if self.training is None or not self.training.goes_on_with(self.model):
            self._begin(self.model)
        assert self.training is not None  # noqa: S101 (`_begin` made it)
        self.record.finished = False
        self.training.watch((self.params or {}).get("steps"))

    def one_step(self, model: keras.Model, batch: Any, run: Callable[[], Any]) -> None:
        """Around a `train_on_batch`, which `run` does: a step of a loop of the script's own.

        Args:
            model: built and compiled.
            batch: x, or (x, y), or (x, y, weights).
            run: makes the step and returns its loss, first where there are several numbers.
        """
        if self.training is None or not self.training.goes_on_with(model):
            self._begin(model)
        assert self.training is not None  # noqa: S101 (`_begin` made it)
        self.training.one_step(batch, run)

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Announces the batches that follow."""
        assert self.training is not None  # noqa: S101 (`on_train_begin` made it)
        self.training.begin_epoch()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Notes the logs."""
        assert self.training is not None  # noqa: S101 (`on_train_begin` made it)
        self.training.end_epoch(logs or {})

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002 (Keras's)
        """Leaves the model's training function as it was."""
        unwatch(self.model)
        self.record.finished = True

    def _begin(self, model: Any) -> None:
        self.record = Record()
        self.training = WatchedTraining(model, self.record, self._rows, self._rows_again)
