"""Expectation: no label has many times as many clips as another."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd

from expectations.label_counts import fewer_than, readable_clips
from expectations.table_expectation import Found, TableExpectation


class ExpectLabelsToBeBalanced(TableExpectation):
    """Expect the most frequent `label` to have at most `max_ratio` times the rows of any other.

    Rows that cannot be decoded do not count.
    """

    max_ratio: float

    success_keys: ClassVar[tuple[str, ...]] = ("max_ratio",)

    def find(self, rows: pd.DataFrame) -> Found:
        """The labels that are too rare, and how many clips they have."""
        counts = readable_clips(rows)
        return fewer_than(max(counts.values(), default=0) / self.max_ratio, counts)
