"""Metrics against published figures, scikit-learn and their own bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.metrics import (
    confusion_matrix,
    evaluate,
    newcombe_interval,
    precision_recall_f1,
    wilson_interval,
)

LABELS = ["down", "go", "left", "no"]
index_pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("correct", "total", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_as_newcombe_tabulates_it(
    correct: int, total: int, lower: float, upper: float
) -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3."""
    assert wilson_interval(correct, total) == pytest.approx((lower, upper), abs=5e-5)


@pytest.mark.parametrize(
    ("counts", "lower", "upper"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((10, 10, 0, 10), 0.6075, 1.0),
        ((10, 10, 0, 20), 0.6791, 1.0),
    ],
)
def test_newcombe_interval_as_he_tabulates_it(
    counts: tuple[int, int, int, int], lower: float, upper: float
) -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10."""
    assert newcombe_interval(*counts) == pytest.approx((lower, upper), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_wilson_interval_holds_its_proportion(counts: tuple[int, int]) -> None:
    lower, upper = wilson_interval(*counts)
    assert 0 <= lower <= counts[0] / counts[1] <= upper <= 1


@pytest.mark.parametrize("counts", [(0, 0), (-1, 5), (6, 5)])
def test_what_is_no_proportion_is_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(SoundcheckError, match=f"{counts[0]} of {counts[1]}"):
        wilson_interval(*counts)


def test_more_confidence_gives_a_wider_interval() -> None:
    narrow, wide = wilson_interval(80, 100, 0.9), wilson_interval(80, 100, 0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


@given(index_pairs)
def test_labels_scores_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    true, predicted = np.array(pairs).T
    confusion = confusion_matrix(true, predicted, 4)
    expected = precision_recall_fscore_support(true, predicted, labels=range(4), zero_division=0)
    np.testing.assert_allclose(precision_recall_f1(confusion), expected[:3])
    np.testing.assert_array_equal(confusion.sum(axis=1), expected[3])


def test_true_labels_are_the_rows_of_the_confusion_matrix() -> None:
    confusion = confusion_matrix(np.array([0, 0, 1]), np.array([1, 1, 1]), 2)
    np.testing.assert_array_equal(confusion, [[0, 2], [0, 1]])


def test_an_absent_label_scores_zero_and_never_nan() -> None:
    scores = evaluate(np.array([0, 1]), np.array([0, 0]), LABELS)
    assert scores["precision/go"] == scores["recall/go"] == scores["f1/left"] == 0
    assert np.isfinite(list(scores.values())).all()


@given(index_pairs)
def test_evaluate_is_flat_and_within_bounds(pairs: list[tuple[int, int]]) -> None:
    true, predicted = np.array(pairs).T
    scores = evaluate(true, predicted, LABELS, 0.95)
    assert all(type(value) is float and 0 <= value <= 1 for value in scores.values())
    assert scores["accuracy_lower"] <= scores["accuracy"] <= scores["accuracy_upper"]
    assert scores["macro_recall"] == pytest.approx(np.mean([scores[f"recall/{name}"] for name in LABELS]))
    assert len(scores) == 3 + 3 * len(LABELS) + 3


@pytest.mark.parametrize(
    ("true", "predicted", "message"),
    [
        (np.array([0, 1]), np.array([0]), "true has 2 clips and predicted 1"),
        (np.array([0, 4]), np.array([0, 1]), "true must be indices from 0 to 3; received 0 to 4"),
        (np.array([0, 1]), np.array([-1, 1]), "predicted must be indices from 0 to 3"),
        (np.array([0.0]), np.array([0]), "true must be class indices"),
        (np.array([[0]]), np.array([[0]]), r"received int64 of shape \(1, 1\)"),
        (np.array([], dtype=int), np.array([], dtype=int), "no clip"),
    ],
)
def test_what_cannot_be_compared_is_refused(true: np.ndarray, predicted: np.ndarray, message: str) -> None:
    with pytest.raises(SoundcheckError, match=message):
        evaluate(true, predicted, LABELS)
