"""What watching a training adds to the epochs of the reference CNN and of TC-ResNet8: 5 % at the most.

Fits each network alone, with the recorder and with the whole monitor, in turns, in one process, on random
features of the real shape in batches of 64; as many epochs and batches as `train` gives it. The CPU time of
the whole process counts; on a busy machine it wavers by more than is measured, so that the median of the
rounds is shown with their range.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from measuring import quiet_tensorflow

if TYPE_CHECKING:
    from soundcheck.debugging.recorder import TrainingRecorder

_BATCH_ROWS = 64
_LABELS = 8
_MAX_ADDED_SHARE = 0.05


@dataclass(frozen=True)
class Training:
    """A network and how long it is trained."""

    network: str
    feature_shape: tuple[int, int]
    epochs: int
    batches: int
    """Of an epoch."""


_TRAININGS = (
    Training("reference_cnn", (124, 129), epochs=10, batches=100),
    Training("tc_resnet8", (98, 40), epochs=12, batches=200),
)


@dataclass(frozen=True)
class Cost:
    """What a watcher added in each round, as a share of the fit without it."""

    added_shares: tuple[float, ...]
    looks: int
    steps: int

    @property
    def added_share(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.added_shares)

    @property
    def steps_a_look(self) -> float:
        """All that was added, divided among the looks, in steps of the training."""
        return self.added_share * self.steps / self.looks


def main() -> None:
    """Prints what each watcher adds to each network; the exit code is 1 where it is too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, help="of each fit, in place of those of `train`")
    parser.add_argument("--batches", type=int, help="of each epoch, in place of those of `train`")
    parser.add_argument("--repeats", type=int, default=3, help="rounds of fits")
    options = parser.parse_args()
    quiet_tensorflow()
    print(f"\n{'':14}{'':9}{'epochs':>11}  looks  steps a look   added       range")
    passed = True
    for one in _TRAININGS:
        epochs, batches = options.epochs or one.epochs, options.batches or one.batches
        training = Training(one.network, one.feature_shape, epochs, batches)
        for watcher, cost in _costs(training, options.repeats).items():
            print_cost(training, watcher, cost)
            passed = passed and cost.added_share <= _MAX_ADDED_SHARE
    sys.exit(0 if passed else 1)


def print_cost(training: Training, watcher: str, cost: Cost) -> None:
    """One line, with `PASS` or `FAIL`."""
    size = f"{training.epochs} x {training.batches}"
    low, high = min(cost.added_shares), max(cost.added_shares)
    verdict = "PASS" if cost.added_share <= _MAX_ADDED_SHARE else "FAIL"
    print(
        f"{training.network:14}{watcher:9}{size:>11}{cost.looks:7}{cost.steps_a_look:14.1f}"
        f"{cost.added_share:8.1%}{low:7.1%} to {high:.1%}  {verdict}"
    )


def _costs(training: Training, repeats: int) -> Mapping[str, Cost]:
    """Of the recorder, and of the monitor, which keeps rows of the data, too."""
    from soundcheck.debugging import TrainingMonitor
    from soundcheck.debugging.recorder import TrainingRecorder

    fit = _fitted(training)
    watchers: dict[str, Callable[[], TrainingRecorder]] = {
        "recorder": TrainingRecorder,
        "monitor": TrainingMonitor,
    }
    added: dict[str, list[float]] = {name: [] for name in watchers}
    looks: dict[str, int] = {}
    fit(TrainingRecorder(), 1)  # threads and caches are warm from here on
    for _ in range(repeats):
        alone_s = fit(None, training.epochs)
        for name, watcher in watchers.items():
            callback = watcher()
            added[name].append(fit(callback, training.epochs) / alone_s - 1)
            looks[name] = len(callback.record.observations)
    steps = training.epochs * training.batches
    return {name: Cost(tuple(added[name]), looks[name], steps) for name in watchers}


def _fitted(training: Training) -> Callable[[TrainingRecorder | None, int], float]:
    """Makes a function that fits a new network and returns the CPU seconds of that."""
    import importlib

    import keras
    import numpy as np

    random = np.random.default_rng(0)
    rows = _BATCH_ROWS * training.batches
    x = random.normal(size=(rows, *training.feature_shape)).astype(np.float32)
    y = random.integers(0, _LABELS, rows)
    build: Any = importlib.import_module(f"soundcheck.models.{training.network}").build

    def fit(watcher: TrainingRecorder | None, epochs: int) -> float:
        model = build(training.feature_shape, _LABELS)
        model.compile(
            "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
        )
        callbacks = [] if watcher is None else [watcher]
        start_s = time.process_time()
        model.fit(x, y, batch_size=_BATCH_ROWS, epochs=epochs, callbacks=callbacks, verbose=0)
        return time.process_time() - start_s

    return fit


if __name__ == "__main__":
    main()
