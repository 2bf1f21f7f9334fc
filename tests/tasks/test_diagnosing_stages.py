"""The stages that only a diagnosis runs, on real clips and a network that has learnt nothing."""

import errno
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from soundcheck.artifacts import Artifact, Recipe, canonical_json
from soundcheck.config import MAX_SEED, Config
from soundcheck.data.listing import build_manifest
from soundcheck.data.manifest import MANIFEST_FILE, labels_of, write_manifest
from soundcheck.data.sources import Source
from soundcheck.debugging.record import Record
from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.learning_curve import RETRAINED_FILE
from soundcheck.features.index import INDEX_FILE, ShardIndex
from soundcheck.features.shards import write_shards
from soundcheck.models.adoption import ModelFile
from soundcheck.models.tc_resnet8 import build
from soundcheck.store import Draft, Store
from soundcheck.training.fitted import Fitted, save_fitted
from soundcheck.training.retraining import ALL_CLIPS
from tasks.adopt import adopt, has_front_end, outputs_of
from tasks.caching import NotMadeError, Stage, Stages
from tasks.diagnosis_pictures import draw_learning_curve, draw_repeats, draw_standard_learners
from tasks.diagnosis_sentences import sentences_of
from tasks.evaluate import evaluate
from tasks.evaluate_waveforms import evaluate_waveforms
from tasks.finer_features import finer_features
from tasks.learning_curve import learning_curve
from tasks.patient import is_model_file, model_file
from tasks.receipts import Receipt
from tasks.recompute import recompute
from tasks.repeats import repeats
from tasks.results import Results
from tasks.retrain import retrain
from tasks.retrainings import retrainings
from tasks.standard_learners import standard_learners

CONFIG = Config.model_validate({"data": {"split": "random"}})
RATE_HZ = CONFIG.data.sample_rate_hz
WORDS = ["down", "go", "left", "no", "right", "stop", "up", "yes"]
HEARD = {"features": CONFIG.features, "sample_rate_hz": RATE_HZ}


def made(store: Store, name: str, write: Callable[[Path], object], **inputs: Any) -> Artifact:
    def fill(draft: Draft) -> None:
        write(draft.folder)

    return store.make(Recipe(stage=name, inputs=inputs, code="", versions={}), fill)


def run(results: Results, stage: Stage, **inputs: Any) -> Results:
    """The results with that of a stage."""
    store = results.store
    artifact = store.make(stage.recipe(inputs), lambda draft: stage.write(draft, store, **inputs))
    return Results(store, results.source, {**results.stages, stage.name: artifact})


def save_untrained(folder: Path, index: ShardIndex, label_count: int) -> None:
    keras.utils.set_random_seed(0)
    model = build((index.frames, index.bins), label_count, width=0.25)
    save_fitted(Fitted(model, pd.DataFrame(), best_epoch=1, optimizer={}, record=Record()), folder)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, speech_folder: Path) -> Results:
    store, source = Store(tmp_path_factory.mktemp("store")), Source(speech_folder, digest="")
    manifest = build_manifest(source, CONFIG.data, CONFIG.features.clip_duration_ms)
    index = write_shards(manifest, source, CONFIG.features, RATE_HZ, store.parts)
    count = len(labels_of(manifest))
    stages = {
        "ingest": made(store, "ingest", lambda folder: write_manifest(manifest, folder / MANIFEST_FILE)),
        "spectrograms": made(store, "spectrograms", lambda folder: index.save(folder / INDEX_FILE)),
        "fit": made(store, "fit", lambda folder: save_untrained(folder, index, count)),
    }
    found = Results(store, source, stages)
    return run(found, evaluate, fitted=stages["fit"], **data(found), evaluation=CONFIG.evaluation)


def data(results: Results) -> dict[str, Artifact]:
    return {"manifest": results.stages["ingest"], "shards": results.stages["spectrograms"]}


def retrained(results: Results, clips: int, seed: int, accuracy: float) -> Artifact:
    """Of 1000 test clips."""
    told = {"seed": seed, "train_clips": clips, "test_clips": 1000, "correct": round(1000 * accuracy)}
    return made(
        results.store,
        "retrain",
        lambda folder: (folder / RETRAINED_FILE).write_bytes(canonical_json(told)),
        clips=clips,
        seed=seed,
        accuracy=accuracy,
    )


def test_the_network_is_held_against_standard_algorithms(results: Results, tmp_path: Path) -> None:
    told = run(results, standard_learners, evaluated=results.stages["evaluate"], **data(results), seed=0)
    compared = told.read_standard_learners()
    assert compared.network_accuracy == pytest.approx(results.read_report()["metrics"]["test"]["accuracy"])
    assert compared.rivals[0].accuracy > compared.network_accuracy
    draw_standard_learners(tmp_path, told, CONFIG)
    assert (tmp_path / "standard_learners.png").stat().st_size > 1000


def test_stored_features_are_those_of_the_sound(results: Results) -> None:
    told = run(results, recompute, **data(results), source=results.source, **HEARD, seed=0)
    assert 0 < told.read_feature_difference() < 2**-10


def test_features_of_other_clips_are_not(results: Results) -> None:
    manifest = results.read_manifest()
    digests = manifest["clip_digest"].to_numpy()
    mixed = manifest.assign(clip_digest=np.roll(digests, 1))
    other = made(
        results.store, "ingest", lambda folder: write_manifest(mixed, folder / MANIFEST_FILE), mixed=True
    )
    shards = results.stages["spectrograms"]
    told = run(results, recompute, manifest=other, shards=shards, source=results.source, **HEARD, seed=0)
    assert told.read_feature_difference() > 0.1


def test_finer_features_are_tried_and_leave_nothing_behind(results: Results) -> None:
    parts = set((results.store.root / "parts").rglob("*"))
    finer = CONFIG.features.model_copy(update={"mel_bands": 32})
    told = run(
        results,
        finer_features,
        **data(results),
        source=results.source,
        finer=finer,
        sample_rate_hz=RATE_HZ,
    )
    assert told.read_feature_trial().clips == sum(map(sum, results.read_report()["confusion"]))
    assert set((results.store.root / "parts").rglob("*")) == parts


def test_a_learning_curve_is_drawn_through_trainings(results: Results, tmp_path: Path) -> None:
    sizes = (100, 200, 400, 800, 1600)
    trained = {
        f"subset_{size}_seed_{seed}": retrained(results, size, seed, 1 - 0.05 - 3 * size**-0.5)
        for size in sizes
        for seed in (0, 1)
    }
    told = run(results, learning_curve, **trained)
    curve = told.read_learning_curve()
    assert not curve.obstacle
    assert curve.accuracy < curve.doubled < 0.95
    np.testing.assert_array_equal(np.unique(curve.runs.sizes), sizes)
    draw_learning_curve(tmp_path, told, CONFIG)
    assert (tmp_path / "learning_curve.png").stat().st_size > 1000


def test_repeats_are_summarised(results: Results, tmp_path: Path) -> None:
    trained = {f"seed_{seed}": retrained(results, 100, seed, 0.8 + seed / 100) for seed in range(5)}
    repeated = {"model": CONFIG.model, "training": CONFIG.training, "confidence": 0.95}
    told = run(results, repeats, **data(results), **repeated, **trained)
    assert told.read_repeats().mean == pytest.approx(0.82)
    assert told.read_repeats().accuracies == pytest.approx((0.80, 0.81, 0.82, 0.83, 0.84))
    draw_repeats(tmp_path, told, CONFIG)
    assert (tmp_path / "repeats.png").stat().st_size > 1000


def test_repeats_are_held_against_those_of_another_configuration(results: Results) -> None:
    other = CONFIG.training.model_copy(update={"learning_rate": 0.1})
    given = {"model": CONFIG.model, "confidence": 0.95}
    for training, level in ((other, 0.5), (CONFIG.training, 0.7)):
        trained = {f"seed_{seed}": retrained(results, 50, seed, level + seed / 100) for seed in range(5)}
        told = run(results, repeats, **data(results), **given, training=training, **trained)
    _, against = sentences_of("repeats", told)
    assert against.startswith("Against another training (training.learning_rate 0.1 -> 0.005): 0.720 against")
    assert "more than seeds explain" in against


@pytest.fixture
def alone(results: Results, tmp_path: Path) -> Results:
    """The same clips in a store without anything else."""
    store = Store(tmp_path)
    manifest = made(store, "ingest", lambda folder: (folder / "clips").write_text("clips"))
    return Results(store, results.source, {"ingest": manifest})


def spectrograms_by(alone: Results, code: str = "", **inputs: Any) -> Artifact:
    recipe = Recipe(stage="spectrograms", inputs=inputs, code=code, versions={})

    def write(draft: Draft) -> None:
        (draft.folder / "index").write_text(f"{code} {inputs}")

    return alone.store.make(recipe, write)


def repeated(
    alone: Results, shards: Artifact, level: float, code: str = "", keras_version: str = "3", **model: Any
) -> Results:
    """Five trainings of other seeds on the same clips, at about an accuracy, by some code."""
    fitting = {
        "manifest": alone.stages["ingest"],
        "shards": shards,
        "model": CONFIG.model.model_copy(update=model),
    }
    trained: dict[str, Artifact] = {}
    for seed in range(5):
        training = CONFIG.training.model_copy(update={"seed": seed})
        asked = retrain.recipe({**fitting, "training": training, "subset": ALL_CLIPS})
        recipe = asked.model_copy(update={"code": code or asked.code, "versions": {"keras": keras_version}})
        told = {
            "seed": seed,
            "train_clips": 9,
            "test_clips": 1000,
            "correct": round(1000 * level) + 10 * seed,
        }

        def write(draft: Draft, told: dict[str, Any] = told) -> None:
            (draft.folder / RETRAINED_FILE).write_bytes(canonical_json(told))

        trained[f"subset_{ALL_CLIPS}_seed_{seed}"] = alone.store.make(recipe, write)
    return run(alone, repeats, **fitting, training=CONFIG.training, confidence=0.95, **trained)


def test_other_features_of_the_same_clips_are_held_against_these_and_the_run_is_named(alone: Results) -> None:
    shards = [spectrograms_by(alone, **{"features.mel_bands": bands}) for bands in (16, 40)]
    coarse, fine = (repeated(alone, one, level) for one, level in zip(shards, (0.5, 0.7), strict=True))
    receipt = Receipt(
        tracking_uri="sqlite:///mlflow.db",
        experiment="soundcheck",
        identity="coarse",
        run_id="0123456789abcdef",
        experiment_id="1",
        model_id="",
        mlflow="",
        diagnosed=(coarse.stages["repeats"].path,),
    )
    receipt.save(alone.store.root)
    _, against = sentences_of("repeats", fine)
    assert against.startswith("Against the run 01234567 (features.mel_bands 16 -> 40): 0.720 against 0.520")


def test_another_architecture_is_held_against_this_one(alone: Results) -> None:
    shards = spectrograms_by(alone)
    repeated(alone, shards, 0.5, name="reference_cnn")
    _, against = sentences_of("repeats", repeated(alone, shards, 0.7))
    assert "(model.name reference_cnn -> tc_resnet8)" in against


@pytest.mark.parametrize(
    "maker", [{"code": "older"}, {"keras_version": "2"}], ids=["other code", "other libraries"]
)
def test_trainings_by_other_code_or_libraries_are_not_held_against_these(
    alone: Results, maker: dict[str, str]
) -> None:
    shards = spectrograms_by(alone)
    repeated(alone, shards, 0.5, width=0.5, **maker)
    assert len(sentences_of("repeats", repeated(alone, shards, 0.7))) == 1


def test_features_by_other_code_or_other_clips_are_not_held_against_these(alone: Results) -> None:
    older = spectrograms_by(alone, "older", **{"features.mel_bands": 16})
    repeated(alone, older, 0.5, width=0.5)
    clips = made(alone.store, "ingest", lambda folder: (folder / "clips").write_text("other"), other=True)
    shards = spectrograms_by(alone, **{"features.mel_bands": 40})
    repeated(Results(alone.store, alone.source, {"ingest": clips}), shards, 0.5, width=0.5)
    assert len(sentences_of("repeats", repeated(alone, shards, 0.7))) == 1


def saved(path: Path, shape: tuple[int, ...], labels: int) -> ModelFile:
    keras.utils.set_random_seed(1)
    given = keras.Input(shape)
    columns = given if len(shape) > 1 else keras.layers.Reshape((160, 100))(given)
    pooled = keras.layers.GlobalAveragePooling1D()(columns)
    answers = keras.layers.Dense(labels, activation="softmax")(pooled)
    keras.Model(given, answers).save(path)
    return model_file(str(path))


def test_a_model_that_takes_features_is_evaluated_as_ours(results: Results, tmp_path: Path) -> None:
    file = saved(tmp_path / "own.keras", (98, 40), 8)
    told = run(results, adopt, model=file, manifest=results.stages["ingest"], **HEARD, order="")
    adopted = told.stages["adopt"]
    assert not has_front_end(results.store, adopted)
    assert outputs_of(results.store, adopted) == WORDS
    judged = run(told, evaluate, fitted=adopted, **data(results), evaluation=CONFIG.evaluation)
    assert judged.read_predictions().filter(like="probability/").sum(axis=1).to_numpy() == pytest.approx(1)


def test_a_model_that_takes_waveforms_is_evaluated_on_the_sound(results: Results, tmp_path: Path) -> None:
    file, order = saved(tmp_path / "own.keras", (16000,), 8), ",".join(reversed(WORDS))
    told = run(results, adopt, model=file, manifest=results.stages["ingest"], **HEARD, order=order)
    adopted, manifest = told.stages["adopt"], results.stages["ingest"]
    assert has_front_end(results.store, adopted)
    assert outputs_of(results.store, adopted) == [*reversed(WORDS)]
    judged = run(
        told,
        evaluate_waveforms,
        fitted=adopted,
        manifest=manifest,
        source=results.source,
        **HEARD,
        evaluation=CONFIG.evaluation,
    )
    folder = results.store.path(judged.stages["evaluate_waveforms"])
    predictions = pd.read_parquet(folder / "predictions.parquet")
    assert predictions["path"].tolist() == results.read_predictions()["path"].tolist()
    assert set(json.loads((folder / "metrics.json").read_bytes())["metrics"]) == {
        "train",
        "validation",
        "test",
    }


def test_what_was_not_made_is_not_recalled(results: Results) -> None:
    stages = Stages(results.store)
    with pytest.raises(NotMadeError):
        stages.recall(standard_learners, evaluated=results.stages["evaluate"], **data(results), seed=77)
    assert not stages.artifacts
    told = run(results, standard_learners, evaluated=results.stages["evaluate"], **data(results), seed=1)
    inputs = {"evaluated": results.stages["evaluate"], **data(results), "seed": 1}
    assert stages.recall(standard_learners, **inputs) == told.stages["standard_learners"]


def test_trainings_are_told_apart_by_their_clips_and_their_seed() -> None:
    fitting = {"model": CONFIG.model, "training": CONFIG.training.model_copy(update={"seed": MAX_SEED})}
    asked: list[dict[str, Any]] = []

    def ask(stage: Stage, **inputs: Any) -> Artifact:
        asked.append(inputs)
        return Artifact(kind=stage.name, path=stage.title(inputs), digest="")

    trained = retrainings(ask, fitting, [(0, 0), (4, 0), (4, 1)])
    assert {name: one.path for name, one in trained.items()} == {
        f"subset_0_seed_{MAX_SEED}": f"retrain subset 0 seed {MAX_SEED}",
        f"subset_4_seed_{MAX_SEED}": f"retrain subset 4 seed {MAX_SEED}",
        "subset_4_seed_0": "retrain subset 4 seed 0",
    }
    assert [one["training"] for one in asked] == [
        CONFIG.training.model_copy(update={"seed": seed}) for seed in (MAX_SEED, MAX_SEED, 0)
    ]
    assert repeats.title({}) == "repeats"


def test_all_clips_are_the_last_subset() -> None:
    assert ALL_CLIPS == 4


@pytest.mark.parametrize(
    ("subject", "is_file"),
    [
        *[("3f9c12", False), ("0" * 32, False), ("a" * 300, False)],
        *[("model.keras", True), ("model.h5", True), ("here/model", True)],
    ],
)
def test_a_file_is_told_from_a_run(subject: str, is_file: bool) -> None:
    assert is_model_file(subject) is is_file


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.h5").write_bytes(b"")
    with pytest.raises(SoundcheckError, match=r"save it by model.save\('model.keras'\)"):
        model_file(str(tmp_path / "model.h5"))
    with pytest.raises(SoundcheckError, match="there is no file"):
        model_file(str(tmp_path / "model.keras"))
    with pytest.raises(SoundcheckError, match="is a folder"):
        model_file(str(tmp_path))
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("notes.txt", "yes, no")
    with pytest.raises(SoundcheckError, match="damaged, or no file"):
        model_file(str(tmp_path / "model.keras"))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SoundcheckError, match="cannot be read"):
        model_file(f"{'a' * 300}.keras")
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("config.json", "{}")

    def forbidden(*_arguments: Any, **_named: Any) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(zipfile, "ZipFile", forbidden)  # to root, nothing is
    with pytest.raises(SoundcheckError, match=r"model\.keras cannot be read \(Permission denied\)"):
        model_file(str(tmp_path / "model.keras"))
