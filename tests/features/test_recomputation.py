"""Features computed again: another way to the same numbers, and how far they are apart."""

import numpy as np
import pytest

from soundcheck.config import FeaturesConfig
from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.verdict_evidence import ROUNDING_OF_HALF_PRECISION
from soundcheck.features.half_precision import to_half
from soundcheck.features.recomputation import largest_difference, recomputed
from soundcheck.features.spectrogram import compute


@pytest.mark.parametrize("kind", ["stft", "log_mel"])
def test_stored_features_of_sound_differ_by_less_than_rounding_explains(kind):
    waveforms = np.random.default_rng(0).uniform(-1, 1, (4, 16000)).astype(np.float32)
    waveforms[1] = 0
    features = FeaturesConfig(kind=kind)
    stored = to_half(compute(waveforms, features, 16000)).astype(np.float32)
    again = recomputed(waveforms, features, 16000)
    assert 0 < largest_difference(stored, again) < ROUNDING_OF_HALF_PRECISION


def test_frames_in_another_order_differ_by_far_more():
    waveforms = np.random.default_rng(0).uniform(-1, 1, (2, 16000)).astype(np.float32)
    again = recomputed(waveforms, FeaturesConfig(), 16000)
    assert largest_difference(again[:, ::-1], again) > 0.1


def test_the_difference_is_relative_to_the_largest_magnitude():
    one = np.array([[0.0, -4.0]])
    assert largest_difference(one, one + np.array([[1, 0]])) == 0.25
    assert largest_difference(one, one) == 0
    assert largest_difference(0 * one, 0 * one) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_differs_infinitely(bad):
    assert largest_difference(np.array([bad]), np.array([bad])) == np.inf


def test_other_shapes_are_refused():
    with pytest.raises(SoundcheckError, match="shape"):
        largest_difference(np.zeros((1, 2)), np.zeros((2, 1)))
