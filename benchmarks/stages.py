"""The first two stages without Prefect's engine, so that what is measured is their own work."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from measuring import SAMPLE_RATE_HZ

from soundcheck.artifacts import Artifact
from soundcheck.config import DataConfig, FeaturesConfig
from soundcheck.data.manifest import MANIFEST_FILE, read_manifest
from soundcheck.data.sources import Source
from soundcheck.features.index import INDEX_FILE, ShardIndex
from soundcheck.features.shards import write_shards
from soundcheck.store import Store
from tasks.caching import Stage
from tasks.ingest import clips_of, ingest
from tasks.spectrograms import spectrograms


@dataclass(frozen=True)
class Made:
    """A stage's result, whether it was there before, and the CPU time of the look-up and the work."""

    artifact: Artifact
    reused: bool
    cpu_s: float


def manifest_of(source: Source, store: Store) -> Made:
    """The manifest of a source, made as a flow makes it."""
    return _made(
        ingest, store, source=source, data=DataConfig(), clip_duration_ms=FeaturesConfig().clip_duration_ms
    )


def shards_of(source: Source, manifest: Artifact, store: Store, features: FeaturesConfig) -> Made:
    """The shards of a manifest and their index, made as a flow makes them."""
    return _made(
        spectrograms,
        store,
        clips=clips_of(store, manifest),
        manifest=manifest,
        source=source,
        features=features,
        sample_rate_hz=SAMPLE_RATE_HZ,
    )


def without_work_s(
    source: Source, manifest: Artifact, shards: Artifact, store: Store, features: FeaturesConfig
) -> float:
    """CPU time of the stage `spectrograms` where every shard is there: tables and verification."""
    started_s = time.process_time()
    table = read_manifest(store.path(manifest) / MANIFEST_FILE)
    index = ShardIndex.load(store.path(shards) / INDEX_FILE)
    again = write_shards(table, source, features, SAMPLE_RATE_HZ, store.parts, earlier=[index])
    if again.rebuilt_shards:
        raise RuntimeError(f"{again.rebuilt_shards} shards were not whole")
    return time.process_time() - started_s


def _made(stage: Stage, store: Store, **inputs: Any) -> Made:
    recipe = stage.recipe(inputs)
    reused = store.holds(recipe)
    started_s = time.process_time()
    artifact = store.make(recipe, lambda draft: stage.write(draft, store, **inputs))
    return Made(artifact, reused, time.process_time() - started_s)
