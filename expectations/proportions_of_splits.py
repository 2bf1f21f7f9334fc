"""Expectation: the splits are as large as they are meant to be."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

import pandas as pd

from expectations.configurations import ROUNDING
from expectations.table_expectation import Found, TableExpectation


class ExpectSplitsToHaveProportions(TableExpectation):
    """Expect each split's share of the rows with a `split` to be within `max_deviation` of its fraction."""

    fractions: dict[str, float]
    max_deviation: float

    success_keys: ClassVar[tuple[str, ...]] = ("fractions", "max_deviation")

    def find(self, rows: pd.DataFrame) -> Found:
        """The splits that are too small or too large, and their share."""
        clips = Counter(rows.loc[rows["split"] != "", "split"])
        found = {split: clips[split] / max(1, clips.total()) for split in self.fractions}
        return Found(
            len(found),
            "splits",
            [
                {"name": split, "value": share}
                for split, share in found.items()
                if abs(share - self.fractions[split]) > self.max_deviation + ROUNDING
            ],
        )
