"""Checkpoints over manifests made by hand: what is found, and what is written where."""

import json
import threading
from pathlib import Path

import pandas as pd
import pytest

from expectations.checkpoint import run_checkpoint
from expectations.clips import clips_suite
from expectations.outcome import Outcome

LABELS = ("no", "yes")
CLIPS_PER_LABEL = 20
THRESHOLDS = {
    "max_bad_fraction": 0.05,
    "min_clips_per_label": 5,
    "min_duration_s": 0.3,
    "max_duration_s": 1.5,
    "min_rms": 0.0003,
    "max_clipped_fraction": 0.01,
    "max_dc_offset": 0.02,
    "sample_rate_hz": 16000,
}
MEASURED = ["duration_s", "rms", "peak", "dc_offset", "clipped_fraction"]


def manifest(labels=LABELS, clips_per_label: int = CLIPS_PER_LABEL) -> pd.DataFrame:
    paths = [f"{label}/{number:03}.wav" for label in labels for number in range(clips_per_label)]
    return pd.DataFrame(
        {
            "clip_digest": [f"digest of {path}" for path in paths],
            "path": paths,
            "label": [path.split("/")[0] for path in paths],
            "speaker": [path[-7:-4] for path in paths],
            "split": "train",
            "sample_rate_hz": 16000,
            "channels": 1,
            "frames": 16000,
            "duration_s": 1.0,
            "rms": 0.1,
            "peak": 0.5,
            "dc_offset": 0.0,
            "clipped_fraction": 0.0,
            "decodable": True,
            "reason": "",
        }
    )


def with_values(column: str, *values: object) -> pd.DataFrame:
    """A manifest whose first rows have other values in one column."""
    frame = manifest()
    for row, value in enumerate(values):
        frame.loc[row, column] = value
    return frame


def with_unreadable(rows: int, frame: pd.DataFrame | None = None) -> pd.DataFrame:
    """A manifest whose first rows could not be decoded, as ingest writes them."""
    frame = manifest() if frame is None else frame
    frame.loc[: rows - 1, "decodable"] = False
    frame.loc[: rows - 1, "reason"] = "not a WAV file"
    frame.loc[: rows - 1, "split"] = ""
    frame.loc[: rows - 1, MEASURED] = float("nan")
    frame.loc[: rows - 1, ["sample_rate_hz", "channels", "frames"]] = 0
    return frame


def run(frame: pd.DataFrame, folder: Path, **thresholds: float) -> Outcome:
    return run_checkpoint(clips_suite(**THRESHOLDS | thresholds), frame, "clips", folder / "docs")


def failed(outcome: Outcome) -> dict[str, str]:
    return {check.expectation: check.severity for check in outcome.checks if not check.success}


def test_sound_clips_pass_everything(tmp_path):
    outcome = run(manifest(), tmp_path)

    assert outcome.success
    assert failed(outcome) == {}
    assert outcome.message() == ""
    assert outcome.summary() == "15 of 15 expectations hold, 0 critical, 0 warnings"
    assert [check.unexpected_count for check in outcome.checks] == [0] * len(outcome.checks)


DEFECTS = {
    "empty": (
        manifest().iloc[:0],
        {
            "expect_table_row_count_to_be_between": "critical",
            "expect_column_unique_value_count_to_be_between(label)": "critical",
        },
    ),
    "no path": (with_values("path", None), {"expect_column_values_to_not_be_null(path)": "critical"}),
    "no label": (with_values("label", None), {"expect_column_values_to_not_be_null(label)": "critical"}),
    "path twice": (
        with_values("path", "no/a.wav", "no/a.wav"),
        {"expect_column_values_to_be_unique(path)": "critical"},
    ),
    "three of forty unreadable": (
        with_unreadable(3),
        {"expect_clips_to_be_readable(reason, decodable)": "critical"},
    ),
    "one label": (
        manifest(("no",)),
        {"expect_column_unique_value_count_to_be_between(label)": "critical"},
    ),
    "few clips of a label": (
        pd.concat([manifest(), manifest(("up",), 4)]),
        {"expect_labels_to_have_readable_clips": "critical"},
    ),
    "few readable clips of a label": (
        pd.concat([with_unreadable(1, manifest(("up",), 5)), manifest()]),
        {"expect_labels_to_have_readable_clips": "critical"},
    ),
}

POOR_CLIPS = [
    ("expect_column_values_to_be_between(duration_s)", "duration_s", [0.2, 1.6]),
    ("expect_column_values_to_be_between(rms)", "rms", [0.0002]),
    ("expect_column_values_to_be_between(clipped_fraction)", "clipped_fraction", [0.02]),
    ("expect_column_values_to_be_between(dc_offset)", "dc_offset", [0.03, -0.03]),
    ("expect_column_values_to_be_in_set(sample_rate_hz)", "sample_rate_hz", [44100]),
    ("expect_column_values_to_be_in_set(channels)", "channels", [2]),
    ("expect_column_values_to_be_unique(clip_digest)", "clip_digest", ["digest", "digest"]),
]


@pytest.mark.parametrize(("frame", "expected"), DEFECTS.values(), ids=DEFECTS.keys())
def test_each_grave_defect_fails_its_expectation_and_no_other(frame, expected, tmp_path):
    outcome = run(frame, tmp_path)

    assert failed(outcome) == expected
    assert not outcome.success


def test_each_poor_clip_is_reported_by_its_expectation_and_no_other(tmp_path):
    frame, expected, row = manifest(), {}, 0
    for expectation, column, values in POOR_CLIPS:
        expected[expectation] = [
            {"path": frame.loc[row + place, "path"], "value": value} for place, value in enumerate(values)
        ]
        frame.loc[row : row + len(values) - 1, column] = values
        row += len(values)

    outcome = run(frame, tmp_path)

    assert outcome.success
    assert {check.expectation: list(check.examples) for check in outcome.failures("warning")} == expected


def test_one_recording_under_two_labels_is_reported_with_both_paths(tmp_path):
    frame = manifest()
    frame.loc[frame["path"].isin(["no/003.wav", "yes/004.wav"]), "clip_digest"] = "digest"

    outcome = run(frame, tmp_path)

    check = {check.expectation: check for check in outcome.failures("warning")}[
        "expect_column_a_to_determine_column_b(clip_digest, label)"
    ]
    assert check.failing_paths == ("no/003.wav", "yes/004.wav")
    assert check.examples[0] == {"path": "no/003.wav", "value": "digest"}


@pytest.mark.parametrize(
    ("unreadable", "max_bad_fraction", "success"),
    [(2, 0.05, True), (1, 0.0, False), (14, 0.35, True), (15, 0.35, False)],
)
def test_as_many_clips_may_be_unreadable_as_the_threshold_says(
    unreadable, max_bad_fraction, success, tmp_path
):
    outcome = run(with_unreadable(unreadable), tmp_path, max_bad_fraction=max_bad_fraction)

    assert outcome.success == success


def test_an_unreadable_clip_raises_no_alarm_about_its_quality(tmp_path):
    outcome = run(with_unreadable(2, with_values("clip_digest", "empty file", "empty file")), tmp_path)

    assert failed(outcome) == {}


def test_a_tolerated_unreadable_clip_is_still_named(tmp_path):
    outcome = run(with_unreadable(1), tmp_path)

    (check,) = [
        check for check in outcome.checks if check.expectation.startswith("expect_clips_to_be_readable")
    ]
    assert check.success
    assert check.unexpected_count == 1
    assert check.element_count == 2 * CLIPS_PER_LABEL
    assert check.examples == ({"path": "no/000.wav", "value": "not a WAV file"},)


def test_values_on_the_bounds_pass(tmp_path):
    frame = with_values("duration_s", 0.3, 1.5)
    frame.loc[0, ["rms", "clipped_fraction", "dc_offset"]] = [0.0003, 0.01, -0.02]

    assert failed(run(frame, tmp_path)) == {}


def test_the_message_names_the_expectation_the_count_and_five_examples(tmp_path):
    message = run(with_unreadable(8), tmp_path).message()

    assert message.startswith("clips: 1 critical expectation failed")
    assert "expect_clips_to_be_readable(reason, decodable)" in message
    assert "8 of 40" in message
    assert "no/000.wav: not a WAV file" in message
    assert "no/004.wav" in message
    assert "no/005.wav" not in message
    assert "and 3 more" in message


def test_the_message_names_labels_with_too_few_clips(tmp_path):
    message = run(pd.concat([manifest(), manifest(("up",), 4)]), tmp_path).message()

    assert "at least 5 readable clips. Unexpected: 1 of 3 (up: 4)" in message


def test_the_message_tells_an_empty_table(tmp_path):
    assert (
        "There must be at least one clip. Unexpected: 1 of 1 (found: 0)"
        in run(manifest().iloc[:0], tmp_path).message()
    )


def test_examples_stop_at_twenty_but_all_failing_paths_are_kept(tmp_path):
    frame = manifest()
    frame["rms"] = 0.0

    (check,) = run(frame, tmp_path).failures("warning")

    assert len(check.examples) == 20
    assert check.failing_paths == tuple(frame["path"])


def test_duplicates_stand_side_by_side(tmp_path):
    digests = ["a", "b", "b", "a"]

    (check,) = run(with_values("clip_digest", *digests), tmp_path).failures("warning")

    assert check.failing_paths == ("no/000.wav", "no/003.wav", "no/001.wav", "no/002.wav")


def test_the_outcome_survives_json_and_is_the_same_for_the_same_data(tmp_path):
    frame = with_unreadable(4, with_values("label", *[None] * 5))
    frame.loc[10, "rms"] = 0.0

    first, second = run(frame, tmp_path / "1"), run(frame.sample(frac=1).sort_values("path"), tmp_path / "2")

    assert first == second
    assert Outcome.from_dict(json.loads(json.dumps(first.to_dict(), allow_nan=False))) == first


def test_checks_come_in_the_order_of_the_suite(tmp_path):
    suite = clips_suite(**THRESHOLDS)

    outcome = run_checkpoint(suite, manifest(), "clips", tmp_path / "docs")

    assert [check.description for check in outcome.checks] == [
        each.description for each in suite.expectations
    ]


def test_one_suite_serves_two_checkpoints(tmp_path):
    suite = clips_suite(**THRESHOLDS)

    outcomes = [run_checkpoint(suite, manifest(), "clips", tmp_path / name) for name in ("1", "2")]

    assert outcomes[0] == outcomes[1]


def test_it_runs_off_the_main_thread(tmp_path):
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(run(manifest(), tmp_path)))
    thread.start()
    thread.join()

    assert outcomes[0].success


def test_a_missing_column_is_an_error_and_no_finding(tmp_path):
    with pytest.raises(RuntimeError, match=r"rms.*could not be evaluated"):
        run(manifest().drop(columns="rms"), tmp_path)


def test_the_data_docs_show_what_failed_and_need_no_network(tmp_path):
    run(with_values("rms", 0.0, 0.0001), tmp_path)

    pages = {page.relative_to(tmp_path).parts[1]: page.read_text() for page in tmp_path.rglob("*.html")}
    assert {"index.html", "validations", "expectations"} == set(pages)
    assert "no/000.wav" in pages["validations"]
    assert "no/001.wav" in pages["validations"]
    assert "A clip should not be silent" in pages["validations"]
    assert "No recording should stand under two labels" in pages["expectations"]
    for page in pages.values():
        assert "https://" not in page
        assert "http://" not in page


def test_the_index_leads_to_the_pages(tmp_path):
    run(manifest(), tmp_path)

    index = (tmp_path / "docs" / "index.html").read_text()
    links = [part.split('"')[0] for part in index.split('href="')[1:]]
    assert len(links) == 2
    assert all((tmp_path / "docs" / link).is_file() for link in links)


def test_nothing_is_written_elsewhere_and_nothing_said(tmp_path, monkeypatch, capfd):
    (tmp_path / "work").mkdir()
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    run(with_values("rms", 0.0), tmp_path / "site")

    written = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"site"}
    assert capfd.readouterr() == ("", "")
