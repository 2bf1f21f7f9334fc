"""Perturbations: what each does to tones and noise, measured; and that strength zero is the identity."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.perturbations import (
    add_white_noise,
    all_perturbations,
    background_noise,
    change_gain,
    change_speed,
    clip_peaks,
    drop_packets,
    low_pass,
    noise_perturbations,
    pad_with_silence,
    shift_pitch,
    shift_time,
)

RATE_HZ = 16000
TIMES_S = np.arange(RATE_HZ) / RATE_HZ
RECORDINGS = [np.random.default_rng(5).normal(0, 0.1, 40000).astype(np.float32), np.ones(300, np.float32)]


def tone(frequency_hz: float = 440.0) -> np.ndarray:
    """One clip, (1, samples), that swells and fades."""
    return (0.5 * np.sin(2 * np.pi * frequency_hz * TIMES_S) * np.hanning(RATE_HZ)).astype(np.float32)[None]


def noises(clips: int = 4, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, (clips, RATE_HZ)).astype(np.float32)


def peak_hz(clip: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(clip * np.hanning(len(clip)), 8 * len(clip)))
    return spectrum.argmax() * RATE_HZ / (8 * len(clip))


def centre_s(clip: np.ndarray) -> float:
    energy = np.square(clip.astype(np.float64))
    return float((energy * TIMES_S).sum() / energy.sum())


def in_db(ratio: float) -> float:
    return float(10 * np.log10(ratio))


@pytest.mark.parametrize("perturbation", all_perturbations(RECORDINGS), ids=lambda one: one.name)
def test_every_perturbation_keeps_shape_type_and_input_and_repeats_itself(perturbation) -> None:
    samples = noises()
    before = samples.copy()
    for strength in (perturbation.strengths[0], perturbation.strengths[-1]):
        once = perturbation.change(samples, RATE_HZ, strength, 3)
        assert once.shape == samples.shape
        assert once.dtype == np.float32
        assert np.isfinite(once).all()
        assert not np.array_equal(once, samples)
        np.testing.assert_array_equal(once, perturbation.change(samples, RATE_HZ, strength, 3))
    np.testing.assert_array_equal(samples, before)
    assert list(perturbation.strengths) == sorted(perturbation.strengths)


@pytest.mark.parametrize("perturbation", all_perturbations(RECORDINGS), ids=lambda one: one.name)
@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1))
def test_strength_zero_is_the_identity(perturbation, seed: int) -> None:
    samples = noises(2, seed)
    unchanged = np.inf if perturbation.unchanged is None else perturbation.unchanged
    np.testing.assert_array_equal(perturbation.change(samples, RATE_HZ, unchanged, seed), samples)


@pytest.mark.parametrize("perturbation", all_perturbations(RECORDINGS), ids=lambda one: one.name)
def test_silence_and_a_rate_of_its_own_are_no_trouble(perturbation) -> None:
    silence = np.zeros((2, 4000), np.float32)
    for strength in perturbation.strengths:
        if perturbation.unit != "ms":
            assert not perturbation.change(silence, 4000, strength, 0).any()


@given(st.floats(-10, 40), st.integers(0, 1000))
@settings(max_examples=20)
def test_noise_has_the_signal_to_noise_ratio_of_every_clip(snr_db: float, seed: int) -> None:
    samples = noises(3) * np.array([[0.01], [0.3], [1]], np.float32) + np.float32(0.05)
    for change in (add_white_noise, background_noise(RECORDINGS[:1])):
        noise = change(samples, RATE_HZ, snr_db, seed).astype(np.float64) - samples
        ratios_db = 10 * np.log10(samples.var(axis=1, dtype=np.float64) / noise.var(axis=1))
        np.testing.assert_allclose(ratios_db, snr_db, atol=0.05)
        np.testing.assert_allclose(noise.mean(axis=1), 0, atol=1e-6)


def test_the_same_noise_is_added_at_every_level() -> None:
    samples = noises()
    loud, quiet = (add_white_noise(samples, RATE_HZ, snr_db, 1) - samples for snr_db in (0.0, 20.0))
    np.testing.assert_allclose(loud, 10 * quiet, atol=1e-5)


def test_background_noise_is_cut_from_the_recordings() -> None:
    clip = tone()
    noise = (background_noise(RECORDINGS[:1])(clip, RATE_HZ, 0.0, 0) - clip)[0]
    correlation = np.correlate(RECORDINGS[0], noise - noise.mean(), "valid")
    stretch = RECORDINGS[0][correlation.argmax() :][:RATE_HZ]
    assert np.corrcoef(stretch, noise)[0, 1] > 0.9999


@pytest.mark.parametrize("recordings", [[], [np.zeros(0, np.float32)]])
def test_background_noise_wants_recordings(recordings) -> None:
    with pytest.raises(SoundcheckError, match="recordings"):
        background_noise(recordings)


def test_background_noise_is_tried_only_where_there_is_some() -> None:
    assert [one.name for one in noise_perturbations()] == ["white noise"]
    assert [one.name for one in noise_perturbations(RECORDINGS)] == ["white noise", "background noise"]


@pytest.mark.parametrize("shift_ms", [-100.0, 50.0])
def test_a_shift_moves_the_sound(shift_ms: float) -> None:
    moved = shift_time(tone(), RATE_HZ, shift_ms, 0)
    assert centre_s(moved[0]) == pytest.approx(0.5 + shift_ms / 1000, abs=2e-3)
    far = shift_time(tone(), RATE_HZ, 20 * shift_ms, 0)
    assert not far.any() or abs(20 * shift_ms) < 1000


@pytest.mark.parametrize("gain_db", [-40.0, 6.0])
def test_a_gain_is_that_of_the_levels(gain_db: float) -> None:
    louder = change_gain(tone(), RATE_HZ, gain_db, 0)
    assert in_db(np.square(louder).sum() / np.square(tone()).sum()) == pytest.approx(gain_db, abs=1e-3)


@pytest.mark.parametrize("speed_percent", [60.0, 80.0, 92.5, 150.0])
def test_speed_moves_pitch_and_duration_about_the_middle(speed_percent: float) -> None:
    played = change_speed(tone(), RATE_HZ, speed_percent, 0)[0]
    assert peak_hz(played) == pytest.approx(4.4 * speed_percent, abs=0.5)
    assert centre_s(played) == pytest.approx(0.5, abs=1e-3)
    if speed_percent > 100:
        half_s = np.ptp(np.flatnonzero(np.abs(played) > 0.25)) / RATE_HZ
        was_s = np.ptp(np.flatnonzero(np.abs(tone()[0]) > 0.25)) / RATE_HZ
        assert half_s == pytest.approx(100 * was_s / speed_percent, abs=0.01)


@pytest.mark.parametrize("semitones", [-8.0, -4.0, 0.5, 3.0, 8.0])
def test_pitch_moves_frequencies_and_leaves_time_and_level(semitones: float) -> None:
    shifted = shift_pitch(tone(), RATE_HZ, semitones, 0)[0]
    assert peak_hz(shifted) == pytest.approx(440 * 2 ** (semitones / 12), rel=1e-3)
    assert centre_s(shifted) == pytest.approx(0.5, abs=1e-3)
    assert np.square(shifted).sum() == pytest.approx(np.square(tone()).sum(), rel=0.01)


def test_pitch_keeps_a_click_in_its_place() -> None:
    clicks = np.zeros((1, RATE_HZ), np.float32)
    clicks[0, [5000, 12000]] = 1
    shifted = np.abs(shift_pitch(clicks, RATE_HZ, 4, 0)[0])
    assert shifted[:8500].argmax() == pytest.approx(5000, abs=100)
    assert 8500 + shifted[8500:].argmax() == pytest.approx(12000, abs=100)


def test_pitch_keeps_the_formants_ratio_in_a_vowel() -> None:
    """A vowel of 120 Hz with formants at 700 and 1200 Hz becomes one of 151 Hz with formants moved alike."""
    vowel = (np.arange(RATE_HZ) % 133 == 0).astype(np.float64)
    for formant_hz in (700, 1200):
        angle, radius = 2 * np.pi * formant_hz / RATE_HZ, 0.98
        vowel = lfilter([1], [1, -2 * radius * np.cos(angle), radius**2], vowel)
    shifted = shift_pitch((vowel / np.abs(vowel).max()).astype(np.float32)[None], RATE_HZ, 4, 0)[0]
    middle = shifted[4000:12000].astype(np.float64)
    lags = np.correlate(middle, middle, "full")[len(middle) :]
    assert 60 + lags[59:200].argmax() == pytest.approx(133 / 2 ** (4 / 12), abs=1.5)


@pytest.mark.parametrize("cutoff_hz", [500.0, 2000.0])
def test_a_low_pass_weakens_by_3_db_at_its_frequency_and_48_an_octave_above(cutoff_hz: float) -> None:
    for factor, loss_db in ((0.5, 0.0), (1.0, 3.01), (2.0, 48.2)):
        sound = tone(factor * cutoff_hz)
        passed = low_pass(sound, RATE_HZ, cutoff_hz, 0)
        lost_db = in_db(np.square(sound).sum() / np.square(passed).sum())
        assert lost_db == pytest.approx(loss_db, abs=0.3)


def test_clipping_is_that_of_a_clip_recorded_too_loud() -> None:
    samples, overload = noises(), 10.0
    factor = 10 ** (overload / 20) / np.abs(samples).max(axis=1, keepdims=True)
    recorded = np.clip(samples * factor, -1, 1) / factor
    np.testing.assert_allclose(clip_peaks(samples, RATE_HZ, overload, 0), recorded, atol=1e-6)


@given(st.integers(0, 1000))
@settings(max_examples=20)
def test_padding_keeps_the_loudest_stretch(silence_ms: int) -> None:
    samples = noises(2)
    samples[0, :8000] *= 3
    padded = pad_with_silence(samples, RATE_HZ, silence_ms, 0)
    assert (padded == 0).sum(axis=1).tolist() == [16 * silence_ms] * 2
    assert np.all((padded == 0) | (padded == samples))
    if silence_ms >= 500:
        assert not padded[0, 8100:].any()  # the last few by chance


@given(st.floats(0, 100), st.integers(0, 1000))
@settings(max_examples=20)
def test_so_many_packets_of_20_ms_are_lost(loss_percent: float, seed: int) -> None:
    samples = noises(3)
    packets = drop_packets(samples, RATE_HZ, loss_percent, seed).reshape(3, 50, 320)
    lost = ~packets.any(axis=2)
    assert lost.sum(axis=1).tolist() == [round(loss_percent / 2)] * 3
    np.testing.assert_array_equal(packets[~lost], samples.reshape(3, 50, 320)[~lost])
    more = drop_packets(samples, RATE_HZ, min(100, loss_percent + 10), seed).reshape(3, 50, 320)
    assert not more[lost].any()


@pytest.mark.parametrize(
    ("change", "strength", "name"),
    [
        (change_speed, 0, "speed_percent"),
        (low_pass, 0, "cutoff_hz"),
        (clip_peaks, -1, "overload_db"),
        (pad_with_silence, 1001, "silence_ms"),
        (drop_packets, 101, "loss_percent"),
    ],
)
def test_impossible_strengths_are_named(change, strength: float, name: str) -> None:
    with pytest.raises(SoundcheckError, match=f"{name} must be from .* received {strength}"):
        change(noises(1), RATE_HZ, strength, 0)
