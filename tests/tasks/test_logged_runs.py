"""Runs that a user names: which one is meant, and what is said of one that is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy
from sqlalchemy.exc import OperationalError

from soundcheck.errors import SoundcheckError, StoreError
from tasks import logged_runs
from tasks.logged_runs import fetch_report, find_receipt_of
from tasks.receipts import Receipt, all_receipts
from tasks.report import REPORT
from tasks.tracking_server import TrackingServerError, asking


def note(home: Path, run_id: str, uri: str = "", **changes: object) -> Receipt:
    """The receipt of a run, as the store has it."""
    values = {
        "tracking_uri": uri or f"sqlite:///{home}/mlflow.db",
        "experiment": "e",
        "identity": run_id,
        "run_id": run_id,
        "experiment_id": "0",
        "model_id": "m",
        "mlflow": "3",
        "configuration": {"training": {"epochs": 3}},
        **changes,
    }
    Receipt.model_validate(values).save(home / "store")
    return next(iter(all_receipts(home / "store").values()))


def test_a_run_is_found_by_the_beginning_of_its_id_and_the_last_used_without(tmp_path: Path) -> None:
    for run_id in ("abcd11", "abcd22", "ffff33"):
        note(tmp_path, run_id)
    note(tmp_path, "0000", configuration={})  # it was never completed
    assert find_receipt_of(tmp_path / "store", "ABCD2").run_id == "abcd22"
    assert find_receipt_of(tmp_path / "store", None).run_id == "ffff33"


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("eeee", "no run 'eeee' is known in .*; the latest are ffff33, abcd22, abcd11"),
        ("abcd", "several runs begin with 'abcd': abcd22, abcd11; give more of the id"),
        ("abc", "run 'abc': give at least 4 characters of its id"),
        ("0000", "no run '0000'"),
    ],
)
def test_a_run_that_is_not_there_or_not_the_only_one_is_refused(tmp_path: Path, run: str, said: str) -> None:
    for run_id in ("abcd11", "abcd22", "ffff33"):
        note(tmp_path, run_id)
    note(tmp_path, "0000", configuration={})
    with pytest.raises(SoundcheckError, match=said):
        find_receipt_of(tmp_path / "store", run)


def test_a_home_without_a_run_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SoundcheckError, match="`soundcheck train` makes one"):
        find_receipt_of(tmp_path / "store", None)


def test_a_database_that_is_gone_is_told_as_out_of_reach_and_not_made(tmp_path: Path) -> None:
    receipt = note(tmp_path, "abcd11")
    with pytest.raises(SoundcheckError, match=r"could not be had from sqlite:.*FileNotFoundError"):
        fetch_report(tmp_path, receipt)
    assert not (tmp_path / "mlflow.db").exists()


@pytest.fixture
def logged(home: Path) -> Receipt:
    """A run of a real MLflow, with a report."""
    from tasks.tracking_server import connect

    client = connect(home)
    experiment = client.create_experiment("e", artifact_location=(home / "mlartifacts").as_uri())
    run_id = client.create_run(experiment).info.run_id
    client.log_text(run_id, "<html>", REPORT)
    return note(home, run_id)


@pytest.mark.slow  # importing MLflow takes seconds
def test_the_report_of_a_run_is_fetched_into_the_home(home: Path, logged: Receipt) -> None:
    path = fetch_report(home, logged)
    assert path == home / "reports" / logged.run_id / REPORT
    assert path.read_text() == "<html>"


@pytest.mark.slow
def test_a_run_that_was_deleted_is_told_as_deleted(home: Path, logged: Receipt) -> None:
    from tasks.tracking_server import connect

    connect(home).delete_run(logged.run_id)
    way_out = f"deleted in MLflow; .*mlflow runs restore --run-id {logged.run_id}` brings it back"
    with pytest.raises(SoundcheckError, match=way_out):
        fetch_report(home, logged)
    purged = logged.model_copy(update={"run_id": "0" * 32})
    with pytest.raises(SoundcheckError, match=f"has no run {'0' * 32} any more; the same `soundcheck train`"):
        fetch_report(home, purged)
    assert not (home / "reports").exists()


@contextmanager
def broken_off(_uri: str) -> Iterator[SimpleNamespace]:
    """A server whose answer breaks off in the middle of the report."""

    def download(_run: str, name: str, folder: str) -> str:
        (Path(folder) / name).write_text("<ht")
        raise OSError("connection reset")

    yield SimpleNamespace(download_artifacts=download)


@contextmanager
def whole(_uri: str) -> Iterator[SimpleNamespace]:
    def download(_run: str, name: str, folder: str) -> str:
        (Path(folder) / name).write_text("<html>")
        return f"{folder}/{name}"

    yield SimpleNamespace(download_artifacts=download)


def test_a_report_that_breaks_off_leaves_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logged_runs, "refuse_deleted", lambda *_: None)
    monkeypatch.setattr(logged_runs, "asking", whole)
    path = fetch_report(tmp_path, receipt := note(tmp_path, "abcd11"))
    monkeypatch.setattr(logged_runs, "asking", broken_off)
    with pytest.raises(SoundcheckError, match=r"could not be had from .*connection reset"):
        fetch_report(tmp_path, receipt)
    assert path.read_text() == "<html>"
    assert list(path.parent.iterdir()) == [path]


def test_where_the_report_cannot_be_put_the_server_is_not_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logged_runs, "refuse_deleted", lambda *_: None)
    monkeypatch.setattr(logged_runs, "asking", whole)
    (tmp_path / "reports").touch()
    with pytest.raises(StoreError, match="reports is a file, and a folder is needed there"):
        fetch_report(tmp_path, note(tmp_path, "abcd11"))


@pytest.mark.parametrize(
    ("address", "limit"),
    [
        ("postgresql+psycopg://db.example/runs", {"connect_timeout": 10}),
        ("mysql+pymysql://db.example/runs", {"connect_timeout": 10}),
        ("postgresql+pg8000://db.example/runs", {}),  # which knows no such argument
    ],
)
def test_a_database_server_is_given_seconds(
    address: str, limit: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, int]] = []

    def refuse(_uri: str, connect_args: dict[str, int]) -> None:
        asked.append(connect_args)
        raise OperationalError("", {}, Exception("nobody there"))

    monkeypatch.setattr(sqlalchemy, "create_engine", refuse)
    with pytest.raises(TrackingServerError, match="nobody there"), asking(address):
        pass
    assert asked == [limit]
