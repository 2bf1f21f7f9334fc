"""Skills on one scale for all kinds of targets, and when a training surely went badly."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from debugging_cases import case_after, case_before, dense
from hypothesis import given
from hypothesis import strategies as st

from soundcheck.debugging.heads import Head, Loss, LossKind, labels_of
from soundcheck.debugging.layers import called
from soundcheck.debugging.model_state import variables_of
from soundcheck.debugging.outcome import (
    FEWEST_ROWS,
    Task,
    answers_of,
    class_skill,
    outcome_of,
    skill,
    standard_error,
    task_of,
    value_skill,
)

RANDOM = np.random.default_rng(5)


def head_for(targets, outputs, kind, *, activation="linear", name="loss", from_logits=False):
    labels, classes = labels_of(targets)
    loss = Loss(kind, name, from_logits)
    shown = () if activation == "linear" else (activation,)
    return Head("out", "last", loss, (), shown, True, outputs, targets, labels, classes)


def skill_of(targets, outputs, kind, **given):
    outputs = np.asarray(outputs, float)
    return skill(head_for(targets, outputs, kind, **given), outputs, targets)


CLASSES = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2])
BITS = np.array([0, 1, 1, 0, 1, 0])


@pytest.mark.parametrize(
    ("targets", "outputs", "kind", "given"),
    [
        (CLASSES, np.eye(3)[CLASSES], LossKind.SPARSE_CATEGORICAL, {"activation": "softmax"}),
        (CLASSES[:, None], np.eye(3)[CLASSES], LossKind.SPARSE_CATEGORICAL, {"activation": "softmax"}),
        (np.eye(3)[CLASSES], np.eye(3)[CLASSES] * 9 - 4, LossKind.CATEGORICAL, {"from_logits": True}),
        (BITS, BITS[:, None] * 0.8 + 0.1, LossKind.BINARY, {"activation": "sigmoid"}),
        (BITS, BITS[:, None] * 0.4 - 0.1, LossKind.BINARY, {"from_logits": True}),
        (BITS, np.eye(2)[BITS], LossKind.SPARSE_CATEGORICAL, {"activation": "softmax"}),
        (BITS, BITS * 0.4 + 0.3, LossKind.REGRESSION, {}),
        (2 * BITS - 1, (2 * BITS - 1) * 0.1, LossKind.HINGE, {"activation": "tanh"}),
        (np.eye(3)[CLASSES][None], np.eye(3)[CLASSES][None], LossKind.CATEGORICAL, {"activation": "softmax"}),
        (CLASSES.reshape(3, 3), np.eye(3)[CLASSES.reshape(3, 3)], LossKind.SPARSE_CATEGORICAL, {}),
        (np.array([3, 9, 4, 7]), np.array([[3.0], [9.0], [4.0], [7.0]]), LossKind.REGRESSION, {}),
        (
            np.array([[0, 1], [1, 1], [1, 0]]),
            np.array([[0.2, 0.8], [0.9, 0.6], [0.7, 0.1]]),
            LossKind.BINARY,
            {},
        ),
    ],
)
def test_right_answers_have_skill_one_in_every_encoding(targets, outputs, kind, given):
    assert skill_of(targets, outputs, kind, **given) == pytest.approx(1)


def test_a_collapse_to_the_frequent_class_has_no_skill():
    rare = np.r_[np.zeros(95, int), np.ones(5, int)]
    assert skill_of(rare, np.full((100, 1), 0.05), LossKind.BINARY, activation="sigmoid") == 0


def test_one_softmax_unit_answers_always_the_same():
    assert skill_of(BITS, np.ones((6, 1)), LossKind.BINARY, activation="softmax") == 0


def test_values_are_held_against_their_mean():
    values = RANDOM.normal(10, 2, (200, 3))
    assert skill_of(values, np.repeat(values.mean(0)[None], 200, 0), LossKind.REGRESSION) == pytest.approx(0)
    assert skill_of(values, values * 0, LossKind.REGRESSION) == -1


def test_an_absolute_loss_is_right_to_be_at_the_median():
    heavy = np.exp(RANDOM.normal(0, 2, (500, 1)))
    at_median = np.full_like(heavy, np.median(heavy))
    assert skill_of(heavy, at_median, LossKind.REGRESSION, name="mean_absolute_error") == pytest.approx(0)
    assert skill_of(heavy, at_median, LossKind.REGRESSION, name="mean_squared_error") < 0


def test_a_loss_of_ones_own_may_mean_another_scale():
    values = RANDOM.normal(size=(50, 1))
    assert skill_of(values, 100 - 3 * values, LossKind.CUSTOM) == pytest.approx(1)


def test_an_autoencoder_from_logits_is_compared_as_probabilities():
    pictures = RANDOM.uniform(0.1, 0.9, (20, 4, 4, 1))
    logits = np.log(pictures / (1 - pictures))
    assert skill_of(pictures, logits, LossKind.BINARY, from_logits=True) == pytest.approx(1)


@pytest.mark.parametrize(
    ("targets", "outputs"),
    [
        (np.zeros(5), np.zeros((5, 1))),
        (np.array([0.5, 1.5, 2.5]), np.full((3, 1), np.nan)),
        (np.array([0.5, 1.5, 2.5]), np.zeros((3, 7))),
        (np.array(["a", "b"]), np.zeros((2, 1))),
    ],
)
def test_what_cannot_be_compared_has_no_skill(targets, outputs):
    assert math.isnan(skill_of(targets, outputs, LossKind.REGRESSION))


@given(st.lists(st.integers(0, 4), min_size=2, max_size=40), st.integers(0, 4))
def test_skill_of_classes_is_bounded_and_constants_have_none(wanted, constant):
    wanted = np.array(wanted)
    found = class_skill(np.full(len(wanted), constant), wanted)
    if len(np.unique(wanted)) < 2:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(0) or (constant not in wanted and found < 0)
        assert class_skill(wanted, wanted) == pytest.approx(1)


@given(st.integers(1, 5), st.integers(0, 1000))
def test_values_never_fall_below_the_floor(columns, seed):
    random = np.random.default_rng(seed)
    wanted, predicted = random.normal(size=(2, 30, columns))
    assert -1 <= value_skill(predicted, wanted) <= 1


def test_rare_classes_make_a_skill_uncertain():
    even, rare = np.repeat([0, 1], 50), np.r_[np.zeros(96, int), np.ones(4, int)]
    outputs = np.zeros((100, 1))
    certain = standard_error(head_for(even, outputs, LossKind.BINARY), even)
    assert certain == pytest.approx(1 / math.sqrt(100))
    assert standard_error(head_for(rare, outputs, LossKind.BINARY), rare) > 2 * certain


def test_integers_are_classes_or_values_by_what_is_done_with_them():
    counts = np.array([0, 5, 2, 9])
    assert task_of(head_for(counts, np.zeros((4, 1)), LossKind.REGRESSION), counts) is Task.VALUES
    assert task_of(head_for(counts, np.zeros((4, 10)), LossKind.SPARSE_CATEGORICAL), counts) is Task.CLASSES


def blobs(rows=200):
    y = np.arange(rows) % 2
    x = np.random.default_rng(3).normal(size=(rows, 4)) + 3 * y[:, None]
    return x.astype("float32"), y


def weighed(model, kernel, bias):
    model.layers[-1].set_weights([np.asarray(kernel, float), np.asarray(bias, float)])


def logistic(kernel, bias):
    model = dense(1, inputs=4, last="sigmoid")
    model.compile(loss="binary_crossentropy")
    weighed(model, kernel, bias)
    return model


def test_a_network_that_separates_is_not_poor_and_a_blind_one_is():
    x, y = blobs()
    good = logistic(np.ones((4, 1)), [-6.0])
    case = case_after(case_before(good, x, y, validation=(x[:50], y[:50])))
    assert case.outcome is not None
    assert case.outcome.training > 0.9
    assert case.outcome.validation is not None
    assert not case.outcome.poor
    blind = outcome_of(case_after(case_before(logistic(np.zeros((4, 1)), [1.0]), x, y)))
    assert blind is not None
    assert blind.training == 0
    assert blind.poor


def test_before_the_training_there_is_no_outcome():
    assert case_before(logistic(np.zeros((4, 1)), [0.0]), *blobs()).outcome is None


def test_outputs_that_are_not_finite_are_poor():
    found = outcome_of(case_after(case_before(logistic(np.full((4, 1), np.nan), [0.0]), *blobs())))
    assert found is None or found.poor


def test_chance_on_noise_is_not_poor():
    x, _ = blobs()
    noise = np.random.default_rng(1).integers(0, 2, len(x))
    found = outcome_of(case_after(case_before(logistic(np.zeros((4, 1)), [1.0]), x, noise)))
    assert found is not None
    assert not found.poor


def test_a_handful_of_rows_must_be_learnt_by_heart():
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32"), np.array([0, 1, 1, 0])
    model = dense(1, inputs=2, last="sigmoid")
    model.compile(loss="binary_crossentropy")
    assert len(x) < FEWEST_ROWS
    found = outcome_of(case_after(case_before(model, x, y)))
    assert found is not None
    assert found.poor


def test_a_reconstruction_is_held_against_the_mean_picture():
    pictures = np.random.default_rng(0).uniform(size=(64, 40)).astype("float32")
    model = dense(40, inputs=40)
    model.compile(loss="mse")
    weighed(model, np.eye(40), np.zeros(40))
    copied = outcome_of(case_after(case_before(model, pictures, pictures)))
    weighed(model, np.zeros((40, 40)), pictures.mean(0))
    mean = outcome_of(case_after(case_before(model, pictures, pictures)))
    assert copied is not None
    assert mean is not None
    assert (copied.poor, mean.poor) == (False, True)


def test_answers_are_classes():
    x, y = blobs()
    answered = answers_of(case_after(case_before(logistic(np.ones((4, 1)), [-6.0]), x, y)))
    assert answered is not None
    assert (answered[0] == answered[1]).mean() > 0.9


class Sum(keras.layers.Layer):
    def call(self, one, other=None):
        return one if other is None else one + other


def test_a_network_may_be_judged_without_an_optional_input():
    x, y = blobs()
    inputs = [keras.Input((4,), name="one"), keras.Input((4,), name="other", optional=True)]
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(Sum()(*inputs)))
    model.compile(loss="binary_crossentropy")
    weighed(model, np.ones((4, 1)), [-6.0])

    found = outcome_of(case_after(case_before(model, [x, None], y)))

    assert found is not None
    assert found.training > 0.9


def test_a_network_may_be_judged_on_sparse_rows_with_weights_for_each_output():
    x, y = blobs(3000)
    entry = keras.Input((4,))
    last = [keras.layers.Dense(1, "sigmoid", name=name)(entry) for name in "ab"]
    model = keras.Model(entry, dict(zip("ab", last, strict=True)))
    model.compile(loss={"a": "binary_crossentropy", "b": "binary_crossentropy"})
    model.get_layer("a").set_weights([np.ones((4, 1)), np.array([-6.0])])
    weights = {"a": np.ones(3000), "b": np.zeros(3000)}

    case = case_after(case_before(model, tf.sparse.from_dense(x), {"a": y, "b": y}, weights=weights))

    assert case.initial is not None
    assert np.isfinite(case.initial.loss)
    assert case.outcome is not None
    assert case.outcome.training > 0.9


class WithoutMode(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = keras.layers.Dropout(0.9)

    def call(self, x):
        return self.drop(x)


class WithMode(WithoutMode):
    def call(self, x, training=False):
        return self.drop(x, training=training)


@pytest.mark.parametrize(("kind", "drops"), [(WithoutMode, False), (WithMode, True)])
def test_a_model_is_called_as_fit_calls_it(kind, drops):
    x = np.ones((50, 4), "float32")

    assert bool((np.asarray(called(kind(), x, training=True)) == 0).any()) is drops
    np.testing.assert_array_equal(called(kind(), x, training=False), x)


class Counting(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.batches = tf.Variable(0.0, trainable=False)
        self.noise = tf.random.Generator.from_seed(7)
        self.parts = {"scale": [tf.Variable(1.0)]}

    def call(self, x):
        return x * self.parts["scale"][0]


def test_all_variables_of_a_model_are_found_each_once():
    counting, drop = Counting(), keras.layers.Dropout(0.5)
    model = keras.Sequential([keras.Input((4,)), counting, drop, keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(np.ones((4, 4)), np.ones(4), verbose=0)

    found = [id(variable) for variable in variables_of(model)]

    own = [counting.batches, counting.noise.state, counting.parts["scale"][0], drop.seed_generator.state]
    wanted = {
        id(one) for one in [*own, *model.variables, *model.metrics_variables, *model.optimizer.variables]
    }
    assert set(found) == wanted
    assert len(found) == len(wanted)
