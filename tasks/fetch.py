"""Fetch: the clips of a source into reach, be they downloaded, unpacked or spoken; done anew in every run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from soundcheck.config import DataConfig
from soundcheck.data.sources import Source, locate
from soundcheck.errors import DownloadError


def _is_transient(_task: object, _task_run: object, state: Any) -> bool:
    """Whether waiting may help: a fault of the network may pass, a wrong path will not."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, DownloadError) and error.transient


@task(
    task_run_name="fetch",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=[2, 8],
    retry_condition_fn=_is_transient,
)
def fetch(data: DataConfig, home: Path) -> Source:
    """Downloads, unpacks or speaks the clips where they are not there; faults of the network are retried."""
    return locate(data, home)
