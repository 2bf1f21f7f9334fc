"""Runs suites over data frames and writes what they found as Data Docs."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from expectations.configurations import SETTING
from expectations.great_expectations_import import import_great_expectations
from expectations.offline_pages import make_self_contained
from expectations.outcome import EXAMPLES_KEPT, Check, Outcome

if TYPE_CHECKING:
    import great_expectations as gx
    from great_expectations.checkpoint.checkpoint import CheckpointResult
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

COLUMN_KEYS = ("column", "column_A", "column_B")
CLIP, OTHER = "path", "name"
"""The columns by which an unexpected row is named: `name` where the frame is not of clips."""


def run_checkpoint(suite: gx.ExpectationSuite, frame: pd.DataFrame, name: str, folder: Path) -> Outcome:
    """Runs a Great Expectations checkpoint over a data frame: `run_checkpoints` with one suite."""
    return run_checkpoints([(suite, frame)], name, folder)


def run_checkpoints(
    suites: Sequence[tuple[gx.ExpectationSuite, pd.DataFrame]], name: str, folder: Path
) -> Outcome:
    """Runs a Great Expectations checkpoint for each of several suites, with one site of Data Docs.

    Everything but the Data Docs is kept in memory. Great Expectations' current project becomes the
    checkpoints' own.

    Args:
        suites: what is expected, of which data frame; suites are known by their names, and stay as they
            are. A frame has one row a clip, with the column `path` and those of the suite; or a row of
            anything else, with the column `name`.
        name: of the whole, in the outcome and the Data Docs.
        folder: where the Data Docs are written, a folder of their own; `index.html` is where to begin.
            They open without a network.

    Returns:
        What was found, the same for the same data.

    Raises:
        RuntimeError: for an expectation that could not be evaluated, because the frame lacks a column, say.
    """
    import_great_expectations()
    context = _context(name, folder)
    checks = tuple(check for suite, frame in suites for check in _run(context, suite, frame))
    make_self_contained(folder)
    success = all(check.success or check.severity != "critical" for check in checks)
    return Outcome(name, success, checks)


def _run(context: EphemeralDataContext, suite: gx.ExpectationSuite, frame: pd.DataFrame) -> list[Check]:
    checkpoint = _checkpoint(context, suite, row_name=CLIP if CLIP in frame else OTHER)
    # The index numbers the rows, whatever the caller's frame is indexed by.
    run = checkpoint.run(batch_parameters={"dataframe": frame.reset_index(drop=True)})
    return [_check(result) for result in _in_order_of_suite(checkpoint, run)]


def _context(name: str, folder: Path) -> EphemeralDataContext:
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    from expectations.escaped_pages import EscapedPageView

    view = {"module_name": EscapedPageView.__module__, "class_name": EscapedPageView.__name__}
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "site_section_builders": {"expectations": {"view": view}, "validations": {"view": view}},
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(folder.resolve()),
        },
    }
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        data_docs_sites={name: site},
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _checkpoint(context: EphemeralDataContext, suite: gx.ExpectationSuite, row_name: str) -> gx.Checkpoint:
    import great_expectations as gx
    from great_expectations.checkpoint.actions import UpdateDataDocsAction

    batch = (
        context.data_sources.add_pandas(suite.name)
        .add_dataframe_asset("table")
        .add_batch_definition_whole_dataframe("all rows")
    )
    # Adding a suite gives it an identity in the context: the caller's stays free of it.
    definition = gx.ValidationDefinition(
        name=suite.name, data=batch, suite=context.suites.add(copy.deepcopy(suite))
    )
    return context.checkpoints.add(
        gx.Checkpoint(
            name=suite.name,
            validation_definitions=[context.validation_definitions.add(definition)],
            actions=[UpdateDataDocsAction(name="data docs")],
            result_format={
                "result_format": "COMPLETE",
                "unexpected_index_column_names": [row_name],
                "return_unexpected_index_query": False,
            },
        )
    )


def _in_order_of_suite(checkpoint: gx.Checkpoint, run: CheckpointResult) -> list[ExpectationValidationResult]:
    """Great Expectations returns the results grouped by column."""
    expectations = checkpoint.validation_definitions[0].suite.expectations
    places = {expectation.id: place for place, expectation in enumerate(expectations)}
    results = [result for suite_result in run.run_results.values() for result in suite_result.results]
    return sorted(results, key=lambda result: places[_configuration(result).id])


def _configuration(result: ExpectationValidationResult) -> ExpectationConfiguration:
    if result.expectation_config is None:
        raise RuntimeError("Great Expectations returned a result without its expectation")
    return result.expectation_config


def _check(result: ExpectationValidationResult) -> Check:
    configuration = _configuration(result)
    columns = _columns(configuration.kwargs)
    expectation = f"{configuration.type}({', '.join(columns)})" if columns else configuration.type
    _require_evaluated(expectation, result.exception_info)
    success = bool(result.success)
    examples = _unexpected(result.result, columns[:1], success)
    return Check(
        expectation=expectation,
        severity=configuration.severity.value,
        success=success,
        description=configuration.description or "",
        unexpected_count=len(examples),
        element_count=_element_count(result.result),
        examples=tuple(examples[:EXAMPLES_KEPT]),
        failing_paths=tuple(example["path"] for example in examples if "path" in example),
        setting=configuration.meta.get(SETTING, ""),
    )


def _columns(settings: Mapping[str, Any]) -> list[str]:
    """The columns that an expectation looks at; the value of an unexpected row is that of the first."""
    return [settings[key] for key in COLUMN_KEYS if key in settings] + settings.get("column_list", [])


def _require_evaluated(expectation: str, exception_info: Mapping[str, Any]) -> None:
    """One expectation's information is flat, or stands under the metrics that failed."""
    flat = "raised_exception" in exception_info
    for information in [exception_info] if flat else exception_info.values():
        if information["raised_exception"]:
            raise RuntimeError(
                f"{expectation} could not be evaluated: {information['exception_message']}; "
                "does the data frame have the columns that it names?"
            )


def _element_count(result: Mapping[str, Any]) -> int:
    if "details" in result:
        return int(result["details"]["elements"])
    return int(result.get("element_count", 1))


def _unexpected(result: Mapping[str, Any], columns: Sequence[str], success: bool) -> list[dict[str, Any]]:
    """What is not as expected, also where `mostly` lets it pass.

    An expectation of ours on a table names it in the `details` of its result, as a list of `unexpected`
    among so many `elements`; else it is the table's value, or rows.
    """
    if "details" in result:
        return list(result["details"]["unexpected"])
    if "unexpected_index_list" not in result:
        return [] if success or "unexpected_count" in result else [{"value": result["observed_value"]}]
    return _rows(result["unexpected_index_list"], columns[0])


def _rows(entries: Sequence[Mapping[str, Any]], column: str) -> list[dict[str, Any]]:
    """The unexpected rows in the frame's order, but those of one value (duplicates) side by side."""
    rows = [_row(entry, column) for entry in entries]
    first_place: dict[Any, int] = {}
    for place, row in enumerate(rows):
        first_place.setdefault(row["value"], place)
    return sorted(rows, key=lambda row: first_place[row["value"]])


def _row(entry: Mapping[str, Any], column: str) -> dict[str, Any]:
    name = CLIP if CLIP in entry else OTHER
    return {name: _plain(entry[name]) or "", "value": _plain(entry[column])}


def _plain(value: Any) -> Any:
    """A Python value for JSON: numpy's scalars unwrapped, what is missing as None."""
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
