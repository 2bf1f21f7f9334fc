import numpy as np
import pytest
import tensorflow as tf
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from soundcheck.config import FeaturesConfig
from soundcheck.data.sources import Source
from soundcheck.data.waveforms import read_waveforms
from soundcheck.errors import ConfigError
from soundcheck.features.spectrogram import LOG_FLOOR, band_centres_hz, compute, geometry, mel_matrix

RATE_HZ = 16000
STFT = FeaturesConfig(kind="stft")
LOG_MEL = FeaturesConfig(kind="log_mel")
BOTH = pytest.mark.parametrize("features", [STFT, LOG_MEL], ids=["stft", "log_mel"])


@pytest.fixture(scope="module")
def speech(speech_folder, manifest):
    return read_waveforms(Source(speech_folder, ""), manifest, RATE_HZ, RATE_HZ)


def tone(frequency_hz, clip_length=RATE_HZ):
    return np.sin(2 * np.pi * frequency_hz * np.arange(clip_length) / RATE_HZ).astype(np.float32)[np.newaxis]


def by_tensorflow(waveforms, features, rate_hz=RATE_HZ, precision=np.float32):
    """The definition, in TensorFlow's own words."""
    shape = geometry(features, rate_hz)
    magnitudes = tf.abs(tf.signal.stft(waveforms.astype(precision), shape.frame_length, shape.frame_step))
    if features.kind == "stft":
        return magnitudes.numpy()
    bands = tf.signal.linear_to_mel_weight_matrix(
        features.mel_bands,
        shape.fft_length // 2 + 1,
        rate_hz,
        features.lower_edge_hz,
        features.upper_edge_hz,
        dtype=tf.as_dtype(precision),
    )
    return tf.math.log(tf.matmul(magnitudes, bands) + LOG_FLOOR).numpy()


@pytest.mark.parametrize(
    ("features", "frames", "bins"), [(STFT, 124, 129), (LOG_MEL, 98, 40)], ids=["stft", "log_mel"]
)
def test_known_geometries(features, frames, bins):
    shape = geometry(features, RATE_HZ)
    assert (shape.frames, shape.bins) == (frames, bins)
    assert compute(tone(1000), features, RATE_HZ).shape == (1, frames, bins)


def test_a_tone_of_1_khz_peaks_in_bin_16():
    magnitudes = compute(tone(1000), STFT, RATE_HZ)[0]
    assert set(magnitudes.argmax(axis=1)) == {16}
    assert magnitudes.max() == pytest.approx(255 / 4, rel=0.02)  # half the sum of the window


def test_a_tone_peaks_in_the_band_around_it():
    loudness = compute(tone(1000), LOG_MEL, RATE_HZ)[0]
    bands = mel_matrix(LOG_MEL, RATE_HZ)
    assert set(loudness.argmax(axis=1)) <= set(np.flatnonzero(bands[32]))  # 1 kHz is bin 32 of 512


def test_silence_is_zero_or_the_floor():
    silence = np.zeros((1, RATE_HZ), np.float32)
    np.testing.assert_array_equal(compute(silence, STFT, RATE_HZ), 0)
    np.testing.assert_allclose(compute(silence, LOG_MEL, RATE_HZ), np.log(LOG_FLOOR), rtol=1e-6)


@BOTH
def test_a_shift_by_one_step_moves_the_frames_by_one(features, speech):
    shape = geometry(features, RATE_HZ)
    shifted = np.zeros_like(speech)
    shifted[:, shape.frame_step :] = speech[:, : -shape.frame_step]
    original = compute(speech, features, RATE_HZ)
    moved = compute(shifted, features, RATE_HZ)
    np.testing.assert_allclose(moved[:, 1:], original[:, :-1], atol=2e-5)


@BOTH
def test_zero_padding_is_inert(features, speech):
    shape = geometry(features, RATE_HZ)
    short = speech.copy()
    short[:, RATE_HZ // 2 :] = 0
    whole_frames = 1 + (RATE_HZ // 2 - shape.frame_length) // shape.frame_step
    padded = compute(short, features, RATE_HZ)
    np.testing.assert_allclose(
        padded[:, :whole_frames], compute(speech, features, RATE_HZ)[:, :whole_frames], atol=2e-5
    )
    nothing = 0 if features.kind == "stft" else np.log(LOG_FLOOR)
    first_empty = -(-RATE_HZ // 2 // shape.frame_step)
    np.testing.assert_allclose(padded[:, first_empty:], nothing, atol=1e-5)


def test_magnitudes_of_speech_are_tensorflows(speech):
    ours = compute(speech, STFT, RATE_HZ)
    np.testing.assert_allclose(ours, by_tensorflow(speech, STFT), rtol=0, atol=2e-5)
    np.testing.assert_allclose(ours, by_tensorflow(speech, STFT, precision=np.float64), rtol=0, atol=2e-5)


def test_log_mel_of_speech_is_tensorflows_in_double_precision(speech):
    """In single precision TensorFlow is further from its own double precision than we are allowed to be."""
    ours = compute(speech, LOG_MEL, RATE_HZ)
    exact = by_tensorflow(speech, LOG_MEL, precision=np.float64)
    np.testing.assert_allclose(ours, exact, rtol=0, atol=2e-5)
    single = by_tensorflow(speech, LOG_MEL)
    assert np.abs(single - exact).max() > 2e-5
    np.testing.assert_allclose(ours, single, rtol=0, atol=5e-3)


@BOTH
def test_a_clip_has_the_same_bits_in_any_company(features, speech):
    together = compute(speech[:70], features, RATE_HZ)
    apart = np.concatenate([compute(speech[:1], features, RATE_HZ), compute(speech[1:70], features, RATE_HZ)])
    np.testing.assert_array_equal(together, apart)


@settings(max_examples=25)
@given(
    kind=st.sampled_from(["stft", "log_mel"]),
    rate_hz=st.sampled_from([8000, 16000, 22050]),
    frame_length_ms=st.floats(2, 60),
    frame_step_ms=st.floats(1, 30),
    mel_bands=st.integers(4, 48),
    seed=st.integers(0, 99),
)
def test_other_geometries_are_tensorflows_too(kind, rate_hz, frame_length_ms, frame_step_ms, mel_bands, seed):
    features = FeaturesConfig(
        kind=kind,
        clip_duration_ms=200,
        frame_length_ms=frame_length_ms,
        frame_step_ms=frame_step_ms,
        mel_bands=mel_bands,
        upper_edge_hz=4000,
    )
    shape = geometry(features, rate_hz)
    try:
        mel_matrix(features, rate_hz)
    except ConfigError:
        assume(kind == "stft")
    waveforms = np.random.default_rng(seed).uniform(-1, 1, (2, shape.clip_length)).astype(np.float32)
    exact = by_tensorflow(waveforms, features, rate_hz, np.float64)
    assert exact.shape == (2, shape.frames, shape.bins)
    np.testing.assert_allclose(compute(waveforms, features, rate_hz), exact, rtol=0, atol=2e-5)


def test_mel_bands_are_tensorflows():
    exact = tf.signal.linear_to_mel_weight_matrix(40, 257, RATE_HZ, 20.0, 7600.0, dtype=tf.float64)
    np.testing.assert_allclose(mel_matrix(LOG_MEL, RATE_HZ), exact, atol=1e-6)


def test_bands_without_a_bin_are_refused_with_the_way_out():
    with pytest.raises(ConfigError, match=r"features.mel_bands=256.*lower features.mel_bands"):
        mel_matrix(FeaturesConfig(mel_bands=256), RATE_HZ)


def test_frames_of_no_samples_are_refused():
    with pytest.raises(ConfigError, match="0 samples"):
        geometry(FeaturesConfig(frame_step_ms=0.01), RATE_HZ)


def test_waveforms_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r"\(3, 100\).*\(clips, 16000\)"):
        compute(np.zeros((3, 100), np.float32), STFT, RATE_HZ)


def test_no_clips_give_no_features():
    assert compute(np.zeros((0, RATE_HZ), np.float32), STFT, RATE_HZ).shape == (0, 124, 129)


@pytest.mark.parametrize(
    ("features", "spacing_hz"), [(STFT, 62.5), (LOG_MEL, 31.25)], ids=["stft", "log_mel"]
)
def test_a_bin_is_loudest_at_its_centre(features, spacing_hz):
    centres_hz = band_centres_hz(features, RATE_HZ)
    for number in (20, 30, 35):
        centre_hz = round(centres_hz[number] / spacing_hz) * spacing_hz
        assert abs(compute(tone(centre_hz), features, RATE_HZ)[0, 10].argmax() - number) <= 1
    assert len(centres_hz) == geometry(features, RATE_HZ).bins
