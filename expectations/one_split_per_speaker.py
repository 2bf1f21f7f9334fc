"""Expectation: no speaker is in two splits."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd

from expectations.table_expectation import Found, TableExpectation


class ExpectSpeakersToBeInOneSplit(TableExpectation):
    """Expect each value of `speaker` to come with one value of `split`; "" is none, in either column."""

    def find(self, rows: pd.DataFrame) -> Found:
        """The speakers that are in several splits, and how many of their clips are in each."""
        spoken = rows.loc[(rows["split"] != "") & (rows["speaker"] != "")]
        splits: defaultdict[str, list[str]] = defaultdict(list)
        for (speaker, split), clips in spoken.groupby(["speaker", "split"]).size().to_dict().items():
            splits[speaker].append(f"{clips} in {split}")
        shared = [
            {"name": speaker, "value": ", ".join(clips)}
            for speaker, clips in splits.items()
            if len(clips) > 1
        ]
        return Found(len(splits), "speakers", shared)
