"""Expectation: what is the same in one column is the same in another (a clip has one label)."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnPairMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_pair_condition_partial import (
    column_pair_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_pair_map_metric_provider import (
    ColumnPairMapMetricProvider,
)

METRIC = "column_pair_values.a_determines_b"


class ColumnPairValuesADeterminesB(ColumnPairMapMetricProvider):
    """Metric: the rows whose value of A comes with one value of B only."""

    condition_metric_name = METRIC
    condition_domain_keys = (
        "batch_id",
        "table",
        "column_A",
        "column_B",
        "row_condition",
        "condition_parser",
        "ignore_row_if",
    )
    condition_value_keys = ()

    @column_pair_condition_partial(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805  (Great Expectations makes a class method of it)
        column_A: pd.Series,  # noqa: N803  (Great Expectations' name)
        column_B: pd.Series,  # noqa: N803
        **_: object,
    ) -> pd.Series:
        return column_B.groupby(column_A).transform("nunique").le(1)


class ExpectColumnAToDetermineColumnB(ColumnPairMapExpectation):
    """Expect each value of column A to come with one value of column B.

    With the clips' digests as A and their labels as B, it finds the same recording under two words.
    """

    ignore_row_if: str = "either_value_is_missing"

    map_metric: ClassVar[str | None] = METRIC
    success_keys: ClassVar[tuple[str, ...]] = ("column_A", "column_B", "ignore_row_if", "mostly")
    args_keys: ClassVar[tuple[str, ...]] = ("column_A", "column_B")
