import keras
import numpy as np
import pytest
import tensorflow as tf

from soundcheck.debugging import Cause, TrainingMonitor
from soundcheck.debugging.stepping import WatchedSteps, is_observed

pytestmark = pytest.mark.slow

ROWS = 75


def arrays():
    random = np.random.default_rng(0)
    x = random.normal(size=(ROWS, 6)).astype(np.float32)
    return x, (x[:, 0] > 0).astype(np.int32)


def network(**compiled):
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.layers.Dense(8, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        **({"optimizer": "adam", "loss": "binary_crossentropy", "metrics": ["accuracy"]} | compiled)
    )
    return model


def trained(monitor, build, fit):
    """Everything that a training leaves behind: weights, history, and the next random numbers."""
    model = build()
    history = fit(model, [] if monitor is None else [monitor]).history
    return [
        *model.get_weights(),
        *[np.array(curve) for curve in history.values()],
        keras.random.normal((3,)).numpy(),
    ], model


def assert_undisturbed(build, fit):
    monitor = TrainingMonitor()
    alone, _ = trained(None, build, fit)
    watched, model = trained(monitor, build, fit)
    for one, other in zip(alone, watched, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not isinstance(model.train_function, WatchedSteps)
    return monitor


def fit_arrays(model, callbacks, **given):
    return model.fit(*arrays(), batch_size=16, epochs=2, callbacks=callbacks, verbose=0, **given)


@pytest.mark.parametrize(
    "compiled",
    [{}, {"run_eagerly": True}, {"steps_per_execution": 3}, {"optimizer": "sgd"}],
    ids=["graph", "eager", "several steps at once", "sgd"],
)
def test_a_training_is_bit_identical(compiled):
    monitor = assert_undisturbed(lambda: network(**compiled), fit_arrays)

    assert monitor.record.observations[0].step == 0
    assert monitor.record.epoch_steps == [5, 5]
    assert monitor.record.finished


def test_a_training_with_weights_of_classes_and_rows_and_validation_is_bit_identical():
    assert_undisturbed(
        network, lambda model, callbacks: fit_arrays(model, callbacks, class_weight={0: 1, 1: 3})
    )
    assert_undisturbed(
        network,
        lambda model, callbacks: fit_arrays(
            model,
            [*callbacks, keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True)],
            sample_weight=np.linspace(0, 1, ROWS),
            validation_split=0.2,
        ),
    )


def test_an_lstm_on_a_shuffled_dataset_is_bit_identical():
    def build():
        keras.utils.set_random_seed(4)
        inputs = keras.Input((None, 2), name="series")
        model = keras.Model(
            {"series": inputs}, keras.layers.Dense(1)(keras.layers.LSTM(4, dropout=0.2)(inputs))
        )
        model.compile("rmsprop", "mse")
        return model

    def fit(model, callbacks):
        x = np.random.default_rng(0).normal(size=(ROWS, 5, 2)).astype(np.float32)
        data = tf.data.Dataset.from_tensor_slices(({"series": x}, x[:, 0, :1])).shuffle(ROWS).batch(16)
        return model.fit(data, epochs=2, shuffle=False, callbacks=callbacks, verbose=0)

    assert_undisturbed(build, fit)


def test_batches_of_several_lengths_with_weights_several_at_once_are_bit_identical():
    def build():
        keras.utils.set_random_seed(6)
        model = keras.Sequential(
            [keras.layers.Embedding(9, 4), keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)]
        )
        model.compile("adam", "mse", steps_per_execution=4)
        return model

    def fit(model, callbacks):
        def batches():
            for length in (3, 5, 4, 6, 7, 3, 5, 8):
                words = np.arange(8 * length).reshape(8, length) % 9
                yield words, words[:, :1], np.linspace(0, 1, 8)

        kinds = ((None, None), tf.int64), ((None, 1), tf.int64), ((None,), tf.float64)
        specs = tuple(tf.TensorSpec(shape, kind) for shape, kind in kinds)
        data = tf.data.Dataset.from_generator(batches, output_signature=specs)
        data = data.apply(tf.data.experimental.assert_cardinality(8))
        return model.fit(data, epochs=3, shuffle=False, callbacks=callbacks, verbose=0)

    assert assert_undisturbed(build, fit).record.observations


def test_a_generator_that_draws_random_numbers_is_bit_identical():
    def fit(model, callbacks):
        def batches():
            while True:
                x = np.random.normal(size=(8, 6)).astype(np.float32)
                yield x, (x[:, 0] > 0).astype(np.int32)

        return model.fit(
            batches(), steps_per_epoch=4, epochs=2, shuffle=False, callbacks=callbacks, verbose=0
        )

    assert_undisturbed(network, fit)


def test_an_own_train_step_is_bit_identical():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(self(x)[:, 0] - tf.cast(y, tf.float32)))
            weights = self.trainable_variables
            self.optimizer.apply(tape.gradient(loss, weights), weights)
            return {"loss": loss}

    def build():
        keras.utils.set_random_seed(5)
        model = Own()
        model.compile("sgd")
        return model

    monitor = assert_undisturbed(build, fit_arrays)

    assert monitor.record.observations


def test_nothing_is_traced_anew():
    traces = []

    class Counting(keras.layers.Layer):
        def call(self, x):
            traces.append(type(x))
            return x

    def run(callbacks):
        traces.clear()
        model = keras.Sequential([keras.Input((6,)), Counting(), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        fit_arrays(model, callbacks)
        return sum("Eager" not in trace.__name__ for trace in traces)

    assert run([TrainingMonitor()]) == run([])


def test_a_distribution_strategy_is_left_alone():
    def build():
        with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
            model = network()
            model.build((None, 6))
        return model

    monitor = assert_undisturbed(build, fit_arrays)

    assert monitor.record.observations == []
    assert monitor.findings == []


def test_a_broken_off_training_is_recorded_and_leaves_the_model_as_it_was():
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002
            raise KeyboardInterrupt

    model, monitor = network(), TrainingMonitor()
    with pytest.raises(KeyboardInterrupt):
        fit_arrays(model, [monitor, Stop()])

    assert len(monitor.record.epochs) == 1
    assert not monitor.record.finished
    assert isinstance(monitor.findings, list)
    seen = len(monitor.record.observations)
    fit_arrays(model, [])
    assert len(monitor.record.observations) == seen
    assert len(monitor.record.epochs) == 1


def test_a_step_that_fails_leaves_the_model_as_it_was():
    model, monitor = network(loss="sparse_categorical_crossentropy"), TrainingMonitor()
    with pytest.raises(Exception):  # noqa: B017, PT011 - TensorFlow's: there is one output, and label 1
        model.fit(np.zeros((8, 6), np.float32), np.full(8, 7), callbacks=[monitor], verbose=0)

    assert not isinstance(model.train_function, WatchedSteps)


def test_a_second_fit_goes_on_and_another_model_starts_anew():
    model, monitor = network(), TrainingMonitor()
    fit_arrays(model, [monitor])
    fit_arrays(model, [monitor])

    assert len(monitor.record.epochs) == 4
    fit_arrays(network(), [monitor])
    assert len(monitor.record.epochs) == 2


def test_the_sample_has_rows_of_the_first_epoch_once():
    monitor = TrainingMonitor()
    fit_arrays(network(), [monitor], validation_split=0.2)
    assert monitor.findings is monitor.findings
    case = monitor.case

    assert case.sample.rows == len(np.unique(case.sample.x, axis=0)) == 60
    assert case.validation.rows == 15
    assert case.fit.batch_size == 16
    assert case.record.observations[-1].step == 8


def test_findings_change_nothing():
    model, monitor = network(), TrainingMonitor()
    fit_arrays(model, [monitor])
    before = [variable.numpy() for variable in model.variables]
    assert isinstance(monitor.findings, list)

    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_a_rate_far_too_high_is_named():
    keras.utils.set_random_seed(0)
    x, y = arrays()
    model = keras.Sequential(
        [
            keras.Input((6,)),
            *(keras.layers.Dense(16, activation="relu") for _ in range(3)),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(5.0), "binary_crossentropy")
    monitor = TrainingMonitor()
    model.fit(x, y, batch_size=8, epochs=4, callbacks=[monitor], verbose=0)

    assert monitor.findings[0].cause == Cause.LEARNING_RATE_HIGH


def test_steps_are_observed_more_often_at_the_start():
    observed = [step for step in range(2000) if is_observed(step)]

    assert observed[:5] == [0, 1, 8, 64, 256]
    assert len(observed) < 2000 / 50


def test_before_any_training_there_are_no_findings():
    assert TrainingMonitor().findings == []
