"""A callback that writes down how a training goes, and judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
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

    Attributes:
        record: the training as it went.
        training: the model with what was kept of its data; None before any.
    """

    def __init__(self, rows: int = 0) -> None:
        super().__init__()
        self.record = Record()
        self.training: WatchedTraining | None = None
        self._rows = rows

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002 (Keras's)
        """Puts itself between `fit` and the model's training function."""
        unwatch(self.model)
        if self.training is None or not self.training.goes_on_with(self.model):
            self.record = Record()
            self.training = WatchedTraining(self.model, self.record, self._rows)
        self.record.finished = False
        self.training.watch((self.params or {}).get("steps"))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Notes the logs."""
        assert self.training is not None  # noqa: S101 (`on_train_begin` made it)
        self.training.end_epoch(logs or {})

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002 (Keras's)
        """Leaves the model's training function as it was."""
        unwatch(self.model)
        self.record.finished = True
