"""What the tests of the stages share: an MLflow of each test's own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home folder with its own MLflow database; the environment and MLflow are left as they were."""
    import mlflow

    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
            environment.delenv(name)
        environment.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        environment.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        yield tmp_path / "home"
        # Outside of the environment's reach MLflow remembers the address as well.
        mlflow.set_tracking_uri(None)
