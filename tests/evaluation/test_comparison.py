"""Candidate against champion, on clips that neither has seen."""

import numpy as np
import pytest

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.comparison import comparable_clips, compare

LABELS = ["go", "no", "up"]


def correct(hits: int, clips: int = 200) -> np.ndarray:
    return np.arange(clips) < hits


def test_clips_that_a_model_has_seen_do_not_count() -> None:
    mask = comparable_clips(["a", "b", "c", "d"], {"b", "x"}, ["d"])
    assert mask.tolist() == [True, False, True, False]
    assert mask.dtype == bool


def test_no_clips_are_no_clips() -> None:
    assert comparable_clips([], {"a"}).shape == (0,)


@pytest.mark.parametrize(
    ("candidate", "champion", "outcome"),
    [(180, 170, "pass"), (180, 180, "pass"), (179, 180, "fail")],
)
def test_not_lower_passes(candidate: int, champion: int, outcome: str) -> None:
    verdict = compare(correct(candidate), correct(champion), LABELS, LABELS[::-1], min_clips=100)
    assert verdict.outcome == outcome
    assert verdict.candidate_accuracy == candidate / 200
    assert verdict.champion_accuracy == champion / 200
    assert verdict.clips == 200
    assert f"{candidate / 200:.4f}" in verdict.why


def test_too_few_clips_are_not_comparable() -> None:
    verdict = compare(correct(99, 99), correct(1, 99), LABELS, LABELS, min_clips=100)
    assert verdict.outcome == "not comparable"
    assert verdict.why == "only 99 clips were used by neither model, fewer than the 100 that are needed"
    assert verdict.candidate_accuracy is None


def test_other_labels_are_not_comparable_and_are_named() -> None:
    verdict = compare(correct(200), correct(0, 0), [*LABELS, "yes"], [*LABELS, "stop"], min_clips=100)
    assert verdict.outcome == "not comparable"
    assert "the candidate alone knows yes; the champion alone knows stop" in verdict.why


def test_arrays_of_other_clips_are_refused() -> None:
    with pytest.raises(SoundcheckError, match="200 clips and champion_correct 199"):
        compare(correct(1), correct(1, 199), LABELS, LABELS, min_clips=100)
