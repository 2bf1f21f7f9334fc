"""Folds: what belongs together is in one, and there is always something to learn from."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from soundcheck.audit.folds import at_most_each, deal_clips, deal_groups, is_known_elsewhere


def table(speakers: list[str], files: list[str], clips: list[str] | None = None) -> pd.DataFrame:
    return pd.DataFrame({"speaker": speakers, "file_digest": files, "clip_digest": clips or files}, dtype=str)


def dealt(clips: pd.DataFrame, classes: np.ndarray, folds: int) -> np.ndarray:
    return deal_clips(clips, classes, folds, seed=0).numbers


def alternating(count: int, labels: int = 2) -> np.ndarray:
    return np.arange(count) % labels


def is_parted(folds: np.ndarray, column: pd.Series) -> bool:
    """Whether a value of the column, "" apart, is in two folds."""
    rows = column != ""
    return bool((pd.Series(folds)[rows].groupby(column[rows]).nunique() > 1).any())


@settings(max_examples=50)
@given(
    speakers=st.lists(st.integers(0, 30), min_size=60, max_size=120),
    copies=st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59)), max_size=5),
    folds=st.integers(2, 6),
)
def test_sounds_stay_together_and_speakers_unless_one_is_most_of_the_clips(
    speakers: list[int], copies: list[tuple[int, int]], folds: int
) -> None:
    files = [f"f{number}" for number in range(len(speakers))]
    for copy, original in copies:
        files[copy] = files[original]
    clips = table([f"s{speaker}" if speaker else "" for speaker in speakers], files)
    numbers = dealt(clips, alternating(len(clips)), folds)
    assert len(set(numbers)) > 1
    assert not is_parted(numbers, clips["clip_digest"])
    if is_parted(numbers, clips["speaker"]):
        shares = clips["speaker"].value_counts(normalize=True)
        linked = 2 * len(copies)  # a copy joins two speakers to one group
        assert shares.nlargest(linked + 1).sum() > 0.5


def test_a_duplicate_links_two_speakers() -> None:
    clips = table([f"s{number // 2}" for number in range(20)], [f"f{number}" for number in range(20)])
    clips.loc[2, ["file_digest", "clip_digest"]] = "f0"
    numbers = dealt(clips, alternating(20), 5)
    assert len(set(numbers[:4])) == 1
    assert len(set(numbers)) == 5


def test_folds_are_of_about_the_same_size_and_clips_without_a_speaker_are_not_one_speaker() -> None:
    numbers = dealt(table([""] * 100, [f"f{number}" for number in range(100)]), alternating(100), 5)
    np.testing.assert_array_equal(np.bincount(numbers), [20] * 5)


def test_clips_of_a_single_speaker_are_parted_but_not_its_sounds() -> None:
    clips = table(["s"] * 30, [f"f{number // 2}" for number in range(30)])
    numbers = dealt(clips, alternating(30), 5)
    assert len(set(numbers)) == 5
    assert not is_parted(numbers, clips["clip_digest"])


def test_a_speaker_for_each_label_is_parted() -> None:
    labels = np.repeat([0, 1], 10)
    clips = table([f"s{label}" for label in labels], [f"f{number}" for number in range(20)])
    assert is_known_elsewhere(labels, dealt(clips, labels, 5)).all()


def test_parts_of_a_single_recording_are_parted() -> None:
    clips = table([""] * 20, ["f"] * 20, [f"c{number}" for number in range(20)])
    assert len(set(dealt(clips, alternating(20), 4))) == 4


def test_one_sound_is_one_fold() -> None:
    numbers = dealt(table(["a", "b"], ["f", "f"]), np.array([0, 1]), 5)
    np.testing.assert_array_equal(numbers, [0, 0])
    np.testing.assert_array_equal(is_known_elsewhere(np.array([0, 1]), numbers), [False, False])


def test_it_is_said_whether_speakers_and_recordings_are_apart() -> None:
    apart = table([f"s{number // 2}" for number in range(20)], [f"f{number}" for number in range(20)])
    assert deal_clips(apart, alternating(20), 5, seed=0).apart
    assert deal_clips(apart.assign(speaker="s"), alternating(20), 5, seed=0).apart  # which tells nothing
    by_label = apart.assign(speaker=alternating(20).astype(str))
    assert not deal_clips(by_label, alternating(20), 5, seed=0).apart
    by_label = apart.assign(speaker="", file_digest=alternating(20).astype(str))
    assert not deal_clips(by_label, alternating(20), 5, seed=0).apart


@given(
    groups=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4)), min_size=2, max_size=40),
    folds=st.integers(2, 8),
    seed=st.integers(0, 9),
)
def test_groups_of_a_label_are_dealt_evenly(groups: list[tuple[int, int]], folds: int, seed: int) -> None:
    labels, sizes = np.transpose(groups)
    classes, members = np.repeat(labels, sizes), np.repeat(np.arange(len(sizes)), sizes)
    numbers = deal_groups(members, classes, folds, seed)
    assert set(numbers) == set(range(min(folds, len(groups))))
    for group in range(len(groups)):
        assert len(set(numbers[members == group])) == 1
    for label in labels:
        in_folds = np.bincount(numbers[classes == label], minlength=folds)
        assert np.ptp(in_folds) <= sizes[labels == label].max()


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.integers(1, 8), st.integers(0, 9))
def test_draws_are_bounded(classes: list[int], most: int, seed: int) -> None:
    numbers = np.array(classes)
    drawn = at_most_each(numbers, most, seed)
    for label in set(classes):
        assert np.sum(numbers[drawn] == label) == min(most, np.sum(numbers == label))
    assert np.all(np.diff(drawn) > 0)


def test_many_clips_are_dealt_fast() -> None:
    """Ten thousand groups of one clip: label by label as even as can be."""
    classes = alternating(10_000, 35)
    numbers = deal_groups(np.arange(10_000), classes, 5, seed=0)
    for label in range(35):
        assert np.ptp(np.bincount(numbers[classes == label], minlength=5)) <= 1
