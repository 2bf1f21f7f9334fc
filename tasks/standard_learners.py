"""Standard learners: what the network learnt that ordinary algorithms cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact

STANDARD_LEARNERS = "standard_learners.json"


@stage(libraries=["keras", "numpy", "pandas", "scikit-learn", "scipy"])
def standard_learners(
    draft: Draft, store: Store, evaluated: Artifact, manifest: Artifact, shards: Artifact, seed: int
) -> None:
    """The network beside nearest neighbours, a forest, support vectors and the baselines."""
    import numpy as np
    import pandas as pd

    from soundcheck.data.manifest import MANIFEST_FILE, TEST
    from soundcheck.evaluation.predictions import PREDICTIONS_FILE
    from soundcheck.evaluation.standard_learners import compare_with_standard_learners
    from soundcheck.features.examples import read_examples
    from soundcheck.features.index import INDEX_FILE

    clips = read_examples(store.path(manifest) / MANIFEST_FILE, store.path(shards) / INDEX_FILE, store.parts)
    predictions = pd.read_parquet(store.path(evaluated) / PREDICTIONS_FILE)
    said = predictions.loc[predictions["split"] == TEST, "predicted"]  # in the order of the manifest
    compared = compare_with_standard_learners(
        clips.summaries,
        clips.classes,
        clips.rows["split"].to_numpy(dtype=str),
        np.searchsorted(clips.labels, said.to_numpy(dtype=str)),
        clips.labels,
        seed,
    )
    (draft.folder / STANDARD_LEARNERS).write_bytes(canonical_json(compared.to_dict()))
    draft.note = compared.sentences()[0]
