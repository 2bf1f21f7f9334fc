"""`soundcheck diagnose` of a run and of somebody's model, on real speech, and what it refuses."""

import json
import re
import urllib.request
import zipfile
from pathlib import Path

import keras
import pytest
from flow_stages import FRUGAL, as_options
from mlflow import MlflowClient
from report_pages import Page

from soundcheck.config import TrainingConfig
from soundcheck.data.manifest import MANIFEST_FILE
from soundcheck.features.index import INDEX_FILE
from soundcheck.store import Parts
from soundcheck.training.data import training_datasets
from tasks.receipts import Receipt

pytestmark = pytest.mark.slow

DEFAULT_PARTS = ["findings", "error_analysis", "sensitivity", "standard_learners", "finer_features"]
NEVER_RUN = {"fit", "ingest", "spectrograms"}  # of a run that is diagnosed
WORDS = ["down", "go", "left", "no", "right", "stop", "up", "yes"]


@pytest.fixture(scope="module")
def diagnosed(soundcheck, trained):
    """The shared run, diagnosed with all that needs no further training."""
    done = soundcheck(trained.home, "diagnose", "--json")
    assert done.code == 0, done.errors
    return done


def test_a_run_is_diagnosed_with_its_own_results(diagnosed, trained):
    result = diagnosed.result
    assert result["mlflow_run_id"] == result["subject"] == trained.first.result["mlflow_run_id"]
    assert [part["part"] for part in result["parts"]] == DEFAULT_PARTS
    assert all(part["sentences"] for part in result["parts"])
    assert not NEVER_RUN & set(result["stages"])
    assert result["test_accuracy"] == trained.first.result["test_accuracy"]


def test_it_ends_with_a_verdict_and_what_could_still_be_asked(diagnosed):
    verdict = diagnosed.result["verdict"]
    assert verdict["subject"] in {"features", "hyper-parameters", "data", "nothing"}
    assert verdict["next_step"]
    assert [one["name"] for one in verdict["unmeasured"]] == ["learning_curve", "repeats"]


def test_the_pictures_stand_in_the_home_and_in_the_run(diagnosed, trained, tmp_path):
    result, folder = diagnosed.result, Path(diagnosed.result["folder"])
    assert folder.parent == trained.home / "diagnoses"
    pictures = [name for part in result["parts"] for name in part["pictures"]]
    assert {"sensitivity/sensitivity.png", "error_analysis/slices.png"} <= set(pictures)
    assert all((folder / name).read_bytes().startswith(b"\x89PNG") for name in pictures)
    client = MlflowClient(f"sqlite:///{trained.home}/mlflow.db")
    shown = {one.path for one in client.list_artifacts(result["mlflow_run_id"], "diagnosis/sensitivity")}
    assert shown == {"diagnosis/sensitivity/sensitivity.png"}
    run = client.get_run(result["mlflow_run_id"])
    assert run.data.tags["soundcheck.verdict"] == result["verdict"]["sentence"]
    assert run.info.status == "FINISHED"
    report = Path(client.download_artifacts(result["mlflow_run_id"], "report.html", str(tmp_path)))
    page = Page(report.read_text(encoding="utf-8"))
    assert "Standard algorithms" in page.text
    assert result["verdict"]["sentence"] in page.text


def test_the_prefect_run_shows_the_verdict_and_links_to_the_report(diagnosed, environment):
    result = diagnosed.result
    body = json.dumps({"artifacts": {"flow_run_id": {"any_": [result["flow_run_id"]]}}}).encode()
    request = urllib.request.Request(  # noqa: S310
        f"{environment['PREFECT_API_URL']}/artifacts/filter", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        pages = {one["key"]: one["data"] for one in json.load(response)}
    assert pages.keys() == {"diagnosis-result", "diagnosis-report"}
    assert result["verdict"]["next_step"][:20] in pages["diagnosis-result"]
    assert f"/runs/{result['mlflow_run_id']}/artifacts/report.html)" in pages["diagnosis-report"]


def test_once_more_computes_nothing_and_says_the_same(diagnosed, soundcheck, trained):
    run_id = diagnosed.result["mlflow_run_id"]
    done = soundcheck(trained.home, "diagnose", run_id[:6], "--json")
    assert done.code == 0, done.errors
    assert {one["outcome"] for one in done.result["stages"].values()} == {"reused"}
    assert done.result["verdict"] == diagnosed.result["verdict"]


def test_what_was_asked_earlier_is_evidence_later(diagnosed, soundcheck, trained):
    done = soundcheck(trained.home, "diagnose", "--json", "--only", "standard_learners, error_analysis")
    assert [part["part"] for part in done.result["parts"]] == ["error_analysis", "standard_learners"]
    assert done.result["verdict"] == diagnosed.result["verdict"]


def test_the_terminal_ends_with_the_verdict(diagnosed, soundcheck, trained):
    done = soundcheck(trained.home, "diagnose", "--only", "error_analysis")
    assert done.code == 0, done.errors
    parts, verdict = done.output.split("verdict")[0], done.output.split("verdict")[-1]
    assert "error_analysis: confusions" in parts
    assert str(trained.home / "diagnoses") in parts
    assert diagnosed.result["verdict"]["next_step"][:40] in verdict
    assert "--only repeats" in verdict


def test_training_again_gives_the_run_again_and_takes_up_what_is_there(soundcheck, short_run):
    home, run = short_run
    accounts = []
    for part in ("repeats", "learning_curve"):
        done = soundcheck(home, "diagnose", run["mlflow_run_id"], "--json", "--only", part)
        assert done.code == 0, done.errors
        [said] = done.result["parts"]
        assert said["part"] == part
        accounts.append(done.errors.splitlines())
    assert any(f"seed 0: accuracy {run['test_accuracy']:.3f}" in line for line in accounts[0])
    # Two of the five seeds on all clips were trained for the repeats already.
    reused = [line for line in accounts[1] if line.startswith("retrain") and " reused " in line]
    assert len(reused) == 2
    assert {one["name"] for one in done.result["verdict"]["unmeasured"]} == {
        "standard_learners",
        "finer_features",
    }


@pytest.fixture(scope="module")
def short_run(soundcheck, speech_folder, tmp_path_factory):
    """A run that is quick to train again: its home and its result."""
    home = tmp_path_factory.mktemp("short") / "home"
    done = soundcheck(home, "train", "--data", speech_folder, *as_options(*FRUGAL), "--json")
    assert done.code == 0, done.errors
    return home, done.result


def of_features(path, outputs=8, bins=40, activation="softmax"):
    keras.utils.set_random_seed(0)
    given = keras.Input((98, bins))
    pooled = keras.layers.GlobalMaxPooling1D()(given)
    keras.Model(given, keras.layers.Dense(outputs, activation=activation)(pooled)).save(path)
    return path


def of_waveforms(path):
    keras.utils.set_random_seed(0)
    given = keras.Input((16000,))
    columns = keras.layers.Reshape((160, 100))(given)
    keras.Model(given, keras.layers.Dense(8)(keras.layers.GlobalMaxPooling1D()(columns))).save(path)
    return path


SPLIT = ("--set", "data.split=random")


@pytest.mark.parametrize("make", [of_features, of_waveforms])
def test_a_model_of_ones_own_is_diagnosed(soundcheck, trained, clips, tmp_path, make):
    model = make(tmp_path / "own.keras")
    done = soundcheck(trained.home, "diagnose", model, "--data", clips, *SPLIT, "--json")
    assert done.code == 0, done.errors
    result = done.result
    assert result["mlflow_run_id"] is None
    assert [part["part"] for part in result["parts"]] == DEFAULT_PARTS[1:]
    assert result["verdict"]["subject"] == "hyper-parameters"  # it was never trained
    assert result["verdict"]["unmeasured"] == []  # but for what would take its training
    assert result["stages"]["adopt"]["outcome"] == "rebuilt"
    assert result["stages"]["ingest"]["outcome"] == "reused"
    assert json.loads((Path(result["folder"]) / "diagnosis.json").read_text())["verdict"] == result["verdict"]
    assert result["report"] == f"{result['folder']}/report.html"
    assert "Worst clips" in Page(Path(result["report"]).read_text(encoding="utf-8")).text
    assert ("no spectrogram" in result["note"]) == (make is of_waveforms)


def test_where_the_page_on_a_model_file_is_can_be_read_in_the_terminal(soundcheck, trained, clips, tmp_path):
    model = of_waveforms(tmp_path / "own.keras")
    done = soundcheck(trained.home, "diagnose", model, "--data", clips, *SPLIT, "--only", "error_analysis")
    assert done.code == 0, done.errors
    [place] = re.findall(r"^report +(.*)$", done.output, re.MULTILINE)
    assert Path(place).is_file()
    assert "There is no saliency" in done.output


def test_outputs_in_another_order_are_named(soundcheck, trained, clips, tmp_path):
    """The model of the run, having learnt the other clips by heart as well, its outputs turned round."""
    results = trained.home / "store" / "results"
    [fit], [ingest], [spectrograms] = (
        list(results.glob(f"{stage}/*")) for stage in ("fit", "ingest", "spectrograms")
    )
    fitted = keras.saving.load_model(fit / "model.keras")
    parts = Parts(trained.home / "store")
    data = training_datasets(ingest / MANIFEST_FILE, spectrograms / INDEX_FILE, parts, TrainingConfig())
    fitted.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    fitted.fit(data.validation.concatenate(data.test).repeat(40), shuffle=False, verbose=0)
    [logits] = keras.tree.flatten(fitted.outputs)
    keras.Model(fitted.inputs, keras.ops.flip(logits, axis=-1)).save(tmp_path / "turned.keras")
    right, wrong = ",".join(reversed(WORDS)), ", ".join([*WORDS[3:], *WORDS[:3]])
    given = ("--data", clips, *SPLIT, "--labels", wrong, "--only", "error_analysis")
    done = soundcheck(trained.home, "diagnose", tmp_path / "turned.keras", *given, "--json")
    assert done.code == 0, done.errors
    assert done.result["verdict"]["next_step"] == f"Diagnose the file again with --labels {right}."
    assert done.result["verdict"]["subject"] == "feature code"
    assert f"In the order {right.replace(',', ', ')} they are right for" in done.result["verdict"]["sentence"]


def text(path):
    path.write_text("yes, no")
    return path


def archive(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", "{}")
    return path


NO_SERVER = {"PREFECT_API_URL": "http://127.0.0.1:9/api"}  # which a command that needs one refuses


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: folder / "none.keras", "there is no file"),
        (lambda folder: text(folder / "notes.txt"), "is no .keras file"),
        (lambda folder: text(folder / "model.keras"), "damaged, or no file"),
        (lambda folder: folder, "is a folder"),
    ],
)
def test_what_is_no_model_is_refused_before_anything_starts(soundcheck, trained, clips, tmp_path, make, said):
    prefect = tmp_path / "prefect"
    given = ("--data", clips, "--labels", "a")
    done = soundcheck(
        trained.home, "diagnose", make(tmp_path), *given, **NO_SERVER, PREFECT_HOME=str(prefect)
    )
    assert done.code == 1
    assert not prefect.exists()
    assert "Traceback" not in done.errors
    assert said in done.errors


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: archive(folder / "model.keras"), "damaged, or no file"),
        (lambda folder: of_features(folder / "model.keras", bins=41), "(98, 41), but a clip is (98, 40)"),
        (lambda folder: of_features(folder / "model.keras", outputs=7), "8 labels (down, go, left"),
    ],
)
def test_a_model_that_cannot_be_used_is_refused(soundcheck, trained, clips, tmp_path, make, said):
    done = soundcheck(trained.home, "diagnose", make(tmp_path), "--data", clips, *SPLIT)
    assert done.code == 1
    assert "Traceback" not in done.errors
    assert said in done.errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "sensitivty"], "did you mean 'sensitivity'?"),
        (["--only", ""], "'' is no part of a diagnosis; the parts are findings, "),
        (["--only", "repeats", "--only", " "], "'' is no part of a diagnosis"),
        (["a" * 300], "no run 'aaa"),
        (["--only", "repeats,nonsense"], "'nonsense' is no part of a diagnosis; the parts are findings, "),
        (["--set", "training.epochs=3"], "--set is for a MODEL.keras"),
        (["none.keras", "--only", "repeats"], "name them with --data"),
        (["none.keras", "--data", "synthetic", "--only", "repeats"], "asks about the training"),
        (["ffffffff", "--set", "training.epochs=3"], "--set is for a MODEL.keras"),
        (["--data", "synthetic"], "has data and settings of its own"),
        (["own.keras"], "name them with --data"),
        (["own.keras", "--data", "synthetic", "--only", "repeats"], "asks about the training"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_starts(
    soundcheck, trained, tmp_path, arguments, said
):
    archive(trained.home.parent / "own.keras")
    prefect = tmp_path / "prefect"
    done = soundcheck(trained.home, "diagnose", *arguments, **NO_SERVER, PREFECT_HOME=str(prefect))
    assert done.code == 1
    assert not prefect.exists()
    assert "Traceback" not in done.errors
    assert said in done.errors


@pytest.mark.parametrize("run", ["ffffffff", "nope"])
def test_an_unknown_run_is_refused_with_those_there_are(soundcheck, trained, run):
    done = soundcheck(trained.home, "diagnose", run, **NO_SERVER)
    assert done.code == 1
    assert "Traceback" not in done.errors
    assert f"no run '{run}'" in done.errors
    assert trained.first.result["mlflow_run_id"][:8] in done.errors


def test_a_run_with_unknown_settings_is_refused_before_anything_starts(soundcheck, tmp_path):
    home, prefect = tmp_path / "home", tmp_path / "prefect"
    names = ("tracking_uri", "experiment", "identity", "experiment_id", "model_id", "mlflow")
    known = dict.fromkeys(names, "1")
    Receipt(run_id="abcd11", configuration={"training": {"epoch": 3}}, **known).save(home / "store")
    done = soundcheck(home, "diagnose", "abcd11", **NO_SERVER, PREFECT_HOME=str(prefect))
    assert done.code == 1
    assert "Traceback" not in done.errors
    assert "training.epoch" in done.errors
    assert not prefect.exists()


def test_a_home_without_a_run_says_so(soundcheck, tmp_path):
    done = soundcheck(tmp_path / "home", "diagnose")
    assert done.code == 1
    assert "soundcheck train" in done.errors
    assert "Traceback" not in done.errors
