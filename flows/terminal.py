"""The terminal: our own account of a run and nothing else on it, and Prefect as a command needs it."""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import signal
import sys
import warnings
from collections.abc import Generator
from typing import Annotated, Any, NoReturn

import typer

from soundcheck.errors import ConfigError

OBJECTS_BETWEEN_COLLECTIONS = 100_000  # Python's own choice is 700

Json = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object on standard output; all else goes to stderr."),
]


@contextlib.contextmanager
def quiet_terminal(as_json: bool) -> Generator[None]:
    """Leaves the terminal to our own account of the stages.

    Third parties' start-up chatter is switched off through their own settings, unless the user has set them;
    Prefect's log still goes to its server. With `--json`, standard output is kept for the result.
    """
    for name, value in {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_LOGGING_LEVEL": "CRITICAL",  # its errors are raised as well
        # A temporary server with a new database took 17 of the 20 seconds that Prefect allows it.
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    }.items():
        os.environ.setdefault(name, value)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        # A terminate signal (of docker stop, of systemd) ends a run as Ctrl-C does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            yield
        except KeyboardInterrupt:
            fail("interrupted; what was finished is kept, run again to go on from there", code=130)


def show_account() -> None:
    """Prints what the flow says of its stages, and nothing else of Prefect's log.

    To be called after Prefect was imported, which takes the handlers of all loggers below its own.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    for name in ("prefect.flow_runs.account", "soundcheck"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)


@contextlib.contextmanager
def rarely_collecting() -> Generator[None]:
    """For a command whose imports are large: a garbage collector looks through them again and again.

    Nearly all that a flow makes goes without it. What is left is not looked through at the process's end
    either, when all memory goes at once.
    """
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*before)


@contextlib.contextmanager
def local_prefect() -> Generator[None]:
    """Prefect for a flow of this process, which somebody waits for.

    Raises:
        ConfigError: a server is named and does not answer; where none is, Prefect starts a temporary one.
    """
    from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    from flows.ui import answers

    api = PREFECT_API_URL.value()
    if api and not answers(f"{api}/health"):
        raise ConfigError(
            f"no Prefect server answers at PREFECT_API_URL={api}; start it, or unset the variable"
        )
    # Heartbeats tell of flows that died far away, and leaving a flow waits up to a second for their thread.
    chosen_by_user = "PREFECT_FLOWS_HEARTBEAT_FREQUENCY" in os.environ
    with temporary_settings({} if chosen_by_user else {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


def print_json(content: dict[str, Any]) -> None:
    """Prints one JSON object on standard output."""
    sys.stdout.write(json.dumps(content) + "\n")


def fail(message: str, code: int) -> NoReturn:
    """Ends the command with one clear message."""
    sys.stderr.write(f"soundcheck: {message}\n")
    raise SystemExit(code)
