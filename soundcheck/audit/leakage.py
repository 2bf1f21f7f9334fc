"""What a model gains by knowing the voices: leakage of speakers between splits.

Clips of one speaker share a voice, a microphone and a room. Where training and test clips share speakers, a
model is paid for remembering them, and its accuracy promises too much for a speaker it has not heard. How
much that is worth is measured with the cheapest model: every clip is recognised once by a baseline that may
have heard its speaker, and once by one that has not. The folds of both have the same sizes and the same
labels, so that nothing but the speakers differs. A second question is whether the features tell the speakers
apart at all: that is what a larger model could use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.audit.folds import at_most_each, held_out_probabilities, stratified_folds
from soundcheck.audit.small_models import many_classes_classifier
from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.metrics import wilson_interval
from soundcheck.training.baselines import logistic_regression

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDS = 5
"""A fifth held out leaves as many clips for training as the splits do: 80 %."""

_REPEATS = 2
# Numbers in the summaries that are fitted to, all repeats together: 8000 clips of log-mel's 80 columns twice,
# or 5800 of an STFT's 258 once, each 4 CPU-s. Of more clips, speakers are drawn.
_MOST_VALUES = 1_500_000
_PROBE_MIN_CLIPS = FOLDS  # of a speaker, so that each fold has one
_PROBE_MOST_CLIPS = 20
_PROBE_MOST_SPEAKERS = 500


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval.

    Attributes:
        value: The figure.
        lower: Lower end of the interval.
        upper: Upper end of it.
    """

    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class SpeakerProbe:
    """How well the features tell who speaks.

    Attributes:
        accuracy: Share of held-out clips whose speaker was named by a linear discriminant; Wilson's interval.
        chance: The same for the best guess that knows the word only.
        clips: Number of clips.
        speakers: Number of speakers, of those with at least 5 clips.
    """

    accuracy: Estimate
    chance: float
    clips: int
    speakers: int


@dataclass(frozen=True)
class Leakage:
    """What knowing the speakers is worth.

    Attributes:
        random: Accuracy of the baseline where speakers are on both sides; None where it cannot be measured.
        disjoint: The same where no speaker is.
        gap: `random` minus `disjoint`, clip by clip; its interval takes the clips of a speaker as one.
        probe: How well the features tell the speakers; None where too few have enough clips.
        clips: Number of clips with a speaker that were measured on.
        speakers: Number of their speakers.
        verdict: All of this in plain words; where something cannot be measured, why.
    """

    random: Estimate | None
    disjoint: Estimate | None
    gap: Estimate | None
    probe: SpeakerProbe | None
    clips: int
    speakers: int
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Leakage:
        """What `to_dict` gave."""
        return cls(
            random=_estimate(values["random"]),
            disjoint=_estimate(values["disjoint"]),
            gap=_estimate(values["gap"]),
            probe=_probe(values["probe"]),
            clips=values["clips"],
            speakers=values["speakers"],
            verdict=values["verdict"],
        )


def measure_leakage(
    summaries: NDArray[np.floating[Any]],
    classes: NDArray[np.integer[Any]],
    speakers: NDArray[np.str_],
    seed: int,
) -> Leakage:
    """Measures what the baseline gains from known speakers, and whether the features tell who speaks.

    Args:
        summaries: Means of the bands over time, then their standard deviations: (clips, 2 * bins).
        classes: Class indices, (clips,).
        speakers: The speaker of each clip, "" where unknown, (clips,). Clips without one are left out.
        seed: Decides the folds, and which speakers are drawn where there are many.

    Raises:
        SoundcheckError: unless there is one row, one class and one speaker a clip.
    """
    if summaries.ndim != 2 or not len(summaries) == len(classes) == len(speakers):  # noqa: PLR2004
        raise SoundcheckError(
            f"summaries of shape {summaries.shape}, {len(classes)} classes and {len(speakers)} speakers do "
            "not belong together; give one row, one class and one speaker a clip"
        )
    known = speakers != ""
    summaries, classes, speakers = summaries[known], classes[known], speakers[known]
    obstacle = _obstacle(classes, speakers)
    if obstacle:
        verdict = f"Leakage between speakers cannot be measured: {obstacle}."
        return Leakage(None, None, None, None, len(speakers), len(np.unique(speakers)), verdict)
    _, numbers = np.unique(speakers, return_inverse=True)
    probe = _probe_speakers(summaries, classes, numbers, seed)
    drawn = _drawn(numbers, _MOST_VALUES // summaries.shape[1], seed)
    return _measured(summaries[drawn], classes[drawn], numbers[drawn], probe, seed)


def _estimate(values: Mapping[str, float] | None) -> Estimate | None:
    return None if values is None else Estimate(**values)


def _probe(values: Mapping[str, Any] | None) -> SpeakerProbe | None:
    if values is None:
        return None
    others = {name: value for name, value in values.items() if name != "accuracy"}
    return SpeakerProbe(accuracy=Estimate(**values["accuracy"]), **others)


def _obstacle(classes: NDArray[np.integer[Any]], speakers: NDArray[np.str_]) -> str | None:
    """Why nothing can be measured, if so."""
    _, clips = np.unique(speakers, return_counts=True)
    if not len(clips):
        return "no clip names its speaker (see data.speaker_pattern)"
    if len(clips) == 1:
        return f"all {len(speakers)} clips are of one speaker"
    if clips.max() == 1:
        return f"each of the {len(speakers)} clips has a speaker of its own (see data.speaker_pattern)"
    if len(np.unique(classes)) == 1:
        return "all clips have one label"
    return None


def _drawn(numbers: NDArray[np.int64], most_clips: int, seed: int) -> NDArray[np.int64]:
    """Places of the clips of as many speakers, drawn at random, as have at most so many clips together.

    No speaker may have more than a fold's share of them.
    """
    if len(numbers) <= most_clips:
        return np.arange(len(numbers))
    clips = at_most_each(numbers, most_clips // FOLDS, seed)
    order = np.random.default_rng(seed).permutation(numbers.max() + 1)
    fitting = np.cumsum(np.bincount(numbers[clips])[order]) <= most_clips
    return clips[np.isin(numbers[clips], order[fitting])]


def _measured(
    summaries: NDArray[np.floating[Any]],
    classes: NDArray[np.integer[Any]],
    numbers: NDArray[np.int64],
    probe: SpeakerProbe | None,
    seed: int,
) -> Leakage:
    speakers = len(np.unique(numbers))
    repeats = _REPEATS if _REPEATS * summaries.size <= _MOST_VALUES else 1
    correct = np.zeros((2, len(classes)))
    for repeat in range(repeats):
        generator = np.random.default_rng([seed, repeat])
        apart = _folds_by_speaker(numbers, min(FOLDS, speakers), generator)
        if any(len(np.unique(classes[apart != fold])) == 1 for fold in np.unique(apart)):
            verdict = "Leakage between speakers cannot be measured: without some speakers one label remains."
            return Leakage(None, None, None, probe, len(classes), speakers, verdict)
        for row, folds in enumerate((_permuted_within(apart, classes, generator), apart)):
            probabilities = held_out_probabilities(logistic_regression, summaries, classes, folds)
            correct[row] += (probabilities.argmax(axis=1) == classes) / repeats
    random, disjoint = (_clustered_mean(row, numbers, (0.0, 1.0)) for row in correct)
    gap = _clustered_mean(correct[0] - correct[1], numbers, (-1.0, 1.0))
    verdict = " ".join([_gap_sentence(random, disjoint, gap), _probe_sentence(probe)])
    return Leakage(random, disjoint, gap, probe, len(classes), speakers, verdict)


def _folds_by_speaker(
    numbers: NDArray[np.int64], folds: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """The fold of each clip, that of its speaker; speakers of like many clips are dealt evenly, at random."""
    clips = np.bincount(numbers)
    shuffled = generator.permutation(len(clips))
    order = shuffled[np.argsort(-clips[shuffled], kind="stable")]
    dealt = np.empty(len(clips), np.int64)
    dealt[order] = np.arange(len(clips)) % folds
    return dealt[numbers]


def _permuted_within(
    folds: NDArray[np.int64], classes: NDArray[np.integer[Any]], generator: np.random.Generator
) -> NDArray[np.int64]:
    """The same folds dealt anew among the clips of each class: same sizes, same labels, speakers shared."""
    permuted = folds.copy()
    for label in np.unique(classes):
        clips = np.flatnonzero(classes == label)
        permuted[clips] = generator.permutation(folds[clips])
    return permuted


def _clustered_mean(
    values: NDArray[np.float64], numbers: NDArray[np.int64], bounds: tuple[float, float]
) -> Estimate:
    """The mean over the clips with its interval, where the clips of one speaker may go together.

    The cluster-robust variance of Liang and Zeger, "Longitudinal data analysis using generalized linear
    models", Biometrika 73 (1986), with Student's quantile for one degree of freedom less than speakers.
    """
    from scipy.special import stdtrit

    mean = float(values.mean())
    clips = np.bincount(numbers)
    deviations = np.bincount(numbers, weights=values - mean)[clips > 0]
    speakers = len(deviations)
    error = sqrt(speakers / (speakers - 1) * float(np.sum(deviations**2))) / len(values)
    half = float(stdtrit(speakers - 1, 0.975)) * error
    return Estimate(mean, max(mean - half, bounds[0]), min(mean + half, bounds[1]))


def _probe_speakers(
    summaries: NDArray[np.floating[Any]],
    classes: NDArray[np.integer[Any]],
    numbers: NDArray[np.int64],
    seed: int,
) -> SpeakerProbe | None:
    clips = _clips_of_the_probe(numbers, seed)
    _, speakers, counts = np.unique(numbers[clips], return_inverse=True, return_counts=True)
    # Where all clips of a speaker are the same there is no variation that a discriminant could be scaled by.
    if len(counts) < 2 or len(np.unique(summaries[clips], axis=0)) <= len(counts):  # noqa: PLR2004
        return None
    folds = stratified_folds(speakers, FOLDS, seed)
    probabilities = held_out_probabilities(many_classes_classifier, summaries[clips], speakers, folds)
    correct = int(np.sum(probabilities.argmax(axis=1) == speakers))
    lower, upper = wilson_interval(correct, len(clips))
    return SpeakerProbe(
        accuracy=Estimate(correct / len(clips), lower, upper),
        chance=_chance_knowing_the_word(speakers, classes[clips]),
        clips=len(clips),
        speakers=len(counts),
    )


def _clips_of_the_probe(numbers: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Places of at most 20 clips of each of at most 500 speakers who have at least 5, drawn at random."""
    enough = np.flatnonzero(np.bincount(numbers) >= _PROBE_MIN_CLIPS)
    chosen = np.random.default_rng(seed).permutation(enough)[:_PROBE_MOST_SPEAKERS]
    clips = np.flatnonzero(np.isin(numbers, chosen))
    return clips[at_most_each(numbers[clips], _PROBE_MOST_CLIPS, seed)]


def _chance_knowing_the_word(speakers: NDArray[np.int64], classes: NDArray[np.integer[Any]]) -> float:
    """Share of the clips whose speaker is the most frequent one of their label."""
    best = [np.bincount(speakers[classes == label]).max() for label in np.unique(classes)]
    return float(np.sum(best) / len(classes))


def _gap_sentence(random: Estimate, disjoint: Estimate, gap: Estimate) -> str:
    figures = (
        f"The baseline recognises {random.value:.3f} of the clips where it knows their speakers and "
        f"{disjoint.value:.3f} where it does not: a gap of {gap.value:+.3f}, 95 % interval {gap.lower:+.3f} "
        f"to {gap.upper:+.3f}."
    )
    if gap.lower > 0:
        return f"{figures} A split at random leaks that much."
    if gap.upper < 0:
        return f"{figures} Speakers that it knows do not help it."
    return f"{figures} That is within chance: no leak can be shown for a model this simple."


def _probe_sentence(probe: SpeakerProbe | None) -> str:
    if probe is None:
        return (
            "Whether the features tell who speaks cannot be measured: no two speakers have "
            f"{_PROBE_MIN_CLIPS} different clips."
        )
    figures = (
        f"A linear probe names the speaker of {probe.accuracy.value:.3f} of {probe.clips} clips of "
        f"{probe.speakers} speakers, chance is {probe.chance:.3f}"
    )
    if probe.accuracy.lower > probe.chance:
        return (
            f"{figures}: the features tell who speaks, so a larger model can learn voices by heart; keep "
            "speakers apart with data.split=speaker."
        )
    return f"{figures}: the features do not tell who speaks."
