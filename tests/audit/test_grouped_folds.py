"""Folds: what belongs together is in one, and there is always something to learn from."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from soundcheck.audit.grouped_folds import grouped_folds, is_known_elsewhere


def table(speakers: list[str], files: list[str], clips: list[str] | None = None) -> pd.DataFrame:
    return pd.DataFrame({"speaker": speakers, "file_digest": files, "clip_digest": clips or files}, dtype=str)


def alternating(count: int, labels: int = 2) -> np.ndarray:
    return np.arange(count) % labels


def is_parted(folds: np.ndarray, column: pd.Series) -> bool:
    """Whether a value of the column, "" apart, is in two folds."""
    rows = column != ""
    return bool((pd.Series(folds)[rows].groupby(column[rows]).nunique() > 1).any())


@settings(max_examples=50, deadline=None)
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
    dealt = grouped_folds(clips, alternating(len(clips)), folds)
    assert len(set(dealt)) > 1
    assert not is_parted(dealt, clips["clip_digest"])
    if is_parted(dealt, clips["speaker"]):
        shares = clips["speaker"].value_counts(normalize=True)
        linked = 2 * len(copies)  # a copy joins two speakers to one group
        assert shares.nlargest(linked + 1).sum() > 0.5


def test_a_duplicate_links_two_speakers() -> None:
    clips = table([f"s{number // 2}" for number in range(20)], [f"f{number}" for number in range(20)])
    clips.loc[2, ["file_digest", "clip_digest"]] = "f0"
    dealt = grouped_folds(clips, alternating(20), 5)
    assert len(set(dealt[:4])) == 1
    assert len(set(dealt)) == 5


def test_folds_are_of_about_the_same_size_and_clips_without_a_speaker_are_not_one_speaker() -> None:
    dealt = grouped_folds(table([""] * 100, [f"f{number}" for number in range(100)]), alternating(100), 5)
    np.testing.assert_array_equal(np.bincount(dealt), [20] * 5)


def test_clips_of_a_single_speaker_are_parted_but_not_its_sounds() -> None:
    clips = table(["s"] * 30, [f"f{number // 2}" for number in range(30)])
    dealt = grouped_folds(clips, alternating(30), 5)
    assert len(set(dealt)) == 5
    assert not is_parted(dealt, clips["clip_digest"])


def test_a_speaker_for_each_label_is_parted() -> None:
    labels = np.repeat([0, 1], 10)
    clips = table([f"s{label}" for label in labels], [f"f{number}" for number in range(20)])
    assert is_known_elsewhere(labels, grouped_folds(clips, labels, 5)).all()


def test_parts_of_a_single_recording_are_parted() -> None:
    clips = table([""] * 20, ["f"] * 20, [f"c{number}" for number in range(20)])
    assert len(set(grouped_folds(clips, alternating(20), 4))) == 4


def test_one_sound_is_one_fold() -> None:
    dealt = grouped_folds(table(["a", "b"], ["f", "f"]), np.array([0, 1]), 5)
    np.testing.assert_array_equal(dealt, [0, 0])
    np.testing.assert_array_equal(is_known_elsewhere(np.array([0, 1]), dealt), [False, False])
