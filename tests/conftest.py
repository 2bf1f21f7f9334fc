"""What all tests share: where the real speech is, a small folder of it, and a Prefect server."""

import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from hypothesis import settings

# The tests of the library train in this process, and must survive it as well: see `tasks/__init__.py`.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

# A machine may be busy: no test is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

REPOSITORY = Path(__file__).resolve().parent.parent
SERVER_START_SECONDS = 90
UNTIL_PARENT_ENDS = REPOSITORY / "tests" / "support" / "until_parent_ends.py"


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c() -> None:
    """A shell lets its background jobs ignore Ctrl-C, and they hand that on to the processes they start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder with the real Speech Commands archives."""
    folder = Path(os.environ.get("SOUNDCHECK_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "mini_speech_commands.zip").is_file():
        message = f"no mini_speech_commands.zip in {folder}; set SOUNDCHECK_TEST_DATA to its folder"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def unpack_speech(test_data: Path) -> Callable[[Path, int], Path]:
    """Writes the first so many real clips of each of the 8 words into a folder, as LABEL/clip.wav."""

    def unpack(folder: Path, clips_per_label: int) -> Path:
        taken: Counter[str] = Counter()
        with zipfile.ZipFile(test_data / "mini_speech_commands.zip") as archive:
            for name in sorted(archive.namelist()):
                label, file_name = Path(name).parts[-2:]
                if file_name.endswith(".wav") and taken[label] < clips_per_label:
                    taken[label] += 1
                    (folder / label).mkdir(exist_ok=True)
                    (folder / label / file_name).write_bytes(archive.read(name))
        return folder

    return unpack


@pytest.fixture(scope="session")
def speech_folder(
    unpack_speech: Callable[[Path, int], Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """25 real clips of each word. Read only."""
    return unpack_speech(tmp_path_factory.mktemp("speech"), 25)


@pytest.fixture(scope="session")
def broken_folder(
    unpack_speech: Callable[[Path, int], Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, str]]:
    """25 real clips of each word among broken files of every kind; for each of these a pattern of its reason.

    Read only.
    """
    from broken_files import add_broken_files

    folder = unpack_speech(tmp_path_factory.mktemp("broken"), 25)
    return folder, add_broken_files(folder / "yes")


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Prefect server on a free port of loopback, used by the flows of this process; its API's URL."""
    from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

    home = tmp_path_factory.mktemp("prefect")
    port = _free_port()
    api = f"http://127.0.0.1:{port}/api"
    quiet = {"DO_NOT_TRACK": "true", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [
                *(sys.executable, str(UNTIL_PARENT_ENDS), sys.executable, "-m", "prefect", "server", "start"),
                *("--host", "127.0.0.1", "--port", str(port)),
            ],
            env={**os.environ, **quiet, "PREFECT_HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _await_answer(server, f"{api}/health", home / "server.log")
        with (
            pytest.MonkeyPatch.context() as environment,
            temporary_settings({PREFECT_API_URL: api, PREFECT_HOME: home}),
        ):
            for name, value in {**quiet, "PREFECT_API_URL": api, "PREFECT_HOME": str(home)}.items():
                environment.setenv(name, value)
            yield api
    finally:
        server.communicate(timeout=10)  # closes its standard input, and so ends it


@pytest.fixture(autouse=True, scope="module")
def _prefect_rests_after_the_module() -> Iterator[None]:
    """Its threads draw random numbers for as long as they are connected, and would try long to reach a server
    that has gone."""
    yield
    if "prefect.events.worker" in sys.modules:
        from prefect.events.worker import EventsWorker
        from prefect.logging.handlers import APILogWorker

        for worker in (APILogWorker, EventsWorker):
            worker.drain_all(timeout=10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _await_answer(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + SERVER_START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if requests.get(address, timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.2)
    pytest.fail(f"the Prefect server did not start:\n{log.read_text(errors='replace')[-3000:]}")


@pytest.fixture(autouse=True, scope="module")
def _deterministic_operations_end_with_the_module() -> Iterator[None]:
    """A fit switches TensorFlow to them for the rest of the process; other tests want what users have."""
    yield
    if "tensorflow" in sys.modules:
        from tensorflow.python.framework import config

        config.disable_op_determinism()
