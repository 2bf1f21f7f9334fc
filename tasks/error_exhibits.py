"""What a run shows of its model's errors: plots and tables written from the store, and metrics."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.report_sections.plots import PLOTS

if TYPE_CHECKING:
    from soundcheck.config import Config
    from soundcheck.evaluation.error_analysis import ErrorAnalysis
    from soundcheck.evaluation.sensitivity import Sensitivity
    from tasks.results import Results


def write_error_exhibits(folder: Path, results: Results, config: Config) -> None:
    """Writes the tables of the error analysis into a folder, and its plots into `plots/`, which exists."""
    from soundcheck.displays.sensitivity import SensitivityDisplay

    analysis = results.read_error_analysis()
    write_error_plots(folder / PLOTS, analysis, config)
    write_error_tables(folder, analysis)
    SensitivityDisplay(results.read_sensitivity()).save(folder / PLOTS / "sensitivity.png")


def error_metrics(results: Results) -> dict[str, float]:
    """Of the test clips; the calibration error that chance alone makes stands beside it.

    What validation does not determine, as the temperature where all of its clips are right, is not there.
    """
    analysis = results.read_error_analysis()
    calibration, acceptance = analysis.calibration, analysis.acceptance
    metrics = {
        "calibration/error": calibration.before.error.value,
        "calibration/error_by_chance": calibration.before.error.by_chance,
        "slices/worse": float(len(analysis.slices.worst)),
    }
    if not calibration.at_bound:
        metrics["calibration/error_with_temperature"] = calibration.after.error.value
        metrics["calibration/temperature"] = calibration.temperature
    if acceptance:
        metrics["acceptance/threshold"] = acceptance.threshold
        metrics["acceptance/coverage"] = acceptance.coverage.value
        if acceptance.accuracy.total:
            metrics["acceptance/accuracy"] = acceptance.accuracy.value
    return metrics | _accuracies(results.read_sensitivity())


def _accuracies(sensitivity: Sensitivity) -> dict[str, float]:
    """At each strength of each perturbation, such as `sensitivity/white_noise_10_db`."""
    metrics = {"sensitivity/unperturbed": sensitivity.accuracy}
    for curve in sensitivity.curves:
        unit = curve.unit.lower().replace("%", "per cent")  # MLflow refuses the sign
        for strength, accuracy in zip(curve.strengths, sensitivity.accuracies(curve)[:, 0], strict=True):
            name = f"{curve.name} {strength:g} {unit}".replace(" ", "_")
            metrics[f"sensitivity/{name}"] = float(accuracy)
    return metrics


def write_error_plots(folder: Path, analysis: ErrorAnalysis, config: Config) -> None:
    """Writes the plots of the error analysis into a folder that exists."""
    from soundcheck.displays.accept_curve import AcceptCurveDisplay
    from soundcheck.displays.reliability import ReliabilityDisplay
    from soundcheck.displays.slices import SlicesDisplay

    acceptances = [analysis.acceptance] if analysis.acceptance else []
    ReliabilityDisplay(analysis.calibration).save(folder / "reliability.png")
    AcceptCurveDisplay(analysis.accept, acceptances).save(folder / "accept_curve.png")
    if analysis.slices.looked_at:
        SlicesDisplay(analysis.slices).save(folder / "slices.png")
    _write_saliency(folder, analysis, config)


def _write_saliency(folder: Path, analysis: ErrorAnalysis, config: Config) -> None:
    """Of the worst mistake, where there is one."""
    from soundcheck.displays.saliency import SaliencyDisplay
    from soundcheck.features.spectrogram import band_centres_hz

    explained = analysis.explained
    if not explained.clips:
        return
    worst = explained.clips[0]
    SaliencyDisplay(
        features=explained.features[0],
        attributions=explained.saliency.attributions[0],
        label=worst.label,
        explained=worst.predicted,
        frame_step_ms=config.features.frame_step_ms,
        frame_length_ms=config.features.frame_length_ms,
        band_centres_hz=band_centres_hz(config.features, config.data.sample_rate_hz),
        kind=config.features.kind,
        against=worst.label,
    ).save(folder / "saliency.png")


def write_error_tables(folder: Path, analysis: ErrorAnalysis) -> None:
    """As CSV, which the MLflow UI shows as tables; where there is no confusion, there is no table of them."""
    import pandas as pd

    confusions = [
        {**asdict(one), "worst": ", ".join(clip.path for clip in one.worst)} for one in analysis.confusions
    ]
    tables = {
        "hardest_clips": [asdict(clip) for clip in analysis.hardest],
        "doubtful_clips": [asdict(clip) for clip in analysis.doubtful],
        "confusions": confusions,
        "word_thresholds": [asdict(word) for word in analysis.words],
    }
    for name, rows in tables.items():
        if rows:
            pd.json_normalize(rows, sep="_").to_csv(folder / f"{name}.csv", index=False)
