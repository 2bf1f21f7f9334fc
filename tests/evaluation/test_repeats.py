"""Repeated training against scipy and published figures."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp, ttest_ind

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.learning_curve import PLAN as LEARNING_CURVE_PLAN
from soundcheck.evaluation.learning_curve import SIZES
from soundcheck.evaluation.repeats import (
    PLAN,
    Repeats,
    compare_repeats,
    repeat,
    seeds_needed,
    summarise,
)

FIRST = [0.91, 0.92, 0.915, 0.925, 0.918]
accuracies = st.lists(st.floats(0, 1).map(lambda value: round(value, 3)), min_size=2, max_size=6)


def test_mean_deviation_and_interval_are_students() -> None:
    found = summarise(FIRST)
    assert (found.mean, found.deviation) == pytest.approx((np.mean(FIRST), np.std(FIRST, ddof=1)))
    interval = ttest_1samp(FIRST, 0).confidence_interval(0.95)
    assert (found.lower, found.upper) == pytest.approx((interval.low, interval.high))


@given(accuracies)
@settings(max_examples=20)
def test_json_holds_all_of_it(values) -> None:
    found = summarise(values)
    assert Repeats.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_a_sentence_says_what_seeds_change() -> None:
    assert "5 seeds" in summarise(FIRST).sentence
    assert f"changes it by {np.std(FIRST, ddof=1):.3f}." in summarise(FIRST).sentence


def test_each_seed_trains_once() -> None:
    asked = []
    found = repeat(lambda seed: asked.append(seed) or seed / 10, [1, 2, 4])
    assert asked == [1, 2, 4]
    assert found.accuracies == (0.1, 0.2, 0.4)
    with pytest.raises(SoundcheckError, match="holds one twice"):
        repeat(float, [1, 1])


@pytest.mark.parametrize("values", [[], [0.5], [0.5, float("nan")]])
def test_a_spread_takes_two(values) -> None:
    with pytest.raises(SoundcheckError, match="two finite ones"):
        summarise(values)


@given(accuracies, accuracies)
@settings(max_examples=30)
def test_the_difference_is_welchs(one, other) -> None:
    first, second = summarise(one), summarise(other)
    found = compare_repeats(first, second)
    assert found.difference == pytest.approx(second.mean - first.mean)
    assert 0 <= found.permutation_probability <= 1
    if min(first.deviation, second.deviation) > 1e-6:
        expected = ttest_ind(other, one, equal_var=False)
        interval = expected.confidence_interval(0.95)
        assert found.welch_probability == pytest.approx(expected.pvalue)
        assert (found.lower, found.upper) == pytest.approx((interval.low, interval.high))


def test_configurations_that_differ_are_told_apart() -> None:
    found = compare_repeats(summarise(FIRST), summarise([value + 0.05 for value in FIRST]))
    assert found.differs
    assert found.permutation_probability == pytest.approx(2 / 252)
    assert "more than seeds explain" in found.sentence


def test_a_difference_within_the_seeds_says_how_many_it_takes() -> None:
    found = compare_repeats(summarise(FIRST), summarise([value + 0.002 for value in FIRST]))
    assert not found.differs
    assert found.seeds_needed == seeds_needed(0.002, np.std(FIRST, ddof=1))
    wanted = f"Were that the true difference, to show it takes about {found.seeds_needed} seeds each."
    assert found.sentence.endswith(wanted)


def test_three_seeds_each_are_judged_by_welch_alone() -> None:
    found = compare_repeats(summarise([0.90, 0.91, 0.905]), summarise([0.95, 0.96, 0.955]))
    assert found.permutation_probability == pytest.approx(0.1)
    assert found.differs


def test_seeds_that_change_nothing() -> None:
    same, higher = summarise([0.9] * 4), summarise([0.95] * 4)
    assert not compare_repeats(same, same).differs
    assert compare_repeats(same, higher).differs


def test_chance_rarely_makes_a_difference() -> None:
    generator = np.random.default_rng(0)
    pairs = generator.normal(0.9, 0.01, (150, 2, 4))
    found = [compare_repeats(summarise(one), summarise(other)).differs for one, other in pairs]
    assert np.mean(found) < 0.08


@pytest.mark.parametrize(("effect", "needed"), [(0.2, 394), (0.5, 64), (0.8, 26), (1.0, 17), (1.4, 10)])
def test_seeds_needed_are_those_of_cohens_tables(effect: float, needed: int) -> None:
    """Cohen, "Statistical Power Analysis for the Behavioral Sciences" (1988), table 2.4.1, power .80.

    He rounds 393.4 to 393; a whole number that suffices is 394.
    """
    assert abs((seeds_needed(effect, 1.0) or 0) - needed) <= (1 if effect == 1.4 else 0)


def test_what_no_number_of_seeds_shows() -> None:
    assert seeds_needed(0, 0.01) is None
    assert seeds_needed(1e-6, 0.01) is None
    assert seeds_needed(0.1, 0) == seeds_needed(10, 0.01) == 2


def test_a_learning_curve_takes_over_what_was_trained_for_repeats() -> None:
    assert set(PLAN) & set(LEARNING_CURVE_PLAN) == {(SIZES - 1, 0), (SIZES - 1, 1)}
