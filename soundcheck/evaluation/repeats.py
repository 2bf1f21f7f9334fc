"""Repeated training: what seeds alone change, and whether two configurations differ beyond it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.learning_curve import SIZES

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEEDS = 5
PLAN = tuple((SIZES - 1, number) for number in range(SEEDS))
"""The trainings they take, as a learning curve's are told: on all clips, with which of the seeds."""
POWER = 0.8
"""That is wanted of a test: it finds the difference in four of five experiments (J. Cohen, "Statistical Power
Analysis for the Behavioral Sciences", 1988)."""
MOST_SEEDS = 1000

_PERMUTATIONS = 9999  # where all of them are no more, all are taken
_SEED = 0


@dataclass(frozen=True)
class Repeats:
    """One configuration, trained with several seeds.

    Attributes:
        accuracies: of each seed.
        mean: of the accuracies.
        deviation: their standard deviation (with n - 1); what one more seed would typically differ by.
        lower: lower end of Student's t interval of the mean.
        upper: upper end of it.
    """

    accuracies: tuple[float, ...]
    mean: float
    deviation: float
    lower: float
    upper: float

    @property
    def sentence(self) -> str:
        """What seeds change, in plain words."""
        return (
            f"Trained with {len(self.accuracies)} seeds the accuracy is {self.mean:.3f} on average (interval "
            f"{self.lower:.3f} to {self.upper:.3f}), from {min(self.accuracies):.3f} to "
            f"{max(self.accuracies):.3f}: another seed alone changes it by {self.deviation:.3f}."
        )

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Repeats:
        """What `to_dict` gave."""
        entries: dict[str, Any] = {**values, "accuracies": tuple(values["accuracies"])}
        return cls(**entries)


@dataclass(frozen=True)
class Difference:
    """Whether two configurations differ by more than their seeds do.

    Attributes:
        difference: mean of the second less that of the first.
        lower: lower end of Welch's interval of the difference.
        upper: upper end of it.
        welch_probability: of such a difference by chance, by Welch's t test; two-sided.
        permutation_probability: the same by a permutation test, which takes nothing to be normal.
        differs: whether both are below the level. So few seeds that no permutation could be that rare (three
            of each at 5 %) are judged by Welch's test alone.
        seeds_needed: of each configuration, for the difference that was seen, were it the true one, to be
            found in four of five such experiments; None where more than 1000, or where nothing was seen.
        sentence: the same in plain words.
    """

    difference: float
    lower: float
    upper: float
    welch_probability: float
    permutation_probability: float
    differs: bool
    seeds_needed: int | None
    sentence: str


def repeat(train: Callable[[int], float], seeds: Sequence[int], confidence: float = 0.95) -> Repeats:
    """Trains once with each seed.

    Args:
        train: takes a seed and gives the accuracy on clips that do not depend on it.
        seeds: two at least, all different.
        confidence: level of the interval.

    Raises:
        SoundcheckError: for a seed twice, or fewer than two.
    """
    if len(set(seeds)) < len(seeds):
        raise SoundcheckError(f"seeds={list(seeds)} holds one twice, which would repeat the same training")
    accuracies = [train(seed) for seed in tqdm(seeds, desc="seeds", disable=None, leave=False)]
    return summarise(accuracies, confidence)


def summarise(accuracies: Sequence[float], confidence: float = 0.95) -> Repeats:
    """Mean, deviation and Student's t interval.

    Raises:
        SoundcheckError: for fewer than two accuracies, or one that is not finite.
    """
    values = np.array(accuracies, np.float64)
    if len(values) < 2 or not np.isfinite(values).all():  # noqa: PLR2004
        raise SoundcheckError(
            f"accuracies={values.tolist()}: a spread takes two finite ones at least; train with more seeds"
        )
    mean, deviation = float(values.mean()), float(values.std(ddof=1))
    reach = _t_quantile(confidence, len(values) - 1) * deviation / math.sqrt(len(values))
    return Repeats(tuple(values.tolist()), mean, deviation, mean - reach, mean + reach)


def compare_repeats(first: Repeats, second: Repeats, confidence: float = 0.95) -> Difference:
    """Whether the second configuration differs from the first by more than seeds do.

    Welch's test for unequal variances (B. L. Welch, Biometrika 34 (1947)), and a permutation test of the
    difference of the means, over all ways to deal the accuracies, or 9999 of them where there are more.

    Args:
        first: several seeds of one configuration.
        second: several seeds of the other, on the same test clips.
        confidence: level of the interval; the tests are at what is left of it.
    """
    level = 1 - confidence
    one, other = np.array(first.accuracies), np.array(second.accuracies)
    difference = second.mean - first.mean
    lower, upper = _welch_interval(first, second, confidence)
    by_permutation = _permutation_probability(one, other)
    welch = _welch_probability(first, second, by_permutation)
    # One of the ways to deal, and its mirror image, are the rarest that can come out.
    can_be_rare = 2 / math.comb(len(one) + len(other), len(one)) < level
    differs = welch < level and (by_permutation < level or not can_be_rare)
    needed = seeds_needed(difference, math.sqrt((first.deviation**2 + second.deviation**2) / 2), level)
    return Difference(
        difference=difference,
        lower=lower,
        upper=upper,
        welch_probability=welch,
        permutation_probability=by_permutation,
        differs=differs,
        seeds_needed=needed,
        sentence=_sentence(first, second, (lower, upper), confidence, differs=differs, needed=needed),
    )


def seeds_needed(difference: float, deviation: float, level: float = 0.05) -> int | None:
    """Seeds of each configuration for a two-sided t test to find a difference in four of five experiments.

    By the noncentral t distribution (Cohen 1988, chapter 2).

    Args:
        difference: of the means.
        deviation: of the accuracies of one configuration.
        level: of the test.

    Returns:
        Two at least; None where it is more than 1000, as where there is no difference.
    """
    if difference == 0:
        return None
    if deviation == 0:
        return 2
    effect = abs(difference) / deviation
    counts = np.arange(2, MOST_SEEDS + 1)
    enough = counts[_power(effect, counts, level) >= POWER]
    return int(enough[0]) if len(enough) else None


def _power(effect: float, counts: NDArray[np.int64], level: float) -> NDArray[np.float64]:
    """Of a t test with so many of each, without the tail on the wrong side."""
    from scipy.stats import nct, t

    freedom = 2 * counts - 2
    # Beyond some ten deviations every test finds it, and the distribution cannot be computed.
    centre = np.minimum(effect * np.sqrt(counts / 2), 30.0)
    return nct.sf(t.ppf(1 - level / 2, freedom), freedom, centre)


def _welch_interval(first: Repeats, second: Repeats, confidence: float) -> tuple[float, float]:
    difference = second.mean - first.mean
    reach = _t_quantile(confidence, _welch_freedom(first, second)) * math.sqrt(
        _mean_variance(first) + _mean_variance(second)
    )
    return difference - reach, difference + reach


def _welch_probability(first: Repeats, second: Repeats, without_spread: float) -> float:
    from scipy.stats import t

    variance = _mean_variance(first) + _mean_variance(second)
    if variance == 0:
        return without_spread  # seeds changed nothing: there is nothing to hold the difference against
    statistic = (second.mean - first.mean) / math.sqrt(variance)
    return float(2 * t.sf(abs(statistic), _welch_freedom(first, second)))


def _welch_freedom(first: Repeats, second: Repeats) -> float:
    """Satterthwaite's degrees of freedom; those of equal variances where there is no variance at all."""
    parts = [(_mean_variance(one), len(one.accuracies) - 1) for one in (first, second)]
    denominator = sum(variance**2 / freedom for variance, freedom in parts)
    if denominator == 0:
        return float(sum(freedom for _, freedom in parts))
    return sum(variance for variance, _ in parts) ** 2 / denominator


def _mean_variance(one: Repeats) -> float:
    return one.deviation**2 / len(one.accuracies)


def _t_quantile(confidence: float, freedom: float) -> float:
    from scipy.stats import t

    return float(t.ppf((1 + confidence) / 2, freedom))


def _permutation_probability(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    from scipy.stats import permutation_test

    result = permutation_test(
        (one, other),
        lambda one, other, axis: np.mean(one, axis) - np.mean(other, axis),
        vectorized=True,
        n_resamples=_PERMUTATIONS,
        rng=_SEED,
    )
    return float(result.pvalue)


def _sentence(
    first: Repeats,
    second: Repeats,
    interval: tuple[float, float],
    confidence: float,
    *,
    differs: bool,
    needed: int | None,
) -> str:
    figures = (
        f"{second.mean:.3f} against {first.mean:.3f}, a difference of {second.mean - first.mean:+.3f} "
        f"({confidence:.0%} interval {interval[0]:+.3f} to {interval[1]:+.3f})"
    )
    if differs:
        return f"{figures}: more than seeds explain."
    wanted = f"about {needed}" if needed else f"more than {MOST_SEEDS}"
    return (
        f"{figures}: seeds alone differ as much. Were that the true difference, to show it takes {wanted} "
        "seeds each."
    )
