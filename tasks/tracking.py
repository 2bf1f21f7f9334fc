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

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Metric, Run

IDENTITY = "soundcheck.identity"
FLOW_RUNS = "soundcheck.flow_runs"
MODEL_ID = "soundcheck.model_id"
PARAMS_A_REQUEST = 100  # MLflow takes no more at once
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

    It names a run and holds no connection, so that it may be passed between tasks and threads.
    """

    model_config = ConfigDict(frozen=True)

    home: Path
    run_id: str
    experiment_id: str
    model_id: str
    complete: bool
    splits: tuple[DataSplit, ...] = ()

    def connect(self) -> MlflowClient:
        """A client of the server that holds the run."""
        return connect(self.home)

    @property
    def model_uri(self) -> str:
        """The URI of the run's logged model."""
        return f"models:/{self.model_id}"

    def log_epoch(self, row: Mapping[str, float]) -> None:
        """Logs a row of the history as it arises: the metrics at the step `epoch`."""
        measures = {name: value for name, value in row.items() if name != "epoch"}
        self.log_metrics(measures, step=int(row["epoch"]))

    def log_metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Logs metrics of the run's model, each linked to the split that its name begins with."""
        now_ms = int(time.time() * 1000)
        metrics = [self._metric(name, value, now_ms, step) for name, value in values.items()]
        self.connect().log_batch(self.run_id, metrics=metrics)

    def logged_epochs(self) -> int:
        """How many epochs of the history the run has."""
        return len(self.connect().get_metric_history(self.run_id, "train_loss"))

    def log_params(self, params: Mapping[str, object]) -> None:
        """Logs params; one that is there already with the same value is left as it is."""
        from mlflow.entities import Param

        entities = [Param(_permitted(name), str(value)) for name, value in params.items()]
        for start in range(0, len(entities), PARAMS_A_REQUEST):
            batch = entities[start : start + PARAMS_A_REQUEST]
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

        split = next((one for one in self.splits if name.startswith(one.context)), None)
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
    """The run of this identity: the completed one where there is one, else a new one, open in the block.

    It is closed as FINISHED, as KILLED after Ctrl-C, and as FAILED after any other error.
    """
    client = connect(home)
    experiment_id = _experiment(client, labelling.experiment, home)
    found = _completed(client, experiment_id, identity)
    if found is not None:
        _visit(client, found, labelling, flow_run)
        yield _tracked(home, found, complete=True)
        return
    run = _create(client, experiment_id, labelling, identity, splits, flow_run)
    with _closing(client, run):
        yield _tracked(home, run, complete=False, splits=tuple(splits))


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
    """A name with the characters that MLflow refuses replaced: a label may be `don't`."""
    return re.sub(r"[^/\w.\- :]", "_", name)


def _own_database(home: Path) -> str:
    return f"sqlite:///{home.resolve() / 'mlflow.db'}"


def _experiment(client: MlflowClient, name: str, home: Path) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
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


def _completed(client: MlflowClient, experiment_id: str, identity: str) -> Run | None:
    """The finished run of an identity. Runs that were broken off are deleted: their work is in the store."""
    runs = client.search_runs([experiment_id], filter_string=f"tags.`{IDENTITY}` = '{identity}'")
    finished = [run for run in runs if run.info.status == "FINISHED"]
    for run in runs:
        if run.info.status != "FINISHED":
            client.delete_run(run.info.run_id)
    return finished[0] if finished else None


def _visit(client: MlflowClient, run: Run, labelling: Labelling, flow_run: FlowRun) -> None:
    """Notes on a completed run that another flow run came to the same result."""
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


def _tracked(home: Path, run: Run, *, complete: bool, splits: tuple[DataSplit, ...] = ()) -> TrackedRun:
    return TrackedRun(
        home=home,
        run_id=run.info.run_id,
        experiment_id=run.info.experiment_id,
        model_id=run.data.tags[MODEL_ID],
        complete=complete,
        splits=splits,
    )


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
def _closing(client: MlflowClient, run: Run) -> Generator[None]:
    try:
        yield
    except BaseException as error:
        status = "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
        client.set_terminated(run.info.run_id, status=status)
        client.finalize_logged_model(run.data.tags[MODEL_ID], "FAILED")
        raise
    client.set_terminated(run.info.run_id, status="FINISHED")
