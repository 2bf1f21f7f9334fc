"""Which combinations of loss, last layer, targets and metrics are named, and which are left in peace."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundcheck.config import DebuggingConfig
from soundcheck.debugging.case import Case
from soundcheck.debugging.findings import Cause, Finding, Severity
from soundcheck.debugging.heads import heads_of
from soundcheck.debugging.outcome import Outcome
from soundcheck.debugging.record import Record
from soundcheck.debugging.rules import agreement
from soundcheck.debugging.rules.arguments import compile_findings, fit_findings, refused_fit_findings
from soundcheck.debugging.samples import from_arrays

pytestmark = pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")

ROWS, FEATURES = 96, 6
RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(ROWS, FEATURES)).astype("float32")
THREE = np.arange(ROWS) % 3
TWO = np.arange(ROWS) % 2
SIGNS = 2 * TWO - 1
ONE_HOT = np.eye(3, dtype="float32")[THREE]
ONE_HOT_OF_TWO = np.eye(2, dtype="float32")[TWO]
MULTI_HOT = (RANDOM.random((ROWS, 3)) < 0.6).astype("float32")
AMOUNTS = RANDOM.normal(50, 20, ROWS).astype("float32")
STANDARD = RANDOM.normal(0, 1, ROWS).astype("float32")
POSITIVE = RANDOM.gamma(2.0, 1.0, ROWS).astype("float32")
SHARES = RANDOM.dirichlet(np.ones(3), ROWS).astype("float32")
COUNTS = RANDOM.poisson(40, ROWS).astype("float32")
PIXELS = RANDOM.random((ROWS, FEATURES)).astype("float32")

Dense = keras.layers.Dense
losses, metrics = keras.losses, keras.metrics


def case_of(layers: Any, loss: Any, y: Any, given_metrics: Any = None, x: Any = X) -> Case:
    """The case of an untrained model; its outputs spread like those of a trained one, so that signs vary."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential(layers) if isinstance(layers, list) else layers
    model.compile(optimizer="adam", loss=loss, metrics=given_metrics)
    sample = from_arrays(x, y, None, 2048)
    try:
        outputs = np.asarray(model(sample.x, training=False))
    except Exception:  # noqa: BLE001
        outputs = None
    return Case(model, sample, None, heads_of(model, outputs, sample.y), None, DebuggingConfig())


def alarms(case: Case) -> list[Finding]:
    found = [finding for rule in agreement.RULES for finding in rule(case)]
    return [finding for finding in found if finding.severity > Severity.INFO]


def causes(case: Case) -> set[str]:
    return {str(finding.cause) for finding in alarms(case)}


def after(case: Case, *, poor: bool) -> Case:
    trained = replace(case, record=Record(finished=True))
    trained.__dict__["outcome"] = Outcome(0.1 if poor else 0.95, None, poor)
    return trained


FAULTS = {
    "softmax on one unit": ([Dense(1, "softmax")], "binary_crossentropy", TWO, "output_activation"),
    "softmax on one unit, mse": ([Dense(1, "softmax")], "mse", AMOUNTS, "output_activation"),
    "softmax on one unit, sparse": (
        [Dense(1, "softmax")],
        "sparse_categorical_crossentropy",
        TWO,
        "output_activation",
    ),
    "softmax on one unit, categorical": (
        [Dense(1, "softmax")],
        "categorical_crossentropy",
        TWO,
        "output_activation",
    ),
    "one softmax unit for three classes": (
        [Dense(1, "softmax")],
        "sparse_categorical_crossentropy",
        THREE,
        "output_units",
    ),
    "softmax forgotten": ([Dense(3)], "sparse_categorical_crossentropy", THREE, "output_activation"),
    "softmax forgotten, one-hot": ([Dense(3)], "categorical_crossentropy", ONE_HOT, "output_activation"),
    "sigmoid forgotten": ([Dense(1)], "binary_crossentropy", TWO, "output_activation"),
    "from_logits forgotten": ([Dense(3)], losses.SparseCategoricalCrossentropy(), THREE, "loss_function"),
    "from_logits forgotten, binary": ([Dense(1)], losses.BinaryCrossentropy(), TWO, "loss_function"),
    "a bare function takes no from_logits": (
        [Dense(3)],
        losses.sparse_categorical_crossentropy,
        THREE,
        "output_activation",
    ),
    "relu before the loss": (
        [Dense(3, "relu")],
        "sparse_categorical_crossentropy",
        THREE,
        "output_activation",
    ),
    "relu instead of sigmoid": ([Dense(1, "relu")], "binary_crossentropy", TWO, "output_activation"),
    "tanh instead of sigmoid": ([Dense(1, "tanh")], "binary_crossentropy", TWO, "output_activation"),
    "softmax and from_logits": (
        [Dense(3, "softmax")],
        losses.SparseCategoricalCrossentropy(from_logits=True),
        THREE,
        "output_activation",
    ),
    "sigmoid and from_logits": (
        [Dense(1, "sigmoid")],
        losses.BinaryCrossentropy(from_logits=True),
        TWO,
        "output_activation",
    ),
    "relu'd logits": (
        [Dense(3, "relu")],
        losses.SparseCategoricalCrossentropy(from_logits=True),
        THREE,
        "output_activation",
    ),
    "softmax twice": (
        [Dense(3, "softmax"), keras.layers.Softmax()],
        "categorical_crossentropy",
        ONE_HOT,
        "output_activation",
    ),
    "relu before softmax": (
        [Dense(3, "relu"), keras.layers.Activation("softmax")],
        "categorical_crossentropy",
        ONE_HOT,
        "output_activation",
    ),
    "sigmoid for large amounts": ([Dense(1, "sigmoid")], "mse", AMOUNTS, "output_activation"),
    "sigmoid for standardised amounts": ([Dense(1, "sigmoid")], "mse", STANDARD, "output_activation"),
    "tanh for amounts": ([Dense(1, "tanh")], "mae", AMOUNTS, "output_activation"),
    "relu for negative amounts": ([Dense(1, "relu")], "mse", STANDARD, "output_activation"),
    "softmax for several amounts": (
        [Dense(3, "softmax")],
        "mse",
        np.stack([STANDARD] * 3, axis=1),
        "output_activation",
    ),
    "poisson without a positive output": ([Dense(1)], "poisson", COUNTS, "output_activation"),
    "a softmax for several labels": (
        [Dense(3, "softmax")],
        "binary_crossentropy",
        MULTI_HOT,
        "output_activation",
    ),
    "sigmoid with categorical": ([Dense(3, "sigmoid")], "categorical_crossentropy", ONE_HOT, "loss_function"),
    "sigmoid with sparse": ([Dense(3, "sigmoid")], "sparse_categorical_crossentropy", THREE, "loss_function"),
    "categorical on one unit": ([Dense(1, "sigmoid")], "categorical_crossentropy", TWO, "loss_function"),
    "sparse on one unit": ([Dense(1, "sigmoid")], "sparse_categorical_crossentropy", TWO, "loss_function"),
    "crossentropy of amounts": ([Dense(1)], "binary_crossentropy", AMOUNTS, "loss_function"),
    "crossentropy of amounts by sigmoid": (
        [Dense(1, "sigmoid")],
        "binary_crossentropy",
        STANDARD,
        "loss_function",
    ),
    "categorical for amounts": ([Dense(1)], "categorical_crossentropy", AMOUNTS, "loss_function"),
    "sparse for amounts": (
        [Dense(10, "softmax")],
        "sparse_categorical_crossentropy",
        AMOUNTS,
        "loss_function",
    ),
    "class numbers with mse": ([Dense(3, "softmax")], "mse", THREE, "loss_function"),
    "binary for many classes": ([Dense(3, "softmax")], "binary_crossentropy", ONE_HOT, "loss_function"),
    "binary for class numbers": ([Dense(3, "softmax")], "binary_crossentropy", THREE, "loss_function"),
    "several labels with categorical": (
        [Dense(3, "softmax")],
        "categorical_crossentropy",
        MULTI_HOT,
        "loss_function",
    ),
    "percentage of zero": ([Dense(1)], "mape", np.maximum(AMOUNTS - 50, 0), "loss_function"),
    "logarithm of negatives": ([Dense(1)], "msle", STANDARD, "loss_function"),
    "one-hot with sparse": (
        [Dense(3, "softmax")],
        "sparse_categorical_crossentropy",
        ONE_HOT,
        "label_encoding",
    ),
    "numbers with categorical": ([Dense(3, "softmax")], "categorical_crossentropy", THREE, "label_encoding"),
    "labels from 1": ([Dense(3, "softmax")], "sparse_categorical_crossentropy", THREE + 1, "label_encoding"),
    "labels below 0": ([Dense(3, "softmax")], "sparse_categorical_crossentropy", THREE - 1, "label_encoding"),
    "labels with gaps": (
        [Dense(3, "softmax")],
        "sparse_categorical_crossentropy",
        THREE * 5,
        "label_encoding",
    ),
    "labels scaled": (
        [Dense(3, "softmax")],
        "sparse_categorical_crossentropy",
        THREE / np.float32(255),
        "label_encoding",
    ),
    "signs with binary": ([Dense(1, "sigmoid")], "binary_crossentropy", SIGNS, "label_encoding"),
    "one and two with binary": ([Dense(1, "sigmoid")], "binary_crossentropy", TWO + 1, "label_encoding"),
    "text": (
        [Dense(3, "softmax")],
        "sparse_categorical_crossentropy",
        np.array(["a", "b", "c"])[THREE],
        "label_encoding",
    ),
    "one-hot from 1": (
        [Dense(3, "softmax")],
        "categorical_crossentropy",
        np.eye(4)[THREE + 1],
        "label_encoding",
    ),
    "one-hot for one unit": ([Dense(1, "sigmoid")], "binary_crossentropy", ONE_HOT_OF_TWO, "label_encoding"),
    "numbers with categorical hinge": ([Dense(3)], "categorical_hinge", THREE, "label_encoding"),
    "too few units": ([Dense(2, "softmax")], "sparse_categorical_crossentropy", THREE, "output_units"),
    "too few units, one-hot": ([Dense(2, "softmax")], "categorical_crossentropy", ONE_HOT, "output_units"),
    "one unit for three classes": ([Dense(1, "sigmoid")], "binary_crossentropy", THREE, "output_units"),
    "two units for one label": ([Dense(2, "sigmoid")], "binary_crossentropy", TWO, "output_units"),
    "three amounts for one": ([Dense(3)], "mse", AMOUNTS, "output_units"),
    "one amount for three": ([Dense(1)], "mse", np.stack([AMOUNTS] * 3, axis=1), "output_units"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_cause_is_named(name: str) -> None:
    layers, loss, y, cause = FAULTS[name]
    assert causes(case_of(layers, loss, y)) == {cause}


RIGHT = {
    "softmax, numbers": ([Dense(3, "softmax")], "sparse_categorical_crossentropy", THREE),
    "numbers as a column of floats": (
        [Dense(3, "softmax")],
        "sparse_categorical_crossentropy",
        THREE[:, None].astype("float32"),
    ),
    "more units than classes": ([Dense(7, "softmax")], "sparse_categorical_crossentropy", THREE),
    "two softmax units": ([Dense(2, "softmax")], "sparse_categorical_crossentropy", TWO),
    "a class to ignore": (
        [Dense(3, "softmax")],
        losses.SparseCategoricalCrossentropy(ignore_class=-1),
        THREE - (THREE == 0),
    ),
    "softmax, one-hot": ([Dense(3, "softmax")], "categorical_crossentropy", ONE_HOT),
    "smoothed labels": ([Dense(3, "softmax")], losses.CategoricalCrossentropy(label_smoothing=0.1), ONE_HOT),
    "shares": ([Dense(3, "softmax")], "categorical_crossentropy", SHARES),
    "shares by divergence": ([Dense(3, "softmax")], "kl_divergence", SHARES),
    "logits": ([Dense(3)], losses.SparseCategoricalCrossentropy(from_logits=True), THREE),
    "log_softmax as logits": (
        [Dense(3, "log_softmax")],
        losses.SparseCategoricalCrossentropy(from_logits=True),
        THREE,
    ),
    "binary logits": ([Dense(1)], losses.BinaryCrossentropy(from_logits=True), TWO),
    "sigmoid": ([Dense(1, "sigmoid")], "binary_crossentropy", TWO),
    "sigmoid of chances": ([Dense(1, "sigmoid")], "binary_crossentropy", np.clip(STANDARD / 6 + 0.5, 0, 1)),
    "softmax over two with binary": ([Dense(2, "softmax")], "binary_crossentropy", ONE_HOT_OF_TWO),
    "one against the rest": ([Dense(3, "sigmoid")], "binary_crossentropy", ONE_HOT),
    "several labels": ([Dense(3, "sigmoid")], "binary_crossentropy", MULTI_HOT),
    "normalised before softmax": (
        [Dense(3), keras.layers.BatchNormalization(), keras.layers.Softmax()],
        "categorical_crossentropy",
        ONE_HOT,
    ),
    "leaky before softmax": (
        [Dense(3), keras.layers.LeakyReLU(), keras.layers.Softmax()],
        "categorical_crossentropy",
        ONE_HOT,
    ),
    "hinge": ([Dense(1)], "hinge", SIGNS),
    "hinge with tanh": ([Dense(1, "tanh")], "squared_hinge", TWO),
    "categorical hinge": ([Dense(3)], "categorical_hinge", ONE_HOT),
    "least squares of labels": ([Dense(1)], "mse", TWO),
    "Brier's score": ([Dense(3, "softmax")], "mse", ONE_HOT),
    "regression": ([Dense(1)], "mse", AMOUNTS),
    "regression of a column": ([Dense(1)], "huber", AMOUNTS[:, None]),
    "regression of several": ([Dense(2)], "mae", np.stack([AMOUNTS, STANDARD], axis=1)),
    "positive amounts by relu": ([Dense(1, "relu")], "mse", POSITIVE),
    "positive amounts by softplus": ([Dense(1, "softplus")], "msle", POSITIVE),
    "a little beyond tanh": ([Dense(1, "tanh")], "mse", STANDARD / 3),
    "amounts from 0 to 1 by sigmoid": ([Dense(1, "sigmoid")], "mse", np.clip(STANDARD / 6 + 0.5, 0, 1)),
    "ordered grades as amounts": ([Dense(1)], "mse", THREE),
    "counts": ([Dense(1, "exponential")], "poisson", COUNTS),
    "an own loss": ([Dense(1)], lambda y, p: keras.ops.mean(keras.ops.square(y - p)), AMOUNTS),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_left_in_peace(name: str) -> None:
    layers, loss, y = RIGHT[name]
    assert alarms(case_of(layers, loss, y)) == []
    assert alarms(after(case_of(layers, loss, y), poor=False)) == []


@pytest.mark.parametrize("loss", ["mse", "binary_crossentropy"])
def test_an_autoencoder_of_values_from_0_to_1_is_right(loss: str) -> None:
    layers = [Dense(3, "relu"), Dense(FEATURES, "sigmoid")]
    assert alarms(case_of(layers, loss, PIXELS, ["accuracy"], x=PIXELS)) == []


@pytest.mark.parametrize("loss", ["mse", "binary_crossentropy"])
def test_an_autoencoder_of_unscaled_pixels_is_not(loss: str) -> None:
    pixels = np.round(PIXELS * 255)
    assert causes(case_of([Dense(FEATURES, "sigmoid")], loss, pixels, x=pixels)) == {"input_not_normalised"}


def test_an_autoencoder_of_standardised_values_needs_another_output() -> None:
    assert causes(case_of([Dense(FEATURES, "sigmoid")], "mse", X)) == {"output_activation"}


SEQUENCES = RANDOM.normal(size=(ROWS, 5, 2)).astype("float32")
LSTM = keras.layers.LSTM


@pytest.mark.parametrize(
    ("layers", "loss", "y"),
    [
        ([LSTM(4, return_sequences=True), Dense(1)], "mse", AMOUNTS),
        ([LSTM(4, return_sequences=True), Dense(3, "softmax")], "sparse_categorical_crossentropy", THREE),
        ([keras.layers.Conv1D(4, 3), Dense(3, "softmax")], "categorical_crossentropy", ONE_HOT),
        ([LSTM(4), Dense(1)], "mse", SEQUENCES[..., :1]),
    ],
)
def test_answers_for_each_step_need_targets_for_each_step(layers: Any, loss: str, y: Any) -> None:
    assert causes(case_of(layers, loss, y, x=SEQUENCES)) == {"layer_misuse"}


@pytest.mark.parametrize(
    ("layers", "loss", "y"),
    [
        ([LSTM(4, return_sequences=True), Dense(1)], "mse", SEQUENCES[..., 0]),
        ([LSTM(4, return_sequences=True), Dense(1)], "mse", SEQUENCES[..., :1]),
        ([LSTM(4, return_sequences=True), Dense(2)], "mse", SEQUENCES),
        ([Dense(2, "softmax")], "sparse_categorical_crossentropy", (SEQUENCES[..., 0] > 0).astype(int)),
        ([Dense(3, "softmax")], "sparse_categorical_crossentropy", np.eye(5, dtype=int)[THREE]),
        ([keras.layers.Flatten(), Dense(5)], "mse", SEQUENCES[..., 0]),
    ],
)
def test_targets_for_each_step_are_right(layers: Any, loss: str, y: Any) -> None:
    assert alarms(case_of(layers, loss, y, x=SEQUENCES)) == []


class _Subclassed(keras.Model):
    def __init__(self, activation: str | None, units: int) -> None:
        super().__init__()
        self.dense = Dense(units, activation)

    def call(self, inputs: Any) -> Any:
        return self.dense(inputs)


def test_outputs_show_what_a_subclassed_model_does_not_say() -> None:
    sparse = "sparse_categorical_crossentropy"
    assert causes(case_of(_Subclassed(None, 3), sparse, THREE)) == {"output_activation"}
    assert alarms(case_of(_Subclassed("softmax", 3), sparse, THREE)) == []


def test_a_mean_of_softmaxes_gives_probabilities() -> None:
    inputs = keras.Input((FEATURES,))
    outputs = keras.layers.Average()([Dense(3, "softmax")(inputs), Dense(3, "softmax")(inputs)])
    model = keras.Model(inputs, outputs)
    assert alarms(case_of(model, "sparse_categorical_crossentropy", THREE, ["accuracy"])) == []


METRICS = {
    "accuracy of amounts": ([Dense(1)], "mse", AMOUNTS, ["accuracy"]),
    "accuracy of whole amounts": ([Dense(1)], "mse", COUNTS, ["mae", "acc"]),
    "recall of amounts": ([Dense(1)], "mse", AMOUNTS, [metrics.Recall()]),
    "exact accuracy": ([Dense(3, "softmax")], "categorical_crossentropy", ONE_HOT, [metrics.Accuracy()]),
    "one-hot accuracy of numbers": (
        [Dense(3, "softmax")],
        "sparse_categorical_crossentropy",
        THREE,
        ["categorical_accuracy"],
    ),
    "accuracy of numbers on one-hot": (
        [Dense(3, "softmax")],
        "categorical_crossentropy",
        ONE_HOT,
        [metrics.SparseCategoricalAccuracy()],
    ),
    "binary accuracy of three classes": (
        [Dense(3, "softmax")],
        "categorical_crossentropy",
        ONE_HOT,
        [metrics.BinaryAccuracy()],
    ),
    "precision of numbers": (
        [Dense(3, "softmax")],
        "sparse_categorical_crossentropy",
        THREE,
        [metrics.Precision()],
    ),
    "accuracy of signs": ([Dense(1)], "hinge", SIGNS, ["accuracy"]),
}


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_without_meaning_is_a_warning(name: str) -> None:
    layers, loss, y, given_metrics = METRICS[name]
    found = alarms(case_of(layers, loss, y, given_metrics))
    assert [(finding.cause, finding.severity) for finding in found] == [(Cause.METRIC, Severity.WARNING)]


@pytest.mark.parametrize(
    ("layers", "loss", "y", "given_metrics"),
    [
        ([Dense(1)], "mse", AMOUNTS, ["mae", metrics.R2Score(), metrics.RootMeanSquaredError()]),
        ([Dense(1, "sigmoid")], "binary_crossentropy", TWO, ["accuracy", metrics.AUC(), metrics.Precision()]),
        ([Dense(3, "softmax")], "sparse_categorical_crossentropy", THREE, ["Accuracy", "mae"]),
        (
            [Dense(3, "softmax")],
            "categorical_crossentropy",
            ONE_HOT,
            ["accuracy", metrics.AUC(), metrics.Recall()],
        ),
        ([Dense(3, "sigmoid")], "binary_crossentropy", MULTI_HOT, ["binary_accuracy"]),
        ([Dense(3, "sigmoid")], "binary_crossentropy", MULTI_HOT, ["accuracy"]),
        ([Dense(2, "softmax")], "binary_crossentropy", ONE_HOT_OF_TWO, ["binary_accuracy"]),
        ([Dense(1)], losses.BinaryCrossentropy(from_logits=True), TWO, ["accuracy"]),
    ],
)
def test_metrics_that_fit_are_left_in_peace(layers: Any, loss: Any, y: Any, given_metrics: Any) -> None:
    assert alarms(case_of(layers, loss, y, given_metrics)) == []


def test_accuracy_of_logits_is_named_where_it_misjudges() -> None:
    loss = losses.BinaryCrossentropy(from_logits=True)
    small = keras.initializers.RandomNormal(stddev=0.2, seed=1)
    near_zero = case_of([Dense(1, kernel_initializer=small)], loss, TWO, ["accuracy"])
    assert causes(after(near_zero, poor=False)) == {"metric"}
    right = case_of([Dense(1, kernel_initializer=small)], loss, TWO, [metrics.BinaryAccuracy(threshold=0.0)])
    assert alarms(after(right, poor=False)) == []


@pytest.mark.parametrize(
    ("layers", "loss", "y"),
    [
        ([Dense(1, "sigmoid")], "mse", TWO),
        ([Dense(1)], "mse", TWO),
        ([Dense(3, "softmax")], "mse", ONE_HOT),
        ([Dense(1, "sigmoid")], "hinge", TWO),
    ],
)
def test_a_loss_for_another_task_is_blamed_only_where_it_failed(layers: Any, loss: str, y: Any) -> None:
    case = case_of(layers, loss, y)
    assert alarms(case) == []
    assert alarms(after(case, poor=False)) == []
    assert causes(after(case, poor=True)) == {"loss_function"}


def test_one_output_for_class_numbers_with_accuracy_is_a_regression_by_mistake() -> None:
    assert "loss_function" in causes(case_of([Dense(1)], "mse", THREE, ["accuracy"]))


@pytest.mark.parametrize(
    ("loss", "given_metrics"), [("adam", None), ("accuracy", None), ("mse", ["acuracy"])]
)
def test_unknown_names_are_found_before_the_first_batch(loss: str, given_metrics: Any) -> None:
    (found,) = alarms(case_of([Dense(1)], loss, AMOUNTS, given_metrics))
    assert found.cause is Cause.COMPILE_ARGUMENTS
    assert found.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"optimizer": "mse", "loss": "adam"}, "Exchange"),
        ({"optimizer": losses.MeanSquaredError()}, "Exchange"),
        ({"optimizer": keras.optimizers.Adam, "loss": "mse"}, "Adam()"),
        ({"optimizer": "adamm", "loss": "mse"}, "adam"),
        ({"optimizer": "adam", "loss": "mse", "metric": ["accuracy"]}, "metrics"),
        ({"optimizer": "adam", "loss": "mse", "metrics": "accuracy"}, "['accuracy']"),
        ({"optimizer": "adam", "loss": "mse", "loss_weights": object()}, "documentation"),
    ],
)
def test_why_compile_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises((TypeError, ValueError)) as raised:
        keras.Sequential([Dense(1)]).compile(**arguments)
    found = compile_findings(arguments, raised.value)
    assert {finding.cause for finding in found} == {Cause.COMPILE_ARGUMENTS}
    assert any(said in finding.remedy for finding in found)


def test_why_fit_refused() -> None:
    model = keras.Sequential([Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    with pytest.raises(TypeError) as raised:
        model.fit(X, AMOUNTS, nb_epoch=2)
    (found,) = refused_fit_findings({"x": X, "y": AMOUNTS, "nb_epoch": 2}, raised.value)
    assert "epochs" in found.remedy
    model = keras.Sequential([Dense(1)])
    model.compile(optimizer="adam")
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        model.fit(X, AMOUNTS, verbose=0)
    (found,) = fit_findings(raised.value)
    assert found.cause is Cause.COMPILE_ARGUMENTS
    assert fit_findings(RuntimeError("something else")) == []


@settings(max_examples=40)
@given(
    classes=st.integers(2, 12),
    spare=st.integers(0, 3),
    encoding=st.sampled_from(["numbers", "column", "one_hot"]),
    logits=st.booleans(),
    as_object=st.booleans(),
)
def test_no_alarm_where_loss_activation_and_encoding_fit(
    classes: int, spare: int, encoding: str, *, logits: bool, as_object: bool
) -> None:
    numbers = np.arange(ROWS) % classes
    units = classes + (spare if encoding != "one_hot" else 0)
    y = {"numbers": numbers, "column": numbers[:, None], "one_hot": np.eye(classes)[numbers]}[encoding]
    name = "CategoricalCrossentropy" if encoding == "one_hot" else "SparseCategoricalCrossentropy"
    loss = getattr(losses, name)(from_logits=logits) if as_object or logits else name
    activation = None if logits else "softmax"
    assert alarms(case_of([Dense(units, activation)], loss, y, ["accuracy"])) == []
