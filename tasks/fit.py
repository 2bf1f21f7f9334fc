"""Fit: the weights of the model that the configuration names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tasks.caching import Draft, Store, stage
from tasks.ingest import manifest_of
from tasks.spectrograms import index_of

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import ModelConfig, TrainingConfig
    from soundcheck.training.fitted import Fitted


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

    from soundcheck.features.pipeline import datasets
    from soundcheck.models import builder
    from soundcheck.training.fitted import save_fitted, weights_digest
    from soundcheck.training.fitting import fit as fit_model

    keras.utils.set_random_seed(training.seed)  # tf.data mixes it into the order of the clips
    table = manifest_of(store, manifest)
    data = datasets(table, index_of(store, shards), store.parts, training.batch_size, training.seed)
    fitted = fit_model(builder(model.name), data, model, training, on_epoch)
    save_fitted(fitted, draft.folder)
    draft.digest = weights_digest(fitted.model)
    draft.note = f"epoch {fitted.best_epoch} of {len(fitted.history)} chosen by validation"


def fitted_of(store: Store, artifact: Artifact) -> Fitted:
    """The model in fit's result."""
    from soundcheck.training.fitted import load_fitted

    return load_fitted(store.path(artifact))
