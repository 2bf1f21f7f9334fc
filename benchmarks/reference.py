"""The thing to beat: features clip by clip, as in TensorFlow's tutorial "Simple audio recognition"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soundcheck.config import FeaturesConfig
from soundcheck.features.spectrogram import LOG_FLOOR, geometry, mel_matrix

if TYPE_CHECKING:
    import tensorflow as tf


def reference_dataset(
    paths: list[str], labels: list[int], features: FeaturesConfig, sample_rate_hz: int
) -> tf.data.Dataset[Any]:
    """Reads, decodes and transforms each WAV file, every time it is iterated; batches of 64."""
    import tensorflow as tf

    shape = geometry(features, sample_rate_hz)
    bands = mel_matrix(features, sample_rate_hz) if features.kind == "log_mel" else None

    def example(path: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        audio, _ = tf.audio.decode_wav(
            tf.io.read_file(path), desired_channels=1, desired_samples=shape.clip_length
        )
        magnitudes = tf.abs(tf.signal.stft(tf.squeeze(audio, axis=-1), shape.frame_length, shape.frame_step))
        if bands is None:
            return magnitudes, label
        return tf.math.log(tf.matmul(magnitudes, bands) + LOG_FLOOR), label

    files = tf.data.Dataset.from_tensor_slices((paths, labels))
    return files.map(example, num_parallel_calls=tf.data.AUTOTUNE).batch(64).prefetch(tf.data.AUTOTUNE)
