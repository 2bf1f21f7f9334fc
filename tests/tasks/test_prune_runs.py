"""Which runs keep their results: the last used, the registered, and those that nobody can be asked about."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from soundcheck.artifacts import Artifact, Recipe
from soundcheck.errors import StoreError
from soundcheck.pruning import Pruned
from soundcheck.store import Draft, Store
from tasks import registry, tracking_server
from tasks.pruning import PrunedRuns, prune_runs
from tasks.receipts import Receipt, all_receipts, drop, note_diagnosis

REPOSITORY = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow  # importing MLflow takes seconds


class Runs:
    """Runs in a real MLflow, each with a receipt and a result of its own in the store."""

    def __init__(self, home: Path) -> None:
        from mlflow import MlflowClient

        self.uri = f"sqlite:///{home}/mlflow.db"
        self.client = MlflowClient(tracking_uri=self.uri)
        self.store = Store(home / "store")
        self.results: dict[str, Artifact] = {}

    def add(self, uri: str = "") -> str:
        """A run with a result; runs are added from the first used to the last used."""
        number = len(self.results)
        run_id = f"run-{number}" if uri else self.client.create_run("0").info.run_id
        artifact = self.store.make(recipe(number), write_number)
        self.results[run_id] = artifact
        receipt = Receipt(
            tracking_uri=uri or self.uri,
            experiment="e",
            identity=str(number),
            run_id=run_id,
            experiment_id="0",
            model_id="m",
            mlflow="3",
            results=(artifact.path,),
        )
        receipt.save(self.store.root)
        return run_id

    def register(self, run_id: str, name: str = "model") -> None:
        if not self.client.search_registered_models(f"name = '{name}'"):
            self.client.create_registered_model(name)
        self.client.create_model_version(name, source="file:///model", run_id=run_id)

    def with_results(self) -> list[str]:
        """The runs whose result is there."""
        there = [run_id for run_id, one in self.results.items() if self.store.path(one).exists()]
        assert sorted(there) == sorted(one.run_id for one in all_receipts(self.store.root).values())
        return there

    def prune(self, keep_runs: int, *, dry_run: bool = False) -> PrunedRuns:
        time.sleep(0.02)  # what was used in the same tick of the file system's clock is in use
        return prune_runs(self.store, keep_runs, dry_run=dry_run)


def write_number(draft: Draft) -> None:
    (draft.folder / "file").write_text(str(draft.recipe.inputs["number"]))


def recipe(number: int) -> Recipe:
    return Recipe(stage="fit", inputs={"number": number}, code="", versions={})


@pytest.fixture
def runs(home: Path) -> Runs:
    return Runs(home)


def test_the_runs_used_last_keep_their_results(runs: Runs) -> None:
    first, second, third = (runs.add() for _ in range(3))
    [oldest] = [one for one in all_receipts(runs.store.root).values() if one.run_id == first]
    oldest.save(runs.store.root)  # a flow comes by again
    pruned = runs.prune(keep_runs=2)
    assert runs.with_results() == [first, third]
    assert pruned.forgotten_runs == {"old": [second]}
    assert (pruned.kept_runs, pruned.unasked) == (2, {})
    assert pruned.removed.results == (runs.results[second].path,)
    assert runs.client.get_run(second).info.lifecycle_stage == "active"


def test_what_was_asked_of_a_kept_run_stays_with_it(runs: Runs) -> None:
    runs.add()
    asked = runs.store.make(recipe(99), write_number)
    other = runs.store.make(recipe(100), write_number)
    [receipt] = all_receipts(runs.store.root).values()
    note_diagnosis(runs.store.root, receipt, [asked.path], {"sentence": "The data."})
    assert runs.prune(keep_runs=1).removed.results == (other.path,)
    [receipt] = all_receipts(runs.store.root).values()
    assert receipt.verdict == {"sentence": "The data."}


def test_none_is_kept_where_none_is_wanted(runs: Runs) -> None:
    for _ in range(2):
        runs.add()
    assert runs.prune(keep_runs=0).kept_runs == 0
    assert runs.with_results() == []


def test_runs_with_a_version_keep_their_results(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "VERSIONS_A_PAGE", 1)
    for name in ("one", "another", None, "one"):
        run_id = runs.add()
        if name:
            runs.register(run_id, name)
    registered = [run_id for number, run_id in enumerate(runs.results) if number != 2]
    assert runs.prune(keep_runs=0).kept_runs == 3
    assert runs.with_results() == registered


def test_a_deleted_version_keeps_nothing(runs: Runs) -> None:
    runs.register(runs.add())
    runs.client.delete_model_version("model", "1")
    runs.prune(keep_runs=0)
    assert runs.with_results() == []


def test_a_deleted_run_keeps_nothing_and_does_not_count(runs: Runs) -> None:
    kept, deleted = runs.add(), runs.add()
    runs.client.delete_run(deleted)
    assert runs.prune(keep_runs=1).forgotten_runs == {"deleted": [deleted]}
    assert runs.with_results() == [kept]


def test_a_run_that_was_purged_counts_as_deleted(runs: Runs) -> None:
    kept = runs.add()
    purged = runs.add(uri=runs.uri)  # whose number MLflow does not know
    assert runs.prune(keep_runs=1).forgotten_runs == {"deleted": [purged]}
    assert runs.with_results() == [kept]


def test_a_server_that_knows_none_of_the_runs_is_another_one(runs: Runs) -> None:
    """The database of another project at the same address does not say that they were deleted."""
    stranger = runs.add(uri=runs.uri)
    assert "another server" in runs.prune(keep_runs=0).unasked[runs.uri]
    assert runs.with_results() == [stranger]


def test_a_registry_of_its_own_is_asked_wherever_pruning_runs(runs: Runs, home: Path) -> None:
    from mlflow import MlflowClient

    registry_uri = f"sqlite:///{home}/registry.db"
    run_id = runs.add()
    [receipt] = all_receipts(runs.store.root).values()
    receipt.model_copy(update={"registry_uri": registry_uri}).save(runs.store.root)
    apart = MlflowClient(tracking_uri=runs.uri, registry_uri=registry_uri)
    apart.create_registered_model("model")
    apart.create_model_version("model", source="file:///model", run_id=run_id)
    assert runs.prune(keep_runs=0).kept_runs == 1
    Path(home / "registry.db").unlink()
    assert runs.prune(keep_runs=0).kept_runs == 1
    assert runs.with_results() == [run_id]


def test_a_registered_run_keeps_its_results_though_it_was_deleted(runs: Runs) -> None:
    run_id = runs.add()
    runs.register(run_id)
    runs.client.delete_run(run_id)
    runs.prune(keep_runs=0)
    assert runs.with_results() == [run_id]


def test_a_dry_run_tells_the_same_and_removes_nothing(runs: Runs) -> None:
    for _ in range(3):
        last = runs.add()
    runs.client.delete_run(last)
    told = runs.prune(keep_runs=1, dry_run=True)
    assert len(runs.with_results()) == 3
    assert runs.prune(keep_runs=1) == told.model_copy(update={"dry_run": False})
    assert len(runs.with_results()) == 1


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_runs_of_a_server_that_is_gone_are_kept_beside_the_others(runs: Runs) -> None:
    gone, lost = free_address(), "sqlite:////nowhere/mlflow.db"
    unasked = [runs.add(uri=gone), runs.add(uri=lost)]
    runs.add()
    latest = runs.add()
    pruned = runs.prune(keep_runs=1)
    assert runs.with_results() == [*unasked, latest]
    assert set(pruned.unasked) == {gone, lost}
    assert "No such file" in pruned.unasked[lost]
    assert pruned.kept_runs == 3


def test_a_database_that_is_gone_is_not_made(runs: Runs, tmp_path: Path) -> None:
    runs.add(uri=f"sqlite:///{tmp_path}/gone.db")
    assert runs.prune(keep_runs=0).kept_runs == 1
    assert not (tmp_path / "gone.db").exists()


def test_a_database_that_is_none_is_said(runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"this is no database" * 100)
    uri = f"sqlite:///{tmp_path}/broken.db"
    runs.add(uri=uri)
    assert "not a database" in runs.prune(keep_runs=0).unasked[uri]


@pytest.fixture
def hanging_server() -> Iterator[Callable[[bool], str]]:
    """A server that answers nothing in time, or nothing but that it is well."""
    released = threading.Event()
    servers: list[ThreadingHTTPServer] = []

    def start(healthy: bool) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not (healthy and self.path == "/health"):
                    released.wait(20)
                self.send_response(200)
                self.end_headers()

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_arguments: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    released.set()
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("healthy", [False, True], ids=["silent", "well but silent"])
def test_a_server_that_hangs_is_given_seconds(
    runs: Runs,
    hanging_server: Callable[[bool], str],
    monkeypatch: pytest.MonkeyPatch,
    healthy: bool,
) -> None:
    uri = hanging_server(healthy)
    monkeypatch.setattr(tracking_server, "ANSWER_SECONDS", 1)
    monkeypatch.setitem(tracking_server._IN_PASSING, "MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    runs.add(uri=uri)
    started = time.monotonic()
    pruned = runs.prune(keep_runs=0)
    assert time.monotonic() - started < 15
    assert list(pruned.unasked) == [uri]
    assert len(runs.with_results()) == 1


def test_a_damaged_receipt_stops_the_pruning(runs: Runs) -> None:
    runs.add()
    runs.add()
    [path, _] = all_receipts(runs.store.root)
    path.write_text("{")
    with pytest.raises(StoreError, match=rf"{path.name} is damaged.*delete it"):
        runs.prune(keep_runs=0)
    assert all(runs.store.find(recipe(number)) for number in range(2))


def test_a_receipt_that_a_flow_has_come_by_since_is_not_dropped(runs: Runs) -> None:
    runs.add()
    [(path, receipt)] = all_receipts(runs.store.root).items()
    receipt.save(runs.store.root)
    drop(runs.store.root, path, receipt)
    [(path, receipt)] = all_receipts(runs.store.root).items()
    drop(runs.store.root, path, receipt)
    assert not all_receipts(runs.store.root)


def test_without_a_store_nothing_is_done_and_no_folder_made(tmp_path: Path) -> None:
    assert prune_runs(Store(tmp_path / "store"), 10).removed == Pruned()
    assert not list(tmp_path.iterdir())


def test_without_runs_mlflow_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    script = (
        "import sys; from pathlib import Path; from soundcheck.store import Store\n"
        "from tasks.pruning import prune_runs\n"
        f"prune_runs(Store(Path({str(tmp_path / 'store')!r})), 10)\n"
        "assert not {'mlflow', 'prefect', 'tensorflow', 'pandas'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=True, timeout=60)
