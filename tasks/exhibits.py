"""Exhibits: what a person looks at in a run, written from the store as a folder of files."""

from __future__ import annotations

import json
import shutil
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from expectations.outcome import DATA_DOCS
from soundcheck.training.fitted import ARCHITECTURE_FILE
from tasks.report_sections.plots import PLOTS
from tasks.results import CHECKS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from soundcheck.config import Config
    from soundcheck.training.fitted import Fitted
    from tasks.results import Results

AUDIO_SAMPLES = 8
WAVEFORMS = 6
LABEL_CHARACTERS = 50  # in the name of a file, which may have 255 bytes


def write_exhibits(folder: Path, results: Results, fitted: Fitted, config: Config) -> None:
    """Writes audio samples, plots, Data Docs, the label audit, predictions, architecture, clips set aside."""
    table = results.read_manifest()
    rows = _samples(table)
    waveforms = _waveforms(rows, results, config)
    _write_audio(folder / "audio", rows, waveforms, config.data.sample_rate_hz)
    _write_clip_plots(folder / PLOTS, rows, waveforms, results, config)
    _write_result_plots(folder / PLOTS, results, fitted, config)
    _write_data_plots(folder / PLOTS, results, config)
    _write_findings(folder, results, fitted)
    _write_label_audit(folder, table, results)
    _write_tables(folder, table, results.read_predictions())
    for stage in CHECKS:
        shutil.copytree(results.data_docs(stage), folder / DATA_DOCS / stage)
    shutil.copy(results.folder("fit") / ARCHITECTURE_FILE, folder)


def _samples(table: pd.DataFrame) -> pd.DataFrame:
    """One training clip of each label in turn, up to the number of audio samples."""
    train = table[table["split"] == "train"]
    turn = train.groupby("label").cumcount()
    return train.assign(turn=turn).sort_values(["turn", "label"], kind="stable").head(AUDIO_SAMPLES)


def _waveforms(rows: pd.DataFrame, results: Results, config: Config) -> NDArray[np.float32]:
    from soundcheck.data.waveforms import read_waveforms
    from soundcheck.features.spectrogram import geometry

    rate_hz = config.data.sample_rate_hz
    return read_waveforms(results.source, rows, rate_hz, geometry(config.features, rate_hz).clip_length)


def _write_audio(folder: Path, rows: pd.DataFrame, waveforms: NDArray[np.float32], rate_hz: int) -> None:
    from soundcheck.data.waveforms import to_wav

    folder.mkdir()
    for label, digest, waveform in zip(rows["label"], rows["clip_digest"], waveforms, strict=True):
        (folder / f"{label[:LABEL_CHARACTERS]}_{digest[:8]}.wav").write_bytes(to_wav(waveform, rate_hz))


def _write_clip_plots(
    folder: Path,
    rows: pd.DataFrame,
    waveforms: NDArray[np.float32],
    results: Results,
    config: Config,
) -> None:
    from soundcheck.displays.waveform_spectrogram import WaveformSpectrogramDisplay
    from soundcheck.displays.waveforms import WaveformsDisplay
    from soundcheck.features.reading import batches
    from soundcheck.features.spectrogram import band_centres_hz

    folder.mkdir()
    rate_hz, labels = config.data.sample_rate_hz, list(rows["label"])
    WaveformsDisplay(waveforms[:WAVEFORMS], labels[:WAVEFORMS], rate_hz).save(folder / "waveforms.png")
    features = next(iter(batches(rows.head(1), results.read_index(), results.store.parts, 1)))[0]
    WaveformSpectrogramDisplay(
        waveform=waveforms[0],
        features=features,
        label=labels[0],
        sample_rate_hz=rate_hz,
        frame_step_ms=config.features.frame_step_ms,
        band_centres_hz=band_centres_hz(config.features, rate_hz),
        kind=config.features.kind,
    ).save(folder / "waveform_and_spectrogram.png")


def _write_result_plots(folder: Path, results: Results, fitted: Fitted, config: Config) -> None:
    from soundcheck.displays.baseline_coefficients import BaselineCoefficientsDisplay
    from soundcheck.displays.baselines import BaselinesDisplay
    from soundcheck.displays.confusion_matrix import ConfusionMatrixDisplay
    from soundcheck.displays.learning_curves import LearningCurvesDisplay
    from soundcheck.features.spectrogram import band_centres_hz

    report, baselines = results.read_report(), results.read_baselines()
    labels = report["labels"]
    best = max(one.test_accuracy for one in baselines.baselines)
    test = report["metrics"]["test"]
    ConfusionMatrixDisplay(np.array(report["confusion"]), labels).save(folder / "confusion_matrix.png")
    LearningCurvesDisplay(fitted.history, fitted.best_epoch, best).save(folder / "learning_curves.png")
    centres_hz = band_centres_hz(config.features, config.data.sample_rate_hz)
    BaselineCoefficientsDisplay(baselines.coefficients, labels, centres_hz).save(
        folder / "baseline_coefficients.png"
    )
    BaselinesDisplay(
        names=[one.name for one in baselines.baselines],
        train_accuracy=[one.train_accuracy for one in baselines.baselines],
        test_accuracy=[one.test_accuracy for one in baselines.baselines],
        model_accuracy=test["accuracy"],
        model_interval=(test["accuracy_lower"], test["accuracy_upper"]),
    ).save(folder / "baselines.png")


def _write_findings(folder: Path, results: Results, fitted: Fitted) -> None:
    """What is wrong with the training, and how it went in the layers."""
    from soundcheck.displays.training_record import TrainingRecordDisplay

    findings = [finding.as_json() for finding in results.read_findings()]
    (folder / "findings.json").write_text(json.dumps(findings, indent=2) + "\n", encoding="utf-8")
    record = fitted.record
    if record.observations:
        TrainingRecordDisplay.from_record(record).save(folder / PLOTS / "training_record.png")


def _write_data_plots(folder: Path, results: Results, config: Config) -> None:
    """What can be learnt from the clips at all."""
    from soundcheck.displays.correlations import CorrelationsDisplay
    from soundcheck.displays.label_audit import LabelAuditDisplay
    from soundcheck.displays.leakage import LeakageDisplay
    from soundcheck.displays.mutual_information import MutualInformationDisplay
    from soundcheck.features.spectrogram import band_centres_hz

    signal, labels = results.read_signal(), results.read_report()["labels"]
    centres_hz = band_centres_hz(config.features, config.data.sample_rate_hz)
    CorrelationsDisplay(signal.correlations, labels, centres_hz).save(folder / "correlations.png")
    MutualInformationDisplay(signal.information, centres_hz).save(folder / "mutual_information.png")
    LeakageDisplay(results.read_leakage()).save(folder / "leakage.png")
    LabelAuditDisplay(results.read_audit()).save(folder / "label_audit.png")


def _write_label_audit(folder: Path, table: pd.DataFrame, results: Results) -> None:
    """All clips as CSV, the most doubtful label first, and the first of them as a page that plays them."""
    from expectations.sound_page import CLIPS_WITH_SOUND, ClipTable, sound_page
    from soundcheck.data.waveforms import sounds_of

    audited = results.read_audit()
    ranked = audited.clips.sort_values("rank")
    ranked.to_csv(folder / "label_audit.csv", index=False)
    shown = ranked.head(CLIPS_WITH_SOUND)
    rows = [
        (path, [label, suggested, f"{quality:.3f}", "yes" if suspect else ""])
        for path, label, suggested, quality, suspect in shown.drop(columns="rank").itertuples(index=False)
    ]
    error = results.read_irreducible_error()["test"]
    suspects = ClipTable(
        heading=audited.verdict.removesuffix("."),
        note=f"On the test clips {escape(error['verdict'])}.",
        columns=["Label", "Rather", "Probability of the label", "Suspected"],
        rows=rows,
        more=len(ranked) - len(shown),
    )
    page = sound_page("Label audit", "", [suspects], sounds_of(results.source, table))
    (folder / "label_audit.html").write_text(page, encoding="utf-8")


def _write_tables(folder: Path, table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    """As CSV, which the MLflow UI shows as tables; the surest mistakes come first."""
    surest_mistakes_first = predictions.sort_values(
        ["correct", "confidence"], ascending=[True, False], kind="stable"
    )
    for split in ("train", "validation", "test"):
        rows = surest_mistakes_first.loc[predictions["split"] == split]
        rows.to_csv(folder / f"predictions_{split}.csv", index=False)
    table.loc[table["split"] == "", ["path", "label", "reason"]].to_csv(folder / "set_aside.csv", index=False)
