import zipfile
from collections import Counter
from pathlib import PurePosixPath

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundcheck.config import DataConfig
from soundcheck.data.entries import speaker_of
from soundcheck.data.splits import assign_splits, split_of_speaker
from soundcheck.errors import SourceError

PATTERN = DataConfig().speaker_pattern


def clips(speakers=200, labels=("no", "yes"), decodable=True):
    paths = sorted(f"{label}/{number:08x}_nohash_0.wav" for label in labels for number in range(speakers))
    return pd.DataFrame(
        {
            "file_digest": paths,
            "split": "",
            "path": paths,
            "label": [path.split("/")[0] for path in paths],
            "speaker": [speaker_of(path, PATTERN) for path in paths],
            "decodable": decodable,
        }
    )


def test_the_published_split_of_the_real_clips(test_data):
    with zipfile.ZipFile(test_data / "mini_speech_commands.zip") as archive:
        names = [name for name in archive.namelist() if PurePosixPath(name).suffix == ".wav"]
    counts = Counter(split_of_speaker(speaker_of(name, PATTERN), 0.1, 0.1) for name in names)
    assert counts == {"train": 6290, "validation": 865, "test": 845}


@pytest.mark.parametrize(
    ("path", "speaker"),
    [("yes/0a7c2a8d_nohash_1.wav", "0a7c2a8d"), ("yes/take_7.flac", "take_7"), ("no/a.b.wav", "a.b")],
)
def test_speaker_of(path, speaker):
    assert speaker_of(path, PATTERN) == speaker


@given(st.text(min_size=1), st.floats(0.01, 0.45), st.floats(0.01, 0.45))
def test_a_speakers_split_is_one_of_three_and_more_test_never_moves_validation(speaker, validation, test):
    split = split_of_speaker(speaker, validation, test)
    assert split in {"train", "validation", "test"}
    assert (split_of_speaker(speaker, validation, test / 2) == "validation") == (split == "validation")


def test_no_speaker_is_in_two_splits():
    table = clips()
    table["split"] = assign_splits(table, DataConfig())
    assert (table.groupby("speaker")["split"].nunique() == 1).all()
    assert set(table["split"]) == {"train", "validation", "test"}


def test_random_split_has_the_right_proportions_and_follows_its_seed():
    table = clips(400)
    first = assign_splits(table, DataConfig(split="random"))
    assert Counter(first) == {"train": 640, "validation": 80, "test": 80}
    assert first.equals(assign_splits(table, DataConfig(split="random")))
    assert not first.equals(assign_splits(table, DataConfig(split="random", split_seed=1)))


def test_a_small_random_split_still_has_every_label():
    table = clips(25, labels=list("abcdefgh"))
    table["split"] = assign_splits(table, DataConfig(split="random"))
    assert (table.groupby(["split", "label"]).size().unstack().loc[["validation", "test"]] >= 2).all(
        axis=None
    )


def test_byte_identical_clips_share_a_random_split():
    table = clips(400)
    table["file_digest"] = [f"{number // 2}" for number in range(len(table))]
    table["split"] = assign_splits(table, DataConfig(split="random"))
    assert (table.groupby("file_digest")["split"].nunique() == 1).all()


def test_random_split_does_not_depend_on_the_order_of_rows():
    table = clips()
    shuffled = table.sample(frac=1, random_state=0)
    config = DataConfig(split="random")
    assert assign_splits(shuffled, config).sort_index().equals(assign_splits(table, config))


def test_an_undecodable_clip_has_no_split():
    table = clips()
    table.loc[7, "decodable"] = False
    for split in ("speaker", "random"):
        assert assign_splits(table, DataConfig(split=split))[7] == ""


def test_an_empty_split_names_the_way_out():
    with pytest.raises(SourceError, match=r"split .* 'no', 'yes'.*--set data.split=random"):
        assign_splits(clips(1), DataConfig())
    with pytest.raises(SourceError, match="add more clips"):
        assign_splits(clips(2), DataConfig(split="random"))


def test_a_label_without_a_training_clip_is_refused():
    table = clips(100)
    tested = table["speaker"].map(lambda speaker: split_of_speaker(speaker, 0.1, 0.1) == "test")
    table.loc[tested, "label"] = "only in test"
    with pytest.raises(SourceError, match=r"the train split .* has no clip of 'only in test'"):
        assign_splits(table, DataConfig())


def test_a_label_without_a_test_clip_is_warned_of(caplog):
    table = clips(100)
    table.loc[len(table)] = table.iloc[0].to_dict() | {"path": "rare/a.wav", "label": "rare", "speaker": "a"}
    assert split_of_speaker("a", 0.1, 0.1) == "train"
    assign_splits(table, DataConfig())
    assert "the test split (data.split='speaker') has no clip of 'rare'" in caplog.text


def test_a_split_without_a_label_says_that_clips_repeat_each_other():
    table = clips(30)
    table["file_digest"] = table["label"]
    with pytest.raises(SourceError, match="58 of 60 repeat another byte for byte"):
        assign_splits(table, DataConfig(split="random"))


def test_splits_of_the_source_are_to_be_changed_there():
    table = clips(30).assign(split="train")
    with pytest.raises(SourceError, match="change its column split"):
        assign_splits(table, DataConfig(split="random"))
