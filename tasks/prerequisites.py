"""Prerequisites: what cannot succeed is refused before anything is computed."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from prefect import task
from prefect.cache_policies import NO_CACHE

from soundcheck.config import Config
from soundcheck.errors import ConfigError
from soundcheck.features.spectrogram import geometry, mel_matrix
from tasks.tracking import Labelling
from tasks.tracking_server import tracking_uri

FORBIDDEN_IN_NAMES = "/:'\"`%"  # MLflow refuses or misreads them in the name of a registered model
RESERVED_TAGS = ("soundcheck.", "mlflow.", "prefect.")
SERVER_SECONDS = 10


@task(task_run_name="prerequisites", cache_policy=NO_CACHE)
def prerequisites(config: Config, home: Path, model_name: str, labelling: Labelling) -> None:
    """Checks what only later stages would find out.

    Raises:
        ConfigError: names what was given and the way out.
    """
    geometry(config.features, config.data.sample_rate_hz)
    if config.features.kind == "log_mel":
        mel_matrix(config.features, config.data.sample_rate_hz)
    if not model_name.strip() or set(model_name) & set(FORBIDDEN_IN_NAMES):
        raise ConfigError(f"--model-name {model_name!r} is empty or has one of {FORBIDDEN_IN_NAMES}")
    if not labelling.experiment.strip() or "'" in labelling.experiment:
        raise ConfigError(f"--experiment {labelling.experiment!r} is empty or has a quotation mark")
    for tag in labelling.tags:
        if tag.startswith(RESERVED_TAGS) or not re.fullmatch(r"[\w.\- :/]+", tag):
            raise ConfigError(
                f"--tag {tag!r}: a name has letters, digits and _ . - : / and spaces, "
                f"and does not begin with {', '.join(RESERVED_TAGS)}"
            )
    _require_tracking_server(home)


def _require_tracking_server(home: Path) -> None:
    uri = tracking_uri(home)
    if not uri.startswith("http"):
        return
    try:
        httpx.get(f"{uri.rstrip('/')}/health", timeout=SERVER_SECONDS)
    except httpx.HTTPError as error:
        raise ConfigError(
            f"no MLflow server answers at MLFLOW_TRACKING_URI={uri}; start it, or unset the variable to keep "
            "runs in a database of your own"
        ) from error
