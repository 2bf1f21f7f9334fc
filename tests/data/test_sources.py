import os
import shutil
import zipfile

import pytest

from soundcheck.config import DataConfig
from soundcheck.data.sources import clip_paths, locate
from soundcheck.errors import SourceError


@pytest.fixture
def folder(tmp_path):
    """A folder of four clips, with all the junk that comes along."""
    root = tmp_path / "words"
    for path in (
        "no/a.wav", "no/b.WAV", "yes/a.wav", "yes/c.flac",
        "README.md", "LICENSE", ".hidden.wav", "loose.wav", "no/notes.txt", "no/.a.wav", "yes/deeper/a.wav",
        "_background_noise_/hum.wav", "__MACOSX/no/a.wav", ".git/a.wav",
    ):  # fmt: skip
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(path.encode())
    return root


CLIPS = ["no/a.wav", "no/b.WAV", "yes/a.wav", "yes/c.flac"]


def located(source, home):
    return locate(DataConfig(source=str(source)), home)


def zipped(folder, path, prefix=""):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, prefix + file.relative_to(folder).as_posix())
    return path


def test_a_folder_is_itself_and_junk_is_passed_over(folder, tmp_path):
    source = located(folder, tmp_path / "home")
    assert source.root == folder
    assert clip_paths(folder) == CLIPS
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("prefix", ["", "mini_speech_commands/"])
def test_an_archive_and_its_folder_agree(folder, tmp_path, prefix):
    archive = zipped(folder, tmp_path / "words.v2.zip", prefix)
    source = located(archive, tmp_path / "home")
    assert clip_paths(source.root) == CLIPS
    assert source.digest == located(folder, tmp_path).digest
    assert source.root.relative_to(tmp_path / "home" / "sources").parts[0].startswith("words-")


def test_an_archive_is_unpacked_once(folder, tmp_path):
    archive = zipped(folder, tmp_path / "words.zip")
    source = located(archive, tmp_path / "home")
    time = source.root.stat().st_mtime_ns
    assert located(archive, tmp_path / "home") == source
    assert source.root.stat().st_mtime_ns == time


def test_the_digest_follows_bytes_and_names_of_clips_only(folder, tmp_path):
    before = located(folder, tmp_path).digest
    (folder / "README.md").write_text("changed")
    assert located(folder, tmp_path).digest == before
    (folder / "no/a.wav").write_bytes(b"changed")
    changed = located(folder, tmp_path).digest
    assert changed != before
    (folder / "no/a.wav").rename(folder / "no/z.wav")
    assert located(folder, tmp_path).digest not in (before, changed)


def test_links_to_files_count_and_broken_ones_are_listed(folder, tmp_path):
    (folder / "no/linked.wav").symlink_to(folder / "yes/a.wav")
    (folder / "no/broken.wav").symlink_to(folder / "nowhere.wav")
    located(folder, tmp_path)
    assert clip_paths(folder) == sorted([*CLIPS, "no/broken.wav", "no/linked.wav"])


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("{}/wrods", "'{}/words'"),
        ("sinthetic", "'synthetic'"),
        ("mini-speech-commands", "'mini_speech_commands'"),
    ],
)
def test_a_missing_path_names_what_may_be_meant(folder, tmp_path, asked, meant):
    with pytest.raises(SourceError) as raised:
        located(asked.format(folder.parent), tmp_path)
    assert "no such file or folder" in str(raised.value)
    assert f"did you mean {meant.format(folder.parent)}?" in str(raised.value)


def test_a_missing_path_with_nothing_near_lists_what_can_be_given(tmp_path):
    with pytest.raises(SourceError, match=r"give a folder LABEL/clip\.wav, an archive"):
        located(tmp_path / "qqqqqq" / "zzz", tmp_path)


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ([], "is empty; looked for LABEL/clip.wav"),
        (["no/a.txt", "README.md"], "holds no audio; looked for LABEL/clip.wav"),
        (["a.wav", "b.wav"], "without labels"),
        (["no/a.wav", "no/b.wav"], "one label 'no'"),
        (["words/no/a.wav"], "one label 'no'"),
    ],
)
def test_a_folder_that_cannot_be_used_says_why(tmp_path, paths, message):
    root = tmp_path / "root"
    root.mkdir()
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x")
    with pytest.raises(SourceError, match=message):
        located(root, tmp_path / "home")


@pytest.mark.parametrize("content", [b"", b"no archive at all" * 100])
def test_a_file_that_is_no_archive(tmp_path, content):
    (tmp_path / "words.zip").write_bytes(content)
    with pytest.raises(SourceError, match=r"words\.zip' is not an archive \(zip, tar"):
        located(tmp_path / "words.zip", tmp_path / "home")


def test_no_permission(folder, tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)  # root may read everything, so the mode would not do
    with pytest.raises(SourceError, match=r"cannot read the folder .*: Permission denied"):
        located(folder, tmp_path)


def test_the_public_archive_is_fetched_then_unpacked(folder, tmp_path, monkeypatch):
    archive = zipped(folder, tmp_path / "words.zip", "mini_speech_commands/")

    def fetch(url, path, **_):
        assert url.endswith("/mini_speech_commands.zip")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(archive, path)

    monkeypatch.setattr("soundcheck.data.download.download", fetch)
    source = located("mini_speech_commands", tmp_path / "home")
    assert clip_paths(source.root) == CLIPS
    assert (tmp_path / "home/downloads/mini_speech_commands.zip").is_file()


def test_synthetic_speech_is_made_once(tmp_path):
    config = DataConfig.model_validate({"source": "synthetic", "synthetic": {"clips_per_label": 1}})
    source = locate(config, tmp_path)
    assert source.root.parent == tmp_path / "sources"
    time = source.root.stat().st_mtime_ns
    assert locate(config, tmp_path) == source
    assert source.root.stat().st_mtime_ns == time
    other = DataConfig.model_validate({"synthetic": {"clips_per_label": 1, "seed": 1}})
    assert locate(other, tmp_path).digest != source.digest
