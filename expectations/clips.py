"""What we expect of the clips: the suite over a manifest.

A description that says "must" belongs to a critical expectation, whose failure stops the flow; one
that says "should" to a warning, which is reported. Warnings look at readable clips only: of the others
nothing is known that could be judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from expectations.great_expectations_import import import_great_expectations

if TYPE_CHECKING:
    import great_expectations as gx
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.row_conditions import ComparisonCondition

NAME = "clips"
ROUNDING = 1e-12
"""Lets a share pass that lies exactly on its bound: 1 - 0.07 is not 0.93 in floating point."""


def clips_suite(
    *,
    max_bad_fraction: float,
    min_clips_per_label: int,
    min_duration_s: float,
    max_duration_s: float,
    min_rms: float,
    max_clipped_fraction: float,
    max_dc_offset: float,
    sample_rate_hz: int,
) -> gx.ExpectationSuite:
    """The suite over a manifest, one row a clip.

    Args:
        max_bad_fraction: share of clips that may be unreadable.
        min_clips_per_label: fewest readable clips under a label.
        min_duration_s: shortest clip, in seconds.
        max_duration_s: longest clip, in seconds.
        min_rms: root mean square below which a clip counts as silent; full scale is 1.
        max_clipped_fraction: largest share of samples at full scale.
        max_dc_offset: furthest that a clip's mean may be from zero; full scale is 1.
        sample_rate_hz: the rate that files should have, so that nothing need be resampled.

    Returns:
        A suite of its own for each call, bound to no data context.
    """
    gx = import_great_expectations()
    return gx.ExpectationSuite(
        name=NAME,
        expectations=[
            *_table_is_sound(),
            *_enough_can_be_read(max_bad_fraction, min_clips_per_label),
            *_levels_fit(min_rms, max_clipped_fraction, max_dc_offset),
            *_formats_agree(min_duration_s, max_duration_s, sample_rate_hz),
            *_no_clip_stands_twice(),
        ],
    )


def _table_is_sound() -> list[ExpectationConfiguration]:
    return [
        _must("expect_table_row_count_to_be_between", "There must be at least one clip.", min_value=1),
        _must("expect_column_values_to_not_be_null", "Every clip must have a path.", column="path"),
        _must("expect_column_values_to_be_unique", "No path must stand twice.", column="path"),
        _must("expect_column_values_to_not_be_null", "Every clip must have a label.", column="label"),
    ]


def _enough_can_be_read(max_bad_fraction: float, min_clips_per_label: int) -> list[ExpectationConfiguration]:
    from expectations.readable_clips import ExpectClipsToBeReadable
    from expectations.readable_clips_per_label import ExpectLabelsToHaveReadableClips

    return [
        _must(
            ExpectClipsToBeReadable.expectation_type,
            f"At least {100 * (1 - max_bad_fraction):g} % of the clips must be readable.",
            column_A="reason",
            column_B="decodable",
            mostly=max(0.0, 1 - max_bad_fraction - ROUNDING),
        ),
        _must(
            "expect_column_unique_value_count_to_be_between",
            "There must be at least two labels among the readable clips.",
            column="label",
            min_value=2,
            row_condition=_readable(),
        ),
        _must(
            ExpectLabelsToHaveReadableClips.expectation_type,
            f"Every label must have at least {min_clips_per_label} readable clips.",
            min_clips=min_clips_per_label,
        ),
    ]


def _levels_fit(
    min_rms: float, max_clipped_fraction: float, max_dc_offset: float
) -> list[ExpectationConfiguration]:
    return [
        _should(
            "expect_column_values_to_be_between",
            f"A clip should not be silent: its RMS should be at least {min_rms:g} of full scale.",
            column="rms",
            min_value=min_rms,
        ),
        _should(
            "expect_column_values_to_be_between",
            f"At most {100 * max_clipped_fraction:g} % of a clip's samples should be at full scale.",
            column="clipped_fraction",
            max_value=max_clipped_fraction,
        ),
        _should(
            "expect_column_values_to_be_between",
            f"A clip's mean should be within {max_dc_offset:g} of zero (full scale is 1).",
            column="dc_offset",
            min_value=-max_dc_offset,
            max_value=max_dc_offset,
        ),
    ]


def _formats_agree(
    min_duration_s: float, max_duration_s: float, sample_rate_hz: int
) -> list[ExpectationConfiguration]:
    return [
        _should(
            "expect_column_values_to_be_between",
            f"A clip should last {min_duration_s:g} to {max_duration_s:g} s.",
            column="duration_s",
            min_value=min_duration_s,
            max_value=max_duration_s,
        ),
        _should(
            "expect_column_values_to_be_in_set",
            f"A clip should be sampled at {sample_rate_hz} Hz; others are resampled.",
            column="sample_rate_hz",
            value_set=[sample_rate_hz],
        ),
        _should(
            "expect_column_values_to_be_in_set",
            "A clip should have one channel; others are mixed down.",
            column="channels",
            value_set=[1],
        ),
    ]


def _no_clip_stands_twice() -> list[ExpectationConfiguration]:
    from expectations.one_label_per_digest import ExpectColumnAToDetermineColumnB

    return [
        _should(
            "expect_column_values_to_be_unique",
            "No two files should be the same byte for byte.",
            column="clip_digest",
        ),
        _should(
            ExpectColumnAToDetermineColumnB.expectation_type,
            "No recording should stand under two labels.",
            column_A="clip_digest",
            column_B="label",
        ),
    ]


def _must(expectation_type: str, description: str, **settings: Any) -> ExpectationConfiguration:
    return _configuration("critical", expectation_type, description, settings)


def _should(expectation_type: str, description: str, **settings: Any) -> ExpectationConfiguration:
    return _configuration("warning", expectation_type, description, settings | {"row_condition": _readable()})


def _configuration(
    severity: str, expectation_type: str, description: str, settings: dict[str, Any]
) -> ExpectationConfiguration:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity

    return ExpectationConfiguration(
        type=expectation_type,
        kwargs=settings,
        description=description,
        severity=FailureSeverity(severity),
    )


def _readable() -> ComparisonCondition:
    from great_expectations.expectations.row_conditions import Column

    return Column("decodable") == True  # noqa: E712  (Column builds a condition from the comparison)
