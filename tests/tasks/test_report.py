"""The report of a run, composed from what real stages made of real clips and of an untrained network."""

import errno
import json
import os
import re
from base64 import b64encode
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from report_pages import Page, finding, png

from soundcheck.artifacts import Artifact, Recipe, canonical_json
from soundcheck.config import Config
from soundcheck.data.listing import build_manifest
from soundcheck.data.manifest import MANIFEST_FILE, labels_of, write_manifest
from soundcheck.data.sources import Source
from soundcheck.debugging.examination import Examination
from soundcheck.errors import StoreError
from soundcheck.evaluation.error_analysis import Explained
from soundcheck.evaluation.learning_curve import RETRAINED_FILE
from soundcheck.evaluation.saliency import Saliency
from soundcheck.evaluation.verdict import Verdict, verdict_of
from soundcheck.evaluation.verdict_evidence import Evidence
from soundcheck.features.index import INDEX_FILE, ShardIndex
from soundcheck.features.shards import write_shards
from soundcheck.files import remove
from soundcheck.report.page import Facts, Folded
from soundcheck.store import Draft, Store
from tasks.adopt import FORM
from tasks.audit import audit
from tasks.baseline import baseline
from tasks.caching import Stage
from tasks.diagnosis import Diagnosis, diagnosis_of
from tasks.diagnosis_run import show
from tasks.diagnosis_sentences import Part, sentences_of
from tasks.error_analysis import error_analysis
from tasks.evaluate import evaluate
from tasks.finer_features import finer_features
from tasks.leakage import leakage
from tasks.learning_curve import learning_curve
from tasks.patient import Patient
from tasks.preflight import FINDINGS
from tasks.receipts import Receipt
from tasks.repeats import repeats
from tasks.report import REPORT, report_of
from tasks.report_sections.origin import Origin, provenance_section
from tasks.report_sections.plots import PLOTS
from tasks.results import Results
from tasks.sensitivity import sensitivity
from tasks.signal import signal
from tasks.standard_learners import standard_learners
from tasks.tracking_server import connect, page_of
from tasks.validate import validate
from tasks.validate_predictions import validate_predictions
from tasks.validate_spectrograms import validate_spectrograms
from tasks.verdict import VERDICT

if TYPE_CHECKING:
    from mlflow import MlflowClient

CONFIG = Config.model_validate(
    {
        "data": {"source": "clips & sounds.zip", "split": "random"},
        "analysis": {"worst_clips": 3, "sensitivity_clips": 16},
        "audit": {"snippets": 16},
    }
)
RATE_HZ = CONFIG.data.sample_rate_hz
COMMIT, MADE_BY, RUN_ID = "c0ffee1234", "0.0.1", "0123456789abcdef"


def made(store: Store, name: str, write: Callable[[Path], object], **inputs: Any) -> Artifact:
    def fill(draft: Draft) -> None:
        write(draft.folder)

    return store.make(Recipe(stage=name, inputs=inputs, code="", versions={}), fill)


def save_untrained(folder: Path, index: ShardIndex, label_count: int) -> None:
    import keras

    from soundcheck.debugging.record import Record
    from soundcheck.models.tc_resnet8 import build
    from soundcheck.training.fitted import Fitted, save_fitted

    keras.utils.set_random_seed(0)
    model = build((index.frames, index.bins), label_count, width=0.25)
    history = pd.DataFrame({"epoch": [1], "train_loss": [2.0]})
    save_fitted(Fitted(model, history, best_epoch=1, optimizer={}, record=Record()), folder)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, speech_folder: Path) -> Results:
    """Of every stage that a report tells of."""
    store, source = Store(tmp_path_factory.mktemp("store")), Source(speech_folder, digest="s1")
    manifest = build_manifest(source, CONFIG.data, CONFIG.features.clip_duration_ms)
    index = write_shards(manifest, source, CONFIG.features, RATE_HZ, store.parts)
    stages = {
        "ingest": made(store, "ingest", lambda folder: write_manifest(manifest, folder / MANIFEST_FILE)),
        "spectrograms": made(store, "spectrograms", lambda folder: index.save(folder / INDEX_FILE)),
        "preflight": made(store, "preflight", lambda folder: (folder / FINDINGS).write_text("[]")),
        "debug": made(store, "debug", Examination((finding(),), 0.2, 0.8, poor=True).save),
        "fit": made(store, "fit", lambda folder: save_untrained(folder, index, len(labels_of(manifest)))),
    }

    def run(stage: Stage, **inputs: Any) -> None:
        stages[stage.name] = store.make(
            stage.recipe(inputs), lambda draft: stage.write(draft, store, **inputs)
        )

    run_checks(run, stages, source)
    run_looks(run, stages, source)
    return Results(store, source, stages)


def run_checks(run: Callable[..., None], stages: dict[str, Artifact], source: Source) -> None:
    validation, data = CONFIG.validation, {"manifest": stages["ingest"], "source": source}
    run(
        validate,
        **data,
        validation=validation,
        sample_rate_hz=RATE_HZ,
        split="random",
        validation_fraction=CONFIG.data.validation_fraction,
        test_fraction=CONFIG.data.test_fraction,
        splits_given=False,
    )
    run(
        validate_spectrograms,
        **data,
        shards=stages["spectrograms"],
        checks=validation.spectrograms,
        features=CONFIG.features,
        sample_rate_hz=RATE_HZ,
        model_name="words",
        champion_profile=lambda: None,
    )
    shards, fitted = stages["spectrograms"], stages["fit"]
    run(evaluate, fitted=fitted, manifest=stages["ingest"], shards=shards, evaluation=CONFIG.evaluation)
    run(validate_predictions, **data, evaluated=stages["evaluate"], checks=validation.predictions)


def run_looks(run: Callable[..., None], stages: dict[str, Artifact], source: Source) -> None:
    data = {"manifest": stages["ingest"], "shards": stages["spectrograms"]}
    form = {"features": CONFIG.features, "sample_rate_hz": RATE_HZ}
    run(signal, **data, **form, seed=0)
    run(leakage, **data, seed=0)
    run(
        audit,
        **data,
        features=CONFIG.features,
        settings=CONFIG.audit,
        min_rms=CONFIG.validation.min_rms,
        min_speech_contrast_db=CONFIG.validation.min_speech_contrast_db,
    )
    run(baseline, **data, seed=0)
    asked = {"fitted": stages["fit"], "settings": CONFIG.analysis, **form}
    evaluated = stages["evaluate"]
    run(error_analysis, **data, **asked, evaluated=evaluated, confidence=CONFIG.evaluation.confidence)
    run(sensitivity, manifest=stages["ingest"], **asked, source=source, perturbations="noise")


@pytest.fixture(scope="module")
def verdict(results: Results) -> Verdict:
    return verdict_of(Evidence(report=results.read_report(), train_clips=160))


def stored_run(**tags: str) -> Any:
    """A run as far as a report looks at it."""
    stored = SimpleNamespace(info=SimpleNamespace(run_name="bright-owl"), data=SimpleNamespace(tags=tags))
    return SimpleNamespace(
        run_id=RUN_ID,
        address=lambda: f"http://127.0.0.1:5000/#/experiments/1/runs/{RUN_ID}",
        connect=lambda: SimpleNamespace(get_run={RUN_ID: stored}.__getitem__),
    )


@pytest.fixture(scope="module")
def html(results: Results, verdict: Verdict, tmp_path_factory: pytest.TempPathFactory) -> str:
    from soundcheck.displays.label_audit import LabelAuditDisplay

    plots = tmp_path_factory.mktemp("plots")
    LabelAuditDisplay(results.read_audit()).save(plots / "label_audit.png")
    revision = {"mlflow.source.git.commit": COMMIT, "soundcheck.git.uncommitted_changes": "true"}
    run = stored_run(**revision, **{"soundcheck.version": MADE_BY})
    return report_of(results, CONFIG, run, plots, verdict)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_verdict_and_what_to_do_come_first(page: Page, verdict: Verdict) -> None:
    first = page.text.index(verdict.sentence)
    assert first < page.text.index(verdict.next_step) < page.text.index("Test accuracy")


def test_it_tells_everything_in_its_order(page: Page) -> None:
    titles = [one["aria-labelledby"] for one in page.all("section")]
    assert len(titles) == 13
    headings = (
        *("What holds the model back", "Data and validation", "Curves", "Findings", "Confusion matrix"),
        *("Worst clips", "Slices", "Calibration", "Sensitivity", "Label audit", "Configuration"),
        *("Provenance", "Run it again"),
    )
    contents = page.text[page.text.index("What holds the model back") :]
    assert contents.startswith(" ".join(headings))


def test_the_worst_clips_can_be_heard_beside_what_misled_the_model(page: Page, results: Results) -> None:
    sounds = {one["aria-label"] for one in page.all("audio")}
    for clip in results.read_error_analysis().explained.clips:
        assert f"Sound of {clip.path}, labelled {clip.label}" in sounds
        assert any(clip.path in one["alt"] for one in page.all("img"))


def test_only_plots_that_were_drawn_are_shown(page: Page, results: Results) -> None:
    descriptions = [one["alt"] for one in page.all("img")]
    plots = [one for one in descriptions if not one.startswith("Features of ")]
    assert plots == [results.read_audit().verdict]
    analysis = results.read_error_analysis()
    confused = sum(len(one.worst) for one in analysis.confusions)
    of_clips = confused + len(analysis.doubtful) + len(analysis.explained.clips)
    assert len(descriptions) - len(plots) == of_clips > 0


def test_each_confusion_can_be_heard_and_seen(page: Page, results: Results) -> None:
    sounds = {one.get("aria-label") for one in page.all("audio", "a")}
    pictures = {one["alt"] for one in page.all("img")}
    analysis = results.read_error_analysis()
    assert analysis.confusions
    for confusion in analysis.confusions:
        assert f"“{confusion.label}” taken for “{confusion.predicted}”: " in page.text
        for clip in confusion.worst:
            assert f"Sound of {clip.path}, labelled {clip.label}" in sounds
    for clip in (*analysis.doubtful, *(clip for one in analysis.confusions for clip in one.worst)):
        assert f"Features of {clip.path} over time and frequency." in pictures


def test_it_counts_the_clips_and_the_expectations(page: Page) -> None:
    assert "200 clips of 8 words; 0 more were set aside." in page.text
    assert re.search(r"\d+ of \d+ expectations hold", page.text)


def test_it_says_how_to_do_it_again(page: Page) -> None:
    assert "soundcheck train \\ --preset quick" in page.text
    assert f"--data '{Path('clips & sounds.zip').resolve()}'" in page.text
    assert f"Revision of the working folder{COMMIT} (with uncommitted changes)" in page.text
    assert f"With Soundcheck {MADE_BY} installed" in page.text
    assert "pip install" not in page.text


def test_it_needs_nothing_but_itself(html: str, page: Page) -> None:
    assert len(html.encode()) < 10_000_000
    assert all(one.get("src", "data:").startswith("data:") for _, one in page.elements)


def test_without_a_repository_and_without_findings(
    results: Results, verdict: Verdict, tmp_path: Path
) -> None:
    sound = Examination((), 0.9, 0.8, poor=False)
    stages = {**results.stages, "try_fix": made(results.store, "try_fix", sound.save)}
    text = Page(report_of(replace(results, stages=stages), CONFIG, stored_run(), tmp_path, verdict)).text
    assert "not in a repository" in text
    assert "not recorded" in text
    assert "With Soundcheck of the same version installed" in text
    assert "Nothing is wrong with this training that Soundcheck knows of." in text


def test_it_says_what_to_ask_next_of_this_run(page: Page, verdict: Verdict) -> None:
    command = page.text[page.text.index("soundcheck diagnose 01234567 \\") :]
    for question in verdict.unmeasured:
        assert f"--only {question.name}" in command


@pytest.fixture(scope="module")
def diagnosed(results: Results) -> Results:
    """The same with what a diagnosis adds."""
    store, stages = results.store, dict(results.stages)
    data = {"manifest": stages["ingest"], "shards": stages["spectrograms"]}
    trained = {
        f"subset_{subset}_seed_0": made(
            store,
            "retrain",
            partial(save_trained, clips=100 * 2**subset, correct=700 + 50 * subset),
            subset=subset,
        )
        for subset in range(5)
    }
    asked: list[tuple[Stage, dict[str, Any]]] = [
        (standard_learners, {**data, "evaluated": stages["evaluate"], "seed": 0}),
        (
            finer_features,
            {**data, "source": results.source, "finer": CONFIG.features, "sample_rate_hz": RATE_HZ},
        ),
        (learning_curve, trained),
        (repeats, {**data, "model": CONFIG.model, "training": CONFIG.training, "confidence": 0.9, **trained}),
    ]
    for stage, inputs in asked:
        stages[stage.name] = store.make(stage.recipe(inputs), partial(stage.write, store=store, **inputs))
    return replace(results, stages=stages)


def save_trained(folder: Path, clips: int, correct: int) -> None:
    told = {"seed": 0, "train_clips": clips, "test_clips": 1000, "correct": correct}
    (folder / RETRAINED_FILE).write_text(json.dumps(told))


def test_what_was_asked_since_has_sections_of_its_own(
    diagnosed: Results, verdict: Verdict, tmp_path: Path
) -> None:
    for name in ("standard_learners", "learning_curve", "repeats"):
        (tmp_path / f"{name}.png").write_bytes(png(seed=len(name)))
    page = Page(report_of(diagnosed, CONFIG, stored_run(), tmp_path, verdict))
    titles = "Sensitivity Standard algorithms Finer features More clips Other seeds Label audit"
    assert titles in page.text
    descriptions = [one["alt"] for one in page.all("img")]
    parts: tuple[Part, ...] = ("standard_learners", "finer_features", "learning_curve", "repeats")
    for part in parts:
        said = sentences_of(part, diagnosed)[0]
        assert said in page.text
        assert (said in descriptions) == (part != "finer_features")
    for rival in diagnosed.read_standard_learners().rivals:
        assert rival.name in page.text


def test_libraries_are_those_of_the_training(results: Results, tmp_path: Path) -> None:
    store = Store(tmp_path)

    def by(stage: str, **versions: str) -> Artifact:
        recipe = Recipe(stage=stage, inputs={}, code="", versions=versions)
        return store.make(recipe, lambda _draft: None)

    fitted, again = by("fit", keras="1.1"), by("sensitivity", keras="2.2", numpy="3.3")
    stages = {"fit": fitted, "sensitivity": again, "repeats": by("repeats", keras="4.4", scipy="5.5")}
    origin = Origin(RUN_ID, "bright-owl", "", {})
    section = provenance_section(Results(store, results.source, stages), origin)
    folded = next(one for one in section.blocks if isinstance(one, Folded) and "Libraries" in one.summary)
    assert folded.blocks == (Facts({"keras": "1.1", "numpy": "3.3"}),)


@pytest.mark.parametrize(
    ("uri", "server"),
    [
        ("https://me:s3cret@tracking.example/", "https://tracking.example"),
        ("http://tracking.example:8080", "http://tracking.example:8080"),
        ("sqlite:////home/me@work/mlflow.db", "http://127.0.0.1:5000"),
    ],
)
def test_the_page_of_a_run_is_on_its_own_server_and_tells_no_password(
    uri: str, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://elsewhere.example")
    assert page_of(uri, "1", RUN_ID) == f"{server}/#/experiments/1/runs/{RUN_ID}"


@pytest.fixture
def client(home: Path) -> "MlflowClient":
    return connect(home)


@pytest.fixture
def logged(home: Path, client: "MlflowClient", tmp_path: Path) -> Receipt:
    """A run of a real MLflow, with two plots."""
    (tmp_path / PLOTS).mkdir()
    for number, name in enumerate(("sensitivity", "leakage")):
        (tmp_path / PLOTS / f"{name}.png").write_bytes(png(seed=number))
    experiment = client.create_experiment("words", artifact_location=(home / "mlartifacts").as_uri())
    run_id = client.create_run(experiment).info.run_id
    client.log_artifacts(run_id, str(tmp_path / PLOTS), PLOTS)
    return receipt_of(home, run_id, experiment)


def receipt_of(home: Path, run_id: str = RUN_ID, experiment_id: str = "1") -> Receipt:
    return Receipt(
        tracking_uri=f"sqlite:///{home}/mlflow.db",
        experiment="words",
        identity="i1",
        run_id=run_id,
        experiment_id=experiment_id,
        model_id="m1",
        mlflow="",
    )


def diagnosis_in(home: Path, verdict: Verdict, run_id: str = RUN_ID) -> Diagnosis:
    """A diagnosis that has drawn the sensitivity alone."""
    folder = home / "diagnoses" / run_id
    (folder / "sensitivity").mkdir(parents=True)
    (folder / "sensitivity" / "sensitivity.png").write_bytes(png(seed=2))
    return Diagnosis(
        flow_run_id="f1",
        subject=run_id,
        mlflow_run_id=run_id,
        test_accuracy=0.9,
        test_accuracy_interval=(0.8, 0.95),
        parts=[],
        verdict=verdict.to_dict(),
        stages={},
        folder=folder,
        drawn=["sensitivity"],
        home=home,
    )


def artifacts(client: "MlflowClient", receipt: Receipt) -> set[str]:
    return {one.path for one in client.list_artifacts(receipt.run_id)}


@pytest.mark.slow  # importing MLflow takes seconds
def test_a_diagnosis_writes_the_report_again_with_its_own_pictures_first(
    diagnosed: Results, verdict: Verdict, home: Path, client: "MlflowClient", logged: Receipt, tmp_path: Path
) -> None:
    shown = show.fn(diagnosis_in(home, verdict, logged.run_id), logged, diagnosed, CONFIG)
    assert shown.outcome == "rebuilt"
    file = home / "reports" / logged.run_id / REPORT
    assert shown.report == file
    html = Path(client.download_artifacts(logged.run_id, REPORT, str(tmp_path))).read_text(encoding="utf-8")
    assert html == file.read_text(encoding="utf-8")
    drawn = [b64encode(png(seed=seed)).decode() in html for seed in range(3)]
    assert drawn == [False, True, True]
    assert "Other seeds" in Page(html).text
    assert artifacts(client, logged) == {REPORT, "diagnosis", PLOTS}
    assert client.get_run(logged.run_id).data.tags[VERDICT] == verdict.sentence


@pytest.mark.slow  # importing MLflow takes seconds
def test_a_run_of_an_older_version_is_shown_its_diagnosis_without_a_report(
    results: Results, verdict: Verdict, home: Path, client: "MlflowClient", logged: Receipt
) -> None:
    old = {name: one for name, one in results.stages.items() if name not in {"error_analysis", "sensitivity"}}
    shown = show.fn(diagnosis_in(home, verdict, logged.run_id), logged, replace(results, stages=old), CONFIG)
    assert (shown.outcome, shown.report) == ("rebuilt", None)
    assert "made by an older Soundcheck, without error_analysis, sensitivity" in shown.why
    assert artifacts(client, logged) == {"diagnosis", PLOTS}


@pytest.mark.slow  # importing MLflow takes seconds
def test_a_run_whose_plots_are_gone_is_shown_its_diagnosis_without_a_report(
    results: Results, verdict: Verdict, home: Path, client: "MlflowClient", logged: Receipt
) -> None:
    rmtree(home / "mlartifacts")
    shown = show.fn(diagnosis_in(home, verdict, logged.run_id), logged, results, CONFIG)
    assert (shown.outcome, shown.report) == ("rebuilt", None)
    assert "no report.html: the run's plots/ could not be had" in shown.why
    assert artifacts(client, logged) == {"diagnosis"}


@pytest.mark.slow  # importing MLflow takes seconds
def test_nothing_is_written_into_a_run_that_was_deleted(
    results: Results, verdict: Verdict, home: Path, client: "MlflowClient", logged: Receipt
) -> None:
    client.delete_run(logged.run_id)
    shown = show.fn(diagnosis_in(home, verdict, logged.run_id), logged, results, CONFIG)
    assert (shown.outcome, shown.report) == ("skipped", None)
    assert f"the run {logged.run_id} was deleted in MLflow" in shown.why
    assert not (home / "reports").exists()
    assert artifacts(client, logged) == {PLOTS}


@pytest.mark.slow  # importing MLflow takes seconds
def test_a_report_that_cannot_be_written_is_no_secret(
    results: Results, verdict: Verdict, home: Path, logged: Receipt
) -> None:
    (home / "reports").write_text("a file in the way")
    with pytest.raises(StoreError, match="reports is a file, and a folder is needed there"):
        show.fn(diagnosis_in(home, verdict, logged.run_id), logged, results, CONFIG)


@pytest.mark.slow  # importing MLflow takes seconds
def test_a_database_that_is_gone_is_told(results: Results, verdict: Verdict, tmp_path: Path) -> None:
    shown = show.fn(diagnosis_in(tmp_path, verdict), receipt_of(tmp_path / "gone"), results, CONFIG)
    assert shown.outcome == "skipped"
    assert f"the run {RUN_ID} of sqlite:///" in shown.why
    assert not (tmp_path / "reports").exists()


def test_a_model_file_has_no_run_to_show_it(results: Results, verdict: Verdict, tmp_path: Path) -> None:
    shown = show.fn(diagnosis_in(tmp_path, verdict), None, results, CONFIG)
    assert (shown.outcome, shown.report) == ("skipped", None)


@pytest.mark.slow  # importing MLflow takes seconds
def test_a_run_keeps_the_report_that_plays_clips_which_are_gone_now(
    results: Results, verdict: Verdict, home: Path, client: "MlflowClient", logged: Receipt, tmp_path: Path
) -> None:
    client.log_text(logged.run_id, "the earlier one", REPORT)
    moved = replace(results, source=Source(tmp_path, digest="s1"))
    shown = show.fn(diagnosis_in(home, verdict, logged.run_id), logged, moved, CONFIG)
    assert shown.report == home / "diagnoses" / logged.run_id / REPORT
    assert re.search(r"report\.html stays as it was, for \d+ clips have changed", shown.why)
    assert shown.address.endswith(f"/artifacts/diagnosis/{REPORT}")
    kept = Path(client.download_artifacts(logged.run_id, REPORT, str(tmp_path)))
    assert kept.read_text() == "the earlier one"
    aside = {one.path for one in client.list_artifacts(logged.run_id, "diagnosis")}
    assert f"diagnosis/{REPORT}" in aside
    assert not (home / "reports").exists()


def patient_of(results: Results, **known: Any) -> Patient:
    made = results.stages
    artifacts = (made["ingest"], made["spectrograms"], made["fit"], made["evaluate"])
    return Patient("own", CONFIG, results.source, *artifacts, **known)


def of_file(results: Results, takes_waveforms: bool, stages: Collection[str]) -> Results:
    """The same as if the model were somebody's own; of a run, some stages are never there."""
    fit, labels = results.folder("fit"), labels_of(results.read_manifest())

    def write(folder: Path) -> None:
        copytree(fit, folder, dirs_exist_ok=True, ignore=ignore_patterns("inventory.json"))
        (folder / FORM).write_bytes(canonical_json({"waveforms": takes_waveforms, "outputs": labels}))

    adopted = made(results.store, "adopt", write, waveforms=takes_waveforms)
    own = {name: one for name, one in results.stages.items() if name in stages}
    return replace(results, stages={**own, "fit": adopted})


JUDGED = ("ingest", "spectrograms", "evaluate", "signal", "leakage", "audit", "baseline")


def test_a_model_file_has_a_page_of_its_own(diagnosed: Results, home: Path) -> None:
    asked = ("error_analysis", "sensitivity", "standard_learners")
    results = of_file(diagnosed, False, (*JUDGED, *asked))
    diagnosis = diagnosis_of(patient_of(results), results, ["error_analysis"], home, "f1", {})
    assert (diagnosis.report, diagnosis.note) == (diagnosis.folder / REPORT, "")
    page = Page((diagnosis.folder / REPORT).read_text(encoding="utf-8"))
    assert (
        " ".join(
            (
                *("What holds the model back", "Confusion matrix", "Worst clips", "Slices", "Calibration"),
                *("Sensitivity", "Standard algorithms", "Provenance"),
            )
        )
        in page.text
    )
    assert diagnosis.verdict["sentence"] in page.text
    sounds = {one["aria-label"] for one in page.all("audio")}
    for clip in results.read_error_analysis().explained.clips:
        assert f"Sound of {clip.path}, labelled {clip.label}" in sounds
    assert all(one.get("src", "data:").startswith("data:") for _, one in page.elements)
    assert diagnosis.drawn == [*asked]  # what was asked earlier is on the page too


def test_a_model_file_that_was_asked_one_thing_is_told_that(diagnosed: Results, home: Path) -> None:
    results = of_file(diagnosed, False, (*JUDGED, "sensitivity"))
    diagnosis = diagnosis_of(patient_of(results), results, ["sensitivity"], home, "f1", {})
    page = Page((diagnosis.folder / REPORT).read_text(encoding="utf-8"))
    assert "Sensitivity Provenance" in page.text


def test_of_a_model_that_takes_waveforms_there_is_no_saliency(diagnosed: Results, home: Path) -> None:
    results = of_file(diagnosed, True, (*JUDGED, "error_analysis"))
    analysis = results.read_error_analysis()
    unexplained = replace(
        analysis,
        explained=Explained((), analysis.explained.features[:0], Saliency(*(np.zeros((0, 1, 1)),) * 3)),
    )
    stages = {**results.stages, "error_analysis": made(results.store, "unexplained", unexplained.save)}
    results = replace(results, stages=stages)
    diagnosis = diagnosis_of(patient_of(results), results, ["error_analysis"], home, "f1", {})
    page = Page((diagnosis.folder / REPORT).read_text(encoding="utf-8"))
    assert "input is the waveform and no spectrogram" in diagnosis.note
    assert diagnosis.note in page.text
    assert "No test clip is recognised wrongly" not in page.text
    worst = page.text[page.text.index(diagnosis.note) :]
    assert all(clip.path in worst for clip in analysis.hardest if clip.predicted != clip.label)


def test_a_picture_that_cannot_be_drawn_leaves_the_earlier_ones(
    diagnosed: Results, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = patient_of(diagnosed, receipt=receipt_of(home))
    first = diagnosis_of(patient, diagnosed, ["sensitivity"], home, "f1", {})

    def fail(folder: Path, *_arguments: Any) -> None:
        (folder / "half.png").touch()
        raise MemoryError

    monkeypatch.setattr("tasks.diagnosis.PICTURES", {"sensitivity": fail})
    with pytest.raises(MemoryError):
        diagnosis_of(patient, diagnosed, ["sensitivity"], home, "f1", {})
    assert [one.name for one in (first.folder / "sensitivity").iterdir()] == ["sensitivity.png"]
    assert [one.name for one in (home / "diagnoses").iterdir()] == [first.folder.name]


@pytest.mark.parametrize("way", ["diagnoses", f"diagnoses/{RUN_ID}"])
def test_a_file_where_the_diagnosis_belongs_is_named(diagnosed: Results, home: Path, way: str) -> None:
    (home / way).parent.mkdir(exist_ok=True)
    (home / way).touch()
    patient = patient_of(diagnosed, receipt=receipt_of(home))
    with pytest.raises(StoreError, match=f"{way} is a file, and a folder is needed there"):
        diagnosis_of(patient, diagnosed, ["sensitivity"], home, "f1", {})


def test_a_diagnosis_that_may_not_be_replaced_says_so(
    diagnosed: Results, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = patient_of(diagnosed, receipt=receipt_of(home))
    folder = diagnosis_of(patient, diagnosed, ["sensitivity"], home, "f1", {}).folder

    def forbidden(path: Path) -> None:
        if path == folder / "sensitivity":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        remove(path)

    monkeypatch.setattr("tasks.diagnosis.remove", forbidden)  # to root, nothing is
    with pytest.raises(StoreError, match="may not be written"):
        diagnosis_of(patient, diagnosed, ["sensitivity"], home, "f1", {})


def test_where_the_sounds_are_gone_the_cards_say_so(
    results: Results, verdict: Verdict, tmp_path: Path
) -> None:
    moved = replace(results, source=Source(tmp_path, digest="s1"))
    page = Page(report_of(moved, CONFIG, stored_run(), tmp_path, verdict))
    assert not page.all("audio")
    assert "its file changed since the run, or is gone" in page.text
