"""The test error, shared out: what no model could avoid, what training missed, what new clips cost.

The bookkeeping of bias and variance is A. Ng's ("Machine Learning Yearning", 2018, chapters 20 to 25): the
error on the training clips beyond the unavoidable one is *avoidable bias*, what the test clips add to it is
*variance*. Here each share carries its interval, and the unavoidable error is that of the very clips: with
`c` their certain errors (`soundcheck.audit.irreducible_error`), and `e` the errors of the network,

    e(test) = c(test) + (e(train) - c(train)) + ((e(test) - c(test)) - (e(train) - c(train)))

The three terms always sum to the test error, since nothing is cut off: a negative variance says that the test
clips are the easier ones, mostly by chance.

Conventions:
    Shares and intervals are in points: hundredths of the accuracy.
    Intervals are Wilson's of one error and Newcombe's of a difference, at 95 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.metrics import newcombe_interval, wilson_interval

POINTS = 100.0


@dataclass(frozen=True)
class Errors:
    """What one split holds of errors.

    Attributes:
        clips: how many clips it has.
        wrong: how many of them the network gets wrong, in inference mode.
        certain: how many any model must get wrong.
        doubtful: how many more may be wrong whatever the model: suspected labels, clips without speech. An
            estimate, which need not be whole.
    """

    clips: int
    wrong: int
    certain: int = 0
    doubtful: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.certain <= self.wrong <= self.clips or not self.clips or self.doubtful < 0:
            raise SoundcheckError(
                f"{self} is impossible; give 0 <= certain <= wrong <= clips, a clip at least, and "
                "doubtful >= 0, all of the same clips"
            )

    @property
    def points(self) -> float:
        """The network's error."""
        return POINTS * self.wrong / self.clips

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of it."""
        lower, upper = wilson_interval(self.wrong, self.clips)
        return POINTS * lower, POINTS * upper

    @property
    def certain_points(self) -> float:
        """The error that no model can avoid."""
        return POINTS * self.certain / self.clips

    @property
    def doubtful_points(self) -> float:
        """What may come on top of it."""
        return POINTS * self.doubtful / self.clips


@dataclass(frozen=True)
class Share:
    """One part of the test error, in points.

    Attributes:
        name: which one.
        points: how much; the variance may be negative.
        lower: lower end of the interval.
        upper: upper end of it.
        sentence: the same in plain words.
    """

    name: Literal["irreducible", "avoidable bias", "variance"]
    points: float
    lower: float
    upper: float
    sentence: str


@dataclass(frozen=True)
class Shares:
    """The three parts, which sum to the test error."""

    irreducible: Share
    bias: Share
    variance: Share

    @property
    def each(self) -> tuple[Share, Share, Share]:
        """All of them, in this order."""
        return self.irreducible, self.bias, self.variance


def share_out(train: Errors, test: Errors) -> Shares:
    """Shares the test error out.

    Args:
        train: of the clips that the network was trained on.
        test: of those that chose nothing.
    """
    return Shares(_irreducible(test), _bias(train), _variance(train, test))


def _irreducible(test: Errors) -> Share:
    certain = test.certain_points
    upper = min(test.points, certain + test.doubtful_points)
    sentence = f"{certain:.1f} of the {test.points:.1f} points of test error no model can avoid"
    if upper > certain:
        sentence += f", and up to {upper:.1f} if all doubtful test clips are hopeless"
    return Share("irreducible", certain, certain, upper, f"{sentence}.")


def _bias(train: Errors) -> Share:
    lower, upper = (end - train.certain_points for end in train.interval)
    points = train.points - train.certain_points
    return Share(
        "avoidable bias",
        points,
        max(0.0, lower),
        upper,
        f"{points:.1f} points the network gets wrong even of the {train.clips} clips it was trained on.",
    )


def _variance(train: Errors, test: Errors) -> Share:
    beyond = train.certain_points - test.certain_points
    right = (train.clips - train.wrong, train.clips, test.clips - test.wrong, test.clips)
    lower, upper = (POINTS * end + beyond for end in newcombe_interval(*right))
    points = test.points - train.points + beyond
    fate = "are lost on clips it has not heard" if points >= 0 else "are won: the test clips are easier"
    return Share(
        "variance",
        points,
        lower,
        upper,
        f"{abs(points):.1f} points {fate} (95 % interval {lower:+.1f} to {upper:+.1f}).",
    )
