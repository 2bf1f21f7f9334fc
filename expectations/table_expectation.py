"""What our expectations on a whole table share: they look at its rows and name what is not as expected."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.expectations.row_conditions import RowConditionType

from expectations.outcome import value_in_words

METRIC = "table.rows"
LISTED = 10


@dataclass(frozen=True)
class Found:
    """What an expectation found in a table.

    Attributes:
        elements: how many things it looked at.
        kind: what they are, in the plural.
        unexpected: those that are not as expected: a `path`, `label` or `name`, and its `value`.
    """

    elements: int
    kind: str
    unexpected: list[dict[str, Any]]

    def in_words(self) -> str:
        """How many, and the first ten of them."""
        if not self.unexpected:
            return f"all {self.elements} {self.kind} as expected"
        listed = [": ".join(map(value_in_words, entry.values())) for entry in self.unexpected[:LISTED]]
        more = [f"{len(self.unexpected) - LISTED} more"] if len(self.unexpected) > LISTED else []
        return f"{len(self.unexpected)} of {self.elements} {self.kind}: {'; '.join(listed + more)}"


class TableRows(TableMetricProvider):
    """Metric: the table itself, or the rows of it that a condition leaves."""

    metric_name = METRIC

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805  (Great Expectations makes a class method of it)
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        **_: Any,
    ) -> pd.DataFrame:
        rows, _compute, _accessor = execution_engine.get_compute_domain(
            metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
        )
        return rows


class TableExpectation(BatchExpectation, ABC):
    """Expects nothing to be found, in the rows that `row_condition` leaves, that is not as expected."""

    row_condition: RowConditionType = None

    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id", "row_condition")
    metric_dependencies: ClassVar[tuple[str, ...]] = (METRIC,)

    @abstractmethod
    def find(self, rows: pd.DataFrame) -> Found:
        """What was looked at, and what of it is not as expected, in an order that rows do not change."""

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002
        execution_engine: ExecutionEngine[Any] | None = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        found = self.find(metrics[METRIC])
        return {
            "success": not found.unexpected,
            "result": {
                "observed_value": found.in_words(),
                "details": {"elements": found.elements, "unexpected": found.unexpected},
            },
        }
