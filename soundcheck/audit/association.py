"""How each summary of the features goes with the label: linearly, and in any way at all."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_GROUPS = 10
SHUFFLES = 19
"""To exceed all of 19 shuffles has a probability of 1 in 20 by chance: Barnard's Monte Carlo test, in the
discussion of Bartlett, "The spectral analysis of point processes", JRSS B 25 (1963)."""

_MOST_CLIPS = 20_000
_MOST_QUANTILES = 16
_CLIPS_PER_CELL = 5  # of a table of quantiles by labels, on average


@dataclass(frozen=True)
class Correlations:
    """Pearson's correlations of summaries, averaged over neighbouring bins, and of indicators of the labels.

    Attributes:
        bin_groups: First bin of each group and the one after its last.
        label_count: Number of labels.
        matrix: (2 * groups, 2 * groups + labels): rows are the groups' means over time, then their
            deviations; columns the same, then the labels. What does not vary correlates with nothing, itself
            excepted.
        chance: What no correlation of a summary with a label exceeds, in absolute value, in 95 of 100 sets
            of clips whose labels have nothing to do with their features (normal approximation, Bonferroni).
    """

    bin_groups: tuple[tuple[int, int], ...]
    label_count: int
    matrix: NDArray[np.float64]
    chance: float

    @property
    def with_labels(self) -> NDArray[np.float64]:
        """The part that is of summaries with labels, (2 * groups, labels)."""
        return self.matrix[:, -self.label_count :]


@dataclass(frozen=True)
class MutualInformation:
    """What each column tells of the label on its own, linear or not.

    Attributes:
        bits: (2 * bins,): the means, then the deviations. Never more than the true information, but for
            chance: the columns are cut into quantiles, which loses some, and what shuffled labels score on
            average is taken off.
        chance_bits: The highest that any column reached with shuffled labels.
        label_bits: Entropy of the labels: what a column would tell that decides them.
    """

    bits: NDArray[np.float64]
    chance_bits: float
    label_bits: float


def correlate(summaries: NDArray[np.floating[Any]], classes: NDArray[np.integer[Any]]) -> Correlations:
    """Correlates at most 10 groups of neighbouring bins with each other and with the labels.

    Args:
        summaries: Means of the bins over time, then their standard deviations: (clips, 2 * bins).
        classes: Class indices, (clips,).
    """
    bins, label_count = summaries.shape[1] // 2, int(classes.max()) + 1
    edges = np.linspace(0, bins, min(MOST_GROUPS, bins) + 1).round().astype(int)
    groups = [(int(first), int(after)) for first, after in pairwise(edges)]
    averaged = [
        part[:, first:after].mean(axis=1, dtype=np.float64)
        for part in np.split(summaries, 2, axis=1)
        for first, after in groups
    ]
    columns = np.column_stack([*averaged, classes[:, np.newaxis] == np.arange(label_count)])
    pairs = len(averaged) * label_count
    chance = NormalDist().inv_cdf(1 - 0.05 / (2 * pairs)) / np.sqrt(len(classes))
    matrix = _correlation_matrix(columns)[: len(averaged)]
    return Correlations(tuple(groups), label_count, matrix, min(1.0, float(chance)))


def _correlation_matrix(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    deviations = columns - columns.mean(axis=0)
    scale = np.sqrt(np.mean(deviations**2, axis=0))
    # What rounding makes of the mean of equal numbers is no variation.
    varies = scale > 1e-9 * np.abs(columns).max(axis=0)
    standardized = np.divide(deviations, scale, out=np.zeros_like(deviations), where=varies)
    matrix = np.clip(standardized.T @ standardized / len(columns), -1, 1)
    np.fill_diagonal(matrix, 1)
    return matrix


def mutual_information(
    summaries: NDArray[np.floating[Any]], classes: NDArray[np.integer[Any]], seed: int
) -> MutualInformation:
    """Estimates the mutual information of each column with the label.

    Columns are cut at their quantiles and counted against the labels. scikit-learn's estimate by nearest
    neighbours agrees with this one but takes far too long for shuffles.

    Args:
        summaries: (clips, columns); of more than 20 000 clips a sample is taken.
        classes: Class indices, (clips,).
        seed: Decides the sample and the shuffling.
    """
    generator = np.random.default_rng(seed)
    sample = generator.permutation(len(classes))[:_MOST_CLIPS]
    classes = classes[sample]
    label_count = int(classes.max()) + 1
    quantiles = int(np.clip(len(classes) // (_CLIPS_PER_CELL * label_count), 2, _MOST_QUANTILES))
    places = _places(summaries[sample], quantiles)
    shuffled = np.array(
        [_bits(places, generator.permutation(classes), quantiles, label_count) for _ in range(SHUFFLES)]
    )
    bias = shuffled.mean(axis=0)
    return MutualInformation(
        bits=np.maximum(_bits(places, classes, quantiles, label_count) - bias, 0),
        chance_bits=max(0.0, float((shuffled - bias).max())),
        label_bits=_entropy_bits(np.bincount(classes, minlength=label_count)[np.newaxis])[0],
    )


def _places(summaries: NDArray[np.floating[Any]], quantiles: int) -> NDArray[np.int64]:
    """Which quantile of its column each number lies in, (clips, columns); equal numbers in the same one."""
    inner = np.quantile(summaries, np.arange(1, quantiles) / quantiles, axis=0)
    places = np.empty(summaries.shape, np.int64)
    for column in range(summaries.shape[1]):
        places[:, column] = np.searchsorted(inner[:, column], summaries[:, column])
    return places


def _bits(
    places: NDArray[np.int64], classes: NDArray[np.integer[Any]], quantiles: int, label_count: int
) -> NDArray[np.float64]:
    """Mutual information of the counted table of each column, (columns,): H(place) + H(label) - H(both)."""
    columns = places.shape[1]
    cells = (np.arange(columns) * quantiles + places) * label_count + classes[:, np.newaxis]
    counts = np.bincount(cells.ravel(), minlength=columns * quantiles * label_count)
    tables = counts.reshape(columns, quantiles, label_count)
    return (
        _entropy_bits(tables.sum(axis=2))
        + _entropy_bits(tables.sum(axis=1))
        - _entropy_bits(tables.reshape(columns, -1))
    )


def _entropy_bits(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Entropy of each row of counts."""
    from scipy.special import entr

    return entr(counts / counts.sum(axis=1, keepdims=True)).sum(axis=1) / np.log(2)
