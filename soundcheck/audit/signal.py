"""Do the features carry the label at all? Asked before the training, whose failure has many other reasons.

Four looks at the summaries of the clips, from the simplest relation to the hardest question, and two at the
features themselves. Each is a verdict in words; together they tell a bug from a weak feature, and both from
data whose labels nobody could learn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.audit.association import Correlations, MutualInformation, correlate, mutual_information
from soundcheck.audit.separability import DISCERNIBLE, Separability, Trial, try_separability
from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.metrics import wilson_interval
from soundcheck.features.self_test import Verdict, self_test
from soundcheck.features.spectrogram import band_centres_hz

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from soundcheck.config import FeaturesConfig

NEARLY_ALL_EASIEST = 0.88
"""Within the interval: of the easiest tenth of the real clips a linear model recognises 0.938 by log-mel and
0.880 by STFT, and 0.785 to 0.833 and 0.750 to 0.780 where every tenth label is wrong
(`benchmarks/data_audits.py`)."""
NEARLY_ALL_SYNTHETIC = 0.95
"""Of the synthetic words it recognises all, with both (`benchmarks/data_audits.py`)."""

_TRIALS = ("all_clips", "easiest_clips", "shuffled_labels", "synthetic_words")

_CONFOUNDED = (
    "The features carry the label, or the voice or the recording, which cannot be told apart: too few of "
    "these have each label."
)

# Code before configuration, configuration before data: what comes first explains what comes after.
_CONCLUSIONS: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset({"features"}),
        "A bug in the features: they are wrong on known sounds, and nothing else can be judged before that.",
    ),
    (
        frozenset({"shuffled labels"}),
        "A bug in the evaluation: it finds labels that mean nothing, so no accuracy can be trusted.",
    ),
    (
        frozenset({"synthetic words"}),
        "Weak features, but no bug: they are computed as configured, and that is too coarse for words.",
    ),
    (
        frozenset({"all clips", "enough clips"}),
        "Too few clips to tell whether the features carry the label.",
    ),
    (
        frozenset({"all clips", "mutual information"}),
        "The features carry nothing of the label, but work on synthetic words: labels or clips are wrong.",
    ),
    (
        frozenset({"all clips"}),
        "The features hold traces of the label at most, which a small model cannot use: give it more clips.",
    ),
    (
        frozenset({"easiest clips"}),
        "The features carry the label, but weakly: wrong labels, words that sound alike, or too few clips.",
    ),
    (frozenset(), "The features carry the label: what is still missing is the model's to learn."),
)


@dataclass(frozen=True)
class Signal:
    """What was found, and what follows.

    Attributes:
        correlations: Linear relations of groups of bins with the labels.
        information: What each column tells of the label, linear or not.
        separability: What a small model learns.
        self_test: The checks of the features' code.
        looks: One verdict each, in this order: `features` (the self-test), `synthetic words`,
            `shuffled labels`, `correlations`, `mutual information`, `enough clips`, `all clips`,
            `easiest clips`.
        verdict: What follows from them together, in one sentence.
    """

    correlations: Correlations
    information: MutualInformation
    separability: Separability
    self_test: tuple[Verdict, ...]
    looks: tuple[Verdict, ...]
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        values = asdict(self)
        values["correlations"]["matrix"] = self.correlations.matrix.tolist()
        values["information"]["bits"] = self.information.bits.tolist()
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Signal:
        """What `to_dict` gave."""
        correlations, information, separability = (
            dict(values[name]) for name in ("correlations", "information", "separability")
        )
        correlations["bin_groups"] = tuple((first, after) for first, after in correlations["bin_groups"])
        correlations["matrix"] = np.array(correlations["matrix"], np.float64)
        information["bits"] = np.array(information["bits"], np.float64)
        trials = {name: Trial(**separability.pop(name)) for name in _TRIALS}
        return cls(
            correlations=Correlations(**correlations),
            information=MutualInformation(**information),
            separability=Separability(**trials, **separability),
            self_test=tuple(Verdict(**check) for check in values["self_test"]),
            looks=tuple(Verdict(**look) for look in values["looks"]),
            verdict=values["verdict"],
        )


def examine_signal(
    summaries: NDArray[np.floating[Any]],
    classes: NDArray[np.integer[Any]],
    labels: Sequence[str],
    clips: pd.DataFrame,
    features: FeaturesConfig,
    sample_rate_hz: int,
    seed: int,
) -> Signal:
    """Looks for the label in the features.

    Args:
        summaries: Means of the bins over time, then their standard deviations: (clips, 2 * bins). Best those
            of the training clips, so that nothing is learnt of the others.
        classes: Class indices, (clips,), each a place in `labels`.
        labels: The words.
        clips: Their rows of the manifest, of which `speaker`, `file_digest` and `clip_digest` are read.
        features: The configuration that the summaries were made with.
        sample_rate_hz: Rate of the waveforms.
        seed: Decides samples, folds, shuffling and synthetic words.

    Raises:
        ConfigError: where the configuration is refused.
        SoundcheckError: unless summaries, classes, rows and configuration belong together.
    """
    centres_hz = band_centres_hz(features, sample_rate_hz)
    if summaries.shape != (len(classes), 2 * len(centres_hz)) or len(clips) != len(classes):
        raise SoundcheckError(
            f"summaries of shape {summaries.shape} do not belong to {len(classes)} classes, {len(clips)} "
            f"clips and features of {len(centres_hz)} bins; give one row a clip, with the means and the "
            "deviations of all bins"
        )
    checks = self_test(features, sample_rate_hz)
    separability = try_separability(summaries, classes, clips, features, sample_rate_hz, seed)
    correlations = correlate(summaries, classes)
    information = mutual_information(summaries, classes, seed)
    looks = (
        _features_look(checks),
        _synthetic_look(separability.synthetic_words),
        _shuffled_look(separability.shuffled_labels),
        _correlations_look(correlations, labels, centres_hz),
        _information_look(information, centres_hz),
        _enough_clips_look(separability.all_clips),
        _all_clips_look(separability, information.label_bits),
        _easiest_look(separability.easiest_clips),
    )
    return Signal(correlations, information, separability, checks, looks, _verdict(looks, separability))


def _features_look(checks: tuple[Verdict, ...]) -> Verdict:
    failed = [check.sentence for check in checks if not check.passed]
    passed = f"all {len(checks)} checks of the features on known sounds hold."
    return Verdict("features", not failed, f"Self-test: {' '.join(failed) or passed}")


def _synthetic_look(trial: Trial) -> Verdict:
    passed = trial.accuracy >= NEARLY_ALL_SYNTHETIC
    return Verdict(
        "synthetic words",
        passed,
        f"Synthetic words: {trial.accuracy:.3f} recognised; "
        + (
            "the features and the model can learn, so where they do not, the reason is in the data."
            if passed
            else "the features do not tell them apart: raise features.frame_length_ms or features.mel_bands."
        ),
    )


def _shuffled_look(trial: Trial) -> Verdict:
    figures = (
        f"Shuffled labels: {trial.accuracy:.3f} of clips worth {trial.independent:.0f} independent ones, "
        f"chance is {trial.chance:.3f}"
    )
    if trial.beats_chance:
        return Verdict("shuffled labels", False, f"{figures}: the code leaks; trust no figure beside it.")
    seen = "no leak through the code." if trial.can_tell else "too few to see a leak through the code."
    return Verdict("shuffled labels", True, f"{figures}: {seen}")


def _correlations_look(
    correlations: Correlations, labels: Sequence[str], centres_hz: NDArray[np.float64]
) -> Verdict:
    strengths = np.abs(correlations.with_labels)
    group, label = np.unravel_index(strengths.argmax(), strengths.shape)
    beyond = int(np.sum(strengths > correlations.chance))
    name = _name(int(group), correlations.bin_groups, centres_hz)
    return Verdict(
        "correlations",
        beyond > 0,
        f"Correlations: the strongest is that of the {name} with {labels[int(label)]!r}, "
        f"{correlations.with_labels[group, label]:+.2f}; {beyond} of {strengths.size} pairs of a summary and "
        f"a label are beyond chance ({correlations.chance:.2f}).",
    )


def _information_look(information: MutualInformation, centres_hz: NDArray[np.float64]) -> Verdict:
    best = int(information.bits.argmax())
    name = _name(best, [(place, place + 1) for place in range(len(centres_hz))], centres_hz)
    telling = int(np.sum(information.bits > information.chance_bits))
    return Verdict(
        "mutual information",
        telling > 0,
        f"Mutual information: the {name} tells most, {information.bits[best]:.3f} of the label's "
        f"{information.label_bits:.2f} bits; {telling} of {len(information.bits)} columns tell more than "
        f"chance ({information.chance_bits:.3f}).",
    )


def _enough_clips_look(trial: Trial) -> Verdict:
    figures = f"Enough clips: {trial.clips} are worth {trial.independent:.0f} independent ones"
    beyond = f"an accuracy of {min(trial.chance + DISCERNIBLE, 1.0):.3f}"
    return Verdict(
        "enough clips",
        trial.can_tell,
        f"{figures}, of which {beyond} is beyond chance."
        if trial.can_tell
        else f"{figures}, of which even {beyond} may be chance.",
    )


def _all_clips_look(separability: Separability, label_bits: float) -> Verdict:
    trial, apart = separability.all_clips, separability.apart
    return Verdict(
        "all clips",
        trial.beats_chance,
        f"All clips: a linear model recognises {trial.accuracy:.3f} of those it has not heard "
        f"({'speakers and recordings apart' if apart else 'speakers or recordings not apart'}); chance is "
        f"{trial.chance:.3f}. It knows {separability.bits:.2f} of {label_bits:.2f} bits.",
    )


def _easiest_look(trial: Trial) -> Verdict:
    independent = max(1, round(trial.independent))
    _, upper = wilson_interval(round(trial.accuracy * independent), independent)
    passed = upper >= NEARLY_ALL_EASIEST
    figures = f"Easiest clips: of the tenth that it is surest of, it recognises {trial.accuracy:.3f}"
    return Verdict(
        "easiest clips",
        passed,
        f"{figures}: where the signal is clear the labels agree with it."
        if passed
        else f"{figures}, not {NEARLY_ALL_EASIEST:g}: even what seems clear is contradicted by its label.",
    )


def _name(column: int, bin_groups: Sequence[tuple[int, int]], centres_hz: NDArray[np.float64]) -> str:
    """`mean of 254 to 396 Hz`: a column in words, where the means come first, then the deviations."""
    kind = "mean" if column < len(bin_groups) else "deviation"
    first, after = bin_groups[column % len(bin_groups)]
    if after - first == 1:
        return f"{kind} of {centres_hz[first]:.0f} Hz"
    return f"{kind} of {centres_hz[first]:.0f} to {centres_hz[after - 1]:.0f} Hz"


def _verdict(looks: tuple[Verdict, ...], separability: Separability) -> str:
    """What the first of the conclusions says all of whose looks failed."""
    failed = {look.name for look in looks if not look.passed}
    if not separability.apart and failed <= {"easiest clips"}:
        return _CONFOUNDED
    return next(sentence for names, sentence in _CONCLUSIONS if names <= failed)
