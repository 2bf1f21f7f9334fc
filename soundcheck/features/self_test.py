"""Sounds whose features are known beforehand: a bug in the features is told from a weak feature.

Five properties that any spectrogram has, whatever its frames and bands, are checked on sounds made for the
purpose. They hold for every configuration that `geometry` and `mel_matrix` accept, so that a check that
fails means that the code is wrong and not that the configuration is unusual.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from soundcheck.features import spectrogram
from soundcheck.features.spectrogram import LOG_FLOOR, Geometry, geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundcheck.config import FeaturesConfig

    Compute = Callable[[NDArray[np.float32], FeaturesConfig, int], NDArray[np.float32]]

TONE_HZ = 1000.0
_MOST_FRAMES = 32
_SAMPLES_AT_MOST = 2**17  # of all frames' transforms together, which keeps the test below 50 ms
_STEPS_SHIFTED = 2
_SHORTEST_FRAME_OF_A_TONE = 4  # samples; a Hann window of two or three has one that is not zero
_NOISE_AMPLITUDE = 0.5
# float32's rounding, magnified by the logarithm where a band of the noise happens to be weak.
_RELATIVE_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Check:
    """One property that was put to the test.

    Attributes:
        name: The property, in a word or two.
        passed: Whether it holds.
        sentence: What was found, in plain words with its figures.
    """

    name: str
    passed: bool
    sentence: str


def self_test(
    features: FeaturesConfig, sample_rate_hz: int, compute: Compute = spectrogram.compute
) -> tuple[Check, ...]:
    """Checks the features of a configuration on sounds whose features are known.

    Only as much sound is made as fills a few frames, so that it takes some milliseconds for any clip length.

    Args:
        features: The configuration under test.
        sample_rate_hz: Rate of the waveforms.
        compute: What computes (clips, frames, bins) from (clips, clip_length), a configuration and a rate.

    Returns:
        `shape`, `tone`, `silence`, `shift`, `padding` and `loudness`, in this order; `shape` alone where it
        fails, since nothing else can be read then.

    Raises:
        ConfigError: where `geometry` or `mel_matrix` refuses the configuration.
    """
    features = _shortened(features, sample_rate_hz)
    shape = geometry(features, sample_rate_hz)
    tone_hz = _tone_hz(features, sample_rate_hz, shape)
    values = compute(_sounds(shape, tone_hz, sample_rate_hz), features, sample_rate_hz)
    shape_check = _check_shape(values, shape, features)
    if not shape_check.passed:
        return (shape_check,)
    tone, silence, noise, shifted, cut, louder = values
    floor = np.log(LOG_FLOOR) if features.kind == "log_mel" else 0.0
    return (
        shape_check,
        _check_tone(tone, tone_hz, features, sample_rate_hz, shape),
        _check_silence(silence, floor),
        _check_shift(noise, shifted),
        _check_padding(noise, cut, floor, shape),
        _check_loudness(noise, louder, features),
    )


def _shortened(features: FeaturesConfig, sample_rate_hz: int) -> FeaturesConfig:
    """The configuration with clips of a few frames, where its own are longer."""
    shape = geometry(features, sample_rate_hz)
    frames = min(max(_SAMPLES_AT_MOST // shape.fft_length, _STEPS_SHIFTED + 2), _MOST_FRAMES)
    length = shape.frame_length + (frames - 1) * shape.frame_step
    if length >= shape.clip_length:
        return features
    return features.model_copy(update={"clip_duration_ms": 1000 * length / sample_rate_hz})


def _tone_hz(features: FeaturesConfig, sample_rate_hz: int, shape: Geometry) -> float:
    """The frequency of an FFT bin near 1 kHz, within the bands and away from both ends of the spectrum."""
    lowest_hz, highest_hz = sample_rate_hz / 8, 3 * sample_rate_hz / 8
    if features.kind == "log_mel":
        middle_hz = _hz((_mel(features.lower_edge_hz) + _mel(features.upper_edge_hz)) / 2)
        lowest_hz, highest_hz = min(lowest_hz, middle_hz), min(highest_hz, middle_hz)
    wanted_hz = float(np.clip(TONE_HZ, min(lowest_hz, TONE_HZ), highest_hz))
    spacing_hz = sample_rate_hz / shape.fft_length
    return spacing_hz * max(1, round(wanted_hz / spacing_hz))
