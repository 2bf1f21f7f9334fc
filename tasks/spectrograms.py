"""Spectrograms: the features of every usable clip, as TFRecord shards."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from soundcheck.features.index import INDEX_FILE, ShardIndex
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact, Recipe
    from soundcheck.config import FeaturesConfig
    from soundcheck.data.sources import Source

CLIPS = "clips.digest"
EARLIER_INDEXES = 3  # data sets that are trained on by turns


# A clip's bytes decide its features; the manifest only names them: labels, splits and paths do not count.
@stage(
    libraries=["numpy", "pyarrow", "scipy", "tensorflow", "tensorflow-io"],
    ignored=["manifest.digest", "source.digest"],
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
    """An index of the shards; only what no earlier shard holds is computed, once the features are tested."""
    from soundcheck.data.manifest import MANIFEST_FILE, read_manifest
    from soundcheck.features.self_test import require_passed, self_test
    from soundcheck.features.shards import write_shards

    require_passed(self_test(features, sample_rate_hz))
    table = read_manifest(store.path(manifest) / MANIFEST_FILE)
    earlier = _earlier_indexes(draft, store)
    index = write_shards(table, source, features, sample_rate_hz, store.parts, earlier=earlier)
    index.save(draft.folder / INDEX_FILE)
    draft.parts = [shard.digest for shard in index.shards]
    draft.note = (
        f"{index.rebuilt_clips} of {index.clips} clips computed, "
        f"{index.rebuilt_shards} of {len(index.shards)} shards written"
    )


def _earlier_indexes(draft: Draft, store: Store) -> list[ShardIndex]:
    """The latest indexes that differ in nothing but their clips."""
    alike = [one for one in draft.earlier if _without_clips(one.recipe) == _without_clips(draft.recipe)]
    files = (store.take(one, INDEX_FILE) for one in alike)
    whole = (file for file in files if file is not None)
    return [ShardIndex.load(file) for file in islice(whole, EARLIER_INDEXES)]


def _without_clips(recipe: Recipe) -> Recipe:
    inputs = {name: value for name, value in recipe.inputs.items() if name != CLIPS}
    return recipe.model_copy(update={"inputs": inputs})
