"""Error analysis: where the model is wrong on the test clips, and how far its confidence can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import AnalysisConfig, FeaturesConfig
    from soundcheck.evaluation.confusions import JudgedClip
    from soundcheck.evaluation.error_analysis import Explained


@stage(
    libraries=["keras", "numpy", "pandas", "scipy", "tensorflow"],
    ignored=["settings.sensitivity_clips", "settings.seed"],
)
def error_analysis(
    draft: Draft,
    store: Store,
    evaluated: Artifact,
    fitted: Artifact,
    manifest: Artifact,
    shards: Artifact,
    features: FeaturesConfig,
    sample_rate_hz: int,
    settings: AnalysisConfig,
    confidence: float,
) -> None:
    """Calibration, thresholds, confusions, slices and the saliency of the worst mistakes."""
    import numpy as np
    import pandas as pd

    from soundcheck.data.manifest import MANIFEST_FILE, labels_of, read_manifest
    from soundcheck.evaluation.error_analysis import analyse_errors, explain_mistakes
    from soundcheck.evaluation.predictions import PREDICTIONS_FILE
    from soundcheck.evaluation.saliency import silence_features
    from soundcheck.features.index import INDEX_FILE, ShardIndex
    from soundcheck.features.reading import batches
    from soundcheck.models.adoption import takes_waveforms
    from soundcheck.training.fitted import load_fitted

    table = read_manifest(store.path(manifest) / MANIFEST_FILE)
    index = ShardIndex.load(store.path(shards) / INDEX_FILE)
    model = load_fitted(store.path(fitted)).model

    def explain(mistakes: tuple[JudgedClip, ...]) -> Explained:
        mistakes = () if takes_waveforms(model) else mistakes  # it has no features of ours to look at
        rows = pd.DataFrame([vars(clip) for clip in mistakes], columns=["path", "clip_digest"])
        none = np.empty((0, index.frames, index.bins), np.float32)
        seen = np.concatenate([none, *batches(rows, index, store.parts, settings.worst_clips)])
        silence = silence_features(features, sample_rate_hz)
        return explain_mistakes(mistakes, seen, model, silence, labels_of(table))

    predictions = pd.read_parquet(store.path(evaluated) / PREDICTIONS_FILE)
    analysis = analyse_errors(predictions, table, explain, settings, confidence)
    analysis.save(draft.folder)
    draft.note = analysis.summary()[0]
