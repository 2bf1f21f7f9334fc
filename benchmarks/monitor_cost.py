"""What the training monitor adds to an epoch of the reference CNN and of TC-ResNet8.

Trains each network with and without it, in turns, in one process on random features of the real shape, 100
batches of 64 an epoch. The CPU time of the whole process counts, and the ratio of the medians over the runs.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

from measuring import quiet_tensorflow

_BATCH_ROWS = 64
_EPOCH_BATCHES = 100
_LABELS = 8
_SHAPES = {"reference_cnn": (124, 129), "tc_resnet8": (98, 40)}


def main() -> None:
    """Prints CPU seconds an epoch, and what the monitor adds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--epochs", type=int, default=5, help="of each run; the first ones are looked at most"
    )
    parser.add_argument("--repeats", type=int, default=3, help="runs with and without the monitor")
    options = parser.parse_args()
    quiet_tensorflow()
    print(f"\n{'':14}  CPU-s an epoch  with monitor  added")
    for name in _SHAPES:
        plain_s, watched_s = _medians(name, options.epochs, options.repeats)
        print(f"{name:14}  {plain_s:14.2f}  {watched_s:12.2f}  {watched_s / plain_s - 1:5.1%}")


def _medians(name: str, epochs: int, repeats: int) -> tuple[float, float]:
    """CPU seconds an epoch without and with the monitor."""
    fit = _training(name, epochs)
    fit(False)  # threads and caches are warm from here on
    runs = [(fit(False), fit(True)) for _ in range(repeats)]
    plain, watched = zip(*runs, strict=True)
    return statistics.median(plain), statistics.median(watched)


def _training(name: str, epochs: int) -> Callable[[bool], float]:
    import importlib

    import keras
    import numpy as np

    from soundcheck.debugging import TrainingMonitor

    random = np.random.default_rng(0)
    x = random.normal(size=(_BATCH_ROWS * _EPOCH_BATCHES, *_SHAPES[name])).astype(np.float32)
    y = random.integers(0, _LABELS, len(x))
    build: Any = importlib.import_module(f"soundcheck.models.{name}").build

    def fit(watched: bool) -> float:
        model = build(_SHAPES[name], _LABELS)
        model.compile(
            "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
        )
        callbacks = [TrainingMonitor()] if watched else []
        start_s = time.process_time()
        model.fit(x, y, batch_size=_BATCH_ROWS, epochs=epochs, callbacks=callbacks, verbose=0)
        return (time.process_time() - start_s) / epochs

    return fit


if __name__ == "__main__":
    main()
