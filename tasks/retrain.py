"""Retrain: the same training with another seed, or on a part of its clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import ModelConfig, TrainingConfig


@stage(
    libraries=["keras", "numpy", "pandas", "scipy", "tensorflow"],
    chosen=lambda inputs: [f"soundcheck.models.{inputs['model'].name}"],
    particular=lambda inputs: f"subset {inputs['subset']} seed {inputs['training'].seed}",
)
def retrain(
    draft: Draft,
    store: Store,
    manifest: Artifact,
    shards: Artifact,
    model: ModelConfig,
    training: TrainingConfig,
    subset: int,
) -> None:
    """The accuracy of one training; each is kept by itself, so that what was broken off goes on there."""
    from soundcheck.data.manifest import MANIFEST_FILE
    from soundcheck.evaluation.learning_curve import RETRAINED_FILE
    from soundcheck.features.index import INDEX_FILE
    from soundcheck.training.retraining import retrain as train_again

    files = store.path(manifest) / MANIFEST_FILE, store.path(shards) / INDEX_FILE
    trained = train_again(*files, store.parts, model, training, subset)
    (draft.folder / RETRAINED_FILE).write_bytes(canonical_json(trained.to_dict()))
    draft.note = f"{trained.train_clips} clips, seed {trained.seed}: accuracy {trained.accuracy:.3f}"
