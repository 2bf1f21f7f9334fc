"""Expectation: every label has enough clips that can be read."""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

METRIC = "table.readable_clips_per_label"


class ReadableClipsPerLabel(TableMetricProvider):
    """Metric: how many decodable clips each label has; labels without one count as zero."""

    metric_name = METRIC

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805  (Great Expectations makes a class method of it)
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        **_: Any,
    ) -> dict[str, int]:
        frame, _compute, _accessor = execution_engine.get_compute_domain(
            metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
        )
        readable = frame.loc[frame["decodable"].astype(bool), "label"].value_counts().to_dict()
        return {str(label): int(readable.get(label, 0)) for label in frame["label"].dropna().unique()}


class ExpectLabelsToHaveReadableClips(BatchExpectation):
    """Expect every value of `label` to stand in at least `min_clips` rows whose `decodable` is true.

    The result's details list the labels with fewer; its observed value says it in words.
    """

    min_clips: int

    metric_dependencies: ClassVar[tuple[str, ...]] = (METRIC,)
    success_keys: ClassVar[tuple[str, ...]] = ("min_clips",)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002
        execution_engine: ExecutionEngine[Any] | None = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        counts: dict[str, int] = metrics[METRIC]
        short = {label: count for label, count in sorted(counts.items()) if count < self.min_clips}
        return {
            "success": not short,
            "result": {
                "observed_value": self._in_words(counts, short),
                "details": {
                    "labels": len(counts),
                    "short": [{"label": label, "value": count} for label, count in short.items()],
                },
            },
        }

    def _in_words(self, counts: dict[str, int], short: dict[str, int]) -> str:
        if not counts:
            return "no labels"
        if not short:
            return f"the smallest of {len(counts)} labels has {min(counts.values())} readable clips"
        listed = ", ".join(f"{label}: {count}" for label, count in short.items())
        return f"{len(short)} of {len(counts)} labels have fewer than {self.min_clips} ({listed})"
