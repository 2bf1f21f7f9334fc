import keras
import numpy as np
import pytest
from keras import layers

from soundcheck.debugging.heads import LabelKind, LossKind, heads_of, labels_of, loss_of
from soundcheck.debugging.layers import activation_of, leaf_layers


@pytest.mark.parametrize(
    ("targets", "kind", "classes"),
    [
        ([0, 1, 1, 0], LabelKind.BINARY, 2),
        ([0.0, 1.0, 1.0], LabelKind.BINARY, 2),
        ([-1, 1, 1], LabelKind.SIGNS, 2),
        ([1, 2, 3, 2], LabelKind.INTEGERS, 3),
        ([[1], [2], [5]], LabelKind.INTEGERS, 3),
        ([[1, 0, 0], [0, 0, 1]], LabelKind.ONE_HOT, 3),
        ([[0.9, 0.05, 0.05], [0.05, 0.05, 0.9]], LabelKind.ONE_HOT, 3),
        ([[1, 0, 1], [0, 0, 1]], LabelKind.MULTI_HOT, 3),
        ([0.5, 1.25, -3.0], LabelKind.REAL, 0),
        ([np.nan, 0.5], LabelKind.REAL, 0),
        (["yes", "no"], LabelKind.TEXT, 2),
        ([True, False], LabelKind.BINARY, 2),
    ],
)
def test_what_targets_look_like(targets, kind, classes):
    assert labels_of(np.array(targets)) == (kind, classes)


@pytest.mark.parametrize(
    ("loss", "kind", "from_logits", "by_name"),
    [
        ("sparse_categorical_crossentropy", LossKind.SPARSE_CATEGORICAL, False, True),
        ("mse", LossKind.REGRESSION, False, True),
        (keras.losses.MeanAbsoluteError(), LossKind.REGRESSION, False, False),
        (keras.losses.BinaryCrossentropy(from_logits=True), LossKind.BINARY, True, False),
        (keras.losses.binary_crossentropy, LossKind.BINARY, False, True),
        (keras.losses.CategoricalFocalCrossentropy(), LossKind.CATEGORICAL, False, False),
        (lambda _, predicted: predicted, LossKind.CUSTOM, False, True),
        (None, LossKind.NONE, False, False),
    ],
)
def test_what_a_loss_is(loss, kind, from_logits, by_name):
    found = loss_of(loss)

    assert (found.kind, found.from_logits, found.by_name) == (kind, from_logits, by_name)


def test_a_users_own_function_of_a_known_name_is_the_users_own():
    def mean_squared_error(_, predicted):
        return predicted

    assert loss_of(mean_squared_error).kind == LossKind.CUSTOM


def compiled(model, loss="mse", **settings):
    model.compile("adam", loss, **settings)
    return model


@pytest.mark.parametrize(
    ("last", "activations"),
    [
        ([layers.Dense(3, activation="softmax")], ("softmax",)),
        ([layers.Dense(3), layers.Activation("softmax")], ("softmax",)),
        ([layers.Dense(3, activation="softmax"), layers.Softmax()], ("softmax", "softmax")),
        ([layers.Dense(3, activation="relu"), layers.Dropout(0.1), layers.Softmax()], ("relu", "softmax")),
        ([layers.Dense(3)], ()),
        ([layers.Dense(4), layers.Reshape((2, 2))], ()),
        ([layers.Dense(3, activation=keras.activations.tanh)], ("tanh",)),
        ([layers.Dense(3, activation=layers.LeakyReLU())], ("leaky_relu",)),
    ],
)
def test_activations_after_the_last_weights(last, activations):
    first = layers.Dense(8, activation="relu", name="first")  # `last` got its names long ago
    model = compiled(keras.Sequential([keras.Input((5,)), first, *last]))

    (head,) = heads_of(model, model(np.zeros((2, 5))), None)

    assert (head.activations, head.activations_known) == (activations, True)


def test_the_head_of_a_nested_model_is_its_last_layer():
    inner = keras.Sequential([keras.Input((5,)), layers.Dense(2, activation="sigmoid", name="inside")])
    model = compiled(keras.Sequential([keras.Input((5,)), inner]))

    (head,) = heads_of(model, None, None)

    assert (head.layer, head.activation) == ("inside", "sigmoid")
    assert [layer.name for layer in leaf_layers(model)] == ["inside"]


def test_each_output_has_its_loss_metrics_and_targets():
    inputs = keras.Input((4,))
    outputs = {
        "b": layers.Dense(1, activation="sigmoid")(inputs),
        "a": layers.Dense(2)(inputs),
    }
    losses = {"a": "mse", "b": "binary_crossentropy"}
    model = compiled(keras.Model(inputs, outputs), losses, metrics={"b": ["accuracy"]})

    x = np.zeros((3, 4), np.float32)
    a, b = heads_of(model, model(x), {"a": np.full((3, 2), 0.3), "b": np.array([0, 1, 1])})

    assert (a.name, a.loss.kind, a.labels, a.units, a.metrics) == (
        "a",
        LossKind.REGRESSION,
        LabelKind.REAL,
        2,
        (),
    )
    assert (b.name, b.loss.kind, b.labels, b.units) == ("b", LossKind.BINARY, LabelKind.BINARY, 1)
    assert b.metrics == ("accuracy",)


def test_a_model_with_a_call_of_its_own_is_judged_by_its_outputs():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(4)

        def call(self, x):
            return keras.ops.softmax(self.dense(x))

    model = compiled(Own(), "sparse_categorical_crossentropy")
    outputs = np.asarray(model(np.random.default_rng(0).normal(size=(6, 3))))

    (head,) = heads_of(model, outputs, np.arange(6) % 4)

    assert (head.activation, head.activations_known, head.units) == ("softmax", False, 4)


def test_recurrent_layers_are_leaves_with_the_activation_of_their_outputs():
    model = keras.Sequential([keras.Input((5, 2)), layers.Bidirectional(layers.LSTM(3)), layers.GRU(2)][:2])

    assert {type(layer).__name__ for layer in leaf_layers(model)} == {"LSTM"}
    assert {activation_of(layer) for layer in leaf_layers(model)} == {"tanh"}
