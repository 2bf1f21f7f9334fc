"""The error analysis: where a model is wrong, what misled it, and how far its confidence can be believed.

Temperatures and thresholds are chosen on the validation clips; everything is reported of the test clips.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, get_type_hints

import numpy as np

from soundcheck.artifacts import canonical_json
from soundcheck.data.manifest import TEST, VALIDATION
from soundcheck.evaluation.answers import answers_of
from soundcheck.evaluation.calibration import Calibration, calibrate
from soundcheck.evaluation.confusions import (
    Confusion,
    JudgedClip,
    hardest_clips,
    most_doubtful_clips,
    top_confusions,
)
from soundcheck.evaluation.decisions import (
    Acceptance,
    AcceptCurve,
    WordThreshold,
    accept_curve,
    choose_acceptance,
    word_thresholds,
)
from soundcheck.evaluation.saliency import Saliency, integrated_gradients
from soundcheck.evaluation.slices import Slices, find_slices

if TYPE_CHECKING:
    import keras
    import pandas as pd
    from numpy.typing import NDArray

    from soundcheck.config import AnalysisConfig

ANALYSIS_FILE = "error_analysis.json"
ARRAYS_FILE = "error_analysis.npz"

_ACCEPT = "accept."  # how the names of the accept curve's arrays begin


@dataclass(frozen=True, eq=False)
class Explained:
    """Mistakes, with what in their features made the model prefer what it said to what is true.

    Attributes:
        clips: The mistakes, the worst first.
        features: What the model saw, (clips, frames, bins).
        saliency: Of the logit of the label it said, less that of the true one.
    """

    clips: tuple[JudgedClip, ...]
    features: NDArray[np.float32]
    saliency: Saliency


Explain: TypeAlias = Callable[[tuple[JudgedClip, ...]], Explained]


@dataclass(frozen=True, eq=False)
class ErrorAnalysis:
    """What is wrong with a model's answers.

    Attributes:
        calibration: How far its confidence can be believed, and the temperature that mends it.
        accept: Accuracy over coverage, as the threshold of the confidence falls.
        acceptance: The threshold for the wanted accuracy; None where validation does not reach it.
        words: A threshold for each word that has a validation clip.
        confusions: The pairs of words that are confused most often.
        hardest: The clips whose true label is least probable to the model.
        doubtful: The clips between whose two best labels it decides least clearly.
        slices: On which clips it is worse than on the rest.
        explained: Its worst mistakes, those whose true label is least probable to it.
    """

    calibration: Calibration
    accept: AcceptCurve
    acceptance: Acceptance | None
    words: tuple[WordThreshold, ...]
    confusions: tuple[Confusion, ...]
    hardest: tuple[JudgedClip, ...]
    doubtful: tuple[JudgedClip, ...]
    slices: Slices
    explained: Explained

    def summary(self) -> list[str]:
        """Four or five plain remarks; what is wrong comes before what is not."""
        told = [
            (self.slices.show_a_difference, self.slices.summary()),
            (bool(self.confusions), _about_confusions(self.confusions)),
            (self.calibration.before.error.is_beyond_chance, self.calibration.sentence),
            (self.acceptance is None, _about_acceptance(self.acceptance)),
            (False, _about_words(self.words)),
        ]
        return [sentence for _, sentence in sorted(told, key=lambda one: not one[0]) if sentence]

    def save(self, folder: Path) -> None:
        """Writes error_analysis.json and error_analysis.npz into an existing folder."""
        values = asdict(self)
        accept, explained = values.pop("accept"), values.pop("explained")
        content = {**values, "mistakes": explained["clips"]}
        (folder / ANALYSIS_FILE).write_bytes(canonical_json(content))
        arrays = {f"{_ACCEPT}{name}": value for name, value in accept.items()}
        arrays |= {"features": explained["features"], **explained["saliency"]}
        np.savez(folder / ARRAYS_FILE, **arrays)

    @classmethod
    def load(cls, folder: Path) -> ErrorAnalysis:
        """What `save` wrote."""
        from pydantic import TypeAdapter

        types = {**get_type_hints(cls), "mistakes": tuple[JudgedClip, ...]}
        content = json.loads((folder / ANALYSIS_FILE).read_bytes())
        plain: dict[str, Any] = {
            name: TypeAdapter(types[name]).validate_python(value) for name, value in content.items()
        }
        with np.load(folder / ARRAYS_FILE, allow_pickle=False) as file:
            arrays: dict[str, Any] = dict(file)
        clips, features = int(arrays.pop(f"{_ACCEPT}clips")), arrays.pop("features")
        names = [name for name in arrays if name.startswith(_ACCEPT)]
        accept = {name.removeprefix(_ACCEPT): arrays.pop(name) for name in names}
        return cls(
            accept=AcceptCurve(**accept, clips=clips),
            explained=Explained(plain.pop("mistakes"), features, Saliency(**arrays)),
            **plain,
        )


def analyse_errors(
    predictions: pd.DataFrame,
    manifest: pd.DataFrame,
    explain: Explain,
    settings: AnalysisConfig,
    confidence: float = 0.95,
) -> ErrorAnalysis:
    """Looks at a model's answers from all sides.

    Args:
        predictions: A predictions table with validation and test clips.
        manifest: Has a row for the path of each.
        explain: Of mistakes, the worst first, what made them; there may be none.
        settings: How much is looked at, and what is wanted of the model.
        confidence: Level of the intervals.

    Raises:
        SoundcheckError: where one of the two splits has no clip, or the manifest lacks one.
    """
    test_rows = predictions.loc[predictions["split"] == TEST]
    mistakes = test_rows.loc[~test_rows["correct"].astype(bool)]
    validation = answers_of(predictions.loc[predictions["split"] == VALIDATION])
    test, count = answers_of(test_rows), settings.worst_clips
    return ErrorAnalysis(
        calibration=calibrate(validation, test, confidence),
        accept=accept_curve(test.confidence, test.correct, confidence),
        acceptance=choose_acceptance(validation, test, settings.wanted_accuracy, confidence),
        words=word_thresholds(validation, test, settings.wanted_sensitivity, confidence),
        confusions=top_confusions(test_rows, confidence=confidence),
        hardest=hardest_clips(test_rows, count),
        doubtful=most_doubtful_clips(test_rows, count),
        slices=find_slices(test_rows, manifest, confidence=confidence),
        explained=explain(hardest_clips(mistakes, count) if len(mistakes) else ()),
    )


def explain_mistakes(
    clips: tuple[JudgedClip, ...],
    features: NDArray[np.float32],
    model: keras.Model,
    baseline: NDArray[np.float32],
    labels: Sequence[str],
) -> Explained:
    """Attributes each mistake to the points of its features.

    Args:
        clips: The mistakes.
        features: Theirs, (clips, frames, bins).
        model: Takes features (batch, frames, bins) to logits (batch, labels).
        baseline: What the clips are compared with, see `integrated_gradients`.
        labels: Names of the classes.
    """
    said, true = (
        np.array([labels.index(name) for name in names], np.int64)
        for names in ([clip.predicted for clip in clips], [clip.label for clip in clips])
    )
    return Explained(clips, features, integrated_gradients(model, features, baseline, said, against=true))


def _about_confusions(confusions: tuple[Confusion, ...]) -> str:
    if not confusions:
        return "No test clip is taken for another word."
    first = confusions[0]
    return (
        f"{first.label!r} is taken for {first.predicted!r} most often: {first.share.count} of "
        f"{first.share.total} clips."
    )


def _about_acceptance(acceptance: Acceptance | None) -> str:
    if acceptance is None:
        return "However few of the surest answers are accepted, they are not as accurate as wanted."
    threshold, right = f"a confidence of at least {acceptance.threshold:.4f}", acceptance.accuracy
    if not right.total:
        return f"To be as accurate as wanted an answer needs {threshold}, and no test clip has one."
    return (
        f"Of the {100 * acceptance.coverage.value:.1f} % of answers with {threshold}, "
        f"{100 * right.value:.1f} % are right ({100 * right.lower:.1f} to {100 * right.upper:.1f} %); the "
        f"validation clips chose it for {100 * acceptance.wanted_accuracy:g} %."
    )


def _about_words(words: tuple[WordThreshold, ...]) -> str:
    """Of the word with the most false alarms, if there are any."""
    alarming = [word for word in words if word.specificity.count < word.specificity.total]
    if not alarming:
        return ""
    worst = min(alarming, key=lambda word: word.specificity.value)
    return (
        f"Heard in {100 * worst.wanted_sensitivity:g} % of its validation clips, {worst.label!r} gives the "
        f"most false alarms of all words: {100 * (1 - worst.specificity.value):.1f} % of the other clips."
    )
