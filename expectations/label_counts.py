"""What the expectations on counts per label share."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from expectations.table_expectation import Found


def readable_clips(rows: pd.DataFrame) -> dict[str, int]:
    """How many rows whose `decodable` is true each `label` has; 0 for a label that has none."""
    counts = dict.fromkeys(rows["label"].dropna().tolist(), 0)
    return counts | rows.loc[rows["decodable"].astype(bool), "label"].value_counts().to_dict()


def fewer_than(least: float, counts: Mapping[str, int]) -> Found:
    """The labels whose count is too low."""
    low = [{"label": label, "value": count} for label, count in sorted(counts.items()) if count < least]
    return Found(len(counts), "labels", low)
