"""Out-of-fold predictions on real clips: right, deterministic, and blind to a clip's own label."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from soundcheck.audit import out_of_fold
from soundcheck.audit.folds import deal_clips
from soundcheck.audit.out_of_fold import OutOfFold, predict_out_of_fold
from soundcheck.config import AuditConfig, FeaturesConfig

FEW = AuditConfig(snippets=128)


def predictions(speech, clips: pd.DataFrame | None = None, audit: AuditConfig = FEW) -> OutOfFold:
    chosen = speech.clips if clips is None else clips
    return predict_out_of_fold(chosen, speech.index, speech.parts, speech.features, audit)


def test_most_words_are_recognised_from_200_clips(speech) -> None:
    found = predictions(speech)
    assert found.labels == ("down", "go", "left", "no", "right", "stop", "up", "yes")
    assert found.probabilities.shape == (200, 8)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(found.given, np.repeat(np.arange(8), 25))
    assert found.is_judged.all()
    assert found.accuracy > 0.5  # chance is 0.125


def test_the_probabilities_are_calibrated(speech) -> None:
    found = predictions(speech)
    assert found.probabilities.max(axis=1).mean() == pytest.approx(found.accuracy, abs=0.12)


def test_an_stft_serves_as_well(speech_features: Callable[..., object]) -> None:
    assert predictions(speech_features(FeaturesConfig(kind="stft"))).accuracy > 0.45


def test_the_seed_decides_every_bit(speech) -> None:
    first, again = predictions(speech).probabilities, predictions(speech).probabilities
    other = predictions(speech, audit=AuditConfig(snippets=128, seed=1)).probabilities
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_a_clip_is_not_judged_by_its_own_label(speech, monkeypatch) -> None:
    folds = deal_clips(
        speech.clips, np.repeat(np.arange(8), 25), FEW.folds, seed=0
    )  # labels decide these too
    monkeypatch.setattr(out_of_fold, "deal_clips", lambda *_: folds)
    relabelled = speech.clips.copy()
    relabelled.loc[60, "label"] = "yes"
    before, after = (np.log(predictions(speech, clips).probabilities[60]) for clips in (None, relabelled))
    # Only the sharpness, which all clips share, may differ: the shape of the scores is the same.
    assert np.corrcoef(before, after)[0, 1] == pytest.approx(1, abs=1e-9)


def test_duplicates_do_not_vouch_for_each_other(speech) -> None:
    # Every sound has a twin with another label, which would be believed if it were in another fold.
    other_labels = np.roll(speech.clips["label"].to_numpy(), 25)
    wrong = speech.clips.assign(label=other_labels, path="other/" + speech.clips["path"])
    doubled = pd.concat([speech.clips, wrong], ignore_index=True)
    found = predictions(speech, doubled)
    np.testing.assert_allclose(found.probabilities[:200], found.probabilities[200:], atol=1e-4)


@pytest.mark.parametrize("count", [12, 40])
def test_small_sets_of_two_labels(speech, count: int) -> None:
    two = speech.clips.loc[speech.clips["label"].isin(["stop", "no"])]
    found = predictions(speech, two.groupby("label").head(count // 2))
    assert found.probabilities.shape == (count, 2)
    assert found.accuracy > 0.6


def test_a_label_that_one_speaker_says_cannot_be_judged(speech) -> None:
    clips = speech.clips.copy()
    clips.loc[:4, ["label", "speaker"]] = "only here"
    found = predictions(speech, clips)
    np.testing.assert_array_equal(np.flatnonzero(~found.is_judged), np.arange(5))
    assert np.isfinite(found.probabilities).all()


def test_a_label_with_fewer_clips_than_folds(speech) -> None:
    clips = speech.clips.copy()
    clips.loc[[0, 60, 120, 180], "label"] = "rare"
    assert clips["speaker"].iloc[[0, 60, 120, 180]].nunique() > 2
    assert predictions(speech, clips).is_judged.all()


@pytest.mark.parametrize(
    "clips", [lambda clips: clips.assign(label="yes"), lambda clips: clips.iloc[[0, 199]]]
)
def test_where_nothing_can_be_learnt_nothing_is_judged(
    speech, clips: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    found = predictions(speech, clips(speech.clips))
    assert not found.is_judged.any()
    assert (found.accuracy, found.chance, found.skill) == (0, 1, 0)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)


def test_a_full_disk_is_an_error_and_not_the_end_of_the_process(speech, monkeypatch) -> None:
    with Path("/dev/full").open("w+b", buffering=0) as full:
        monkeypatch.setattr("tempfile.TemporaryFile", lambda: full)
        with pytest.raises(OSError, match="No space left"):
            predictions(speech)


def test_clips_without_features_are_refused(speech) -> None:
    with pytest.raises(ValueError, match="no features of 1 rows"):
        predictions(speech, speech.clips.assign(clip_digest=["unknown", *speech.clips["clip_digest"][1:]]))
