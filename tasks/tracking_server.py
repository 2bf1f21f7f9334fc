"""The MLflow server or database that runs are written to, and the experiment there."""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from soundcheck.errors import ConfigError, SoundcheckError
from soundcheck.files import disk_errors, disk_full, exclusive

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from sqlalchemy import Engine

LOCAL_MLFLOW_UI = "http://127.0.0.1:5000"
ANSWER_SECONDS = 10
SQLITE = "sqlite:///"
# MLflow itself waits for two minutes, seven times over, and draws a bar for a single file.
_IN_PASSING = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": str(ANSWER_SECONDS),
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_DATABASE_SERVERS = ("postgresql", "mysql", "mssql")  # how their addresses begin
# Others are given no limit, for what they do not know they refuse.
_DRIVERS_WITH_TIMEOUT = ("psycopg", "psycopg2", "pymysql", "mysqldb", "mysqlconnector")
_DATABASE_FULL = "database or disk is full"  # how SQLite says it


class TrackingServerError(SoundcheckError):
    """A tracking server or database that cannot be reached, or refuses to answer."""


class DriverError(TrackingServerError, ConfigError):
    """A database that cannot be reached because the Python package that talks to it is not installed."""


def connect(home: Path) -> MlflowClient:
    """A client of the tracking server and registry: `MLFLOW_TRACKING_URI`, else the database in the home."""
    import mlflow

    chosen_by_user = "MLFLOW_TRACKING_URI" in os.environ
    mlflow.set_tracking_uri(tracking_uri(home))
    if not chosen_by_user:
        # MLflow notes the address in the environment too, where it would win over another home's.
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    return mlflow.MlflowClient()


def open_database(home: Path) -> MlflowClient:
    """A client, after the first of several processes to come has laid out our own database."""
    client = connect(home)
    with exclusive(home / "locks" / "mlflow"):
        client.search_experiments(max_results=1)
    return client


def tracking_uri(home: Path) -> str:
    """`MLFLOW_TRACKING_URI` where it is set, else the SQLite database in the home folder.

    A database's path is absolute, for it is noted, and read from other working directories.

    Raises:
        ConfigError: the variable names a database whose driver is not installed.
    """
    chosen = os.environ.get("MLFLOW_TRACKING_URI") or _own_database(home)
    if chosen.startswith(_DATABASE_SERVERS):
        _engine_of(chosen).dispose()
    return f"{SQLITE}{Path(chosen.removeprefix(SQLITE)).resolve()}" if chosen.startswith(SQLITE) else chosen


def registry_uri() -> str:
    """`MLFLOW_REGISTRY_URI`; empty where models are registered beside the runs."""
    return os.environ.get("MLFLOW_REGISTRY_URI", "")


def without_password(text: str) -> str:
    """A text without the `user:password@` of the addresses in it, to be shown to anybody."""
    return re.sub(r"://[^/\s]*@", "://", text)


def page_of(uri: str, experiment_id: str, run_id: str) -> str:
    """A run's page in the MLflow UI, to be shown to anybody.

    Args:
        uri: The tracking server that has the run; for a database, the page is that of `soundcheck ui`.
        experiment_id: The run's experiment.
        run_id: The run.
    """
    server = without_password(uri).rstrip("/") if uri.startswith("http") else LOCAL_MLFLOW_UI
    return f"{server}/#/experiments/{experiment_id}/runs/{run_id}"


def experiment_id_of(client: MlflowClient, name: str, home: Path) -> str:
    """The number of an experiment, which is made where there is none of this name.

    Raises:
        ConfigError: it was deleted.
    """
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


@contextmanager
def asking(uri: str, registry: str = "") -> Generator[MlflowClient]:
    """A client of any tracking server or database, to ask it what may stay without an answer.

    It gets seconds for an answer, not MLflow's minutes; and a database that is not there is not made.

    Args:
        uri: The tracking server or database.
        registry: Where models are registered; empty where that is the same.

    Raises:
        TrackingServerError: it cannot be reached, or refuses to answer.
    """
    for address in {uri, registry or uri}:
        _reach(address)

    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    with _in_passing():
        try:
            yield MlflowClient(tracking_uri=uri, registry_uri=registry or uri)
        except (MlflowException, SQLAlchemyError) as error:
            raise TrackingServerError(_first_line(error)) from error


def _reach(uri: str) -> None:
    """Raises `TrackingServerError` where nothing is there, before MLflow tries again and again."""
    import httpx
    from sqlalchemy import make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        if uri.startswith("http"):
            httpx.get(f"{uri.rstrip('/')}/health", timeout=ANSWER_SECONDS)
        elif uri.startswith("sqlite"):
            Path(make_url(uri).database or "").stat()
        elif uri.startswith(_DATABASE_SERVERS):
            engine = _engine_of(uri)
            engine.connect().close()
            engine.dispose()
    except (httpx.HTTPError, SQLAlchemyError, OSError) as error:
        raise TrackingServerError(_first_line(error)) from error


def _engine_of(uri: str) -> Engine:
    """What talks to a database server, not yet connected; where its driver can, it waits no longer than we.

    Raises:
        DriverError: the driver is not installed, or there is none of this name.
    """
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.exc import ArgumentError

    try:
        limited = make_url(uri).get_driver_name() in _DRIVERS_WITH_TIMEOUT
        return create_engine(uri, connect_args={"connect_timeout": ANSWER_SECONDS} if limited else {})
    except (ImportError, ArgumentError) as error:
        raise DriverError(
            f"the driver of the database {without_password(uri)} cannot be loaded ({_first_line(error)}); "
            "install its Python package beside Soundcheck, or name another in the address, such as "
            "postgresql+psycopg2:// or mysql+pymysql://"
        ) from error


@contextmanager
def _in_passing() -> Generator[None]:
    """While it lasts, MLflow gives up soon and draws nothing, unless the user has set that."""
    ours = {name: value for name, value in _IN_PASSING.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            del os.environ[name]


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


@contextmanager
def full_disk_said(home: Path) -> Generator[None]:
    """Turns the errors of a full disk, also those that come out of a database, into ours.

    Raises:
        StoreError: the disk is full.
    """
    with disk_errors(home):
        try:
            yield
        except Exception as error:
            if _DATABASE_FULL in str(error):
                raise disk_full(home) from error
            raise


def _own_database(home: Path) -> str:
    return f"{SQLITE}{home.resolve() / 'mlflow.db'}"
