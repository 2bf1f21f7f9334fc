"""Calibration: whether a model that says 90 % is right nine times out of ten, and how to make it so.

C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of Modern Neural Networks", ICML 2017,
arXiv:1706.04599.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.metrics import wilson_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundcheck.evaluation.answers import Answers

BINS = 15
"""As Guo et al. have it."""

TEMPERATURES = (0.05, 20.0)
"""Where the temperature is sought: logits made 20 times larger or smaller leave nothing of what they were."""

DOUBTED_BELOW = 0.05
"""An error as high has so small a probability for a calibrated model: the usual level."""

ACCEPTED_ERROR = 0.05
"""Below it a confidence can be believed: 90 % then means 85 to 95 %, one answer in twenty more or less.
Networks that nobody mended are typically off by 0.04 to 0.10 (Guo et al.): it is better than most."""

SMALLEST_PROBABILITY = float(np.finfo(np.float32).tiny)
"""Softmax in single precision gives 0 for what is less probable; so it costs 87 nats, not infinitely many."""

_FLAT = 1e-9  # nats; of clips that are all right the likelihood is flat in double precision before the bound
_DRAWS = 999
_SEED = 0

Spacing = Literal["equal_mass", "equal_width"]


@dataclass(frozen=True)
class Bin:
    """Clips of about the same confidence.

    Attributes:
        above: The clips' confidences are greater than this (in the lowest bin, or equal).
        up_to: And not greater than this.
        clips: Their number, at least 1.
        confidence: Mean of their confidences.
        accuracy: Share of them that is right.
        accuracy_lower: Lower end of Wilson's interval.
        accuracy_upper: Upper end of it.
    """

    above: float
    up_to: float
    clips: int
    confidence: float
    accuracy: float
    accuracy_lower: float
    accuracy_upper: float


@dataclass(frozen=True)
class CalibrationError:
    """The expected calibration error, beside what chance alone makes of it.

    The error of few clips is too high: even a perfectly calibrated model has one, since the accuracy of a bin
    scatters about its confidence (Kumar, Liang and Ma, "Verified Uncertainty Calibration", NeurIPS 2019;
    Roelofs et al., "Mitigating Bias in Calibration Error Estimation", AISTATS 2022). How much that is can be
    drawn: as often as its confidence says, a clip is right (consistency resampling, Bröcker and Smith,
    "Increasing the Reliability of Reliability Diagrams", Weather and Forecasting 22, 2007).

    Attributes:
        value: Mean over the clips of the difference between their bin's accuracy and confidence.
        by_chance: Its mean for a perfectly calibrated model with the same confidences.
        p_value: How probable so high an error, or a higher one, is for such a model.
    """

    value: float
    by_chance: float
    p_value: float

    @property
    def is_beyond_chance(self) -> bool:
        """Whether the confidence is to be doubted."""
        return self.p_value < DOUBTED_BELOW


@dataclass(frozen=True)
class Reliability:
    """How far a model's confidence can be believed.

    Attributes:
        negative_log_likelihood: Mean over the clips, in nats.
        error: With bins of equal width, as it is published.
        bins: Of equal mass, which show most where most clips are.
    """

    negative_log_likelihood: float
    error: CalibrationError
    bins: tuple[Bin, ...]

    @property
    def clips(self) -> int:
        """How many clips it is of."""
        return sum(one.clips for one in self.bins)

    @property
    def error_upper(self) -> float:
        """What the calibration error exceeds, within its bins, in one of twenty cases at most.

        What was measured is no lower than the error, on average (Jensen's inequality), and no clip moves it
        by more than 1 / clips; from that follows how far it may fall below its average (C. McDiarmid, "On the
        method of bounded differences", Surveys in Combinatorics, 1989).
        """
        return self.error.value + math.sqrt(math.log(1 / DOUBTED_BELOW) / (2 * self.clips))


@dataclass(frozen=True)
class Calibration:
    """A model as it is, and with the temperature that validation chose.

    Attributes:
        temperature: The logits are to be divided by it: above 1 the model was too sure of itself.
        at_bound: Whether an end of `TEMPERATURES` does as well: the validation clips do not determine it, as
            where all of them are right. It must not be used then.
        before: Of the test clips.
        after: Of the same clips, with the temperature.
    """

    temperature: float
    at_bound: bool
    before: Reliability
    after: Reliability

    @property
    def sentence(self) -> str:
        """What there is to say of the test clips, in plain words."""
        error, clips = self.before.error, self.before.clips
        amount = f"{error.value:.3f} off on average, where chance alone makes {error.by_chance:.3f}"
        if error.is_beyond_chance:
            surplus = sum(one.clips * (one.confidence - one.accuracy) for one in self.before.bins)
            extent = "sure" if surplus > 0 else "unsure"
            return f"The model is too {extent}: its confidence is {amount}; {self._remedy}."
        of_clips = f"{clips} clip{'' if clips == 1 else 's'}"
        if self.before.error_upper > ACCEPTED_ERROR:
            return f"No miscalibration shows on {of_clips}: {amount}."
        return (
            f"The model's confidence can be believed: {amount}, and by {of_clips} not more than "
            f"{self.before.error_upper:.3f} (95 % bound)."
        )

    @property
    def _remedy(self) -> str:
        if self.at_bound:
            return "the validation clips do not tell by which temperature to mend it"
        return (
            f"with the temperature {self.temperature:.2f} that validation chose, {self.after.error.value:.3f}"
        )


def calibrate(validation: Answers, test: Answers, confidence: float = 0.95) -> Calibration:
    """Fits a temperature on validation and tells what it does on the test clips.

    Where the validation clips also chose the epoch, the model is somewhat better on them than on new ones,
    and the temperature somewhat too low: the error that is left on the test clips shows by how much.

    Args:
        validation: The clips that choose the temperature.
        test: The clips that everything is reported of.
        confidence: Level of the intervals.
    """
    temperature = fit_temperature(validation)
    return Calibration(
        temperature=temperature,
        at_bound=_is_at_bound(validation, temperature),
        before=reliability(test.probabilities, test.true, confidence),
        after=reliability(scaled(test.probabilities, temperature), test.true, confidence),
    )


def reliability(
    probabilities: NDArray[np.float64], true: NDArray[np.int64], confidence: float = 0.95
) -> Reliability:
    """Likelihood, calibration error and bins of probabilities (clips, labels) of which (clips,) are true."""
    highest = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == true
    return Reliability(
        negative_log_likelihood=negative_log_likelihood(probabilities, true),
        error=calibration_error(highest, correct),
        bins=reliability_bins(highest, correct, "equal_mass", confidence=confidence),
    )


def fit_temperature(answers: Answers) -> float:
    """The temperature under which the true labels are most probable, within `TEMPERATURES`.

    The likelihood has one maximum: its logarithm is concave in the inverse of the temperature.
    """
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda logarithm: _loss(answers, np.exp(logarithm)),
        bounds=tuple(np.log(TEMPERATURES)),
        method="bounded",
    )
    return float(np.exp(found.x))


def _loss(answers: Answers, temperature: float) -> float:
    return negative_log_likelihood(scaled(answers.probabilities, temperature), answers.true)


def _is_at_bound(answers: Answers, temperature: float) -> bool:
    least = _loss(answers, temperature)
    return any(_loss(answers, bound) <= least + _FLAT for bound in TEMPERATURES)


def scaled(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Probabilities (clips, labels) as they would be of logits divided by `temperature`.

    The logarithms of probabilities are logits, but for a constant of each clip that softmax takes out.
    """
    logits = np.log(np.maximum(probabilities, SMALLEST_PROBABILITY)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def negative_log_likelihood(probabilities: NDArray[np.float64], true: NDArray[np.int64]) -> float:
    """Mean over the clips, in nats; a probability counts as at least `SMALLEST_PROBABILITY`."""
    of_true = probabilities[np.arange(len(true)), true]
    return float(-np.log(np.maximum(of_true, SMALLEST_PROBABILITY)).mean())


def calibration_error(
    confidences: NDArray[np.float64],
    correct: NDArray[np.bool_],
    spacing: Spacing = "equal_width",
    bins: int = BINS,
) -> CalibrationError:
    """The expected calibration error (Guo et al., equation 3), and what it would be by chance.

    Args:
        confidences: Probability of each clip's predicted label, (clips,).
        correct: Whether that is the true one, (clips,).
        spacing: Bins of equal width, or with the same number of clips.
        bins: How many.

    Raises:
        SoundcheckError: see `reliability_bins`.
    """
    places, _ = _assign(confidences, correct, spacing, bins)
    value = _error(places, confidences, correct)
    generator = np.random.default_rng(_SEED)
    drawn = [_error(places, confidences, generator.random(len(places)) < confidences) for _ in range(_DRAWS)]
    # What was observed counts as one of the draws (Davison and Hinkley, "Bootstrap Methods", 1997, 4.2).
    as_high = np.count_nonzero(np.array(drawn) >= value)
    return CalibrationError(value, float(np.mean(drawn)), float(1 + as_high) / (1 + _DRAWS))


def reliability_bins(
    confidences: NDArray[np.float64],
    correct: NDArray[np.bool_],
    spacing: Spacing = "equal_mass",
    bins: int = BINS,
    confidence: float = 0.95,
) -> tuple[Bin, ...]:
    """Confidence and accuracy of clips that are about equally confident.

    Clips of one confidence are in one bin, whatever their order: with many of them, there are fewer bins.

    Args:
        confidences: Probability of each clip's predicted label, (clips,).
        correct: Whether that is the true one, (clips,).
        spacing: Bins of equal width, or with the same number of clips.
        bins: At most so many; the empty ones are left out.
        confidence: Level of the intervals.

    Raises:
        SoundcheckError: without a clip, with arrays of different lengths, for confidences that are no
            probabilities or less than one bin.
    """
    places, edges = _assign(confidences, correct, spacing, bins)
    return tuple(
        _bin(edges[place : place + 2], confidences[places == place], correct[places == place], confidence)
        for place in np.unique(places)
    )


def _bin(
    edges: NDArray[np.float64], confidences: NDArray[np.float64], correct: NDArray[np.bool_], level: float
) -> Bin:
    right, clips = int(np.count_nonzero(correct)), len(correct)
    lower, upper = wilson_interval(right, clips, level)
    return Bin(
        float(edges[0]), float(edges[1]), clips, float(confidences.mean()), right / clips, lower, upper
    )


def _assign(
    confidences: NDArray[np.float64], correct: NDArray[np.bool_], spacing: Spacing, bins: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The bin of each clip (clips,), and the edges of all bins (bins + 1,)."""
    if len(confidences) != len(correct) or not len(correct):
        raise SoundcheckError(
            f"confidences has {len(confidences)} clips and correct {len(correct)}; give the same to both, at "
            "least one"
        )
    if not np.all((confidences >= 0) & (confidences <= 1 + 1e-6)):  # rounding of a softmax
        raise SoundcheckError("confidences must be probabilities from 0 to 1; take the softmax of logits")
    if bins < 1:
        raise SoundcheckError(f"bins must be at least 1; received {bins}")
    shares = np.linspace(0, 1, bins + 1)
    edges = shares if spacing == "equal_width" else np.quantile(confidences, shares)
    return np.searchsorted(edges[1:-1], confidences), edges


def _error(places: NDArray[np.int64], confidences: NDArray[np.float64], correct: NDArray[np.bool_]) -> float:
    return float(np.abs(np.bincount(places, weights=correct - confidences)).sum() / len(places))
