"""Exhibits: what a person looks at in a run, written from the store as a folder of files."""

from __future__ import annotations

import shutil
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from soundcheck.training.fitted import ARCHITECTURE_FILE

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from soundcheck.config import Config
    from tasks.results import Results

AUDIO_SAMPLES = 8
WAVEFORMS = 6


def write_exhibits(folder: Path, results: Results, config: Config) -> None:
    """Writes audio samples, plots, Data Docs, the predictions, the architecture and the clips set aside."""
    table = results.read_manifest()
    rows = _samples(table)
    waveforms = _waveforms(rows, results, config)
    _write_audio(folder / "audio", rows, waveforms, config.data.sample_rate_hz)
    _write_clip_plots(folder / "plots", rows, waveforms, results, config)
    _write_result_plots(folder / "plots", results, config)
    _write_tables(folder, table, results.read_predictions())
    shutil.copytree(results.data_docs(), folder / "data_docs")
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
    folder.mkdir()
    for label, digest, waveform in zip(rows["label"], rows["clip_digest"], waveforms, strict=True):
        with wave.open(str(folder / f"{label}_{digest[:8]}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate_hz)
            file.writeframes((np.clip(waveform, -1, 32767 / 32768) * 32768).astype("<i2").tobytes())


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


def _write_result_plots(folder: Path, results: Results, config: Config) -> None:
    from soundcheck.displays.baseline_coefficients import BaselineCoefficientsDisplay
    from soundcheck.displays.baselines import BaselinesDisplay
    from soundcheck.displays.confusion_matrix import ConfusionMatrixDisplay
    from soundcheck.displays.learning_curves import LearningCurvesDisplay
    from soundcheck.features.spectrogram import band_centres_hz

    report, fitted = results.read_report(), results.read_fitted()
    baselines, labels = results.read_baselines(), report["labels"]
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


def _write_tables(folder: Path, table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    """As CSV, which the MLflow UI shows as tables; the surest mistakes come first."""
    surest_mistakes_first = predictions.sort_values(
        ["correct", "confidence"], ascending=[True, False], kind="stable"
    )
    for split in ("train", "validation", "test"):
        rows = surest_mistakes_first.loc[predictions["split"] == split]
        rows.to_csv(folder / f"predictions_{split}.csv", index=False)
    table.loc[table["split"] == "", ["path", "label", "reason"]].to_csv(folder / "set_aside.csv", index=False)
