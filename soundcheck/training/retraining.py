"""Training again: with another seed, or on a part of the training clips; all else stays."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.data.manifest import TEST, TRAIN, read_manifest, usable
from soundcheck.evaluation.learning_curve import SIZES, nested_subsets
from soundcheck.features.index import ShardIndex
from soundcheck.models import builder
from soundcheck.training.data import datasets_of
from soundcheck.training.fitting import fit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from soundcheck.config import ModelConfig, TrainingConfig
    from soundcheck.features.index import Parts

ALL_CLIPS = SIZES - 1
"""The last of the nested subsets."""


@dataclass(frozen=True)
class Retrained:
    """What became of one training.

    Attributes:
        seed: of the training.
        train_clips: how many clips it was trained on.
        test_clips: how many it was tested on.
        correct: how many of these it recognises, by the weights of the epoch that validation prefers.
    """

    seed: int
    train_clips: int
    test_clips: int
    correct: int

    @property
    def accuracy(self) -> float:
        """On the test clips."""
        return self.correct / self.test_clips

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Retrained:
        """What `to_dict` gave."""
        return cls(**values)


def retrain(
    manifest_file: Path,
    index_file: Path,
    parts: Parts,
    model: ModelConfig,
    training: TrainingConfig,
    subset: int = ALL_CLIPS,
) -> Retrained:
    """Trains on one of the nested subsets of the training clips; validation and test clips stay.

    Which clips are in a subset depends on the seed too, so that what the choice of them changes is seen with
    what else seeds change; one seed's subsets hold each other. A smaller subset is read more often in each
    epoch, so that all trainings have about as many steps: what fewer clips cost is then not mixed up with
    what fewer steps cost.

    Args:
        manifest_file: Manifest of the clips.
        index_file: Index of their features.
        parts: Where the shards are.
        model: The architecture.
        training: As in the training that is repeated, but for its seed.
        subset: Place among the `SIZES` subsets of `nested_subsets`, the last of which has all clips.

    Raises:
        SoundcheckError: the clips are too few for so many subsets.
        TrainingDivergedError: the loss is not finite.
    """
    import pandas as pd

    clips = usable(read_manifest(manifest_file))
    is_training = clips["split"] == TRAIN
    whole, others = clips.loc[is_training], clips.loc[~is_training]
    chosen = whole if subset == ALL_CLIPS else _subset(whole, subset, training.seed)
    read = [chosen] * round(len(whole) / len(chosen))
    data = datasets_of(pd.concat([*read, others]), ShardIndex.load(index_file), parts, training)
    fitted = fit(builder(model.name), data, model, training)
    test_clips = int((others["split"] == TEST).sum())
    accuracy = float(fitted.history["test_accuracy"].iloc[fitted.best_epoch - 1])
    return Retrained(training.seed, len(chosen), test_clips, round(accuracy * test_clips))


def _subset(clips: pd.DataFrame, subset: int, seed: int) -> pd.DataFrame:
    classes = np.unique(clips["label"].to_numpy(str), return_inverse=True)[1]
    return clips.iloc[nested_subsets(clips, classes, seed=seed)[subset]]
