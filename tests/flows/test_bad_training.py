"""A training that goes badly: it is not registered, and the run says why and what would help."""

import json
from pathlib import Path

import pytest
from flow_stages import FRUGAL, as_options
from mlflow import MlflowClient

pytestmark = pytest.mark.slow

SETTINGS = (
    *FRUGAL,
    *("training.learning_rate=10", "training.learning_rate_schedule=constant", "training.epochs=4"),
    "debugging.max_rows=512",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("bad") / "home"


@pytest.fixture(scope="module")
def result(soundcheck, clips, home):
    done = soundcheck(home, "train", "--data", clips, "--json", *as_options(*SETTINGS))
    assert done.code == 0, done.errors
    return done.result


@pytest.fixture(scope="module")
def report(soundcheck, home, result):
    done = soundcheck(home, "report", result["mlflow_run_id"][:8], "--json")
    assert done.code == 0, done.errors
    assert done.result["run"] == result["mlflow_run_id"]
    return Path(done.result["report"]).read_text(encoding="utf-8")


def test_the_cause_comes_first_with_its_remedy_proven(result):
    assert result["stages"]["try_fix"]["outcome"] == "rebuilt"
    first = result["findings"][0]
    assert first["cause"] == "learning_rate_high"
    assert first["severity"] in {"warning", "error"}
    assert "Tried: in " in first["message"]


def test_the_verdict_names_the_hyper_parameters(result):
    assert result["verdict"]["subject"] == "hyper-parameters"
    assert "learning rate" in result["verdict"]["next_step"]
    assert result["model_version"] is None


def test_the_run_holds_the_findings_and_their_number(home, result, tmp_path):
    client = MlflowClient(f"sqlite:///{home}/mlflow.db")
    file = client.download_artifacts(result["mlflow_run_id"], "findings.json", str(tmp_path))
    assert json.loads(Path(file).read_text()) == result["findings"]
    alarms = [one for one in result["findings"] if one["severity"] != "info"]
    assert client.get_run(result["mlflow_run_id"]).data.metrics["findings"] == len(alarms)


def test_the_report_begins_with_the_verdict_and_tells_the_remedy(result, report):
    body = report[report.index("<body") :]
    assert body.index(result["verdict"]["sentence"][:40]) < body.index("What holds the model back")
    assert result["findings"][0]["remedy"] in body
