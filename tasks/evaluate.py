"""Evaluate: what the model does on clips it was not trained on, and how far that can be trusted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage
from tasks.fit import fitted_of
from tasks.ingest import manifest_of
from tasks.spectrograms import index_of

if TYPE_CHECKING:
    import pandas as pd

    from soundcheck.artifacts import Artifact
    from soundcheck.config import EvaluationConfig

PREDICTIONS = "predictions.parquet"
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
    from soundcheck.data.manifest import labels_of, usable
    from soundcheck.evaluation.predictions import predict, predictions_table
    from soundcheck.evaluation.report import metrics_by_split
    from soundcheck.features.reading import batches

    table = manifest_of(store, manifest)
    rows, labels = usable(table), labels_of(table)
    features = batches(rows, index_of(store, shards), store.parts, PREDICTION_BATCH)
    predictions = predictions_table(rows, predict(fitted_of(store, fitted).model, features), labels)
    predictions.to_parquet(draft.folder / PREDICTIONS, index=False)
    metrics = metrics_by_split(predictions, labels, evaluation.confidence)
    (draft.folder / METRICS).write_bytes(canonical_json(metrics))
    draft.note = f"{len(rows)} predictions"


def predictions_of(store: Store, evaluated: Artifact) -> pd.DataFrame:
    """The predictions table in evaluate's result."""
    import pandas as pd

    return pd.read_parquet(store.path(evaluated) / PREDICTIONS)


def metrics_of(store: Store, evaluated: Artifact) -> dict[str, Any]:
    """The metrics in evaluate's result."""
    return json.loads((store.path(evaluated) / METRICS).read_bytes())
