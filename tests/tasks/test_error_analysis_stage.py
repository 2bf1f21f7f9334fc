"""The stages that ask the model about its errors, and what a run shows of them, on real clips."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from audio_files import pcm16, tone, wav_file

from soundcheck.artifacts import Artifact, Recipe
from soundcheck.config import AnalysisConfig, Config
from soundcheck.data.listing import build_manifest
from soundcheck.data.manifest import MANIFEST_FILE, NOISE, TEST, VALIDATION, labels_of, usable, write_manifest
from soundcheck.data.noise import noise_of
from soundcheck.data.sources import Source
from soundcheck.evaluation.predictions import PREDICTIONS_FILE
from soundcheck.features.index import INDEX_FILE, ShardIndex
from soundcheck.features.reading import batches
from soundcheck.features.shards import write_shards
from soundcheck.store import Draft, Store
from tasks.caching import Stage
from tasks.error_analysis import error_analysis
from tasks.error_exhibits import error_metrics, write_error_exhibits, write_error_plots
from tasks.evaluate import evaluate
from tasks.report_sections.errors import slices_section
from tasks.report_sections.plots import Plots
from tasks.results import Results
from tasks.sensitivity import sensitivity

CONFIG = Config.model_validate(
    {"data": {"split": "random"}, "analysis": {"worst_clips": 3, "sensitivity_clips": 16}}
)
RATE_HZ = CONFIG.data.sample_rate_hz


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def results(store: Store, speech_folder: Path) -> Results:
    """Of the stages up to `evaluate`, with a network that has learnt nothing."""
    source = Source(speech_folder, digest="")
    manifest = build_manifest(source, CONFIG.data, CONFIG.features.clip_duration_ms)
    index = write_shards(manifest, source, CONFIG.features, RATE_HZ, store.parts)
    makers: dict[str, Callable[[Path], object]] = {
        "ingest": lambda folder: write_manifest(manifest, folder / MANIFEST_FILE),
        "spectrograms": lambda folder: index.save(folder / INDEX_FILE),
        "fit": lambda folder: save_untrained(folder, index, len(labels_of(manifest))),
    }
    stages = {name: made(store, name, write) for name, write in makers.items()}
    found = Results(store, source, stages)
    shards, evaluation = stages["spectrograms"], CONFIG.evaluation
    stages["evaluate"] = run(
        found, evaluate, fitted=stages["fit"], manifest=stages["ingest"], shards=shards, evaluation=evaluation
    )
    stages["error_analysis"] = run(found, error_analysis, **asked_for_errors(found))
    stages["sensitivity"] = run(found, sensitivity, **asked_for_sensitivity(found))
    return found


def save_untrained(folder: Path, index: ShardIndex, label_count: int) -> None:
    import keras

    from soundcheck.debugging.record import Record
    from soundcheck.models.tc_resnet8 import build
    from soundcheck.training.fitted import Fitted, save_fitted

    keras.utils.set_random_seed(0)
    model = build((index.frames, index.bins), label_count, width=0.25)
    history = pd.DataFrame({"epoch": [1], "train_loss": [2.0]})
    save_fitted(Fitted(model, history, best_epoch=1, optimizer={}, record=Record()), folder)


def made(store: Store, name: str, write: Callable[[Path], object]) -> Artifact:
    def fill(draft: Draft) -> None:
        write(draft.folder)

    return store.make(Recipe(stage=name, inputs={}, code="", versions={}), fill)


def run(results: Results, stage: Stage, **inputs: Any) -> Artifact:
    store = results.store
    return store.make(stage.recipe(inputs), lambda draft: stage.write(draft, store, **inputs), afresh=True)


def asked_for_errors(results: Results, settings: AnalysisConfig = CONFIG.analysis) -> dict[str, Any]:
    return {
        "evaluated": results.stages["evaluate"],
        "fitted": results.stages["fit"],
        "manifest": results.stages["ingest"],
        "shards": results.stages["spectrograms"],
        "features": CONFIG.features,
        "sample_rate_hz": RATE_HZ,
        "settings": settings,
        "confidence": CONFIG.evaluation.confidence,
    }


def asked_for_sensitivity(
    results: Results, settings: AnalysisConfig = CONFIG.analysis, perturbations: str = "noise"
) -> dict[str, Any]:
    return {
        "fitted": results.stages["fit"],
        "manifest": results.stages["ingest"],
        "source": results.source,
        "features": CONFIG.features,
        "sample_rate_hz": RATE_HZ,
        "settings": settings,
        "perturbations": perturbations,
    }


def test_the_worst_mistakes_come_with_their_features_and_their_saliency(results: Results) -> None:
    explained = results.read_error_analysis().explained
    predictions = results.read_predictions().set_index("path")
    assert len(explained.clips) == 3
    for clip in explained.clips:
        assert predictions.loc[clip.path, "split"] == TEST
        assert predictions.loc[clip.path, "predicted"] == clip.predicted != clip.label
    rows = pd.DataFrame([vars(clip) for clip in explained.clips])
    (expected,) = batches(rows, results.read_index(), results.store.parts, 3)
    np.testing.assert_array_equal(explained.features, expected)
    assert explained.saliency.attributions.shape == expected.shape


def test_the_saliency_adds_up_to_what_the_model_says(results: Results) -> None:
    from soundcheck.evaluation.saliency import silence_features

    explained, model = results.read_error_analysis().explained, results.read_fitted().model
    labels = labels_of(results.read_manifest())
    silence = silence_features(CONFIG.features, RATE_HZ)
    clip_logits, silence_logits = (
        np.asarray(model.predict_on_batch(features)) for features in (explained.features, silence[np.newaxis])
    )
    for clip, logits, difference in zip(
        explained.clips, clip_logits, explained.saliency.differences, strict=True
    ):
        said, true = labels.index(clip.predicted), labels.index(clip.label)
        change = (logits - silence_logits[0])[[said, true]]
        assert difference == pytest.approx(change[0] - change[1], abs=1e-3)


def test_noise_is_tried_on_test_clips_of_every_word(results: Results) -> None:
    found = results.read_sensitivity()
    labels, test = labels_of(results.read_manifest()), results.read_predictions().query(f"split == {TEST!r}")
    assert list(found.labels) == labels
    assert [curve.name for curve in found.curves] == ["white noise"]
    assert found.curves[0].strengths == (-5, 0, 5, 10, 15, 20, 25, 30)
    available = test["label"].value_counts()
    assert list(found.clips) == [min(2, available.get(label, 0)) for label in labels]


def test_a_result_has_a_sentence_to_show(results: Results) -> None:
    notes = {
        name: results.store.inventory(results.stages[name]).note for name in ("error_analysis", "sensitivity")
    }
    assert notes["error_analysis"] == results.read_error_analysis().summary()[0]
    assert notes["sensitivity"].startswith("White noise: accuracy ")


def test_the_same_inputs_give_the_same_content(results: Results) -> None:
    again = run(results, error_analysis, **asked_for_errors(results))
    assert again.digest == results.stages["error_analysis"].digest


def test_without_a_mistake_there_is_nothing_to_explain(results: Results, tmp_path: Path) -> None:
    store, rows = results.store, usable(results.read_manifest())
    flawless = results.read_predictions().assign(predicted=rows["label"].to_numpy(), correct=True)
    columns = [f"probability/{label}" for label in labels_of(rows)]
    flawless[columns] = (np.array(labels_of(rows)) == flawless["label"].to_numpy(str)[:, np.newaxis]).astype(
        np.float32
    )
    evaluated = made(store, "flawless", lambda folder: flawless.to_parquet(folder / PREDICTIONS_FILE))
    artifact = run(results, error_analysis, **asked_for_errors(results) | {"evaluated": evaluated})
    told = Results(store, results.source, {**results.stages, "error_analysis": artifact})
    assert told.read_error_analysis().explained.features.shape == (0, 98, 40)
    (tmp_path / "plots").mkdir()
    write_error_exhibits(tmp_path, told, CONFIG)
    names = {path.name for path in tmp_path.rglob("*.*")}
    assert "reliability.png" in names
    assert not names & {"saliency.png", "confusions.csv"}


@pytest.mark.parametrize(
    ("stage", "changed", "decides"),
    [
        ("error_analysis", {"worst_clips": 4}, True),
        ("error_analysis", {"wanted_accuracy": 0.9}, True),
        ("error_analysis", {"wanted_sensitivity": 0.9}, True),
        ("error_analysis", {"sensitivity_clips": 99, "seed": 1}, False),
        ("sensitivity", {"sensitivity_clips": 99}, True),
        ("sensitivity", {"seed": 1}, True),
        ("sensitivity", {"worst_clips": 4, "wanted_accuracy": 0.9, "wanted_sensitivity": 0.9}, False),
    ],
)
def test_a_setting_decides_the_stage_that_heeds_it(
    results: Results, stage: str, changed: dict[str, Any], decides: bool
) -> None:
    declared, asked = {
        "error_analysis": (error_analysis, asked_for_errors),
        "sensitivity": (sensitivity, asked_for_sensitivity),
    }[stage]
    settings = CONFIG.analysis.model_copy(update=changed)
    keys = {declared.recipe(asked(results, one)).key for one in (CONFIG.analysis, settings)}
    assert len(keys) == (2 if decides else 1)


def test_which_perturbations_decides(results: Results) -> None:
    keys = {
        sensitivity.recipe(asked_for_sensitivity(results, perturbations=name)).key
        for name in ("noise", "all")
    }
    assert len(keys) == 2


def test_recorded_noise_is_tried_too_and_decides_by_its_content(results: Results, tmp_path: Path) -> None:
    recordings = [tmp_path / name / NOISE for name in ("one", "another")]
    for folder in recordings:
        folder.mkdir(parents=True)
        (folder / "hum.wav").write_bytes(wav_file(pcm16(0.1 * tone(seconds=2)), rate_hz=RATE_HZ))
    one, another = (noise_of(Source(folder.parent, digest="")) for folder in recordings)
    asked = asked_for_sensitivity(results)
    keys = {sensitivity.recipe({**asked, "noise": noise}).key for noise in (one, another)}
    assert len(keys) == 1
    assert sensitivity.recipe(asked).key not in keys
    listening = Results(
        results.store, results.source, {"sensitivity": run(results, sensitivity, **asked, noise=one)}
    )
    assert [curve.name for curve in listening.read_sensitivity().curves] == [
        "white noise",
        "background noise",
    ]


def test_a_run_shows_plots_and_tables(results: Results, tmp_path: Path) -> None:
    (tmp_path / "plots").mkdir()
    write_error_exhibits(tmp_path, results, CONFIG)
    plots = {path.stem for path in (tmp_path / "plots").glob("*.png")}
    assert plots == {"reliability", "accept_curve", "saliency", "sensitivity"}  # too few clips for slices
    analysis = results.read_error_analysis()
    tables = {path.stem: pd.read_csv(path) for path in tmp_path.glob("*.csv")}
    assert tables.keys() == {"hardest_clips", "doubtful_clips", "confusions", "word_thresholds"}
    assert tables["hardest_clips"]["path"].tolist() == [clip.path for clip in analysis.hardest]
    assert tables["word_thresholds"]["specificity_lower"].tolist() == pytest.approx(
        [word.specificity.lower for word in analysis.words]
    )
    assert tables["confusions"]["worst"][0].startswith(analysis.confusions[0].worst[0].path)


def test_the_metrics_are_flat_and_have_names_that_mlflow_takes(results: Results) -> None:
    from mlflow.utils.validation import _validate_metric_name

    metrics, found = error_metrics(results), results.read_sensitivity()
    at_10_db = found.accuracies(found.curves[0])[3, 0]
    assert metrics["sensitivity/white_noise_10_db"] == pytest.approx(at_10_db)
    for name, value in metrics.items():
        _validate_metric_name(name)
        assert np.isfinite(value)


def test_what_nothing_determines_is_neither_logged_nor_drawn(
    results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = results.read_error_analysis()
    assert unknown.calibration.at_bound
    assert not unknown.slices.looked_at
    metrics = error_metrics(results)
    assert not [name for name in metrics if "temperature" in name]
    assert "calibration/error" in metrics
    known = replace(unknown, calibration=replace(unknown.calibration, at_bound=False, temperature=1.5))
    with monkeypatch.context() as patched:
        patched.setattr(Results, "read_error_analysis", lambda _results: known)
        assert error_metrics(results)["calibration/temperature"] == 1.5
    write_error_plots(tmp_path, unknown, CONFIG)
    assert not (tmp_path / "slices.png").exists()
    (tmp_path / "slices.png").write_bytes(b"of an earlier time")
    section = slices_section(unknown, Plots((tmp_path,)))
    assert section.lead == unknown.slices.summary()
    assert section.lead.startswith("No slice was looked at: ")
    assert section.lead in unknown.summary()
    assert section.blocks == ()


def test_validation_clips_are_not_reported(results: Results) -> None:
    analysis, predictions = results.read_error_analysis(), results.read_predictions()
    counts = predictions["split"].value_counts()
    assert analysis.accept.clips == counts[TEST]
    assert counts[VALIDATION] > 0
