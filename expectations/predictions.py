"""What we expect of a model's predictions: the suite over them, joined to the clips they are of.

Whether a model is any good is not asked here: a model that has collapsed is reported, not stopped, so that
its report can be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from expectations.configurations import must, should
from expectations.great_expectations_import import import_great_expectations

if TYPE_CHECKING:
    import great_expectations as gx
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

NAME = "predictions"
PROBABILITY_PREFIX = "probability/"
"""How the columns of probabilities begin in a table of predictions."""


def predictions_by_clip(clips: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """The predictions beside the clips they are of, for `predictions_suite`.

    Args:
        clips: one row for each clip that should have a prediction, with `path` and `label`.
        predictions: one row a prediction, with `path`, `predicted` and `probability/<label>`.

    Returns:
        One row for each path of either table, more where it has several predictions, sorted by path:
        `path`; `label`, missing where it is none of the clips; `predicted`, missing where there is no
        prediction; of the probabilities `not_finite` (how many are not), and `probability_sum` and
        `lowest_probability`, NaN where one is not finite.
    """
    columns = [column for column in predictions.columns if column.startswith(PROBABILITY_PREFIX)]
    probabilities = predictions[columns].to_numpy(np.float64)
    finite = np.isfinite(probabilities)
    probabilities = np.where(finite.all(axis=1, keepdims=True), probabilities, np.nan)
    measured = predictions[["path", "predicted"]].assign(
        not_finite=np.count_nonzero(~finite, axis=1),
        probability_sum=probabilities.sum(axis=1),
        lowest_probability=probabilities.min(axis=1),
    )
    return clips[["path", "label"]].merge(measured, on="path", how="outer", sort=True)


def predictions_suite(
    *, labels: Sequence[str], max_probability_sum_error: float, max_collapse_fraction: float
) -> gx.ExpectationSuite:
    """The suite over what `predictions_by_clip` returns.

    Args:
        labels: those that the model tells apart.
        max_probability_sum_error: how far the probabilities of a clip may sum to something else than 1.
        max_collapse_fraction: share of the clips of other labels that may get one and the same label,
            counted as `ExpectPredictionsNotToCollapse` does.

    Returns:
        A suite of its own for each call, bound to no data context.
    """
    gx = import_great_expectations()
    return gx.ExpectationSuite(
        name=NAME,
        expectations=[
            *_each_clip_has_one(),
            *_probabilities_are_sound(max_probability_sum_error),
            *_labels_are_sound(labels, max_collapse_fraction),
        ],
    )


def _each_clip_has_one() -> list[ExpectationConfiguration]:
    return [
        must(
            "expect_column_values_to_not_be_null",
            "Every usable clip must have a prediction.",
            column="predicted",
        ),
        must("expect_column_values_to_be_unique", "A clip must not have two predictions.", column="path"),
        must(
            "expect_column_values_to_not_be_null",
            "Every prediction must be of a usable clip.",
            column="label",
        ),
    ]


def _probabilities_are_sound(max_sum_error: float) -> list[ExpectationConfiguration]:
    return [
        must(
            "expect_column_values_to_be_between",
            "Every probability must be finite: none of a clip's may be NaN or infinite.",
            column="not_finite",
            max_value=0,
        ),
        must(
            "expect_column_values_to_be_between",
            "Probabilities must not be negative.",
            column="lowest_probability",
            min_value=0,
        ),
        must(
            "expect_column_values_to_be_between",
            f"The probabilities of a clip must sum to 1, within {max_sum_error:g}.",
            setting="validation.predictions.max_probability_sum_error",
            column="probability_sum",
            min_value=1 - max_sum_error,
            max_value=1 + max_sum_error,
        ),
    ]


def _labels_are_sound(labels: Sequence[str], max_collapse_fraction: float) -> list[ExpectationConfiguration]:
    from expectations.no_collapse import ExpectPredictionsNotToCollapse

    return [
        must(
            "expect_column_values_to_be_in_set",
            "Every predicted label must be one of the model's.",
            column="predicted",
            value_set=list(labels),
        ),
        should(
            "expect_column_unique_value_count_to_be_between",
            "The model should predict at least two labels.",
            column="predicted",
            min_value=2,
        ),
        should(
            ExpectPredictionsNotToCollapse.expectation_type,
            "The model should not have collapsed to one label: of the clips of other labels, at most "
            f"{100 * max_collapse_fraction:g} % should get it.",
            setting="validation.predictions.max_collapse_fraction",
            max_fraction=max_collapse_fraction,
        ),
    ]
