"""Ingest: list every clip of a source, usable or not, in a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.data.manifest import MANIFEST_FILE, describe, usable, write_manifest
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    import pandas as pd

    from soundcheck.artifacts import Artifact
    from soundcheck.config import DataConfig
    from soundcheck.data.sources import Source


CLIPS = "clips.txt"


@stage(
    libraries=["numpy", "pandas", "pyarrow", "scipy", "tensorflow", "tensorflow-io"],
    ignored=["data.source", "data.noise", "data.synthetic"],
)
def ingest(draft: Draft, _store: Store, source: Source, data: DataConfig, clip_duration_ms: float) -> None:
    """A manifest of all clips, with a split for each usable one and a reason for each that is set aside."""
    from soundcheck.data.listing import build_manifest

    manifest = build_manifest(source, data, clip_duration_ms)
    write_manifest(manifest, draft.folder / MANIFEST_FILE)
    rows = usable(manifest)
    (draft.folder / CLIPS).write_text("\n".join(sorted(set(rows["clip_digest"]))), encoding="ascii")
    draft.note = f"{_in_words(manifest, data.sample_rate_hz)}, from {source.name}"


def clips_of(store: Store, ingested: Artifact) -> Artifact:
    """The set of usable clips in ingest's result: the same after a relabelling, a new split, a new name."""
    return store.file(ingested, CLIPS)


def _in_words(manifest: pd.DataFrame, sample_rate_hz: int) -> str:
    described = describe(manifest, sample_rate_hz)
    aside, converted = len(described["set_aside"]), described["converted"]
    words = [f"{len(manifest)} clips", f"{aside} set aside"]
    return ", ".join(words + ([f"{converted} converted to mono {sample_rate_hz} Hz"] if converted else []))
