"""Sounds whose features are known beforehand: what tells a bug in the features from a weak feature.

The properties checked are those of any spectrogram, whatever its frames and bands: they hold for every
configuration that `geometry` and `mel_matrix` accept. So a check that fails means that the code is wrong, not
that the configuration is unusual.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.errors import SoundcheckError
from soundcheck.features import spectrogram
from soundcheck.features.spectrogram import LOG_FLOOR, Geometry, geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundcheck.config import FeaturesConfig

    Compute = Callable[[NDArray[np.float32], FeaturesConfig, int], NDArray[np.float32]]

_TONE_HZ = 1000.0
_AMPLITUDE = 0.25  # of all sounds; doubled it is still within full scale
_STEPS_SHIFTED = 2
_MOST_FRAMES = 32
_MOST_SAMPLES = 2**17  # in all frames together: some milliseconds to transform
# Of a Hann window of two or three samples one is not zero: all bins are equal.
_SHORTEST_FRAME_WITH_A_TONE = 4
# Of the largest value: far above rounding, far below what a misplaced frame makes of noise.
_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Verdict:
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
) -> tuple[Verdict, ...]:
    """Checks the features of a configuration on sounds whose features are known.

    Clips are as long as a few frames at most, so that it takes milliseconds whatever the clip length.

    Args:
        features: The configuration under test.
        sample_rate_hz: Rate of the waveforms.
        compute: What gives (clips, frames, bins) for (clips, clip_length), a configuration and a rate.

    Returns:
        `shape`, `tone`, `silence`, `shift`, `padding` and `loudness`; `shape` alone where that fails, since
        nothing else can be read then.

    Raises:
        ConfigError: where `geometry` or `mel_matrix` refuses the configuration.
    """
    features = _shortened(features, sample_rate_hz)
    shape = geometry(features, sample_rate_hz)
    tone_hz = _tone_hz(features, sample_rate_hz, shape)
    values = compute(_sounds(tone_hz, sample_rate_hz, shape), features, sample_rate_hz)
    fits = _check_shape(values, features, shape)
    if not fits.passed:
        return (fits,)
    tone, silence, noise, shifted, cut, louder = values
    floor = float(np.log(LOG_FLOOR)) if features.kind == "log_mel" else 0.0
    return (
        fits,
        _check_tone(tone, tone_hz, features, sample_rate_hz, shape),
        _check_silence(silence, floor),
        _check_shift(noise, shifted),
        _check_padding(noise, cut, floor, shape),
        _check_loudness(_magnitudes(noise, features), _magnitudes(louder, features)),
    )


def require_passed(verdicts: Sequence[Verdict]) -> None:
    """Raises SoundcheckError where a property does not hold: the features' code is wrong then."""
    failed = [verdict.sentence for verdict in verdicts if not verdict.passed]
    if failed:
        raise SoundcheckError(f"the features are wrong on known sounds, which is a bug: {' '.join(failed)}")


def _shortened(features: FeaturesConfig, sample_rate_hz: int) -> FeaturesConfig:
    """The configuration with clips of a few frames, where its own are longer."""
    shape = geometry(features, sample_rate_hz)
    frames = min(max(_MOST_SAMPLES // shape.fft_length, _STEPS_SHIFTED + 2), _MOST_FRAMES)
    length = shape.frame_length + (frames - 1) * shape.frame_step
    if length >= shape.clip_length:
        return features
    return features.model_copy(update={"clip_duration_ms": 1000 * length / sample_rate_hz})


def _tone_hz(features: FeaturesConfig, sample_rate_hz: int, shape: Geometry) -> float:
    """The centre of an inner bin or band near 1 kHz; higher where a frame does not hold a period of that."""
    inner_hz = _centres_hz(features, sample_rate_hz, shape)[1:-1]
    if not len(inner_hz):  # of an FFT of two samples
        return _TONE_HZ
    held_hz = inner_hz[inner_hz >= sample_rate_hz / shape.frame_length]
    candidates_hz = held_hz if len(held_hz) else inner_hz
    return float(candidates_hz[np.abs(candidates_hz - _TONE_HZ).argmin()])


def _centres_hz(features: FeaturesConfig, sample_rate_hz: int, shape: Geometry) -> NDArray[np.float64]:
    """Where bins ought to be, (bins,), found in another way than by the features: HTK's own formula."""
    if features.kind == "stft":
        return np.arange(shape.bins) * sample_rate_hz / shape.fft_length
    edges_mel = 2595 * np.log10(1 + np.array([features.lower_edge_hz, features.upper_edge_hz]) / 700)
    centres_mel = edges_mel[0] + np.ptp(edges_mel) * np.arange(1, shape.bins + 1) / (shape.bins + 1)
    return 700 * (10 ** (centres_mel / 2595) - 1)


def _sounds(tone_hz: float, sample_rate_hz: int, shape: Geometry) -> NDArray[np.float32]:
    """A tone, silence, noise; the noise some steps later, with its end cut off, and twice as loud."""
    samples = np.arange(shape.clip_length)
    sounds = np.zeros((6, shape.clip_length), np.float32)
    sounds[0] = _AMPLITUDE * np.sin(2 * np.pi * tone_hz * samples / sample_rate_hz)
    noise = np.random.default_rng(0).uniform(-_AMPLITUDE, _AMPLITUDE, shape.clip_length).astype(np.float32)
    late = _steps_shifted(shape.frames) * shape.frame_step
    sounds[2] = noise
    sounds[3, late:] = noise[: shape.clip_length - late]
    sounds[4] = np.where(samples < _end_of_sound(shape), noise, 0)
    sounds[5] = 2 * noise
    return sounds


def _steps_shifted(frames: int) -> int:
    return min(_STEPS_SHIFTED, frames - 1)


def _end_of_sound(shape: Geometry) -> int:
    """The sample with which the middle frame ends."""
    return (shape.frames - 1) // 2 * shape.frame_step + shape.frame_length


def _check_shape(values: NDArray[np.float32], features: FeaturesConfig, shape: Geometry) -> Verdict:
    """Counted here once more, for `geometry` may be what is wrong."""
    frames = len(range(0, shape.clip_length - shape.frame_length + 1, shape.frame_step))
    bins = features.mel_bands if features.kind == "log_mel" else shape.fft_length // 2 + 1
    received = f"{values.dtype} of shape {values.shape[1:]}"
    finite = bool(np.isfinite(values).all())
    passed = finite and received == f"float32 of shape {(frames, bins)}"
    return Verdict(
        "shape",
        passed,
        f"A clip gives {received}, {'all finite' if finite else 'not all finite'}"
        + ("." if passed else f"; float32 of shape {(frames, bins)}, all finite, was expected."),
    )


def _check_tone(
    tone: NDArray[np.float32], tone_hz: float, features: FeaturesConfig, sample_rate_hz: int, shape: Geometry
) -> Verdict:
    if shape.frame_length < _SHORTEST_FRAME_WITH_A_TONE:
        return Verdict("tone", True, f"Frames of {shape.frame_length} samples are too short to hold a tone.")
    centres_hz = _centres_hz(features, sample_rate_hz, shape)
    loudest = int(tone.mean(axis=0).argmax())
    expected = int(np.abs(centres_hz - tone_hz).argmin())
    # A tone fills the main lobe of the window, two bins of the frame to each side; mel bands may be narrower.
    lobe_hz = 2 * sample_rate_hz / shape.frame_length + sample_rate_hz / shape.fft_length
    narrow = features.kind == "log_mel" and abs(centres_hz[loudest] - tone_hz) <= lobe_hz
    passed = loudest == expected or bool(narrow)
    return Verdict(
        "tone",
        passed,
        f"A tone of {tone_hz:.0f} Hz is loudest in bin {loudest} of {shape.bins}"
        + (", where it belongs." if passed else f" and belongs in bin {expected}: the bins are misplaced."),
    )


def _check_silence(silence: NDArray[np.float32], floor: float) -> Verdict:
    passed = _alike(silence, np.full_like(silence, floor))
    found = f"Silence gives {silence.min():.4g} to {silence.max():.4g}"
    return Verdict("silence", passed, f"{found}." if passed else f"{found}, but {floor:.4g} was expected.")


def _check_shift(noise: NDArray[np.float32], shifted: NDArray[np.float32]) -> Verdict:
    steps = _steps_shifted(len(noise))
    if not steps:
        return Verdict("shift", True, "A clip has one frame only: there is nothing to move.")
    passed = _alike(shifted[steps:], noise[:-steps])
    moved = f"A sound {steps} frame step{'s' if steps > 1 else ''} later"
    return Verdict(
        "shift",
        passed,
        f"{moved} gives the same frames, {steps} later."
        if passed
        else f"{moved} gives other frames: the step or the window is not what features.frame_step_ms says.",
    )


def _check_padding(
    noise: NDArray[np.float32], cut: NDArray[np.float32], floor: float, shape: Geometry
) -> Verdict:
    """No frame looks past its end, nor back before its start."""
    end = _end_of_sound(shape)
    before = slice(None, (shape.frames - 1) // 2 + 1)
    after = slice(-(-end // shape.frame_step), None)
    same, silent = _alike(cut[before], noise[before]), _alike(cut[after], np.full_like(cut[after], floor))
    if same and silent:
        return Verdict("padding", True, "Zeros after a sound leave its frames as they are, and give silence.")
    fault = "hold traces of it" if same else "change the frames before them"
    return Verdict(
        "padding",
        False,
        f"Zeros after a sound {fault}: frames are not where features.frame_length_ms and "
        "features.frame_step_ms put them, or depend on each other.",
    )


def _check_loudness(magnitudes: NDArray[np.float64], louder: NDArray[np.float64]) -> Verdict:
    if _alike(louder, 2 * magnitudes):
        return Verdict("loudness", True, "A sound twice as loud has magnitudes twice as large.")
    return Verdict(
        "loudness",
        False,
        "A sound twice as loud has magnitudes that are not twice as large: they are no magnitudes, or no "
        "natural logarithms of them, or scaled clip by clip.",
    )


def _magnitudes(values: NDArray[np.float32], features: FeaturesConfig) -> NDArray[np.float64]:
    exact = values.astype(np.float64)
    return np.exp(exact) - LOG_FLOOR if features.kind == "log_mel" else exact


def _alike(values: NDArray[np.floating[Any]], others: NDArray[np.floating[Any]]) -> bool:
    largest = max(float(np.abs(others).max(initial=0)), LOG_FLOOR)
    return bool(np.allclose(values, others, rtol=0, atol=_TOLERANCE * largest))
