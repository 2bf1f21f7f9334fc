"""Synthetic words that any useful features tell apart: each a glide in its own part of the spectrum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from soundcheck.features.spectrogram import band_centres_hz, compute, geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundcheck.config import FeaturesConfig

_CLIPS_PER_WORD = 30
_MOST_SAMPLES = 2**22  # in all clips together: 260 of one second at 16 kHz
_FEWEST_CLIPS_PER_WORD = 6
_CLIPS_AT_ONCE = 16
_QUIETEST, _LOUDEST = 0.1, 0.5  # amplitude; full scale is 1
_NOISE = 0.003  # amplitude: 30 to 45 dB below the word
_SHORTEST, _LONGEST = 0.4, 0.8  # of the clip


def tone_word_summaries(
    word_count: int, features: FeaturesConfig, sample_rate_hz: int, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Summaries of synthetic words by a configuration's own features.

    Word `k` of `n` glides within the `k`-th `n`-th of the features' bins. Begin, length, loudness, phase and
    direction vary, as does the noise.

    Args:
        word_count: How many words.
        features: What computes the features.
        sample_rate_hz: Rate of the waveforms.
        seed: Decides all that varies.

    Returns:
        Means of the bins over time, then their standard deviations, (clips, 2 * bins), and the word of each
        clip, (clips,): 30 clips a word, fewer where clips are long.

    Raises:
        ConfigError: see `geometry` and `mel_matrix`.
    """
    shape = geometry(features, sample_rate_hz)
    affordable = _MOST_SAMPLES // (shape.clip_length * word_count)
    words = np.arange(word_count * min(max(affordable, _FEWEST_CLIPS_PER_WORD), _CLIPS_PER_WORD)) % word_count
    glides_hz = _glides_hz(word_count, band_centres_hz(features, sample_rate_hz))
    generator = np.random.default_rng(seed)
    summaries = np.empty((len(words), 2 * shape.bins), np.float32)
    for start in range(0, len(words), _CLIPS_AT_ONCE):
        clips = slice(start, start + _CLIPS_AT_ONCE)
        waveforms = np.stack(
            [_spoken(glides_hz[word], shape.clip_length, sample_rate_hz, generator) for word in words[clips]]
        )
        values = compute(waveforms, features, sample_rate_hz)
        summaries[clips] = np.hstack([values.mean(axis=1), values.std(axis=1)])
    return summaries, words


def _glides_hz(word_count: int, centres_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Both ends of each word's glide, (words, 2): the middle half of its share of the bins."""
    places = (np.arange(word_count)[:, np.newaxis] + [0.25, 0.75]) / word_count * len(centres_hz) - 0.5
    return np.interp(places, np.arange(len(centres_hz)), centres_hz)


def _spoken(
    glide_hz: NDArray[np.float64], clip_length: int, sample_rate_hz: int, generator: np.random.Generator
) -> NDArray[np.float32]:
    """One clip, (clip_length,)."""
    length = round(clip_length * generator.uniform(_SHORTEST, _LONGEST))
    start = generator.integers(0, clip_length - length + 1)
    first_hz, last_hz = generator.permutation(glide_hz)
    frequency_hz = np.linspace(first_hz, last_hz, length)
    phase = 2 * np.pi * (np.cumsum(frequency_hz) / sample_rate_hz + generator.uniform())
    clip = generator.normal(0, _NOISE, clip_length)
    clip[start : start + length] += (
        generator.uniform(_QUIETEST, _LOUDEST) * np.sin(phase) * np.hanning(length)
    )
    return clip.astype(np.float32)
