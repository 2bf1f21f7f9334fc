"""Validate the predictions: what must hold of them before the model may be registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.artifacts import digest_of
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import PredictionChecksConfig
    from soundcheck.data.sources import Source


@stage(
    libraries=["great-expectations", "keras", "numpy", "pandas", "scipy", "tensorflow", "tensorflow-io"],
    ignored=["source.digest"],
)
def validate_predictions(
    draft: Draft,
    store: Store,
    manifest: Artifact,
    evaluated: Artifact,
    source: Source,
    checks: PredictionChecksConfig,
) -> None:
    """The outcome of every expectation on the predictions, and the Data Docs."""
    import pandas as pd

    from expectations.checkpoint import run_checkpoint
    from expectations.failing_clips import write_failing_clips
    from expectations.outcome import DATA_DOCS
    from expectations.predictions import predictions_by_clip, predictions_suite
    from soundcheck.data.manifest import MANIFEST_FILE, labels_of, read_manifest, usable
    from soundcheck.data.waveforms import sounds_of
    from soundcheck.evaluation.predictions import PREDICTIONS_FILE

    table = read_manifest(store.path(manifest) / MANIFEST_FILE)
    predictions = pd.read_parquet(store.path(evaluated) / PREDICTIONS_FILE)
    frame = predictions_by_clip(usable(table), predictions)
    suite = predictions_suite(labels=labels_of(table), **checks.model_dump())
    outcome = run_checkpoint(suite, frame, "predictions", draft.folder / DATA_DOCS)
    labels = dict(zip(table["path"], table["label"], strict=True))
    write_failing_clips(outcome, draft.folder / DATA_DOCS, labels, sounds_of(source, table))
    outcome.save(draft.folder)
    draft.digest = digest_of(outcome.to_dict())
    draft.note = outcome.summary()
