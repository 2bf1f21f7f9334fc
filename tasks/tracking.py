"""Tracking: what is written into an MLflow run, each thing once, however often it is begun.

A run is a projection of the store: what it shows is written from there, and so it can be written again,
complete, into any tracking server.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from tasks.interruption import uninterrupted
from tasks.receipts import Receipt
from tasks.tracking_server import connect, page_of

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

FINAL = "final/"  # begins the names of metrics of the model that was kept, unlike those of each epoch
ENTITIES_A_REQUEST = 100  # MLflow takes no more params at once
STORE = "store"  # in the home folder


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

    Attributes:
        home: The home folder, whose database holds the run where no server is named.
        receipt: What the store remembers of the run.
        complete: Whether an earlier flow finished it.
        epochs_before: How many epochs of its history were there when it was opened.
        splits: The data that its metrics are linked to.
    """

    model_config = ConfigDict(frozen=True)

    home: Path
    receipt: Receipt
    complete: bool
    epochs_before: int = 0
    splits: tuple[DataSplit, ...] = ()

    def connect(self) -> MlflowClient:
        """A client of the server that holds the run."""
        return connect(self.home)

    @property
    def run_id(self) -> str:
        """MLflow's name of the run."""
        return self.receipt.run_id

    @property
    def model_id(self) -> str:
        """MLflow's name of the run's logged model."""
        return self.receipt.model_id

    @property
    def model_uri(self) -> str:
        """The URI of the run's logged model."""
        return f"models:/{self.model_id}"

    @uninterrupted()
    def log_epoch(self, row: Mapping[str, float]) -> None:
        """Logs a row of the history as it arises, at the step `epoch`, unless the run has that epoch."""
        measures = {name: value for name, value in row.items() if name != "epoch"}
        if not self.complete and row["epoch"] > self.epochs_before:
            self._log_metrics(measures, step=int(row["epoch"]))

    @uninterrupted()
    def log_final_metrics(self, values: Mapping[str, float]) -> None:
        """Logs metrics of the model that was kept; those that the run has are left as they are."""
        there = self.connect().get_run(self.run_id).data.metrics
        self._log_metrics({name: value for name, value in values.items() if _permitted(name) not in there})

    def _log_metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Logs metrics of the run's model, each linked to the split that its name speaks of."""
        now_ms = int(time.time() * 1000)
        metrics = [self._metric(name, value, now_ms, step) for name, value in values.items()]
        for start in range(0, len(metrics), ENTITIES_A_REQUEST):
            self.connect().log_batch(self.run_id, metrics=metrics[start : start + ENTITIES_A_REQUEST])

    @uninterrupted()
    def epochs(self) -> int:
        """How many epochs of the history the run has by now."""
        return epochs_of(self.connect(), self.run_id)

    def noted(self, **changes: Any) -> TrackedRun:
        """The same run with a changed receipt, which is kept."""
        receipt = self.receipt.model_copy(update=changes)
        receipt.save(self.home / STORE)
        return self.model_copy(update={"receipt": receipt})

    @uninterrupted()
    def log_params(self, params: Mapping[str, object]) -> None:
        """Logs params; those that the run has are left as they are."""
        from mlflow.entities import Param

        there = self.connect().get_run(self.run_id).data.params
        permitted = {_permitted(name): str(value) for name, value in params.items()}
        entities = [Param(name, value) for name, value in permitted.items() if name not in there]
        for start in range(0, len(entities), ENTITIES_A_REQUEST):
            batch = entities[start : start + ENTITIES_A_REQUEST]
            self.connect().log_batch(self.run_id, params=batch)

    @uninterrupted()
    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Sets tags of the run."""
        from mlflow.entities import RunTag

        entities = [RunTag(name, value) for name, value in tags.items()]
        self.connect().log_batch(self.run_id, tags=entities)

    @uninterrupted()
    def log_folder(self, folder: Path) -> None:
        """Logs all files below a folder as the run's artifacts."""
        self.connect().log_artifacts(self.run_id, str(folder))

    def address(self) -> str:
        """The run's page in the MLflow UI."""
        return page_of(self.receipt.tracking_uri, self.receipt.experiment_id, self.run_id)

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


def epochs_of(client: MlflowClient, run_id: str) -> int:
    """How many epochs of its history a run has."""
    return len(client.get_metric_history(run_id, "train_loss"))


def _permitted(name: str) -> str:
    """A name with each character that MLflow refuses replaced by its code: a label may be `c#` or `don't`."""
    return re.sub(r"[^/\w.\- :]", lambda match: f"_{ord(match[0]):x}_", name)
