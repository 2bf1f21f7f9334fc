"""Runs: how the MLflow run of a flow is found, made, gone on with and closed.

A run stands for what its stages computed, not for the occasion: its identity is a digest of the stages'
keys, so a rerun that computes nothing new finds the run and only notes that it came by again.
"""

from __future__ import annotations

import getpass
import json
import socket
import subprocess
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from soundcheck.files import exclusive, is_held
from tasks.flow_run import FlowRun
from tasks.interruption import uninterrupted
from tasks.local_database import revisit
from tasks.receipts import Receipt, find_receipt
from tasks.report_sections.origin import COMMIT, UNCOMMITTED
from tasks.tracking import STORE, DataSplit, Labelling, TrackedRun, epochs_of
from tasks.tracking_server import experiment_id_of, full_disk_said, open_database, registry_uri, tracking_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Run

IDENTITY = "soundcheck.identity"
CONTENT = "soundcheck.content"  # digest of what a complete run shows
FLOW_RUNS = "soundcheck.flow_runs"
HOLDER = "soundcheck.holder"  # the machine and home that write the run
MODEL_ID = "soundcheck.model_id"
GIT_SECONDS = 10
FLOW_RUNS_NOTED = 100  # of 37 characters each; MLflow keeps 8000 of a tag


@contextmanager
def tracked_run(
    home: Path,
    labelling: Labelling,
    identity: str,
    splits: Callable[[], Sequence[DataSplit]],
    flow_run: FlowRun,
    results: Sequence[str] = (),
) -> Generator[TrackedRun]:
    """The run of an identity: the completed one, or one that was broken off and goes on, or a new one.

    In the block it is open, unless it is complete. It is closed as FINISHED, as KILLED after Ctrl-C, and as
    FAILED after any other error. Two flows that come to the same identity on one machine take turns.

    Args:
        home: The home folder.
        labelling: How the user wants the run to be found.
        identity: What the run stands for.
        splits: Tells the data that it is about; asked only where something is to be logged.
        flow_run: The flow run that comes to it.
        results: Paths in the store of the results so far, and of those to come that it will need.

    Raises:
        ConfigError: the experiment was deleted.
        StoreError: the disk is full.
    """
    with full_disk_said(home), exclusive(_lock_of(home, identity)):
        complete = _revisited(home, labelling, identity, flow_run)
        if complete is not None:
            yield complete
            return
        client = open_database(home)
        run = _opened(client, home, labelling, identity, splits, flow_run)
        if run.complete:
            yield run
            return
        _close_abandoned(client, home, run.receipt)
        with _closing(client, run.run_id):
            yield run.noted(results=tuple(results))


@contextmanager
def renewed(run: TrackedRun) -> Generator[TrackedRun]:
    """The run itself; in place of a complete one, which shows what it showed, a new run of its identity."""
    if not run.complete:
        yield run
        return
    client = run.connect()
    replacement = _replaced(client, run)
    with _closing(client, replacement.run_id):
        yield replacement


@uninterrupted()
def _replaced(client: MlflowClient, run: TrackedRun) -> TrackedRun:
    """A new run with the identity, the tags and the data of a complete one, which loses its identity."""
    old = client.get_run(run.run_id)
    client.delete_tag(run.run_id, IDENTITY)
    tags = {name: value for name, value in old.data.tags.items() if not name.startswith("mlflow.log-model")}
    del tags[CONTENT], tags[MODEL_ID]
    tags[HOLDER] = _holder(run.home)
    made = client.create_run(run.receipt.experiment_id, tags=tags, run_name=old.info.run_name)
    data = old.inputs.dataset_inputs if old.inputs else []
    _log_inputs(client, made.info.run_id, data)
    model_id = _model_of(client, made)
    changes = {"run_id": made.info.run_id, "model_id": model_id, "content": "", "registrations": {}}
    opened = {"complete": False, "epochs_before": 0, "splits": tuple(map(_data_split, data))}
    return run.noted(**changes).model_copy(update=opened)


def standing_of(client: MlflowClient, run_id: str) -> Literal["active", "deleted", "unknown"]:
    """Whether a run is there, was deleted but can still be restored, or is not known."""
    from mlflow.exceptions import MlflowException

    try:
        stage = client.get_run(run_id).info.lifecycle_stage
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return "unknown"
        raise
    return "active" if stage == "active" else "deleted"


def _lock_of(home: Path, identity: str) -> Path:
    return home / "locks" / f"run-{identity}"


def _revisited(home: Path, labelling: Labelling, identity: str, flow_run: FlowRun) -> TrackedRun | None:
    """The complete run of a receipt, found and tagged without MLflow's help; None where that cannot be."""
    receipt = find_receipt(home / STORE, tracking_uri(home), labelling.experiment, identity)
    if receipt is None or not receipt.content:
        return None

    def note(tags: Mapping[str, str]) -> Mapping[str, str]:
        return _visiting_tags(tags, labelling, flow_run)

    # A flow that was killed while it renewed the run has taken its identity from it.
    marks = {IDENTITY: identity, CONTENT: receipt.content}
    if not revisit(receipt, labelling.run_name, marks, note):
        return None
    return TrackedRun(home=home, receipt=receipt, complete=True).noted()


@uninterrupted()
def _opened(
    client: MlflowClient,
    home: Path,
    labelling: Labelling,
    identity: str,
    splits: Callable[[], Sequence[DataSplit]],
    flow_run: FlowRun,
) -> TrackedRun:
    experiment_id = experiment_id_of(client, labelling.experiment, home)
    data = splits()
    run = _found(client, experiment_id, identity)
    if run is None:
        run = _created(
            client, experiment_id, labelling, {IDENTITY: identity, HOLDER: _holder(home)}, flow_run
        )
    else:
        _visit(client, run, labelling, flow_run)
    complete = run.info.status == "FINISHED" and CONTENT in run.data.tags
    if not complete:
        client.set_tag(run.info.run_id, HOLDER, _holder(home))  # another home may have broken it off
        _log_inputs(client, run.info.run_id, [_dataset_input(split) for split in data])
    known = find_receipt(home / STORE, tracking_uri(home), labelling.experiment, identity)
    receipt = Receipt(
        tracking_uri=tracking_uri(home),
        registry_uri=registry_uri(),
        experiment=labelling.experiment,
        identity=identity,
        run_id=run.info.run_id,
        experiment_id=experiment_id,
        model_id=_model_of(client, run),
        mlflow=version("mlflow"),
        content=run.data.tags.get(CONTENT, ""),
        verdict=known.verdict if known and known.run_id == run.info.run_id else {},
    )
    epochs = epochs_of(client, run.info.run_id)
    return TrackedRun(home=home, receipt=receipt, complete=complete, epochs_before=epochs, splits=tuple(data))


def _found(client: MlflowClient, experiment_id: str, identity: str) -> Run | None:
    """The run of an identity: the finished one, else the last that was broken off."""
    runs = client.search_runs([experiment_id], filter_string=f"tags.`{IDENTITY}` = '{identity}'")
    finished = [run for run in runs if run.info.status == "FINISHED"]
    return next(iter([*finished, *runs]), None)


def _visiting_tags(tags: Mapping[str, str], labelling: Labelling, flow_run: FlowRun) -> dict[str, str]:
    """What is noted on a run when another flow run comes to it."""
    flow_runs = [*tags.get(FLOW_RUNS, "").split(), flow_run.id]
    return {**labelling.tags, FLOW_RUNS: " ".join(flow_runs[-FLOW_RUNS_NOTED:])}


def _visit(client: MlflowClient, run: Run, labelling: Labelling, flow_run: FlowRun) -> None:
    for name, value in _visiting_tags(run.data.tags, labelling, flow_run).items():
        client.set_tag(run.info.run_id, name, value)
    if labelling.run_name is not None:
        client.update_run(run.info.run_id, name=labelling.run_name)


def _created(
    client: MlflowClient,
    experiment_id: str,
    labelling: Labelling,
    marks: Mapping[str, str],
    flow_run: FlowRun,
) -> Run:
    tags = {
        **labelling.tags,
        **_git_revision(),
        **marks,
        "mlflow.user": _user(),
        "mlflow.source.name": "soundcheck train",
        "mlflow.source.type": "LOCAL",
        FLOW_RUNS: flow_run.id,
        "prefect.flow_run_id": flow_run.id,
        "prefect.flow_run_url": flow_run.url,
    }
    return client.create_run(experiment_id, tags=tags, run_name=labelling.run_name)


def _model_of(client: MlflowClient, run: Run) -> str:
    """The run's logged model, made before there is a model to log.

    For MLflow links only the metrics of a logged model to data. A process that was killed may have made it
    without noting it on the run.
    """
    if MODEL_ID in run.data.tags:
        return run.data.tags[MODEL_ID]
    source = f"source_run_id = '{run.info.run_id}'"
    there = client.search_logged_models([run.info.experiment_id], filter_string=source)
    model = next(iter(there), None) or client.create_logged_model(
        run.info.experiment_id, name="model", source_run_id=run.info.run_id
    )
    client.set_tag(run.info.run_id, MODEL_ID, model.model_id)
    return model.model_id


@uninterrupted()
def _close_abandoned(client: MlflowClient, home: Path, receipt: Receipt) -> None:
    """Ends the runs that a killed process of this home has left open, and that nobody has taken up."""
    open_here = f"attributes.status = 'RUNNING' and tags.`{HOLDER}` = '{_holder(home)}'"
    for run in client.search_runs([receipt.experiment_id], filter_string=open_here):
        identity = run.data.tags.get(IDENTITY, "")
        if identity != receipt.identity and not is_held(_lock_of(home, identity)):
            client.set_terminated(run.info.run_id, status="KILLED")


def _holder(home: Path) -> str:
    return f"{socket.gethostname()}:{home.resolve()}".replace("'", "")


def _log_inputs(client: MlflowClient, run_id: str, datasets: Sequence[DatasetInput]) -> None:
    """Logs data; once more where another flow added them between MLflow's look for them and its adding."""
    from mlflow.exceptions import MlflowException

    try:
        client.log_inputs(run_id, datasets=datasets)
    except MlflowException as error:
        if error.error_code != "BAD_REQUEST":  # what MLflow makes of a refusal by its database
            raise
        client.log_inputs(run_id, datasets=datasets)


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


def _data_split(given: DatasetInput) -> DataSplit:
    """What `_dataset_input` was made of."""
    dataset = given.dataset
    return DataSplit.model_validate(
        {
            "context": given.tags[0].value,
            "name": dataset.name,
            "digest": dataset.digest,
            "source": json.loads(dataset.source)["uri"],
            "clips": json.loads(dataset.profile or "{}")["num_rows"],
        }
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return ""


def _git_revision() -> dict[str, str]:
    """The commit of the working directory under MLflow's own tag, and whether files of it were changed since.

    Nothing outside a repository. Files that git does not know count as no change, as the home folder may be
    one of them.
    """
    commit = _git("rev-parse", "HEAD")
    if not commit:
        return {}
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return {COMMIT: commit, **({UNCOMMITTED: "true"} if changed else {})}


def _git(*arguments: str) -> str:
    """What git answers within seconds; nothing where it cannot."""
    command = ["git", *arguments]
    try:
        result = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, errors="replace", timeout=GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""


@contextmanager
def _closing(client: MlflowClient, run_id: str) -> Generator[None]:
    with uninterrupted():
        client.update_run(run_id, status="RUNNING")
    status = "FINISHED"
    try:
        yield
    except BaseException as error:
        status = "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
        raise
    finally:
        with uninterrupted():
            client.set_terminated(run_id, status=status)
