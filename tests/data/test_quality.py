"""Quality: each measure on sounds of which it is known, and none of them fails on any sound."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from audio_files import tone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.signal import resample_poly

from soundcheck.data.audio import decode
from soundcheck.data.quality import Quality, measure

RATE_HZ = 16000


def measured(samples, rate_hz=RATE_HZ) -> Quality:
    return measure(np.asarray(samples, np.float32), rate_hz)


def noise(level=0.1, frames=RATE_HZ, seed=0):
    return np.random.default_rng(seed).standard_normal(frames) * level


def word(start_s=0.4, end_s=0.6, level=0.3):
    """A second of faint noise with a burst of louder noise in it."""
    samples = noise(0.001)
    place = slice(int(start_s * RATE_HZ), int(end_s * RATE_HZ))
    samples[place] += noise(level, len(samples[place]), seed=1)
    return samples


def test_levels_of_a_tone():
    quality = measured(tone(level=0.5) + 0.1)

    assert quality.rms == pytest.approx(math.sqrt(0.5**2 / 2 + 0.1**2), rel=1e-4)
    assert quality.peak == pytest.approx(0.6, rel=1e-3)
    assert quality.dc_offset == pytest.approx(0.1, rel=1e-3)
    assert quality.clipped_fraction == 0


@pytest.mark.parametrize("level", [32767 / 32768, -1.0])
def test_samples_at_full_scale_count_as_clipped(level):
    samples = noise(frames=100)
    samples[:7] = level

    assert measured(samples).clipped_fraction == pytest.approx(0.07)
    assert measured(samples).flat_top_fraction == 0


@pytest.mark.parametrize("gain", [0.2, 0.99])
def test_flat_tops_below_full_scale_are_counted(gain):
    clipped = np.clip(3 * tone(frequency_hz=100), -1, 1)

    quality = measured(clipped * gain)

    assert quality.clipped_fraction == 0
    assert quality.flat_top_fraction == pytest.approx(np.mean(np.abs(clipped) == 1), abs=0.02)


def test_sound_that_was_not_clipped_has_no_flat_tops(speech_folder):
    fractions = [
        measured(decode(file.read_bytes(), ".wav").samples * 0.5).flat_top_fraction
        for file in sorted(speech_folder.glob("*/*.wav"))[::10]
    ]

    assert np.median(fractions) == 0


def test_a_word_in_the_middle_is_far_above_its_edges():
    quality = measured(word())

    assert quality.edge_level_db < -30
    assert quality.speech_contrast_db > 30


@pytest.mark.parametrize("cut", [slice(8000, None), slice(0, 8000)])
def test_a_word_that_is_cut_off_has_a_loud_edge(cut):
    assert measured(word()[cut]).edge_level_db > -3


def test_steady_noise_has_no_contrast():
    assert measured(noise()).speech_contrast_db < 3


def test_hum_and_offset_do_not_hide_the_speech():
    hum = tone(frequency_hz=50, level=0.4)

    assert measured(word() + hum + 0.2).speech_contrast_db > 25


def test_a_twentieth_of_a_second_is_too_short_to_compare_its_parts():
    quality = measured(noise(frames=800))

    assert math.isnan(quality.edge_level_db)
    assert math.isnan(quality.speech_contrast_db)


@pytest.mark.parametrize("value", [0.0, 0.25])
def test_a_stretch_where_the_sound_stands_still_is_found(value):
    samples = noise()
    samples[4000:4160] = value

    assert measured(samples).longest_constant_ms == pytest.approx(10, abs=0.2)


def test_zeros_into_which_the_sound_fades_do_not_count():
    samples = np.round(noise(0.3) * np.pad(np.hanning(8000), 4000) * 2**15) / 2**15

    assert measured(samples).longest_constant_ms == 0


def test_a_clip_of_one_value_is_constant_throughout():
    assert measured(np.full(RATE_HZ, 0.3)).longest_constant_ms == 1000


@pytest.mark.parametrize(("rate_hz", "half"), [(16000, 8000), (44100, 22050), (8000, 4000)])
def test_noise_fills_the_band(rate_hz, half):
    assert measured(noise(frames=rate_hz), rate_hz).bandwidth_hz == half


@pytest.mark.parametrize("factor", [2, 4])
def test_what_was_upsampled_ends_at_the_old_half_rate(factor):
    samples = resample_poly(noise(frames=RATE_HZ // factor), factor, 1)

    bandwidth_hz = measured(np.round(samples * 2**15) / 2**15).bandwidth_hz
    assert 1 <= bandwidth_hz / (RATE_HZ / 2 / factor) < 1.4


def test_an_offset_does_not_hide_the_band():
    assert measured(noise(0.001) + 0.5).bandwidth_hz == RATE_HZ / 2


def test_silence():
    quality = measured(np.zeros(RATE_HZ))

    assert (quality.rms, quality.peak, quality.dc_offset) == (0, 0, 0)
    assert (quality.speech_contrast_db, quality.edge_level_db) == (0, 0)
    assert math.isnan(quality.bandwidth_hz)
    assert quality.fingerprint == b""


@pytest.mark.parametrize(("frames", "rate_hz"), [(1, 1000), (768, 768_000), (99, 1001), (2_400_000, 768_000)])
def test_any_length_and_rate_can_be_measured(frames, rate_hz):
    quality = asdict(measured(noise(frames=frames), rate_hz))

    assert len(quality.pop("fingerprint")) in {0, 256}
    assert quality["rms"] > 0
    assert not any(math.isinf(value) for value in quality.values())


@given(
    samples=st.integers(1, 3000).flatmap(
        lambda frames: arrays(np.float32, frames, elements=st.floats(-1, 1, width=32))
    ),
    rate_hz=st.sampled_from([1000, 1013, 8000, 16000, 44100, 768_000]),
)
def test_every_measure_is_defined_and_within_its_range(samples, rate_hz):
    quality = measure(samples, rate_hz)

    assert 0 <= quality.rms <= quality.peak + 1e-6 <= 1 + 1e-6
    assert abs(quality.dc_offset) <= quality.peak + 1e-6
    assert 0 <= quality.clipped_fraction <= 1
    assert 0 <= quality.flat_top_fraction <= 1
    assert quality.edge_level_db <= 0 or math.isnan(quality.edge_level_db)
    assert quality.speech_contrast_db >= 0 or math.isnan(quality.speech_contrast_db)
    assert 0 <= quality.longest_constant_ms <= len(samples) * 1000 / rate_hz + 1e-6
    assert 0 < quality.bandwidth_hz <= rate_hz / 2 or math.isnan(quality.bandwidth_hz)
    assert len(quality.fingerprint) in {0, 256}
