"""The gap between splits: what is chance, what is overfitting."""

import numpy as np
import pytest

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.gap import explain_gap, is_overfitted


def correct(share: float, clips: int) -> np.ndarray:
    return np.arange(clips) < round(share * clips)


def test_a_small_difference_is_within_chance() -> None:
    gap = explain_gap(correct(0.96, 6290), correct(0.948, 865), correct(0.93, 845))
    assert gap.difference == pytest.approx(0.018, abs=0.001)
    assert gap.lower < 0 < gap.upper
    assert gap.within_chance
    assert not gap.overfitted
    assert "by chance" in gap.sentences[0]


@pytest.mark.parametrize(("validation", "test", "easier"), [(0.95, 0.85, "validation"), (0.85, 0.95, "test")])
def test_a_large_difference_is_not(validation: float, test: float, easier: str) -> None:
    gap = explain_gap(correct(0.96, 6290), correct(validation, 865), correct(test, 845))
    assert not gap.within_chance
    assert f"the {easier} clips are easier" in gap.sentences[0]


def test_the_same_difference_on_few_clips_is_chance() -> None:
    assert explain_gap(correct(0.96, 80), correct(0.95, 20), correct(0.85, 20)).within_chance


def test_overfitting_is_said() -> None:
    gap = explain_gap(correct(1.0, 6290), correct(0.8, 865), correct(0.8, 845))
    assert gap.overfitted
    assert "overfitted" in gap.sentences[1]


def test_selection_is_said_to_be_optimistic() -> None:
    gap = explain_gap(correct(0.9, 100), correct(0.9, 100), correct(0.9, 100))
    assert any("chosen by its validation accuracy" in sentence for sentence in gap.sentences)


@pytest.mark.parametrize(
    ("train", "unseen", "clips", "overfitted"),
    [(0.95, 0.86, 1000, False), (0.95, 0.8, 1000, True), (0.95, 0.8, 5, False), (0.8, 1.0, 1000, False)],
)
def test_overfitted_is_beyond_a_tenth_and_beyond_chance(
    train: float, unseen: float, clips: int, overfitted: bool
) -> None:
    assert is_overfitted(correct(train, 4000), correct(unseen, clips)) is overfitted


def test_an_empty_split_is_named() -> None:
    with pytest.raises(SoundcheckError, match="validation_correct"):
        explain_gap(correct(1, 5), correct(1, 0), correct(1, 5))
