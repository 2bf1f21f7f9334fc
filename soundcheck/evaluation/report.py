"""The figures of one model on all splits: what evaluate keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.data.manifest import SPLITS
from soundcheck.evaluation.gap import explain_gap
from soundcheck.evaluation.metrics import confusion_matrix, evaluate

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


def metrics_by_split(predictions: pd.DataFrame, labels: Sequence[str], confidence: float) -> dict[str, Any]:
    """All metrics of a predictions table.

    Args:
        predictions: As `soundcheck.evaluation.predictions.predictions_table` makes it.
        labels: Names of the classes, sorted; a name's place is its index.
        confidence: Level of the intervals.

    Returns:
        `metrics`: for each split the flat metrics of `soundcheck.evaluation.metrics.evaluate`;
        `confusion`: the test clips' counts, true label by row; `labels`; `gap`: see `explain_gap`.
    """
    splits = {name: predictions.loc[predictions["split"] == name] for name in SPLITS}
    correct = [rows["correct"].to_numpy(dtype=bool) for rows in splits.values()]
    true, predicted = _indices(splits["test"], labels)
    return {
        "metrics": {
            name: evaluate(*_indices(rows, labels), labels, confidence) for name, rows in splits.items()
        },
        "confusion": confusion_matrix(true, predicted, len(labels)).tolist(),
        "labels": list(labels),
        "gap": asdict(explain_gap(*correct, confidence=confidence)),
    }


def _indices(rows: pd.DataFrame, labels: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    true, predicted = (np.searchsorted(labels, rows[column]) for column in ("label", "predicted"))
    return true, predicted
