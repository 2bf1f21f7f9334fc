"""The label audit: which clips are probably labelled wrong, the most doubtful first.

Confident learning (Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset
Labels", JAIR 70, 2021) by its authors' library `cleanlab`, from out-of-fold predictions.

With 5 % of the labels of the real 8000 clips swapped, 97 to 98 % of the swaps are in the first tenth of the
ranking by log-mel features, 95 to 96 % by STFT; 77 to 83 % are suspects, and 79 to 88 % of the suspects are
swaps (`benchmarks/label_audit.py`).

Confident learning takes every confident contradiction of the classifier for a wrong label. Of a classifier
that is often wrong itself these say nothing, so that below some skill there are no suspects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.audit.out_of_fold import OutOfFold, predict_out_of_fold

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from soundcheck.config import AuditConfig, FeaturesConfig
    from soundcheck.features.index import Parts, ShardIndex


LEAST_SKILL = 0.65
"""Of the classifier, see `OutOfFold.skill`, for its suspects to be worth a look. With 5 % of
the labels of fewer and fewer clips swapped, at least half of the suspects were swaps in 27 of the 29 draws
above it (0.39 at worst), and in 3 of the 55 below (`benchmarks/label_audit.py`)."""


@dataclass(frozen=True)
class LabelAudit:
    """What confident learning makes of the labels.

    A suspect is not a proven mistake: what the classifier confidently takes for another word may be only hard
    for the classifier.

    Attributes:
        labels: the names of the classes, sorted.
        clips: one row a clip, in the order of the clips audited, with the columns
            `path`, `label`;
            `suggested_label`: the most probable one out of fold;
            `label_quality`: the out-of-fold probability of the label given, in [0, 1]; NaN for a clip that
            could not be judged, see `OutOfFold.is_judged`;
            `is_suspect`: among as many of the lowest qualities as confident learning counts mistakes;
            `rank`: from 1 for the most doubtful; clips that could not be judged are last.
        accuracy: of the out-of-fold predictions against the labels given.
        obstacle: why the labels cannot be judged, so that none is suspected; None where they can.
    """

    labels: tuple[str, ...]
    clips: pd.DataFrame
    accuracy: float
    obstacle: str | None

    @property
    def suspects(self) -> pd.DataFrame:
        """The rows of the suspects, the most doubtful first."""
        return self.clips.loc[self.clips["is_suspect"]].sort_values("rank")

    @property
    def confusions(self) -> NDArray[np.int64]:
        """(labels, labels): how many suspects have label `row` and the suggestion `column`."""
        names, suspects = np.array(self.labels), self.suspects[["label", "suggested_label"]]
        counts = np.zeros((len(names), len(names)), np.int64)
        np.add.at(counts, tuple(np.searchsorted(names, suspects.to_numpy(dtype=str)).T), 1)
        return counts

    @property
    def verdict(self) -> str:
        """How many are suspected, or why none can be."""
        if self.obstacle:
            return f"The labels cannot be judged, because {self.obstacle}."
        return f"{len(self.suspects)} of {len(self.clips)} labels are suspected to be wrong."

    def to_dict(self) -> dict[str, Any]:
        """All but `clips`, as JSON can hold it."""
        return {"labels": list(self.labels), "accuracy": self.accuracy, "obstacle": self.obstacle}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], clips: pd.DataFrame) -> LabelAudit:
        """What `to_dict` gave, with the table that belongs to it."""
        return cls(tuple(values["labels"]), clips, values["accuracy"], values["obstacle"])


def audit_labels(
    clips: pd.DataFrame, index: ShardIndex, parts: Parts, features: FeaturesConfig, audit: AuditConfig
) -> LabelAudit:
    """Predicts every clip out of fold, then ranks the labels.

    Args:
        clips: the usable rows of a manifest.
        index: where their features are.
        parts: where the shards are.
        features: what the features are.
        audit: the settings; the same seed gives the same audit on the same machine.

    Raises:
        ValueError: where the index does not hold a clip.
    """
    return rank_labels(clips, predict_out_of_fold(clips, index, parts, features, audit))


def rank_labels(clips: pd.DataFrame, predictions: OutOfFold, least_skill: float = LEAST_SKILL) -> LabelAudit:
    """Ranks labels by predictions that were made without them.

    Args:
        clips: with the columns `path` and `label`.
        predictions: of these clips, in their order.
        least_skill: of the predictions for suspects to be named.
    """
    judged = predictions.is_judged
    quality = np.full(len(clips), np.nan)
    quality[judged] = predictions.probabilities[judged, predictions.given[judged]]
    rank = np.empty(len(clips), np.int64)
    rank[np.argsort(quality, kind="stable")] = np.arange(1, len(clips) + 1)
    suggested = predictions.probabilities.argmax(axis=1)
    obstacle = _obstacle(predictions, least_skill)
    mistakes = 0 if obstacle else _mistakes(predictions)
    table = clips[["path", "label"]].assign(
        suggested_label=np.array(predictions.labels, dtype=object)[suggested],
        label_quality=quality,
        is_suspect=(rank <= mistakes) & (suggested != predictions.given),
        rank=rank,
    )
    return LabelAudit(predictions.labels, table.reset_index(drop=True), predictions.accuracy, obstacle)


def _obstacle(predictions: OutOfFold, least_skill: float) -> str | None:
    if not predictions.is_judged.any():
        return "fewer than two labels have clips of two different sounds"
    if predictions.skill < least_skill:
        return (
            f"a simple classifier gets {predictions.accuracy:.3f} of the clips right where chance is "
            f"{predictions.chance:.3f}, too little to contradict a label: there are too few clips, or too "
            "many labels are wrong"
        )
    return None


def _mistakes(predictions: OutOfFold) -> int:
    """How many labels confident learning contradicts."""
    from cleanlab.count import num_label_issues

    judged = predictions.is_judged
    return int(num_label_issues(predictions.given[judged], predictions.probabilities[judged]))
