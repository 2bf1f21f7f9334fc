"""The pictures of a diagnosis, by its parts, and the tables that go with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.error_exhibits import write_error_plots, write_error_tables

if TYPE_CHECKING:
    from soundcheck.config import Config
    from tasks.diagnosis_sentences import Part
    from tasks.results import Results


def draw_findings(folder: Path, results: Results, config: Config) -> None:  # noqa: ARG001 (one contract)
    """How the training went in the layers, where that was recorded."""
    from soundcheck.displays.training_record import TrainingRecordDisplay

    record = results.read_fitted().record
    if record.observations:
        TrainingRecordDisplay.from_record(record).save(folder / "training_record.png")


def draw_error_analysis(folder: Path, results: Results, config: Config) -> None:
    """Confusions, calibration, acceptance, slices, the saliency of the worst mistake; clips as CSV."""
    import numpy as np

    from soundcheck.displays.confusion_matrix import ConfusionMatrixDisplay

    report, analysis = results.read_report(), results.read_error_analysis()
    matrix = ConfusionMatrixDisplay(np.array(report["confusion"]), report["labels"])
    matrix.save(folder / "confusion_matrix.png")
    write_error_plots(folder, analysis, config)
    write_error_tables(folder, analysis)


def draw_sensitivity(folder: Path, results: Results, config: Config) -> None:  # noqa: ARG001
    """Accuracy over the strength of each perturbation."""
    from soundcheck.displays.sensitivity import SensitivityDisplay

    SensitivityDisplay(results.read_sensitivity()).save(folder / "sensitivity.png")


def draw_standard_learners(folder: Path, results: Results, config: Config) -> None:  # noqa: ARG001
    """The network beside standard algorithms."""
    from soundcheck.displays.standard_learners import StandardLearnersDisplay

    StandardLearnersDisplay(results.read_standard_learners()).save(folder / "standard_learners.png")


def draw_learning_curve(folder: Path, results: Results, config: Config) -> None:  # noqa: ARG001
    """Accuracy over the number of training clips."""
    from soundcheck.displays.learning_curve_of_data import LearningCurveOfDataDisplay

    LearningCurveOfDataDisplay(results.read_learning_curve()).save(folder / "learning_curve.png")


def draw_repeats(folder: Path, results: Results, config: Config) -> None:  # noqa: ARG001
    """The accuracy of each seed, and what seeds alone change."""
    from soundcheck.displays.repeats import RepeatsDisplay

    RepeatsDisplay(results.read_repeats()).save(folder / "repeats.png")


def draw_nothing(folder: Path, results: Results, config: Config) -> None:
    """For a part that a sentence tells in full."""


PICTURES: Mapping[Part, Callable[[Path, Results, Config], None]] = {
    "findings": draw_findings,
    "error_analysis": draw_error_analysis,
    "sensitivity": draw_sensitivity,
    "standard_learners": draw_standard_learners,
    "finer_features": draw_nothing,
    "learning_curve": draw_learning_curve,
    "repeats": draw_repeats,
}
