"""Profile: how the features of the training clips are distributed, so that other clips can be held to it.

The population stability index (PSI) of two distributions with the shares p and q of the same bins is
sum((p - q) ln(p / q)). By rule of thumb, less than 0.1 is no change worth a word, and more than 0.25 a great
one (Siddiqi, "Credit Risk Scorecards", 2006).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_BINS = 10
_ADDED = 0.5  # to the count of each bin (Jeffreys' prior), that no share is zero and its logarithm infinite
_FALSE_ALARMS = 0.01


class Profile(BaseModel):
    """How summary features, labels and speakers are distributed over clips.

    Attributes:
        clips: how many there are.
        speakers: how many speak them; at least 1.
        labels: clips under each label.
        edges: nine for each feature, ascending: its deciles, the edges of ten bins. What lies on an edge
            belongs to the bin above; so a constant feature that grows is not seen to.
        counts: clips in each of the ten bins of a feature: even, unless many have the same value.
    """

    model_config = ConfigDict(frozen=True)

    clips: int
    speakers: int
    labels: dict[str, int]
    edges: tuple[tuple[float, ...], ...]
    counts: tuple[tuple[int, ...], ...]


def profile_of(summaries: NDArray[np.float32], labels: Iterable[str], speakers: Iterable[str]) -> Profile:
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
    return Profile(
        clips=len(summaries),
        speakers=count_speakers(speakers),
        labels=dict(sorted(Counter(labels).items())),
        edges=edges,
        counts=tuple(tuple(feature.tolist()) for feature in _counts(edges, summaries)),
    )


def population_stability_index(profile: Profile, summaries: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far each feature's distribution over some clips is from the profile's.

    Half a clip is added to each bin of both, which keeps an empty one from making it infinite.

    Args:
        profile: of the clips to compare with.
        summaries: (clips, features), as for `profile_of`.

    Returns:
        The PSI of each feature, (features,), zero or more.

    Raises:
        ValueError: for no clip, features that are not finite, or another number of features than the
            profile's.
    """
    _require_finite(summaries)
    if summaries.shape[1] != len(profile.edges):
        raise ValueError(
            f"summaries has {summaries.shape[1]} features and profile {len(profile.edges)}; compare only "
            "features of the same configuration"
        )
    before, now = _shares(np.array(profile.counts)), _shares(_counts(profile.edges, summaries))
    return np.sum((now - before) * np.log(now / before), axis=1)


def drift_of(profile: Profile, summaries: NDArray[np.float32]) -> pd.DataFrame:
    """The drift of each feature, for the suite over it.

    Args:
        profile: of the clips to compare with.
        summaries: (clips, features), as for `profile_of`.

    Returns:
        One row a feature: `name` (`mean of band 1`, ...) and `population_stability_index`, to four decimals.

    Raises:
        ValueError: see `population_stability_index`.
    """
    import pandas as pd

    index = population_stability_index(profile, summaries)
    bands = range(1, summaries.shape[1] // 2 + 1)
    names = [f"{measure} of band {band}" for measure in ("mean", "deviation") for band in bands]
    return pd.DataFrame({"name": names, "population_stability_index": index.round(4)})


def chance_level(profile: Profile, speakers: int) -> float:
    """The PSI that the largest of a profile's features exceeds by chance alone in one case of a hundred.

    Of n and m independent draws from one distribution, PSI / (1 / n + 1 / m) follows the chi-squared
    distribution of bins - 1 degrees of freedom (Yurdakul and Naranjo, "Statistical properties of the
    population stability index", J. Risk Model Validation 14, 2020). A speaker's clips are alike, so speakers
    count as the draws, not clips: of the clips of 25 speakers drawn from the real test split, 90 of 100 draws
    exceeded a level by clips, and none this one.

    Args:
        profile: of the clips to compare with.
        speakers: how many speak the clips that are compared; at least 1.
    """
    from scipy.stats import chi2

    quantile = chi2.ppf(1 - _FALSE_ALARMS / len(profile.edges), _BINS - 1)
    return float(quantile) * (1 / profile.speakers + 1 / speakers)


def count_speakers(speakers: Iterable[str]) -> int:
    """How many speakers there are, "" left out; at least 1."""
    return max(1, len(set(speakers) - {""}))


def _counts(edges: Sequence[Sequence[float]], summaries: NDArray[np.float32]) -> NDArray[np.int64]:
    """(features, bins)."""
    bins = [np.searchsorted(inner, values, "right") for inner, values in zip(edges, summaries.T, strict=True)]
    return np.stack([np.bincount(places, minlength=_BINS) for places in bins])


def _shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    raised = counts + _ADDED
    return raised / raised.sum(axis=1, keepdims=True)


def _require_finite(summaries: NDArray[np.float32]) -> None:
    if summaries.ndim != 2 or not summaries.size:  # noqa: PLR2004
        raise ValueError(
            f"summaries must have the shape (clips, features), neither of them 0; received {summaries.shape}"
        )
    if not np.isfinite(summaries).all():
        raise ValueError("summaries holds numbers that are not finite; look for the clips among the features")
