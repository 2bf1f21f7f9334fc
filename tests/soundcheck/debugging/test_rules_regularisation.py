from dataclasses import replace

import keras
import numpy as np
import pytest
from trainings import case, layer, model, record, seen

from soundcheck.debugging.findings import Cause, Severity
from soundcheck.debugging.heads import heads_of
from soundcheck.debugging.outcome import Outcome
from soundcheck.debugging.rules.regularisation import RULES

GOOD = Outcome(0.95, 0.9, poor=False)
LOSSES = [0.7, 0.68, 0.67, 0.66, 0.66, 0.66, 0.66, 0.66]


def causes(one) -> set[Cause]:
    found = {finding.cause for rule in RULES for finding in rule(one) if finding.severity > Severity.INFO}
    return found - {Cause.UNDERFITTING}


def with_layer(extra: keras.Layer) -> keras.Model:
    network = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, activation="relu", name="hidden"),
            extra,
            keras.layers.Dense(1, activation="sigmoid", name="output"),
        ]
    )
    network.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return network


def validated(losses, **logs):
    epochs = [
        {"loss": 0.6 / (place + 1), "val_loss": loss} | {name: values[place] for name, values in logs.items()}
        for place, loss in enumerate(losses)
    ]
    return record([], epochs=epochs, epoch_steps=[10] * len(losses), learning_rates=[1e-3] * len(losses))


def test_a_rate_of_nine_tenths_is_too_much_dropout():
    assert causes(case(record(LOSSES), network=with_layer(keras.layers.Dropout(0.9)))) == {Cause.DROPOUT}


def test_dropout_that_doubles_the_loss_is_too_much():
    noisy = record(LOSSES, [seen(0), seen(64, loss=2.0, inference_loss=0.5)])

    assert causes(case(noisy, network=with_layer(keras.layers.Dropout(0.6)))) == {Cause.DROPOUT}


def test_strong_dropout_in_a_network_that_learns_is_fine():
    assert causes(case(record(LOSSES), network=with_layer(keras.layers.Dropout(0.9)), outcome=GOOD)) == set()


def test_a_batch_that_is_bad_only_in_inference_mode_blames_the_moving_statistics():
    apart = record(LOSSES, [seen(0), seen(64, loss=0.1, inference_loss=3.0)])
    network = with_layer(keras.layers.BatchNormalization())

    assert causes(case(apart, network=network)) == {Cause.BATCH_NORMALISATION}
    assert causes(case(apart, network=network, outcome=GOOD)) == set()


def test_a_loss_that_is_mostly_penalty_blames_the_penalty():
    heavy = record(LOSSES, [seen(0, loss=30.0, penalty=29.0), seen(64, loss=0.9, penalty=0.2)])
    hidden = keras.layers.Dense(8, activation="relu", name="hidden", kernel_regularizer="l2")

    assert causes(case(heavy, network=model(hidden=hidden))) == {Cause.WEIGHT_PENALTY}
    assert causes(case(heavy, network=model(hidden=hidden), outcome=GOOD)) == set()


def test_a_validation_loss_worse_than_a_guess_after_a_better_one_is_overfitting():
    risen = validated([0.6, 0.5, 0.45, 0.6, 0.9, 1.2, 1.5, 1.6])

    assert causes(case(risen, outcome=Outcome(1.0, 0.2, poor=False))) == {Cause.OVERFITTING}


def test_a_mild_rise_that_costs_no_accuracy_is_no_alarm():
    risen = validated([0.6, 0.4, 0.3, 0.31, 0.33, 0.36, 0.38, 0.4], val_accuracy=[0.7, 0.8, *[0.9] * 6])

    assert causes(case(risen, outcome=GOOD)) == set()


def test_a_network_behind_ordinary_learners_underfits():
    found = [
        finding.cause
        for rule in RULES
        for finding in rule(case(record(LOSSES), outcome=Outcome(0.4, None, True)))
    ]

    assert found == [Cause.UNDERFITTING]


def test_without_a_training_nothing_is_said():
    assert not [finding for rule in RULES for finding in rule(case(None, outcome=None))]


@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_usual_dropout_is_not_blamed_for_a_failure(rate):
    assert causes(case(record(LOSSES), network=with_layer(keras.layers.Dropout(rate)))) == set()


def test_states_of_a_layer_do_not_matter_here():
    odd = record(LOSSES, [seen(0, layer(output_mean=np.nan)), seen(64, layer(zero_units=1.0))])

    assert causes(case(odd)) == set()


RISEN = [0.6, 0.5, 0.45, 0.6, 0.9, 1.2, 1.5, 1.6]


@pytest.mark.parametrize(("kept_epoch", "expected"), [(2, set()), (6, {Cause.OVERFITTING})])
def test_the_weights_that_were_put_back_count_and_not_the_end_of_the_curve(kept_epoch, expected):
    risen = replace(validated(RISEN), kept_epoch=kept_epoch)

    assert causes(case(risen, outcome=Outcome(1.0, 0.7, poor=False), standard=None)) == expected


@pytest.mark.parametrize(
    ("validation", "expected"), [(0.976, set()), (0.3, {Cause.OVERFITTING}), (None, {Cause.OVERFITTING})]
)
def test_the_rise_of_an_error_that_is_next_to_nothing_costs_nothing(validation, expected):
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    network.compile("adam", "mse")
    amounts = np.random.default_rng(2).normal(size=256)
    heads = heads_of(network, np.zeros((256, 1)), amounts)
    outcome = Outcome(0.99, validation, poor=False)

    assert causes(case(validated(RISEN), heads=heads, outcome=outcome, standard=None)) == expected
