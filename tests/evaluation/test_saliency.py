"""Saliency: exact where the integral is known, complete where it is not."""

import keras
import numpy as np
import pytest

from soundcheck.config import FeaturesConfig
from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.saliency import COMPLETE_WITHIN, integrated_gradients, silence_features
from soundcheck.features.spectrogram import compute
from soundcheck.models.tc_resnet8 import build

FRAMES, BINS, LABELS = 12, 5, 3
GENERATOR = np.random.default_rng(0)
CLIPS = GENERATOR.normal(size=(4, FRAMES, BINS)).astype(np.float32)
CLASSES = np.array([0, 1, 2, 1])
AGAINST = np.array([1, 2, 0, 0])


def linear():
    features = keras.Input((FRAMES, BINS))
    return keras.Model(features, keras.layers.Dense(LABELS)(keras.layers.Flatten()(features)))


def convolutional(frames=FRAMES, bins=BINS):
    features = keras.Input((frames, bins))
    x = keras.layers.Conv1D(8, 3, padding="same", activation="relu")(features)
    x = keras.layers.Conv1D(8, 3, padding="same", activation="relu")(keras.layers.Dropout(0.5)(x))
    return keras.Model(features, keras.layers.Dense(LABELS)(keras.layers.GlobalMaxPooling1D()(x)))


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return convolutional()


def test_of_a_linear_model_they_are_weight_times_difference():
    model, baseline = linear(), np.ones((FRAMES, BINS), np.float32)

    saliency = integrated_gradients(model, CLIPS, baseline, CLASSES)

    weights = model.layers[-1].kernel.numpy().T.reshape(LABELS, FRAMES, BINS)
    np.testing.assert_allclose(saliency.attributions, weights[CLASSES] * (CLIPS - 1), atol=1e-5)
    assert saliency.errors.max() < 1e-5


def test_of_a_square_they_are_the_integral():
    features = keras.Input((FRAMES, BINS))
    squares = keras.layers.Multiply()([features, features])
    logit = keras.layers.Dense(2, kernel_initializer="ones")(keras.layers.Flatten()(squares))
    saliency = integrated_gradients(
        keras.Model(features, logit), CLIPS, np.zeros(BINS, np.float32), np.zeros(4, np.int64)
    )
    np.testing.assert_allclose(saliency.attributions, CLIPS**2, atol=1e-4)


def test_they_sum_to_the_difference_of_the_logits(network):
    baseline = CLIPS.mean(axis=(0, 1))
    saliency = integrated_gradients(network, CLIPS, baseline, CLASSES, AGAINST)

    logits = network.predict_on_batch(np.append(CLIPS, [np.tile(baseline, (FRAMES, 1))], axis=0))
    preferred = logits[:, CLASSES] - logits[:, AGAINST]
    expected = np.diag(preferred[:4]) - preferred[4]
    np.testing.assert_allclose(saliency.differences, expected, atol=1e-4)
    gaps = np.abs(saliency.attributions.sum(axis=(1, 2)) - expected)
    np.testing.assert_allclose(saliency.errors, gaps / np.maximum(np.abs(expected), 1), atol=1e-4)
    assert saliency.is_complete.all()
    assert (saliency.errors <= COMPLETE_WITHIN).all()


def test_the_difference_of_two_classes_is_that_of_their_attributions(network):
    baseline = np.zeros(BINS, np.float32)
    both = integrated_gradients(network, CLIPS, baseline, CLASSES, AGAINST)
    first, second = (integrated_gradients(network, CLIPS, baseline, one) for one in (CLASSES, AGAINST))
    np.testing.assert_allclose(both.differences, first.differences - second.differences, atol=1e-5)


def test_too_few_steps_are_made_more():
    """A step function: one interval misses it, and halving the path does not."""
    features = keras.Input((FRAMES, BINS))
    steep = keras.layers.Activation("sigmoid")(keras.layers.Rescaling(20, offset=-10)(features))
    logit = keras.layers.Dense(2, kernel_initializer="ones")(keras.layers.Flatten()(steep))
    model, ones = keras.Model(features, logit), np.ones((1, FRAMES, BINS), np.float32)
    saliency = integrated_gradients(model, ones, np.zeros(BINS, np.float32), np.array([0]), steps=4)
    assert saliency.is_complete.all()
    assert saliency.differences[0] == pytest.approx(FRAMES * BINS, rel=1e-3)


def test_a_model_from_a_file_gives_the_same(network, tmp_path):
    network.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    baseline = np.zeros(BINS, np.float32)
    one, other = (integrated_gradients(model, CLIPS, baseline, CLASSES) for model in (network, loaded))
    np.testing.assert_array_equal(one.attributions, other.attributions)


def test_nothing_of_the_model_changes(network):
    before = [weight.numpy() for weight in network.weights]
    integrated_gradients(network, CLIPS, np.zeros(BINS, np.float32), CLASSES)
    assert all(np.array_equal(one, weight) for one, weight in zip(before, network.weights, strict=True))


@pytest.mark.parametrize("kind", ["stft", "log_mel"])
def test_silence_has_no_attribution(kind):
    keras.utils.set_random_seed(0)
    config = FeaturesConfig.model_validate({"kind": kind})
    silence = silence_features(config, 16000)
    waveform = np.zeros((1, 16000), np.float32)
    waveform[0, 8000:] = np.sin(np.arange(8000))
    features = compute(waveform, config, 16000)
    model = convolutional(*silence.shape)
    saliency = integrated_gradients(model, features, silence, np.array([0]), steps=8)
    assert not saliency.attributions[0, : silence.shape[0] // 3].any()
    assert saliency.attributions[0, -silence.shape[0] // 3 :].any()


def test_what_soundcheck_trains_can_be_explained():
    keras.utils.set_random_seed(0)
    model, baseline = build((FRAMES, BINS), LABELS), np.zeros(BINS, np.float32)
    assert integrated_gradients(model, CLIPS, baseline, CLASSES).is_complete.all()


def test_no_clip_is_no_work(network):
    saliency = integrated_gradients(network, CLIPS[:0], np.zeros(BINS, np.float32), CLASSES[:0])
    assert saliency.attributions.shape == (0, FRAMES, BINS)
    assert saliency.errors.shape == (0,)


def test_refusals_name_what_was_received(network):
    baseline = np.zeros(BINS, np.float32)
    with pytest.raises(SoundcheckError, match=r"classes has shape \(3,\)"):
        integrated_gradients(network, CLIPS, baseline, CLASSES[:3])
    with pytest.raises(SoundcheckError, match=r"against has shape \(1,\)"):
        integrated_gradients(network, CLIPS, baseline, CLASSES, AGAINST[:1])
    with pytest.raises(SoundcheckError, match=r"baseline must have the shape \(12, 5\) or \(5,\)"):
        integrated_gradients(network, CLIPS, baseline[:2], CLASSES)
    with pytest.raises(SoundcheckError, match="steps must be at least 1; received 0"):
        integrated_gradients(network, CLIPS, baseline, CLASSES, steps=0)
