"""Ingest: find the clips wherever they are and list each of them, usable or not, in a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from soundcheck.artifacts import Artifact
from soundcheck.config import DataConfig
from soundcheck.data.manifest import build_manifest, read_manifest, write_manifest
from soundcheck.errors import DownloadError
from soundcheck.store import sha256_of
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    import pandas as pd

    from soundcheck.data.sources import Source


MANIFEST = "manifest.parquet"
CLIPS = "clips.txt"


def _is_transient(_task: object, _task_run: object, state: Any) -> bool:
    """Whether waiting may help: a fault of the network may pass, a wrong path will not."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, DownloadError) and error.transient


@task(cache_policy=NO_CACHE, retries=3, retry_delay_seconds=[2, 10, 30], retry_condition_fn=_is_transient)
def fetch(data: DataConfig, home: Path) -> Source:
    """Downloads, unpacks or speaks the clips where they are not there; faults of the network are retried."""
    from soundcheck.data.sources import locate

    return locate(data, home)


@stage(
    libraries=["numpy", "pandas", "pyarrow", "scipy", "tensorflow-io"],
    ignored=["data.source", "data.synthetic", "data.sample_rate_hz"],
)
def ingest(draft: Draft, _store: Store, source: Source, data: DataConfig) -> None:
    """A manifest of all clips, with a split for each usable one and a reason for each that is set aside."""
    manifest = build_manifest(source.root, data)
    write_manifest(manifest, draft.folder / MANIFEST)
    usable = manifest[manifest["split"] != ""]
    (draft.folder / CLIPS).write_text("\n".join(sorted(set(usable["clip_digest"]))), encoding="ascii")
    draft.note = f"{len(manifest)} clips, {len(manifest) - len(usable)} set aside"


def clips_of(store: Store, ingested: Artifact) -> Artifact:
    """The set of usable clips in ingest's result: the same after a relabelling, a new split, a new name."""
    path = f"{ingested.path}/{CLIPS}"
    return Artifact(kind="clips", path=path, digest=sha256_of(store.root / path))


def manifest_of(store: Store, ingested: Artifact) -> pd.DataFrame:
    """The manifest in ingest's result."""
    return read_manifest(store.path(ingested) / MANIFEST)
