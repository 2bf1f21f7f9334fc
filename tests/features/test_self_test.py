"""The self-test of the features: silent on every legal configuration, loud on every fault."""

import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from soundcheck.config import FeaturesConfig
from soundcheck.errors import ConfigError, SoundcheckError
from soundcheck.features.self_test import require_passed, self_test
from soundcheck.features.spectrogram import LOG_FLOOR, compute, geometry, mel_matrix

RATE_HZ = 16000
STFT = FeaturesConfig(kind="stft")
LOG_MEL = FeaturesConfig(kind="log_mel")
BOTH = pytest.mark.parametrize("features", [STFT, LOG_MEL], ids=["stft", "log_mel"])
LARGEST_FFT = 2**15  # a matrix of more bins takes long to make, whatever the test of it takes


def failures(features, compute_features, rate_hz=RATE_HZ):
    return {check.name for check in self_test(features, rate_hz, compute_features) if not check.passed}


@BOTH
def test_the_features_pass(features):
    checks = self_test(features, RATE_HZ)

    assert [check.name for check in checks] == ["shape", "tone", "silence", "shift", "padding", "loudness"]
    assert all(check.passed for check in checks), checks


def test_a_tone_of_1_khz_is_loudest_in_bin_16():
    tone = self_test(STFT, RATE_HZ)[1]

    assert tone.sentence == "A tone of 1000 Hz is loudest in bin 16 of 129, where it belongs."


def test_the_layer_of_the_model_passes_as_well():
    from soundcheck.features.layers import Spectrogram

    def by_layer(waveforms, features, rate_hz):
        return np.asarray(Spectrogram.from_features(features, rate_hz)(waveforms))

    assert failures(STFT, by_layer) == failures(LOG_MEL, by_layer) == set()


@st.composite
def configurations(draw):
    """A configuration that `geometry` and `mel_matrix` accept, and a sample rate."""
    rate_hz = draw(st.sampled_from([4000, 8000, 11025, 16000, 22050, 44100, 48000]))
    clip_duration_ms = draw(st.floats(100, 10_000))
    lower_edge_hz = draw(st.floats(0, rate_hz / 2 - 2))
    features = FeaturesConfig(
        kind=draw(st.sampled_from(["stft", "log_mel"])),
        clip_duration_ms=clip_duration_ms,
        frame_length_ms=min(clip_duration_ms, 10 ** draw(st.floats(-1, 4))),
        frame_step_ms=min(clip_duration_ms, 10 ** draw(st.floats(-1.3, 4))),
        mel_bands=draw(st.one_of(st.integers(4, 40), st.integers(4, 256))),
        lower_edge_hz=lower_edge_hz,
        upper_edge_hz=draw(st.floats(lower_edge_hz + 1, rate_hz / 2)),
    )
    try:
        assume(geometry(features, rate_hz).fft_length <= LARGEST_FFT)
        if features.kind == "log_mel":
            mel_matrix(features, rate_hz)
    except ConfigError:
        assume(False)
    return features, rate_hz


@settings(max_examples=150)
@given(configurations())
def test_no_legal_configuration_is_accused(configuration):
    features, rate_hz = configuration
    assert failures(features, compute, rate_hz) == set()


def test_an_impossible_configuration_is_refused():
    with pytest.raises(ConfigError, match="hold no bin"):
        self_test(FeaturesConfig(mel_bands=256), RATE_HZ)


def other_step(waveforms, features, rate_hz):
    """A step that is two samples too long; the last frame again makes up their number."""
    step_ms = features.frame_step_ms + 2000 / rate_hz
    values = compute(waveforms, features.model_copy(update={"frame_step_ms": step_ms}), rate_hz)
    lacking = geometry(features, rate_hz).frames - values.shape[1]
    return np.pad(values, [(0, 0), (0, lacking), (0, 0)], mode="edge")


def bins_reversed(waveforms, features, rate_hz):
    return compute(waveforms, features, rate_hz)[:, :, ::-1]


def bins_one_off(waveforms, features, rate_hz):
    return np.roll(compute(waveforms, features, rate_hz), 1, axis=2)


def frames_in_the_middle(waveforms, features, rate_hz):
    """Frames around their instants, as librosa's are unless told otherwise."""
    early = np.zeros_like(waveforms)
    half = geometry(features, rate_hz).frame_length // 2
    early[:, half:] = waveforms[:, :-half]
    return compute(early, features, rate_hz)


def last_frames_missing(waveforms, features, rate_hz):
    return compute(waveforms, features, rate_hz)[:, :-1]


def bins_missing(waveforms, features, rate_hz):
    """The FFT as long as the frame: no padding to a power of two."""
    return compute(waveforms, features, rate_hz)[:, :, :-1]


def double_precision(waveforms, features, rate_hz):
    return compute(waveforms, features, rate_hz).astype(np.float64)


def each_clip_as_loud(waveforms, features, rate_hz):
    loudest = np.maximum(np.abs(waveforms).max(axis=1, keepdims=True), 1e-9)
    return compute(waveforms / loudest, features, rate_hz)


def each_clip_standardized(waveforms, features, rate_hz):
    values = compute(waveforms, features, rate_hz)
    scale = np.maximum(values.std(axis=(1, 2), keepdims=True), 1e-6)
    return (values - values.mean(axis=(1, 2), keepdims=True)) / scale


def not_a_number_in_silence(waveforms, features, rate_hz):
    values = compute(waveforms, features, rate_hz)
    with np.errstate(invalid="ignore", divide="ignore"):
        return values / np.abs(waveforms).max(axis=1)[:, np.newaxis, np.newaxis]


def powers(waveforms, features, rate_hz):
    values = compute(waveforms, features, rate_hz)
    if features.kind == "stft":
        return values**2
    return np.log((np.exp(values) - LOG_FLOOR) ** 2 + LOG_FLOOR).astype(np.float32)


def another_logarithm(waveforms, features, rate_hz):
    values = compute(waveforms, features, rate_hz)
    return values / np.float32(np.log(10)) if features.kind == "log_mel" else np.log10(values + 1)


def clips_mixed_up(waveforms, features, rate_hz):
    values = compute(waveforms, features, rate_hz)
    return np.ascontiguousarray(values.transpose(1, 0, 2)).reshape(values.shape)


def wrong_rate(waveforms, features, rate_hz):
    """The bands of a rate twice as high, at the frames of the right one."""
    bands = features.model_copy(
        update={name: getattr(features, name) / 2 for name in ("lower_edge_hz", "upper_edge_hz")}
    )
    return compute(waveforms, bands, rate_hz)


FAULTS = {
    other_step: "shift",
    bins_reversed: "tone",
    bins_one_off: "tone",
    frames_in_the_middle: "padding",
    last_frames_missing: "shape",
    bins_missing: "shape",
    double_precision: "shape",
    each_clip_as_loud: "loudness",
    each_clip_standardized: "padding",
    not_a_number_in_silence: "shape",
    powers: "loudness",
    another_logarithm: "loudness",
    clips_mixed_up: "silence",
}


@BOTH
@pytest.mark.parametrize(("fault", "name"), FAULTS.items(), ids=[fault.__name__ for fault in FAULTS])
def test_a_fault_is_found_and_named(fault, name, features):
    checks = self_test(features, RATE_HZ, fault)

    failed = {check.name: check.sentence for check in checks if not check.passed}
    assert name in failed
    assert all(sentence.endswith(".") for sentence in failed.values())


def test_bands_of_another_rate_are_found():
    assert "tone" in failures(LOG_MEL, wrong_rate)


def test_a_wrong_floor_is_found():
    def floored(waveforms, features, rate_hz):
        return np.maximum(compute(waveforms, features, rate_hz), np.float32(-5))

    assert "silence" in failures(LOG_MEL, floored)


def test_long_clips_take_no_longer():
    features = FeaturesConfig(clip_duration_ms=10_000)
    self_test(features, 48000)
    start = time.process_time()
    self_test(features, 48000)
    assert time.process_time() - start < 0.05


def test_features_that_fail_stop_whoever_asks():
    require_passed(self_test(FeaturesConfig(), 16000))
    wrong = self_test(FeaturesConfig(), 16000, compute=lambda *given: np.zeros_like(compute(*given)))
    with pytest.raises(SoundcheckError, match="the features are wrong on known sounds, which is a bug"):
        require_passed(wrong)
