"""The flow `train` from end to end on real speech: what it prints, what it leaves in MLflow and Prefect."""

import contextlib
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from flow_stages import STAGES
from mlflow import MlflowClient

pytestmark = pytest.mark.slow

OUTCOMES = [*STAGES, "register"]
BASELINES = ["most_frequent", "stratified", "best_feature", "logistic_regression"]
EPOCHS = 15


@pytest.fixture
def client(trained):
    return MlflowClient(f"sqlite:///{trained.home}/mlflow.db")


@pytest.fixture
def run(trained, client):
    return client.get_run(trained.first.result["mlflow_run_id"])


def artifacts(client, run_id, folder=""):
    found = client.list_artifacts(run_id, folder)
    files = {one.path for one in found if not one.is_dir}
    return files.union(*(artifacts(client, run_id, one.path) for one in found if one.is_dir))


def test_the_result_is_one_json_object_and_a_calm_account(trained):
    assert trained.first.code == 0, trained.first.errors
    result = trained.first.result
    assert list(result["stages"]) == OUTCOMES
    assert {one["outcome"] for one in result["stages"].values()} == {"rebuilt"}
    assert all(one["why"] and one["seconds"] >= 0 for one in result["stages"].values())
    assert list(result["baselines"]) == BASELINES
    assert result["baselines"]["most_frequent"] < 0.2
    assert result["test_accuracy"] > max(result["baselines"].values())
    assert 0 < result["validation_accuracy"] <= 1
    assert (result["model_name"], result["model_version"]) == ("speech-commands", "1")
    assert result["home"] == str(trained.home)
    headline, *account = trained.first.errors.splitlines()
    assert headline.startswith("tc_resnet8 on ")
    assert [line.split()[0] for line in account] == OUTCOMES, trained.first.errors


def test_the_broken_clip_is_set_aside_and_the_stereo_one_converted(trained, client, run, tmp_path):
    why = trained.first.result["stages"]["ingest"]["why"]
    assert "802 clips, 1 set aside, 1 converted to mono 16000 Hz" in why
    table = Path(client.download_artifacts(run.info.run_id, "set_aside.csv", str(tmp_path))).read_text()
    assert "yes/broken_nohash_0.wav" in table
    assert "stereo" not in table


def test_the_run_holds_the_configuration_and_the_data(run):
    params = run.data.params
    assert params["training.epochs"] == str(EPOCHS)
    assert params["optimizer.name"] == "adam"
    assert params["data.labels"] == "down, go, left, no, right, stop, up, yes"
    assert params["data.clips"] == "801"
    assert params["data.clips.no"] == "101"
    assert params["data.path"]
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "first"
    assert run.data.tags["room"] == "kitchen"
    assert run.data.tags["soundcheck.stage.fit"].startswith("rebuilt: ")  # another test may refresh it
    inputs = {one.tags[0].value: one.dataset for one in run.inputs.dataset_inputs}
    assert set(inputs) == {"train", "validation", "test"}
    assert all(len(dataset.digest) == 32 for dataset in inputs.values())


def test_the_run_names_its_commit_and_its_flow_run(trained, run):
    flow_run_id = trained.first.result["flow_run_id"]
    assert run.data.tags["prefect.flow_run_id"] == flow_run_id
    assert run.data.tags["prefect.flow_run_url"].endswith(f"/runs/flow-run/{flow_run_id}")
    # The command ran outside a repository, so there is no commit of the user's to name.
    assert "mlflow.source.git.commit" not in run.data.tags


def test_every_epoch_of_the_three_sets_is_logged(client, run):
    for name in ("train_loss", "validation_loss", "test_loss", "train_accuracy", "test_accuracy"):
        points = client.get_metric_history(run.info.run_id, name)
        assert [point.step for point in points] == list(range(1, EPOCHS + 1))


def test_the_metrics_of_the_logged_model_are_linked_to_their_data(client, run):
    [model] = client.search_logged_models([run.info.experiment_id])
    inputs = {one.tags[0].value: one.dataset for one in run.inputs.dataset_inputs}
    linked = {metric.key: metric.dataset_digest for metric in model.metrics}
    for split, dataset in inputs.items():
        assert linked[f"{split}_accuracy"] == linked[f"final/{split}_accuracy"] == dataset.digest
    assert model.status == "READY"
    assert model.source_run_id == run.info.run_id


def test_the_chosen_epoch_is_the_best_on_validation(client, run):
    points = client.get_metric_history(run.info.run_id, "validation_accuracy")
    chosen = int(run.data.params["training.best_epoch"])
    assert points[chosen - 1].value == max(point.value for point in points)
    assert run.data.metrics["final/validation_accuracy"] == pytest.approx(points[chosen - 1].value, abs=1e-6)


def test_the_run_shows_audio_plots_docs_predictions_and_architecture(client, run):
    files = artifacts(client, run.info.run_id)
    assert sum(name.startswith("audio/") and name.endswith(".wav") for name in files) == 8
    plots = {Path(name).stem for name in files if name.startswith("plots/")}
    assert {"waveforms", "waveform_and_spectrogram", "learning_curves", "confusion_matrix"} <= plots
    assert {"correlations", "mutual_information", "leakage", "label_audit"} <= plots
    assert {"training_record", "reliability", "accept_curve", "slices", "sensitivity", "saliency"} <= plots
    assert {"architecture.txt", "predictions_test.csv", "label_audit.csv", "label_audit.html"} <= files
    assert {"report.html", "findings.json", "hardest_clips.csv", "word_thresholds.csv"} <= files
    for stage in ("validate", "validate_spectrograms", "validate_predictions"):
        assert f"data_docs/{stage}/index.html" in files


def test_how_far_the_model_can_be_trusted_is_among_the_metrics(run):
    metrics = run.data.metrics
    assert 0 <= metrics["calibration/error"] <= 1
    assert metrics["calibration/temperature"] > 0
    assert 0 <= metrics["sensitivity/white_noise_-5_db"] <= 1
    assert metrics["findings"] == 0


def test_the_verdict_and_the_report_are_told(trained, soundcheck):
    verdict = trained.first.result["verdict"]
    assert verdict["sentence"]
    assert verdict["next_step"]
    done = soundcheck(trained.home, "report")
    assert done.code == 0, done.errors
    report = Path(done.output.strip())
    assert report.stat().st_size < 10_000_000
    assert "Worst clips" in report.read_text(encoding="utf-8")


def test_a_report_is_at_hand_also_where_no_browser_opens_it(trained, soundcheck):
    done = soundcheck(trained.home, "report", "--open", BROWSER="false", DISPLAY="", WAYLAND_DISPLAY="")
    assert done.code == 1
    assert Path(done.output.strip()).is_file()
    assert done.errors.startswith("soundcheck: there is no browser here")


def test_a_report_of_an_unknown_run_is_refused(trained, soundcheck):
    done = soundcheck(trained.home, "report", "0123456789")
    assert done.code == 1
    assert "no run '0123456789' is known" in done.errors
    assert "Traceback" not in done.errors


def test_what_the_data_allow_is_among_the_metrics(run):
    metrics = run.data.metrics
    gap = metrics["leakage/random_split_accuracy"] - metrics["leakage/speaker_disjoint_accuracy"]
    assert metrics["leakage/gap"] == pytest.approx(gap)
    assert metrics["audit/test_accuracy_lowest_ceiling"] <= metrics["audit/test_accuracy_ceiling"] <= 1
    assert metrics["audit/suspected_labels"] >= 0


def test_the_prefect_run_shows_the_result_and_links_to_mlflow(trained, environment):
    result = trained.first.result
    body = json.dumps({"artifacts": {"flow_run_id": {"any_": [result["flow_run_id"]]}}}).encode()
    request = urllib.request.Request(  # noqa: S310
        f"{environment['PREFECT_API_URL']}/artifacts/filter", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        pages = [one["data"] for one in json.load(response) if one["key"] == "train-result"]
    assert len(pages) == 1
    assert f"](http://127.0.0.1:5000/#/experiments/1/runs/{result['mlflow_run_id']})" in pages[0]
    assert f"**{result['test_accuracy']:.3f}**" in pages[0]


def test_the_champion_takes_waveforms_in_a_process_that_knows_nothing_of_us(trained, tmp_path):
    script = tmp_path / "score.py"
    script.write_text(
        "import json, mlflow, numpy as np\n"
        f"mlflow.set_tracking_uri('sqlite:///{trained.home}/mlflow.db')\n"
        "model = mlflow.pyfunc.load_model('models:/speech-commands@champion')\n"
        "table = model.predict(np.zeros((2, 16000), np.float32))\n"
        "assert model.metadata.signature is not None\n"
        "print(json.dumps([list(table.columns), len(table), float(table.iloc[0, 2:].sum())]))\n"
    )
    # -I: neither the working directory nor the environment's paths; the model brings its own code.
    done = subprocess.run(
        [sys.executable, "-I", script], capture_output=True, text=True, timeout=120, check=True, cwd=tmp_path
    )
    columns, rows, total = json.loads(done.stdout.splitlines()[-1])
    assert columns[:2] == ["label", "probability"]
    assert columns[2:] == [
        f"score_{word}" for word in ["down", "go", "left", "no", "right", "stop", "up", "yes"]
    ]
    assert rows == 2
    assert total == pytest.approx(1, abs=1e-5)


def test_an_identical_run_computes_nothing_and_finds_the_same_mlflow_run(trained, soundcheck, client):
    again = soundcheck(trained.home, *trained.arguments)
    assert again.code == 0, again.errors
    result = again.result
    outcomes = {name: one["outcome"] for name, one in result["stages"].items()}
    assert outcomes == dict.fromkeys(OUTCOMES, "reused")
    for key in ("mlflow_run_id", "model_version", "test_accuracy", "validation_accuracy", "baselines"):
        assert result[key] == trained.first.result[key]
    tags = client.get_run(result["mlflow_run_id"]).data.tags
    assert tags["soundcheck.flow_runs"].split()[-1] == result["flow_run_id"]
    assert len(client.search_runs(["1"])) == 1


def test_a_refreshed_stage_is_made_again_and_its_run_gets_no_second_curve(trained, soundcheck, client):
    # Without a server of its own, Prefect starts a temporary one: what `make train` does on a new machine.
    again = soundcheck(trained.home, *trained.arguments, "--refresh", "fit", PREFECT_API_URL="")
    assert again.code == 0, again.errors
    stages = again.result["stages"]
    assert (stages["fit"]["outcome"], stages["evaluate"]["outcome"]) == ("rebuilt", "reused")
    assert stages["fit"]["why"].startswith("asked for by --refresh")
    assert again.result["mlflow_run_id"] == trained.first.result["mlflow_run_id"]
    points = client.get_metric_history(again.result["mlflow_run_id"], "train_loss")
    assert [point.step for point in points] == list(range(1, EPOCHS + 1))


def test_too_many_bad_clips_stop_the_flow_with_the_expectation_and_examples(clips, soundcheck, tmp_path):
    folder = shutil.copytree(clips, tmp_path / "clips")
    for number in range(60):
        (folder / "go" / f"bad{number:02}_nohash_0.wav").write_bytes(b"nothing of value")
    done = soundcheck(tmp_path / "home", "train", "--data", folder, "--set", "data.split=random")
    assert done.code == 1
    assert "Traceback" not in done.errors
    assert "61 of 862" in done.errors
    assert "go/bad00_nohash_0.wav" in done.errors
    assert Path(done.errors.partition("Data Docs: ")[2].strip()).is_file()


def test_ctrl_c_in_the_middle_keeps_what_was_finished(environment, clips, tmp_path):
    home, settings = tmp_path / "home", ["--set", "training.epochs=300", "--set", "data.split=random"]
    command = [Path(sys.executable).with_name("soundcheck"), "train", "--data", clips, *settings, "--json"]
    process = subprocess.Popen(
        command,
        env=environment | {"SOUNDCHECK_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    try:
        await_epochs(home, count=2)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130
    assert output == ""
    assert "Traceback" not in errors
    assert errors.splitlines()[-1].startswith("soundcheck: interrupted")
    client = MlflowClient(f"sqlite:///{home}/mlflow.db")
    assert [one.info.status for one in client.search_runs(["1"])] == ["KILLED"]
    assert not list((home / "store" / "drafts").iterdir())
    assert len(list((home / "store" / "results" / "spectrograms").iterdir())) == 1
    assert not (home / "store" / "results" / "fit").exists()


def await_epochs(home, count):
    """Waits for so many epochs in the run's database, which the flow alone may set up."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(connected(home)) as database:
            query = "SELECT COUNT(*) FROM metrics WHERE key = 'train_loss'"
            if database.execute(query).fetchone()[0] >= count:
                return
        time.sleep(1)
    pytest.fail(f"no {count} epochs within three minutes")


def connected(home):
    return sqlite3.connect(f"file:{home}/mlflow.db?mode=ro", uri=True)
