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
    from soundcheck.data.manifest import MANIFEST_FILE
    from soundcheck.features.index import INDEX_FILE
    from soundcheck.models import builder
    from soundcheck.training.data import training_datasets
    from soundcheck.training.fitted import save_fitted, weights_digest
    from soundcheck.training.fitting import fit as fit_model

    files = store.path(manifest) / MANIFEST_FILE, store.path(shards) / INDEX_FILE
    # Equal recipes give equal weights, so that a fit made again changes nothing after it.
    data = training_datasets(*files, store.parts, training)
    fitted = fit_model(builder(model.name), data, model, training, on_epoch)
    save_fitted(fitted, draft.folder)
    draft.digest = weights_digest(fitted.model)
    draft.note = f"epoch {fitted.best_epoch} of {len(fitted.history)} chosen by validation"
