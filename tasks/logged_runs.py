"""Runs that were logged: which one a user means, and what the store still has of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from soundcheck.config import Config, validated
from soundcheck.errors import SoundcheckError
from soundcheck.files import disk_errors, write_atomically
from soundcheck.store import Store, read_inventory
from tasks.receipts import RUN_CHARACTERS, Receipt, all_receipts
from tasks.report import REPORT, REPORTS
from tasks.tracking_server import TrackingServerError, asking, without_password

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from tasks.tracking_server import MlflowClient

FEWEST_CHARACTERS = 4  # of a run's id, 32 hexadecimal digits


class RunGoneError(SoundcheckError):
    """A run that was deleted from its tracking server."""


def find_receipt_of(store: Path, run: str | None) -> Receipt:
    """The receipt of a run, by its id or the beginning of it; without one, of the run used last.

    Raises:
        SoundcheckError: there is no such run, or several begin so.
    """
    complete = [receipt for receipt in all_receipts(store).values() if receipt.configuration]
    if not complete:
        raise SoundcheckError(f"no run was completed in {store.parent}; `soundcheck train` makes one")
    if run is None:
        return complete[0]
    if len(run) < FEWEST_CHARACTERS:
        raise SoundcheckError(f"run {run!r}: give at least {FEWEST_CHARACTERS} characters of its id")
    meant = [receipt for receipt in complete if receipt.run_id.startswith(run.lower())]
    if not meant:
        known = ", ".join(receipt.run_id[:RUN_CHARACTERS] for receipt in complete[:5])
        raise SoundcheckError(f"no run {run!r} is known in {store.parent}; the latest are {known}")
    if len({receipt.run_id for receipt in meant}) > 1:
        found = ", ".join(receipt.run_id[: len(run) + 4] for receipt in meant)
        raise SoundcheckError(f"several runs begin with {run!r}: {found}; give more of the id")
    return meant[0]


def configuration_of(receipt: Receipt) -> Config:
    """The configuration with which a run was made.

    Raises:
        ConfigError: it has settings that this version of Soundcheck does not know.
    """
    return validated(receipt.configuration)


def fetch_report(home: Path, receipt: Receipt) -> Path:
    """The report of a run as a file below `reports/` of the home, there whole or as it was before.

    Raises:
        RunGoneError: the run was deleted.
        SoundcheckError: the tracking server cannot be asked or has no report of it.
        StoreError: the disk is full, or the home may not be written.
    """
    file = home / REPORTS / receipt.run_id / REPORT
    write_atomically(file, _downloaded_report(receipt))
    return file


def _downloaded_report(receipt: Receipt) -> bytes:
    try:
        with tempfile.TemporaryDirectory() as folder, asking(receipt.tracking_uri) as client:
            refuse_deleted(client, receipt)
            with disk_errors(Path(folder)):
                return Path(client.download_artifacts(receipt.run_id, REPORT, folder)).read_bytes()
    except (TrackingServerError, OSError) as error:
        raise SoundcheckError(
            f"the {REPORT} of run {receipt.run_id} could not be had from "
            f"{without_password(receipt.tracking_uri)} ({error})"
        ) from error


def refuse_deleted(client: MlflowClient, receipt: Receipt) -> None:
    """Tells a run that was deleted, which MLflow keeps for a while, from one that it has no more.

    Raises:
        RunGoneError: the run is not there.
    """
    from tasks.runs import standing_of  # which takes Prefect, and a run is looked up without

    server = without_password(receipt.tracking_uri)
    standing = standing_of(client, receipt.run_id)
    again = "the same `soundcheck train` makes another from what the store still has"
    if standing == "deleted":
        raise RunGoneError(
            f"the run {receipt.run_id} was deleted in MLflow; `MLFLOW_TRACKING_URI={server} mlflow "
            f"runs restore --run-id {receipt.run_id}` brings it back, or {again}"
        )
    if standing == "unknown":
        raise RunGoneError(f"{server} has no run {receipt.run_id} any more; {again}")


def artifacts_of(store: Store, receipt: Receipt) -> dict[str, Artifact]:
    """The results that a run shows, by their stage.

    Raises:
        SoundcheckError: some of them were removed from the store.
    """
    inventories = {path: read_inventory(store.root / path) for path in receipt.results}
    found = {path: one and store.find(one.recipe) for path, one in inventories.items()}
    gone = sorted({Path(path).parent.name for path, artifact in found.items() if artifact is None})
    if gone:
        raise SoundcheckError(
            f"of run {receipt.run_id} the store has no whole {', '.join(gone)} any more; "
            "the same `soundcheck train` makes it again"
        )
    return {artifact.kind: artifact for artifact in found.values() if artifact is not None}
