"""Runs in a real MLflow: what a run holds, how it ends, and how it is found again."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mlflow.entities import Run, ViewType

from soundcheck.errors import ConfigError
from tasks.tracking import (
    FLOW_RUNS,
    IDENTITY,
    DataSplit,
    FlowRun,
    Labelling,
    TrackedRun,
    connect,
    tracked_run,
    tracking_uri,
)

SPLITS = [
    DataSplit(context=context, name=f"clips/{context}", digest=f"{context}-digest", source="/clips", clips=3)
    for context in ("train", "validation", "test")
]
REPOSITORY = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow  # a new MLflow database takes seconds


@contextmanager
def opened(
    home: Path, identity: str = "i1", flow_run: str = "f1", labelling: Labelling | None = None
) -> Iterator[TrackedRun]:
    flow = FlowRun(id=flow_run, url=f"http://prefect/{flow_run}")
    with tracked_run(home, labelling or Labelling(), identity, SPLITS, flow) as run:
        yield run


def stored(home: Path, run: TrackedRun) -> Run:
    return connect(home).get_run(run.run_id)


def all_runs(home: Path, view: int = ViewType.ACTIVE_ONLY) -> list[Run]:
    client = connect(home)
    experiments = [one.experiment_id for one in client.search_experiments()]
    return list(client.search_runs(experiments, run_view_type=view))


def test_a_run_is_open_in_its_block_and_finished_after(home: Path) -> None:
    labelling = Labelling(experiment="rooms", run_name="first", tags={"room": "kitchen"})
    with opened(home, labelling=labelling) as run:
        assert not run.complete
        assert stored(home, run).info.status == "RUNNING"
    finished = stored(home, run)
    assert (finished.info.status, finished.info.run_name) == ("FINISHED", "first")
    assert (
        finished.data.tags.items()
        >= {
            "room": "kitchen",
            IDENTITY: "i1",
            FLOW_RUNS: "f1",
            "prefect.flow_run_id": "f1",
            "prefect.flow_run_url": "http://prefect/f1",
        }.items()
    )
    assert connect(home).get_experiment_by_name("rooms").experiment_id == run.experiment_id
    assert run.address() == f"http://127.0.0.1:5000/#/experiments/{run.experiment_id}/runs/{run.run_id}"


@pytest.mark.parametrize(
    ("error", "status"),
    [(KeyboardInterrupt, "KILLED"), (ValueError, "FAILED"), (SystemExit, "FAILED")],
)
def test_a_run_that_is_broken_off_says_so_and_goes_on(
    home: Path, error: type[BaseException], status: str
) -> None:
    seen: list[TrackedRun] = []

    def break_off() -> None:
        with opened(home) as run:
            seen.append(run)
            run.log_params({"seed": 1, "data.path": "/here"})
            run.log_epoch({"epoch": 1, "train_loss": 2.0})
            raise error

    with pytest.raises(error):
        break_off()
    [broken] = seen
    assert stored(home, broken).info.status == status
    with opened(home) as run:
        assert (run.run_id, run.complete, run.epochs_before) == (broken.run_id, False, 1)
        assert stored(home, run).info.status == "RUNNING"
        run.log_params({"seed": 1, "data.path": "/moved"})
        for epoch in (1, 2):
            run.log_epoch({"epoch": epoch, "train_loss": 2.0})
    history = connect(home).get_metric_history(run.run_id, "train_loss")
    assert [point.step for point in history] == [1, 2]
    assert stored(home, run).data.params == {"seed": "1", "data.path": "/here"}
    assert [one.info.status for one in all_runs(home)] == ["FINISHED"]


def test_a_killed_processs_run_goes_on(home: Path) -> None:
    with opened(home) as left_open:
        pass
    connect(home).update_run(left_open.run_id, status="RUNNING")
    with opened(home) as run:
        assert (run.run_id, run.complete) == (left_open.run_id, False)
    assert [one.info.status for one in all_runs(home)] == ["FINISHED"]


def test_a_complete_run_gets_no_second_curve(home: Path) -> None:
    for _ in range(2):
        with opened(home) as run:
            run.log_epoch({"epoch": 1, "train_loss": 2.0})
    assert len(connect(home).get_metric_history(run.run_id, "train_loss")) == 1


def test_two_processes_with_a_new_home_make_one_run(home: Path) -> None:
    shutil.rmtree(home)
    script = (
        "import sys, time, pathlib\n"
        "from tasks.tracking import FlowRun, Labelling, tracked_run\n"
        "home = pathlib.Path(sys.argv[1])\n"
        "with tracked_run(home, Labelling(), 'same', [], FlowRun(id=sys.argv[2], url='http://p')) as run:\n"
        "    time.sleep(1)\n"
        "    print(run.run_id, run.complete)\n"
    )
    command = [sys.executable, "-c", script, str(home)]
    racers = [
        subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) for name in "ab"
    ]
    said = [racer.communicate(timeout=120)[0].split() for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0]
    assert said[0][0] == said[1][0]
    assert sorted(complete for _, complete in said) == ["False", "True"]


def test_a_deleted_experiment_is_named(home: Path) -> None:
    with opened(home) as run:
        pass
    connect(home).delete_experiment(run.experiment_id)
    with pytest.raises(ConfigError, match="experiment 'soundcheck' was deleted"), opened(home):
        pass


def test_the_second_time_a_complete_run_is_only_noted(home: Path) -> None:
    with opened(home) as first:
        first.log_metrics({"test/accuracy": 0.9})
    with opened(home, flow_run="f2", labelling=Labelling(run_name="again", tags={"room": "hall"})) as second:
        assert second.complete
        assert second.run_id == first.run_id
    with opened(home, flow_run="f3"):
        pass
    run = stored(home, first)
    assert run.data.tags[FLOW_RUNS] == "f1 f2 f3"
    assert (run.data.tags["prefect.flow_run_id"], run.data.tags["room"]) == ("f1", "hall")
    assert (run.info.run_name, run.info.status) == ("again", "FINISHED")
    assert len(all_runs(home)) == 1


def test_a_run_that_is_found_again_stays_complete_whatever_happens_then(home: Path) -> None:
    with opened(home) as first:
        pass
    with pytest.raises(KeyboardInterrupt), opened(home):
        raise KeyboardInterrupt
    assert stored(home, first).info.status == "FINISHED"


def test_any_number_of_visits_can_be_noted(home: Path) -> None:
    """A tag holds 8000 characters, which an hourly flow fills in nine days."""
    with opened(home) as run:
        run.set_tags({FLOW_RUNS: " ".join(f"{number:036}" for number in range(216))})
    with opened(home, flow_run="the-latest"):
        pass
    assert stored(home, run).data.tags[FLOW_RUNS].split()[-1] == "the-latest"


@pytest.mark.parametrize(("identity", "experiment"), [("i2", "soundcheck"), ("i1", "other")])
def test_another_identity_or_experiment_is_another_run(home: Path, identity: str, experiment: str) -> None:
    with opened(home) as first:
        pass
    with opened(home, identity=identity, labelling=Labelling(experiment=experiment)) as second:
        assert not second.complete
    assert first.run_id != second.run_id
    assert len(all_runs(home)) == 2


def test_metrics_of_every_epoch_and_the_clips_they_are_of(home: Path) -> None:
    with opened(home) as run:
        run.log_epoch({"epoch": 1, "train_loss": 2.0, "validation_loss": 2.5, "test_loss": 3, "seconds": 1.5})
        run.log_epoch({"epoch": 2, "train_loss": 1.0, "validation_loss": 1.5, "test_loss": 2, "seconds": 1.5})
        assert run.epochs() == 2
        run.log_metrics({"test/accuracy": 0.9})
    finished = stored(home, run)
    assert finished.data.metrics.items() >= {"train_loss": 1, "test_loss": 2, "test/accuracy": 0.9}.items()
    history = connect(home).get_metric_history(run.run_id, "train_loss")
    assert [(one.step, one.value) for one in history] == [(1, 2.0), (2, 1.0)]
    inputs = {one.dataset.name: one for one in finished.inputs.dataset_inputs}
    assert inputs.keys() == {"clips/train", "clips/validation", "clips/test"}
    assert inputs["clips/test"].dataset.digest == "test-digest"
    assert {tag.key: tag.value for tag in inputs["clips/test"].tags} == {"mlflow.data.context": "test"}


def test_params_are_logged_in_any_number_and_may_come_twice(home: Path) -> None:
    params = {"nothing": None, "data.path": Path("/clips"), **{f"p{number}": number for number in range(230)}}
    with opened(home) as run:
        run.log_params(params)
        run.log_params(params)
    assert stored(home, run).data.params == {name: str(value) for name, value in params.items()}


@pytest.mark.parametrize("label", ["don't", "c+", "größe", "a,b", "100%", "yes/no", "…"])
def test_labels_may_hold_characters_that_mlflow_refuses(home: Path, label: str) -> None:
    with opened(home) as run:
        run.log_params({f"data.clips.{label}": 3, "data.clips.plain": 4, "data.clips.c#": 5})
        run.log_metrics({f"test/precision/{label}": 0.5})
    data = stored(home, run).data
    assert sorted(data.params.values()) == ["3", "4", "5"]
    assert list(data.metrics.values()) == [0.5]


def test_artifacts_go_into_the_home(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "exhibits"
    (folder / "plots").mkdir(parents=True)
    (folder / "plots" / "curve.png").write_bytes(b"png")
    with opened(home) as run:
        run.log_folder(folder)
    assert [path.name for path in (home / "mlartifacts").rglob("*.png")] == ["curve.png"]
    assert (home / "mlflow.db").is_file()
    assert [one.path for one in connect(home).list_artifacts(run.run_id, "plots")] == ["plots/curve.png"]


def test_the_environment_wins_over_the_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "mlflow.db").rename(home.parent / "elsewhere.db")
    elsewhere = f"sqlite:///{home.parent / 'elsewhere.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", elsewhere)
    monkeypatch.chdir(home.parent)
    assert tracking_uri(home) == elsewhere
    with opened(home) as run:
        pass
    assert not (home / "mlflow.db").exists()
    assert stored(home, run).info.status == "FINISHED"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking:5000/")
    assert run.address().startswith("http://tracking:5000/#/experiments/")


def test_two_homes_in_one_process_do_not_mix(home: Path) -> None:
    for name in ("one", "two"):
        (home / name).mkdir()
        shutil.copy(home / "mlflow.db", home / name)
    with opened(home / "one") as one:
        pass
    with opened(home / "two") as two:
        pass
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert [run.info.run_id for run in all_runs(home / "one")] == [one.run_id]
    assert [run.info.run_id for run in all_runs(home / "two")] == [two.run_id]


def test_the_commit_is_noted_inside_a_repository_only(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tag = "mlflow.source.git.commit"
    repository = home.parent / "repository"
    repository.mkdir()
    monkeypatch.chdir(repository)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repository.parent))
    with opened(home) as outside:
        pass
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    for command in (["init", "-q"], [*identity, "commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *command], check=True)
    with opened(home, identity="i2") as inside:
        pass
    head = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    assert tag not in stored(home, outside).data.tags
    assert stored(home, inside).data.tags[tag] == head.stdout.strip()


def test_there_is_no_flow_run_outside_of_a_flow() -> None:
    with pytest.raises(RuntimeError, match="inside a Prefect flow"):
        FlowRun.current()
