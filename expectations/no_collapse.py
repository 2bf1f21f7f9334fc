"""Expectation: the model has not collapsed to one class."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

import pandas as pd

from expectations.table_expectation import Found, TableExpectation


class ExpectPredictionsNotToCollapse(TableExpectation):
    """Expect no label to be predicted so often that many clips of other labels must have got it.

    Where t of n clips have a label and it is predicted for p, at least p - t clips of other labels got it:
    a share of (p - t) / (n - t) of these. That is 1 where every clip gets the label, and 0 where it is
    predicted as often as it is true. `max_fraction` is the largest that is allowed.
    """

    max_fraction: float

    success_keys: ClassVar[tuple[str, ...]] = ("max_fraction",)

    def find(self, rows: pd.DataFrame) -> Found:
        """The labels that are predicted too often, and the share of the clips of others that got them."""
        known = rows.dropna(subset=["label", "predicted"])
        true, predicted = Counter(known["label"]), Counter(known["predicted"])
        unexpected = []
        for label in sorted(predicted):
            wrong, others = predicted[label] - true[label], len(known) - true[label]
            if wrong > self.max_fraction * others:
                unexpected.append({"label": label, "value": wrong / others})
        return Found(len(predicted), "predicted labels", unexpected)
