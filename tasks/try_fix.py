"""Try fix: which change would have mended a training that went badly?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import DebuggingConfig, ModelConfig, TrainingConfig


@stage(
    libraries=["keras", "numpy", "scikit-learn", "tensorflow"],
    chosen=lambda inputs: [f"soundcheck.models.{inputs['model'].name}"],
)
def try_fix(
    draft: Draft,
    store: Store,
    debugged: Artifact,
    fitted: Artifact,
    manifest: Artifact,
    shards: Artifact,
    model: ModelConfig,
    training: TrainingConfig,
    debugging: DebuggingConfig,
) -> None:
    """The findings of a training that went badly, after short trainings with and without their remedies."""
    from soundcheck.debugging.examination import Examination
    from soundcheck.debugging.findings import headline
    from soundcheck.training.examination import Training, examine_with_trials
    from soundcheck.training.fitted import load_fitted

    given = Training.read(store.path(manifest), store.path(shards), store.parts, model, training)
    findings = Examination.load(store.path(debugged)).findings
    examined = examine_with_trials(given, load_fitted(store.path(fitted)), findings, debugging)
    examined.save(draft.folder)
    draft.note = headline(examined.findings)
