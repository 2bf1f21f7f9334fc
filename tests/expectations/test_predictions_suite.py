"""The suite over predictions: complete, probabilities that are some, and no collapse."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from expectations.checkpoint import run_checkpoint
from expectations.outcome import Outcome
from expectations.predictions import predictions_by_clip, predictions_suite
from soundcheck.evaluation.predictions import predictions_table

LABELS = ("left", "no", "yes")
THRESHOLDS = {"labels": LABELS, "max_probability_sum_error": 0.0001, "max_collapse_fraction": 0.5}
CLIPS_PER_LABEL = 10


def clips() -> pd.DataFrame:
    paths = [f"{label}/{number}.wav" for label in LABELS for number in range(CLIPS_PER_LABEL)]
    labels = [path.split("/")[0] for path in paths]
    return pd.DataFrame(
        {"path": paths, "clip_digest": paths, "label": labels, "speaker": "a", "split": "test"}
    )


def predictions(*predicted_as_left: int) -> pd.DataFrame:
    """Right, all but the clips in these rows."""
    probabilities = np.full((len(clips()), len(LABELS)), 0.1, np.float32)
    places = clips()["label"].map(LABELS.index).to_numpy(copy=True)
    places[list(predicted_as_left)] = 0
    probabilities[np.arange(len(places)), places] = 0.8
    return predictions_table(clips(), probabilities, LABELS)


def run(table: pd.DataFrame, folder: Path) -> Outcome:
    joined = predictions_by_clip(clips(), table)
    return run_checkpoint(predictions_suite(**THRESHOLDS), joined, "predictions", folder / "docs")


def test_sound_predictions_pass_everything(tmp_path):
    outcome = run(predictions().sample(frac=1, random_state=0), tmp_path)

    assert outcome.summary() == "9 of 9 expectations hold, 0 critical, 0 warnings"
    assert {check.element_count for check in outcome.checks} == {1, 3, 30}


def test_what_is_not_complete_or_not_known_stops_the_flow(tmp_path):
    table = predictions()
    table.loc[table["label"] == "no", "predicted"] = "down"
    extra = table.iloc[[0]].assign(path="other.wav")

    outcome = run(pd.concat([table.drop(index=29), table.iloc[[3]], extra]), tmp_path)

    assert {check.expectation: check.failing_paths for check in outcome.failures("critical")} == {
        "expect_column_values_to_not_be_null(predicted)": ("yes/9.wav",),
        "expect_column_values_to_be_unique(path)": ("left/3.wav", "left/3.wav"),
        "expect_column_values_to_not_be_null(label)": ("other.wav",),
        "expect_column_values_to_be_in_set(predicted)": tuple(f"no/{number}.wav" for number in range(10)),
    }


def test_probabilities_that_are_none_stop_the_flow(tmp_path):
    probabilities = [
        [0.1, 0.8, 0.2],
        [0.1, 0.8, 0.10005],
        [-0.1, 0.8, 0.3],
        [np.nan, 0.8, 0.2],
        [np.inf, 0.8, 0.2],
    ]
    table = predictions()
    table.loc[:4, [f"probability/{label}" for label in LABELS]] = np.array(probabilities, np.float32)

    outcome = run(table, tmp_path)

    json.dumps(outcome.to_dict(), allow_nan=False)
    failing = {check.expectation[:-1]: check.examples for check in outcome.failures("critical")}
    assert failing == {
        "expect_column_values_to_be_between(probability_sum": (
            {"path": "left/0.wav", "value": pytest.approx(1.1)},
        ),
        "expect_column_values_to_be_between(lowest_probability": (
            {"path": "left/2.wav", "value": pytest.approx(-0.1)},
        ),
        "expect_column_values_to_be_between(not_finite": (
            {"path": "left/3.wav", "value": 1},
            {"path": "left/4.wav", "value": 1},
        ),
    }


@pytest.mark.parametrize(("wrong", "collapsed"), [(10, False), (11, True)])
def test_a_label_that_half_of_the_others_get_is_reported_as_a_collapse(wrong, collapsed, tmp_path):
    outcome = run(predictions(*range(10, 10 + wrong)), tmp_path)

    assert outcome.success
    found = {check.expectation: check.examples for check in outcome.failures("warning")}
    expected = {"expect_predictions_not_to_collapse": ({"label": "left", "value": 0.55},)}
    assert found == (expected if collapsed else {})


def test_a_model_that_predicts_one_label_is_reported_and_not_stopped(tmp_path):
    outcome = run(predictions(*range(30)), tmp_path)

    assert outcome.success
    found = {check.expectation: check.examples for check in outcome.failures("warning")}
    assert found == {
        "expect_column_unique_value_count_to_be_between(predicted)": ({"value": 1},),
        "expect_predictions_not_to_collapse": ({"label": "left", "value": 1.0},),
    }
