"""Baselines: chosen on training data alone, honest about overfitting, quiet, and JSON."""

import json
import wave
from pathlib import Path

import numpy as np
import pytest

from soundcheck.errors import SoundcheckError
from soundcheck.training.baselines import Baselines, fit_baselines

NAMES = ["most_frequent", "stratified", "best_feature", "logistic_regression"]
BINS = 5


def example(clips: int = 600, label_count: int = 4, informative: int = 7) -> tuple[np.ndarray, ...]:
    """Summaries of noise, in which column `informative` tells the labels apart."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, label_count, clips)
    summaries = rng.normal(size=(clips, 2 * BINS))
    summaries[:, informative] += 2 * labels
    return summaries, labels, np.resize(["train"] * 8 + ["validation", "test"], clips)


@pytest.fixture
def fitted() -> Baselines:
    return fit_baselines(*example(), seed=0)


def by_name(baselines: Baselines) -> dict[str, float]:
    return {baseline.name: baseline.test_accuracy for baseline in baselines.baselines}


def test_there_are_four_in_order(fitted: Baselines) -> None:
    assert [baseline.name for baseline in fitted.baselines] == NAMES


def test_knowing_more_scores_higher(fitted: Baselines) -> None:
    scores = by_name(fitted)
    assert max(scores["most_frequent"], scores["stratified"]) < 0.45 < scores["best_feature"]
    assert not any(baseline.overfitted for baseline in fitted.baselines)


def test_most_frequent_scores_the_share_of_the_commonest_training_label() -> None:
    summaries, labels, splits = example()
    commonest = np.bincount(labels[splits == "train"]).argmax()
    score = by_name(fit_baselines(summaries, labels, splits, seed=0))["most_frequent"]
    assert score == np.mean(labels[splits == "test"] == commonest)


@pytest.mark.parametrize(("column", "name"), [(3, "mean of band 3"), (7, "deviation of band 2")])
def test_the_best_feature_is_found_and_named(column: int, name: str) -> None:
    baselines = fit_baselines(*example(informative=column), seed=0)
    assert (baselines.best_feature, baselines.best_feature_name) == (column, name)


def test_only_training_clips_choose_the_feature(fitted: Baselines) -> None:
    summaries, labels, splits = example()
    summaries[splits != "train", 2] = 100 * labels[splits != "train"]
    altered = fit_baselines(summaries, labels, splits, seed=0)
    assert altered.best_feature == fitted.best_feature
    np.testing.assert_array_equal(altered.coefficients, fitted.coefficients)


def test_clips_that_are_set_aside_do_not_count(fitted: Baselines) -> None:
    summaries, labels, splits = example()
    more = fit_baselines(
        np.vstack([summaries, np.full((3, 2 * BINS), 1e6)]),
        np.append(labels, [0] * 3),
        np.append(splits, [""] * 3),
        0,
    )
    assert more.baselines == fitted.baselines


def test_coefficients_point_at_what_speaks_for_a_label(fitted: Baselines) -> None:
    assert fitted.coefficients.shape == (4, 2 * BINS)
    assert fitted.coefficients[0, 7] < 0 < fitted.coefficients[3, 7]
    assert np.abs(fitted.coefficients).max(axis=0).argmax() == 7


def test_two_labels_have_opposite_coefficients() -> None:
    coefficients = fit_baselines(*example(label_count=2), seed=0).coefficients
    assert coefficients.shape == (2, 2 * BINS)
    np.testing.assert_array_equal(coefficients[0], -coefficients[1])
    assert coefficients[1, 7] > 0


def test_a_label_without_training_clips_has_no_coefficients() -> None:
    summaries, labels, splits = example()
    splits[labels == 1] = "test"
    coefficients = fit_baselines(summaries, labels, splits, seed=0).coefficients
    assert not coefficients[1].any()
    assert coefficients[2].any()


def test_learning_noise_by_heart_is_flagged() -> None:
    rng = np.random.default_rng(0)
    summaries, labels = rng.normal(size=(400, 300)), rng.integers(0, 4, 400)
    splits = np.resize(["train", "test", "train", "validation"], 400)
    regression = fit_baselines(summaries, labels, splits, seed=0).baselines[-1]
    assert regression.train_accuracy > 0.9
    assert regression.overfitted


def test_the_seed_decides_the_stratified_guesses_only() -> None:
    one, same, other = (fit_baselines(*example(), seed=seed) for seed in (0, 0, 1))
    assert one.baselines == same.baselines
    assert one.baselines[1] != other.baselines[1]
    assert one.baselines[2:] == other.baselines[2:]


def test_constant_and_perfect_columns_are_no_trouble() -> None:
    summaries, labels, splits = example()
    summaries[:, 1] = -13.8
    summaries[:, 4] = labels
    baselines = fit_baselines(summaries.astype(np.float32), labels, splits, seed=0)
    assert baselines.best_feature == 4
    assert by_name(baselines)["best_feature"] == 1


def test_json_gives_them_back(fitted: Baselines) -> None:
    restored = Baselines.from_dict(json.loads(json.dumps(fitted.to_dict())))
    assert restored.baselines == fitted.baselines
    assert restored.best_feature_name == fitted.best_feature_name
    np.testing.assert_array_equal(restored.coefficients, fitted.coefficients)


def test_real_speech_is_told_apart_without_a_warning(speech_folder: Path) -> None:
    paths = sorted(speech_folder.glob("*/*.wav"))
    names = sorted({path.parent.name for path in paths})
    summaries = np.array([_summary(path) for path in paths])
    labels = np.array([names.index(path.parent.name) for path in paths])
    splits = np.resize(["train", "train", "train", "validation", "test"], len(paths))
    scores = by_name(fit_baselines(summaries, labels, splits, seed=0))
    assert scores["logistic_regression"] > scores["most_frequent"]


def _summary(path: Path) -> np.ndarray:
    with wave.open(str(path)) as clip:
        samples = np.frombuffer(clip.readframes(clip.getnframes()), dtype=np.int16) / 32768
    frames = samples[: len(samples) // 400 * 400].reshape(-1, 400)
    spectrum = np.log(np.abs(np.fft.rfft(frames, axis=1))[:, :80] + 1e-6)
    return np.concatenate([spectrum.mean(axis=0), spectrum.std(axis=0)])


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_an_empty_split_is_named(split: str) -> None:
    summaries, labels, splits = example()
    with pytest.raises(SoundcheckError, match=f"no clip in the split '{split}'"):
        fit_baselines(summaries, labels, np.where(splits == split, "", splits), seed=0)


def test_one_label_silence_and_unequal_lengths_are_refused() -> None:
    summaries, labels, splits = example()
    with pytest.raises(SoundcheckError, match="one label only"):
        fit_baselines(summaries, labels * 0, splits, seed=0)
    with pytest.raises(SoundcheckError, match="silent"):
        fit_baselines(summaries * 0, labels, splits, seed=0)
    with pytest.raises(SoundcheckError, match=r"\(600, 10\), 599 labels and 600 splits"):
        fit_baselines(summaries, labels[1:], splits, seed=0)
