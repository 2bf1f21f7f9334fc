"""Fit: the weights of the model that the configuration names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import ModelConfig, TrainingConfig


@stage(
    libraries=["keras", "numpy", "tensorflow"],
    chosen=lambda inputs: [f"soundcheck.models.{inputs['model'].name}"],
)
def fit(
    draft: Draft,
    store: Store,
    manifest: Artifact,
    shards: Artifact,
    model: ModelConfig,
    training: TrainingConfig,
    on_epoch: Callable[[dict[str, float]], None],
) -> None:
    """The fitted model, its history and its optimizer; `on_epoch` hears of every epoch as it ends."""
    import keras
    import tensorflow as tf

    from soundcheck.data.manifest import MANIFEST_FILE, read_manifest
    from soundcheck.features.index import INDEX_FILE, ShardIndex
    from soundcheck.features.pipeline import datasets
    from soundcheck.models import builder
    from soundcheck.training.fitted import save_fitted, weights_digest
    from soundcheck.training.fitting import fit as fit_model

    # Equal recipes give equal weights, so that a fit made again changes nothing after it.
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(training.seed)  # tf.data mixes it into the order of the clips
    table = read_manifest(store.path(manifest) / MANIFEST_FILE)
    index = ShardIndex.load(store.path(shards) / INDEX_FILE)
    data = datasets(table, index, store.parts, training.batch_size, training.seed)
    fitted = fit_model(builder(model.name), data, model, training, on_epoch)
    save_fitted(fitted, draft.folder)
    draft.digest = weights_digest(fitted.model)
    draft.note = f"epoch {fitted.best_epoch} of {len(fitted.history)} chosen by validation"
