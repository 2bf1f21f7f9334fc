"""Profile: how the features of the training clips are distributed, so that other clips can be held to it.

The population stability index (PSI) of two distributions with the shares p and q of the same bins is
sum((p - q) ln(p / q)). By rule of thumb, less than 0.1 is no change worth a word, and more than 0.25 a great
one (Siddiqi, "Credit Risk Scorecards", 2006).

Other words have other features. Clips are therefore compared word by word, so to speak: those of the labels
that the profile knows, in the profile's mix.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_BINS = 10
_ADDED = 0.5  # to the count of each bin (Jeffreys' prior), that no share is zero and its logarithm infinite
_FALSE_ALARMS = 0.01


class Profile(BaseModel):
    """How summary features and speakers are distributed over clips.

    Attributes:
        speakers: how many speak the clips; at least 1.
        edges: nine for each feature, ascending: its deciles, the edges of ten bins. What lies on an edge
            belongs to the bin above; so a constant feature that grows is not seen to.
        counts: of each label the clips in each of the ten bins of a feature. Over all labels they are even,
            unless many clips have the same value.
    """

    model_config = ConfigDict(frozen=True)

    speakers: int
    edges: tuple[tuple[float, ...], ...]
    counts: dict[str, tuple[tuple[int, ...], ...]]

    @property
    def labels(self) -> dict[str, int]:
        """Clips under each label."""
        return {label: sum(counts[0]) for label, counts in self.counts.items()}

    def knows(self, labels: Iterable[str]) -> bool:
        """Whether one of these labels is the profile's: clips of other labels cannot be held to it."""
        return not self.counts.keys().isdisjoint(labels)


def profile_of(summaries: NDArray[np.float32], labels: Sequence[str], speakers: Iterable[str]) -> Profile:
    """The profile of some clips.

    Args:
        summaries: (clips, features), as `soundcheck.features.reading.summaries` gives them.
        labels: of the clips.
        speakers: of the clips, "" where nobody speaks.

    Raises:
        ValueError: for no clip, or features that are not finite.
    """
    _require_finite(summaries)
    deciles = np.quantile(summaries.astype(np.float64), np.arange(1, _BINS) / _BINS, axis=0).T
    # Six digits are stored; clips are counted by what is stored.
    edges = tuple(tuple(float(f"{edge:.6g}") for edge in feature) for feature in deciles)
    counts = {
        label: _counts(edges, summaries, np.array([one == label for one in labels]))
        for label in sorted(set(labels))
    }
    return Profile(
        speakers=count_speakers(speakers),
        edges=edges,
        counts={label: tuple(map(tuple, of.astype(int).tolist())) for label, of in counts.items()},
    )


def population_stability_index(
    profile: Profile, summaries: NDArray[np.float32], labels: Sequence[str]
) -> NDArray[np.float64]:
    """How far each feature's distribution over some clips is from the profile's.

    Half a clip is added to each bin of both, which keeps an empty one from making it infinite. Labels are
    weighed, for clips of two words alone differ from those of eight by what is said, not by how.

    Args:
        profile: of the clips to compare with.
        summaries: (clips, features), as for `profile_of`.
        labels: of the clips. They are weighted so that the labels which the profile knows have its mix;
            clips of others, and labels that have no clip, are left out on both sides.

    Returns:
        The PSI of each feature, (features,), zero or more.

    Raises:
        ValueError: for no clip, features that are not finite, another number of features than the
            profile's, or labels none of which is the profile's.
    """
    _require_finite(summaries)
    if summaries.shape[1] != len(profile.edges):
        raise ValueError(
            f"summaries has {summaries.shape[1]} features and profile {len(profile.edges)}; compare only "
            "features of the same configuration"
        )
    weights = _weights(profile, labels)
    shared = profile.counts.keys() & set(labels)
    before = _shares(np.sum([profile.counts[label] for label in shared], axis=0))
    now = _shares(_counts(profile.edges, summaries, weights))
    return np.sum((now - before) * np.log(now / before), axis=1)


def drift_of(profile: Profile, summaries: NDArray[np.float32], labels: Sequence[str]) -> pd.DataFrame:
    """The drift of each feature, for the suite over it.

    Args:
        profile: of the clips to compare with.
        summaries: (clips, features), as for `profile_of`.
        labels: of the clips.

    Returns:
        One row a feature: `name` (`mean of band 1`, ...) and `population_stability_index`, to four decimals.

    Raises:
        ValueError: see `population_stability_index`.
    """
    import pandas as pd

    index = population_stability_index(profile, summaries, labels)
    bands = range(1, summaries.shape[1] // 2 + 1)
    names = [f"{measure} of band {band}" for measure in ("mean", "deviation") for band in bands]
    return pd.DataFrame({"name": names, "population_stability_index": index.round(4)})


def chance_level(profile: Profile, labels: Sequence[str], speakers: Sequence[str]) -> float:
    """The PSI that the largest of a profile's features exceeds by chance alone in one case of a hundred.

    Of n and m independent draws from one distribution, PSI / (1 / n + 1 / m) follows the chi-squared
    distribution of bins - 1 degrees of freedom (Yurdakul and Naranjo, "Statistical properties of the
    population stability index", J. Risk Model Validation 14, 2020). A speaker's clips are alike, so speakers
    count as the draws, not clips. Weights make them fewer, by the ratio of Kish's effective
    number of clips, (sum of weights)^2 / sum of weights^2, to their number ("Survey Sampling", 1965).

    Args:
        profile: of the clips to compare with.
        labels: of the clips that are compared.
        speakers: of these clips, "" where nobody speaks.

    Raises:
        ValueError: for labels none of which is the profile's.
    """
    from scipy.stats import chi2

    weights = _weights(profile, labels)
    compared = [speaker for speaker, weight in zip(speakers, weights, strict=True) if weight]
    draws = count_speakers(compared) * weights.sum() / len(compared)
    quantile = chi2.ppf(1 - _FALSE_ALARMS / len(profile.edges), _BINS - 1)
    return float(quantile * (1 / profile.speakers + 1 / draws))


def count_speakers(speakers: Iterable[str]) -> int:
    """How many speakers there are, "" left out; at least 1."""
    return max(1, len(set(speakers) - {""}))


def _weights(profile: Profile, labels: Sequence[str]) -> NDArray[np.float64]:
    """How much each clip counts, (clips,): 0 where the profile does not know its label.

    They sum to Kish's effective number of clips.
    """
    if not profile.knows(labels):
        raise ValueError(
            f"labels has {', '.join(sorted(set(labels)))} and profile {', '.join(profile.counts)}; compare "
            "only clips of the same labels"
        )
    before, now = profile.labels, Counter(labels)
    weights = np.array([before.get(label, 0) / now[label] for label in labels])
    return weights * weights.sum() / np.square(weights).sum()


def _counts(
    edges: Sequence[Sequence[float]], summaries: NDArray[np.float32], weights: NDArray[Any]
) -> NDArray[np.float64]:
    """(features, bins)."""
    bins = [np.searchsorted(inner, values, "right") for inner, values in zip(edges, summaries.T, strict=True)]
    return np.stack([np.bincount(places, weights, _BINS).astype(np.float64) for places in bins])


def _shares(counts: NDArray[Any]) -> NDArray[np.float64]:
    raised = counts + _ADDED
    return raised / raised.sum(axis=1, keepdims=True)


def _require_finite(summaries: NDArray[np.float32]) -> None:
    if summaries.ndim != 2 or not summaries.size:  # noqa: PLR2004
        raise ValueError(
            f"summaries must have the shape (clips, features), neither of them 0; received {summaries.shape}"
        )
    if not np.isfinite(summaries).all():
        raise ValueError("summaries holds numbers that are not finite; look for the clips among the features")
