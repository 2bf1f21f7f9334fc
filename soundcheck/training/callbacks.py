"""Keras callbacks of fitting: the ledger of epochs and the progress bar."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    import tensorflow as tf
    from numpy.typing import NDArray
    from tqdm import tqdm


class EpochLedger(keras.callbacks.Callback):
    """Writes down every epoch and keeps the weights of the one that validation prefers.

    Best is the highest validation accuracy, ties go to the lower validation loss, then to the earlier epoch.
    The test set is evaluated after that choice is made and enters nothing but the row.

    Attributes:
        rows: One row an epoch, with the columns of `soundcheck.training.fitted.Fitted.history`.
        best_epoch: The chosen epoch, from 1; 0 before the first has ended.
        best_weights: Its weights, in the order of `model.get_weights()`.
        divergence: Why the training was stopped, where a loss is not finite; else empty.
    """

    def __init__(
        self,
        network: keras.Model,
        test: tf.data.Dataset[Any],
        on_epoch: Callable[[dict[str, float]], None] | None,
    ) -> None:
        super().__init__()
        self.rows: list[dict[str, float]] = []
        self.best_epoch = 0
        self.best_weights: list[NDArray[Any]] = []
        self.divergence = ""
        self._best_score = (-math.inf, -math.inf)
        self._network = network
        self._test = test
        self._on_epoch = on_epoch
        self._began_s = 0.0
        self._learning_rate = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Starts the clock and reads the rate of the epoch's first step."""
        self._began_s = time.perf_counter()
        self._learning_rate = float(self._network.optimizer.learning_rate)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Chooses by validation, then looks at the test set; a loss that is not finite ends the training."""
        measured = logs or {}
        row = {
            "epoch": epoch + 1,
            "train_loss": measured["loss"],
            "train_accuracy": measured["accuracy"],
            "validation_loss": measured["val_loss"],
            "validation_accuracy": measured["val_accuracy"],
        }
        self.divergence = _divergence(row, self._learning_rate)
        if self.divergence:
            self._network.stop_training = True
            return
        self._keep_if_best(row)
        test: dict[str, float] = self._network.evaluate(
            self._test,
            verbose=0,  # pyright: ignore[reportArgumentType] (Keras guesses its type)
            return_dict=True,
        )
        row |= {
            "test_loss": test["loss"],
            "test_accuracy": test["accuracy"],
            "learning_rate": self._learning_rate,
            "seconds": time.perf_counter() - self._began_s,
        }
        self.rows.append(row)
        if self._on_epoch is not None:
            self._on_epoch(row)

    def _keep_if_best(self, row: dict[str, float]) -> None:
        score = (row["validation_accuracy"], -row["validation_loss"])
        if score > self._best_score:
            self._best_score = score
            self.best_epoch = int(row["epoch"])
            self.best_weights = self._network.get_weights()


class ProgressBar(keras.callbacks.Callback):
    """Advances a bar by one a batch, with the epoch's running loss and accuracy behind it."""

    def __init__(self, bar: tqdm[Any]) -> None:
        super().__init__()
        self._bar = bar

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Names the epoch."""
        self._bar.set_description(f"fit, epoch {epoch + 1}", refresh=False)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Advances the bar; it redraws itself ten times a second at most."""
        measured = logs or {}
        self._bar.set_postfix(loss=measured.get("loss"), accuracy=measured.get("accuracy"), refresh=False)
        self._bar.update()


def _divergence(row: dict[str, float], learning_rate: float) -> str:
    """What is not finite, and the usual way out; empty where all is."""
    for name in ("train_loss", "validation_loss"):
        if not math.isfinite(row[name]):
            return (
                f"training diverged: {name} is {row[name]} in epoch {row['epoch']}, at a learning rate of "
                f"{learning_rate:g}; lower training.learning_rate (try {learning_rate / 10:g}), and check "
                "the features for values that are not finite"
            )
    return ""
