"""Sensitivity: what if there were noise, another voice, a worse line? Accuracy under perturbed sound.

Conventions:
    All curves are of the same clips, as many of each label as there are, so that an accuracy is the mean of
    the labels' recalls and may differ from that of the test split.
    Whether an accuracy is lower than the unperturbed one is decided on the clips that changed sides: by
    McNemar's exact test, at 5 % over all strengths of a curve (Bonferroni).
    A word's *endurance* is the mean share of the strengths at which a clip of it is recognised, over the
    clips that are recognised unperturbed: a word that the model never knew cannot break. The words that
    *break first* are the one of the lowest endurance and those that chance does not tell from it, by the test
    of Tukey and Kramer at 5 % over all pairs of words (J. W. Tukey, "The problem of multiple comparisons",
    1953; C. Y. Kramer, Biometrics 12 (1956)). Where these are more than half of the words, it is left to
    chance which word breaks first, and none is named.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from tqdm import tqdm

from soundcheck.audit.folds import at_most_each
from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.metrics import wilson_interval
from soundcheck.evaluation.predictions import predict
from soundcheck.features.half_precision import to_half, to_single
from soundcheck.features.spectrogram import compute
from soundcheck.models.adoption import takes_waveforms

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

    from soundcheck.config import FeaturesConfig
    from soundcheck.evaluation.perturbations import Perturbation

    Recognise: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.integer[Any]]]

CLIPS = 320
"""How many clips are drawn: an accuracy is known to about 0.05, and the noise costs a tenth of a fit."""

_SIGNIFICANCE = 0.05
_FEWEST_CLIPS = 5  # of a word, recognised unperturbed, for it to be compared with others
_PREDICTED_AT_ONCE = CLIPS  # a smaller rest would be traced anew


@dataclass(frozen=True)
class Curve:
    """How a model fares under one perturbation.

    Attributes:
        name: of the perturbation.
        quantity: what its strength is.
        unit: of the strength.
        unchanged: the strength that changes nothing; None where that is an infinite one.
        strengths: those tried, ascending, (strengths,).
        hits: clips recognised by strength and label, (strengths, labels).
        answers: clips taken for each label, right or wrong, (strengths, labels).
        lost: clips recognised unperturbed and not at this strength, (strengths,).
        gained: the reverse, (strengths,).
        endurance: of each label; None where fewer than five of its clips are recognised unperturbed.
        first_to_break: the labels that break first, see the head of this module.
    """

    name: str
    quantity: str
    unit: str
    unchanged: float | None
    strengths: tuple[float, ...]
    hits: tuple[tuple[int, ...], ...]
    answers: tuple[tuple[int, ...], ...]
    lost: tuple[int, ...]
    gained: tuple[int, ...]
    endurance: tuple[float | None, ...]
    first_to_break: tuple[str, ...]

    def directions(self) -> list[list[int]]:
        """Places of the strengths in each direction away from what changes nothing, the mildest first."""
        places = range(len(self.strengths))
        unchanged = np.inf if self.unchanged is None else self.unchanged
        below = [place for place in reversed(places) if self.strengths[place] < unchanged]
        above = [place for place in places if self.strengths[place] > unchanged]
        return [direction for direction in (below, above) if direction]

    def is_harmful(self, place: int) -> bool:
        """Whether fewer clips are recognised at a strength than unperturbed, beyond chance."""
        from scipy.stats import binomtest

        lost, changed = self.lost[place], self.lost[place] + self.gained[place]
        if not changed:
            return False
        chance = binomtest(lost, changed, alternative="greater").pvalue
        return bool(chance < _SIGNIFICANCE / len(self.strengths))

    def harm(self) -> str:
        """Where fewer clips are recognised than unperturbed beyond chance, in words.

        That is from the first strength on from which all harsher ones are harmful too; a strength beyond
        which a harsher one is not stands by itself.
        """
        limits: list[float] = []
        others: list[float] = []
        for direction in self.directions():
            harmful = [self.is_harmful(place) for place in direction]
            last_harmless = max((place for place, one in enumerate(harmful) if not one), default=-1)
            limits += [self.strengths[place] for place in direction[last_harmless + 1 :][:1]]
            others += [
                self.strengths[place]
                for place, one in zip(direction[: last_harmless + 1], harmful, strict=False)
                if one
            ]
        told = [f"from {_in_words(limits)} {self.unit} on"] if limits else []
        told += [f"at {_in_words(others)} {self.unit} alone"] if others else []
        return f"lower beyond chance {' and '.join(told)}" if told else "never lower beyond chance"


@dataclass(frozen=True)
class Sensitivity:
    """How a model fares under perturbations.

    Attributes:
        labels: names of the classes.
        clips: how many of each label there were, (labels,).
        hits: how many of them were recognised unperturbed, (labels,).
        curves: one a perturbation.
        left_out: the perturbations for which there was no time.
    """

    labels: tuple[str, ...]
    clips: tuple[int, ...]
    hits: tuple[int, ...]
    curves: tuple[Curve, ...]
    left_out: tuple[str, ...]

    @property
    def total(self) -> int:
        """Number of all clips."""
        return sum(self.clips)

    @property
    def accuracy(self) -> float:
        """Share of the clips recognised unperturbed."""
        return sum(self.hits) / self.total

    def accuracies(self, curve: Curve) -> NDArray[np.float64]:
        """Of a curve: accuracy, lower and upper end of Wilson's 95 % interval, (strengths, 3)."""
        hits = [sum(by_label) for by_label in curve.hits]
        return np.array([(hit / self.total, *wilson_interval(hit, self.total)) for hit in hits])

    def recalls(self, curve: Curve) -> NDArray[np.float64]:
        """Of a curve, by word: (strengths, labels); NaN for a label without clips."""
        clips = np.array(self.clips, np.float64)
        hits = np.array(curve.hits, np.float64)
        return np.divide(hits, clips, out=np.full_like(hits, np.nan), where=clips > 0)

    def summary(self) -> list[str]:
        """A sentence a perturbation: what it costs, from where on, and which word breaks first."""
        sentences = [self._sentence(curve) for curve in self.curves]
        if self.left_out:
            sentences.append(f"There was no time for {', '.join(self.left_out)}.")
        return sentences

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Sensitivity:
        """What `to_dict` gave."""
        entries: dict[str, Any] = {name: _tuples(value) for name, value in values.items()}
        entries["curves"] = tuple(
            Curve(**{name: _tuples(value) for name, value in curve.items()}) for curve in values["curves"]
        )
        return cls(**entries)

    def _sentence(self, curve: Curve) -> str:
        accuracies = self.accuracies(curve)
        worst = int(accuracies[:, 0].argmin())
        accuracy, lower, upper = accuracies[worst]
        figures = (
            f"{curve.name.capitalize()}: accuracy {self.accuracy:.3f} unperturbed, {accuracy:.3f} "
            f"({lower:.3f} to {upper:.3f}) at {curve.strengths[worst]:g} {curve.unit}"
        )
        return f"{figures}; {curve.harm()}; {self._broken(curve, worst)}."

    def _broken(self, curve: Curve, worst: int) -> str:
        first = curve.first_to_break
        if not first:
            return "no word breaks first for certain"
        broken = f"{' or '.join(map(repr, first))} breaks first"
        commonest = int(np.argmax(curve.answers[worst]))
        if wilson_interval(curve.answers[worst][commonest], self.total)[0] <= 1 / 2:
            return broken
        return f"{broken}, and in the end most clips are taken for {self.labels[commonest]!r}"


def draw_clips(classes: NDArray[np.integer[Any]], most: int = CLIPS, seed: int = 0) -> NDArray[np.int64]:
    """Draws clips evenly over their labels.

    Args:
        classes: class indices, (clips,).
        most: how many are drawn at most, but at least one a label.
        seed: decides which.

    Returns:
        Places of the drawn clips, ascending.
    """
    return at_most_each(classes, max(1, most // len(np.unique(classes))), seed)


def recogniser(model: keras.Model, features: FeaturesConfig, sample_rate_hz: int) -> Recognise:
    """From waveforms (clips, length) to class indices (clips,), through features as the training has them.

    Args:
        model: takes features (batch, frames, bins), or waveforms, to logits (batch, labels).
        features: the configuration it was trained with; numbers are rounded as the shards round them.
        sample_rate_hz: of the waveforms.
    """

    def recognise(waveforms: NDArray[np.float32]) -> NDArray[np.int64]:
        values = waveforms if takes_waveforms(model) else compute(waveforms, features, sample_rate_hz)
        if features.storage == "float16" and not takes_waveforms(model):
            to_single(to_half(values), values)
        starts = range(0, len(values), _PREDICTED_AT_ONCE)
        return predict(model, (values[start : start + _PREDICTED_AT_ONCE] for start in starts)).argmax(axis=1)

    return recognise


def measure_sensitivity(
    recognise: Recognise,
    waveforms: NDArray[np.float32],
    classes: NDArray[np.integer[Any]],
    labels: Sequence[str],
    sample_rate_hz: int,
    perturbations: Sequence[Perturbation],
    seed: int = 0,
    max_seconds: float = np.inf,
) -> Sensitivity:
    """Accuracy under each perturbation at each of its strengths.

    Args:
        recognise: from waveforms to class indices, such as `recogniser` gives.
        waveforms: clips, (clips, length), in [-1, 1]; `draw_clips` says which.
        classes: class index of each clip, (clips,).
        labels: names of the classes.
        sample_rate_hz: of the waveforms.
        perturbations: such as `noise_perturbations()` or `all_perturbations()`.
        seed: of the noise and of the lost packets.
        max_seconds: no perturbation is begun after so many; without it the same input gives the same result.

    Raises:
        SoundcheckError: where there is no clip, or not one class a clip.
    """
    if not len(waveforms) or len(waveforms) != len(classes):
        raise SoundcheckError(
            f"waveforms has {len(waveforms)} clips and classes {len(classes)}; give one class for each of at "
            "least one clip"
        )
    begun = time.monotonic()
    known = recognise(waveforms) == classes
    curves: list[Curve] = []
    for perturbation in tqdm(perturbations, desc="what if", unit="perturbation", disable=None, leave=False):
        if time.monotonic() - begun > max_seconds:
            break
        answers = np.stack(
            [
                recognise(perturbation.change(waveforms, sample_rate_hz, strength, seed))
                for strength in perturbation.strengths
            ]
        )
        curves.append(_curve(perturbation, answers, classes, known, labels))
    return Sensitivity(
        labels=tuple(labels),
        clips=_counts(classes, len(labels)),
        hits=_counts(classes[known], len(labels)),
        curves=tuple(curves),
        left_out=tuple(perturbation.name for perturbation in perturbations[len(curves) :]),
    )


def first_to_break(samples: Sequence[NDArray[np.floating[Any]]]) -> list[int]:
    """The sample with the lowest mean and those that the test does not tell from it, the lowest first.

    The test is that of Tukey and Kramer, see the head of this module.

    Args:
        samples: the endurances of the clips of each word, at least two of each.

    Returns:
        Places of the samples; none where they are more than half of all.
    """
    sizes = np.array([len(sample) for sample in samples])
    freedom = int(sizes.sum()) - len(samples)
    means = np.array([np.mean(sample) for sample in samples])
    variance = sum(float(np.var(sample)) * len(sample) for sample in samples) / max(1, freedom)
    order = np.argsort(means, kind="stable")
    if len(samples) < 2 or not means[order[-1]] > means[order[0]]:  # noqa: PLR2004
        return []
    margins = _largest_range(len(samples), freedom) * np.sqrt(
        variance / 2 * (1 / sizes + 1 / sizes[order[0]])
    )
    alike = [int(place) for place in order if means[place] - means[order[0]] <= margins[place]]
    return alike if 2 * len(alike) <= len(samples) else []


def _curve(
    perturbation: Perturbation,
    answers: NDArray[np.integer[Any]],
    classes: NDArray[np.integer[Any]],
    known: NDArray[np.bool_],
    labels: Sequence[str],
) -> Curve:
    """Of the answers (strengths, clips)."""
    correct = answers == classes
    endurances = [correct[:, known & (classes == place)].mean(axis=0) for place in range(len(labels))]
    judged = [place for place, values in enumerate(endurances) if len(values) >= _FEWEST_CLIPS]
    first = first_to_break([endurances[place] for place in judged])
    return Curve(
        name=perturbation.name,
        quantity=perturbation.quantity,
        unit=perturbation.unit,
        unchanged=perturbation.unchanged,
        strengths=perturbation.strengths,
        hits=tuple(_counts(classes[right], len(labels)) for right in correct),
        answers=tuple(_counts(answer, len(labels)) for answer in answers),
        lost=tuple((~correct[:, known]).sum(axis=1).tolist()),
        gained=tuple(correct[:, ~known].sum(axis=1).tolist()),
        endurance=tuple(
            float(values.mean()) if place in judged else None for place, values in enumerate(endurances)
        ),
        first_to_break=tuple(labels[judged[place]] for place in first),
    )


@cache  # it takes a fifth of a second, and is the same for all curves of a model
def _largest_range(samples: int, freedom: int) -> float:
    """What the range of so many means, in standard errors, exceeds by chance in one of twenty cases."""
    from scipy.stats import studentized_range

    return float(studentized_range.ppf(1 - _SIGNIFICANCE, samples, freedom))


def _counts(classes: NDArray[np.integer[Any]], label_count: int) -> tuple[int, ...]:
    return tuple(np.bincount(classes, minlength=label_count).tolist())


def _in_words(strengths: Sequence[float]) -> str:
    return " and ".join(f"{strength:g}" for strength in strengths)


def _tuples(value: object) -> Any:
    """Lists of JSON as tuples, at every depth."""
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value
