"""What Soundcheck draws, a script must not miss."""

# ruff: noqa: S311
import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager import context as tf_context

from soundcheck.debugging.random_state import preserved_random_state, script_random_state


class Interference(keras.callbacks.Callback):
    """Draws from everything, in the middle of a training."""

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
        if batch % 2 == 0:
            with preserved_random_state(self.model):
                work_hard(self.model)

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002
        with preserved_random_state(self.model, threads_may_draw=True):
            self.model(tf.ones((2, 8, 8, 3)), training=True)
            tf.random.normal((3,))


def work_hard(model):
    random.random()
    np.random.rand(5)
    tf.random.normal((3,))
    tf.random.uniform((3,), seed=5)
    keras.random.normal((3,))
    model(tf.ones((2, 8, 8, 3)), training=True)
    model.predict_on_batch(np.ones((2, 8, 8, 3), "float32"))
    clone = keras.models.clone_model(model)
    clone.compile("adam", "mse")
    clone.fit(np.ones((4, 8, 8, 3)), np.ones((4, 1)), verbose=0)


class Noise(keras.layers.Layer):
    """Draws as scripts of TensorFlow 2 do, and from a generator of its own."""

    def __init__(self, **named):
        super().__init__(**named)
        self.generator = tf.random.Generator.from_seed(7)

    def call(self, inputs):
        shape = tf.shape(inputs)
        return inputs + 0.1 * tf.random.normal(shape) + 0.1 * self.generator.normal(shape)


def small_model():
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.RandomFlip(),
            Noise(),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )


def trained_weights(callbacks):
    """The weights and the draws after a training that uses every kind of random number."""
    keras.utils.set_random_seed(11)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(48, 8, 8, 3)).astype("float32"), rng.normal(size=(48, 1)).astype("float32")
    model = small_model()
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    model.fit(x, y, batch_size=16, epochs=2, shuffle=True, verbose=0, callbacks=callbacks)
    with_seed = [tf.random.uniform((2,), seed=5).numpy() for _ in range(2)]
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(48)
    dataset = dataset.map(lambda a, b: (a + tf.random.normal(tf.shape(a)), b)).batch(16)
    model.fit(dataset, shuffle=False, epochs=2, verbose=0, callbacks=callbacks)

    def batches():
        for _ in range(4):
            picked = np.random.permutation(48)[:8]
            yield x[picked] + random.random(), y[picked]

    def every_batch():
        for step, (a, b) in enumerate(batches()):
            loss = model.train_on_batch(a, b)
            for callback in callbacks:
                callback.set_model(model)
                callback.on_train_batch_end(step)
            yield loss

    losses = list(every_batch())
    later = [random.random(), np.random.rand(), float(tf.random.normal(())), float(keras.random.normal(()))]
    return [*model.get_weights(), *with_seed, losses, later, keras.layers.Dense(1).name]


@pytest.mark.slow
def test_a_training_is_bit_identical_with_interference():
    trained_weights([])  # the first training of a process draws more numbers than later ones
    keras.backend.clear_session()
    plain = trained_weights([])
    keras.backend.clear_session()
    again = trained_weights([Interference()])
    names = plain.pop(), again.pop()
    for one, other in zip(plain, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert names[0].rsplit("_")[0] == "dense"


def every_state():
    context = tf_context.context()
    seeds = None if context._seed is None else context._rng.getstate()
    return random.getstate(), repr(np.random.get_state(legacy=False)), context._seed, seeds


@pytest.mark.parametrize("seed", [None, 3, 1_618_033_988])
def test_every_state_is_put_back(seed):
    tf_context.context()._seed = None
    if seed is not None:
        keras.utils.set_random_seed(seed)
    np.random.randn()  # leaves half a pair behind
    number = int(keras.backend.get_uid("layer"))
    before = every_state()
    with preserved_random_state():
        random.seed(5)
        np.random.rand(1000)
        tf.random.normal((4,))
        keras.random.normal((4,))
        keras.backend.get_uid("layer")
    assert every_state() == before
    assert int(keras.backend.get_uid("layer")) == number + 1


def test_what_is_drawn_inside_is_always_the_same():
    def drawn():
        with preserved_random_state():
            return random.random(), np.random.rand(), float(keras.random.normal(()))

    keras.utils.set_random_seed(1)
    first = drawn()
    random.random()
    keras.random.normal(())
    assert drawn() == first


def test_a_script_keeps_drawing_from_its_own_state():
    np.random.seed(4)
    expected = np.random.rand(3)
    np.random.seed(4)
    drawn = [np.random.rand()]
    with preserved_random_state():
        np.random.rand(7)
        with script_random_state():
            drawn.append(np.random.rand())
        np.random.rand(7)
    drawn.append(np.random.rand())
    np.testing.assert_array_equal(drawn, expected)


def test_another_global_bit_generator_stays():
    saved = np.random.get_bit_generator()
    np.random.set_bit_generator(np.random.PCG64(5))
    try:
        expected = np.random.get_state(legacy=False)
        with preserved_random_state():
            np.random.rand(3)
        assert np.random.get_state(legacy=False) == expected
    finally:
        np.random.set_bit_generator(saved)


def test_a_model_is_put_back_bit_for_bit():
    model = small_model()
    model.count = tf.Variable(1)
    model.compile("adam", "mse", metrics=["mae"])
    x = np.ones((4, 8, 8, 3), "float32")
    model.train_on_batch(x, np.ones((4, 1)))
    functions = model.train_function, model.predict_function
    variables = [
        *model.variables,
        *model.optimizer.variables,
        *(v for m in model.metrics for v in m.variables),
    ]
    before = [variable.numpy().tobytes() for variable in variables]
    with preserved_random_state(model):
        model.count.assign(2)
        model.fit(x, np.full((4, 1), np.nan), verbose=0)
        model.predict(x, verbose=0)
    assert [variable.numpy().tobytes() for variable in variables] == before
    assert int(model.count) == 1
    assert (model.train_function, model.predict_function) == functions


def test_optimizer_variables_are_not_made():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    with preserved_random_state(model):
        model(tf.ones((1, 2)))
    assert not model.optimizer.built
    unbuilt = keras.Sequential([keras.layers.Dense(1)])
    unbuilt.compile("adam", "mse")
    with preserved_random_state(unbuilt):
        pass
    assert not unbuilt.built


def test_an_error_inside_puts_everything_back():
    np.random.seed(1)
    expected = np.random.rand()
    np.random.seed(1)
    with pytest.raises(ZeroDivisionError), preserved_random_state():
        np.random.rand() / 0
    assert np.random.rand() == expected
