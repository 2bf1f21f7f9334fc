import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from soundcheck.config import FeaturesConfig
from soundcheck.data.sources import Source
from soundcheck.data.waveforms import read_waveforms
from soundcheck.features.layers import Spectrogram
from soundcheck.features.spectrogram import compute

RATE_HZ = 16000
BOTH = pytest.mark.parametrize(
    "features", [FeaturesConfig(kind="stft"), FeaturesConfig(kind="log_mel")], ids=["stft", "log_mel"]
)


@pytest.fixture(scope="module")
def speech(speech_folder, manifest):
    return read_waveforms(Source(speech_folder, ""), manifest.iloc[::4], RATE_HZ, RATE_HZ)


def close(values, expected):
    np.testing.assert_allclose(np.asarray(values), expected, rtol=0, atol=2e-5)


@BOTH
def test_eagerly_it_is_compute(features, speech):
    layer = Spectrogram.from_features(features, RATE_HZ)
    close(layer(speech), compute(speech, features, RATE_HZ))


@BOTH
def test_inside_tf_data_it_is_compute(features, speech):
    layer = Spectrogram.from_features(features, RATE_HZ)
    batches = list(tf.data.Dataset.from_tensor_slices(speech).batch(20).map(layer))
    close(np.concatenate(batches), compute(speech, features, RATE_HZ))


@BOTH
def test_its_configuration_makes_it_again(features, speech):
    layer = Spectrogram.from_features(features, RATE_HZ)
    again = Spectrogram.from_config(layer.get_config())
    np.testing.assert_array_equal(again(speech[:3]), layer(speech[:3]))
    assert all(isinstance(value, str | int | float | bool | dict) for value in layer.get_config().values())


@BOTH
def test_its_shape_is_known_without_data(features):
    layer = Spectrogram.from_features(features, RATE_HZ)
    output = layer(keras.Input((RATE_HZ,)))
    assert output.shape == layer.compute_output_shape((None, RATE_HZ))
    assert output.dtype == "float32"


def test_mixed_precision_leaves_it_in_single(speech):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = Spectrogram.from_features(FeaturesConfig(kind="stft"), RATE_HZ)
    finally:
        keras.config.set_dtype_policy("float32")
    assert layer(speech[:1]).dtype == tf.float32


RELOAD = """
import sys
import keras, numpy
import soundcheck.features.layers
model = keras.saving.load_model(sys.argv[1])
numpy.save(sys.argv[3], model.predict(numpy.load(sys.argv[2]), verbose=0))
"""


def test_saved_models_give_the_same_in_a_fresh_process(speech, tmp_path):
    kinds = [FeaturesConfig(kind="stft"), FeaturesConfig(kind="log_mel")]
    waveform = keras.Input((RATE_HZ,))
    outputs = [
        keras.layers.Flatten()(Spectrogram.from_features(features, RATE_HZ)(waveform)) for features in kinds
    ]
    keras.Model(waveform, keras.layers.Concatenate()(outputs)).save(tmp_path / "model.keras")
    np.save(tmp_path / "waveforms.npy", speech)
    names = [tmp_path / name for name in ("model.keras", "waveforms.npy", "features.npy")]
    subprocess.run([sys.executable, "-c", RELOAD, *names], check=True)
    expected = [compute(speech, features, RATE_HZ).reshape(len(speech), -1) for features in kinds]
    close(np.load(tmp_path / "features.npy"), np.concatenate(expected, axis=1))
