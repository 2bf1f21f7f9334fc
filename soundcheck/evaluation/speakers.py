"""Speakers: whether a model errs more often with some of them than chance explains.

Most speakers have too few clips to be looked at one by one; all of them together may still show that they
differ. Were all speakers alike, each would have as many mistakes as their words make likely: the share of
each word's clips that is wrong, summed over the speaker's clips. How far speakers are from that is Pearson's
statistic; what chance makes of it is seen by dealing the mistakes of each word anew among its clips
(E. Edgington and P. Onghena, "Randomization Tests", 2007).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from soundcheck.evaluation.proportions import Proportion, proportion

if TYPE_CHECKING:
    from numpy.typing import NDArray

PERMUTATIONS = 1999
NAMED = 3
"""How many speakers are named at most, where they differ."""

_SEED = 0
_ROUNDING = 1e-9  # sums of the same numbers in another order


@dataclass(frozen=True)
class SpeakerErrors:
    """What a model makes of one speaker.

    Attributes:
        name: The speaker.
        accuracy: Of the speaker's clips, with its interval.
        expected: Mistakes that were to be expected by the speaker's words.
    """

    name: str
    accuracy: Proportion
    expected: float

    def __str__(self) -> str:
        """`'anna' with an accuracy of 0.421 (0.231 to 0.637) on 19 clips`."""
        return f"{self.name!r} with an accuracy of {self.accuracy} on {self.accuracy.total} clips"


@dataclass(frozen=True)
class SpeakerTest:
    """Whether errors differ between speakers by more than chance.

    Attributes:
        speakers: How many there are.
        p_value: How probable such differences, or greater ones, are by chance.
        level: From which on they are told from chance.
        worst: Where they differ, the speakers with most mistakes beyond what was to be expected.
    """

    speakers: int
    p_value: float
    level: float
    worst: tuple[SpeakerErrors, ...]

    @property
    def is_beyond_chance(self) -> bool:
        """Whether speakers differ."""
        return self.p_value <= self.level

    @property
    def sentence(self) -> str:
        """The same in plain words."""
        if not self.is_beyond_chance:
            return (
                f"Between the {self.speakers} speakers errors differ no more than chance explains "
                f"(p = {self.p_value:.2g})."
            )
        return (
            f"Errors differ between the {self.speakers} speakers by more than chance explains "
            f"(p = {self.p_value:.2g}); worst are {', '.join(map(str, self.worst))}."
        )


def compare_speakers(
    speakers: NDArray[np.str_],
    labels: NDArray[np.str_],
    wrong: NDArray[np.bool_],
    level: float = 0.05,
    confidence: float = 0.95,
) -> SpeakerTest | None:
    """Whether a model errs more often with some speakers than with others, whatever words they say.

    Clips are taken as independent; those of nobody ("") are left out.

    Args:
        speakers: Of each clip, (clips,).
        labels: Of each clip, (clips,).
        wrong: Whether it is recognised wrongly, (clips,).
        level: How probable it may be that speakers are wrongly said to differ.
        confidence: Level of the intervals.

    Returns:
        None where chance cannot be told from anything else: no mistake, nothing but mistakes, one speaker, or
        none with two clips.
    """
    known = speakers != ""
    names, places = np.unique(speakers[known], return_inverse=True)
    clips, wrong = np.bincount(places), wrong[known]
    if len(names) < 2 or clips.max() < 2 or wrong.all() or not wrong.any():  # noqa: PLR2004
        return None
    _, words = np.unique(labels[known], return_inverse=True)
    shares = np.bincount(words, weights=wrong) / np.bincount(words)
    expected = np.bincount(places, weights=shares[words]).astype(np.float64)
    mistakes = np.bincount(places, weights=wrong)
    p_value = _p_value(places, words, wrong, expected)
    surplus = mistakes - expected
    worst = [place for place in np.argsort(-surplus, kind="stable")[:NAMED] if surplus[place] > 0]
    errors = (
        SpeakerErrors(
            str(names[place]),
            proportion(int(clips[place] - mistakes[place]), int(clips[place]), confidence),
            float(expected[place]),
        )
        for place in worst
    )
    return SpeakerTest(len(names), p_value, level, tuple(errors) if p_value <= level else ())


def _p_value(
    places: NDArray[np.int64],
    words: NDArray[np.int64],
    wrong: NDArray[np.bool_],
    expected: NDArray[np.float64],
) -> float:
    """Mistakes are dealt anew within each word. What was observed counts as one of the draws."""
    order = np.lexsort((wrong, places, words))  # the same draws whatever the order of the clips
    places, dealt = places[order], wrong[order]
    of_each_word = np.split(dealt, np.flatnonzero(np.diff(words[order])) + 1)  # views, shuffled in place
    generator = np.random.default_rng(_SEED)
    observed = _distance(places, dealt, expected)
    as_far = 1
    for _ in range(PERMUTATIONS):
        for word in of_each_word:
            generator.shuffle(word)
        as_far += _distance(places, dealt, expected) >= observed * (1 - _ROUNDING)
    return float(as_far / (1 + PERMUTATIONS))


def _distance(places: NDArray[np.int64], wrong: NDArray[np.bool_], expected: NDArray[np.float64]) -> float:
    """Pearson's statistic; of a speaker without a word that is ever mistaken nothing is expected."""
    mistakes = np.bincount(places, weights=wrong)
    return float(np.sum(np.square(mistakes - expected) / np.where(expected > 0, expected, 1)))
