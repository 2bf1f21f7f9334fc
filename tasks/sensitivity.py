"""Sensitivity: what becomes of the model's accuracy where the test clips sound worse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import AnalysisConfig, FeaturesConfig
    from soundcheck.data.noise import NoiseRecordings
    from soundcheck.data.sources import Source

SENSITIVITY = "sensitivity.json"


@stage(
    libraries=["keras", "numpy", "scipy", "tensorflow", "tensorflow-io"],
    ignored=[
        "source.digest",
        "settings.worst_clips",
        "settings.wanted_accuracy",
        "settings.wanted_sensitivity",
    ],
)
def sensitivity(
    draft: Draft,
    store: Store,
    fitted: Artifact,
    manifest: Artifact,
    source: Source,
    features: FeaturesConfig,
    sample_rate_hz: int,
    settings: AnalysisConfig,
    perturbations: Literal["noise", "all"],
    noise: NoiseRecordings | None = None,
) -> None:
    """Accuracy on perturbed test clips: with noise, or with everything that may happen to a sound."""
    import numpy as np

    from soundcheck.data.manifest import MANIFEST_FILE, TEST, labels_of, read_manifest
    from soundcheck.data.noise import read_noise
    from soundcheck.data.waveforms import read_waveforms
    from soundcheck.evaluation.perturbations import all_perturbations, noise_perturbations
    from soundcheck.evaluation.sensitivity import draw_clips, measure_sensitivity, recogniser
    from soundcheck.features.spectrogram import geometry
    from soundcheck.training.fitted import load_fitted

    table = read_manifest(store.path(manifest) / MANIFEST_FILE)
    labels, rows = labels_of(table), table.loc[table["split"] == TEST]
    classes = np.searchsorted(labels, rows["label"].to_numpy(str))
    drawn = draw_clips(classes, settings.sensitivity_clips, settings.seed)
    clip_length = geometry(features, sample_rate_hz).clip_length
    recordings = read_noise(noise, sample_rate_hz) if noise else []
    measured = measure_sensitivity(
        recogniser(load_fitted(store.path(fitted)).model, features, sample_rate_hz),
        read_waveforms(source, rows.iloc[drawn], sample_rate_hz, clip_length),
        classes[drawn],
        labels,
        sample_rate_hz,
        {"noise": noise_perturbations, "all": all_perturbations}[perturbations](recordings),
        settings.seed,
    )
    (draft.folder / SENSITIVITY).write_bytes(canonical_json(measured.to_dict()))
    draft.note = measured.summary()[0]
