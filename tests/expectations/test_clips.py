"""The suite over clips: each defect of a manifest, and real clips with and without them."""

from pathlib import Path

import pandas as pd
import pytest
from clip_manifests import CLIPS_PER_LABEL, LIMITS, manifest, with_unreadable, with_values

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
    assert outcome.summary() == "28 of 28 expectations hold, 0 critical, 0 warnings"
    assert [check.unexpected_count for check in outcome.checks] == [0] * len(outcome.checks)


DEFECTS = {
    "empty": (
        manifest().iloc[:0],
        {
            "expect_table_row_count_to_be_between": "critical",
            "expect_column_unique_value_count_to_be_between(label)": "critical",
        },
    ),
    "without a path, without a label, a path twice": (
        with_values("path", None, "no/a.wav", "no/a.wav").assign(
            label=lambda rows: rows["label"].where(rows.index != 3)
        ),
        {
            "expect_column_values_to_not_be_null(path)": "critical",
            "expect_column_values_to_be_unique(path)": "critical",
            "expect_column_values_to_not_be_null(label)": "critical",
        },
    ),
    "three of forty unreadable": (
        with_unreadable(3),
        {"expect_clips_to_be_readable(reason, decodable)": "critical"},
    ),
    "one label": (
        manifest(("no",)),
        {"expect_column_unique_value_count_to_be_between(label)": "critical"},
    ),
    "few clips of a label, few readable ones of another": (
        pd.concat([with_unreadable(1, manifest(("off",), 5)), manifest(), manifest(("up",), 4)]),
        {
            "expect_labels_to_have_readable_clips": "critical",
            "expect_labels_to_have_speakers": "warning",
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
        {"near_duplicate_of": "yes/000.wav", "near_duplicate_label": "no"},
        ["expect_column_values_to_be_in_set(near_duplicate_of)"],
    ),
    "almost the same, under another label": (
        {"near_duplicate_of": "yes/000.wav", "near_duplicate_label": "yes"},
        [
            "expect_column_values_to_be_in_set(near_duplicate_of)",
            "expect_column_pair_values_to_be_equal(near_duplicate_label, label)",
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


def test_one_recording_under_two_labels_is_reported_with_both_paths(tmp_path):
    frame = manifest()
    frame.loc[frame["path"].isin(["no/003.wav", "yes/004.wav"]), "clip_digest"] = "digest"

    outcome = run(frame, tmp_path)

    check = {check.expectation: check for check in outcome.failures("warning")}[
        "expect_column_a_to_determine_column_b(clip_digest, label)"
    ]
    assert check.failing_paths == ("no/003.wav", "yes/004.wav")
    assert check.examples[0] == {"path": "no/003.wav", "value": "digest"}


@pytest.mark.parametrize(("unreadable", "success"), [(14, True), (15, False)])
def test_as_many_clips_may_be_unreadable_as_the_limit_says(unreadable, success, tmp_path):
    outcome = run(with_unreadable(unreadable), tmp_path, max_bad_fraction=0.35)

    assert outcome.success == success


def test_a_tolerated_unreadable_clip_is_still_named_and_only_that(tmp_path):
    outcome = run(with_unreadable(2, with_values("clip_digest", "empty file", "empty file")), tmp_path)

    (check,) = [check for check in outcome.checks if check.unexpected_count]
    assert check.success
    assert check.expectation == "expect_clips_to_be_readable(reason, decodable)"
    assert check.element_count == 2 * CLIPS_PER_LABEL
    assert check.examples[0] == {"path": "no/000.wav", "value": "not a WAV file"}


def test_labels_other_than_those_expected_stop_the_flow(tmp_path):
    outcome = run(manifest(), tmp_path, expected_labels=("no", "up"))

    assert failed(outcome) == {
        "expect_column_values_to_be_in_set(label)": "critical",
        "expect_column_distinct_values_to_contain_set(label)": "critical",
    }
    assert "yes/000.wav" in outcome.message()


def test_labels_with_few_speakers_or_many_times_fewer_clips_are_named(tmp_path):
    frame = pd.concat([manifest(), manifest(("up",), 101)], ignore_index=True)
    frame.loc[frame["label"] == "yes", "speaker"] = "one"

    outcome = run(frame, tmp_path, max_label_ratio=5, expected_labels=("yes", "no", "up"))

    assert {check.expectation: list(check.examples) for check in outcome.failures("warning")} == {
        "expect_labels_to_have_speakers": [{"label": "yes", "value": 1}],
        "expect_labels_to_be_balanced": [{"label": "no", "value": 20}, {"label": "yes", "value": 20}],
    }


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
