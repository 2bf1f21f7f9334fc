"""Observers of trainings: one that only remembers, one that does its worst."""

import keras
import numpy as np

from soundcheck.debugging.building import built
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.random_state import preserved_random_state
from soundcheck.debugging.sources import sample_of

FINDING = Finding(
    "test_rule",
    Severity.WARNING,
    Cause.LEARNING_RATE_HIGH,
    Where("argument", "learning_rate"),
    (Evidence("update_ratio", float("inf"), 0.1, 3),),
    "The weights change by " + "far too " * 20 + "much.",
    "Use learning_rate=0.001.",
)


class Observer:
    """Remembers what it was told; does nothing else."""

    def __init__(self):
        self.trainings = 0
        self.told = []

    def findings(self):
        return [FINDING] if self.trainings else []

    def records(self):
        return []

    def before_compile(self, _model):
        pass

    def on_fit_refused(self, _model, arguments, error):
        self.told.append(("refused", dict(arguments), error))

    def on_compile_error(self, _model, arguments, error):
        self.told.append(("compile", dict(arguments), error))

    def before_fit(self, _model, call):
        self.trainings += 1
        self.told.append(("before", call))

    def after_fit(self, _model, _call, history, error):
        self.told.append(("after", history, error))

    def on_train_on_batch(self, _model, x, _y, _weights, _class_weight, run):
        self.trainings += 1
        self.told.append(("batch", x.shape))
        run()


class Intruder(Observer):
    """Looks at everything and works hard wherever it may."""

    def before_fit(self, model, call):
        super().before_fit(model, call)
        sample = sample_of(model, call.x, call.y, call.sample_weight, 64)
        assert sample.rows >= 16
        if not isinstance(call.validation_data, tuple | None):
            sample_of(model, call.validation_data, None, None, 64)
        assert built(model, sample)
        with preserved_random_state(model):
            work_hard(model, sample.x)
        return Worker(sample.x)

    def after_fit(self, model, call, history, error):
        super().after_fit(model, call, history, error)
        with preserved_random_state(model):
            work_hard(model, np.ones((4, 6), "float32"))

    def on_train_on_batch(self, model, x, y, weights, class_weight, run):
        if model.built:
            with preserved_random_state(model):
                model(x[:2], training=True)
        super().on_train_on_batch(model, x, y, weights, class_weight, run)
        with preserved_random_state(model):
            model(x[:2], training=True)


class Worker(keras.callbacks.Callback):
    def __init__(self, x):
        super().__init__()
        self.x = x

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
        with preserved_random_state(self.model, threads_may_draw=True):
            self.model(self.x[:3], training=True)
            keras.random.normal((3,))


def work_hard(model, x):
    model(x, training=True)
    model.predict(x, verbose=0)
    other = keras.Sequential([keras.layers.Dense(3), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
    other.compile("adam", "mse")
    other.fit(x, np.random.rand(len(x)), verbose=0)
