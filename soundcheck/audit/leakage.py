"""What a model gains by knowing the voices: leakage of speakers between splits.

Clips of one speaker share a voice, a microphone and a room. Where training and test clips share speakers, a
model is paid for remembering them, and its accuracy promises too much for a speaker it has not heard. How
much that is worth is measured with the cheapest model: every clip is recognised once by a baseline that may
have heard its speaker, and once by one that has not. Clips of one recording are together in both, as in any
split, and both have the labels in like shares as far as the speakers allow. A second question is whether the
features tell the speakers apart at all: that is what a larger model could use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.audit.classifiers import held_out_probabilities, many_classes_classifier
from soundcheck.audit.folds import (
    SAME_SOUND,
    SAME_VOICE,
    at_most_each,
    deal_groups,
    is_known_elsewhere,
    linked,
)
from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.metrics import wilson_interval
from soundcheck.training.baselines import logistic_regression

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

FOLDS = 5
"""A fifth held out leaves as many clips for training as the splits do: 80 %."""

_CONFOUNDED = "label and speaker cannot be told apart, since too many labels are said by one speaker alone"
_REPEATS = 2
# Numbers in the summaries that are fitted to, all repeats together: 8000 clips of log-mel's 80 columns twice,
# or 5800 of an STFT's 258 once. Of more clips, speakers are drawn.
_MOST_VALUES = 1_500_000
_MOST_CHANCE = 0.8  # beyond, a probe has no room to show that it knows more than the word
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
        clips: Number of clips, one a recording.
        speakers: Number of speakers, of those with at least 5 recordings.
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
        gap: `random` minus `disjoint`, clip by clip; its interval takes the clips of a speaker as one, and
            those of speakers who share a recording.
        probe: How well the features tell the speakers; None where too few have enough clips.
        clips: Number of clips that were measured on: those with a speaker, and a label that others say too.
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
    clips: pd.DataFrame,
    seed: int,
) -> Leakage:
    """Measures what the baseline gains from known speakers, and whether the features tell who speaks.

    Args:
        summaries: Means of the bands over time, then their standard deviations: (clips, 2 * bins).
        classes: Class indices, (clips,).
        clips: Their rows of the manifest, of which `speaker`, `file_digest` and `clip_digest` are read. Clips
            whose speaker is not known are left out.
        seed: Decides the folds, and which speakers are drawn where there are many.

    Raises:
        SoundcheckError: unless there is one row of each a clip.
    """
    if summaries.ndim != 2 or not len(summaries) == len(classes) == len(clips):  # noqa: PLR2004
        raise SoundcheckError(
            f"summaries of shape {summaries.shape}, {len(classes)} classes and {len(clips)} clips do not "
            "belong together; give one row, one class and one clip each"
        )
    known = (clips["speaker"] != "").to_numpy()
    summaries, classes, clips = summaries[known], classes[known], clips.loc[known]
    obstacle = _obstacle(classes, clips)
    if obstacle:
        return _unmeasured(obstacle, clips, probe=None)
    probe = _probe_speakers(summaries, classes, clips, seed)
    shared = np.flatnonzero(_has_shared_label(classes, clips))
    if 2 * len(shared) < len(clips):
        return _unmeasured(_CONFOUNDED, clips, probe)
    speakers = clips["speaker"].factorize()[0][shared]
    drawn = shared[_drawn(speakers, _MOST_VALUES // summaries.shape[1], seed)]
    return _measured(summaries[drawn], classes[drawn], clips.iloc[drawn], probe, seed)


def _estimate(values: Mapping[str, float] | None) -> Estimate | None:
    return None if values is None else Estimate(**values)


def _probe(values: Mapping[str, Any] | None) -> SpeakerProbe | None:
    if values is None:
        return None
    others = {name: value for name, value in values.items() if name != "accuracy"}
    return SpeakerProbe(accuracy=Estimate(**values["accuracy"]), **others)


def _obstacle(classes: NDArray[np.integer[Any]], clips: pd.DataFrame) -> str | None:  # noqa: PLR0911
    """Why nothing can be measured, if so."""
    speakers = len(set(clips["speaker"]))
    if not len(clips):
        return "no clip names its speaker (see data.speaker_pattern)"
    if speakers == 1:
        return f"all {len(clips)} clips are of one speaker"
    if speakers == len(clips):
        return f"each of the {len(clips)} clips has a speaker of its own (see data.speaker_pattern)"
    if len(np.unique(classes)) == 1:
        return "all clips have one label"
    recordings, voices = linked(clips, SAME_SOUND), linked(clips, SAME_VOICE)
    if voices.max() == 0:
        return "all speakers share recordings, which no split takes apart"
    if recordings.max() == voices.max():
        return "no speaker has two recordings, and what is of one recording no split takes apart"
    return None


def _unmeasured(obstacle: str, clips: pd.DataFrame, probe: SpeakerProbe | None) -> Leakage:
    sentences = [f"Leakage between speakers cannot be measured: {obstacle}."]
    sentences += [_probe_sentence(probe)] if probe else []
    return Leakage(None, None, None, probe, len(clips), len(set(clips["speaker"])), " ".join(sentences))


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
    clips: pd.DataFrame,
    probe: SpeakerProbe | None,
    seed: int,
) -> Leakage:
    recordings, voices = linked(clips, SAME_SOUND), linked(clips, SAME_VOICE)
    repeats = _REPEATS if _REPEATS * summaries.size <= _MOST_VALUES else 1
    correct = np.zeros((2, len(classes)))
    for repeat in range(repeats):
        mixed, apart = (deal_groups(groups, classes, FOLDS, seed + repeat) for groups in (recordings, voices))
        if not is_known_elsewhere(classes, apart).all():
            return _unmeasured(_CONFOUNDED, clips, probe)
        for row, folds in enumerate((mixed, apart)):
            probabilities = held_out_probabilities(logistic_regression, summaries, classes, folds)
            correct[row] += (probabilities.argmax(axis=1) == classes) / repeats
    random, disjoint = (_clustered_mean(row, voices, (0.0, 1.0)) for row in correct)
    gap = _clustered_mean(correct[0] - correct[1], voices, (-1.0, 1.0))
    verdict = " ".join([_gap_sentence(random, disjoint, gap), _probe_sentence(probe)])
    return Leakage(random, disjoint, gap, probe, len(clips), len(set(clips["speaker"])), verdict)


def _has_shared_label(classes: NDArray[np.integer[Any]], clips: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether another speaker than a clip's own says its label, (clips,)."""
    voices = linked(clips, SAME_VOICE)
    labels, _ = np.unique(np.stack([classes, voices]), axis=1)
    return np.bincount(labels)[classes] > 1


def _clustered_mean(
    values: NDArray[np.float64], numbers: NDArray[np.int64], bounds: tuple[float, float]
) -> Estimate:
    """The mean over the clips with its interval, where the clips of one speaker may go together.

    The cluster-robust variance of Liang and Zeger, "Longitudinal data analysis using generalized linear
    models", Biometrika 73 (1986), with Student's quantile for one degree of freedom less than speakers.
    """
    from scipy.special import stdtrit

    mean = float(values.mean())
    deviations = np.bincount(numbers, weights=values - mean)
    speakers = len(deviations)
    error = sqrt(speakers / (speakers - 1) * float(np.sum(deviations**2))) / len(values)
    half = float(stdtrit(speakers - 1, 0.975)) * error
    return Estimate(mean, max(mean - half, bounds[0]), min(mean + half, bounds[1]))


def _probe_speakers(
    summaries: NDArray[np.floating[Any]],
    classes: NDArray[np.integer[Any]],
    clips: pd.DataFrame,
    seed: int,
) -> SpeakerProbe | None:
    numbers = clips["speaker"].factorize()[0]
    places = _clips_of_the_probe(numbers, linked(clips, SAME_SOUND), seed)
    _, speakers, counts = np.unique(numbers[places], return_inverse=True, return_counts=True)
    # Where all clips of a speaker are the same there is no variation that a discriminant could be scaled by.
    if len(counts) < 2 or len(np.unique(summaries[places], axis=0)) <= len(counts):  # noqa: PLR2004
        return None
    folds = deal_groups(np.arange(len(places)), speakers, FOLDS, seed)
    probabilities = held_out_probabilities(many_classes_classifier, summaries[places], speakers, folds)
    correct = int(np.sum(probabilities.argmax(axis=1) == speakers))
    lower, upper = wilson_interval(correct, len(places))
    return SpeakerProbe(
        accuracy=Estimate(correct / len(places), lower, upper),
        chance=_chance_knowing_the_word(speakers, classes[places]),
        clips=len(places),
        speakers=len(counts),
    )


def _clips_of_the_probe(
    numbers: NDArray[np.int64], recordings: NDArray[np.int64], seed: int
) -> NDArray[np.int64]:
    """One clip a recording, at most 20 of each of at most 500 speakers who have 5, drawn at random."""
    _, first = np.unique(recordings, return_index=True)
    enough = np.flatnonzero(np.bincount(numbers[first]) >= _PROBE_MIN_CLIPS)
    chosen = np.random.default_rng(seed).permutation(enough)[:_PROBE_MOST_SPEAKERS]
    clips = first[np.isin(numbers[first], chosen)]
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
        return f"{figures} So much does a test promise too much that has speakers of the training in it."
    if gap.upper < 0:
        return f"{figures} Speakers that it knows do not help it."
    return f"{figures} That is within chance: no leak can be shown for a model this simple."


def _probe_sentence(probe: SpeakerProbe | None) -> str:
    if probe is None:
        return (
            "Whether the features tell who speaks cannot be measured: no two speakers have "
            f"{_PROBE_MIN_CLIPS} different recordings."
        )
    figures = (
        f"A linear probe names the speaker of {probe.accuracy.value:.3f} of {probe.clips} clips of "
        f"{probe.speakers} speakers, chance is {probe.chance:.3f}"
    )
    if probe.accuracy.lower > probe.chance:
        return f"{figures}: the features tell who speaks, so a larger model can learn voices by heart."
    if probe.chance > _MOST_CHANCE:
        return f"{figures}: what is said tells who speaks, so whether the features do cannot be known."
    return f"{figures}: the features do not tell who speaks."
