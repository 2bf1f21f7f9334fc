"""The observer of whole scripts: what comes of several fits, loops and models."""

import keras
import numpy as np
import pytest
from keras import layers

from soundcheck.debugging.findings import Cause
from soundcheck.debugging.instrumentation import attached
from soundcheck.debugging.monitor import TrainingMonitor
from soundcheck.debugging.observer import Observer

random = np.random.default_rng(0)
LABELS = random.integers(0, 3, 200)
CLOUDS = (random.normal(size=(200, 8)) + 3 * np.eye(3, 8)[LABELS]).astype(np.float32)


def classifier(*last, optimizer="adam", loss="sparse_categorical_crossentropy"):
    keras.utils.set_random_seed(0)
    hidden = layers.Dense(16, activation="relu")
    model = keras.Sequential([keras.Input((8,)), hidden, layers.Dense(3, activation="softmax"), *last])
    model.compile(optimizer, loss)
    return model


@pytest.fixture
def evaluations(monkeypatch):
    """Counts how often a training is judged."""
    seen = []
    evaluated = TrainingMonitor._evaluated
    monkeypatch.setattr(
        TrainingMonitor, "_evaluated", lambda self, training: seen.append(1) or evaluated(self, training)
    )
    return seen


def test_a_loop_of_fits_is_judged_once(evaluations):
    observer = Observer()
    with attached(observer):
        model = classifier(optimizer=keras.optimizers.Adam(0.01))
        for _ in range(6):
            model.fit(CLOUDS, LABELS, verbose=0)

    assert observer.findings() == observer.findings() == []
    assert observer.trainings == 6
    assert len(evaluations) == 1


def test_a_fit_after_single_batches_is_watched():
    observer = Observer()
    with attached(observer):
        model = classifier(optimizer=keras.optimizers.SGD(300.0))
        model.train_on_batch(CLOUDS[:32], LABELS[:32])
        model.fit(CLOUDS, LABELS, epochs=3, verbose=0)

    assert observer.findings()[0].cause == Cause.LEARNING_RATE_HIGH
    assert [name for name, _ in observer.records()] == [model.name]


def test_a_loss_that_is_no_number_refutes_nothing():
    observer = Observer()
    with attached(observer):
        model = classifier(layers.Dropout(0.5), loss="categorical_crossentropy")
        model.fit(CLOUDS, np.eye(3, dtype=np.float32)[LABELS], epochs=5, verbose=0)

    assert Cause.LAYER_MISUSE in [finding.cause for finding in observer.findings()]
