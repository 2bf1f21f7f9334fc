"""Expectation: every label has enough clips that can be read."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd

from expectations.label_counts import fewer_than, readable_clips
from expectations.table_expectation import Found, TableExpectation


class ExpectLabelsToHaveReadableClips(TableExpectation):
    """Expect every value of `label` to stand in at least `min_clips` rows whose `decodable` is true."""

    min_clips: int

    success_keys: ClassVar[tuple[str, ...]] = ("min_clips",)

    def find(self, rows: pd.DataFrame) -> Found:
        """The labels with fewer clips, and how many they have."""
        return fewer_than(self.min_clips, readable_clips(rows))
