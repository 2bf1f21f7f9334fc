"""Real flows on real speech: the command line in a process of its own, against a real Prefect server."""

import io
import json
import os
import subprocess
import sys
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

CLIPS_PER_LABEL = 100
EPOCHS = 15
SOUNDCHECK = Path(sys.executable).with_name("soundcheck")


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    output: str
    errors: str

    @property
    def result(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        return json.loads(self.output)


@pytest.fixture(scope="session")
def clips(unpack_speech: Callable[[Path, int], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100 real clips of each word, one broken clip, and one in stereo at 44.1 kHz."""
    folder = unpack_speech(tmp_path_factory.mktemp("clips"), CLIPS_PER_LABEL)
    (folder / "yes" / "broken_nohash_0.wav").write_bytes(b"RIFF this is no audio")
    (folder / "no" / "stereo_nohash_0.wav").write_bytes(stereo_tone(sample_rate_hz=44100))
    return folder


def stereo_tone(sample_rate_hz: int) -> bytes:
    """A second of a 440 Hz tone in two channels, as a WAV file."""
    samples = 0.3 * np.sin(2 * np.pi * 440 * np.arange(sample_rate_hz) / sample_rate_hz)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(sample_rate_hz)
        file.writeframes(np.repeat((samples * 32767).astype("<i2"), 2).tobytes())
    return buffer.getvalue()


@pytest.fixture(scope="session")
def environment(prefect_server: str) -> dict[str, str]:
    """The environment of a command: the test's Prefect server, no telemetry, and nothing of the user's."""
    mine = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MLFLOW_", "SOUNDCHECK_", "TF_"))  # other tests may have set some
    }
    return mine | {
        "PREFECT_API_URL": prefect_server,
        "DO_NOT_TRACK": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "GX_ANALYTICS_ENABLED": "false",
        "COLUMNS": "200",
    }


@pytest.fixture(scope="session")
def soundcheck(environment: dict[str, str]) -> Callable[..., Finished]:
    """Runs `soundcheck ARGUMENTS...` with the given home to its end."""

    def run(home: Path, *arguments: str | Path, **variables: str) -> Finished:
        done = subprocess.run(
            [SOUNDCHECK, *map(str, arguments)],
            env=environment | {"SOUNDCHECK_HOME": str(home)} | variables,
            cwd=home.parent,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    return run


@dataclass(frozen=True)
class Trained:
    """A finished training, and how to repeat it."""

    home: Path
    arguments: list[str]
    first: Finished


@pytest.fixture(scope="session")
def trained(
    soundcheck: Callable[..., Finished], clips: Path, tmp_path_factory: pytest.TempPathFactory
) -> Trained:
    """One training on real speech, shared by the tests that look at what it left."""
    home = tmp_path_factory.mktemp("trained") / "home"
    settings = [f"training.epochs={EPOCHS}", "data.split=random", "registry.min_comparable_clips=20"]
    options = [word for setting in settings for word in ("--set", setting)]
    arguments = [
        "train",
        "--data",
        str(clips),
        *options,
        "--tag",
        "room=kitchen",
        "--run-name",
        "first",
        "--json",
    ]
    return Trained(home, arguments, soundcheck(home, *arguments))
