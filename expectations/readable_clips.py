"""Expectation: the clips can be read, all but a share of them."""

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

METRIC = "column_pair_values.b_is_true"


class ColumnPairValuesBIsTrue(ColumnPairMapMetricProvider):
    """Metric: the rows whose column B is true."""

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
        column_A: pd.Series,  # noqa: ARG002, N803  (Great Expectations' name)
        column_B: pd.Series,  # noqa: N803
        **_: object,
    ) -> pd.Series:
        return column_B.astype(bool)


class ExpectClipsToBeReadable(ColumnPairMapExpectation):
    """Expect column B, `decodable`, to be true in a share `mostly` of the rows.

    Column A is the `reason`, under which Data Docs then list the unreadable clips.
    """

    ignore_row_if: str = "neither"

    map_metric: ClassVar[str | None] = METRIC
    success_keys: ClassVar[tuple[str, ...]] = ("column_A", "column_B", "ignore_row_if", "mostly")
    args_keys: ClassVar[tuple[str, ...]] = ("column_A", "column_B")
