"""Runs in a real MLflow: how they are found again, gone on with, renewed and closed."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from soundcheck.errors import ConfigError
from tasks.flow_run import FlowRun
from tasks.report_sections.origin import COMMIT, UNCOMMITTED
from tasks.runs import CONTENT, FLOW_RUNS, HOLDER, IDENTITY, MODEL_ID, renewed
from tasks.tracking import STORE, TrackedRun

REPOSITORY = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow  # a new MLflow database takes seconds


def steps(tracking, run: TrackedRun) -> list[int]:
    return [point.step for point in tracking.client.get_metric_history(run.run_id, "train_loss")]


def models(tracking, run: TrackedRun) -> list[str]:
    found = tracking.client.search_logged_models([run.receipt.experiment_id])
    return [one.model_id for one in found if one.source_run_id == run.run_id]


def set_status(tracking, run: TrackedRun, status: str) -> None:
    tracking.client.update_run(run.run_id, status=status)


def test_a_run_is_open_in_its_block_and_finished_after(tracking) -> None:
    named = {"experiment": "rooms", "run_name": "first", "tags": {"room": "kitchen"}}
    with tracking.opened(results=["results/ingest/k1"], **named) as run:
        assert not run.complete
        assert tracking.status(run) == "RUNNING"
        [receipt] = tracking.receipts().values()
        assert (receipt.results, receipt.content) == (("results/ingest/k1",), "")
    finished = tracking.stored(run)
    assert (finished.info.status, finished.info.run_name) == ("FINISHED", "first")
    assert (
        finished.data.tags.items()
        >= {
            "room": "kitchen",
            IDENTITY: "i1",
            FLOW_RUNS: "f1",
            MODEL_ID: run.model_id,
            "prefect.flow_run_id": "f1",
            "prefect.flow_run_url": "http://prefect/f1",
        }.items()
    )
    experiment_id = tracking.client.get_experiment_by_name("rooms").experiment_id
    assert run.receipt.experiment_id == experiment_id
    assert run.address() == f"http://127.0.0.1:5000/#/experiments/{experiment_id}/runs/{run.run_id}"


@pytest.mark.parametrize(
    ("error", "status"),
    [(KeyboardInterrupt, "KILLED"), (ValueError, "FAILED"), (SystemExit, "FAILED")],
)
def test_a_run_that_is_broken_off_says_so_and_goes_on(
    tracking, error: type[BaseException], status: str
) -> None:
    seen: list[TrackedRun] = []

    def break_off() -> None:
        with tracking.opened() as run:
            seen.append(run)
            run.log_params({"seed": 1, "data.path": "/here"})
            run.log_epoch({"epoch": 1, "train_loss": 2.0})
            raise error

    with pytest.raises(error):
        break_off()
    [broken] = seen
    assert tracking.status(broken) == status
    with tracking.opened() as run:
        assert (run.run_id, run.complete, run.epochs_before) == (broken.run_id, False, 1)
        assert tracking.status(run) == "RUNNING"
        run.log_params({"seed": 1, "data.path": "/moved"})
        for epoch in (1, 2):
            run.log_epoch({"epoch": epoch, "train_loss": 2.0})
    assert steps(tracking, run) == [1, 2]
    assert tracking.stored(run).data.params == {"seed": "1", "data.path": "/here"}
    assert [one.info.status for one in tracking.runs()] == ["FINISHED"]


# A flow that is killed at once with runs open at four stages of their making; the last has no model yet.
KILLED = """
import os, signal, sys
from pathlib import Path
from mlflow import MlflowClient
from tasks.flow_run import FlowRun
from tasks.runs import CONTENT, tracked_run
from tasks.tracking import DataSplit, Labelling

def opened(identity):
    splits = [DataSplit(context="train", name="clips/train", digest="train-digest", source="/clips", clips=3)]
    flow_run = FlowRun(id="killed", url="http://prefect")
    return tracked_run(Path(sys.argv[1]), Labelling(), identity, lambda: splits, flow_run)

def kill(*_arguments, **_named):
    os.kill(os.getpid(), signal.SIGKILL)

with opened("shown") as shown, opened("begun") as begun, opened("empty"):
    for run in (shown, begun):
        run.log_epoch({"epoch": 1, "train_loss": 2.0})
    shown.set_tags({CONTENT: "c1"})
    MlflowClient.create_logged_model = kill
    with opened("without a model"):
        pass
"""
KILLED_AT = {"shown": [1], "begun": [1], "empty": [], "without a model": []}


def test_runs_of_a_process_that_was_killed_go_on(tracking) -> None:
    command = [sys.executable, "-c", KILLED, str(tracking.home)]
    assert subprocess.run(command, cwd=REPOSITORY, check=False).returncode == -signal.SIGKILL
    left = {run.data.tags[IDENTITY]: run for run in tracking.runs()}
    assert left.keys() == KILLED_AT.keys()
    assert {run.info.status for run in left.values()} == {"RUNNING"}
    assert MODEL_ID not in left["without a model"].data.tags
    for identity, epochs in KILLED_AT.items():
        # Not all at once, for opening one closes the others.
        tracking.client.update_run(left[identity].info.run_id, status="RUNNING")
        with tracking.opened(identity) as run:
            assert (run.run_id, run.complete) == (left[identity].info.run_id, False)
            assert run.epochs_before == len(epochs)
            assert run.receipt.content == ("c1" if identity == "shown" else "")
            for epoch in (1, 2):
                run.log_epoch({"epoch": epoch, "train_loss": 2.0})
            run.set_tags({CONTENT: "c1"})
        finished = tracking.stored(run)
        names = sorted(one.dataset.name for one in finished.inputs.dataset_inputs)
        assert names == ["clips/test", "clips/train", "clips/validation"]
        assert finished.info.status == "FINISHED"
        assert steps(tracking, run) == [1, 2]
        assert models(tracking, run) == [run.model_id] == [finished.data.tags[MODEL_ID]]
    assert {run.info.status for run in tracking.runs()} == {"FINISHED"}
    assert len(tracking.runs()) == len(left)


def test_a_model_that_was_made_but_not_noted_is_taken_up(tracking) -> None:
    with tracking.opened() as before:
        pass
    tracking.client.delete_tag(before.run_id, MODEL_ID)
    set_status(tracking, before, "RUNNING")
    with tracking.opened() as run:
        assert run.model_id == before.model_id
    assert models(tracking, run) == [run.model_id]


def test_the_data_is_linked_once_however_often_a_run_is_begun(tracking) -> None:
    for _ in range(3):
        with pytest.raises(ValueError, match="broken off"), tracking.opened() as run:
            raise ValueError("broken off")
    inputs = tracking.stored(run).inputs.dataset_inputs
    assert sorted(one.dataset.digest for one in inputs) == [
        "test-digest",
        "train-digest",
        "validation-digest",
    ]


def test_an_abandoned_run_of_this_home_is_closed_when_another_is_opened(tracking) -> None:
    abandoned = tracking.completed("abandoned")
    finished = tracking.completed("finished")
    set_status(tracking, abandoned, "RUNNING")
    with tracking.opened("another"):
        assert tracking.status(abandoned) == "KILLED"
    assert tracking.status(finished) == "FINISHED"


def test_a_run_that_is_being_written_is_left_alone(tracking) -> None:
    with tracking.opened("i1") as one, tracking.opened("i2") as other:
        assert tracking.status(one) == tracking.status(other) == "RUNNING"


@pytest.fixture
def other_home(tracking, monkeypatch: pytest.MonkeyPatch):
    """A second home that keeps its runs on the same tracking server."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tracking.home}/mlflow.db")
    return type(tracking)(tracking.home.parent / "other")


def test_an_abandoned_run_of_another_home_is_left_alone(tracking, other_home) -> None:
    theirs = other_home.completed("abandoned")
    set_status(other_home, theirs, "RUNNING")
    with tracking.opened("another"):
        assert tracking.status(theirs) == "RUNNING"


def test_a_run_that_another_home_takes_up_is_not_closed_by_the_one_that_left_it(tracking, other_home) -> None:
    abandoned = tracking.completed("i1")
    set_status(tracking, abandoned, "RUNNING")
    with other_home.opened("i1") as run:
        assert run.run_id == abandoned.run_id
        with tracking.opened("i2"):
            assert tracking.status(run) == "RUNNING"


def test_the_second_time_a_complete_run_is_only_noted(tracking) -> None:
    first = tracking.completed()
    before = tracking.stored(first)
    with tracking.opened(flow_run="f2", tags={"room": "hall"}) as second:
        assert second.complete
        assert second.run_id == first.run_id
        assert second.receipt.content == "c1"
        second.log_epoch({"epoch": 1, "train_loss": 2.0})
    tracking.completed(flow_run="f3", tags={"room": 'it\'s a "den"'})
    run = tracking.stored(first)
    assert run.data.tags == {**before.data.tags, FLOW_RUNS: "f1 f2 f3", "room": 'it\'s a "den"'}
    assert (run.info, steps(tracking, first)) == (before.info, [1])
    assert tracking.asked == ["i1"]
    [experiment] = [one for one in tracking.client.search_experiments() if one.name == "soundcheck"]
    assert tracking.client.search_runs([experiment.experiment_id], f"tags.`{FLOW_RUNS}` = 'f1 f2 f3'")


def test_an_unchanged_rerun_needs_no_mlflow(tracking) -> None:
    """Its import outlasts such a rerun."""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tasks.flow_run import FlowRun\n"
        "from tasks.runs import tracked_run\n"
        "from tasks.tracking import Labelling\n"
        "flow_run = FlowRun(id='f2', url='http://prefect')\n"
        "with tracked_run(Path(sys.argv[1]), Labelling(), 'i1', list, flow_run) as run:\n"
        "    print(run.run_id, run.complete, *sys.modules.keys() & {'mlflow', 'sqlalchemy', 'tensorflow'})\n"
    )
    first = tracking.completed()
    command = [sys.executable, "-c", script, str(tracking.home)]
    said = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    assert said.split() == [first.run_id, "True"]
    assert tracking.stored(first).data.tags[FLOW_RUNS] == "f1 f2"


def change_receipt(tracking, **changes: object) -> None:
    [(path, receipt)] = tracking.receipts().items()
    path.write_text(receipt.model_copy(update=changes).model_dump_json())


def damage_receipt(tracking) -> None:
    [path] = tracking.receipts()
    path.write_text("{")


def lose_receipt(tracking) -> None:
    [path] = tracking.receipts()
    path.unlink()


def of_another_mlflow(tracking) -> None:
    change_receipt(tracking, mlflow="1.0")


def of_an_unfinished_run(tracking) -> None:
    change_receipt(tracking, content="")


@pytest.mark.parametrize("harm", [damage_receipt, lose_receipt, of_another_mlflow, of_an_unfinished_run])
def test_without_a_receipt_that_can_be_used_mlflow_finds_the_run(tracking, harm: Callable[..., None]) -> None:
    first = tracking.completed()
    [receipt] = tracking.receipts().values()
    harm(tracking)
    with tracking.opened(flow_run="f2") as again:
        assert (again.run_id, again.complete) == (first.run_id, True)
        again.noted()
    assert tracking.asked == ["i1", "i1"]
    assert tracking.stored(first).data.tags[FLOW_RUNS] == "f1 f2"
    mended, without_time = tracking.receipts().values(), {"used": "", "results": ()}
    assert [one.model_copy(update=without_time) for one in mended] == [
        receipt.model_copy(update=without_time)
    ]
    tracking.completed(flow_run="f3")
    assert tracking.asked == ["i1", "i1"]


def test_a_deleted_run_is_written_anew(tracking) -> None:
    first = tracking.completed()
    tracking.client.delete_run(first.run_id)
    with tracking.opened() as second:
        assert not second.complete
    assert [run.info.run_id for run in tracking.runs()] == [second.run_id]


def test_a_deleted_experiment_is_named(tracking) -> None:
    run = tracking.completed()
    tracking.client.delete_experiment(run.receipt.experiment_id)
    with pytest.raises(ConfigError, match="experiment 'soundcheck' was deleted"), tracking.opened():
        pass


@pytest.mark.parametrize("status", ["FAILED", "KILLED", "RUNNING"])
def test_a_run_that_shows_all_but_did_not_finish_is_not_complete(tracking, status: str) -> None:
    """Such as one whose model could not be registered."""
    run = tracking.completed()
    set_status(tracking, run, status)
    with tracking.opened() as again:
        assert (again.run_id, again.complete, again.receipt.content) == (run.run_id, False, "c1")
    assert tracking.status(run) == "FINISHED"


def test_another_name_is_given_by_mlflow_and_the_same_name_is_found(tracking) -> None:
    first = tracking.completed(run_name="first")
    for name in ("first", "second", "second", None):
        tracking.completed(run_name=name)
    assert tracking.asked == ["i1"] * 2
    assert tracking.stored(first).info.run_name == "second"


def test_each_tracking_server_has_its_own_run_and_receipt(
    tracking, empty_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tracking.completed()
    shutil.copy(empty_database, tracking.home.parent / "elsewhere.db")
    with monkeypatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tracking.home.parent / 'elsewhere.db'}")
        patch.chdir(tracking.home.parent)
        theirs = tracking.completed()
        assert tracking.completed(flow_run="f2").run_id == theirs.run_id != mine.run_id
        assert tracking.stored(theirs).data.tags[FLOW_RUNS] == "f1 f2"
    assert tracking.completed(flow_run="f3").run_id == mine.run_id
    assert tracking.stored(mine).data.tags[FLOW_RUNS] == "f1 f3"
    assert tracking.asked == ["i1", "i1"]
    assert {one.run_id for one in tracking.receipts().values()} == {mine.run_id, theirs.run_id}


def test_a_run_that_is_found_again_stays_complete_whatever_happens_then(tracking) -> None:
    first = tracking.completed()
    with pytest.raises(KeyboardInterrupt), tracking.opened():
        raise KeyboardInterrupt
    assert tracking.status(first) == "FINISHED"


def test_any_number_of_visits_can_be_noted(tracking) -> None:
    """A tag holds 8000 characters, which an hourly flow fills in nine days."""
    run = tracking.completed()
    run.set_tags({FLOW_RUNS: " ".join(f"{number:036}" for number in range(216))})
    tracking.completed(flow_run="the-latest")
    noted = tracking.stored(run).data.tags[FLOW_RUNS]
    assert noted.split()[-1] == "the-latest"
    assert len(noted) < 8000


@pytest.mark.parametrize(("identity", "experiment"), [("i2", "soundcheck"), ("i1", "other")])
def test_another_identity_or_experiment_is_another_run(tracking, identity: str, experiment: str) -> None:
    first = tracking.completed()
    with tracking.opened(identity, experiment=experiment) as second:
        assert not second.complete
    assert first.run_id != second.run_id
    assert len(tracking.runs()) == len(tracking.receipts()) == 2


@pytest.mark.parametrize("found_by", ["receipt", "mlflow"])
def test_a_run_that_shows_something_else_is_renewed_once(tracking, found_by: str) -> None:
    old = tracking.completed(run_name="mine", tags={"room": "hall"})
    before = tracking.stored(old)
    if found_by == "mlflow":
        lose_receipt(tracking)
    with tracking.opened(flow_run="f2") as run, renewed(run) as target:
        assert not target.complete
        assert tracking.status(target) == "RUNNING"
        new = tracking.show(target, "c2")
    shown, kept = tracking.stored(new), tracking.stored(old)
    assert (shown.info.status, shown.info.run_name) == ("FINISHED", "mine")
    changed = {CONTENT: "c2", MODEL_ID: new.model_id, FLOW_RUNS: "f1 f2"}
    assert shown.data.tags == {**before.data.tags, **changed}
    assert kept.data.tags == {
        name: value for name, value in {**before.data.tags, FLOW_RUNS: "f1 f2"}.items() if name != IDENTITY
    }
    assert (kept.info.status, kept.data.metrics) == ("FINISHED", before.data.metrics)
    assert models(tracking, new) == [new.model_id] != models(tracking, old)
    with tracking.opened() as again:
        assert (again.run_id, again.complete, again.receipt.content) == (new.run_id, True, "c2")
    assert len(tracking.runs()) == 2


@pytest.mark.parametrize("found_by", ["receipt", "mlflow"])
def test_metrics_of_a_renewed_run_are_linked_to_the_same_data(tracking, found_by: str) -> None:
    old = tracking.completed()
    if found_by == "mlflow":
        lose_receipt(tracking)
    with tracking.opened() as run, renewed(run) as target:
        new = tracking.show(target, "c2")
    for one in (old, new):
        inputs = {given.dataset.name for given in tracking.stored(one).inputs.dataset_inputs}
        assert inputs == {"clips/train", "clips/validation", "clips/test"}
        model = tracking.client.get_logged_model(one.model_id)
        assert [(point.dataset_name, point.dataset_digest) for point in model.metrics] == [
            ("clips/train", "train-digest")
        ]


def test_a_run_that_is_not_complete_is_its_own_renewal(tracking) -> None:
    with tracking.opened() as run, renewed(run) as target:
        assert target == run
    assert len(tracking.runs()) == 1


def test_a_renewal_that_was_killed_between_two_runs_goes_on(tracking) -> None:
    old = tracking.completed()
    tracking.client.delete_tag(old.run_id, IDENTITY)
    with tracking.opened(flow_run="f2") as run:
        assert (run.run_id != old.run_id, run.complete) == (True, False)
        tracking.show(run, "c2")
    assert tracking.stored(old).data.tags[FLOW_RUNS] == "f1"
    assert tracking.completed().run_id == run.run_id


def test_a_renewal_that_was_killed_in_the_new_run_goes_on_there(tracking) -> None:
    old = tracking.completed()
    [receipt] = tracking.receipts().values()
    with tracking.opened() as run, renewed(run) as target:
        target.log_epoch({"epoch": 1, "train_loss": 2.0})
    # As if the process had been killed before the new run was noted.
    set_status(tracking, target, "RUNNING")
    receipt.save(tracking.home / STORE)
    with tracking.opened() as again:
        assert (again.run_id, again.complete, again.epochs_before) == (target.run_id, False, 1)
        tracking.show(again, "c2")
    assert steps(tracking, again) == [1]
    assert {run.info.run_id for run in tracking.runs()} == {old.run_id, target.run_id}
    assert {run.info.status for run in tracking.runs()} == {"FINISHED"}


def test_a_renewed_run_is_held_by_the_home_that_renews_it(tracking, other_home) -> None:
    tracking.completed()
    with other_home.opened() as run, renewed(run) as target:
        new = other_home.show(target, "c2")
    assert str(other_home.home) in other_home.stored(new).data.tags[HOLDER]


def test_two_processes_with_a_new_home_make_one_run(tracking) -> None:
    shutil.rmtree(tracking.home)
    script = (
        "import sys, time, pathlib\n"
        "from tasks.flow_run import FlowRun\n"
        "from tasks.runs import CONTENT, tracked_run\n"
        "from tasks.tracking import Labelling\n"
        "home, flow_run = pathlib.Path(sys.argv[1]), FlowRun(id=sys.argv[2], url='http://p')\n"
        "with tracked_run(home, Labelling(), 'same', list, flow_run) as run:\n"
        "    time.sleep(1)\n"
        "    if not run.complete:\n"
        "        run.set_tags({CONTENT: 'c'})\n"
        "        run.noted(content='c')\n"
        "    print(run.run_id, run.complete)\n"
    )
    command = [sys.executable, "-c", script, str(tracking.home)]
    racers = [
        subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) for name in "ab"
    ]
    said = [racer.communicate(timeout=120)[0].split() for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0]
    assert said[0][0] == said[1][0]
    assert sorted(complete for _, complete in said) == ["False", "True"]


def test_two_homes_in_one_process_do_not_mix(tracking) -> None:
    homes = [type(tracking)(tracking.home / name) for name in ("one", "two")]
    for home in homes:
        home.home.mkdir()
        shutil.copy(tracking.home / "mlflow.db", home.home)
    runs = [home.completed() for home in homes]
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert [[run.info.run_id for run in home.runs()] for home in homes] == [[run.run_id] for run in runs]


def test_the_commit_is_noted_inside_a_repository_only(tracking, monkeypatch: pytest.MonkeyPatch) -> None:
    tag = "mlflow.source.git.commit"
    repository = tracking.home.parent / "repository"
    repository.mkdir()
    monkeypatch.chdir(repository)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repository.parent))
    outside = tracking.completed("i1")
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    for command in (["init", "-q"], [*identity, "commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *command], check=True)
    inside = tracking.completed("i2")
    head = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    assert tag not in tracking.stored(outside).data.tags
    assert tracking.stored(inside).data.tags[tag] == head.stdout.strip()


def test_there_is_no_flow_run_outside_of_a_flow() -> None:
    with pytest.raises(RuntimeError, match="inside a Prefect flow"):
        FlowRun.current()


def test_the_revision_of_the_working_folder_says_whether_it_was_committed(
    tracking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def git(*arguments: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        return subprocess.run(["git", *who, *arguments], check=True, capture_output=True, text=True).stdout

    git("init")
    (folder / "notes.txt").write_text("one")
    git("add", "notes.txt")
    git("commit", "--message", "one")
    (folder / ".soundcheck").mkdir()
    (folder / ".soundcheck" / "mlflow.db").touch()
    tags = tracking.stored(tracking.completed("clean")).data.tags
    assert tags[COMMIT] == git("rev-parse", "HEAD").strip()
    assert UNCOMMITTED not in tags
    (folder / "notes.txt").write_text("two")
    assert UNCOMMITTED in tracking.stored(tracking.completed("changed")).data.tags
