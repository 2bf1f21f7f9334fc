"""Evaluate: what the model does on clips it was not trained on, and how far that can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import EvaluationConfig

METRICS = "metrics.json"
PREDICTION_BATCH = 256


@stage(libraries=["keras", "numpy", "pandas", "tensorflow"])
def evaluate(
    draft: Draft,
    store: Store,
    fitted: Artifact,
    manifest: Artifact,
    shards: Artifact,
    evaluation: EvaluationConfig,
) -> None:
    """A prediction for every usable clip, the metrics of each split, and the gap between them."""
    from soundcheck.data.manifest import MANIFEST_FILE, labels_of, read_manifest, usable
    from soundcheck.evaluation.predictions import PREDICTIONS_FILE, predict, predictions_table
    from soundcheck.evaluation.report import metrics_by_split
    from soundcheck.features.index import INDEX_FILE, ShardIndex
    from soundcheck.features.reading import batches
    from soundcheck.training.fitted import load_fitted

    table = read_manifest(store.path(manifest) / MANIFEST_FILE)
    rows, labels = usable(table), labels_of(table)
    index = ShardIndex.load(store.path(shards) / INDEX_FILE)
    features = batches(rows, index, store.parts, PREDICTION_BATCH)
    predictions = predictions_table(rows, predict(load_fitted(store.path(fitted)).model, features), labels)
    predictions.to_parquet(draft.folder / PREDICTIONS_FILE, index=False)
    metrics = metrics_by_split(predictions, labels, evaluation.confidence)
    (draft.folder / METRICS).write_bytes(canonical_json(metrics))
    draft.note = f"{len(rows)} predictions"
