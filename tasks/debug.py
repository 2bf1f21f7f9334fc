"""Debug: what went wrong in the training, by what was recorded of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from soundcheck.errors import SoundcheckError
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from soundcheck.artifacts import Artifact
    from soundcheck.config import DebuggingConfig, ModelConfig, TrainingConfig
    from soundcheck.training.fitted import TrainingDivergedError


@stage(
    libraries=["keras", "numpy", "scikit-learn", "tensorflow"],
    chosen=lambda inputs: [f"soundcheck.models.{inputs['model'].name}"],
)
def debug(
    draft: Draft,
    store: Store,
    fitted: Artifact,
    manifest: Artifact,
    shards: Artifact,
    model: ModelConfig,
    training: TrainingConfig,
    debugging: DebuggingConfig,
) -> None:
    """The findings of the training, by its record and the weights that were kept."""
    from soundcheck.debugging.findings import headline
    from soundcheck.training.examination import Training, examine
    from soundcheck.training.fitted import load_fitted

    given = Training.read(store.path(manifest), store.path(shards), store.parts, model, training)
    examined = examine(given, load_fitted(store.path(fitted)), debugging)
    examined.save(draft.folder)
    draft.note = headline(examined.findings)


def went_badly(store: Store, debugged: Artifact) -> bool:
    """Whether a training surely went badly, so that the remedies of its findings are worth a trial."""
    from soundcheck.debugging.examination import Examination

    return Examination.load(store.path(debugged)).poor


@task(task_run_name="explain divergence", cache_policy=NO_CACHE)
def explain_divergence(
    store: Store, error: TrainingDivergedError, fitting: Mapping[str, Any], debugging: DebuggingConfig
) -> None:
    """Says why a training has diverged. Raises SoundcheckError: the error with its likely cause.

    Args:
        store: where the training's data are.
        error: how it ended.
        fitting: the inputs of `fit`.
        debugging: thresholds of the rules.
    """
    from soundcheck.training.examination import Training, examine, examine_with_trials

    manifest, shards = store.path(fitting["manifest"]), store.path(fitting["shards"])
    given = Training.read(manifest, shards, store.parts, fitting["model"], fitting["training"])
    examined = examine(given, error.fitted, debugging)
    examined = examine_with_trials(given, error.fitted, examined.findings, debugging)
    told = "\n".join(str(finding) for finding in examined.findings[:3])
    raise SoundcheckError(f"{error}\n{told}" if told else str(error)) from error
