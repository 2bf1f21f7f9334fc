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
    from soundcheck.data.manifest import MANIFEST_FILE
    from soundcheck.features.examples import read_examples
    from soundcheck.features.index import INDEX_FILE
    from soundcheck.training.baselines import fit_baselines

    clips = read_examples(store.path(manifest) / MANIFEST_FILE, store.path(shards) / INDEX_FILE, store.parts)
    splits = clips.rows["split"].to_numpy(dtype=str)
    fitted = fit_baselines(clips.summaries, clips.classes, splits, seed)
    (draft.folder / BASELINES).write_bytes(canonical_json(fitted.to_dict()))
    draft.note = f"best: {max(one.test_accuracy for one in fitted.baselines):.3f} test accuracy"
