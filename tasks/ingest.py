"""Ingest: find the clips wherever they are and list each of them, usable or not, in a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from soundcheck.artifacts import Artifact
from soundcheck.config import DataConfig
from soundcheck.data.listing import build_manifest
from soundcheck.data.manifest import MANIFEST_FILE, describe, usable, write_manifest
from soundcheck.errors import DownloadError
from soundcheck.store import sha256_of
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    import pandas as pd

    from soundcheck.data.sources import Source


CLIPS = "clips.txt"


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
    from soundcheck.data.sources import locate

    return locate(data, home)


@stage(
    libraries=["numpy", "pandas", "pyarrow", "scipy", "tensorflow-io"],
    ignored=["data.source", "data.synthetic"],
)
def ingest(draft: Draft, _store: Store, source: Source, data: DataConfig) -> None:
    """A manifest of all clips, with a split for each usable one and a reason for each that is set aside."""
    manifest = build_manifest(source.root, data)
    write_manifest(manifest, draft.folder / MANIFEST_FILE)
    rows = usable(manifest)
    (draft.folder / CLIPS).write_text("\n".join(sorted(set(rows["clip_digest"]))), encoding="ascii")
    draft.note = _in_words(manifest, data.sample_rate_hz)


def clips_of(store: Store, ingested: Artifact) -> Artifact:
    """The set of usable clips in ingest's result: the same after a relabelling, a new split, a new name."""
    path = f"{ingested.path}/{CLIPS}"
    return Artifact(kind="clips", path=path, digest=sha256_of(store.root / path))


def _in_words(manifest: pd.DataFrame, sample_rate_hz: int) -> str:
    described = describe(manifest, sample_rate_hz)
    aside, converted = len(described["set_aside"]), described["converted"]
    words = [f"{len(manifest)} clips", f"{aside} set aside"]
    return ", ".join(words + ([f"{converted} converted to mono {sample_rate_hz} Hz"] if converted else []))
