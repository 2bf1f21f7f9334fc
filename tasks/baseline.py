"""Baseline: what simple methods reach on the same clips, for the model to beat."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage
from tasks.ingest import manifest_of
from tasks.spectrograms import index_of

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.training.baselines import Baselines

BASELINES = "baselines.json"


@stage(libraries=["numpy", "scikit-learn", "scipy"])
def baseline(draft: Draft, store: Store, manifest: Artifact, shards: Artifact, seed: int) -> None:
    """Accuracies of the baselines, and the coefficients of the logistic regression."""
    from soundcheck.data.manifest import labels_of, usable
    from soundcheck.features.reading import summaries
    from soundcheck.training.baselines import fit_baselines

    table = manifest_of(store, manifest)
    rows = usable(table)
    classes = rows["label"].map(labels_of(table).index).to_numpy()
    values = summaries(table, index_of(store, shards), store.parts)
    fitted = fit_baselines(values, classes, rows["split"].to_numpy(dtype=str), seed)
    (draft.folder / BASELINES).write_bytes(canonical_json(fitted.to_dict()))
    draft.note = f"best: {max(one.test_accuracy for one in fitted.baselines):.3f} test accuracy"


def baselines_of(store: Store, fitted: Artifact) -> Baselines:
    """The baselines in the result of baseline."""
    from soundcheck.training.baselines import Baselines

    return Baselines.from_dict(json.loads((store.path(fitted) / BASELINES).read_bytes()))
