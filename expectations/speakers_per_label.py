"""Expectation: every label is spoken by enough speakers."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd

from expectations.label_counts import fewer_than
from expectations.table_expectation import Found, TableExpectation


class ExpectLabelsToHaveSpeakers(TableExpectation):
    """Expect every value of `label` to come with at least `min_speakers` values of `speaker`.

    Rows that cannot be decoded do not count, nor do those whose speaker is "": nobody speaks there, or it is
    not known who does.
    """

    min_speakers: int

    success_keys: ClassVar[tuple[str, ...]] = ("min_speakers",)

    def find(self, rows: pd.DataFrame) -> Found:
        """The labels with fewer speakers, and how many they have."""
        spoken = rows.loc[rows["decodable"].astype(bool) & (rows["speaker"] != ""), ["label", "speaker"]]
        return fewer_than(self.min_speakers, spoken.drop_duplicates()["label"].value_counts().to_dict())
