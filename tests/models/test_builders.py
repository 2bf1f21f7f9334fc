"""Every architecture keeps the contract of `soundcheck.models`."""

import sys

import keras
import numpy as np
import pytest

from soundcheck.errors import ConfigError
from soundcheck.models import builder
from soundcheck.training.fitted import weights_digest

ARCHITECTURES = ["reference_cnn", "tc_resnet8"]


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("shape", [(98, 40), (124, 129), (20, 7)])
def test_takes_features_to_finite_logits(name: str, shape: tuple[int, int]) -> None:
    model = builder(name)(shape, 5)
    logits = model.predict_on_batch(np.zeros((3, *shape), dtype=np.float32))
    assert logits.shape == (3, 5)
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_has_a_normalization_to_adapt(name: str) -> None:
    layer = builder(name)((20, 7), 5).get_layer("normalization")
    assert isinstance(layer, keras.layers.Normalization)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_width_scales_every_hidden_layer_and_not_the_labels(name: str) -> None:
    build = builder(name)
    parameters = [build((98, 40), 8, width=width).count_params() for width in (0.5, 1.0, 2.0)]
    assert parameters == sorted(set(parameters))
    assert build((98, 40), 8, width=0.01).output_shape == (None, 8)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_two_builds_with_one_seed_are_the_same_model(name: str) -> None:
    digests = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        digests.append(weights_digest(builder(name)((20, 7), 5)))
    assert digests[0] == digests[1]


def test_the_reference_is_the_tutorials_network() -> None:
    layers = builder("reference_cnn")((124, 129), 8).layers
    assert [type(layer).__name__ for layer in layers] == [
        "InputLayer",
        "Reshape",
        "Resizing",
        "Normalization",
        "Conv2D",
        "Conv2D",
        "MaxPooling2D",
        "Dropout",
        "Flatten",
        "Dense",
        "Dropout",
        "Dense",
    ]
    # 14 x 14 places remain of 32 x 32 after two valid convolutions and a pooling; 3 are the normalization's.
    parameters = (9 + 1) * 32 + (9 * 32 + 1) * 64 + (14 * 14 * 64 + 1) * 128 + (128 + 1) * 8
    assert builder("reference_cnn")((124, 129), 8).count_params() == parameters + 3


def test_tc_resnet8_has_the_size_of_the_paper() -> None:
    model = builder("tc_resnet8")((98, 40), 12)
    normalization = model.get_layer("normalization").count_params()
    assert model.count_params() - normalization == 65836  # as its docstring says
    assert model.count_params() - normalization == pytest.approx(66_000, rel=0.03)


def test_a_shift_by_the_strides_of_tc_resnet8_does_not_change_its_answer() -> None:
    frames = 600  # so many that neither end is seen from the sound: the network sees 171 at once
    clips = np.zeros((2, frames, 40), dtype=np.float32)
    sound = np.random.default_rng(0).normal(size=(24, 40))
    clips[0, 304:328], clips[1, 312:336] = sound, sound
    logits = builder("tc_resnet8")((frames, 40), 8).predict_on_batch(clips)
    assert np.ptp(logits[0]) > 0
    np.testing.assert_allclose(logits[0], logits[1], atol=1e-6)


@pytest.mark.parametrize("name", ["tc_resnet9", "export", "../secrets", ""])
def test_an_unknown_architecture_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"model\.name="):
        builder(name)


def test_only_the_chosen_module_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ARCHITECTURES:
        monkeypatch.delitem(sys.modules, f"soundcheck.models.{module}", raising=False)
    builder("tc_resnet8")
    assert "soundcheck.models.reference_cnn" not in sys.modules
