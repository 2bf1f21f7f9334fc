"""Which metrics are taken for Keras's own, and whether the one that is advised measures what it should."""

import re

import keras
import numpy as np
import pytest
from debugging_cases import case_before

from soundcheck.debugging.findings import Severity
from soundcheck.debugging.rules.labels import targets_fit
from soundcheck.debugging.rules.metrics import metric_fits
from soundcheck.debugging.rules.verdicts import counts_accuracy

ROWS = 96
random = np.random.default_rng(6)
X = random.normal(size=(ROWS, 4)).astype("float32")
THREE = np.arange(ROWS) % 3
TWO = np.arange(ROWS) % 2
PICTURES = random.integers(0, 3, (8, 6, 6))
Dense, losses, metrics = keras.layers.Dense, keras.losses, keras.metrics


def case_of(last, loss, y, given, shape=(4,)):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input(shape), last])
    model.compile("adam", loss, metrics=given)
    return case_before(model, random.normal(size=(len(y), *shape)).astype("float32"), y)


def value_of(code, loss, outputs, y):
    """Of the metric that a remedy advises, for a model with these outputs."""
    given = eval(f"dict({code})", {"keras": keras})["metrics"]  # noqa: S307 - our own text
    model = keras.Sequential([keras.Input(outputs.shape[1:]), keras.layers.Identity()])
    model.compile("adam", loss, metrics=given)
    return model.evaluate(outputs.astype("float32"), y, verbose=0)[1]


def one_hot(classes):
    return np.eye(classes.max() + 1, dtype="float32")[classes]


SIGNS = 2.0 * TWO - 1
MASKS = (PICTURES[..., None] > 1).astype("float32")
SPARSE, BINARY = "sparse_categorical_crossentropy", "binary_crossentropy"
LOGITS = losses.BinaryCrossentropy(from_logits=True)
REMEDIES = {
    "signs": (Dense(1), "hinge", SIGNS, "accuracy", SIGNS[:, None]),
    "signs as a column": (Dense(1), "hinge", SIGNS[:, None], "accuracy", SIGNS[:, None]),
    "amounts": (Dense(1), "mse", X[:, 0], "accuracy", X[:, :1]),
    "exact": (Dense(3, "softmax"), SPARSE, THREE, metrics.Accuracy(), one_hot(THREE)),
    "one-hot metric": (Dense(3, "softmax"), SPARSE, THREE, "categorical_accuracy", one_hot(THREE)),
    "sparse metric": (
        Dense(3, "softmax"),
        "categorical_crossentropy",
        one_hot(THREE),
        metrics.SparseCategoricalAccuracy(),
        one_hot(THREE),
    ),
    "binary metric": (
        Dense(3, "softmax"),
        "categorical_crossentropy",
        one_hot(THREE),
        metrics.BinaryAccuracy(),
        one_hot(THREE),
    ),
    "overlap of one channel": (Dense(1, "sigmoid"), BINARY, MASKS, metrics.MeanIoU(2), 0.2 + 0.6 * MASKS),
    "overlap of logits": (Dense(1), LOGITS, MASKS, metrics.MeanIoU(2), 0.6 * MASKS - 0.3),
    "overlap of class numbers": (
        Dense(3, "softmax"),
        SPARSE,
        PICTURES,
        metrics.MeanIoU(3),
        0.1 + 0.7 * one_hot(PICTURES),
    ),
    "overlap of one-hot": (
        Dense(3, "softmax"),
        "categorical_crossentropy",
        one_hot(PICTURES),
        metrics.MeanIoU(3),
        0.1 + 0.7 * one_hot(PICTURES),
    ),
    "overlap of several labels": (
        Dense(2, "sigmoid"),
        BINARY,
        np.concatenate([MASKS, MASKS], -1),
        metrics.MeanIoU(2),
        0.2 + 0.6 * np.concatenate([MASKS, MASKS], -1),
    ),
}


@pytest.mark.parametrize("name", REMEDIES)
def test_the_metric_that_is_advised_is_1_for_a_perfect_model_only(name):
    last, loss, y, given, perfect = REMEDIES[name]
    shape = (*perfect.shape[1:-1], 4)
    (found,) = metric_fits(case_of(last, loss, y, [given], shape))
    (code,) = re.findall("`(.+?)`", found.remedy)
    assert value_of(code, loss, perfect, y) == pytest.approx(1)
    assert value_of(code, loss, np.roll(perfect, 1, axis=0), y) < 0.95


class F1Score(metrics.Metric):
    """Of class numbers, unlike the one of Keras."""

    def update_state(self, *_, **__):
        """Not asked here."""

    def result(self):
        """Not asked here."""
        return 0.0


def categorical_accuracy(y, p):
    return keras.ops.equal(keras.ops.ravel(y), keras.ops.argmax(p, axis=-1))


@pytest.mark.parametrize("own", [F1Score(), categorical_accuracy])
def test_a_metric_of_ones_own_may_have_the_name_of_one_of_keras(own):
    assert not list(metric_fits(case_of(Dense(3, "softmax"), SPARSE, THREE, [own])))
    keras_own = [metrics.F1Score(), "categorical_accuracy"]
    for given in keras_own:
        assert list(metric_fits(case_of(Dense(3, "softmax"), SPARSE, THREE, [given])))


def within_one_accuracy(y, p):
    return keras.ops.abs(y - p) <= 1


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        ("acc", True),
        ("Accuracy", True),
        ("sparse_categorical_accuracy", True),
        (metrics.SparseCategoricalAccuracy(), True),
        (metrics.sparse_categorical_accuracy, True),
        (within_one_accuracy, False),
        (metrics.MeanMetricWrapper(within_one_accuracy, name="accuracy"), False),
        ("mae", False),
    ],
)
def test_what_counts_right_classes(given, counts):
    assert counts_accuracy(case_of(Dense(1), "mse", THREE, [given]).heads[0]) is counts


def test_ratings_from_one_on_are_as_many_classes_as_there_are():
    ratings = np.arange(ROWS) % 5 + 1
    assert not list(targets_fit(case_of(Dense(1), "mse", ratings, [within_one_accuracy])))
    (found,) = targets_fit(case_of(Dense(1), "mse", ratings, ["accuracy"]))
    assert found.message.startswith("The targets are 5 class numbers")
    assert found.remedy.startswith("Subtract 1 from the labels and use Dense(5,")
    (found,) = targets_fit(case_of(Dense(1, "sigmoid"), BINARY, ratings, None))
    assert found.message.startswith("There are 5 classes")
    assert found.remedy.startswith("Subtract 1 from the labels and use Dense(5,")


@pytest.mark.parametrize("scale", ["fractions", "signs"])
def test_one_hot_rows_times_a_weight_are_a_policy(scale):
    weights = {"fractions": random.normal(size=ROWS), "signs": 2.0 * (X[:, 0] > 0) - 1}[scale]
    policy = one_hot(THREE) * weights[:, None]
    found = targets_fit(case_of(Dense(3, "softmax"), "categorical_crossentropy", policy, None))
    assert [one.severity for one in found] == [Severity.INFO]
    amounts = case_of(Dense(3, "softmax"), "categorical_crossentropy", X[:, :3], None)
    assert [one.severity for one in targets_fit(amounts)] == [Severity.ERROR]
