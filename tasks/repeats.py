"""Repeats: how much seeds alone change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import ModelConfig, TrainingConfig

REPEATS = "repeats.json"


@stage(libraries=["numpy", "scipy"])
def repeats(
    draft: Draft,
    store: Store,
    manifest: Artifact,  # noqa: ARG001 (these name in the recipe what was repeated)
    shards: Artifact,  # noqa: ARG001
    model: ModelConfig,  # noqa: ARG001
    training: TrainingConfig,  # noqa: ARG001
    confidence: float,
    **trained: Artifact,
) -> None:
    """Mean and spread of the accuracy over trainings that differ in nothing but their seed."""
    from soundcheck.evaluation.learning_curve import RETRAINED_FILE
    from soundcheck.evaluation.repeats import summarise

    each = [json.loads((store.path(one) / RETRAINED_FILE).read_bytes()) for one in trained.values()]
    summary = summarise([one["correct"] / one["test_clips"] for one in each], confidence)
    (draft.folder / REPEATS).write_bytes(canonical_json(summary.to_dict()))
    draft.note = summary.sentence
