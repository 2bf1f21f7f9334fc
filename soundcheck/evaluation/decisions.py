"""Decisions: from which probability on an answer is taken, and what is left unanswered for it.

A threshold is chosen on validation clips and reported on test clips: where it was chosen, it looks better
than it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.metrics import wilson_interval
from soundcheck.evaluation.proportions import Proportion, proportion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundcheck.evaluation.answers import Answers


@dataclass(frozen=True, eq=False)
class AcceptCurve:
    """How accurate the answers are that are sure enough, and how many these are.

    One point for each confidence that occurs, the highest first; arrays are (points,).

    Attributes:
        thresholds: Answers of this confidence and of higher ones are accepted.
        coverage: Share of the clips whose answer is accepted; it ends at 1.
        accuracy: Share of the accepted answers that is right.
        lower: Lower end of the accuracy's Wilson interval.
        upper: Upper end of it.
        clips: Number of all clips.
    """

    thresholds: NDArray[np.float64]
    coverage: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    clips: int

    def reaching(self, accuracy: float) -> int | None:
        """The point of the highest coverage with at least this accuracy; None where there is none."""
        points = np.flatnonzero(self.accuracy >= accuracy)
        return int(points[-1]) if len(points) else None


@dataclass(frozen=True)
class Acceptance:
    """What comes of accepting only sure answers.

    Attributes:
        wanted_accuracy: Of the accepted answers.
        threshold: The lowest confidence that is accepted: on the validation clips it reaches the accuracy.
        validation_coverage: Share of the validation clips that it accepts.
        coverage: The same of the test clips.
        accuracy: Of the accepted answers on the test clips.
    """

    wanted_accuracy: float
    threshold: float
    validation_coverage: float
    coverage: Proportion
    accuracy: Proportion


@dataclass(frozen=True)
class WordThreshold:
    """From which probability on a clip counts as a word, and what that gives on the test clips.

    Attributes:
        label: The word.
        threshold: The lowest probability that counts.
        wanted_sensitivity: Reached on the validation clips.
        validation_specificity: There; the highest that any threshold has with that sensitivity.
        sensitivity: Share of the word's test clips that count as the word.
        specificity: Share of the other test clips that do not.
    """

    label: str
    threshold: float
    wanted_sensitivity: float
    validation_specificity: float
    sensitivity: Proportion
    specificity: Proportion


def accept_curve(
    confidences: NDArray[np.float64], correct: NDArray[np.bool_], confidence: float = 0.95
) -> AcceptCurve:
    """Accuracy over coverage, as the threshold falls.

    One minus the risk-coverage curve of R. El-Yaniv and Y. Wiener, "On the Foundations of Noise-free
    Selective Classification", JMLR 11 (2010).

    Args:
        confidences: Probability of each clip's predicted label, (clips,).
        correct: Whether that is the true one, (clips,).
        confidence: Level of the intervals.

    Raises:
        SoundcheckError: without a clip, or with arrays of different lengths.
    """
    if len(confidences) != len(correct) or not len(correct):
        raise SoundcheckError(
            f"confidences has {len(confidences)} clips and correct {len(correct)}; give the same to both, at "
            "least one"
        )
    order = np.argsort(-confidences, kind="stable")
    descending = confidences[order]
    last_of_ties = np.flatnonzero(np.append(np.diff(descending) != 0, True))
    right, accepted = np.cumsum(correct[order])[last_of_ties], last_of_ties + 1
    intervals = [
        wilson_interval(int(count), int(total), confidence)
        for count, total in zip(right, accepted, strict=True)
    ]
    lower, upper = np.array(intervals).T
    return AcceptCurve(
        thresholds=descending[last_of_ties],
        coverage=accepted / len(correct),
        accuracy=right / accepted,
        lower=lower,
        upper=upper,
        clips=len(correct),
    )


def choose_acceptance(
    validation: Answers, test: Answers, wanted_accuracy: float, confidence: float = 0.95
) -> Acceptance | None:
    """The lowest confidence to accept, for a wanted accuracy of what is accepted.

    Returns:
        None where the validation clips do not reach the accuracy, however few are accepted.

    Raises:
        SoundcheckError: for an accuracy that is not in (0, 1].
    """
    _require_share("wanted_accuracy", wanted_accuracy)
    curve = accept_curve(validation.confidence, validation.correct, confidence)
    point = curve.reaching(wanted_accuracy)
    if point is None:
        return None
    accepted = test.confidence >= curve.thresholds[point]
    count = int(np.count_nonzero(accepted))
    return Acceptance(
        wanted_accuracy=wanted_accuracy,
        threshold=float(curve.thresholds[point]),
        validation_coverage=float(curve.coverage[point]),
        coverage=proportion(count, len(accepted), confidence),
        accuracy=proportion(int(np.count_nonzero(test.correct & accepted)), count, confidence),
    )


def word_thresholds(
    validation: Answers, test: Answers, wanted_sensitivity: float, confidence: float = 0.95
) -> tuple[WordThreshold, ...]:
    """For each word the threshold that hears so much of it, with as few false alarms as that allows.

    What `keras.metrics.SpecificityAtSensitivity` finds for one class at a time, on probabilities, with two
    differences: every probability that occurs is tried, not 200 evenly spaced ones, and the threshold is told
    and not only the specificity. A clip counts from the threshold on; for Keras, from just above it.

    Args:
        validation: The clips that choose the thresholds.
        test: The clips that are reported of, of a model with the same labels.
        wanted_sensitivity: Share of a word's clips that shall count as the word, at least.
        confidence: Level of the intervals.

    Returns:
        In the order of the labels, without those that have no validation clip.

    Raises:
        SoundcheckError: for a sensitivity that is not in (0, 1].
    """
    _require_share("wanted_sensitivity", wanted_sensitivity)
    return tuple(
        _word_threshold(place, validation, test, wanted_sensitivity, confidence)
        for place in range(len(validation.labels))
        if np.any(validation.true == place)
    )


def _word_threshold(
    place: int, validation: Answers, test: Answers, wanted_sensitivity: float, confidence: float
) -> WordThreshold:
    of_word = np.sort(validation.probabilities[validation.true == place, place])[::-1]
    # The highest threshold that hears enough has the fewest false alarms. Rounding must not ask for one more
    # clip: 0.07 * 100 is more than 7.
    heard = math.ceil(wanted_sensitivity * len(of_word) - 1e-9)
    threshold = of_word[heard - 1]
    _, validation_specificity = _rates(validation, place, threshold, confidence)
    sensitivity, specificity = _rates(test, place, threshold, confidence)
    return WordThreshold(
        label=validation.labels[place],
        threshold=float(threshold),
        wanted_sensitivity=wanted_sensitivity,
        validation_specificity=validation_specificity.value,
        sensitivity=sensitivity,
        specificity=specificity,
    )


def _rates(
    answers: Answers, place: int, threshold: float, confidence: float
) -> tuple[Proportion, Proportion]:
    """Sensitivity and specificity."""
    counts_as_word, is_word = answers.probabilities[:, place] >= threshold, answers.true == place
    words, others = int(np.count_nonzero(is_word)), int(np.count_nonzero(~is_word))
    return (
        proportion(int(np.count_nonzero(counts_as_word & is_word)), words, confidence),
        proportion(int(np.count_nonzero(~counts_as_word & ~is_word)), others, confidence),
    )


def _require_share(name: str, value: float) -> None:
    if not 0 < value <= 1:
        raise SoundcheckError(f"{name} must be above 0 and at most 1; received {value}")
