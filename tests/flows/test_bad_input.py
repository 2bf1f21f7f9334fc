"""A user's mistakes end in one clear message and exit code 1; nothing is lost and nothing is traced back."""

import csv
import itertools
import re
import wave
import zipfile

import pytest
from flow_stages import FRUGAL, as_options

pytestmark = pytest.mark.slow


def empty_folder(folder):
    folder.mkdir()
    return folder


def one_label(folder):
    (folder / "yes").mkdir(parents=True)
    (folder / "yes" / "a.wav").write_bytes(b"RIFF")
    return folder


def no_audio(folder):
    for label in ("yes", "no"):
        (folder / label).mkdir(parents=True)
        (folder / label / "notes.txt").write_text("not a sound")
    return folder


def nothing_decodable(folder):
    for label in ("yes", "no"):
        (folder / label).mkdir(parents=True)
        (folder / label / "a.wav").write_bytes(b"")
    return folder


def archive_that_leaves(folder):
    folder.mkdir()
    with zipfile.ZipFile(folder / "words.zip", "w") as archive:
        archive.writestr("../outside.wav", b"RIFF")
    return folder / "words.zip"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "missing", "missing"),
        (empty_folder, "LABEL/clip.wav"),
        (no_audio, "LABEL/clip.wav"),
        (one_label, "label"),
        (nothing_decodable, "empty file"),
        (archive_that_leaves, "outside.wav"),
    ],
)
def test_a_source_that_cannot_be_used(soundcheck, tmp_path, make, message):
    source = make(tmp_path / "source")
    done = soundcheck(tmp_path / "home", "data", "describe", source)
    assert done.code == 1
    assert "Traceback" not in done.errors
    assert done.errors.startswith("soundcheck: ")
    assert message in done.errors
    assert not (tmp_path / "outside.wav").exists()


def test_the_flow_says_the_same_of_a_missing_path(soundcheck, tmp_path):
    done = soundcheck(tmp_path / "home", "train", "--data", tmp_path / "missing")
    assert done.code == 1
    assert "Traceback" not in done.errors
    assert "missing" in done.errors


def test_without_a_network_the_ways_out_are_named(soundcheck, tmp_path):
    nowhere = {
        "http_proxy": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "no_proxy": "127.0.0.1",
    }
    done = soundcheck(tmp_path / "home", "data", "describe", "mini_speech_commands", **nowhere)
    assert done.code == 1
    assert "Traceback" not in done.errors
    assert "--data synthetic" in done.errors
    assert "--data PATH" in done.errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset", "qick"], "qick"),
        (["--pre", "quick"], "--preset"),
        (["--set", "training.epoch=3"], "did you mean 'training.epochs'?"),
        (["--set", "training.epochs=many"], "training.epochs='many'"),
        (["--set", "training.epochs"], "has no '='"),
        (["--tag", "kitchen"], "is not KEY=VALUE"),
        (["--refresh", "spectogram"], "did you mean 'spectrograms'?"),
    ],
)
def test_an_unknown_option_or_key_names_the_nearest(soundcheck, tmp_path, arguments, message):
    done = soundcheck(tmp_path / "home", "train", *arguments)
    assert done.code in (1, 2)
    assert "Traceback" not in done.errors
    assert message in done.errors
    assert not (tmp_path / "home").exists()


def test_every_kind_of_broken_file_is_named_with_its_reason_and_the_good_clips_train(
    soundcheck, tmp_path, broken_folder
):
    folder, reasons = broken_folder
    tolerant = ("--set", "validation.max_bad_fraction=0.5")
    done = soundcheck(tmp_path / "home", "train", "--json", "--data", folder, *as_options(*FRUGAL), *tolerant)
    assert done.code == 0, done.errors
    assert f"{200 + len(reasons)} clips, {len(reasons)} set aside" in done.result["stages"]["ingest"]["why"]
    [aside] = tmp_path.glob("home/mlartifacts/**/set_aside.csv")
    with aside.open(encoding="utf-8") as file:
        said = {row["path"]: row["reason"] for row in csv.DictReader(file)}
    assert said.keys() == reasons.keys()
    for path, pattern in reasons.items():
        assert re.search(pattern, said[path]), path


def test_too_many_broken_files_stop_the_flow_before_anything_is_computed(soundcheck, tmp_path, broken_folder):
    folder, _ = broken_folder
    done = soundcheck(tmp_path / "home", "train", "--data", folder, *as_options(*FRUGAL))
    assert done.code == 1
    assert "At least 95 % of the clips must be readable." in done.errors
    assert "Traceback" not in done.errors
    assert "--set validation." in done.errors
    [page] = tmp_path.glob("home/store/results/validate/*/data_docs/failing_clips.html")
    assert "yes/empty.wav" in page.read_text(encoding="utf-8")
    assert not (tmp_path / "home/store/results/spectrograms").exists()


def test_odd_labels_and_long_recordings_in_a_table_train_and_are_read(soundcheck, tmp_path, speech_folder):
    lines = ["path,label"]
    labels = {"yes": "größe", "no": "a b", "up": "<b>up", "go": "$x_1$"}
    for word, label in labels.items():
        recordings = sorted((speech_folder / word).glob("*.wav"))
        for number, (first, second) in enumerate(itertools.pairwise(recordings)):
            twice_as_long(first, second, tmp_path / f"{word}{number}.wav")
            lines.append(f"{word}{number}.wav,{label}")
    (tmp_path / "clips.csv").write_text("\n".join(lines), encoding="utf-8")
    home, table = tmp_path / "home", tmp_path / "clips.csv"
    windows = ("--set", "data.long_clips=windows")
    done = soundcheck(home, "train", "--json", "--data", table, *as_options(*FRUGAL), *windows)
    assert done.code == 0, done.errors
    assert "192 clips" in done.result["stages"]["ingest"]["why"]
    [page] = home.glob("mlartifacts/**/label_audit.html")
    assert "größe" in page.read_text(encoding="utf-8")
    for page in home.glob("mlartifacts/**/*.html"):
        assert "<b>up" not in page.read_text(encoding="utf-8"), page


def twice_as_long(first, second, path):
    with wave.open(str(first)) as one, wave.open(str(second)) as other, wave.open(str(path), "wb") as both:
        both.setparams(one.getparams())
        for part in (one, other):
            both.writeframes(part.readframes(part.getnframes()).ljust(2 * 16000, b"\0"))


def test_a_label_that_would_leave_the_folder_is_refused(soundcheck, tmp_path):
    (tmp_path / "clips.csv").write_text("path,label\na.wav,../up\nb.wav,yes\n")
    done = soundcheck(tmp_path / "home", "data", "describe", tmp_path / "clips.csv")
    assert done.code == 1
    assert "the label '../up' cannot be used: it has" in done.errors
