"""Expectation: a near duplicate of a clip is in the clip's own split."""

from __future__ import annotations

from typing import ClassVar, Literal

import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import (
    MulticolumnMapMetricProvider,
)

METRIC = "multicolumn_values.same_split_as_original"
COLUMNS = ("near_duplicate_of", "path", "split")


class MulticolumnValuesSameSplitAsOriginal(MulticolumnMapMetricProvider):
    """Metric: the rows whose split is that of the row whose path they name; those that name none, too."""

    condition_metric_name = METRIC
    condition_domain_keys = (
        "batch_id",
        "table",
        "column_list",
        "row_condition",
        "condition_parser",
        "ignore_row_if",
    )
    condition_value_keys = ()

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805  (Great Expectations makes a class method of it)
        column_list: pd.DataFrame,
        **_: object,
    ) -> pd.Series:
        original, path, split = (column_list[column] for column in COLUMNS)
        splits = dict(zip(path, split, strict=True))
        wanted = pd.Series([splits.get(name) for name in original], index=original.index, dtype=object)
        return wanted.isna() | (wanted == split)


class ExpectNearDuplicatesToBeInOneSplit(MulticolumnMapExpectation):
    """Expect a row that names another's path in `near_duplicate_of` to have that row's `split`.

    The columns are given as `column_list`, in the order of `COLUMNS`.
    """

    ignore_row_if: Literal["all_values_are_missing", "any_value_is_missing", "never"] = "never"

    map_metric: ClassVar[str | None] = METRIC
    success_keys: ClassVar[tuple[str, ...]] = ("column_list", "ignore_row_if", "mostly")
    args_keys: ClassVar[tuple[str, ...]] = ("column_list",)
