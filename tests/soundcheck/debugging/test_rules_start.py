"""Probes of untrained models."""

import keras
import numpy as np
import pytest
from debugging_cases import case_before, dense
from keras import layers

from soundcheck.debugging.findings import Cause, Severity
from soundcheck.debugging.rules.start import constant_output, initial_loss, modes_agree, small_batch_overfits

random = np.random.default_rng(0)
LABELS = random.integers(0, 3, 200)
CLOUDS = (random.normal(size=(200, 8)) + 2 * np.eye(3, 8)[LABELS]).astype(np.float32)


def classifier(*units, optimizer="adam", **settings):
    keras.utils.set_random_seed(0)
    model = dense(*units, 3, inputs=8, last="softmax", **settings)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model


def regression(optimizer="adam"):
    keras.utils.set_random_seed(0)
    model = dense(8, 1, inputs=8)
    model.compile(optimizer, "mse")
    return model


def causes(rule, case):
    return [finding.cause for finding in rule(case)]


def test_a_fresh_classifier_starts_at_the_logarithm_of_its_classes():
    assert causes(initial_loss, case_before(classifier(16), CLOUDS, LABELS)) == []


def test_a_classifier_that_starts_sure_of_itself_is_noted():
    (found,) = initial_loss(case_before(classifier(16), 1000 * CLOUDS, LABELS))

    assert (found.cause, found.severity) == (Cause.INITIALISATION, Severity.INFO)
    assert found.evidence[0].threshold == pytest.approx(3 * np.log(3))


def test_a_regression_is_held_against_the_mean():
    scaled, raw = CLOUDS[:, 0], 500 + 3 * CLOUDS[:, 0]

    assert causes(initial_loss, case_before(regression(), CLOUDS, scaled)) == []
    assert causes(initial_loss, case_before(regression(), CLOUDS, raw)) == [Cause.TARGET_NOT_NORMALISED]


def test_moving_statistics_that_do_not_suit_the_inputs_are_noted():
    def model():
        keras.utils.set_random_seed(0)
        made = keras.Sequential([keras.Input((8,)), layers.BatchNormalization(), layers.Dense(3)])
        made.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        return made

    assert causes(modes_agree, case_before(model(), CLOUDS, LABELS)) == []
    assert causes(modes_agree, case_before(model(), 100 * CLOUDS, LABELS)) == [Cause.BATCH_NORMALISATION]


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_outputs_that_differ_are_right(activation):
    assert causes(constant_output, case_before(classifier(16, activation=activation), CLOUDS, LABELS)) == []


def test_weights_that_are_all_zero_give_one_output_for_all():
    model = classifier(16)
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])

    assert causes(constant_output, case_before(model, CLOUDS, LABELS)) == [Cause.INITIALISATION]


def test_a_last_layer_of_zeros_is_meant():
    model = classifier(16)
    model.layers[-1].set_weights([np.zeros((16, 3)), np.zeros(3)])

    assert causes(constant_output, case_before(model, CLOUDS, LABELS)) == []


def test_units_that_are_dead_for_all_rows_give_one_output_for_all():
    model = classifier(16)
    kernel, bias = model.layers[0].get_weights()
    model.layers[0].set_weights([kernel, bias - 1e4])

    assert causes(constant_output, case_before(model, CLOUDS, LABELS)) == [Cause.DEAD_UNITS]


@pytest.mark.parametrize(("depth", "found"), [(6, []), (14, [Cause.VANISHING_GRADIENT])])
def test_a_signal_that_gets_lost_in_the_depth_is_no_missing_path(depth, found):
    case = case_before(classifier(*[8] * depth, activation="sigmoid"), CLOUDS, LABELS)

    assert causes(constant_output, case) == found


@pytest.mark.parametrize(("rate", "found"), [(0.01, []), (1e4, [Cause.LEARNING_RATE_HIGH])])
def test_a_few_rows_can_be_learnt_by_heart(rate, found):
    case = case_before(classifier(16, optimizer=keras.optimizers.SGD(rate)), CLOUDS, LABELS)

    assert causes(small_batch_overfits, case) == found


def test_a_recurrent_network_that_blows_up_at_a_usual_rate_needs_clipping():
    keras.utils.set_random_seed(0)
    recurrent = layers.SimpleRNN(
        16, activation="relu", recurrent_initializer=keras.initializers.Identity(1.3)
    )
    model = keras.Sequential([keras.Input((30, 1)), recurrent, layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    steps = random.normal(0.3, 1, (64, 30, 1)).astype(np.float32)

    case = case_before(model, steps, steps.sum(axis=1))

    assert causes(small_batch_overfits, case) == [Cause.EXPLODING_GRADIENT]
