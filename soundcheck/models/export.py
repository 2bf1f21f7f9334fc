"""The model that is registered and served: raw waveform in, probabilities out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from soundcheck.features.layers import Spectrogram
from soundcheck.features.spectrogram import geometry

if TYPE_CHECKING:
    from soundcheck.config import FeaturesConfig


def with_front_end(model: keras.Model, features: FeaturesConfig, sample_rate_hz: int) -> keras.Model:
    """`model` with its features computed inside, so that who serves it cannot compute others.

    Args:
        model: Takes features (batch, frames, bins) to logits (batch, labels); its weights are shared, not
            copied.
        features: The configuration of the features that `model` was trained on.
        sample_rate_hz: Rate of the waveforms, in Hz.

    Returns:
        A model from "waveform" (batch, samples of a clip), float32 in [-1, 1], to "probabilities"
        (batch, labels), float32.
    """
    clip_length = geometry(features, sample_rate_hz).clip_length
    waveform = keras.Input((clip_length,), dtype="float32", name="waveform")
    spectrogram = Spectrogram.from_features(features, sample_rate_hz)(waveform)
    # A functional model gives its one output as it is; the same model loaded from a file, in a list.
    [logits] = keras.tree.flatten(model(spectrogram))
    probabilities = keras.layers.Softmax(name="probabilities")(logits)
    return keras.Model(waveform, probabilities, name=f"{model.name}_with_front_end")
