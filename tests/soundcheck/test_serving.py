"""The served model: waveforms in, labels and probabilities out, and clear refusals."""

from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from soundcheck.config import FeaturesConfig
from soundcheck.features.spectrogram import compute, geometry
from soundcheck.models import builder
from soundcheck.models.export import with_front_end
from soundcheck.serving import Card, ServedModel

RATE_HZ = 8000
FEATURES = FeaturesConfig(clip_duration_ms=200, mel_bands=16, upper_edge_hz=3800)
LABELS = ("no", "yes", "zero")


@pytest.fixture(scope="module")
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    shape = geometry(FEATURES, RATE_HZ)
    return builder("tc_resnet8")((shape.frames, shape.bins), len(LABELS), width=0.25)


@pytest.fixture(scope="module")
def served(network: keras.Model) -> ServedModel:
    card = Card(
        labels=LABELS,
        sample_rate_hz=RATE_HZ,
        clip_length=geometry(FEATURES, RATE_HZ).clip_length,
        features=FEATURES.model_dump(),
        model_digest="d1",
        seen_digests=("c1", "c2"),
    )
    return ServedModel(model=with_front_end(network, FEATURES, RATE_HZ), card=card)


@pytest.fixture
def clips(served: ServedModel) -> NDArray[np.float32]:
    shape = (4, served.card.clip_length)
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


def test_it_sees_the_features_that_the_network_was_fitted_on(
    served: ServedModel, network: keras.Model, clips: NDArray[np.float32]
) -> None:
    logits = np.asarray(network.predict_on_batch(compute(clips, FEATURES, RATE_HZ)))
    powers = np.exp(logits)
    np.testing.assert_allclose(
        served.probabilities(clips), powers / powers.sum(axis=1, keepdims=True), atol=1e-4
    )


def test_predictions_are_a_table_of_a_row_a_clip(served: ServedModel, clips: NDArray[np.float32]) -> None:
    table, probabilities = served.predict(clips), served.probabilities(clips)
    assert list(table) == ["label", "probability", "score_no", "score_yes", "score_zero"]
    assert list(table["label"]) == [LABELS[best] for best in probabilities.argmax(axis=1)]
    np.testing.assert_array_equal(table["probability"], probabilities.max(axis=1))
    np.testing.assert_array_equal(table.filter(like="score_"), probabilities)
    np.testing.assert_allclose(table.filter(like="score_").sum(axis=1), 1, atol=1e-6)


def test_labels_may_be_called_like_the_other_columns(served: ServedModel, clips: NDArray[np.float32]) -> None:
    card = served.card.model_copy(update={"labels": ("label", "probability", "score_label")})
    table = ServedModel(served.model, card).predict(clips)
    assert table.columns.is_unique
    assert len(table.columns) == 5


def test_what_is_saved_is_what_is_loaded(
    served: ServedModel, clips: NDArray[np.float32], tmp_path: Path
) -> None:
    served.save(tmp_path)
    loaded = ServedModel.load(tmp_path)
    assert loaded.card == served.card
    np.testing.assert_allclose(loaded.probabilities(clips), served.probabilities(clips), atol=1e-6)
    assert {path.name for path in tmp_path.iterdir()} == {"model.keras", "card.json"}


def test_lists_and_other_numbers_are_taken_as_well(served: ServedModel, clips: NDArray[np.float32]) -> None:
    expected = served.probabilities(clips)
    for given in (clips.tolist(), clips.astype(np.float64)):
        np.testing.assert_allclose(served.probabilities(given), expected, atol=1e-6)
    assert served.probabilities(np.zeros(clips.shape, dtype=np.int16)).shape == (4, 3)


@pytest.mark.parametrize("shape", [(0, 1600), (1600,), (2, 1599), (2, 1601), (1, 1600, 1), (0,), ()])
def test_another_shape_is_refused_by_name(served: ServedModel, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(clips, 1600\)") as caught:
        served.predict(np.zeros(shape, dtype=np.float32))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("sample", [np.nan, np.inf, -np.inf, 1e300])
def test_samples_that_are_not_finite_are_refused(
    served: ServedModel, clips: NDArray[np.float32], sample: float
) -> None:
    broken = clips.astype(np.float64)
    broken[1, 7] = sample
    with pytest.raises(ValueError, match="not finite"):
        served.predict(broken)


def test_what_is_no_number_is_refused(served: ServedModel) -> None:
    with pytest.raises(ValueError, match="float"):
        served.predict([["a"] * 1600])  # pyright: ignore


def test_a_card_is_checked_when_it_is_read(served: ServedModel, tmp_path: Path) -> None:
    served.save(tmp_path)
    (tmp_path / "card.json").write_text('{"labels": ["yes"]}')
    with pytest.raises(ValidationError, match="sample_rate_hz"):
        ServedModel.load(tmp_path)
