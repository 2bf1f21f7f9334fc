"""The label audit: which clips are probably labelled wrong, the most doubtful first.

Confident learning (Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset
Labels", JAIR 70, 2021) by its authors' library `cleanlab`, from out-of-fold predictions.

With 5 % of the labels of the real 8000 clips swapped, 96 to 98 % of the swaps are in the first tenth of the
ranking, and 77 to 84 % are suspects, among which 85 % or more are swaps (`benchmarks/label_audit.py`).
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
        joint: (labels, labels) int64, the estimated number of judged clips with label `row` that should have
            label `column`: cleanlab's calibrated confident joint.
        accuracy: of the out-of-fold predictions against the labels given.
    """

    labels: tuple[str, ...]
    clips: pd.DataFrame
    joint: NDArray[np.int64]
    accuracy: float

    @property
    def suspects(self) -> pd.DataFrame:
        """The rows of the suspects, the most doubtful first."""
        return self.clips.loc[self.clips["is_suspect"]].sort_values("rank")

    @property
    def mislabelled(self) -> int:
        """The estimated number of wrong labels: what is off the joint's diagonal."""
        return int(self.joint.sum() - np.trace(self.joint))

    def to_dict(self) -> dict[str, Any]:
        """All but `clips`, as JSON can hold it."""
        return {"labels": list(self.labels), "joint": self.joint.tolist(), "accuracy": self.accuracy}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], clips: pd.DataFrame) -> LabelAudit:
        """What `to_dict` gave, with the table that belongs to it."""
        joint = np.array(values["joint"], np.int64)
        return cls(tuple(values["labels"]), clips, joint, values["accuracy"])


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
        SoundcheckError: see `predict_out_of_fold`.
        ValueError: where the index does not hold a clip.
    """
    return rank_labels(clips, predict_out_of_fold(clips, index, parts, features, audit))


def rank_labels(clips: pd.DataFrame, predictions: OutOfFold) -> LabelAudit:
    """Ranks labels by predictions that were made without them.

    Args:
        clips: with the columns `path` and `label`.
        predictions: of these clips, in their order.
    """
    from cleanlab.count import compute_confident_joint, num_label_issues
    from cleanlab.rank import get_label_quality_scores

    judged = predictions.is_judged
    given, probabilities = predictions.given[judged], predictions.probabilities[judged]
    quality = np.full(len(clips), np.nan)
    quality[judged] = get_label_quality_scores(given, probabilities, method="self_confidence")
    rank = np.empty(len(clips), np.int64)
    rank[np.argsort(quality, kind="stable")] = np.arange(1, len(clips) + 1)
    suggested = predictions.probabilities.argmax(axis=1)
    mistakes = num_label_issues(given, probabilities)
    table = clips[["path", "label"]].assign(
        suggested_label=np.array(predictions.labels, dtype=object)[suggested],
        label_quality=quality,
        is_suspect=(rank <= mistakes) & (suggested != predictions.given),
        rank=rank,
    )
    joint = np.asarray(compute_confident_joint(given, probabilities), np.int64)
    return LabelAudit(predictions.labels, table.reset_index(drop=True), joint, predictions.accuracy)
