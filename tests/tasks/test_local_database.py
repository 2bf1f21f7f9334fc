"""The look into MLflow's database without MLflow: what MLflow says as well, or no answer."""

import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing

import pytest

from tasks import local_database
from tasks.local_database import alias_of, revisit
from tasks.receipts import Receipt
from tasks.tracking import TrackedRun

pytestmark = pytest.mark.slow  # a new MLflow database takes seconds


def note(tags: Mapping[str, str]) -> Mapping[str, str]:
    return {"seen": tags.get("seen", "") + "I", "room": "hall"}


@pytest.fixture
def run(tracking) -> TrackedRun:
    return tracking.completed(run_name="mine", tags={"room": "kitchen"})


def test_tags_are_set_as_mlflow_reads_them(tracking, run: TrackedRun) -> None:
    before = tracking.stored(run)
    for _ in range(2):
        assert revisit(run.receipt, None, {}, note)
    after = tracking.stored(run)
    assert after.data.tags == {**before.data.tags, "seen": "II", "room": "hall"}
    assert after.info == before.info
    tracking.client.set_tag(run.run_id, "room", "attic")
    assert revisit(run.receipt, None, {"room": "attic"}, note)


@pytest.mark.parametrize(
    ("name", "marks", "done"),
    [
        (None, {}, True),
        ("mine", {"room": "kitchen"}, True),
        ("other", {}, False),
        (None, {"room": "hall"}, False),
        (None, {"nowhere": ""}, False),
    ],
)
def test_a_run_with_another_name_or_mark_is_left_alone(
    tracking, run: TrackedRun, name: str | None, marks: dict[str, str], done: bool
) -> None:
    assert revisit(run.receipt, name, marks, note) == done
    assert ("seen" in tracking.stored(run).data.tags) == done


def other_mlflow(_tracking, receipt: Receipt) -> Receipt:
    return receipt.model_copy(update={"mlflow": "1.0"})


def server(_tracking, receipt: Receipt) -> Receipt:
    return receipt.model_copy(update={"tracking_uri": "http://127.0.0.1:5000"})


def other_run(_tracking, receipt: Receipt) -> Receipt:
    return receipt.model_copy(update={"run_id": "nowhere"})


def renamed_experiment(tracking, receipt: Receipt) -> Receipt:
    tracking.client.rename_experiment(receipt.experiment_id, "other")
    return receipt


def deleted_experiment(tracking, receipt: Receipt) -> Receipt:
    tracking.client.delete_experiment(receipt.experiment_id)
    return receipt


def deleted_run(tracking, receipt: Receipt) -> Receipt:
    tracking.client.delete_run(receipt.run_id)
    return receipt


def running(tracking, receipt: Receipt) -> Receipt:
    tracking.client.update_run(receipt.run_id, status="RUNNING")
    return receipt


def missing(tracking, receipt: Receipt) -> Receipt:
    return receipt.model_copy(update={"tracking_uri": f"sqlite:///{tracking.home}/missing.db"})


def no_database(tracking, receipt: Receipt) -> Receipt:
    (tracking.home / "text.db").write_text("no database, but long enough not to be taken for an empty one")
    return receipt.model_copy(update={"tracking_uri": f"sqlite:///{tracking.home}/text.db"})


def other_schema(tracking, receipt: Receipt) -> Receipt:
    with closing(sqlite3.connect(tracking.home / "other.db")) as database:
        database.execute("CREATE TABLE runs (id TEXT)")
    return receipt.model_copy(update={"tracking_uri": f"sqlite:///{tracking.home}/other.db"})


UNKNOWN = [other_mlflow, server, missing, no_database, other_schema]
GONE = [other_run, renamed_experiment, deleted_experiment, deleted_run, running]
Change = Callable[..., Receipt]


@pytest.mark.parametrize("change", [*UNKNOWN, *GONE])
def test_without_the_run_finished_and_in_its_experiment_nothing_is_done(
    tracking, run: TrackedRun, change: Change
) -> None:
    files = set(tracking.home.iterdir())
    receipt = change(tracking, run.receipt)
    assert not revisit(receipt, None, {}, note)
    assert not (tracking.home / "missing.db").exists()
    assert len(set(tracking.home.iterdir()) - files) <= 1
    if change is not deleted_run:
        assert "seen" not in tracking.stored(run).data.tags


def test_a_database_that_another_writes_for_long_gives_no_answer(
    tracking, run: TrackedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_database, "_SECONDS", 0.1)
    with closing(sqlite3.connect(tracking.home / "mlflow.db")) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert not revisit(run.receipt, None, {}, note)
        writer.rollback()
    assert revisit(run.receipt, None, {}, note)


@pytest.mark.parametrize("name", ["a b", "c#d", "100%", "e&f=g", "größe"])
def test_a_path_may_hold_any_character_that_mlflow_takes(tracking, name: str) -> None:
    other = type(tracking)(tracking.home / name)
    other.home.mkdir()
    shutil.copy(tracking.home / "mlflow.db", other.home)
    run = other.completed()
    assert revisit(run.receipt, None, {}, note)
    assert other.stored(run).data.tags["seen"] == "I"


@pytest.fixture
def receipt(tracking, run: TrackedRun) -> Receipt:
    """Of a run in a registry with two versions of `words`, the first of which has the alias `best`."""
    tracking.client.create_registered_model("words")
    for _ in range(2):
        tracking.client.create_model_version("words", source=run.model_uri, run_id=run.run_id)
    tracking.client.set_registered_model_alias("words", "best", "1")
    return run.receipt


def test_the_version_that_has_an_alias(tracking, receipt: Receipt) -> None:
    assert alias_of(receipt, "words", "2", "best") == "1"
    tracking.client.set_registered_model_alias("words", "best", "2")
    assert alias_of(receipt, "words", "2", "best") == "2"
    assert alias_of(receipt, "words", "2", "worst") is None
    assert alias_of(receipt, "noises", "2", "best") is None
    tracking.client.delete_registered_model_alias("words", "best")
    assert alias_of(receipt, "words", "2", "best") is None


def test_a_version_that_is_gone_has_no_answer(tracking, receipt: Receipt) -> None:
    assert alias_of(receipt, "words", "3", "best") is None
    tracking.client.delete_model_version("words", "2")
    assert alias_of(receipt, "words", "1", "best") == "1"
    assert alias_of(receipt, "words", "2", "best") is None
    tracking.client.delete_registered_model("words")
    assert alias_of(receipt, "words", "1", "best") is None


@pytest.mark.parametrize("change", UNKNOWN)
def test_an_unknown_database_knows_no_alias(tracking, receipt: Receipt, change: Change) -> None:
    assert alias_of(change(tracking, receipt), "words", "1", "best") is None
