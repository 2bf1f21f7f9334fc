import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from soundcheck.debugging.observations import observe, values_of, weights_of, with_updates

ROWS = 32


@pytest.fixture
def batch():
    random = np.random.default_rng(0)
    return random.normal(size=(ROWS, 6)).astype(np.float32), random.integers(0, 3, ROWS)


def network(**compiled):
    keras.utils.set_random_seed(1)
    built = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8, name="first", kernel_regularizer="l2"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.ReLU(name="relu"),
            keras.layers.Dropout(0.5, name="drop"),
            keras.layers.Dense(3, activation="softmax", name="last"),
        ]
    )
    built.compile(**({"optimizer": "adam", "loss": "sparse_categorical_crossentropy"} | compiled))
    return built


def state(observation, name):
    return next(layer for layer in observation.layers if layer.name == name)


def test_every_leaf_layer_is_seen_in_order_of_the_call(batch):
    seen = observe(network(), *batch, None, step=3, epoch=1)

    assert [layer.name for layer in seen.layers] == ["first", "norm", "relu", "drop", "last"]
    assert (seen.step, seen.epoch) == (3, 1)
    assert seen.learning_rate == pytest.approx(0.001)


def test_loss_and_gradients_are_those_of_training(batch):
    model = network()
    x, y = batch
    seen = observe(model, x, y, None, step=0, epoch=0)
    with tf.GradientTape() as tape:
        loss = model.compute_loss(x, y, model(x, training=True), None)
    gradient = tape.gradient(loss, model.get_layer("last").trainable_variables[0].value)

    assert seen.loss == pytest.approx(float(loss), rel=1e-6)
    kernel, bias = float(tf.norm(gradient)), 0.0
    assert state(seen, "last").gradient_norm >= math.hypot(kernel, bias)
    assert seen.penalty == pytest.approx(float(model.losses[0]))


def test_the_inference_loss_is_that_of_evaluate(batch):
    model = network()
    seen = observe(model, *batch, None, step=0, epoch=0)

    assert seen.inference_loss == pytest.approx(model.evaluate(*batch, batch_size=ROWS, verbose=0), rel=1e-5)


def test_no_trace_is_left(batch):
    model = network(metrics=["accuracy"])
    model.fit(*batch, verbose=0)
    tf.random.set_seed(5)
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    before = [variable.numpy() for variable in variables]
    calls = [layer.call for layer in model.layers]
    drawn = tf.random.normal((3,)).numpy()
    tf.random.set_seed(5)
    observe(model, *batch, None, step=0, epoch=0)

    for variable, value in zip(variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    assert [layer.call for layer in model.layers] == calls
    np.testing.assert_array_equal(tf.random.normal((3,)).numpy(), drawn)


def test_a_failing_call_leaves_no_trace_either(batch):
    model = network()
    before = [variable.numpy() for variable in model.variables]
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever Keras raises
        observe(model, np.zeros((4, 5), np.float32), batch[1][:4], None, step=0, epoch=0)

    assert all("call" not in layer.__dict__ for layer in model.layers)
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_silent_and_saturated_units_are_counted(batch):
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(
                4, activation="relu", name="dead", bias_initializer=keras.initializers.Constant(-1e3)
            ),
            keras.layers.Dense(
                4, activation="tanh", name="flat", bias_initializer=keras.initializers.Constant(1e3)
            ),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    seen = observe(model, *batch, None, step=0, epoch=0)

    assert state(seen, "dead").zero_units == 1
    assert state(seen, "dead").gradient_norm == 0
    assert state(seen, "flat").saturated == 1
    assert math.isnan(state(seen, "dead").saturated)


def test_a_frozen_layer_is_not_trainable_and_not_connected(batch):
    model = network()
    model.get_layer("first").trainable = False
    seen = observe(model, *batch, None, step=0, epoch=0)

    assert not state(seen, "first").trainable
    assert not state(seen, "first").connected
    assert state(seen, "last").connected


class Nested(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = keras.Sequential([keras.layers.Dense(4, name="deep"), keras.layers.LSTM(3, name="lstm")])

    def call(self, x):
        return self.inner(x["series"])


def test_nested_models_that_are_not_built_yet_with_inputs_of_any_structure():
    model = Nested()
    model.compile("sgd", "mse")
    series = np.ones((5, 7, 2), np.float32)
    seen = observe(model, {"series": series}, np.zeros((5, 3), np.float32), np.ones(5), step=0, epoch=0)

    assert [layer.name for layer in seen.layers] == ["deep", "lstm"]
    assert math.isfinite(seen.loss)


def test_without_a_loss_there_are_outputs_but_no_gradients(batch):
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3, activation="softmax", name="last")])
    model.compile("sgd")
    seen = observe(model, *batch, None, step=0, epoch=0)

    assert math.isnan(seen.loss)
    assert math.isnan(state(seen, "last").gradient_norm)
    assert state(seen, "last").output_mean == pytest.approx(1 / 3)


def test_updates_are_what_the_weights_moved(batch):
    model = network()
    seen = observe(model, *batch, None, step=0, epoch=0)
    before = weights_of(model)
    layer = model.get_layer("last")
    layer.bias.assign(layer.bias + np.array([3.0, 0.0, 4.0], np.float32))
    moved = with_updates(seen, before, weights_of(model), steps=2)

    assert state(moved, "last").update_norm == pytest.approx(2.5)
    assert state(moved, "first").update_norm == 0
    assert math.isnan(state(moved, "relu").update_norm)


@pytest.mark.parametrize("size", [1e-25, 1.0, 1e25])
def test_norms_hold_whatever_float32_holds(size):
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4, name="only")])
    model.compile("sgd", "mse")
    weights = {"only": [np.zeros((6, 4), np.float32)]}
    seen = observe(model, np.full((8, 6), size, np.float32), np.zeros((8, 4)), None, step=0, epoch=0)
    moved = with_updates(seen, weights, {"only": [np.full((6, 4), size, np.float32)]}, steps=1)

    assert state(moved, "only").update_norm == pytest.approx(size * math.sqrt(24), rel=1e-5)
    assert 0 < state(seen, "only").output_std < math.inf


def test_the_spread_of_outputs_far_from_zero_is_not_lost():
    model = keras.Sequential([keras.Input((6,)), keras.layers.Activation("linear", name="same")])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(1e4, 1, (500, 6)).astype(np.float32)
    seen = observe(model, x, x, None, step=0, epoch=0)

    assert state(seen, "same").output_mean == pytest.approx(1e4, rel=1e-4)
    assert state(seen, "same").output_std == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_values_stay_as_they_were_while_the_training_goes_on(batch, optimizer):
    model = network(optimizer=optimizer)
    before, copies = values_of(model.weights), model.get_weights()
    model.fit(*batch, batch_size=8, epochs=2, verbose=0)

    for value, copy, now in zip(before, copies, model.get_weights(), strict=True):
        np.testing.assert_array_equal(value, copy)
        assert not np.array_equal(value, now)


def test_values_of_an_embedding_stay_as_they_were():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Embedding(9, 3), keras.layers.Flatten()])
    model.compile("adam", "mse")
    x = np.arange(32).reshape(8, 4) % 9
    model.fit(x, np.ones((8, 12)), verbose=0)
    before, copy = values_of(model.weights), model.get_weights()
    model.fit(x, np.ones((8, 12)), epochs=2, verbose=0)

    np.testing.assert_array_equal(before[0], copy[0])
    assert not np.array_equal(before[0], model.get_weights()[0])
