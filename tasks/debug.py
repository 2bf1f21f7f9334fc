"""Debug: what went wrong in the training, by what was recorded of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from soundcheck.errors import SoundcheckError
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from soundcheck.artifacts import Artifact
    from soundcheck.config import DebuggingConfig, ModelConfig, TrainingConfig
    from soundcheck.debugging.findings import Finding
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
    from soundcheck.data.manifest import MANIFEST_FILE, labels_of, read_manifest
    from soundcheck.debugging.findings import headline
    from soundcheck.training.examination import Training, examine
    from soundcheck.training.fitted import load_fitted

    given = Training.read(store.path(manifest), store.path(shards), store.parts, model, training)
    examined = examine(given, load_fitted(store.path(fitted)), debugging)
    labels = labels_of(read_manifest(store.path(manifest) / MANIFEST_FILE))
    findings = tuple(with_labels(finding, labels) for finding in examined.findings)
    replace(examined, findings=findings).save(draft.folder)
    draft.note = headline(findings)


def with_labels(finding: Finding, labels: Sequence[str]) -> Finding:
    """A finding that speaks of classes by their numbers, with what they are called."""
    numbers = dict.fromkeys(map(int, re.findall(r"\bclass (\d+)", finding.message)))
    names = [f"class {number} is {labels[number]!r}" for number in numbers if number < len(labels)]
    if not names:
        return finding
    return replace(finding, message=f"{finding.message} ({', '.join(names)})")


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
