"""Learning curve: what twice as many clips would bring."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact

LEARNING_CURVE = "learning_curve.json"


@stage(libraries=["numpy", "scipy"])
def learning_curve(draft: Draft, store: Store, **trained: Artifact) -> None:
    """The curve through several trainings on more and more clips."""
    import numpy as np

    from soundcheck.evaluation.learning_curve import RETRAINED_FILE, Runs, fit_learning_curve

    each = [json.loads((store.path(one) / RETRAINED_FILE).read_bytes()) for one in trained.values()]
    test_clips = each[0]["test_clips"]
    accuracies = np.array([one["correct"] / test_clips for one in each])
    runs = Runs(np.array([one["train_clips"] for one in each]), accuracies, test_clips)
    fitted = fit_learning_curve(runs)
    (draft.folder / LEARNING_CURVE).write_bytes(canonical_json(fitted.to_dict()))
    draft.note = fitted.sentence
