"""Tracking: MLflow runs as projections of the store.

A run stands for what its stages computed, not for the occasion: its identity is a digest of the stages'
keys, so a rerun that computes nothing new finds the run and only notes that it came by again. What the run
shows is written from the store, and so it can be written again, complete, into any tracking server.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from prefect.runtime import flow_run as runtime
from prefect.settings import PREFECT_API_URL
from prefect.utilities.urls import url_for
from pydantic import BaseModel, ConfigDict

from soundcheck.errors import ConfigError
from soundcheck.store import exclusive

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Metric, Run

IDENTITY = "soundcheck.identity"
FLOW_RUNS = "soundcheck.flow_runs"
MODEL_ID = "soundcheck.model_id"
FINAL = "final/"  # begins the names of metrics of the model that was kept, unlike those of each epoch
ENTITIES_A_REQUEST = 100  # MLflow takes no more params at once
FLOW_RUNS_NOTED = 100  # of 37 characters each; MLflow keeps 8000 of a tag
LOCAL_MLFLOW_UI = "http://127.0.0.1:5000"
LOCAL_PREFECT_UI = "http://127.0.0.1:4200"


class FlowRun(BaseModel):
    """The Prefect flow run that a run comes from."""

    model_config = ConfigDict(frozen=True)

    id: str
    url: str

    @classmethod
    def current(cls) -> FlowRun:
        """The flow run that calls this; its page on the server, or in that of `soundcheck ui`."""
        run_id = runtime.get_id()
        if run_id is None:
            raise RuntimeError("there is no flow run; call this inside a Prefect flow")
        # A temporary server's address dies with it; its runs are seen later, in the page of `soundcheck ui`.
        url = url_for("flow-run", run_id) if PREFECT_API_URL.value() else None
        return cls(id=run_id, url=url or f"{LOCAL_PREFECT_UI}/runs/flow-run/{run_id}")


class Labelling(BaseModel):
    """How the user wants a run to be found."""

    model_config = ConfigDict(frozen=True)

    experiment: str = "soundcheck"
    run_name: str | None = None
    tags: dict[str, str] = {}


class DataSplit(BaseModel):
    """A set of clips as MLflow shows it: an input of the run, to which metrics of the split are linked."""

    model_config = ConfigDict(frozen=True)

    context: Literal["train", "validation", "test"]
    name: str
    digest: str
    source: str
    clips: int


class TrackedRun(BaseModel):
    """A run that is open, or that an earlier flow completed (then nothing needs to be logged).

    `epochs_before` is how many epochs of its history were there when it was opened. It names a run and holds
    no connection, so that it may be passed between tasks and threads.
    """

    model_config = ConfigDict(frozen=True)

    home: Path
    run_id: str
    experiment_id: str
    model_id: str
    complete: bool
    epochs_before: int
    splits: tuple[DataSplit, ...]

    def connect(self) -> MlflowClient:
        """A client of the server that holds the run."""
        return connect(self.home)

    @property
    def model_uri(self) -> str:
        """The URI of the run's logged model."""
        return f"models:/{self.model_id}"

    def log_epoch(self, row: Mapping[str, float]) -> None:
        """Logs a row of the history as it arises, at the step `epoch`, unless the run has that epoch."""
        measures = {name: value for name, value in row.items() if name != "epoch"}
        if row["epoch"] > self.epochs_before:
            self.log_metrics(measures, step=int(row["epoch"]))

    def log_metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Logs metrics of the run's model, each linked to the split that its name speaks of."""
        now_ms = int(time.time() * 1000)
        metrics = [self._metric(name, value, now_ms, step) for name, value in values.items()]
        for start in range(0, len(metrics), ENTITIES_A_REQUEST):
            self.connect().log_batch(self.run_id, metrics=metrics[start : start + ENTITIES_A_REQUEST])

    def epochs(self) -> int:
        """How many epochs of the history the run has by now."""
        return _epochs(self.connect(), self.run_id)

    def has_metric(self, name: str) -> bool:
        """Whether the run has a metric by now."""
        return name in self.connect().get_run(self.run_id).data.metrics

    def log_params(self, params: Mapping[str, object]) -> None:
        """Logs params; those that the run has are left as they are."""
        from mlflow.entities import Param

        there = self.connect().get_run(self.run_id).data.params
        permitted = {_permitted(name): str(value) for name, value in params.items()}
        entities = [Param(name, value) for name, value in permitted.items() if name not in there]
        for start in range(0, len(entities), ENTITIES_A_REQUEST):
            batch = entities[start : start + ENTITIES_A_REQUEST]
            self.connect().log_batch(self.run_id, params=batch)

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Sets tags of the run."""
        from mlflow.entities import RunTag

        entities = [RunTag(name, value) for name, value in tags.items()]
        self.connect().log_batch(self.run_id, tags=entities)

    def log_folder(self, folder: Path) -> None:
        """Logs all files below a folder as the run's artifacts."""
        self.connect().log_artifacts(self.run_id, str(folder))

    def address(self) -> str:
        """The run's page in the MLflow UI: the server's; for a database, that of `soundcheck ui`."""
        uri = os.environ.get("MLFLOW_TRACKING_URI", "")
        server = uri.rstrip("/") if uri.startswith("http") else LOCAL_MLFLOW_UI
        return f"{server}/#/experiments/{self.experiment_id}/runs/{self.run_id}"

    def _metric(self, name: str, value: float, timestamp_ms: int, step: int) -> Metric:
        from mlflow.entities import Metric

        subject = name.removeprefix(FINAL)
        split = next((one for one in self.splits if subject.startswith(one.context)), None)
        return Metric(
            _permitted(name),
            float(value),
            timestamp_ms,
            step,
            model_id=self.model_id,
            dataset_name=split.name if split else None,
            dataset_digest=split.digest if split else None,
        )


@contextmanager
def tracked_run(
    home: Path,
    labelling: Labelling,
    identity: str,
    splits: Sequence[DataSplit],
    flow_run: FlowRun,
) -> Generator[TrackedRun]:
    """The run of this identity: the completed one, or one that was broken off and goes on, or a new one.

    In the block it is open, unless it is complete. It is closed as FINISHED, as KILLED after Ctrl-C, and as
    FAILED after any other error. Two flows that come to the same identity on one machine take turns.
    """
    with exclusive(home / "locks" / f"run-{identity}"):
        client = _open_database(home)
        experiment_id = _experiment(client, labelling.experiment, home)
        run = _found(client, experiment_id, identity)
        if run is not None:
            _visit(client, run, labelling, flow_run)
        if run is not None and run.info.status == "FINISHED":
            yield _tracked(client, home, run, splits)
            return
        run = run or _create(client, experiment_id, labelling, identity, splits, flow_run)
        with _closing(client, run.info.run_id):
            yield _tracked(client, home, run, splits)


def connect(home: Path) -> MlflowClient:
    """A client of the tracking server and registry: `MLFLOW_TRACKING_URI`, else the database in the home."""
    import mlflow

    chosen_by_user = "MLFLOW_TRACKING_URI" in os.environ
    mlflow.set_tracking_uri(tracking_uri(home))
    if not chosen_by_user:
        # MLflow notes the address in the environment too, where it would win over another home's.
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    return mlflow.MlflowClient()


def tracking_uri(home: Path) -> str:
    """`MLFLOW_TRACKING_URI` where it is set, else the SQLite database in the home folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or _own_database(home)


def _permitted(name: str) -> str:
    """A name with each character that MLflow refuses replaced by its code: a label may be `c#` or `don't`."""
    return re.sub(r"[^/\w.\- :]", lambda match: f"_{ord(match[0]):x}_", name)


def _own_database(home: Path) -> str:
    return f"sqlite:///{home.resolve() / 'mlflow.db'}"


def _open_database(home: Path) -> MlflowClient:
    """A client, after the first of several processes to come has laid out our own database."""
    client = connect(home)
    with exclusive(home / "locks" / "mlflow"):
        client.search_experiments(max_results=1)
    return client


def _experiment(client: MlflowClient, name: str, home: Path) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is not None and found.lifecycle_stage == "deleted":
        raise ConfigError(f"the MLflow experiment {name!r} was deleted; restore it, or name another")
    if found is not None:
        return found.experiment_id
    # A server decides itself where artifacts go; beside our own database they go into the home.
    ours = tracking_uri(home) == _own_database(home)
    location = (home.resolve() / "mlartifacts").as_uri() if ours else None
    try:
        return client.create_experiment(
            name, artifact_location=location, tags={"mlflow.experimentKind": "custom_model_development"}
        )
    except MlflowException:
        found = client.get_experiment_by_name(name)  # another flow may have made it in between
        if found is None:
            raise
        return found.experiment_id


def _found(client: MlflowClient, experiment_id: str, identity: str) -> Run | None:
    """The run of an identity: the finished one, else the last that was broken off."""
    wanted = f"tags.`{IDENTITY}` = '{identity}' and tags.`{MODEL_ID}` LIKE '%'"
    runs = client.search_runs([experiment_id], filter_string=wanted)
    finished = [run for run in runs if run.info.status == "FINISHED"]
    return next(iter([*finished, *runs]), None)


def _visit(client: MlflowClient, run: Run, labelling: Labelling, flow_run: FlowRun) -> None:
    """Notes on a run that another flow run came to it."""
    flow_runs = [*run.data.tags.get(FLOW_RUNS, "").split(), flow_run.id]
    for name, value in {**labelling.tags, FLOW_RUNS: " ".join(flow_runs[-FLOW_RUNS_NOTED:])}.items():
        client.set_tag(run.info.run_id, name, value)
    if labelling.run_name is not None:
        client.update_run(run.info.run_id, name=labelling.run_name)


def _create(
    client: MlflowClient,
    experiment_id: str,
    labelling: Labelling,
    identity: str,
    splits: Sequence[DataSplit],
    flow_run: FlowRun,
) -> Run:
    tags = {
        **labelling.tags,
        **_git_commit(),
        "mlflow.user": _user(),
        "mlflow.source.name": "soundcheck train",
        "mlflow.source.type": "LOCAL",
        IDENTITY: identity,
        FLOW_RUNS: flow_run.id,
        "prefect.flow_run_id": flow_run.id,
        "prefect.flow_run_url": flow_run.url,
    }
    run_id = client.create_run(experiment_id, tags=tags, run_name=labelling.run_name).info.run_id
    client.log_inputs(run_id, datasets=[_dataset_input(split) for split in splits])
    # Before there is a model, for MLflow links only the metrics of a logged model to data.
    model = client.create_logged_model(experiment_id, name="model", source_run_id=run_id)
    client.set_tag(run_id, MODEL_ID, model.model_id)
    return client.get_run(run_id)


def _tracked(client: MlflowClient, home: Path, run: Run, splits: Sequence[DataSplit]) -> TrackedRun:
    return TrackedRun(
        home=home,
        run_id=run.info.run_id,
        experiment_id=run.info.experiment_id,
        model_id=run.data.tags[MODEL_ID],
        complete=run.info.status == "FINISHED",
        epochs_before=_epochs(client, run.info.run_id),
        splits=tuple(splits),
    )


def _epochs(client: MlflowClient, run_id: str) -> int:
    return len(client.get_metric_history(run_id, "train_loss"))


def _dataset_input(split: DataSplit) -> DatasetInput:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    dataset = Dataset(
        name=split.name,
        digest=split.digest,
        source_type="local",
        source=json.dumps({"uri": split.source}),
        profile=json.dumps({"num_rows": split.clips}),
    )
    return DatasetInput(dataset, tags=[InputTag("mlflow.data.context", split.context)])


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return ""


def _git_commit() -> dict[str, str]:
    """The commit of the working directory under MLflow's own tag; nothing outside a repository."""
    command = ["git", "rev-parse", "HEAD"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return {}
    return {"mlflow.source.git.commit": result.stdout.strip()} if result.returncode == 0 else {}


@contextmanager
def _closing(client: MlflowClient, run_id: str) -> Generator[None]:
    client.update_run(run_id, status="RUNNING")
    try:
        yield
    except BaseException as error:
        status = "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
        client.set_terminated(run_id, status=status)
        raise
    client.set_terminated(run_id, status="FINISHED")
