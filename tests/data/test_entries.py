from pathlib import Path

import pandas as pd
import pytest

from soundcheck.config import Config, DataConfig, with_settings
from soundcheck.data.entries import Entry, list_entries, speaker_of
from soundcheck.data.manifest import UNKNOWN
from soundcheck.data.sources import Source
from soundcheck.errors import ConfigError, SourceError


@pytest.fixture
def folder(tmp_path):
    for label, count in {"no": 20, "yes": 20, "bird": 30, "cat": 30}.items():
        (tmp_path / label).mkdir()
        for number in range(count):
            (tmp_path / label / f"s{number:02}_nohash_0.wav").write_bytes(b"")
    return tmp_path


def test_a_folder_gives_its_labels(folder):
    entries = list_entries(Source(folder, ""), DataConfig())
    assert len(entries) == 100
    assert entries[0] == Entry("bird/s00_nohash_0.wav", "bird", "s00")


def test_other_words_become_unknown_at_their_share(folder):
    data = DataConfig(words=("no", "yes"), unknown_fraction=0.2)
    entries = list_entries(Source(folder, ""), data)
    labels = pd.Series([entry.label for entry in entries]).value_counts().to_dict()
    assert labels == {"no": 20, "yes": 20, UNKNOWN: 10}
    assert {entry.file.split("/")[0] for entry in entries if entry.label == UNKNOWN} == {"bird", "cat"}


def test_a_new_recording_hardly_moves_the_choice_of_unknown_ones(folder):
    data = DataConfig(words=("no", "yes"))
    before = {entry.file for entry in list_entries(Source(folder, ""), data)}
    (folder / "bird" / "new_nohash_0.wav").write_bytes(b"")
    after = {entry.file for entry in list_entries(Source(folder, ""), data)}
    assert len(before ^ after) <= 2


def test_a_word_that_is_not_there_is_named(folder):
    with pytest.raises(SourceError, match=r"data\.words: there is no clip of 'yess'; did you mean 'yes'\?"):
        list_entries(Source(folder, ""), DataConfig(words=("yess",)))


@pytest.mark.parametrize(
    ("path", "pattern", "speaker"),
    [
        ("yes/anna-1.wav", r"([a-z]+)-\d", "anna"),
        ("yes/anna.wav", r"(b+)", "anna"),
        ("speakers/anna/yes.wav", r"speakers/([^/]+)/", "anna"),
    ],
)
def test_the_speaker_is_the_group_of_the_pattern(path, pattern, speaker):
    assert speaker_of(path, pattern) == speaker


@pytest.mark.parametrize("pattern", ["(", "a", "(a)(b)"])
def test_a_pattern_without_one_group_is_refused(pattern):
    with pytest.raises(ConfigError, match=r"data\.speaker_pattern="):
        with_settings(Config(), [f"data.speaker_pattern={pattern}"])


def table(tmp_path, text, name="clips.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return Source(tmp_path, "", table=path)


def test_a_table_names_clips_labels_speakers_and_splits(tmp_path):
    source = table(
        tmp_path,
        "label,path,speaker,split,room\n"
        "no, b/2.wav ,anna,train,kitchen\n"
        "null,a/1.wav,,,\n"
        'yes,"c, d.wav",ben,test,hall\n',
    )
    assert list_entries(source, DataConfig()) == [
        Entry("a/1.wav", "null", "1"),
        Entry("b/2.wav", "no", "anna", "train"),
        Entry("c, d.wav", "yes", "ben", "test"),
    ]


def test_a_parquet_table_is_read_like_a_csv(tmp_path):
    path = tmp_path / "clips.parquet"
    pd.DataFrame({"path": ["a.wav", "b.wav"], "label": [1, 2], "speaker": ["anna", None]}).to_parquet(path)
    assert list_entries(Source(tmp_path, "", table=path), DataConfig()) == [
        Entry("a.wav", "1", "anna"),
        Entry("b.wav", "2", "b"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path;label\na.wav;yes\n", r"no column 'path', its columns are path;label; .* commas"),
        ("path\na.wav\n", "no column 'label'"),
        ("Path,label\na.wav,yes\n", "did you mean 'Path'"),
        ("path,label\n", "has no row"),
        ("path,label\na.wav,ja/nein\n", "the label 'ja/nein' cannot be used: .* a slash"),
        ("path,label\na.wav,..\n", r"the label '\.\.' cannot be used"),
        ("path,label\na.wav,\x07\n", "cannot be used: .* control character"),
        (f"path,label\n{'a' * 5000}.wav,yes\n", "the path 'aaa.* cannot be used: .* 4096"),
        ("path,label\na.wav,yes\n./a.wav,no\n", r"'\./a\.wav' stands there more than once"),
        ("path,label\na.wav,yes,1,2,3\nb.wav,no\n", "quotation marks around what holds a comma"),
        ("path,label\na.wav,yes\n,no\n", "row 2 has no path"),
        ("path,label\na.wav,yes\nb.wav,\n", "row 2 has no label"),
        ("path,label\na.wav,yes\na.wav,no\n", r"'a\.wav' stands there more than once"),
        ("path,label,split\na.wav,yes,dev\n", "split 'dev' is none of train, validation, test"),
        ("", "cannot be read as a table"),
        ('path,label\n"a.wav,yes\n', "cannot be read as a table|row 1 has no label"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(tmp_path, text, message):
    with pytest.raises(SourceError, match=message):
        list_entries(table(tmp_path, text), DataConfig())


def test_words_that_are_added_by_themselves_are_not_to_be_given(folder):
    with pytest.raises(SourceError, match="no clip of '_silence_'; it is added by itself"):
        list_entries(Source(folder, ""), DataConfig(words=("_silence_", "yes")))
    with pytest.raises(SourceError, match=r"no clip of 'YES'; did you mean 'yes'\?"):
        list_entries(Source(folder, ""), DataConfig(words=("YES", "no")))


def test_a_share_that_cannot_be_met_is_said(folder, caplog):
    list_entries(Source(folder, ""), DataConfig(words=("no", "yes"), unknown_fraction=0.9))
    assert "data.unknown_fraction=0.9 wants 360 clips of other words, there are 60" in caplog.text


def test_what_is_no_parquet_is_refused(tmp_path):
    with pytest.raises(SourceError, match="cannot be read as a table"):
        list_entries(table(tmp_path, "path,label", "clips.parquet"), DataConfig())


def test_a_file_of_another_encoding_is_refused(tmp_path):
    path = tmp_path / "clips.csv"
    path.write_bytes("path,label\nä.wav,yes\n".encode("latin-1"))
    with pytest.raises(SourceError, match="cannot be read as a table"):
        list_entries(Source(Path(tmp_path), "", table=path), DataConfig())
