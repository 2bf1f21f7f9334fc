"""The two UIs, started side by side on loopback and stopped together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import requests

from soundcheck.errors import SoundcheckError
from tasks.tracking_server import tracking_uri

START_SECONDS = 90
STOP_SECONDS = 10


@dataclass(frozen=True)
class Server:
    """A server that this process started."""

    name: str
    address: str
    process: subprocess.Popen[bytes]


def serve(home: Path, *, mlflow_port: int, prefect_port: int) -> None:
    """Starts what is not there yet, prints the addresses, and waits for Ctrl-C (or a terminate signal).

    Raises:
        SoundcheckError: a server did not start, or stopped by itself.
    """
    # A terminate signal ends it as Ctrl-C does, so that nothing is left behind; and Ctrl-C does so even
    # where a shell started this in the background, with interrupts ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    servers: list[Server] = []
    try:
        _announce("MLflow", _mlflow(home, mlflow_port, servers))
        _announce("Prefect", _prefect(prefect_port, servers))
        if servers:
            sys.stdout.write("Ctrl-C stops what was started here\n")
            _wait(servers)
    except KeyboardInterrupt:
        sys.stdout.write("\n")
    finally:
        _stop(servers)


def _mlflow(home: Path, port: int, servers: list[Server]) -> str:
    uri = tracking_uri(home)
    if uri.startswith("http"):
        return uri
    home.mkdir(parents=True, exist_ok=True)
    artifacts = (home / "mlartifacts").as_uri()
    command = ["mlflow", "server", "--backend-store-uri", uri, "--default-artifact-root", artifacts]
    address = f"http://127.0.0.1:{port}"
    environment = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    servers.append(_start("MLflow", command, address, f"{address}/health", environment))
    return address


def _prefect(port: int, servers: list[Server]) -> str:
    api = os.environ.get("PREFECT_API_URL", f"http://127.0.0.1:{port}/api")
    if answers(f"{api}/health"):
        return api.removesuffix("/api")
    address = f"http://127.0.0.1:{port}"
    environment = {"PREFECT_UI_API_URL": f"{address}/api", "PREFECT_SERVER_UI_API_URL": f"{address}/api"}
    command = ["prefect", "server", "start"]
    servers.append(_start("Prefect", command, address, f"{address}/api/health", environment))
    return address


def _start(
    name: str, command: Sequence[str], address: str, health: str, environment: dict[str, str]
) -> Server:
    if _is_taken(address):
        raise SoundcheckError(f"{address} is taken; choose another with --{name.lower()}-port")
    host, port = _host_and_port(address)
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", *command, "--host", host, "--port", port],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    server = Server(name, address, process)
    try:
        _await(server, health)
    except BaseException:
        _stop([server])
        raise
    return server


def _host_and_port(address: str) -> tuple[str, str]:
    host, port = address.removeprefix("http://").split(":")
    return host, port


def _is_taken(address: str) -> bool:
    host, port = _host_and_port(address)
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def _await(server: Server, health: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(health):
        if server.process.poll() is not None:
            raise SoundcheckError(f"{server.name} stopped at once with exit code {server.process.returncode}")
        if time.monotonic() > deadline:
            raise SoundcheckError(f"{server.name} did not answer at {health} within {START_SECONDS} s")
        time.sleep(0.2)


def answers(url: str) -> bool:
    """Whether a server answers at an address within seconds, be it with a refusal."""
    try:
        return requests.get(url, timeout=2).status_code < HTTPStatus.INTERNAL_SERVER_ERROR
    except requests.RequestException:
        return False


def _announce(name: str, address: str) -> None:
    sys.stdout.write(f"{name:8} {address}\n")
    sys.stdout.flush()


def _wait(servers: Sequence[Server]) -> None:
    while True:
        for server in servers:
            if server.process.poll() is not None:
                raise SoundcheckError(f"{server.name} stopped with exit code {server.process.returncode}")
        time.sleep(0.5)


def _stop(servers: Sequence[Server]) -> None:
    for server in servers:
        _signal_group(server, signal.SIGTERM)
    for server in servers:
        try:
            server.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            _signal_group(server, signal.SIGKILL)
            server.process.wait(timeout=STOP_SECONDS)


def _signal_group(server: Server, number: signal.Signals) -> None:
    """To the server and the workers it has started, which are in one process group."""
    if server.process.poll() is None:
        os.killpg(server.process.pid, number)
