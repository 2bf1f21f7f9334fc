"""Features computed again from the sound, by TensorFlow's own operations: are the stored ones those?

Whatever is wrong with the code of the features, with the shards or with the join of clips and features shows
as a difference, since nothing of them is used here but the lengths of frames and the floor of the logarithm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.errors import SoundcheckError
from soundcheck.features.spectrogram import LOG_FLOOR, geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundcheck.config import FeaturesConfig

CLIPS = 32


def recomputed(
    waveforms: NDArray[np.float32], features: FeaturesConfig, sample_rate_hz: int
) -> NDArray[np.float64]:
    """Features (clips, frames, bins) of waveforms (clips, length) in [-1, 1], in double precision."""
    import tensorflow as tf

    shape = geometry(features, sample_rate_hz)
    waves = tf.constant(waveforms, tf.float64)
    magnitudes = tf.abs(tf.signal.stft(waves, shape.frame_length, shape.frame_step))
    if features.kind == "stft":
        return magnitudes.numpy()
    weights = tf.signal.linear_to_mel_weight_matrix(
        features.mel_bands,
        shape.fft_length // 2 + 1,
        sample_rate_hz,
        features.lower_edge_hz,
        features.upper_edge_hz,
        tf.float64,
    )
    return tf.math.log(tf.matmul(magnitudes, weights) + LOG_FLOOR).numpy()


def largest_difference(one: NDArray[np.floating[Any]], other: NDArray[np.floating[Any]]) -> float:
    """Largest difference of two arrays of one shape over the largest magnitude among both.

    0 for equal arrays, infinite where either holds a number that is not finite.

    Raises:
        SoundcheckError: the shapes differ.
    """
    if one.shape != other.shape:
        raise SoundcheckError(f"features of shape {one.shape} cannot be held against those of {other.shape}")
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return float("inf")
    magnitude = max(float(np.abs(one).max(initial=0)), float(np.abs(other).max(initial=0)))
    return float(np.abs(one - other).max(initial=0)) / magnitude if magnitude else 0.0
