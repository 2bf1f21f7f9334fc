"""Preflight: what is wrong with a training can often be seen before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import DebuggingConfig, ModelConfig, TrainingConfig

FINDINGS = "findings.json"


@stage(
    libraries=["keras", "numpy", "scikit-learn", "tensorflow"],
    chosen=lambda inputs: [f"soundcheck.models.{inputs['model'].name}"],
)
def preflight(
    draft: Draft,
    store: Store,
    manifest: Artifact,
    shards: Artifact,
    model: ModelConfig,
    training: TrainingConfig,
    debugging: DebuggingConfig,
) -> None:
    """What can be known of the training before it starts: findings, which stop nothing."""
    from soundcheck.debugging.findings import headline
    from soundcheck.training.examination import Training, examine_start

    given = Training.read(store.path(manifest), store.path(shards), store.parts, model, training)
    found = examine_start(given, debugging)
    (draft.folder / FINDINGS).write_bytes(canonical_json([finding.as_json() for finding in found]))
    draft.note = headline(found)
