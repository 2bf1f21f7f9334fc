"""Validate the predictions: what must hold of them before the model may be registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.artifacts import digest_of
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import PredictionChecksConfig


@stage(libraries=["great-expectations", "keras", "numpy", "pandas"])
def validate_predictions(
    draft: Draft, store: Store, manifest: Artifact, evaluated: Artifact, checks: PredictionChecksConfig
) -> None:
    """The outcome of every expectation on the predictions, and the Data Docs."""
    import pandas as pd

    from expectations.checkpoint import run_checkpoint
    from expectations.outcome import DATA_DOCS
    from expectations.predictions import predictions_by_clip, predictions_suite
    from soundcheck.data.manifest import MANIFEST_FILE, labels_of, read_manifest, usable
    from soundcheck.evaluation.predictions import PREDICTIONS_FILE

    table = read_manifest(store.path(manifest) / MANIFEST_FILE)
    predictions = pd.read_parquet(store.path(evaluated) / PREDICTIONS_FILE)
    frame = predictions_by_clip(usable(table), predictions)
    suite = predictions_suite(labels=labels_of(table), **checks.model_dump())
    outcome = run_checkpoint(suite, frame, "predictions", draft.folder / DATA_DOCS)
    outcome.save(draft.folder)
    draft.digest = digest_of(outcome.to_dict())
    draft.note = outcome.summary()
