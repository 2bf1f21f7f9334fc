"""A fitted network in a folder, and its digest."""

import json
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from trainings import record, seen

from soundcheck.models import builder
from soundcheck.training.fitted import Fitted, load_fitted, save_fitted, weights_digest


@pytest.fixture
def fitted() -> Fitted:
    keras.utils.set_random_seed(0)
    return Fitted(
        model=builder("tc_resnet8")((24, 8), 3),
        history=pd.DataFrame({"epoch": [1, 2], "train_loss": [1.5, 1.25]}),
        best_epoch=2,
        optimizer={"name": "adam", "learning_rate": 0.001, "weight_decay": None, "amsgrad": False},
        record=record([1.5, float("nan")], [seen(0, targets=np.array([2, 0], np.int32)), seen(1)]),
    )


def test_what_is_saved_is_what_is_loaded(fitted: Fitted, tmp_path: Path) -> None:
    save_fitted(fitted, tmp_path)
    loaded = load_fitted(tmp_path)
    clips = np.random.default_rng(0).normal(size=(5, 24, 8)).astype(np.float32)
    np.testing.assert_array_equal(loaded.model.predict_on_batch(clips), fitted.model.predict_on_batch(clips))
    pd.testing.assert_frame_equal(loaded.history, fitted.history)
    assert (loaded.best_epoch, loaded.optimizer) == (2, fitted.optimizer)
    assert weights_digest(loaded.model) == weights_digest(fitted.model)
    assert json.dumps(loaded.record.to_dict()) == json.dumps(fitted.record.to_dict())
    np.testing.assert_array_equal(loaded.record.observations[0].targets, [2, 0])


def test_the_architecture_is_text_with_every_layer_and_the_parameters(fitted: Fitted, tmp_path: Path) -> None:
    save_fitted(fitted, tmp_path)
    text = (tmp_path / "architecture.txt").read_text()
    for layer in fitted.model.layers:
        assert layer.name in text
    assert f"{fitted.model.count_params():,}" in text
    assert "\x1b" not in text


def test_the_record_is_plain_json(fitted: Fitted, tmp_path: Path) -> None:
    save_fitted(fitted, tmp_path)
    assert json.loads((tmp_path / "fitted.json").read_text())["optimizer"] == fitted.optimizer


def test_code_in_a_file_is_not_run(fitted: Fitted, tmp_path: Path) -> None:
    inputs = keras.Input((2,))
    unsafe = keras.Model(inputs, keras.layers.Lambda(lambda x: x + 1)(inputs))
    save_fitted(fitted, tmp_path)
    unsafe.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="unsafe"):
        load_fitted(tmp_path)


@pytest.mark.parametrize("layer", ["logits", "normalization", "stem_normalization"])
def test_one_changed_weight_changes_the_digest(fitted: Fitted, layer: str) -> None:
    before = weights_digest(fitted.model)
    weight = fitted.model.get_layer(layer).weights[0]
    values = weight.numpy()
    values.flat[0] += 1e-6
    weight.assign(values)
    assert weights_digest(fitted.model) != before


def test_another_architecture_with_the_same_weights_has_another_digest() -> None:
    def model(rate: float) -> keras.Model:
        inputs = keras.Input((2,), name="features")
        return keras.Model(inputs, keras.layers.Dropout(rate, name="dropout")(inputs), name="model")

    assert weights_digest(model(0.1)) == weights_digest(model(0.1)) != weights_digest(model(0.2))


def test_compiling_does_not_change_the_digest(fitted: Fitted) -> None:
    before = weights_digest(fitted.model)
    fitted.model.compile("adam", "mse")
    assert weights_digest(fitted.model) == before
