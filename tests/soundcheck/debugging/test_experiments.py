import keras
import numpy as np
import pytest
from keras import layers

from soundcheck.debugging.experiments import Plan, train
from soundcheck.debugging.samples import from_arrays


@pytest.fixture
def blobs():
    """Three separable clouds of 8 numbers."""
    random = np.random.default_rng(0)
    y = random.integers(0, 3, 240)
    return from_arrays(random.normal(size=(240, 8)) + 2 * np.eye(3, 8)[y], y, None, 240)


def network(*extra, rate=0.01, **settings):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((8,)), layers.Dense(16, activation="relu", **settings), *extra, layers.Dense(3)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    return model


@pytest.fixture
def mixed_float16():
    """New layers compute in float16; Keras then scales the loss, so that small gradients are not lost."""
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy("float32")


def test_it_trains_and_leaves_no_trace(blobs):
    model = network(layers.BatchNormalization(), layers.Dropout(0.5))
    before = [np.asarray(variable) for variable in model.variables]
    drawn = np.random.get_state()[1].copy()

    run = train(model, Plan(blobs, steps=60, batch_size=32), max_seconds=60)

    assert run.steps == 60
    assert run.fell_to < 0.5
    assert run.outputs.shape == (240, 3)
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    assert model.layers[2].rate == 0.5
    assert (np.random.get_state()[1] == drawn).all()


def test_the_same_plan_gives_the_same_run(blobs):
    model = network(layers.Dropout(0.5))
    plan = Plan(blobs, steps=20, batch_size=32)

    first, second = train(model, plan, 60), train(model, plan, 60)

    np.testing.assert_array_equal(first.losses, second.losses)


def test_the_fit_that_follows_is_the_one_that_would_have_been(blobs):
    def fitted(*, experiment):
        model = network(layers.Dropout(0.5))
        if experiment:
            train(model, Plan(blobs, steps=5, batch_size=32), 60)
        model.fit(blobs.x, blobs.y, epochs=2, verbose=0)
        return model.get_weights()

    fitted(experiment=False)  # the first training of a process draws more numbers than later ones
    for undisturbed, after in zip(fitted(experiment=False), fitted(experiment=True), strict=True):
        np.testing.assert_array_equal(undisturbed, after)


def test_a_rate_that_is_too_high_diverges_and_stops(blobs):
    run = train(network(), Plan(blobs, steps=60, batch_size=32, learning_rate=1e30), 60)

    assert run.diverged
    assert run.fell_to > 1
    assert run.steps < 60


@pytest.mark.usefixtures("mixed_float16")
@pytest.mark.parametrize("rate", [None, 0.1])
def test_in_float16_it_trains_as_fit_does(blobs, rate):
    model = network()
    model.compile(keras.optimizers.SGD(0.1), model.loss)

    run = train(model, Plan(blobs, steps=60, batch_size=32, learning_rate=rate), 60)

    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert run.fell_to < 0.5


@pytest.mark.usefixtures("mixed_float16")
def test_in_float16_gradients_too_small_for_it_are_not_lost(blobs):
    model = network()
    loss = model.loss
    model.compile(keras.optimizers.SGD(1e6), lambda y, outputs: 1e-7 * loss(y, outputs))

    run = train(model, Plan(blobs, steps=60, batch_size=32), 60)

    assert run.fell_to < 0.5


def test_a_loss_scaled_by_the_optimizers_own_factor_moves_the_model(blobs):
    model = network()
    model.compile(keras.optimizers.SGD(0.1, loss_scale_factor=2.0**15), model.loss)

    assert train(model, Plan(blobs, steps=60, batch_size=32), 60).fell_to < 0.5


def test_penalties_can_be_left_out(blobs):
    model = network(kernel_regularizer=keras.regularizers.L2(10.0))

    with_them = train(model, Plan(blobs, steps=60, batch_size=32), 60)
    without = train(model, Plan(blobs, steps=60, batch_size=32, penalties=False), 60)

    assert without.first < with_them.first
    assert without.last < np.log(3) / 2 < with_them.last


def test_the_time_is_bounded(blobs):
    assert train(network(), Plan(blobs, steps=10**6, batch_size=8), max_seconds=0.5).steps < 10**5


def test_a_training_step_of_its_own_is_not_imitated(blobs):
    class Own(keras.Sequential):
        def train_step(self, data):
            raise NotImplementedError

    model = Own([keras.Input((8,)), layers.Dense(3)])
    model.compile("sgd", "mse")

    assert train(model, Plan(blobs, steps=1, batch_size=8), 60) is None


def test_nothing_to_train_is_no_run(blobs):
    model = network()
    model.trainable = False
    model.compile("sgd", "mse")

    assert train(model, Plan(blobs, steps=1, batch_size=8), 60) is None
