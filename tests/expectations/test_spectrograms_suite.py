"""The suites over the features: what is broken, what is empty, and what has drifted."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from expectations.checkpoint import run_checkpoint, run_checkpoints
from expectations.outcome import Outcome
from expectations.spectrograms import drift_suite, spectrograms_suite

CLIPS = 40
THRESHOLDS = {"frames": 98, "bins": 40, "max_constant_fraction": 0.05, "min_dynamic_range_nats": 4.0}
DYNAMIC_RANGE = "expect_column_values_to_be_between(dynamic_range)"


def statistics() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "path": [f"yes/{number:02}.wav" for number in range(CLIPS)],
            "label": "yes",
            "frames": 98,
            "bins": 40,
            "not_finite": 0,
            "dynamic_range": 9.0,
        }
    )


def run(frame: pd.DataFrame, folder: Path) -> Outcome:
    return run_checkpoint(spectrograms_suite(**THRESHOLDS), frame, "spectrograms", folder / "docs")


def test_sound_features_pass_everything(tmp_path):
    outcome = run(statistics(), tmp_path)

    assert outcome.summary() == "5 of 5 expectations hold, 0 critical, 0 warnings"


def test_a_broken_clip_stops_the_flow(tmp_path):
    frame = statistics()
    frame.loc[1, "frames"] = 97
    frame.loc[2, "bins"] = 129
    frame.loc[3, ["not_finite", "dynamic_range"]] = [3, np.nan]

    outcome = run(frame, tmp_path)

    assert {check.expectation: check.examples for check in outcome.failures("critical")} == {
        "expect_column_values_to_be_in_set(frames)": ({"path": "yes/01.wav", "value": 97},),
        "expect_column_values_to_be_in_set(bins)": ({"path": "yes/02.wav", "value": 129},),
        "expect_column_values_to_be_between(not_finite)": ({"path": "yes/03.wav", "value": 3},),
    }
    assert not outcome.failures("warning")


@pytest.mark.parametrize(("constant", "success"), [(2, True), (3, False)])
def test_constant_clips_are_reported_and_more_than_their_share_stop_the_flow(constant, success, tmp_path):
    frame = statistics()
    frame.loc[: constant - 1, "dynamic_range"] = 0.0

    outcome = run(frame, tmp_path)

    assert outcome.success == success
    (warning,) = outcome.failures("warning")
    assert warning.unexpected_count == constant


def test_a_clip_without_dynamics_is_reported_unless_nobody_speaks_in_it(tmp_path):
    frame = statistics()
    frame.loc[[0, 1, 2], "dynamic_range"] = [3.9, 3.9, 4.0]
    frame.loc[1, "label"] = "_silence_"

    outcome = run(frame, tmp_path)

    (warning,) = outcome.failures("warning")
    assert (warning.expectation, warning.failing_paths) == (DYNAMIC_RANGE, ("yes/00.wav",))
    assert "(35 dB)" in warning.description
    assert warning.setting == "validation.spectrograms.min_dynamic_range_nats"


def test_digital_silence_is_what_its_label_says(tmp_path):
    frame = statistics()
    frame.loc[:19, ["label", "dynamic_range"]] = ["_silence_", 0.0]

    outcome = run(frame, tmp_path)

    assert outcome.summary() == "5 of 5 expectations hold, 0 critical, 0 warnings"


def test_a_feature_that_drifted_is_named(tmp_path):
    drift = pd.DataFrame(
        {
            "name": ["mean of band 1", "mean of band 2", "deviation of band 1"],
            "population_stability_index": [0.25, 0.31, 0.0],
        }
    )

    outcome = run_checkpoints(
        [
            (spectrograms_suite(**THRESHOLDS), statistics()),
            (drift_suite(max_population_stability_index=0.25), drift),
        ],
        "spectrograms",
        tmp_path / "docs",
    )

    assert (outcome.success, len(outcome.checks)) == (True, 6)
    (warning,) = outcome.failures("warning")
    assert warning.examples == ({"name": "mean of band 2", "value": 0.31},)
    assert warning.failing_paths == ()
    assert "Unexpected: 1 of 3 (mean of band 2: 0.31)" in warning.in_words()
    results = {page.name for page in (tmp_path / "docs" / "validations").rglob("*.html")}
    assert results == {"drift-table.html", "spectrograms-table.html"}
