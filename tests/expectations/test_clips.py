"""The suite over clips: each defect of a manifest, and real clips with and without them."""

from pathlib import Path

import pandas as pd
import pytest
from clip_manifests import LIMITS, manifest, with_unreadable, with_values

from expectations.checkpoint import run_checkpoint
from expectations.clips import clips_suite
from expectations.outcome import Outcome
from soundcheck.config import DataConfig, ValidationConfig
from soundcheck.data.listing import list_clips
from soundcheck.data.near_duplicates import mark_near_duplicates
from soundcheck.data.sources import Source


def run(frame: pd.DataFrame, folder: Path, **limits: object) -> Outcome:
    return run_checkpoint(clips_suite(LIMITS | limits, 16000), frame, "clips", folder / "docs")


def failed(outcome: Outcome) -> dict[str, str]:
    return {check.expectation: check.severity for check in outcome.checks if not check.success}


def between(column: str) -> str:
    return f"expect_column_values_to_be_between({column})"


def test_sound_clips_pass_everything(tmp_path):
    outcome = run(manifest(), tmp_path)

    assert outcome.success
    assert failed(outcome) == {}
    assert outcome.message() == ""
    assert outcome.summary() == "30 of 30 expectations hold, 0 critical, 0 warnings"
    assert [check.unexpected_count for check in outcome.checks] == [0] * len(outcome.checks)


DEFECTS = {
    "empty": (
        manifest().iloc[:0],
        {
            "expect_table_row_count_to_be_between": "critical",
            "expect_column_unique_value_count_to_be_between(label)": "critical",
        },
    ),
    "one label": (
        manifest(("no",)),
        {"expect_column_unique_value_count_to_be_between(label)": "critical"},
    ),
    "without a path, without a label, a path twice, unreadable, few clips, few readable clips": (
        pd.concat(
            [
                with_unreadable(1, manifest(("off",), 5)),
                with_unreadable(2, manifest(("no",))),
                with_values("path", None, "no/a.wav", "no/a.wav").assign(
                    label=lambda rows: rows["label"].where(rows.index != 3)
                )[:20],
                manifest(("up",), 4),
            ]
        ).assign(clip_digest=lambda rows: [str(number) for number in range(len(rows))]),
        {
            "expect_column_values_to_not_be_null(path)": "critical",
            "expect_column_values_to_be_unique(path)": "critical",
            "expect_column_values_to_not_be_null(label)": "critical",
            "expect_clips_to_be_readable(reason, decodable)": "critical",
            "expect_labels_to_have_readable_clips": "critical",
            "expect_labels_to_have_speakers": "warning",
            "expect_labels_to_be_balanced": "warning",
        },
    ),
}


@pytest.mark.parametrize(("frame", "expected"), DEFECTS.values(), ids=DEFECTS.keys())
def test_each_grave_defect_fails_its_expectation_and_no_other(frame, expected, tmp_path):
    outcome = run(frame, tmp_path)

    assert failed(outcome) == expected
    assert not outcome.success


POOR = {
    "silent": ({"rms": 0.0002}, [between("rms")]),
    "silent, whatever else is measured": (
        {"rms": 0.0, "peak": 0.0, "edge_level_db": 0.0, "speech_contrast_db": 0.0, "flat_top_fraction": 1.0},
        [between("rms")],
    ),
    "faint": ({"peak": 0.004}, [between("peak")]),
    "offset up": ({"dc_offset": 0.03}, [between("dc_offset")]),
    "offset down": ({"dc_offset": -0.03}, [between("dc_offset")]),
    "clipped": ({"clipped_fraction": 0.02}, [between("clipped_fraction")]),
    "clipped, then quieter": ({"flat_top_fraction": 0.01}, [between("flat_top_fraction")]),
    "stuck": ({"longest_constant_ms": 20.0}, [between("longest_constant_ms")]),
    "without speech": ({"speech_contrast_db": 3.0}, [between("speech_contrast_db")]),
    "without speech, hence not cut off": (
        {"speech_contrast_db": 3.0, "edge_level_db": 0.0},
        [between("speech_contrast_db")],
    ),
    "cut off": ({"edge_level_db": -2.0}, [between("edge_level_db")]),
    "short recording": ({"file_duration_s": 0.4}, [between("file_duration_s")]),
    "long recording": ({"file_duration_s": 1.6}, [between("file_duration_s")]),
    "padded": ({"duration_s": 0.8}, [between("duration_s")]),
    "another rate": ({"sample_rate_hz": 44100}, ["expect_column_values_to_be_in_set(sample_rate_hz)"]),
    "stereo": ({"channels": 2}, ["expect_column_values_to_be_in_set(channels)"]),
    "8 bits": ({"bits": 8}, [between("bits")]),
    "recorded at a lower rate": ({"bandwidth_hz": 4000.0}, [between("bandwidth_hz")]),
    "a lower rate, which explains the bandwidth": (
        {"sample_rate_hz": 8000, "bandwidth_hz": 3000.0},
        ["expect_column_values_to_be_in_set(sample_rate_hz)"],
    ),
    "one of two that are the same": (
        {"clip_digest": "same"},
        ["expect_column_values_to_be_unique(clip_digest)"],
    ),
    "the other of the two": ({"clip_digest": "same"}, ["expect_column_values_to_be_unique(clip_digest)"]),
    "one of two that are almost the same": (
        {"near_duplicate_group": "one label"},
        ["expect_column_values_to_be_in_set(near_duplicate_group)"],
    ),
    "the other of these": (
        {"near_duplicate_group": "one label"},
        ["expect_column_values_to_be_in_set(near_duplicate_group)"],
    ),
    "one of two that are almost the same under two labels": (
        {"near_duplicate_group": "two labels"},
        [
            "expect_column_values_to_be_in_set(near_duplicate_group)",
            "expect_column_a_to_determine_column_b(near_duplicate_group, label)",
        ],
    ),
    "the other of those": (
        {"near_duplicate_group": "two labels", "label": "yes"},
        [
            "expect_column_values_to_be_in_set(near_duplicate_group)",
            "expect_column_a_to_determine_column_b(near_duplicate_group, label)",
        ],
    ),
    "truncated": (
        {"decodable": False, "reason": "truncated: the file ends within its format"},
        [
            "expect_clips_to_be_readable(reason, decodable)",
            "expect_column_values_to_not_match_regex(reason)",
        ],
    ),
    "damaged": (
        {"decodable": False, "reason": "damaged: some samples are not finite numbers"},
        [
            "expect_clips_to_be_readable(reason, decodable)",
            "expect_column_values_to_not_match_regex(reason)",
        ],
    ),
    "one of two that are the same under two labels": (
        {"clip_digest": "under two"},
        [
            "expect_column_values_to_be_unique(clip_digest)",
            "expect_column_a_to_determine_column_b(clip_digest, label)",
        ],
    ),
    "the other of them": (
        {"clip_digest": "under two", "label": "yes"},
        [
            "expect_column_values_to_be_unique(clip_digest)",
            "expect_column_a_to_determine_column_b(clip_digest, label)",
        ],
    ),
    "one empty file": (
        {"decodable": False, "reason": "empty file", "clip_digest": "empty"},
        ["expect_clips_to_be_readable(reason, decodable)"],
    ),
    "another empty file, which is no duplicate": (
        {"decodable": False, "reason": "empty file", "clip_digest": "empty"},
        ["expect_clips_to_be_readable(reason, decodable)"],
    ),
    "no audio, hence not measured": (
        {"decodable": False, "reason": "not audio", "rms": float("nan"), "channels": 0, "bits": 0},
        ["expect_clips_to_be_readable(reason, decodable)"],
    ),
    "a codec without bits a sample": ({"bits": 0}, []),
    "too short to be measured": ({"edge_level_db": float("nan"), "bandwidth_hz": float("nan")}, []),
    "on the lower bounds": (
        {"file_duration_s": 0.5, "rms": 0.0003, "peak": 0.005, "dc_offset": -0.02, "bandwidth_hz": 4800.0},
        [],
    ),
    "on the upper bounds": (
        {"file_duration_s": 1.5, "clipped_fraction": 0.01, "edge_level_db": -6.0, "longest_constant_ms": 5.0},
        [],
    ),
    "background noise": (
        {"label": "_silence_", "speaker": "", "rms": 0.0, "edge_level_db": 0.0, "file_duration_s": 60.0},
        [],
    ),
}


@pytest.fixture(scope="module")
def alarms(tmp_path_factory):
    """What each of the poor clips raises, all of them checked at once."""
    frame = manifest(("no",), len(POOR))
    for row, (values, _) in enumerate(POOR.values()):
        frame.loc[row, list(values)] = list(values.values())
    frame = pd.concat([frame, manifest(("yes",))], ignore_index=True)
    outcome = run(frame, tmp_path_factory.mktemp("poor"), max_bad_fraction=0.5, min_clips_per_label=1)
    assert outcome.success
    raised = {path: [] for path in frame["path"]}
    for check in outcome.checks:
        for path in check.failing_paths:
            raised[path].append(check.expectation)
    return raised


@pytest.mark.parametrize("row", range(len(POOR)), ids=POOR.keys())
def test_a_poor_clip_is_reported_by_its_expectation_and_no_other(row, alarms):
    _, expected = list(POOR.values())[row]

    assert alarms[f"no/{row:03}.wav"] == expected


@pytest.mark.parametrize(("unreadable", "success"), [(14, True), (15, False)])
def test_as_many_clips_may_be_unreadable_as_the_limit_says(unreadable, success, tmp_path):
    suite = clips_suite(LIMITS | {"max_bad_fraction": 0.35}, 16000)
    suite.expectations = [each for each in suite.expectations if "readable" in each.expectation_type]

    outcome = run_checkpoint(suite, with_unreadable(unreadable), "clips", tmp_path)

    assert outcome.success == success


@pytest.mark.parametrize("label", ["_unknown_", "_silence_"])
def test_too_few_clips_beside_the_words_are_reported_and_stop_nothing(label, tmp_path):
    suite = clips_suite(LIMITS, 16000)
    suite.expectations = [each for each in suite.expectations if "readable" in each.expectation_type]

    outcome = run_checkpoint(suite, pd.concat([manifest(), manifest((label,), 4)]), "clips", tmp_path)

    assert outcome.success
    (check,) = outcome.failures("warning")
    assert check.examples == ({"label": label, "value": 4},)
    assert check.setting == "validation.min_clips_per_label"


def test_labels_unexpected_with_few_speakers_or_few_clips_are_named(tmp_path):
    frame = pd.concat([manifest(), manifest(("up",), 101)], ignore_index=True)
    frame.loc[frame["label"] == "yes", "speaker"] = "one"

    outcome = run(frame, tmp_path, max_label_ratio=5, expected_labels=("no", "up", "go"))

    assert failed(outcome) == {
        "expect_column_values_to_be_in_set(label)": "critical",
        "expect_column_distinct_values_to_contain_set(label)": "critical",
        "expect_labels_to_have_speakers": "warning",
        "expect_labels_to_be_balanced": "warning",
    }
    assert "yes/000.wav" in outcome.message()
    assert {check.expectation: list(check.examples) for check in outcome.failures("warning")} == {
        "expect_labels_to_have_speakers": [{"label": "yes", "value": 1}],
        "expect_labels_to_be_balanced": [{"label": "no", "value": 20}, {"label": "yes", "value": 20}],
    }


def test_every_limit_is_named_by_the_check_that_it_is_of():
    settings = {
        each.meta.get("setting")
        for each in clips_suite(LIMITS | {"expected_labels": ["no"]}, 16000).expectations
    }

    limits = {*LIMITS, "min_near_duplicate_similarity"}
    assert settings - {None} == {f"validation.{limit}" for limit in limits}


def test_the_limits_are_the_sections_of_the_configuration():
    fields = ValidationConfig().model_dump()

    assert set(LIMITS) <= set(fields)
    assert clips_suite(fields, 16000).expectations == clips_suite(dict(fields), 16000).expectations


def test_real_clips_raise_few_alarms(speech_folder, tmp_path):
    validation = ValidationConfig()
    manifest = list_clips(Source(speech_folder, digest=""), DataConfig(), clip_duration_ms=1000.0)
    manifest = mark_near_duplicates(manifest, validation.min_near_duplicate_similarity)

    outcome = run_checkpoint(clips_suite(validation.model_dump(), 16000), manifest, "clips", tmp_path)

    counts = {check.expectation: check.unexpected_count for check in outcome.failures("warning")}
    assert outcome.success
    assert counts.pop(between("duration_s")) == (manifest["frames"] < 16000).sum()
    assert sum(counts.values()) < 0.1 * len(manifest)
