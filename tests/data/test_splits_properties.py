"""Whatever the clips are, each has one split, and what belongs together stays together."""

import logging

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from soundcheck.config import DataConfig
from soundcheck.data.splits import assign_splits
from soundcheck.errors import SourceError

SPLITS = {"train", "validation", "test"}

clip = st.fixed_dictionaries(
    {
        "file_digest": st.integers(0, 40).map(str),
        "label": st.sampled_from(["no", "yes"]),
        "speaker": st.integers(0, 25).map(str),
        "decodable": st.integers(0, 9).map(bool),
    }
)
fractions = st.tuples(st.floats(0.05, 0.4), st.floats(0.05, 0.4))


@pytest.fixture(autouse=True)
def _no_warnings(caplog):
    caplog.set_level(logging.CRITICAL, "soundcheck")


def table(clips):
    """Clips under names that do not depend on how many there are."""
    named = [
        {"path": f"{one['label']}/{number:03}.wav", "split": "", **one} for number, one in enumerate(clips)
    ]
    return pd.DataFrame(named)


def assigned(clips, split, shares, **chosen):
    """The splits, where every one has a clip of every label that needs one."""
    validation, test = shares
    data = DataConfig(split=split, validation_fraction=validation, test_fraction=test, **chosen)
    try:
        return assign_splits(clips, data)
    except SourceError:
        assume(False)


several = st.lists(clip, min_size=20, max_size=40)


@settings(max_examples=25)
@given(several, st.sampled_from(["speaker", "random"]), fractions)
def test_every_usable_clip_has_one_split_and_no_other_clip_has_any(clips, split, shares):
    clips = table(clips)
    splits = assigned(clips, split, shares)
    assert splits.index.equals(clips.index)
    assert set(splits[clips["decodable"]]) <= SPLITS
    assert set(splits[~clips["decodable"]]) <= {""}


@settings(max_examples=25)
@given(several, fractions)
def test_no_speaker_is_in_two_splits(clips, shares):
    clips = table(clips)
    clips["split"] = assigned(clips, "speaker", shares)
    assert (clips[clips["decodable"]].groupby("speaker")["split"].nunique() == 1).all()


@settings(max_examples=25)
@given(several, fractions, st.integers(0, 5))
def test_clips_of_the_same_bytes_stay_together_in_a_random_split(clips, shares, seed):
    clips = table(clips)
    clips["split"] = assigned(clips, "random", shares, split_seed=seed)
    assert (clips[clips["decodable"]].groupby("file_digest")["split"].nunique() == 1).all()


@settings(max_examples=25)
@given(several, st.lists(clip, max_size=30), fractions)
def test_new_clips_move_none_in_the_speaker_split(clips, more, shares):
    before = assigned(table(clips), "speaker", shares)
    after = assigned(table(clips + more), "speaker", shares)
    assert after.iloc[: len(clips)].tolist() == before.tolist()


@settings(max_examples=25)
@given(several, st.sampled_from(["speaker", "random"]), fractions, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(clips, split, shares, generator):
    clips = table(clips)
    order = generator.sample(range(len(clips)), len(clips))
    splits = assigned(clips, split, shares)
    shuffled = assigned(clips.iloc[order].reset_index(drop=True), split, shares)
    assert shuffled.tolist() == splits.iloc[order].tolist()


@settings(max_examples=25)
@given(several, st.data(), st.sampled_from(["speaker", "random"]), fractions)
def test_a_split_that_the_source_assigns_is_kept(clips, data, split, shares):
    clips = table(clips)
    given_splits = data.draw(
        st.lists(st.sampled_from(["", *sorted(SPLITS)]), min_size=len(clips), max_size=len(clips))
    )
    clips["split"] = [
        one if usable else "" for one, usable in zip(given_splits, clips["decodable"], strict=True)
    ]
    splits = assigned(clips, split, shares)
    kept = clips["split"] != ""
    assert splits[kept].tolist() == clips.loc[kept, "split"].tolist()
