"""What the benchmarks of whole flows share: processes with folders of their own, and a Prefect server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

SERVER_START_S = 90
SERVER_STOP_S = 20
SOUNDCHECK = str(Path(sys.executable).with_name("soundcheck"))
QUIET = {
    "DO_NOT_TRACK": "true",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
FOREIGN = ("MLFLOW_TRACKING_URI", "PREFECT_API_URL", "PREFECT_PROFILE", "SOUNDCHECK_HOME")


@dataclass(frozen=True)
class Finished:
    """What a process wrote, and what it took with all processes that it started and waited for."""

    output: str
    errors: str
    cpu_s: float
    wall_s: float


def run(command: Sequence[str], environment: Mapping[str, str]) -> Finished:
    """Runs a command to its end.

    Raises:
        RuntimeError: it failed; the message ends with what it wrote last.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        started_s = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=errors)  # noqa: S603
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started_s
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        finished = Finished(output.read(), errors.read(), usage.ru_utime + usage.ru_stime, wall_s)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{finished.errors[-3000:]}")
    return finished


def environment_in(folder: Path, **settings: str) -> dict[str, str]:
    """The environment of a process that keeps all it writes in a folder and reports to nobody."""
    inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    homes = {"SOUNDCHECK_HOME": str(folder / "home"), "PREFECT_HOME": str(folder / "prefect")}
    return {**inherited, **QUIET, **homes, **settings}


@contextmanager
def prefect_server(folder: Path) -> Generator[str]:
    """A Prefect server on a free port of loopback, its database in a folder; gives its API's address."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "prefect_server.log").open("wb") as log:
        server = subprocess.Popen(  # noqa: S603
            command, env=environment_in(folder), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _await_answer(server, f"{address}/health")
        yield address
    finally:
        _stop(server)


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Ends the server and what it started, which are a process group of their own."""
    os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(SERVER_STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _await_answer(server: subprocess.Popen[bytes], address: str) -> None:
    deadline_s = time.monotonic() + SERVER_START_S
    while time.monotonic() < deadline_s and server.poll() is None:
        try:
            if requests.get(address, timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.2)
    raise RuntimeError(f"no Prefect server answered at {address} within {SERVER_START_S} s")
