"""The exported model takes waveforms to the probabilities that the features would give."""

import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from soundcheck.config import FeaturesConfig
from soundcheck.features.layers import Spectrogram
from soundcheck.features.spectrogram import geometry
from soundcheck.models import builder
from soundcheck.models.export import with_front_end


@pytest.mark.parametrize(("kind", "name"), [("log_mel", "tc_resnet8"), ("stft", "reference_cnn")])
def test_probabilities_are_those_of_the_features(kind: str, name: str, tmp_path: Path) -> None:
    features = FeaturesConfig(kind=kind)
    shape = geometry(features, 16000)
    model = builder(name)((shape.frames, shape.bins), 8)
    waveforms = np.random.default_rng(0).normal(scale=0.1, size=(4, 16000)).astype(np.float32)
    expected = keras.ops.softmax(model(Spectrogram.from_features(features, 16000)(waveforms)))

    served = with_front_end(model, features, 16000)
    probabilities = served.predict_on_batch(waveforms)
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert [served.input.name, served.output_names] == ["waveform", ["probabilities"]]

    served.save(tmp_path / "served.keras")
    reloaded = keras.saving.load_model(tmp_path / "served.keras", safe_mode=True)
    np.testing.assert_array_equal(reloaded.predict_on_batch(waveforms), probabilities)
    with zipfile.ZipFile(tmp_path / "served.keras") as archive:
        assert "Lambda" not in archive.read("config.json").decode()


def test_the_input_has_the_clips_length() -> None:
    features = FeaturesConfig(clip_duration_ms=500)
    shape = geometry(features, 8000 * 2)
    served = with_front_end(builder("tc_resnet8")((shape.frames, shape.bins), 3), features, 16000)
    assert served.input_shape == (None, 8000)
