"""The cache, on the real flow in processes of its own: changed code, killed and racing flows, a full disk."""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flow_stages import FRUGAL, STAGES, as_options
from mlflow import MlflowClient

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ("soundcheck", "expectations", "tasks", "flows")
LISTENING = ("validate_spectrograms", "validate_predictions")  # failing clips can be played
EPOCHS = 4
SECONDS = 400
SETTINGS = (*FRUGAL, f"training.epochs={EPOCHS}")
AFTER_A_FIT = {"debug", "evaluate", "validate_predictions", "error_analysis", "sensitivity"}


@dataclass(frozen=True)
class Command:
    """`soundcheck train` on a few clips, by the code of a project that a test may change."""

    project: Path
    clips: Path
    environment: dict[str, str]

    def start(self, home: Path, *settings: str) -> subprocess.Popen[str]:
        options = as_options(*SETTINGS, *settings)
        return subprocess.Popen(
            [sys.executable, "-m", "flows.cli", "train", "--data", self.clips, "--json", *options],
            env=self.environment | {"PYTHONPATH": str(self.project), "SOUNDCHECK_HOME": str(home)},
            cwd=self.project,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def result(self, home: Path, *settings: str) -> dict[str, Any]:
        return result_of(self.start(home, *settings))


def result_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    output, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, errors
    return json.loads(output)


def rebuilt(result: dict[str, Any]) -> set[str]:
    return {name for name in STAGES if result["stages"][name]["outcome"] == "rebuilt"}


@pytest.fixture(scope="module")
def command(speech_folder: Path, environment: dict[str, str]) -> Command:
    return Command(REPOSITORY, speech_folder, environment)


@pytest.fixture(scope="module")
def finished(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a finished training. Read only."""
    home = tmp_path_factory.mktemp("finished") / "home"
    assert rebuilt(command.result(home)) == set(STAGES)
    return home


@pytest.fixture
def home(finished: Path, tmp_path: Path) -> Path:
    """A copy of the home with a finished training."""
    copy = shutil.copytree(finished, tmp_path / "home")
    with contextlib.closing(sqlite3.connect(copy / "mlflow.db")) as database, database:
        moved = (str(finished), str(copy))
        database.execute("UPDATE experiments SET artifact_location = replace(artifact_location, ?, ?)", moved)
    return copy


def reword(project: Path) -> None:
    module = project / "soundcheck" / "data" / "audio.py"
    text = module.read_text()
    module.write_text("# A comment.\n\n" + text.replace('"""', '"""Reworded: ', 1) + "\n\n# Another.\n")


def add_an_unused_helper(project: Path) -> None:
    with (project / "soundcheck" / "data" / "containers.py").open("a") as module:
        module.write("\n\ndef _unused() -> int:\n    return 1\n")


def change_a_constant_deep_down(project: Path) -> None:
    replace(project / "soundcheck" / "features" / "spectrogram.py", "LOG_FLOOR = 1e-4", "LOG_FLOOR = 2e-4")


def change_a_default(project: Path) -> None:
    replace(
        project / "soundcheck" / "config" / "__init__.py",
        "learning_rate: float = Field(default=0.005",
        "learning_rate: float = Field(default=0.004",
    )


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def install_another_scikit_learn(project: Path) -> None:
    """As far as can be told by its metadata."""
    folder = project / "scikit_learn-99.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: scikit-learn\nVersion: 99.0\n")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (reword, set()),
        # Read and computed again, both to the same content: there the rebuilding stops.
        (add_an_unused_helper, {"ingest", "validate", "spectrograms", "sensitivity", *LISTENING}),
        (change_a_constant_deep_down, set(STAGES) - {"ingest", "validate"}),
        (change_a_default, {"preflight", "fit", *AFTER_A_FIT}),
        (install_another_scikit_learn, {"signal", "leakage", "audit", "baseline", "preflight", "debug"}),
    ],
)
def test_changed_code_rebuilds_what_it_decides(
    command: Command,
    home: Path,
    tmp_path: Path,
    change: Callable[[Path], None],
    expected: set[str],
) -> None:
    project = tmp_path / "project"
    for package in PACKAGES:
        shutil.copytree(REPOSITORY / package, project / package)
    change(project)
    result = Command(project, command.clips, command.environment).result(home)
    assert rebuilt(result) == expected, result["stages"]


def test_an_unchanged_rerun_imports_no_heavy_library(command: Command, finished: Path) -> None:
    heavy = (
        "tensorflow",
        "keras",
        "great_expectations",
        "mlflow",
        "sklearn",
        "scipy",
        "matplotlib",
        "pandas",
    )
    script = (
        "import sys\n"
        "from flows.cli import app\n"
        f"app({['train', '--data', str(command.clips), *as_options(*SETTINGS)]!r},"
        " standalone_mode=False)\n"
        f"print([name for name in {heavy!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=command.environment | {"SOUNDCHECK_HOME": str(finished)},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    assert done.stderr.count("reused") == len(STAGES), done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def kill_when(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    """Kills a process at once, as the system does when memory runs out."""
    try:
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.002)
    finally:
        process.kill()
        process.communicate()


def assert_one_clean_run(home: Path, run_id: str, runs: int = 1) -> None:
    """The run is finished, without a duplicate point, and no other is left open."""
    client = MlflowClient(f"sqlite:///{home}/mlflow.db")
    assert [run.info.status for run in client.search_runs(["1"])] == ["FINISHED"] * runs
    steps = [point.step for point in client.get_metric_history(run_id, "train_loss")]
    assert steps == list(range(1, EPOCHS + 1))
    assert all(
        max(Counter(point.step for point in client.get_metric_history(run_id, name)).values()) == 1
        for name in client.get_run(run_id).data.metrics
    )
    assert not list((home / "store" / "drafts").iterdir())


def in_the_middle(store: Path, stage: str, seconds: float) -> Callable[[], bool]:
    """Whether a stage that took some seconds before has been at work for a third of them."""
    begun: list[float] = []

    def condition() -> bool:
        if not any(store.glob(f"drafts/{stage}-*")):
            return False
        begun.append(time.monotonic())
        return begun[-1] - begun[0] >= seconds / 3

    return condition


@pytest.mark.parametrize("stage", ["ingest", "validate", "spectrograms", "audit", "fit", "debug", "evaluate"])
def test_a_stage_that_is_killed_is_made_again_alone(command: Command, home: Path, stage: str) -> None:
    [result_folder] = (home / "store" / "results" / stage).iterdir()
    seconds = json.loads((result_folder / "inventory.json").read_text())["seconds"]
    shutil.rmtree(result_folder)
    kill_when(command.start(home), in_the_middle(home / "store", stage, seconds))
    result = command.result(home)
    assert rebuilt(result) == {stage}, result["stages"]
    assert_one_clean_run(home, result["mlflow_run_id"])


def count(home: Path, query: str) -> int:
    # Not read-only: whoever opens a database after a kill rolls back what was half written.
    address = f"file:{home}/mlflow.db?mode=rw"
    with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
        return database.execute(query).fetchone()[0]


def test_a_fit_that_is_killed_in_an_epoch_leaves_one_whole_curve(command: Command, home: Path) -> None:
    epochs = "SELECT COUNT(*) FROM metrics WHERE key = 'train_loss'"
    setting = "training.learning_rate=0.002"
    kill_when(command.start(home, setting), lambda: count(home, epochs) >= EPOCHS + 2)
    assert count(home, "SELECT COUNT(*) FROM runs WHERE status = 'RUNNING'") == 1
    result = command.result(home, setting)
    assert rebuilt(result) == {"fit", *AFTER_A_FIT}
    assert_one_clean_run(home, result["mlflow_run_id"], runs=2)


def test_a_projection_that_is_killed_is_completed(command: Command, home: Path) -> None:
    setting = "evaluation.confidence=0.9"
    kill_when(command.start(home, setting), lambda: any(home.glob("mlartifacts/*/artifacts/plots/*.png")))
    result = command.result(home, setting)
    assert rebuilt(result) <= {"evaluate", "validate_predictions", "error_analysis"}
    assert_one_clean_run(home, result["mlflow_run_id"], runs=2)
    names = [
        one.path
        for one in MlflowClient(f"sqlite:///{home}/mlflow.db").list_artifacts(result["mlflow_run_id"])
    ]
    assert {"plots", "audio", "data_docs", "architecture.txt", "predictions_test.csv"} <= set(names)


def test_a_run_that_a_killed_flow_left_open_is_closed_by_the_next_one(command: Command, home: Path) -> None:
    epochs = "SELECT COUNT(*) FROM metrics WHERE key = 'train_loss'"
    kill_when(command.start(home, "training.learning_rate=0.002"), lambda: count(home, epochs) > EPOCHS)
    command.result(home, "training.learning_rate=0.003")
    runs = MlflowClient(f"sqlite:///{home}/mlflow.db").search_runs(["1"])
    assert sorted(run.info.status for run in runs) == ["FINISHED", "FINISHED", "KILLED"]


def test_two_flows_at_once_compute_each_stage_once(command: Command, tmp_path: Path) -> None:
    home = tmp_path / "home"
    results = [result_of(process) for process in [command.start(home), command.start(home)]]
    made = Counter(name for result in results for name in rebuilt(result))
    assert made == dict.fromkeys(STAGES, 1), [result["stages"] for result in results]
    assert results[0]["mlflow_run_id"] == results[1]["mlflow_run_id"]
    assert_one_clean_run(home, results[0]["mlflow_run_id"])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 32 megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)]
    done = subprocess.run(mount, check=False, capture_output=True, text=True)
    if done.returncode:
        message = f"needs the right to mount: {done.stderr}"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


# What is free when the flow begins, in kilobytes, so that the disk fills up while this is written.
FREE = {"shards": 700, "model": 2300, "exhibits": 4300}


@pytest.mark.parametrize("written", FREE)
def test_a_full_disk_says_so_does_no_damage_and_the_next_run_goes_on(
    command: Command, small_disk: Path, written: str
) -> None:
    filler, home = small_disk / "filler", small_disk / "home"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, (32 * 1024 - FREE[written]) * 1024)
    process = command.start(home)
    output, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 1, errors
    assert output == ""
    assert "Traceback" not in errors
    assert "the disk is full" in errors.splitlines()[-1]
    finished_before = {stage for stage in STAGES if any((home / "store" / "results").glob(f"{stage}/*"))}
    filler.unlink()
    result = command.result(home)
    assert rebuilt(result) == set(STAGES) - finished_before
    assert_one_clean_run(home, result["mlflow_run_id"])
