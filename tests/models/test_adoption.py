"""Models of others in our form: what they take and answer, and what is refused, with the way out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from soundcheck.config import FeaturesConfig
from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.predictions import softmax
from soundcheck.models.adoption import adopt, read_model, takes_waveforms
from soundcheck.models.export import with_front_end

FEATURES = FeaturesConfig(clip_duration_ms=200, mel_bands=8)
RATE_HZ, FRAMES, BINS, SAMPLES = 16000, 18, 8, 3200
LABELS = ["go", "no", "yes"]


def network(shape: tuple[int | None, ...], outputs: int = 3, activation: str | None = None) -> keras.Model:
    keras.utils.set_random_seed(0)
    given = keras.Input(shape)
    inner = keras.layers.Flatten()(given)
    return keras.Model(given, keras.layers.Dense(outputs, activation=activation)(inner))


def adopted(model: keras.Model, order: tuple[str, ...] = ()) -> keras.Model:
    return adopt(model, FEATURES, RATE_HZ, LABELS, order)


def clips(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(5, *shape)).astype(np.float32)


@pytest.mark.parametrize("channel", [(), (1,)])
@pytest.mark.parametrize("form", [(FRAMES, BINS), (SAMPLES,)])
def test_it_answers_as_the_model_itself(form: tuple[int, ...], channel: tuple[int, ...]) -> None:
    model = network((*form, *channel))
    given = clips(*form)
    answers = adopted(model).predict_on_batch(given)
    np.testing.assert_allclose(answers, model.predict_on_batch(given.reshape(5, *form, *channel)), atol=1e-5)


@pytest.mark.parametrize(("form", "hears"), [((FRAMES, BINS), False), ((SAMPLES,), True)])
def test_who_makes_the_features_is_known(form: tuple[int, ...], hears: bool) -> None:
    assert takes_waveforms(adopted(network(form))) is hears


@pytest.mark.parametrize("activation", ["softmax", None])
def test_probabilities_stay_what_they_are_and_logits_become_them(activation: str | None) -> None:
    model, given = network((FRAMES, BINS), activation=activation), clips(FRAMES, BINS)
    answers = np.asarray(model.predict_on_batch(given))
    wanted = answers if activation else softmax(answers)
    np.testing.assert_allclose(softmax(np.asarray(adopted(model).predict_on_batch(given))), wanted, atol=1e-6)


def test_outputs_are_brought_into_the_order_of_the_labels() -> None:
    model, given = network((FRAMES, BINS)), clips(FRAMES, BINS)
    answers = np.asarray(model.predict_on_batch(given))  # yes, go, no
    ordered = np.asarray(adopted(model, ("yes", "go", "no")).predict_on_batch(given))
    np.testing.assert_allclose(ordered, answers[:, [1, 2, 0]], atol=1e-6)


def test_it_is_the_same_after_it_was_kept(tmp_path: Path) -> None:
    given = clips(FRAMES, BINS)
    model = adopted(network((FRAMES, BINS), activation="softmax"), ("yes", "go", "no"))
    model.save(tmp_path / "model.keras")
    again = read_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(np.asarray(again.predict_on_batch(given)), model.predict_on_batch(given))


def test_our_own_front_end_is_taken_off(tmp_path: Path) -> None:
    inner = network((FRAMES, BINS))
    with_front_end(inner, FEATURES, RATE_HZ).save(tmp_path / "served.keras")
    model = adopted(read_model(tmp_path / "served.keras"))
    given = clips(FRAMES, BINS)
    assert not takes_waveforms(model)
    answers = softmax(np.asarray(model.predict_on_batch(given)))
    np.testing.assert_allclose(answers, softmax(np.asarray(inner.predict_on_batch(given))), atol=1e-5)


def test_a_front_end_of_other_features_is_refused() -> None:
    served = with_front_end(network((FRAMES, BINS)), FEATURES, RATE_HZ)
    with pytest.raises(SoundcheckError, match=r"mel_bands=8; give these to --set"):
        adopt(served, FeaturesConfig(clip_duration_ms=200, mel_bands=10), RATE_HZ, LABELS)


@pytest.mark.parametrize(
    ("model", "order", "said"),
    [
        (lambda: network((FRAMES, BINS + 1)), (), r"\(18, 9\), but a clip is \(18, 8\)"),
        (lambda: network((SAMPLES - 1,)), (), r"features.clip_duration_ms"),
        (lambda: network((FRAMES, BINS), outputs=2), (), r"3 labels \(go, no, yes\)"),
        (lambda: network((FRAMES, BINS)), ("yes", "no"), "--labels names yes, no"),
        (lambda: network((FRAMES, BINS)), ("yes", "no", "up"), "name each of them once"),
    ],
)
def test_what_does_not_fit_is_refused(
    model: Callable[[], keras.Model], order: tuple[str, ...], said: str
) -> None:
    with pytest.raises(SoundcheckError, match=said):
        adopted(model(), order)


def test_a_model_of_two_inputs_is_refused() -> None:
    given = [keras.Input((FRAMES, BINS)), keras.Input((FRAMES, BINS))]
    model = keras.Model(given, keras.layers.Dense(3)(keras.layers.Flatten()(keras.layers.Add()(given))))
    with pytest.raises(SoundcheckError, match="has 2 inputs"):
        adopted(model)


def test_unknown_lengths_are_filled_in() -> None:
    given = keras.Input((None, BINS))
    model = keras.Model(given, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling1D()(given)))
    assert adopted(model).input_shape == (None, FRAMES, BINS)


def with_lambda(path: Path) -> None:
    given = keras.Input((FRAMES, BINS))
    doubled = keras.layers.Lambda(lambda values: 2 * values, output_shape=(FRAMES, BINS))(given)
    keras.Model(given, keras.layers.Dense(3)(keras.layers.Flatten()(doubled))).save(path)


def with_own_layer(path: Path) -> None:
    class Own(keras.layers.Layer):
        def call(self, values: Any) -> Any:
            return values

    given = keras.Input((FRAMES, BINS))
    keras.Model(given, keras.layers.Dense(3)(keras.layers.Flatten()(Own()(given)))).save(path)


def cut_short(path: Path) -> None:
    network((FRAMES, BINS)).save(path)
    path.write_bytes(path.read_bytes()[:1000])


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda path: path.write_text("yes, no"), "damaged, or no file"),
        (cut_short, "damaged, or no file"),
        (with_lambda, "holds a Lambda layer"),
        (with_own_layer, "a class of its own"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_refused_with_the_reason(
    tmp_path: Path, write: Callable[[Path], object], said: str
) -> None:
    write(tmp_path / "model.keras")
    with pytest.raises(SoundcheckError, match=said):
        read_model(tmp_path / "model.keras")
