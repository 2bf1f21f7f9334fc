"""Can a small model learn from the features what it should, and only that?

Three trials with one linear model on the summaries, every clip recognised by a model that has not seen it:

- the clips themselves, and among them the easiest. Easy is what the model is surest of, whatever its label
  says: the label decides nothing but whether the answer was right. So the choice cannot flatter the result,
  as it would had one chosen the clips that were recognised; it is the selective accuracy of El-Yaniv and
  Wiener, "On the foundations of noise-free selective classification", JMLR 11 (2010), at a coverage of 10 %.
- the same clips with shuffled labels, of which nothing can be learnt: more than chance means that the answers
  leak into the questions.
- synthetic words that hold their label beyond doubt, through the user's own features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.audit.folds import (
    at_most_each,
    held_out_probabilities,
    probabilities_of,
    stratified_folds,
)
from soundcheck.audit.small_models import small_classifier
from soundcheck.audit.tone_words import tone_word_summaries
from soundcheck.errors import SoundcheckError
from soundcheck.features.spectrogram import geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundcheck.config import FeaturesConfig

FOLDS = 3
EASIEST_SHARE = 0.1
_MOST_VALUES = 2**20  # numbers in the summaries that a trial may fit to: 4000 clips of 258 columns
_MOST_CLIPS = 4000
_MOST_WORDS = 8
_LEAST_PROBABILITY = 1e-9
_SIGNIFICANCE = 0.001  # one false alarm in a thousand runs


@dataclass(frozen=True)
class Trial:
    """How many of the clips a model recognised that had not seen them.

    Attributes:
        correct: Number of clips recognised.
        clips: Number of clips.
        chance: Share that is recognised without knowledge.
    """

    correct: int
    clips: int
    chance: float

    @property
    def accuracy(self) -> float:
        """Share of the clips recognised."""
        return self.correct / self.clips

    @property
    def beats_chance(self) -> bool:
        """Whether so many hits or more have a probability below 0.001 without knowledge (binomial)."""
        from scipy.special import bdtrc

        return self.correct > 0 and bool(bdtrc(self.correct - 1, self.clips, self.chance) < _SIGNIFICANCE)


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
    """

    all_clips: Trial
    easiest_clips: Trial
    shuffled_labels: Trial
    synthetic_words: Trial
    bits: float


def try_separability(
    summaries: NDArray[np.floating[Any]],
    classes: NDArray[np.integer[Any]],
    features: FeaturesConfig,
    sample_rate_hz: int,
    seed: int,
) -> Separability:
    """Runs the trials.

    Args:
        summaries: Means of the bands over time, then their standard deviations: (clips, 2 * bins).
        classes: Class indices, (clips,), of at least two classes with two clips.
        features: The configuration that the summaries were made with.
        sample_rate_hz: Rate of the waveforms.
        seed: Decides the sample, the folds, the shuffling and the synthetic words.

    Raises:
        ConfigError: where the configuration is refused.
        SoundcheckError: where fewer than two labels have two clips.
    """
    sample = _sample(classes, summaries.shape[1], seed)
    summaries, classes = summaries[sample], classes[sample]
    probabilities = _held_out(summaries, classes, seed)
    return Separability(
        all_clips=_trial(probabilities, classes),
        easiest_clips=_trial_of_the_surest(probabilities, classes),
        shuffled_labels=_trial_of_shuffled_labels(summaries, classes, seed),
        synthetic_words=_trial_of_synthetic_words(len(np.unique(classes)), features, sample_rate_hz, seed),
        bits=_bits(probabilities, classes),
    )


def _sample(classes: NDArray[np.integer[Any]], columns: int, seed: int) -> NDArray[np.int64]:
    """Places of a bounded number of clips, as even over the labels as there are clips."""
    most = min(_MOST_CLIPS, _MOST_VALUES // columns)
    sample = at_most_each(classes, max(2, most // len(np.unique(classes))), seed)
    _, clips = np.unique(classes[sample], return_counts=True)
    if np.sum(clips >= 2) < 2:  # noqa: PLR2004
        raise SoundcheckError(
            f"classes has {len(clips)} labels, {np.sum(clips >= 2)} of them with two clips or more; "  # noqa: PLR2004
            "give at least two clips of at least two labels"
        )
    return sample


def _held_out(
    summaries: NDArray[np.floating[Any]], classes: NDArray[np.integer[Any]], seed: int
) -> NDArray[np.float64]:
    folds = stratified_folds(classes, FOLDS, seed)
    return held_out_probabilities(small_classifier, summaries, classes, folds)


def _trial(probabilities: NDArray[np.float64], classes: NDArray[np.integer[Any]]) -> Trial:
    correct = int(np.sum(probabilities.argmax(axis=1) == classes))
    return Trial(correct, len(classes), float(np.bincount(classes).max() / len(classes)))


def _trial_of_the_surest(probabilities: NDArray[np.float64], classes: NDArray[np.integer[Any]]) -> Trial:
    count = max(1, round(EASIEST_SHARE * len(classes)))
    surest = np.argsort(-probabilities.max(axis=1), kind="stable")[:count]
    return _trial(probabilities[surest], classes[surest])


def _trial_of_shuffled_labels(
    summaries: NDArray[np.floating[Any]], classes: NDArray[np.integer[Any]], seed: int
) -> Trial:
    """One half answers for the other, not both for each other.

    With labels that are random two clips that are alike and happen to share a label help each other, so that
    the hits of cross-validation spread more than binomially: 1.2 times as much, on the real clips.
    """
    shuffled = np.random.default_rng([seed, 1]).permutation(classes)
    held_out = stratified_folds(shuffled, 2, seed) == 0
    answers = probabilities_of(small_classifier, summaries, shuffled, held_out).argmax(axis=1)
    true = shuffled[held_out]
    shares = [np.bincount(values, minlength=classes.max() + 1) / len(true) for values in (answers, true)]
    return Trial(int(np.sum(answers == true)), len(true), float(shares[0] @ shares[1]))


def _trial_of_synthetic_words(
    label_count: int, features: FeaturesConfig, sample_rate_hz: int, seed: int
) -> Trial:
    """As many words as there are labels, but not more than the features have bins for."""
    bins = geometry(features, sample_rate_hz).bins
    words = min(label_count, _MOST_WORDS, bins)
    summaries, spoken = tone_word_summaries(words, features, sample_rate_hz, seed)
    return _trial(_held_out(summaries, spoken, seed), spoken)


def _bits(probabilities: NDArray[np.float64], classes: NDArray[np.integer[Any]]) -> float:
    shares = np.bincount(classes)[classes] / len(classes)
    given = np.maximum(probabilities[np.arange(len(classes)), classes], _LEAST_PROBABILITY)
    return max(0.0, float(np.mean(np.log2(given) - np.log2(shares))))
