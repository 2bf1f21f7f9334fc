"""What a training may do that is unlike an ordinary one: the monitor bears it, and says nothing untrue."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from soundcheck.debugging import Cause, Severity, TrainingMonitor

pytestmark = pytest.mark.slow

ROWS = 80


def regression(targets=1, **compiled):
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(targets)]
    )
    model.compile(**({"optimizer": keras.optimizers.Adam(0.01), "loss": "mse"} | compiled))
    return model


def rows(seed=0, count=ROWS):
    x = np.random.default_rng(seed).normal(size=(count, 4)).astype(np.float32)
    return x, x[:, :1] + x[:, 1:2]


class Annealed(keras.layers.Layer):
    """Counts its batches in a variable of TensorFlow's own."""

    def __init__(self):
        super().__init__()
        self.seen = tf.Variable(0.0, trainable=False)

    def call(self, x, training=False):
        if training:
            self.seen.assign_add(1.0)
        return x * (1 + 0.1 / (1.0 + self.seen))


class Noisy(keras.layers.Layer):
    """Draws from a generator of TensorFlow's own."""

    def __init__(self):
        super().__init__()
        self.generator = tf.random.Generator.from_seed(7)

    def call(self, x, training=False):
        return x + 0.1 * self.generator.normal(tf.shape(x)) if training else x


@pytest.mark.parametrize("layer", [Annealed, Noisy])
def test_variables_of_tensorflow_are_what_they_would_be(layer):
    def weights(callbacks):
        keras.utils.set_random_seed(5)
        model = keras.Sequential([keras.Input((4,)), layer(), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.05), "mse")
        model.fit(*rows(), batch_size=16, epochs=3, callbacks=callbacks, verbose=0)
        return model.get_weights()

    for alone, watched in zip(weights([]), weights([TrainingMonitor()]), strict=True):
        np.testing.assert_array_equal(alone, watched)


def test_a_layer_that_cannot_run_eagerly_trains_on():
    class OnlyInGraphsError(Exception):
        pass

    class OnlyInGraphs(keras.layers.Layer):
        def call(self, x):
            if tf.executing_eagerly():
                raise OnlyInGraphsError
            return x

    model = keras.Sequential([keras.Input((4,)), OnlyInGraphs(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    monitor = TrainingMonitor()
    model.fit(*rows(), epochs=2, callbacks=[monitor], verbose=0)

    assert len(monitor.record.epochs) == 2
    assert monitor.record.observations == []


@pytest.mark.filterwarnings("ignore:.*shuffle=True.*:UserWarning")
def test_a_batch_without_rows_trains_on():
    x, y = rows()
    data = tf.data.Dataset.from_tensors((x[:0], y[:0])).concatenate(
        tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
    )
    monitor = TrainingMonitor()
    regression().fit(data, epochs=2, callbacks=[monitor], verbose=0)

    assert len(monitor.record.epochs) == 2


def test_rows_learnt_later_are_not_judged_by_the_first_ones():
    model, monitor = regression(), TrainingMonitor()
    (first, targets), (later, _) = rows(), rows(seed=1)
    model.fit(first, targets, epochs=20, callbacks=[monitor], verbose=0)
    model.fit(later, -later[:, :1] - later[:, 1:2], epochs=30, callbacks=[monitor], verbose=0)

    assert monitor.findings == []


def test_other_targets_for_the_same_rows_are_not_judged_by_the_first_ones():
    model, monitor = regression(), TrainingMonitor()
    x, y = rows()
    model.fit(x, y, epochs=10, callbacks=[monitor], verbose=0)
    model.fit(x, -y, epochs=10, callbacks=[monitor], verbose=0)

    assert monitor.findings == []


def test_the_same_rows_again_are_one_training():
    model, monitor = regression(optimizer=keras.optimizers.SGD(1e-6)), TrainingMonitor()
    for _ in range(3):
        model.fit(*rows(), epochs=3, callbacks=[monitor], verbose=0)

    assert len(monitor.record.epochs) == 9
    assert Cause.LEARNING_RATE_LOW in [one.cause for one in monitor.findings]


def test_each_model_has_the_validation_rows_of_its_own_fold():
    monitor, (x, y) = TrainingMonitor(), rows()
    for fold in range(2):
        held = np.arange(ROWS) % 2 == fold
        regression().fit(
            x[~held],
            y[~held],
            validation_data=(x[held], y[held]),
            epochs=5,
            callbacks=[monitor],
            verbose=0,
        )
        assert Cause.DATA_LEAK not in [one.cause for one in monitor.findings]
        np.testing.assert_array_equal(monitor.case.validation.x, x[held])


def test_findings_in_the_middle_do_not_end_the_watching():
    model, monitor = regression(), TrainingMonitor()
    asks = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: monitor.findings)
    model.fit(*rows(), batch_size=8, epochs=4, callbacks=[monitor, asks], verbose=0)

    assert monitor.record.epoch_steps == [10] * 4


def test_steps_are_counted_where_the_last_execution_of_an_epoch_is_not_full():
    model, monitor = regression(steps_per_execution=4), TrainingMonitor()
    model.fit(*rows(), batch_size=8, epochs=30, callbacks=[monitor], verbose=0)

    assert monitor.record.steps == 300
    assert len(monitor.record.observations) == 4
    assert all(one.epoch == one.step // 10 for one in monitor.record.observations)


class TestKeptWeights:
    def noisy(self):
        random = np.random.default_rng(0)
        x = random.normal(size=(60, 8)).astype(np.float32)
        y = (x[:, 0] + random.normal(size=60) > 0).astype(np.int32)
        return x, y

    def trained(self, patience, monitor):
        keras.utils.set_random_seed(2)
        model = keras.Sequential(
            [
                keras.Input((8,)),
                keras.layers.Dense(64, activation="relu"),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy")
        stops = keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)
        x, y = self.noisy()
        model.fit(
            x,
            y,
            validation_split=0.5,
            epochs=60,
            callbacks=[monitor, stops],
            verbose=0,
        )
        return model

    def test_what_was_given_back_is_not_taken_for_the_last(self):
        monitor = TrainingMonitor()
        self.trained(30, monitor)
        curve = monitor.record.curve("val_loss")
        assert curve[-1] > 1.2 * curve.min()  # it would be overfitting, were these its weights

        alarms = [one.cause for one in monitor.findings if one.severity > Severity.INFO]
        assert monitor.record.kept_epoch == int(curve.argmin())
        assert Cause.OVERFITTING not in alarms

    def test_weights_set_back_are_not_judged(self):
        model, monitor = regression(optimizer="sgd"), TrainingMonitor()
        first = model.get_weights()
        model.fit(*rows(), epochs=20, callbacks=[monitor], verbose=0)
        model.set_weights(first)

        assert monitor.findings == []
