"""Can a small model learn from the features what it should, and only that?

Three trials with one linear model on the summaries, every clip recognised by a model that has heard neither
it nor, where that is possible, its recording and its speaker:

- the clips themselves, and among them the easiest. Easy is what the model is surest of, whatever its label
  says: the label decides nothing but whether the answer was right. So the choice cannot flatter the result,
  as it would had one chosen the clips that were recognised; it is the selective accuracy of El-Yaniv and
  Wiener, "On the foundations of noise-free selective classification", JMLR 11 (2010), at a coverage of 10 %.
- the same clips with shuffled labels, of which nothing can be learnt: more than chance means that the answers
  leak into the questions. What a group of clips has in common stays in common, so that a model which had
  heard a part of the group would be caught.
- synthetic words that hold their label beyond doubt, through the user's own features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.audit.classifiers import held_out_probabilities, probabilities_of, small_classifier
from soundcheck.audit.folds import at_most_each, deal_clips, deal_groups
from soundcheck.audit.tone_words import tone_word_summaries
from soundcheck.features.spectrogram import geometry

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from soundcheck.config import FeaturesConfig

FOLDS = 3
EASIEST_SHARE = 0.1
DISCERNIBLE = 0.2
"""How far above chance an accuracy must be for a trial that misses it to speak against the clips."""

_MOST_VALUES = 2**20  # numbers in the summaries that a trial may fit to: 4000 clips of 258 columns
_MOST_CLIPS = 4000
_MOST_WORDS = 8
_LEAST_PROBABILITY = 1e-9
_SIGNIFICANCE = 0.001  # one false alarm in a thousand runs


@dataclass(frozen=True)
class Trial:
    """How many of the clips a model recognised that had not heard them.

    Attributes:
        correct: Number of clips recognised.
        clips: Number of clips.
        chance: Share that is recognised without knowledge.
        independent: How many clips they are worth, where those of one group under one label may all be right
            or wrong together: n^2 / sum of n_g^2 (Kish, "Survey Sampling", 1965, chapter 8).
    """

    correct: int
    clips: int
    chance: float
    independent: float

    @property
    def accuracy(self) -> float:
        """Share of the clips recognised."""
        return self.correct / self.clips

    @property
    def beats_chance(self) -> bool:
        """Whether so many hits or more have a probability below 0.001 without knowledge."""
        return self._probability_of(self.accuracy) < _SIGNIFICANCE

    @property
    def can_tell(self) -> bool:
        """Whether 0.2 above chance would have been beyond chance: else a miss says nothing."""
        return self._probability_of(min(self.chance + DISCERNIBLE, 1.0)) < _SIGNIFICANCE

    def _probability_of(self, share: float) -> float:
        """Of so many hits or more without knowledge: the binomial tail, for any real number of clips."""
        from scipy.special import betainc

        hits = share * self.independent
        return float(betainc(hits, self.independent - hits + 1, self.chance)) if hits > 0 else 1.0


@dataclass(frozen=True)
class Separability:
    """What the small model made of each kind of clip.

    Attributes:
        all_clips: A sample of the clips; chance is the share of the most frequent label.
        easiest_clips: The tenth of them that the model was surest of.
        shuffled_labels: Half of the sample, with its labels shuffled; chance is what answers of these shares
            score on labels that they have nothing to do with.
        synthetic_words: Synthetic words through the same features.
        bits: What the model knows of the label: the labels' entropy less its cross-entropy on the sample, in
            bits a clip. The columns together hold at least so much; 0 where it is no better than guessing.
        apart: Whether the model had never heard the speaker and the recording of a clip, as far as they are
            known, see `Folds.apart`.
    """

    all_clips: Trial
    easiest_clips: Trial
    shuffled_labels: Trial
    synthetic_words: Trial
    bits: float
    apart: bool


def try_separability(
    summaries: NDArray[np.floating[Any]],
    classes: NDArray[np.integer[Any]],
    clips: pd.DataFrame,
    features: FeaturesConfig,
    sample_rate_hz: int,
    seed: int,
) -> Separability:
    """Runs the trials.

    Args:
        summaries: Means of the bins over time, then their standard deviations: (clips, 2 * bins).
        classes: Class indices, (clips,).
        clips: What belongs together: a row a clip with `speaker`, `file_digest` and `clip_digest`.
        features: The configuration that the summaries were made with.
        sample_rate_hz: Rate of the waveforms.
        seed: Decides the sample, the folds, the shuffling and the synthetic words.

    Raises:
        ConfigError: where the configuration is refused.
    """
    sample = _sample(classes, summaries.shape[1], seed)
    summaries, classes = summaries[sample], classes[sample]
    folds = deal_clips(clips.iloc[sample], classes, FOLDS, seed)
    probabilities = held_out_probabilities(small_classifier, summaries, classes, folds.numbers)
    return Separability(
        all_clips=_trial(probabilities, classes, folds.groups),
        easiest_clips=_trial_of_the_surest(probabilities, classes, folds.groups),
        shuffled_labels=_trial_of_shuffled_labels(summaries, classes, folds.groups, seed),
        synthetic_words=_trial_of_synthetic_words(len(np.unique(classes)), features, sample_rate_hz, seed),
        bits=_bits(probabilities, classes),
        apart=folds.apart,
    )


def _sample(classes: NDArray[np.integer[Any]], columns: int, seed: int) -> NDArray[np.int64]:
    """Places of a bounded number of clips, as even over the labels as there are clips."""
    most = min(_MOST_CLIPS, _MOST_VALUES // columns)
    return at_most_each(classes, max(2, most // len(np.unique(classes))), seed)


def _trial(
    probabilities: NDArray[np.float64], classes: NDArray[np.integer[Any]], groups: NDArray[np.int64]
) -> Trial:
    correct = int(np.sum(probabilities.argmax(axis=1) == classes))
    chance = float(np.bincount(classes).max() / len(classes))
    return Trial(correct, len(classes), chance, _independent(classes, groups))


def _trial_of_the_surest(
    probabilities: NDArray[np.float64], classes: NDArray[np.integer[Any]], groups: NDArray[np.int64]
) -> Trial:
    count = max(1, round(EASIEST_SHARE * len(classes)))
    surest = np.argsort(-probabilities.max(axis=1), kind="stable")[:count]
    return _trial(probabilities[surest], classes[surest], groups[surest])


def _trial_of_shuffled_labels(
    summaries: NDArray[np.floating[Any]],
    classes: NDArray[np.integer[Any]],
    groups: NDArray[np.int64],
    seed: int,
) -> Trial:
    """One half answers for the other, not both for each other.

    With labels that are random two clips that are alike and happen to share a label help each other, so that
    the hits of cross-validation would spread more than binomially.
    """
    labels, units = _units(classes, groups)
    shuffled = np.random.default_rng([seed, 1]).permutation(labels)[units]
    held_out = deal_groups(groups, shuffled, 2, seed) == 0
    answers = probabilities_of(small_classifier, summaries, shuffled, held_out).argmax(axis=1)
    true = shuffled[held_out]
    shares = [np.bincount(values, minlength=classes.max() + 1) / len(true) for values in (answers, true)]
    chance, independent = float(shares[0] @ shares[1]), _independent(true, groups[held_out])
    return Trial(int(np.sum(answers == true)), len(true), chance, independent)


def _units(
    classes: NDArray[np.integer[Any]], groups: NDArray[np.int64]
) -> tuple[NDArray[np.integer[Any]], NDArray[np.int64]]:
    """Clips of one group under one label are a unit: the label of each unit, and the unit of each clip."""
    pairs, units = np.unique(np.stack([groups, classes]), axis=1, return_inverse=True)
    return pairs[1], units


def _independent(classes: NDArray[np.integer[Any]], groups: NDArray[np.int64]) -> float:
    sizes = np.bincount(_units(classes, groups)[1])
    return float(sizes.sum() ** 2 / np.square(sizes).sum())


def _trial_of_synthetic_words(
    label_count: int, features: FeaturesConfig, sample_rate_hz: int, seed: int
) -> Trial:
    """As many words as there are labels, two at least, but not more than the features have bins for."""
    bins = geometry(features, sample_rate_hz).bins
    words = min(max(label_count, 2), _MOST_WORDS, bins)
    summaries, spoken = tone_word_summaries(words, features, sample_rate_hz, seed)
    groups = np.arange(len(spoken))
    folds = deal_groups(groups, spoken, FOLDS, seed)
    return _trial(held_out_probabilities(small_classifier, summaries, spoken, folds), spoken, groups)


def _bits(probabilities: NDArray[np.float64], classes: NDArray[np.integer[Any]]) -> float:
    shares = np.bincount(classes)[classes] / len(classes)
    given = np.maximum(probabilities[np.arange(len(classes)), classes], _LEAST_PROBABILITY)
    return max(0.0, float(np.mean(np.log2(given) - np.log2(shares))))
