"""Faults of the network itself, and the unusual networks that are right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from debugging_cases import case_before

from soundcheck.debugging.case import Case
from soundcheck.debugging.findings import Finding, Severity
from soundcheck.debugging.outcome import Outcome
from soundcheck.debugging.readers import readers_of
from soundcheck.debugging.record import Record
from soundcheck.debugging.rules import architecture
from soundcheck.debugging.standards import Standard

pytestmark = pytest.mark.filterwarnings(r"ignore:`build\(\)` was called on layer")

ROWS, FEATURES = 120, 8
RANDOM = np.random.default_rng(11)
X = RANDOM.normal(size=(ROWS, FEATURES)).astype("float32")
Y = (X[:, 0] * X[:, 1] > 0).astype("int64")
AMOUNTS = X[:, :1] ** 2
IDS = RANDOM.integers(0, 30, (ROWS, 6))
IMAGES = RANDOM.random((ROWS, 12, 12, 1)).astype("float32")
SEQUENCES = RANDOM.normal(size=(ROWS, 5, 3)).astype("float32")

layers = keras.layers
Dense = layers.Dense
NONLINEAR = Standard(0.9, 0.1)
LINEAR = Standard(0.8, 0.8)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    keras.utils.set_random_seed(2)


def case_of(
    model: Any, x: Any = X, y: Any = Y, *, loss: str = "binary_crossentropy", standard: Any = None
) -> Case:
    model = keras.Sequential(model) if isinstance(model, list) else model
    if not model.compiled:
        model.compile(optimizer="adam", loss=loss)
    case = case_before(model, x, y)
    case.__dict__["standard"] = standard
    return case


def after(case: Case, *, poor: bool, flat: bool = True) -> Case:
    logs = [{"loss": 0.7 if flat else 0.7 - 0.05 * epoch} for epoch in range(8)]
    trained = replace(case, record=Record(epochs=logs, finished=True))
    trained.__dict__["outcome"] = Outcome(0.1 if poor else 0.95, None, poor)
    trained.__dict__["standard"] = case.__dict__["standard"]
    return trained


def alarms(case: Case) -> list[Finding]:
    found = [finding for rule in architecture.RULES for finding in rule(case)]
    return [finding for finding in found if finding.severity > Severity.INFO]


def causes(case: Case) -> list[str]:
    return sorted({str(finding.cause) for finding in alarms(case)})


def quiet(case: Case) -> bool:
    return not alarms(case) and not alarms(after(case, poor=False))


STACK = [Dense(16), layers.Dropout(0.2), Dense(16), Dense(1, "sigmoid")]


def test_a_stack_without_activations_is_one_linear_layer() -> None:
    assert causes(case_of([Dense(16), Dense(16), Dense(1, "sigmoid")], standard=NONLINEAR)) == [
        "hidden_activation"
    ]
    assert causes(case_of([Dense(16), layers.BatchNormalization(), Dense(1)], y=AMOUNTS, loss="mse",
                          standard=NONLINEAR)) == ["hidden_activation"]  # fmt: skip
    convolutions = [layers.Conv2D(4, 3), layers.AveragePooling2D(2), layers.Flatten(), Dense(3, "softmax")]
    found = case_of(convolutions, IMAGES, Y, loss="sparse_categorical_crossentropy", standard=NONLINEAR)
    assert causes(found) == ["hidden_activation"]


def test_a_linear_stack_that_is_as_good_as_any_is_left_in_peace() -> None:
    case = case_of([Dense(16), Dense(16), Dense(1, "sigmoid")], standard=LINEAR)
    assert quiet(case)
    assert alarms(after(case, poor=True)) == []


def test_convolutions_without_activation_but_pooling_are_blamed_after_a_poor_end() -> None:
    network = [layers.Conv2D(4, 3), layers.MaxPooling2D(), layers.Flatten(), Dense(8), Dense(2, "softmax")]
    case = case_of(network, IMAGES, Y, loss="sparse_categorical_crossentropy")
    assert quiet(case)
    assert causes(after(case, poor=True)) == ["hidden_activation"]


@pytest.mark.parametrize(
    "network",
    [
        [Dense(16, "relu"), Dense(1, "sigmoid")],
        [Dense(16), layers.LeakyReLU(), Dense(1, "sigmoid")],
        [Dense(16, "tanh"), Dense(16), Dense(1)],
        [layers.Lambda(lambda x: x * x), Dense(4), Dense(1)],
        [Dense(1)],
    ],
)
def test_one_nonlinear_layer_is_enough(network: Any) -> None:
    assert quiet(case_of(network, y=AMOUNTS, loss="mse", standard=Standard(0.9, 0.85)))


class _OwnCall(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.spare, self.last = Dense(8), Dense(4), Dense(1)

    def call(self, inputs: Any) -> Any:
        return self.last(keras.ops.relu(self.first(inputs)))


def test_an_activation_in_a_models_own_call_is_seen() -> None:
    case = case_of(_OwnCall(), y=AMOUNTS, loss="mse", standard=NONLINEAR)
    assert quiet(case)
    assert "layer_disconnected" in causes(after(case, poor=True))


def test_a_deep_stack_of_sigmoids() -> None:
    deep = [*(Dense(16, "sigmoid") for _ in range(9)), Dense(1, "sigmoid")]
    assert causes(case_of(deep)) == ["hidden_activation"]
    four = case_of([*(Dense(16, "sigmoid") for _ in range(4)), Dense(1, "sigmoid")])
    assert quiet(four)
    assert quiet(case_of([*(Dense(16, "tanh") for _ in range(6)), Dense(1, "sigmoid")]))
    assert quiet(case_of([*(Dense(16, "relu") for _ in range(12)), Dense(1, "sigmoid")]))


def test_a_hidden_softmax_is_blamed_after_a_poor_end() -> None:
    case = case_of([Dense(16, "softmax"), Dense(1, "sigmoid")])
    assert quiet(case)
    assert causes(after(case, poor=True)) == ["hidden_activation"]


def test_too_narrow_a_layer() -> None:
    narrow = case_of([Dense(2, "relu"), Dense(1, "sigmoid")], standard=NONLINEAR)
    assert quiet(narrow)
    assert causes(after(narrow, poor=True)) == ["capacity_too_small"]
    assert alarms(after(narrow, poor=True, flat=False)) == []
    ten = np.arange(ROWS) % 10
    classes = case_of(
        [Dense(32, "relu"), Dense(3, "relu"), Dense(10, "softmax")],
        y=ten,
        loss="sparse_categorical_crossentropy",
        standard=LINEAR,
    )
    assert causes(after(classes, poor=True)) == ["capacity_too_small"]
    assert (
        alarms(after(case_of([Dense(16, "relu"), Dense(1, "sigmoid")], standard=NONLINEAR), poor=True)) == []
    )


def test_no_hidden_layer_is_too_little_for_what_is_not_linear() -> None:
    assert causes(after(case_of([Dense(1, "sigmoid")], standard=NONLINEAR), poor=True)) == [
        "capacity_too_small"
    ]
    assert alarms(after(case_of([Dense(1, "sigmoid")], standard=LINEAR), poor=True)) == []


def test_the_bottleneck_of_an_autoencoder_is_meant() -> None:
    case = case_of(
        [Dense(16, "relu"), Dense(2), Dense(16, "relu"), Dense(FEATURES)], y=X, loss="mse", standard=NONLINEAR
    )
    assert "capacity_too_small" not in causes(after(case, poor=True))


@pytest.mark.parametrize(
    "network",
    [
        [Dense(8, "relu"), Dense(2, "softmax"), layers.Dropout(0.5)],
        [Dense(8, "relu"), Dense(2), layers.Dropout(0.5), layers.Softmax()],
        [Dense(8, "relu"), Dense(2, "softmax"), layers.BatchNormalization()],
    ],
)
def test_what_does_not_belong_after_the_output(network: Any) -> None:
    assert causes(case_of(network, loss="sparse_categorical_crossentropy")) == ["layer_misuse"]


def test_normalisation_between_the_last_weights_and_the_softmax_is_right() -> None:
    network = [Dense(8, "relu"), layers.Dropout(0.5), Dense(2), layers.BatchNormalization(), layers.Softmax()]
    assert quiet(case_of(network, loss="sparse_categorical_crossentropy"))


def test_a_softmax_over_the_steps() -> None:
    labels = np.arange(ROWS * 5).reshape(ROWS, 5) % 4
    over_steps = [Dense(4), layers.Softmax(axis=1)]
    sparse = "sparse_categorical_crossentropy"
    assert causes(case_of(over_steps, SEQUENCES, labels, loss=sparse)) == ["layer_misuse"]
    assert quiet(case_of([Dense(4), layers.Softmax()], SEQUENCES, labels, loss=sparse))


def test_a_softmax_over_the_rows() -> None:
    network = [Dense(3), layers.Lambda(lambda x: keras.ops.softmax(x, axis=0))]
    case = case_of(network, loss="sparse_categorical_crossentropy")
    assert causes(case) == ["layer_misuse"]


def test_ids_beyond_the_table() -> None:
    network = [layers.Embedding(20, 4), layers.Flatten(), Dense(1, "sigmoid")]
    assert causes(case_of([keras.Input((6,)), *network], IDS)) == ["layer_misuse"]
    assert causes(case_of(network, IDS)) == ["layer_misuse"]
    assert causes(case_of([layers.Embedding(30, 4), layers.Flatten(), Dense(1)], IDS / 30)) == [
        "layer_misuse"
    ]
    assert quiet(
        case_of([layers.Embedding(30, 4), layers.Flatten(), Dense(1, "sigmoid")], IDS.astype("float32"))
    )


class _Columns(keras.Model):
    """Two columns of ids in one array, numbered each for itself, and positions that are no input at all."""

    def __init__(self, users: int, goods: int) -> None:
        super().__init__()
        self.users, self.goods = (
            layers.Embedding(users, 4, name="users"),
            layers.Embedding(goods, 4, name="goods"),
        )
        self.places, self.last = layers.Embedding(2, 4, name="places"), Dense(1, "sigmoid")

    def call(self, inputs: Any) -> Any:
        ids = keras.ops.cast(inputs, "int32")
        place = keras.ops.sum(self.places(keras.ops.arange(2)), axis=0)
        return self.last(self.users(ids[:, 0]) * self.goods(ids[:, 1]) + place)


PAIRS = np.stack([RANDOM.integers(0, 5, ROWS), RANDOM.integers(0, 40, ROWS)], axis=1)
PAIRS[0] = 4, 39


def test_ids_in_the_columns_of_one_array_are_held_against_their_own_table() -> None:
    assert quiet(case_of(_Columns(5, 40), PAIRS))
    (found,) = alarms(case_of(_Columns(5, 30), PAIRS))
    assert (found.where.name, "input_dim=40" in found.remedy) == ("goods", True)


def test_amounts_next_to_a_column_of_ids_are_no_ids() -> None:
    class Mixed(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.table, self.last = layers.Embedding(5, 4), Dense(1, "sigmoid")

        def call(self, inputs: Any) -> Any:
            table = self.table(keras.ops.cast(inputs[:, -1], "int32"))
            return self.last(keras.ops.concatenate([inputs[:, :-1], table], axis=1))

    mixed = np.concatenate([X, PAIRS[:, :1]], axis=1).astype("float32")
    assert quiet(case_of(Mixed(), mixed))


def test_scaled_ids_are_to_be_whole_not_to_have_another_table() -> None:
    (found,) = alarms(case_of([layers.Embedding(30, 4), layers.Flatten(), Dense(1)], IDS / 30))
    assert "input_dim" not in found.remedy


class _OwnStep(keras.Model):
    def train_step(self, data: Any) -> dict[str, Any]:
        raise NotImplementedError(data)


def test_what_an_own_train_step_makes_of_a_batch_is_not_known() -> None:
    inputs = keras.Input((3,))
    assert quiet(case_of(_OwnStep(inputs, Dense(1, "sigmoid")(inputs)), SEQUENCES))


def test_readers_are_found_beside_the_mask_of_an_embedding() -> None:
    network = [keras.Input((6,)), layers.Embedding(30, 4, mask_zero=True), layers.GRU(4), Dense(1)]
    assert readers_of(case_of(network, IDS)) == []


def test_rows_of_another_shape() -> None:
    swapped = case_of([keras.Input((3, 5)), layers.LSTM(4), Dense(1, "sigmoid")], SEQUENCES)
    assert causes(swapped) == ["wrong_axis"]
    assert causes(case_of([keras.Input((FEATURES + 1,)), Dense(1, "sigmoid")])) == ["layer_misuse"]


def test_an_input_that_leads_nowhere() -> None:
    one, two = keras.Input((FEATURES,)), keras.Input((FEATURES,))
    lost = keras.Model([one, two], Dense(1, "sigmoid")(one))
    assert causes(case_of(lost, [X, X])) == ["layer_disconnected"]
    joined = keras.Model([one, two], Dense(1, "sigmoid")(layers.Concatenate()([one, two])))
    assert quiet(case_of(joined, [X, X]))


def test_a_branch_that_was_forgotten() -> None:
    inputs = keras.Input((FEATURES,))
    Dense(16, "relu")(inputs)
    model = keras.Model(inputs, Dense(1, "sigmoid")(inputs))
    (found,) = alarms(case_of(model))
    assert found.cause == "layer_disconnected"


def test_a_branch_of_a_model_that_cannot_be_judged_is_but_a_hint() -> None:
    inputs = keras.Input((FEATURES,))
    Dense(16, "relu")(inputs)
    assert quiet(case_of(_OwnStep(inputs, Dense(1, "sigmoid")(inputs))))


def test_a_top_that_was_dropped_on_purpose() -> None:
    base = keras.Sequential([keras.Input((FEATURES,)), Dense(16, "relu"), Dense(5, "softmax")])
    model = keras.Model(base.inputs, Dense(1, "sigmoid")(base.layers[0].output))
    assert quiet(case_of(model))
    encoded = keras.Sequential([keras.Input((FEATURES,)), Dense(4, "relu")])
    decoder = keras.Model(encoded.inputs, Dense(FEATURES)(encoded.outputs[0]))
    classifier = keras.Model(encoded.inputs, Dense(1, "sigmoid")(encoded.outputs[0]))
    assert quiet(case_of(classifier))
    assert decoder.built


class _Cut(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.last = Dense(8, "relu"), Dense(8, "relu"), Dense(1, "sigmoid")

    def call(self, inputs: Any) -> Any:
        return self.last(keras.ops.stop_gradient(self.second(self.first(inputs))))


def test_weights_that_no_gradient_reaches() -> None:
    assert causes(case_of(_Cut())) == ["layer_disconnected"]


def test_frozen_layers() -> None:
    model = keras.Sequential([keras.Input((FEATURES,)), Dense(16, "relu"), Dense(1, "sigmoid")])
    model.trainable = False
    assert causes(case_of(model)) == ["layer_frozen"]
    output = keras.Sequential(
        [keras.Input((FEATURES,)), Dense(16, "relu"), Dense(16, "sigmoid", trainable=False)]
    )
    assert causes(case_of(output, y=RANDOM.integers(0, 2, (ROWS, 16)).astype("float32"))) == ["layer_frozen"]
    hidden = [keras.Input((FEATURES,)), Dense(16, "relu", trainable=False), Dense(1, "sigmoid")]
    random_features = case_of(hidden)
    assert quiet(random_features)
    assert causes(after(random_features, poor=True)) == ["layer_frozen"]


def test_a_random_table_that_is_frozen() -> None:
    network = [layers.Embedding(30, 8, trainable=False), layers.Flatten(), Dense(1, "sigmoid")]
    case = case_of(network, IDS)
    assert quiet(case)
    assert causes(after(case, poor=True)) == ["layer_frozen"]
    loaded = case_of([layers.Embedding(30, 8, trainable=False), layers.Flatten(), Dense(1, "sigmoid")], IDS)
    loaded.model.layers[0].set_weights([RANDOM.normal(size=(30, 8))])
    assert alarms(after(loaded, poor=True)) == []


def test_trained_layers_may_be_frozen() -> None:
    base = Dense(16, "relu", trainable=False)
    model = keras.Sequential([keras.Input((FEATURES,)), base, Dense(1, "sigmoid")])
    base.set_weights([RANDOM.normal(size=(FEATURES, 16)), RANDOM.normal(size=16)])
    assert alarms(after(case_of(model), poor=True)) == []


def test_the_discriminator_is_frozen_inside_a_gan() -> None:
    discriminator = keras.Sequential([keras.Input((FEATURES,)), Dense(16, "relu"), Dense(1, "sigmoid")])
    discriminator.compile(optimizer="adam", loss="binary_crossentropy")
    discriminator.trainable = False
    generator = keras.Sequential([keras.Input((4,)), Dense(16, "relu"), Dense(FEATURES)])
    gan = keras.Sequential([generator, discriminator])
    assert quiet(case_of(gan, X[:, :4], np.ones(ROWS)))
