"""Receipts: what the store remembers of the MLflow runs that show its results.

A receipt names a run and the results it shows. So a rerun that computes nothing finds its run without a
search, and pruning knows what a run needs, also of a tracking server that is out of reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from soundcheck.artifacts import digest_of
from soundcheck.files import exclusive, shared, write_atomically
from soundcheck.store import removal_lock

FOLDER = "runs"  # of the store
RUN_CHARACTERS = 8  # of a run's id: enough to tell it from others


class Registration(BaseModel):
    """What became of a model at the registry's gate."""

    model_config = ConfigDict(frozen=True)

    outcome: Literal["reused", "rebuilt", "skipped"]
    why: str
    model_name: str
    model_version: str | None
    champion: bool
    verdict: Literal["", "pass", "fail", "not comparable"] = ""
    judged_against: str | None = None
    """The version that was champion when the verdict was reached."""


class Receipt(BaseModel):
    """A run of a tracking server, and what it shows.

    Attributes:
        tracking_uri: The tracking server or database.
        registry_uri: Where its model is registered; empty where that is the same.
        experiment: Name of the experiment.
        identity: What the run stands for.
        run_id: The run.
        experiment_id: Its experiment's number.
        model_id: Its logged model.
        mlflow: Version of MLflow that wrote the run.
        results: Paths in the store of the results that it shows, or needs to go on where it was broken off.
        diagnosed: Paths in the store of what was asked of it since, by `soundcheck diagnose`.
        content: Digest of what it shows; empty until it is complete.
        configuration: Everything that decided its results; empty until it is complete.
        verdict: What holds its model back, see `soundcheck.evaluation.verdict`; empty until it is complete.
        registrations: By the registered model's name, what became of the run's model.
        used: When a flow came by last, ISO 8601.
    """

    model_config = ConfigDict(frozen=True)

    tracking_uri: str
    registry_uri: str = ""
    experiment: str
    identity: str
    run_id: str
    experiment_id: str
    model_id: str
    mlflow: str
    results: tuple[str, ...] = ()
    diagnosed: tuple[str, ...] = ()
    content: str = ""
    configuration: dict[str, Any] = {}
    verdict: dict[str, Any] = {}
    registrations: dict[str, Registration] = {}
    used: str = ""

    def save(self, store: Path) -> None:
        """Writes the receipt into a store, as used now."""
        used = self.model_copy(update={"used": datetime.now(UTC).isoformat()})
        path = _path(store, self.tracking_uri, self.experiment, self.identity)
        with shared(removal_lock(store)):
            write_atomically(path, used.model_dump_json(indent=1).encode())


def find_receipt(store: Path, tracking_uri: str, experiment: str, identity: str) -> Receipt | None:
    """The receipt of an identity's run, where there is one."""
    return _read(_path(store, tracking_uri, experiment, identity))


def note_diagnosis(store: Path, receipt: Receipt, results: Iterable[str], verdict: Mapping[str, Any]) -> None:
    """Notes on a run's receipt what was asked of it, which pruning keeps as long as the run."""
    latest = find_receipt(store, receipt.tracking_uri, receipt.experiment, receipt.identity) or receipt
    diagnosed = tuple(sorted({*latest.diagnosed, *results}))
    latest.model_copy(update={"diagnosed": diagnosed, "verdict": dict(verdict)}).save(store)


def all_receipts(store: Path) -> dict[Path, Receipt]:
    """Every receipt of a store by its file, the last used first."""
    found = {path: _read(path) for path in (store / FOLDER).glob("*.json")}
    receipts = {path: receipt for path, receipt in found.items() if receipt is not None}
    return dict(sorted(receipts.items(), key=lambda item: item[1].used, reverse=True))


def damaged_receipts(store: Path) -> list[Path]:
    """The files of receipts that cannot be read."""
    return sorted(path for path in (store / FOLDER).glob("*.json") if _read(path) is None)


def drop(store: Path, path: Path, receipt: Receipt) -> None:
    """Removes a receipt, unless a flow has come by its run since it was read."""
    with exclusive(removal_lock(store)):
        if _read(path) == receipt:
            path.unlink()


def _path(store: Path, tracking_uri: str, experiment: str, identity: str) -> Path:
    return store / FOLDER / f"{digest_of([tracking_uri, experiment, identity])}.json"


def _read(path: Path) -> Receipt | None:
    """None for a damaged one as well: the tracking server is asked then."""
    try:
        return Receipt.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
