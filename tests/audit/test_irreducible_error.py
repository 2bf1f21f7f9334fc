"""Irreducible error on clips with known defects."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundcheck.audit.irreducible_error import IrreducibleError, estimate_irreducible_error
from soundcheck.audit.label_audit import LabelAudit
from soundcheck.errors import SoundcheckError


def table(sounds: list[str], labels: list[str], split: str = "test") -> pd.DataFrame:
    paths = [f"{number}.wav" for number in range(len(sounds))]
    return pd.DataFrame({"clip_digest": sounds, "path": paths, "label": labels, "split": split}, dtype=str)


def audit_of(clips: pd.DataFrame, suspects: Sequence[int] = (), mislabelled: int | None = None) -> LabelAudit:
    """An audit that suspects these rows, and estimates as many wrong labels unless told."""
    is_suspect = np.isin(np.arange(len(clips)), suspects)
    wrong = len(suspects) if mislabelled is None else mislabelled
    joint = np.array([[len(clips) - wrong, wrong], [0, 0]])
    return LabelAudit(("go", "no"), clips[["path"]].assign(is_suspect=is_suspect), joint, 0.9)


def estimate(clips: pd.DataFrame, silent: Sequence[int] = (), **audit: object) -> IrreducibleError:
    is_silent = np.isin(np.arange(len(clips)), silent)
    return estimate_irreducible_error(clips, audit_of(clips, **audit), is_silent)["test"]


def clean(count: int) -> pd.DataFrame:
    return table([f"sound {number}" for number in range(count)], ["go", "no"] * (count // 2))


def test_clean_clips_have_no_ceiling() -> None:
    found = estimate(clean(100))
    assert (found.ceiling, found.lowest_ceiling) == (1, 1)
    assert found.verdict == "nothing was found that keeps a model from being right on all of these 100 clips"


def test_silent_clips_are_right_for_their_most_frequent_label_at_most() -> None:
    found = estimate(clean(100), silent=[0, 1, 2, 4, 6])  # go, no, go, go, go
    assert (found.silent, found.certain_errors) == (5, 1)
    assert found.ceiling == 0.99


def test_silence_that_is_labelled_so_is_no_error() -> None:
    clips = clean(100)
    clips.loc[:9, "label"] = "_silence_"
    assert estimate(clips, silent=list(range(12))).certain_errors == 2


def test_a_sound_under_two_labels_is_one_error_and_duplicates_are_none() -> None:
    clips = clean(100)
    clips.loc[:1, "clip_digest"] = "pair"
    clips.loc[[4, 6], "clip_digest"] = "duplicates"
    found = estimate(clips)
    assert (found.contradictions, found.certain_errors) == (1, 1)
    assert found.verdict == (
        "no model can pass 0.990 on these 100 clips (without sound: 0, sounds under several labels: 1); "
        "no other label is suspected"
    )


def test_a_pair_in_two_splits_contradicts_itself_in_neither() -> None:
    clips = clean(100)
    clips.loc[:1, "clip_digest"] = "pair"
    clips.loc[1:50, "split"] = "train"
    found = estimate_irreducible_error(clips, audit_of(clips), np.zeros(100, np.bool_))
    assert [found[split].certain_errors for split in ("test", "train")] == [0, 0]


def test_suspects_lower_the_lowest_ceiling_only() -> None:
    found = estimate(clean(100), suspects=[10, 11, 12, 13], mislabelled=6)
    assert (found.ceiling, found.suspects) == (1, 4)
    assert found.lowest_ceiling == pytest.approx(0.94)
    assert found.verdict == (
        "no error is certain on these 100 clips; none can pass 0.940 if the audit is right about the labels "
        "(4 suspected, which stand for about 6 wrong ones)"
    )


def test_a_clip_counts_once() -> None:
    clips = clean(100)
    clips.loc[2:3, "clip_digest"] = "pair"
    found = estimate(clips, silent=[0, 1], suspects=[0, 2, 3, 9])
    assert (found.certain_errors, found.suspects) == (2, 1)
    assert found.lowest_ceiling == pytest.approx(0.97)


def test_wrong_labels_are_shared_out_by_the_suspects_of_each_split() -> None:
    clips = clean(100)
    clips.loc[50:, "split"] = "train"
    found = estimate_irreducible_error(
        clips, audit_of(clips, [1, 60, 61, 62], mislabelled=8), np.zeros(100, np.bool_)
    )
    assert [found[split].suspected_errors for split in ("test", "train")] == [2, 6]
    assert found["test"].to_dict()["verdict"] == found["test"].verdict


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(["go", "no", "up"]), st.booleans(), st.booleans()),
        min_size=1,
        max_size=40,
    )
)
def test_the_ceiling_is_what_the_best_answers_in_hindsight_reach(
    rows: list[tuple[int, str, bool, bool]],
) -> None:
    sounds, labels, silent, suspects = (list(column) for column in zip(*rows, strict=True))
    clips = table([f"sound {sound}" for sound in sounds], labels)
    found = estimate(
        clips, silent=np.flatnonzero(silent).tolist(), suspects=np.flatnonzero(suspects).tolist()
    )
    heard = ["nothing" if is_silent else sound for sound, is_silent in zip(sounds, silent, strict=True)]
    right = sum(
        max(sum(pair == (sound, label) for pair in zip(heard, labels, strict=True)) for label in set(labels))
        for sound in set(heard)
    )
    assert found.ceiling == pytest.approx(right / len(clips))
    assert 0 <= found.lowest_ceiling <= found.ceiling <= 1


def test_other_clips_than_those_audited_are_refused() -> None:
    clips = clean(10)
    with pytest.raises(SoundcheckError, match="do not belong together"):
        estimate_irreducible_error(clips.iloc[::-1], audit_of(clips), np.zeros(10, np.bool_))
    with pytest.raises(SoundcheckError, match="9 marks of silence"):
        estimate_irreducible_error(clips, audit_of(clips), np.zeros(9, np.bool_))
