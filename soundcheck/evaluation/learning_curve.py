"""The learning curve over the amount of data: what twice as many clips would bring.

Conventions:
    The error of a model over the number of its training clips `n` is taken to be `a + b (n / N) ** -c`, with
    N the most clips that were tried: `a` is the error that no amount of such data removes, `b` what more data
    may still remove. Errors of networks follow it over orders of magnitude (J. Hestness et al., "Deep
    Learning Scaling is Predictable, Empirically", arXiv:1712.00409).
    All runs are measured on the same test clips. Those of one subset and several seeds are trained on other
    clips each, so that the choice of the clips is among what seeds change. Of whole speakers these are not
    exactly as many; sizes that differ by a twentieth at most count as one, their mean.
    An interval holds what every curve says that fits not significantly worse than the best one, by the
    likelihood ratio at 5 % (D. J. Venzon and S. H. Moolgavkar, "A method for computing profile-likelihood-
    based confidence intervals", Applied Statistics 37 (1988)). Three unknowns and five sizes leave them far
    from normal and often at a bound, where standard errors are wrong and a bootstrap is too sure of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from soundcheck.audit.folds import SAME_SOUND, SAME_VOICE, deal_groups, linked
from soundcheck.errors import SoundcheckError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

SIZES = 5
SEEDS = 2
"""At each size: the least that shows how much a seed alone changes."""
PLAN = tuple(product(range(SIZES), range(SEEDS)))
"""The trainings it takes: on which of the nested subsets, with which of the seeds."""
RETRAINED_FILE = "retrained.json"
"""What became of one of them, see `soundcheck.training.retraining.Retrained`."""
FEWEST_SIZES = 4  # one more than there are unknowns, so that a misfit can show
LEAST_RANGE = 4.0  # of the largest size over the smallest
STEEPEST = 2.0
"""The largest exponent: what was published lies between 0.07 and 0.5, theory rarely beyond 1."""

_FINEST_PARTS = 16  # so that five sizes are halves of each other
_CLIPS_IN_PART = 4  # of each label
_ONE_SIZE = 1.05  # times the smallest of them; nested subsets are further apart, other draws of one closer
_CONFIDENCE = 0.95
_EXPONENTS, _FLOORS = 200, 400  # that are looked at for the intervals
_IMPLAUSIBLE = 0.001  # probability of such misfit were the curve a power law
_LEAST_TOLD = 0.0005  # what is less is written as 0.000
WOULD_HELP = "would help"


@dataclass(frozen=True)
class Runs:
    """Trainings on more and more clips.

    Attributes:
        sizes: number of training clips of each run, (runs,).
        accuracies: on the test clips, (runs,).
        test_clips: how many test clips there are.
    """

    sizes: NDArray[np.int64]
    accuracies: NDArray[np.float64]
    test_clips: int

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return {
            "sizes": self.sizes.tolist(),
            "accuracies": self.accuracies.tolist(),
            "test_clips": self.test_clips,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Runs:
        """What `to_dict` gave."""
        sizes, accuracies = np.array(values["sizes"], np.int64), np.array(values["accuracies"], np.float64)
        return cls(sizes, accuracies, values["test_clips"])


@dataclass(frozen=True)
class LearningCurve:
    """A fitted learning curve.

    Attributes:
        runs: what it was fitted to; each at the size that it counts as.
        floor: the error that no amount of such data removes, `a`.
        reducible: what more data may still remove of the error, `b`.
        exponent: how fast, `c`.
        floor_interval: 95 % interval of the floor.
        accuracy: of the curve at the largest size.
        doubled: accuracy at twice the largest size.
        doubled_interval: its 95 % interval, of the mean over seeds.
        gain_interval: 95 % interval of `doubled - accuracy`.
        obstacle: why nothing is said of more data than there are; empty where something is.
    """

    runs: Runs
    floor: float
    reducible: float
    exponent: float
    floor_interval: tuple[float, float]
    accuracy: float
    doubled: float
    doubled_interval: tuple[float, float]
    gain_interval: tuple[float, float]
    obstacle: str

    def accuracies(self, sizes: NDArray[Any]) -> NDArray[np.float64]:
        """The fitted accuracy at each of some sizes."""
        unknowns = (self.floor, self.reducible, self.exponent)
        return 1 - _error(sizes / self.runs.sizes.max(), *unknowns)

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return {**vars(self), "runs": self.runs.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> LearningCurve:
        """What `to_dict` gave."""
        entries: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        entries["runs"] = Runs.from_dict(values["runs"])
        return cls(**entries)

    @property
    def sentence(self) -> str:
        """What the curve says, in plain words."""
        clips = int(self.runs.sizes.max())
        if self.obstacle:
            return f"With {clips} clips the accuracy is {self.accuracy:.3f}; {self.obstacle}."
        lower, upper = self.gain_interval
        floor = self.floor_interval[0]
        limit = f"such clips bring at most {1 - floor:.3f}" if floor > 0 else "no limit shows yet"
        return (
            f"Twice the {clips} clips {self.prospect}: {self.doubled:.3f} instead of {self.accuracy:.3f}, a "
            f"gain of {self.doubled - self.accuracy:+.3f} (95 % interval {lower:+.3f} to {upper:+.3f}); "
            f"{limit}."
        )

    @property
    def prospect(self) -> str:
        """Whether twice the clips would help, as surely as the interval of the gain says it.

        The curve cannot fall, so its gain is 0 at least, and an interval that begins there tells nothing.
        """
        lower, upper = self.gain_interval
        if lower >= _LEAST_TOLD:
            return WOULD_HELP
        return "may help or not" if upper >= _LEAST_TOLD else "would not help"


def nested_subsets(
    clips: pd.DataFrame, classes: NDArray[np.integer[Any]], sizes: int = SIZES, seed: int = 0
) -> list[NDArray[np.int64]]:
    """Training clips to learn from: each subset holds the one before it, the last one all clips.

    The sizes are about a sixteenth, an eighth, a quarter, a half and all where there are enough clips, else
    closer to each other. Clips of one speaker and of one recording come together, so that a smaller subset
    has fewer voices too, as a smaller collection has; where there are too few speakers for that, only those
    of one recording do. Labels keep their shares.

    Args:
        clips: with the columns `speaker` ("" where it is not known), `file_digest` and `clip_digest`.
        classes: class index of each clip, (clips,).
        sizes: how many subsets.
        seed: decides who comes first.

    Returns:
        Places of the clips in each subset, ascending.

    Raises:
        SoundcheckError: where the rarest label has fewer than four clips for each of so many sizes, or the
            recordings are too few.
    """
    rarest = int(np.bincount(np.unique(classes, return_inverse=True)[1]).min())
    parts = min(_FINEST_PARTS, rarest // _CLIPS_IN_PART)
    if parts < sizes:
        raise SoundcheckError(
            f"the rarest label has {rarest} training clips, too few for sizes={sizes} subsets; give at least "
            f"{_CLIPS_IN_PART * sizes} clips of each label, or fewer sizes"
        )
    counts = np.round(np.geomspace(1, parts, sizes)).astype(np.int64)
    counts = np.maximum(counts, np.arange(1, sizes + 1))
    for together in (SAME_VOICE, SAME_SOUND):
        numbers = deal_groups(linked(clips, together), classes, parts, seed)
        subsets = [np.flatnonzero(numbers < count) for count in counts]
        if _can_be_learnt_from(subsets, classes):
            return subsets
    raise SoundcheckError(
        f"the clips are of too few recordings for sizes={sizes} subsets that each hold every label; give "
        "fewer sizes, or clips of more recordings"
    )


def measure_runs(
    train: Callable[[NDArray[np.int64], int], float],
    draw: Callable[[int], Sequence[NDArray[np.int64]]],
    seeds: Sequence[int],
    test_clips: int,
) -> Runs:
    """Trains on each subset with each seed.

    Args:
        train: takes the places of the training clips and a seed, and gives the accuracy on the test clips.
        draw: takes a seed and gives subsets, as `nested_subsets` does.
        seeds: one training on each subset.
        test_clips: how many clips the accuracies are of.
    """
    plan = [(subset, seed) for seed in seeds for subset in draw(seed)]
    accuracies = [
        train(subset, seed) for subset, seed in tqdm(plan, desc="learning curve", disable=None, leave=False)
    ]
    return Runs(np.array([len(subset) for subset, _ in plan]), np.array(accuracies), test_clips)


def fit_learning_curve(runs: Runs) -> LearningCurve:
    """Fits the power law and says what twice the data would bring.

    Args:
        runs: of four sizes at least, the largest four times the smallest; else nothing is said of more data.

    Raises:
        SoundcheckError: for sizes that are not positive, accuracies outside [0, 1], or fewer than two sizes.
    """
    _validate(runs)
    runs = _at_common_sizes(runs)
    sizes, errors, deviations = _means(runs)
    shares = sizes / sizes[-1]
    found = _fitted(shares, errors, deviations)
    misfit = float(np.sum(np.square((_error(shares, *found) - errors) / deviations)))
    plausible = np.vstack([found, *_no_worse(shares, errors, deviations, misfit)])
    now, doubled = 1 - _error(1.0, *plausible.T), 1 - _error(2.0, *plausible.T)
    doubled_interval = _extent(doubled)
    return LearningCurve(
        runs=runs,
        floor=found[0],
        reducible=found[1],
        exponent=found[2],
        floor_interval=_extent(plausible[:, 0]),
        accuracy=float(now[0]),
        doubled=float(doubled[0]),
        doubled_interval=doubled_interval,
        gain_interval=_extent(doubled - now),
        obstacle=_obstacle(runs, misfit, doubled_interval, 1 - float(now[0])),
    )


def _can_be_learnt_from(subsets: Sequence[NDArray[np.int64]], classes: NDArray[np.integer[Any]]) -> bool:
    """Whether each subset is larger than the one before, and the smallest holds every label."""
    grows = all(len(smaller) < len(larger) for smaller, larger in pairwise(subsets))
    return grows and len(np.unique(classes[subsets[0]])) == len(np.unique(classes))


def _obstacle(runs: Runs, misfit: float, doubled_interval: tuple[float, float], error: float) -> str:
    """Why the curve must not be prolonged, or nothing."""
    from scipy.stats import chi2

    sizes = np.unique(runs.sizes)
    if len(sizes) < FEWEST_SIZES or sizes[-1] < LEAST_RANGE * sizes[0]:
        return (
            f"{len(sizes)} sizes from {sizes[0]} to {sizes[-1]} clips do not tell how the curve goes on; try "
            f"{FEWEST_SIZES} or more over a factor of {LEAST_RANGE:g} or more"
        )
    if chi2.sf(misfit, len(sizes) - 3) < _IMPLAUSIBLE:
        return "the accuracies do not follow a power law, which must not be prolonged then"
    lower, upper = doubled_interval
    if upper - lower > error:
        return (
            f"with twice as many it may be {lower:.3f} or {upper:.3f}, further apart than all the error that "
            "is left, so these runs do not tell; more seeds or more test clips would"
        )
    return ""


def _error(shares: Any, floor: Any, reducible: Any, exponent: Any) -> Any:
    return floor + reducible * shares**-exponent


def _fitted(
    shares: NDArray[np.float64], errors: NDArray[np.float64], deviations: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Floor, reducible error and exponent, by weighted least squares within what they can be."""
    from scipy.optimize import least_squares

    def surplus(unknowns: NDArray[np.float64]) -> NDArray[np.float64]:
        return (_error(shares, *unknowns) - errors) / deviations

    lowest = max(float(errors.min()), 1e-3)
    solution = least_squares(
        surplus,
        x0=(lowest / 2, lowest / 2, 0.5),
        bounds=((0, 0, 0), (1, 1, STEEPEST)),
        x_scale=(0.1, 0.1, 1.0),
    )
    floor, reducible, exponent = solution.x.tolist()
    return floor, reducible, exponent


def _no_worse(
    shares: NDArray[np.float64], errors: NDArray[np.float64], deviations: NDArray[np.float64], misfit: float
) -> Iterator[NDArray[np.float64]]:
    """The outermost curves (curves, 3) that fit not significantly worse than one with that misfit.

    For a floor and an exponent the misfit is a parabola over the reducible error.
    """
    from scipy.stats import chi2

    limit = misfit + chi2.ppf(_CONFIDENCE, 1)
    floors = np.linspace(0, errors.max(), _FLOORS)
    rest = (errors - floors[:, np.newaxis]) / deviations
    for exponent in np.linspace(0, STEEPEST, _EXPONENTS + 1)[1:]:
        basis = shares**-exponent / deviations
        curvature = basis @ basis
        centre = rest @ basis / curvature
        room = limit - np.square(rest).sum(axis=1) + curvature * np.square(centre)
        reach = np.sqrt(np.maximum(room, 0) / curvature)
        is_within = (room >= 0) & (centre + reach >= 0)
        for reducible in (np.maximum(centre - reach, 0), centre + reach):
            curves = np.stack([floors, reducible, np.full(_FLOORS, exponent)], axis=1)
            yield curves[is_within]


def _at_common_sizes(runs: Runs) -> Runs:
    """The runs, each at the mean of the sizes that are about as large; all clips are so many in any draw."""
    distinct, places = np.unique(runs.sizes, return_inverse=True)
    beginnings = [distinct[0]]
    for size in distinct[1:]:
        if size > _ONE_SIZE * beginnings[-1] or size == distinct[-1]:
            beginnings.append(size)
    levels = (np.searchsorted(beginnings, distinct, side="right") - 1)[places]
    means = np.bincount(levels, runs.sizes) / np.bincount(levels)
    return replace(runs, sizes=np.round(means).astype(np.int64)[levels])


def _means(runs: Runs) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Sizes, mean errors at them and the standard deviations of these means, (sizes,) each.

    More seeds wash out what differs between them, the choice of the training clips included, but not what is
    particular to the test clips, which they share: its deviation is the binomial one. The spread of seeds is
    taken to be the same multiple of it at every size; where each size has but one seed, the same. (Two hits
    and two misses are added, as Agresti and Coull do, lest a deviation be zero.)
    """
    sizes, places, counts = np.unique(runs.sizes, return_inverse=True, return_counts=True)
    errors: NDArray[np.float64] = np.bincount(places, 1 - runs.accuracies) / counts
    shares = (errors * runs.test_clips + 2) / (runs.test_clips + 4)
    binomial: NDArray[np.float64] = np.sqrt(shares * (1 - shares) / runs.test_clips)
    freedom = len(places) - len(sizes)
    spread = float(np.sum(np.square((1 - runs.accuracies - errors[places]) / binomial[places])))
    relative_spread = spread / freedom if freedom else 1.0
    return sizes, errors, binomial * np.sqrt(1 + relative_spread / counts)


def _extent(values: NDArray[np.float64]) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _validate(runs: Runs) -> None:
    sizes, accuracies = runs.sizes, runs.accuracies
    if len(sizes) != len(accuracies) or len(np.unique(sizes)) < 2 or sizes.min() < 1:  # noqa: PLR2004
        raise SoundcheckError(
            f"runs has {len(accuracies)} accuracies at sizes {np.unique(sizes).tolist()}; give one accuracy "
            "for each run, at two or more positive sizes"
        )
    if not ((accuracies >= 0) & (accuracies <= 1)).all():
        raise SoundcheckError(f"accuracies must be from 0 to 1; received {accuracies.tolist()}")
