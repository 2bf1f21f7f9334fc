"""Predictions: probabilities in the order of the clips, and a table that joins them with the manifest."""

import keras
import numpy as np
import pandas as pd
import pytest

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.predictions import predict, predictions_table, softmax

LABELS = ["go", "no", "up"]


@pytest.fixture
def model() -> keras.Model:
    """Logits that are the first frame of the features."""
    features = keras.Input((2, 3))
    return keras.Model(features, keras.layers.Flatten()(keras.layers.Cropping1D((0, 1))(features)))


@pytest.fixture
def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "clip_digest": ["aa", "bb"],
            "path": ["go/1.wav", "up/2.wav"],
            "label": ["go", "up"],
            "speaker": ["s", "t"],
            "split": ["test", "train"],
            "rms": [0.1, 0.2],
        },
        index=[7, 3],
    )


def test_probabilities_keep_the_order_of_the_clips(model: keras.Model) -> None:
    clips = np.random.default_rng(0).normal(size=(10, 2, 3)).astype(np.float32)
    probabilities = predict(model, (clips[:4], clips[4:8], clips[8:]))
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, softmax(clips[:, 0]), atol=1e-6)


def test_large_logits_do_not_overflow(model: keras.Model) -> None:
    clips = np.array([[[1e4, 0, -1e4], [0, 0, 0]]], dtype=np.float32)
    np.testing.assert_array_equal(predict(model, [clips]), [[1, 0, 0]])


def test_an_answer_that_is_not_finite_is_refused(model: keras.Model) -> None:
    clips = np.zeros((3, 2, 3), dtype=np.float32)
    clips[1, 0, 0] = np.nan
    with pytest.raises(SoundcheckError, match="1 of 3 clips, the first in row 1"):
        predict(model, [clips])


def test_no_clips_are_refused(model: keras.Model) -> None:
    with pytest.raises(SoundcheckError, match="no clip to predict"):
        predict(model, [])


def test_the_table_says_what_was_predicted(rows: pd.DataFrame) -> None:
    probabilities = np.array([[0.75, 0.25, 0], [0.5, 0.25, 0.25]], dtype=np.float32)
    table = predictions_table(rows, probabilities, LABELS)
    assert list(table.columns) == [
        *("path", "clip_digest", "label", "speaker", "split", "predicted", "confidence", "correct"),
        *("probability/go", "probability/no", "probability/up"),
    ]
    assert table["predicted"].tolist() == ["go", "go"]
    assert table["correct"].tolist() == [True, False]
    assert table["confidence"].tolist() == [0.75, 0.5]
    assert table["path"].tolist() == ["go/1.wav", "up/2.wav"]
    assert table["probability/up"].tolist() == [0, 0.25]


def test_probabilities_of_other_clips_are_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(SoundcheckError, match=r"\(2, 3\).*received \(1, 3\)"):
        predictions_table(rows, np.ones((1, 3), dtype=np.float32), LABELS)
