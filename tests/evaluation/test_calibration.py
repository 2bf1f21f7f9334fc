"""Calibration: errors and bins against scikit-learn, the temperature that made the probabilities wrong."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from answer_tables import predictions
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.answers import Answers, answers_of
from soundcheck.evaluation.calibration import (
    calibrate,
    calibration_error,
    fit_temperature,
    negative_log_likelihood,
    reliability,
    reliability_bins,
    scaled,
)
from soundcheck.evaluation.metrics import wilson_interval

TRUE = answers_of(predictions(400, seed=1))


@pytest.mark.parametrize(
    ("spacing", "strategy"), [("equal_width", "uniform"), ("equal_mass", "quantile")], ids=str
)
def test_bins_are_those_of_scikit_learn(spacing, strategy):
    answers = answers_of(predictions(clips=500))
    bins = reliability_bins(answers.confidence, answers.correct, spacing, bins=10)
    accuracies, confidences = calibration_curve(
        answers.correct, answers.confidence, n_bins=10, strategy=strategy
    )
    np.testing.assert_allclose([one.accuracy for one in bins], accuracies)
    np.testing.assert_allclose([one.confidence for one in bins], confidences)
    assert sum(one.clips for one in bins) == 500
    for one in bins:
        right = round(one.accuracy * one.clips)
        assert (one.accuracy_lower, one.accuracy_upper) == wilson_interval(right, one.clips)


def test_the_calibration_error_is_what_guo_et_al_write():
    answers = answers_of(predictions(clips=300, temperature=0.4))
    expected = 0.0
    for number in range(15):
        inside = (answers.confidence > number / 15) & (answers.confidence <= (number + 1) / 15)
        if inside.any():
            gap = abs(answers.correct[inside].mean() - answers.confidence[inside].mean())
            expected += inside.sum() / 300 * gap
    assert calibration_error(answers.confidence, answers.correct).value == pytest.approx(expected)


def test_a_calibrated_model_is_rarely_accused():
    errors = [
        calibration_error(answers.confidence, answers.correct)
        for answers in (answers_of(predictions(clips=200, seed=seed)) for seed in range(50))
    ]
    assert sum(error.p_value <= 0.05 for error in errors) <= 6  # 2.5 are expected, 7 have p < 0.02
    assert np.mean([error.value for error in errors]) == pytest.approx(
        np.mean([error.by_chance for error in errors]), rel=0.1
    )


@pytest.mark.parametrize("temperature", [0.4, 2.5])
def test_temperature_scaling_mends_what_a_temperature_broke(temperature):
    validation, test = (answers_of(predictions(2000, seed, temperature)) for seed in (1, 2))

    calibration = calibrate(validation, test)

    assert calibration.temperature == pytest.approx(1 / temperature, rel=0.1)
    assert not calibration.at_bound
    assert calibration.before.error.p_value == 0.001
    assert calibration.after.error.p_value > 0.05
    assert calibration.after.error.value < calibration.before.error.value / 3
    after, before = (one.negative_log_likelihood for one in (calibration.after, calibration.before))
    assert after < before


def test_no_temperature_of_a_grid_is_more_probable():
    answers = answers_of(predictions(300, temperature=0.5))
    best = negative_log_likelihood(scaled(answers.probabilities, fit_temperature(answers)), answers.true)
    for temperature in np.geomspace(0.05, 20, 200):
        assert (
            best <= negative_log_likelihood(scaled(answers.probabilities, temperature), answers.true) + 1e-9
        )


def test_clips_that_are_all_right_do_not_determine_a_temperature():
    table = predictions(600)
    answers = answers_of(table.loc[table["correct"]])
    assert calibrate(answers, answers).at_bound


def answers_as_sure_as(confidence, accuracy=1.0, clips=200, seed=0):
    """Of eight labels, each answer about as sure, and right as often as wanted."""
    generator = np.random.default_rng(seed)
    true = generator.integers(0, 8, clips)
    sure = np.clip(confidence + generator.normal(0, 0.03, clips), 0.3, 0.9999)
    probabilities = np.repeat((1 - sure)[:, np.newaxis] / 7, 8, axis=1)
    said = np.where(generator.random(clips) < accuracy, true, (true + 1) % 8)
    probabilities[np.arange(clips), said] = sure
    return Answers(tuple("abcdefgh"), true, probabilities)


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.99])
def test_where_the_likelihood_is_flat_before_the_bound_no_temperature_is_chosen(confidence):
    test = answers_as_sure_as(confidence, accuracy=confidence, seed=1)
    found = calibrate(answers_as_sure_as(confidence), test)
    assert found.at_bound
    assert "temperature 0" not in found.sentence
    assert not calibrate(answers_as_sure_as(confidence, accuracy=0.9), test).at_bound


def test_a_confidence_is_believed_only_where_enough_clips_bear_it_out():
    few, many = (calibrate(TRUE, answers_of(predictions(clips, 2))).sentence for clips in (38, 3000))
    assert few.startswith("No miscalibration shows on 38 clips: 0.")
    assert "where chance alone makes" in few
    assert many.startswith("The model's confidence can be believed: 0.0")
    assert "by 3000 clips not more than 0.0" in many


def test_the_bound_of_the_calibration_error_is_exceeded_in_one_of_twenty_cases_at_most():
    beyond = 0
    for seed in range(40):
        answers = answers_as_sure_as(0.9, accuracy=0.8, clips=150, seed=seed)
        beyond += reliability(answers.probabilities, answers.true).error_upper < 0.1
    assert beyond <= 2


def test_likelihood_is_that_of_scikit_learn_and_never_infinite():
    answers = answers_of(predictions(100))
    answers = replace(
        answers, probabilities=scaled(answers.probabilities, 1.0)
    )  # single precision warns there
    assert negative_log_likelihood(answers.probabilities, answers.true) == pytest.approx(
        log_loss(answers.true, answers.probabilities, labels=[0, 1, 2])
    )
    assert negative_log_likelihood(np.array([[1.0, 0.0]]), np.array([1])) == pytest.approx(87.3, abs=0.1)


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 20))
@settings(max_examples=30)
def test_scaling_probabilities_is_scaling_logits(seed, temperature):
    logits = np.random.default_rng(seed).normal(scale=5, size=(4, 3))
    probabilities = np.exp(log_softmax(logits, axis=1))
    expected = np.exp(log_softmax(logits / temperature, axis=1))
    np.testing.assert_allclose(scaled(probabilities, temperature), expected, atol=1e-9)


@given(st.permutations(range(40)))
@settings(max_examples=20)
def test_bins_do_not_depend_on_the_order_of_equally_sure_clips(order):
    confidences = np.repeat([0.5, 0.9, 0.95, 1.0], 10)
    correct = np.arange(40) % 3 > 0
    before = asdict_all(reliability_bins(confidences, correct))
    after = asdict_all(reliability_bins(confidences[list(order)], correct[list(order)]))
    assert before == after


def asdict_all(bins):
    return [{name: pytest.approx(value) for name, value in asdict(one).items()} for one in bins]


def test_refusals_name_what_was_received():
    sure, right = np.array([0.5, 0.6]), np.array([True, False])
    with pytest.raises(SoundcheckError, match="confidences has 2 clips and correct 1"):
        reliability_bins(sure, right[:1])
    with pytest.raises(SoundcheckError, match="at least one"):
        reliability_bins(sure[:0], right[:0])
    with pytest.raises(SoundcheckError, match="softmax"):
        calibration_error(sure * 10, right)
    with pytest.raises(SoundcheckError, match="bins must be at least 1; received 0"):
        calibration_error(sure, right, bins=0)


def test_answers_refuse_tables_that_are_none():
    table = predictions(5)
    with pytest.raises(SoundcheckError, match="has 0 columns probability/"):
        answers_of(table[["path", "label"]])
    with pytest.raises(SoundcheckError, match="no row"):
        answers_of(table.iloc[:0])
    with pytest.raises(SoundcheckError, match=r"clips of 'gos'.*did you mean 'go'"):
        answers_of(table.assign(label="gos"))


def test_answers_agree_with_their_table():
    table = predictions(50)
    answers = answers_of(table)
    assert np.array_equal(answers.correct, table["correct"])
    np.testing.assert_array_equal(answers.confidence, table["confidence"].to_numpy(np.float64))
    ordered = np.sort(answers.probabilities, axis=1)
    np.testing.assert_array_equal(answers.margin, ordered[:, -1] - ordered[:, -2])
