"""Retrainings: the same training several times over, each kept by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from soundcheck.config import MAX_SEED
from tasks.retrain import retrain

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import TrainingConfig


def retrainings(
    ask: Callable[..., Artifact], fitting: Mapping[str, Any], plan: Sequence[tuple[int, int]]
) -> dict[str, Artifact]:
    """Their results, named as stages take them that summarise them.

    Args:
        ask: `Stages.run`, or `Stages.recall` where nothing shall be trained.
        fitting: What the training was given, see `Patient.fitting`.
        plan: Of each training the place of its clips among the nested subsets, and the number of its seed,
            counted from that of the training in question.
    """
    training: TrainingConfig = fitting["training"]
    trained: dict[str, Artifact] = {}
    for subset, number in tqdm(plan, desc="trainings", disable=None, leave=False):
        again = training.model_copy(update={"seed": (training.seed + number) % (MAX_SEED + 1)})
        inputs = {**fitting, "training": again}
        trained[f"subset_{subset}_seed_{again.seed}"] = ask(retrain, **inputs, subset=subset)
    return trained
