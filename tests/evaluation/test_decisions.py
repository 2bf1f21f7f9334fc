"""Decisions: the accept curve by brute force, thresholds of words against Keras's metric."""

import keras
import numpy as np
import pytest
from answer_tables import LABELS, predictions
from hypothesis import given, settings
from hypothesis import strategies as st

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.answers import Answers, answers_of
from soundcheck.evaluation.decisions import accept_curve, choose_acceptance, word_thresholds
from soundcheck.evaluation.metrics import wilson_interval

VALIDATION, TEST = (answers_of(predictions(400, seed)) for seed in (1, 2))


@given(st.lists(st.tuples(st.sampled_from([0.2, 0.5, 0.50001, 0.9, 1.0]), st.booleans()), min_size=1))
@settings(max_examples=50)
def test_each_point_is_what_its_threshold_accepts(clips):
    confidences, correct = (np.array(column) for column in zip(*clips, strict=True))

    curve = accept_curve(confidences, correct)

    assert list(curve.thresholds) == sorted(set(confidences), reverse=True)
    assert curve.coverage[-1] == 1
    for point, threshold in enumerate(curve.thresholds):
        accepted = correct[confidences >= threshold]
        assert curve.coverage[point] == len(accepted) / len(clips)
        assert curve.accuracy[point] == accepted.mean()
        interval = wilson_interval(int(accepted.sum()), len(accepted))
        assert (curve.lower[point], curve.upper[point]) == interval


def test_the_threshold_of_validation_is_reported_on_test():
    chosen = choose_acceptance(VALIDATION, TEST, 0.95)

    accepted = VALIDATION.confidence >= chosen.threshold
    assert VALIDATION.correct[accepted].mean() >= 0.95
    assert accepted.mean() == chosen.validation_coverage
    # One more clip accepted, and every one after it, and the accuracy is lost for good.
    lower = np.unique(VALIDATION.confidence[~accepted])
    assert all(VALIDATION.correct[VALIDATION.confidence >= one].mean() < 0.95 for one in lower)
    on_test = TEST.confidence >= chosen.threshold
    assert chosen.coverage.value == on_test.mean()
    assert chosen.accuracy.value == TEST.correct[on_test].mean()
    assert chosen.accuracy.lower < chosen.accuracy.value < chosen.accuracy.upper


def test_an_accuracy_out_of_reach_has_no_threshold():
    wrong = Answers(LABELS, (VALIDATION.predicted + 1) % 3, VALIDATION.probabilities)
    assert choose_acceptance(wrong, TEST, 0.5) is None


def test_a_threshold_that_no_test_clip_reaches_says_nothing_of_accuracy():
    doubtful = Answers(LABELS, TEST.true, np.full_like(TEST.probabilities, 1 / 3))
    chosen = choose_acceptance(VALIDATION, doubtful, 1.0)
    assert chosen.coverage.count == 0
    assert (chosen.accuracy.lower, chosen.accuracy.upper) == (0, 1)


@pytest.mark.parametrize("sensitivity", [0.5, 0.9, 0.95, 1.0])
def test_thresholds_of_words_are_those_of_keras(sensitivity):
    # Keras tries evenly spaced thresholds: with probabilities between these it must find the same.
    rounded = Answers(LABELS, VALIDATION.true, (np.floor(VALIDATION.probabilities * 999) + 0.5) / 1000)
    for place, word in enumerate(word_thresholds(rounded, TEST, sensitivity)):
        metric = keras.metrics.SpecificityAtSensitivity(sensitivity, num_thresholds=1001)
        metric.update_state(rounded.true == place, rounded.probabilities[:, place])
        assert word.label == LABELS[place]
        assert word.validation_specificity == pytest.approx(float(metric.result()), abs=1e-6)


def test_thresholds_of_words_are_reported_on_test():
    for place, word in enumerate(word_thresholds(VALIDATION, TEST, 0.9)):
        counts = VALIDATION.probabilities[:, place] >= word.threshold
        assert counts[VALIDATION.true == place].mean() >= 0.9
        on_test, is_word = TEST.probabilities[:, place] >= word.threshold, TEST.true == place
        assert word.sensitivity.value == on_test[is_word].mean()
        assert word.specificity.value == (~on_test)[~is_word].mean()
        assert word.specificity.total == (~is_word).sum()


def test_a_word_without_validation_clips_has_no_threshold():
    kept = VALIDATION.true != 1
    validation = Answers(LABELS, VALIDATION.true[kept], VALIDATION.probabilities[kept])
    assert [word.label for word in word_thresholds(validation, TEST, 0.9)] == ["go", "up"]


@pytest.mark.parametrize("share", [0.0, 1.1, float("nan")])
def test_a_share_must_be_one(share):
    with pytest.raises(SoundcheckError, match="wanted_accuracy must be above 0"):
        choose_acceptance(VALIDATION, TEST, share)
    with pytest.raises(SoundcheckError, match="wanted_sensitivity must be above 0"):
        word_thresholds(VALIDATION, TEST, share)


def test_a_curve_needs_clips():
    with pytest.raises(SoundcheckError, match="0 clips"):
        accept_curve(np.array([]), np.array([], np.bool_))
