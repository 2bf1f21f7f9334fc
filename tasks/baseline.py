"""Baseline: what simple methods reach on the same clips, for the model to beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact

BASELINES = "baselines.json"


@stage(libraries=["numpy", "scikit-learn", "scipy"])
def baseline(draft: Draft, store: Store, manifest: Artifact, shards: Artifact, seed: int) -> None:
    """Accuracies of the baselines, and the coefficients of the logistic regression."""
    from soundcheck.data.manifest import MANIFEST_FILE, labels_of, read_manifest, usable
    from soundcheck.features.index import INDEX_FILE, ShardIndex
    from soundcheck.features.reading import summaries
    from soundcheck.training.baselines import fit_baselines

    table = read_manifest(store.path(manifest) / MANIFEST_FILE)
    rows = usable(table)
    classes = rows["label"].map(labels_of(table).index).to_numpy()
    index = ShardIndex.load(store.path(shards) / INDEX_FILE)
    values = summaries(table, index, store.parts)
    fitted = fit_baselines(values, classes, rows["split"].to_numpy(dtype=str), seed)
    (draft.folder / BASELINES).write_bytes(canonical_json(fitted.to_dict()))
    draft.note = f"best: {max(one.test_accuracy for one in fitted.baselines):.3f} test accuracy"
