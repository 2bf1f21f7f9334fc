"""The label audit finds labels that were swapped, and says what it could not judge."""

import json

import numpy as np
import pandas as pd
import pytest

from soundcheck.audit.label_audit import LabelAudit, audit_labels, rank_labels
from soundcheck.audit.out_of_fold import OutOfFold
from soundcheck.config import AuditConfig

LABELS = ("go", "no", "up")


def confident(given: list[int], true: list[int], judged: list[bool] | None = None) -> OutOfFold:
    """Predictions that are 0.95 to 0.9 sure of the true label, the first ones surest."""
    sure = np.linspace(0.95, 0.9, len(true))
    probabilities = np.tile((1 - sure)[:, np.newaxis] / 2, len(LABELS))
    probabilities[np.arange(len(true)), true] = sure
    is_judged = np.array([True] * len(true) if judged is None else judged)
    return OutOfFold(LABELS, np.array(given), probabilities, is_judged)


def table(given: list[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "path": [f"{number}.wav" for number in range(len(given))],
            "label": [LABELS[place] for place in given],
        }
    )


def test_contradicted_labels_are_first_and_suspected() -> None:
    true = [0, 1, 2] * 10
    given = [2, 0, *true[2:]]
    audit = rank_labels(table(given), confident(given, true))
    assert audit.suspects["path"].tolist() == ["0.wav", "1.wav"]
    assert audit.suspects["suggested_label"].tolist() == ["go", "no"]
    assert audit.suspects["rank"].tolist() == [1, 2]
    assert sorted(audit.clips["rank"]) == list(range(1, 31))
    assert audit.verdict == "2 of 30 labels are suspected to be wrong."
    assert audit.confusions.tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 0]]
    assert audit.accuracy == pytest.approx(28 / 30)


def test_right_labels_are_not_suspected() -> None:
    true = [0, 1, 2] * 10
    audit = rank_labels(table(true), confident(true, true))
    assert audit.suspects.empty
    assert audit.obstacle is None
    assert not audit.confusions.any()


def test_what_cannot_be_judged_is_last_and_never_suspected() -> None:
    true = [0, 1, 2] * 10
    given = [2, 0, *true[2:]]
    audit = rank_labels(table(given), confident(given, true, [False] + [True] * 29))
    assert audit.suspects["path"].tolist() == ["1.wav"]
    assert audit.clips.loc[0, "rank"] == 30
    assert np.isnan(audit.clips.loc[0, "label_quality"])


def test_it_survives_json(tmp_path) -> None:
    given = [0, 1, 2] * 5
    audit = rank_labels(table(given), confident(given, given))
    audit.clips.to_parquet(tmp_path / "clips.parquet")
    again = LabelAudit.from_dict(
        json.loads(json.dumps(audit.to_dict())), pd.read_parquet(tmp_path / "clips.parquet")
    )
    pd.testing.assert_frame_equal(again.clips, audit.clips)
    assert (again.labels, again.accuracy) == (audit.labels, audit.accuracy)
    assert again.obstacle == audit.obstacle


def test_swapped_labels_of_real_clips_rank_high(speech) -> None:
    generator = np.random.default_rng(7)
    swapped = generator.choice(200, 10, replace=False)
    labels = speech.clips["label"].to_numpy().copy()
    labels[swapped] = np.roll(labels, 75)[swapped]
    clips = speech.clips.assign(label=labels)
    audit = audit_labels(clips, speech.index, speech.parts, speech.features, AuditConfig())
    assert audit.clips["path"].tolist() == clips["path"].tolist()
    assert (audit.clips["rank"].to_numpy()[swapped] <= 50).mean() >= 0.8


def test_labels_that_mean_nothing_cannot_be_judged() -> None:
    """A classifier that contradicts nearly every label knows nothing: it is wrong, and not the labels."""
    generator = np.random.default_rng(0)
    given, guesses = generator.integers(0, 3, (2, 300)).tolist()
    audit = rank_labels(table(given), confident(given, guesses))
    assert audit.suspects.empty
    assert sorted(audit.clips["rank"]) == list(range(1, 301))
    assert audit.verdict.startswith("The labels cannot be judged, because a simple classifier gets 0.3")
    assert not rank_labels(table(given), confident(given, guesses), least_skill=-1).suspects.empty


def test_a_few_lucky_guesses_are_no_skill() -> None:
    true = [0, 1] * 20
    given = [1, *true[1:]]
    assert rank_labels(table(given), confident(given, true)).suspects["path"].tolist() == ["0.wav"]
    assert rank_labels(table(given[:8]), confident(given[:8], true[:8])).obstacle is not None


def test_a_label_of_which_nothing_is_known_does_not_keep_others_from_being_judged() -> None:
    given = [0, 1] * 20 + [2] * 5
    true = [1, *given[1:]]
    audit = rank_labels(table(given), confident(given, true, [True] * 40 + [False] * 5))
    assert audit.suspects["path"].tolist() == ["0.wav"]


def test_one_label_is_not_judged_and_no_error(speech) -> None:
    clips = speech.clips.assign(label="yes")
    audit = audit_labels(clips, speech.index, speech.parts, speech.features, AuditConfig())
    assert "fewer than two labels have clips of two different sounds" in audit.verdict
    assert audit.suspects.empty
    json.dumps(audit.to_dict(), allow_nan=False)
