"""Recompute: are the stored features those of the sound?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import FeaturesConfig
    from soundcheck.data.sources import Source

RECOMPUTED = "recomputed.json"


@stage(
    libraries=["numpy", "pandas", "pyarrow", "scipy", "tensorflow", "tensorflow-io"],
    ignored=["source.digest"],
)
def recompute(
    draft: Draft,
    store: Store,
    manifest: Artifact,
    shards: Artifact,
    source: Source,
    features: FeaturesConfig,
    sample_rate_hz: int,
    seed: int,
) -> None:
    """How much the stored features of some clips differ from those computed again by TensorFlow."""
    from soundcheck.data.manifest import MANIFEST_FILE, read_manifest, usable
    from soundcheck.data.waveforms import read_waveforms
    from soundcheck.features.index import INDEX_FILE, ShardIndex
    from soundcheck.features.reading import batches
    from soundcheck.features.recomputation import CLIPS, largest_difference, recomputed
    from soundcheck.features.spectrogram import geometry

    clips = usable(read_manifest(store.path(manifest) / MANIFEST_FILE))
    rows = clips.sample(min(CLIPS, len(clips)), random_state=seed)
    [stored] = batches(rows, ShardIndex.load(store.path(shards) / INDEX_FILE), store.parts, len(rows))
    length = geometry(features, sample_rate_hz).clip_length
    waveforms = read_waveforms(source, rows, sample_rate_hz, length)
    difference = largest_difference(stored, recomputed(waveforms, features, sample_rate_hz))
    finite = difference if difference < float("inf") else None
    (draft.folder / RECOMPUTED).write_bytes(canonical_json({"difference": finite, "clips": len(rows)}))
    draft.note = f"{len(rows)} clips computed again, off by {difference:.1g} of the largest value"
