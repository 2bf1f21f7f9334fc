"""Rules on what the last layer can give, seen from the targets and from the answers of a trained network."""

import keras
import numpy as np
import pytest
from debugging_cases import case_after, case_before

from soundcheck.debugging.findings import Cause
from soundcheck.debugging.rules.activations import limited_logits
from soundcheck.debugging.rules.losses import targets_out_of_reach

random = np.random.default_rng(7)
CLASSES = random.integers(0, 5, 300)
CLOUDS = (random.normal(size=(300, 6)) + 4 * np.eye(5, 6)[CLASSES]).astype("float32")
PIXELS = random.random((300, 12)).astype("float32")


class OwnCall(keras.Model):
    """A classifier whose layers do not say what is done with them."""

    def __init__(self, *activations):
        super().__init__()
        self.hidden = keras.layers.Dense(32, activation="relu")
        self.scores = keras.layers.Dense(5)
        self.activations = [keras.activations.get(one) for one in activations]

    def call(self, inputs):
        outputs = self.scores(self.hidden(inputs))
        for activation in self.activations:
            outputs = activation(outputs)
        return outputs


def trained(*activations, labels=CLASSES):
    keras.utils.set_random_seed(2)
    model = OwnCall(*activations)
    model.compile(keras.optimizers.Adam(0.05), keras.losses.SparseCategoricalCrossentropy())
    model.fit(CLOUDS, labels, epochs=25, verbose=0)
    return case_after(case_before(model, CLOUDS, labels))


@pytest.mark.parametrize(
    ("activations", "limit"), [(["softmax", "softmax"], "A softmax"), (["tanh", "softmax"], "A tanh")]
)
def test_answers_that_stop_at_a_limit_show_what_limits_them(activations, limit):
    (found,) = limited_logits(trained(*activations))
    assert found.cause is Cause.OUTPUT_ACTIVATION
    assert found.message.startswith(limit)


def test_answers_that_may_become_sure_are_left_in_peace():
    assert not list(limited_logits(trained("softmax")))


@pytest.mark.parametrize("share_of_wrong_labels", [0.32, 0.33, 0.65, 0.66])
def test_honest_doubt_is_no_limit(share_of_wrong_labels):
    """Of labels so wrong the surest honest answer comes near the limits of two and of five classes."""
    rng = np.random.default_rng(3)
    wrong = rng.random(300) < share_of_wrong_labels
    labels = np.where(wrong, rng.integers(0, 5, 300), CLASSES)
    assert not list(limited_logits(trained("softmax", labels=labels)))


def test_an_untrained_network_is_unsure_for_no_fault():
    model = OwnCall("softmax")
    model.compile("adam", "sparse_categorical_crossentropy")
    assert not list(limited_logits(case_before(model, CLOUDS, CLASSES)))


def autoencoder(last):
    layers = keras.layers
    model = keras.Sequential([keras.Input((12,)), layers.Dense(8), layers.Dense(12, activation=last)])
    model.compile("adam", "binary_crossentropy")
    return model


def test_pixels_do_not_sum_to_one_as_a_softmax_does():
    (found,) = targets_out_of_reach(case_before(autoencoder("softmax"), PIXELS, PIXELS))
    assert found.cause is Cause.OUTPUT_ACTIVATION
    assert "sigmoid" in found.remedy


def test_pixels_by_sigmoid_and_shares_by_softmax_are_within_reach():
    shares = PIXELS / PIXELS.sum(axis=1, keepdims=True)
    assert not list(targets_out_of_reach(case_before(autoencoder("sigmoid"), PIXELS, PIXELS)))
    assert not list(targets_out_of_reach(case_before(autoencoder("softmax"), shares, shares)))
