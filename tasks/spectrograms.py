"""Spectrograms: the features of every usable clip, as TFRecord shards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.artifacts import digest_of
from soundcheck.data.manifest import MANIFEST_FILE, read_manifest
from soundcheck.features.index import INDEX_FILE
from soundcheck.features.shards import write_shards
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import FeaturesConfig
    from soundcheck.data.sources import Source


# A clip's bytes decide its features; the manifest only names them: labels, splits and paths do not count.
@stage(
    libraries=["numpy", "scipy", "tensorflow", "tensorflow-io"], ignored=["manifest.digest", "source.digest"]
)
def spectrograms(
    draft: Draft,
    store: Store,
    clips: Artifact,  # noqa: ARG001 (names the set of clips in the recipe)
    manifest: Artifact,
    source: Source,
    features: FeaturesConfig,
    sample_rate_hz: int,
) -> None:
    """An index of the shards; only those whose clips changed are computed."""
    recipe = draft.recipe
    settings = {name: value for name, value in recipe.inputs.items() if name != "clips.digest"}
    shard_recipe = digest_of([settings, recipe.code, recipe.versions])
    table = read_manifest(store.path(manifest) / MANIFEST_FILE)
    index = write_shards(table, source.root, features, sample_rate_hz, store.parts, recipe=shard_recipe)
    index.save(draft.folder / INDEX_FILE)
    draft.parts = [shard.digest for shard in index.shards]
    draft.note = f"{index.rebuilt_clips} of {index.clips} clips computed"
