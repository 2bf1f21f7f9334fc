"""Leakage: what the accuracy owes to speakers that are known from training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact

LEAKAGE = "leakage.json"


@stage(libraries=["numpy", "scikit-learn", "scipy"])
def leakage(draft: Draft, store: Store, manifest: Artifact, shards: Artifact, seed: int) -> None:
    """The cheap baseline's accuracy with and without known speakers, and how well the features tell them."""
    from soundcheck.audit.leakage import measure_leakage
    from soundcheck.data.manifest import MANIFEST_FILE
    from soundcheck.features.examples import read_examples
    from soundcheck.features.index import INDEX_FILE

    clips = read_examples(store.path(manifest) / MANIFEST_FILE, store.path(shards) / INDEX_FILE, store.parts)
    measured = measure_leakage(clips.summaries, clips.classes, clips.rows, seed)
    (draft.folder / LEAKAGE).write_bytes(canonical_json(measured.to_dict()))
    gap = measured.gap
    draft.note = f"known speakers gain the baseline {gap.value:+.3f}" if gap else "cannot be measured"
