"""A look into MLflow's SQLite database without MLflow, whose import alone outlasts an unchanged rerun.

Only what such a rerun asks: is the run still there and complete, what became of its version; and its tags.
Whoever gets no answer here asks MLflow. The schema is that of the MLflow that wrote the run: with another one
installed, or where anything is unexpected, there is no answer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from tasks.receipts import Receipt
from tasks.tracking_server import SQLITE

_SECONDS = 10  # that another writer may hold the database
_DELETED = "Deleted_Internal"  # the stage that MLflow gives to versions that were deleted

_RUN = """
    SELECT runs.status, runs.lifecycle_stage, experiments.lifecycle_stage, experiments.name, runs.name
    FROM runs JOIN experiments USING (experiment_id) WHERE run_uuid = ?"""
_TAGS = "SELECT key, value FROM tags WHERE run_uuid = ?"
_SET_TAG = """
    INSERT INTO tags (run_uuid, key, value) VALUES (?, ?, ?)
    ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value"""
_VERSION = "SELECT current_stage FROM model_versions WHERE name = ? AND version = ?"
_ALIAS = "SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ?"


def revisit(
    receipt: Receipt,
    run_name: str | None,
    marks: Mapping[str, str],
    note: Callable[[Mapping[str, str]], Mapping[str, str]],
) -> bool:
    """Sets the tags that `note` makes of the run's own, where the run is there as it shall be.

    Args:
        receipt: The run, which must be finished.
        run_name: The name that it must have; None for any.
        marks: Tags that it must have.
        note: From the run's tags to those to be set.

    Returns:
        Whether it was done; else nothing was.
    """
    expected = ("FINISHED", "active", "active", receipt.experiment)
    try:
        with _opened(receipt) as database, database:
            *found, name = database.execute(_RUN, (receipt.run_id,)).fetchone() or [""]
            if tuple(found) != expected or run_name not in (None, name):
                return False
            tags = dict(database.execute(_TAGS, (receipt.run_id,)).fetchall())
            if not marks.items() <= tags.items():
                return False
            noted = [(receipt.run_id, key, value) for key, value in note(tags).items()]
            database.executemany(_SET_TAG, noted)
    except sqlite3.Error:  # MLflow will say what is wrong, if anything is
        return False
    return True


def alias_of(receipt: Receipt, model_name: str, model_version: str, alias: str) -> str | None:
    """The version that has an alias now; None where there is none, or `model_version` is gone."""
    try:
        with _opened(receipt) as database:
            stages = database.execute(_VERSION, (model_name, model_version)).fetchall()
            versions = database.execute(_ALIAS, (model_name, alias)).fetchall()
    except sqlite3.Error:  # as above
        return None
    if len(stages) != 1 or len(versions) != 1:  # MLflow's workspaces may each have a model of this name
        return None
    return None if stages[0][0] == _DELETED else str(versions[0][0])


@contextmanager
def _opened(receipt: Receipt) -> Generator[sqlite3.Connection]:
    path = Path(receipt.tracking_uri.removeprefix(SQLITE))
    if not receipt.tracking_uri.startswith(SQLITE) or receipt.mlflow != version("mlflow"):
        raise sqlite3.NotSupportedError("not a SQLite database of the MLflow that is installed")
    address = f"file:{quote(str(path))}?mode=rw"  # which does not make one that is missing
    with closing(sqlite3.connect(address, uri=True, timeout=_SECONDS)) as database:
        yield database
