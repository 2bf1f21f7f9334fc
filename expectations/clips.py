"""What we expect of the clips: the suite over a manifest.

A description that says "must" belongs to a critical expectation, whose failure stops the flow; one that
says "should" to a warning, which is reported. What stops the flow is what makes training impossible or its
result meaningless; single poor clips are reported, since some of them are in any recorded data.

What is judged of a clip is judged where it can be: of readable clips only, of speech only where somebody
should speak, and not once more of a clip that is reported as silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from expectations.conditions import FILL_LABELS, like_others, of_fills, of_words, readable, spoken
from expectations.configurations import all_but, must, should
from expectations.great_expectations_import import import_great_expectations

if TYPE_CHECKING:
    import great_expectations as gx
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.row_conditions import Condition

NAME = "clips"
HEADER_AND_DATA_DISAGREE = "^(?:truncated|damaged)"
"""How the `reason` of a file begins that is of a known kind, but does not hold what its header says."""

BETWEEN = "expect_column_values_to_be_between"
IN_SET = "expect_column_values_to_be_in_set"


def clips_suite(limits: Mapping[str, Any], sample_rate_hz: int) -> gx.ExpectationSuite:
    """The suite over a manifest, one row a clip.

    Beside the columns of the manifest it looks at `near_duplicate_group`: the same for clips that are almost
    the same, "" for a clip that is like no other.

    Args:
        limits: by the names of the configuration's section `validation`, where each is described.
        sample_rate_hz: the rate that files should have, so that nothing need be resampled.

    Returns:
        A suite of its own for each call, bound to no data context.
    """
    gx = import_great_expectations()
    return gx.ExpectationSuite(
        name=NAME,
        expectations=[
            *_table_is_sound(),
            *_clips_can_be_read(limits),
            *_labels_are_those_expected(limits),
            *_labels_have_enough(limits),
            *_levels_fit(limits),
            *_samples_are_sound(limits),
            *_speech_is_whole(limits),
            *_lengths_fit(limits),
            *_formats_agree(limits, sample_rate_hz),
            *_no_clip_stands_twice(),
        ],
    )


def _table_is_sound() -> list[ExpectationConfiguration]:
    return [
        must("expect_table_row_count_to_be_between", "There must be at least one clip.", min_value=1),
        must("expect_column_values_to_not_be_null", "Every clip must have a path.", column="path"),
        must("expect_column_values_to_be_unique", "No path must stand twice.", column="path"),
        must("expect_column_values_to_not_be_null", "Every clip must have a label.", column="label"),
    ]


def _clips_can_be_read(limits: Mapping[str, Any]) -> list[ExpectationConfiguration]:
    from expectations.readable_clips import ExpectClipsToBeReadable

    bad_fraction = limits["max_bad_fraction"]
    return [
        must(
            ExpectClipsToBeReadable.expectation_type,
            f"At least {100 * (1 - bad_fraction):g} % of the clips must be readable.",
            setting="validation.max_bad_fraction",
            column_A="reason",
            column_B="decodable",
            mostly=all_but(bad_fraction),
        ),
        should(
            "expect_column_values_to_not_match_regex",
            "A file should hold what its header says: all of it, undamaged.",
            column="reason",
            regex=HEADER_AND_DATA_DISAGREE,
        ),
    ]


def _labels_are_those_expected(limits: Mapping[str, Any]) -> list[ExpectationConfiguration]:
    at_least_two = must(
        "expect_column_unique_value_count_to_be_between",
        "There must be at least two labels among the readable clips.",
        column="label",
        min_value=2,
        row_condition=readable(),
    )
    labels = list(limits["expected_labels"])
    if not labels:
        return [at_least_two]
    listed = ", ".join(labels)
    return [
        at_least_two,
        must(
            IN_SET,
            f"A clip's label must be one of {listed}.",
            setting="validation.expected_labels",
            column="label",
            value_set=labels,
        ),
        must(
            "expect_column_distinct_values_to_contain_set",
            f"Each of the labels {listed} must have a readable clip.",
            setting="validation.expected_labels",
            column="label",
            value_set=labels,
            row_condition=readable(),
        ),
    ]


def _labels_have_enough(limits: Mapping[str, Any]) -> list[ExpectationConfiguration]:
    from expectations.balanced_labels import ExpectLabelsToBeBalanced
    from expectations.readable_clips_per_label import ExpectLabelsToHaveReadableClips
    from expectations.speakers_per_label import ExpectLabelsToHaveSpeakers

    clips, speakers, ratio = (
        limits[name] for name in ("min_clips_per_label", "min_speakers_per_label", "max_label_ratio")
    )
    return [
        must(
            ExpectLabelsToHaveReadableClips.expectation_type,
            f"Every word must have at least {clips} readable clips.",
            setting="validation.min_clips_per_label",
            min_clips=clips,
            row_condition=of_words(),
        ),
        should(
            ExpectLabelsToHaveReadableClips.expectation_type,
            f"{' and '.join(FILL_LABELS)}, where there are any, should have at least {clips} readable clips.",
            setting="validation.min_clips_per_label",
            min_clips=clips,
            row_condition=of_fills(),
        ),
        should(
            ExpectLabelsToHaveSpeakers.expectation_type,
            f"Every label should be spoken by at least {speakers} speakers.",
            setting="validation.min_speakers_per_label",
            min_speakers=speakers,
            row_condition=spoken(),
        ),
        should(
            ExpectLabelsToBeBalanced.expectation_type,
            f"No label should have more than {ratio:g} times the clips of another.",
            setting="validation.max_label_ratio",
            max_ratio=ratio,
        ),
    ]


def _levels_fit(limits: Mapping[str, Any]) -> list[ExpectationConfiguration]:
    rms, peak, offset = limits["min_rms"], limits["min_peak"], limits["max_dc_offset"]
    return [
        should(
            BETWEEN,
            f"A clip should not be silent: its RMS should be at least {rms:g} of full scale.",
            setting="validation.min_rms",
            column="rms",
            min_value=rms,
            row_condition=_spoken(),
        ),
        should(
            BETWEEN,
            f"A clip should not be faint: its peak should be at least {peak:g} of full scale.",
            setting="validation.min_peak",
            column="peak",
            min_value=peak,
            row_condition=_audible(limits),
        ),
        should(
            BETWEEN,
            f"A clip's mean should be within {offset:g} of zero (full scale is 1).",
            setting="validation.max_dc_offset",
            column="dc_offset",
            min_value=-offset,
            max_value=offset,
            row_condition=readable(),
        ),
    ]


def _samples_are_sound(limits: Mapping[str, Any]) -> list[ExpectationConfiguration]:
    clipped, flat, constant_ms = (
        limits[name] for name in ("max_clipped_fraction", "max_flat_top_fraction", "max_constant_ms")
    )
    return [
        should(
            BETWEEN,
            f"At most {100 * clipped:g} % of a clip's samples should be at full scale.",
            setting="validation.max_clipped_fraction",
            column="clipped_fraction",
            max_value=clipped,
            row_condition=readable(),
        ),
        should(
            BETWEEN,
            f"At most {100 * flat:g} % of a clip's samples should stand in a row at a peak below full scale, "
            "as after clipping.",
            setting="validation.max_flat_top_fraction",
            column="flat_top_fraction",
            max_value=flat,
            row_condition=_audible(limits),
        ),
        should(
            BETWEEN,
            f"The sound should not break off into a constant for more than {constant_ms:g} ms.",
            setting="validation.max_constant_ms",
            column="longest_constant_ms",
            max_value=constant_ms,
            row_condition=_audible(limits),
        ),
    ]


def _speech_is_whole(limits: Mapping[str, Any]) -> list[ExpectationConfiguration]:
    from great_expectations.expectations.row_conditions import Column

    contrast_db, edge_db = limits["min_speech_contrast_db"], limits["max_edge_level_db"]
    return [
        should(
            BETWEEN,
            f"Somebody should speak: the loud parts should be {contrast_db:g} dB above the quiet ones.",
            setting="validation.min_speech_contrast_db",
            column="speech_contrast_db",
            min_value=contrast_db,
            row_condition=_audible(limits),
        ),
        should(
            BETWEEN,
            f"A word should not be cut off: a clip should begin and end {-edge_db:g} dB below its loudest "
            "part.",
            setting="validation.max_edge_level_db",
            column="edge_level_db",
            max_value=edge_db,
            row_condition=_audible(limits) & (Column("speech_contrast_db") >= contrast_db),
        ),
    ]


def _lengths_fit(limits: Mapping[str, Any]) -> list[ExpectationConfiguration]:
    shortest_s, longest_s, full_s = (
        limits[name] for name in ("min_duration_s", "max_duration_s", "full_duration_s")
    )
    return [
        should(
            BETWEEN,
            f"A recording should last at least {shortest_s:g} s.",
            setting="validation.min_duration_s",
            column="file_duration_s",
            min_value=shortest_s,
            row_condition=_spoken(),
        ),
        should(
            BETWEEN,
            f"A recording should last at most {longest_s:g} s.",
            setting="validation.max_duration_s",
            column="file_duration_s",
            max_value=longest_s,
            row_condition=_spoken(),
        ),
        should(
            BETWEEN,
            f"A clip should last {full_s:g} s; shorter ones are padded with zeros.",
            setting="validation.full_duration_s",
            column="duration_s",
            min_value=full_s,
            row_condition=readable(),
        ),
    ]


def _formats_agree(limits: Mapping[str, Any], sample_rate_hz: int) -> list[ExpectationConfiguration]:
    from great_expectations.expectations.row_conditions import Column

    bits, bandwidth_hz = limits["min_bits"], limits["min_bandwidth_fraction"] * sample_rate_hz / 2
    return [
        should(
            IN_SET,
            f"A clip should be sampled at {sample_rate_hz} Hz; others are resampled.",
            column="sample_rate_hz",
            value_set=[sample_rate_hz],
            row_condition=readable(),
        ),
        should(
            IN_SET,
            "A clip should have one channel; others are mixed down.",
            column="channels",
            value_set=[1],
            row_condition=readable(),
        ),
        should(
            BETWEEN,
            f"A sample should have at least {bits} bits, where the format has a number of them.",
            setting="validation.min_bits",
            column="bits",
            min_value=bits,
            row_condition=readable() & (Column("bits") > 0),
        ),
        should(
            BETWEEN,
            f"A clip should not have been recorded at a lower rate: its spectrum should reach "
            f"{bandwidth_hz:g} Hz, or fade and not break off.",
            setting="validation.min_bandwidth_fraction",
            column="bandwidth_hz",
            min_value=bandwidth_hz,
            row_condition=_audible(limits) & (Column("sample_rate_hz") >= sample_rate_hz),
        ),
    ]


def _no_clip_stands_twice() -> list[ExpectationConfiguration]:
    from expectations.one_label_per_digest import ExpectColumnAToDetermineColumnB

    return [
        should(
            "expect_column_values_to_be_unique",
            "No two files should be the same byte for byte.",
            column="clip_digest",
            row_condition=readable(),
        ),
        should(
            ExpectColumnAToDetermineColumnB.expectation_type,
            "No recording should stand under two labels.",
            column_A="clip_digest",
            column_B="label",
            row_condition=readable(),
        ),
        should(
            IN_SET,
            "No two clips should be almost the same: one with noise, or quieter, or in another format.",
            setting="validation.min_near_duplicate_similarity",
            column="near_duplicate_group",
            value_set=[""],
            row_condition=readable(),
        ),
        should(
            ExpectColumnAToDetermineColumnB.expectation_type,
            "Clips that are almost the same should have one label.",
            setting="validation.min_near_duplicate_similarity",
            column_A="near_duplicate_group",
            column_B="label",
            row_condition=readable() & like_others(),
        ),
    ]


def _spoken() -> Condition:
    return readable() & spoken()


def _audible(limits: Mapping[str, Any]) -> Condition:
    from great_expectations.expectations.row_conditions import Column

    return _spoken() & (Column("rms") >= limits["min_rms"])
