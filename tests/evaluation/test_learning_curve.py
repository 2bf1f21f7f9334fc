"""The learning curve over the data: the fit, its honesty, and the nested subsets."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.learning_curve import (
    LearningCurve,
    Runs,
    fit_learning_curve,
    measure_runs,
    nested_subsets,
)

SIZES = np.array([400, 800, 1600, 3200, 6400])


def runs_of(floor=0.03, reducible=0.06, exponent=0.5, noise=0.0, seeds=3, test_clips=845, seed=0) -> Runs:
    sizes = np.repeat(SIZES, seeds)
    errors = floor + reducible * (sizes / 6400) ** -exponent
    spread = np.random.default_rng(seed).normal(0, noise, len(sizes))
    return Runs(sizes, np.clip(1 - errors - spread, 0, 1), test_clips)


@given(st.floats(0, 0.3), st.floats(0.02, 0.2), st.floats(0.2, 1.2))
@settings(max_examples=15)
def test_a_power_law_is_found_again(floor: float, reducible: float, exponent: float) -> None:
    runs = runs_of(floor, reducible, exponent)
    if runs.accuracies.min() == 0:  # cut off: no power law
        return
    curve = fit_learning_curve(runs)
    doubled = 1 - floor - reducible * 2**-exponent
    assert curve.doubled == pytest.approx(doubled, abs=2e-3)
    assert curve.doubled_interval[0] <= doubled <= curve.doubled_interval[1]
    np.testing.assert_allclose(curve.accuracies(runs.sizes), runs.accuracies, atol=2e-3)


def test_json_holds_all_of_it() -> None:
    curve = fit_learning_curve(runs_of(noise=0.005))
    again = LearningCurve.from_dict(json.loads(json.dumps(curve.to_dict())))
    assert again.sentence == curve.sentence
    np.testing.assert_array_equal(again.runs.sizes, curve.runs.sizes)
    np.testing.assert_array_equal(again.accuracies(SIZES), curve.accuracies(SIZES))
    assert again.to_dict() == curve.to_dict()


def test_the_fit_is_that_of_scipys_curve_fit() -> None:
    runs = runs_of(noise=0.005, test_clips=100_000)
    curve = fit_learning_curve(runs)
    means = 1 - runs.accuracies.reshape(5, 3).mean(axis=1)
    expected, _ = curve_fit(
        lambda share, a, b, c: a + b * share**-c,
        SIZES / 6400,
        means,
        p0=(0.03, 0.06, 0.5),
        sigma=np.sqrt(means * (1 - means)),
        bounds=((0, 0, 0), (1, 1, 2)),
    )
    assert (curve.floor, curve.reducible, curve.exponent) == pytest.approx(tuple(expected), abs=2e-3)


@pytest.mark.parametrize(("floor", "exponent"), [(0.03, 0.5), (0.0, 0.35)])
def test_intervals_hold_the_truth_as_often_as_they_say(floor: float, exponent: float) -> None:
    held = 0
    for seed in range(40):
        curve = fit_learning_curve(runs_of(floor, 0.07, exponent, noise=0.011, seed=seed))
        gain = 0.07 * (1 - 2**-exponent)
        held += curve.gain_interval[0] <= gain <= curve.gain_interval[1]
    assert held >= 36


def test_more_test_clips_make_it_surer() -> None:
    few, many = (fit_learning_curve(runs_of(test_clips=clips)).gain_interval for clips in (200, 20_000))
    assert many[1] - many[0] < (few[1] - few[0]) / 2


def test_what_twice_the_clips_bring_is_said() -> None:
    sentence = fit_learning_curve(runs_of(test_clips=20_000)).sentence
    assert sentence.startswith("Twice the 6400 clips would help: 0.928 instead of 0.910, a gain of +0.018 (")
    flat = fit_learning_curve(runs_of(floor=0.1, reducible=0.0))
    assert flat.gain_interval[0] == 0
    assert flat.sentence.startswith("Twice the 6400 clips may help or not: 0.900 instead of 0.900")


@pytest.mark.parametrize(
    ("interval", "prospect"),
    [
        ((0.001, 0.02), "would help"),
        ((0.0004, 0.02), "may help or not"),
        ((0.0, 0.02), "may help or not"),
        ((0.0, 0.0004), "would not help"),
    ],
)
def test_it_is_worded_by_the_interval_of_the_gain_as_that_is_written(
    interval: tuple[float, float], prospect: str
) -> None:
    curve = replace(fit_learning_curve(runs_of(test_clips=20_000)), gain_interval=interval)
    assert curve.prospect == prospect
    assert f"clips {prospect}: " in curve.sentence


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        (Runs(np.array([100, 400, 1600]), np.array([0.5, 0.6, 0.7]), 800), "3 sizes from 100 to 1600"),
        (
            Runs(np.array([100, 150, 200, 300]), np.array([0.5, 0.6, 0.7, 0.75]), 800),
            "4 sizes from 100 to 300",
        ),
        (Runs(SIZES, np.array([0.5, 0.8, 0.4, 0.9, 0.6]), 800), "do not follow a power law"),
        (Runs(SIZES, np.array([0.5, 0.6, 0.65, 0.75, 0.75]), 20), "these runs do not tell"),
    ],
    ids=["few sizes", "small range", "no power law", "too few test clips"],
)
def test_nothing_is_said_where_nothing_is_known(runs: Runs, why: str) -> None:
    curve = fit_learning_curve(runs)
    assert why in curve.obstacle
    assert curve.sentence.endswith(f"{curve.obstacle}.")


@pytest.mark.parametrize(
    ("sizes", "accuracies"),
    [([5, 5], [0.1, 0.2]), ([0, 5], [0.1, 0.2]), ([1, 5], [0.1]), ([1, 5], [0.1, 1.2])],
)
def test_impossible_runs_are_refused(sizes, accuracies) -> None:
    with pytest.raises(SoundcheckError):
        fit_learning_curve(Runs(np.array(sizes), np.array(accuracies), 100))


def clips_of(speakers: int, words: int, each: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Every speaker says each word."""
    table = pd.MultiIndex.from_product(
        [range(speakers), range(words), range(each)], names=["speaker", "word", "number"]
    ).to_frame(index=False)
    digests = [f"{row:05d}" for row in range(len(table))]
    clips = table.assign(speaker=table["speaker"].map("s{}".format), file_digest=digests, clip_digest=digests)
    return clips, table["word"].to_numpy()


def test_subsets_are_nested_stratified_and_of_whole_speakers() -> None:
    clips, classes = clips_of(80, 4, 2)
    subsets = nested_subsets(clips, classes, seed=3)
    assert [len(subset) for subset in subsets] == [40, 80, 160, 320, 640]
    for smaller, larger in itertools.pairwise(subsets):
        assert set(smaller) < set(larger)
        others = np.setdiff1d(np.arange(640), smaller)
        assert not set(clips["speaker"].iloc[smaller]) & set(clips["speaker"].iloc[others])
    assert np.bincount(classes[subsets[0]]).tolist() == [10] * 4


def test_without_speakers_clips_are_dealt_alone() -> None:
    clips, classes = clips_of(1, 4, 100)
    subsets = nested_subsets(clips.assign(speaker=""), classes)
    assert [len(subset) for subset in subsets] == [25, 50, 100, 200, 400]


def test_few_speakers_are_parted_and_few_recordings_refused() -> None:
    clips, classes = clips_of(2, 4, 50)
    sizes = [len(subset) for subset in nested_subsets(clips, classes)]
    assert sizes == pytest.approx([25, 50, 100, 200, 400], abs=4)
    with pytest.raises(SoundcheckError, match="too few recordings for sizes=5"):
        nested_subsets(clips.assign(file_digest=clips["speaker"]), classes)


def test_few_clips_give_sizes_closer_together_or_are_refused() -> None:
    clips, classes = clips_of(24, 3)
    sizes = [len(subset) for subset in nested_subsets(clips, classes)]
    assert len(set(sizes)) == 5
    assert sizes[-1] == 72
    with pytest.raises(SoundcheckError, match="rarest label has 19 training clips, too few for sizes=5"):
        nested_subsets(*clips_of(19, 3))


def test_each_subset_is_trained_on_with_each_seed() -> None:
    def draw(seed: int) -> list[np.ndarray]:
        return [np.arange(2 + seed), np.arange(9)]

    runs = measure_runs(lambda subset, seed: len(subset) / 10 + seed / 100, draw, (1, 2), test_clips=50)
    assert runs.sizes.tolist() == [3, 9, 4, 9]
    assert runs.accuracies.tolist() == pytest.approx([0.31, 0.91, 0.42, 0.92])
    assert runs.test_clips == 50


def test_sizes_of_other_draws_count_as_one() -> None:
    runs = runs_of(noise=0.01, seeds=2)
    drawn = replace(runs, sizes=runs.sizes + np.resize([-3, 3], len(runs.sizes)) * (runs.sizes < 6400))
    curve = fit_learning_curve(drawn)
    np.testing.assert_array_equal(curve.runs.sizes, runs.sizes)
    assert curve.gain_interval == fit_learning_curve(runs).gain_interval
    close = Runs(np.array([100, 200, 400, 780, 800]), np.array([0.5, 0.6, 0.7, 0.8, 0.8]), 800)
    assert fit_learning_curve(close).runs.sizes.tolist() == close.sizes.tolist()
