"""The Keras layer that puts the features into a model, so that a model can take raw waveforms."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from soundcheck.config import FeaturesConfig
from soundcheck.features.spectrogram import LOG_FLOOR, geometry, mel_matrix


@keras.saving.register_keras_serializable(package="soundcheck")
class Spectrogram(keras.layers.Layer):
    """What `soundcheck.features.spectrogram.compute` does, as a layer: within 2e-5 of it.

    Takes (batch, clip_length) waveforms in [-1, 1], gives (batch, frames, bins) float32. It neither pads
    nor cuts. Its configuration is plain numbers, those of `FeaturesConfig` and the sample rate, so that a
    saved model says what it was trained on and needs no other file.

    Args:
        kind: `stft` or `log_mel`.
        sample_rate_hz: rate of the waveforms.
        clip_duration_ms: length of every waveform.
        frame_length_ms: length of a frame.
        frame_step_ms: step between frames.
        mel_bands: bands of `log_mel`.
        lower_edge_hz: lower edge of the mel bands.
        upper_edge_hz: upper edge of the mel bands.
        log_floor: added to the mel magnitudes before their logarithm is taken.
        **options: those of every Keras layer. The features stay float32 under a mixed-precision policy
            unless `dtype` is given: float16 cannot add up a spectrum.

    Raises:
        ConfigError: as `geometry` and `mel_matrix`.
    """

    def __init__(
        self,
        *,
        kind: str,
        sample_rate_hz: int,
        clip_duration_ms: float,
        frame_length_ms: float,
        frame_step_ms: float,
        mel_bands: int,
        lower_edge_hz: float,
        upper_edge_hz: float,
        log_floor: float,
        **options: Any,
    ) -> None:
        options.setdefault("dtype", "float32")
        super().__init__(**options)
        self._numbers = {
            "kind": kind,
            "clip_duration_ms": clip_duration_ms,
            "frame_length_ms": frame_length_ms,
            "frame_step_ms": frame_step_ms,
            "mel_bands": mel_bands,
            "lower_edge_hz": lower_edge_hz,
            "upper_edge_hz": upper_edge_hz,
        }
        self._sample_rate_hz = sample_rate_hz
        self._log_floor = log_floor
        features = FeaturesConfig.model_validate(self._numbers)
        self._geometry = geometry(features, sample_rate_hz)
        self._mel_matrix = mel_matrix(features, sample_rate_hz) if kind == "log_mel" else None

    @classmethod
    def from_features(cls, features: FeaturesConfig, sample_rate_hz: int) -> Spectrogram:
        """The layer that computes the features of a configuration."""
        settings = features.model_dump(exclude={"storage"})
        return cls(sample_rate_hz=sample_rate_hz, log_floor=LOG_FLOOR, **settings)

    def call(self, waveforms: tf.Tensor) -> tf.Tensor:
        """(batch, clip_length) to (batch, frames, bins)."""
        if self._mel_matrix is None:
            return self._magnitudes(waveforms)
        # In float64 up to the magnitudes: see the head of soundcheck.features.spectrogram.
        magnitudes = tf.cast(self._magnitudes(tf.cast(waveforms, tf.float64)), tf.float32)
        return tf.math.log(tf.matmul(magnitudes, self._mel_matrix) + self._log_floor)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(batch, frames, bins), whatever the input."""
        return (input_shape[0], self._geometry.frames, self._geometry.bins)

    def get_config(self) -> dict[str, Any]:
        """Everything that `__init__` takes."""
        numbers = {**self._numbers, "sample_rate_hz": self._sample_rate_hz, "log_floor": self._log_floor}
        return {**super().get_config(), **numbers}

    def _magnitudes(self, waveforms: tf.Tensor) -> tf.Tensor:
        return tf.abs(tf.signal.stft(waveforms, self._geometry.frame_length, self._geometry.frame_step))
