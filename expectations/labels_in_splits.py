"""Expectation: every label has clips in every split."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd

from expectations.table_expectation import Found, TableExpectation


class ExpectLabelsToBeInSplits(TableExpectation):
    """Expect every value of `label` that has a `split` to stand in each of `splits`."""

    splits: list[str]

    success_keys: ClassVar[tuple[str, ...]] = ("splits",)

    def find(self, rows: pd.DataFrame) -> Found:
        """The labels that a split lacks, and which split."""
        divided = rows.loc[rows["split"] != ""]
        held = {split: set(divided.loc[divided["split"] == split, "label"]) for split in self.splits}
        labels = sorted(divided["label"].dropna().unique())
        lacking = {label: [split for split in self.splits if label not in held[split]] for label in labels}
        return Found(
            len(labels),
            "labels",
            [
                {"label": label, "value": f"no clip in {' or '.join(splits)}"}
                for label, splits in lacking.items()
                if splits
            ],
        )
