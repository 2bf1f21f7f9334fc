"""Evaluate waveforms: what `evaluate` does, for a model that makes its own features of the sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from soundcheck.artifacts import Artifact
    from soundcheck.config import EvaluationConfig, FeaturesConfig
    from soundcheck.data.sources import Source

METRICS = "metrics.json"
CLIPS_AT_ONCE = 256


@stage(
    libraries=["keras", "numpy", "pandas", "scipy", "tensorflow", "tensorflow-io"],
    ignored=["source.digest"],
)
def evaluate_waveforms(
    draft: Draft,
    store: Store,
    fitted: Artifact,
    manifest: Artifact,
    source: Source,
    features: FeaturesConfig,
    sample_rate_hz: int,
    evaluation: EvaluationConfig,
) -> None:
    """A prediction for every usable clip from its sound, the metrics of each split, and their gap."""
    from soundcheck.data.manifest import MANIFEST_FILE, labels_of, read_manifest, usable
    from soundcheck.data.waveforms import read_waveforms
    from soundcheck.evaluation.predictions import PREDICTIONS_FILE, predict, predictions_table
    from soundcheck.evaluation.report import metrics_by_split
    from soundcheck.features.spectrogram import geometry
    from soundcheck.training.fitted import load_fitted

    table = read_manifest(store.path(manifest) / MANIFEST_FILE)
    rows, labels = usable(table), labels_of(table)
    length = geometry(features, sample_rate_hz).clip_length

    def waveforms() -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(rows), CLIPS_AT_ONCE):
            yield read_waveforms(source, rows.iloc[start : start + CLIPS_AT_ONCE], sample_rate_hz, length)

    model = load_fitted(store.path(fitted)).model
    predictions = predictions_table(rows, predict(model, waveforms()), labels)
    predictions.to_parquet(draft.folder / PREDICTIONS_FILE, index=False)
    metrics = metrics_by_split(predictions, labels, evaluation.confidence)
    (draft.folder / METRICS).write_bytes(canonical_json(metrics))
    draft.note = f"{len(rows)} predictions"
