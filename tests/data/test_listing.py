"""Long recordings, tables and background noise, as they are listed."""

import hashlib
import shutil
import zipfile

import numpy as np
import pytest
from scipy.io import wavfile

from soundcheck.config import DataConfig
from soundcheck.data.listing import build_manifest
from soundcheck.data.manifest import origins
from soundcheck.data.sources import Source, locate
from soundcheck.data.waveforms import read_waveforms
from soundcheck.errors import SourceError

RANDOM = DataConfig(split="random")
RATE_HZ = 16000


def listed(data, home):
    source = locate(data, home)
    return source, build_manifest(source, data, clip_duration_ms=1000)


@pytest.fixture
def folder(speech_folder, tmp_path):
    return shutil.copytree(speech_folder, tmp_path / "speech")


@pytest.fixture
def noise_archive(test_data):
    return test_data / "background_noise.zip"


def long_recording(path, rate_hz=RATE_HZ):
    """Three seconds, a tone from 1.5 to 1.9."""
    samples = np.random.default_rng(0).normal(0, 20, 3 * rate_hz)
    tone = slice(round(1.5 * rate_hz), round(1.9 * rate_hz))
    samples[tone] += 8000 * np.sin(2 * np.pi * 440 * np.arange(tone.stop - tone.start) / rate_hz)
    wavfile.write(path, rate_hz, samples.astype(np.int16))


@pytest.mark.parametrize("rate_hz", [16000, 44100])
def test_a_long_recording_is_cut_around_its_energy(folder, tmp_path, rate_hz):
    long_recording(folder / "yes/long.wav", rate_hz)
    source, manifest = listed(RANDOM.model_copy(update={"source": str(folder)}), tmp_path)
    row = manifest.set_index("file").loc["yes/long.wav"]
    start_s, end_s = map(float, row["path"].removeprefix("yes/long.wav#t=").split(","))
    assert start_s == pytest.approx(1.2, abs=0.01)
    assert end_s - start_s == pytest.approx(1, abs=1e-5)
    assert (row["duration_s"], row["file_duration_s"], row["speaker"]) == (1, 3, "long")
    expected = hashlib.sha256(f"{row['file_digest']}:{row['start_frame']}:{rate_hz}".encode()).hexdigest()
    assert row["clip_digest"] == expected
    waveform = read_waveforms(source, manifest.query("file == 'yes/long.wav'"), RATE_HZ, RATE_HZ)[0]
    assert np.abs(waveform[5000:11000]).mean() > 0.1
    assert np.abs(waveform[:4500]).max() < 0.01


def test_a_long_recording_is_cut_into_windows_that_stay_together(folder, tmp_path):
    for number in range(20):
        long_recording(folder / f"yes/long{number}.wav")
    data = DataConfig(source=str(folder), split="random", long_clips="windows")
    _, manifest = listed(data, tmp_path)
    windows = manifest[manifest["file"].str.startswith("yes/long")]
    assert len(windows) == 60
    assert windows["path"].is_unique
    assert windows["path"].iloc[1] == "yes/long0.wav#t=1,2"
    assert (windows.groupby("file")["split"].nunique() == 1).all()


def test_a_table_is_a_source_with_its_own_splits(folder, tmp_path):
    lines = ["path,label,speaker,split"]
    for number, path in enumerate(sorted(folder.glob("*/*.wav"))):
        split = ("train", "validation", "test", "")[number % 4]
        lines.append(f"{path.relative_to(folder)},{path.parent.name.upper()},s{number % 7},{split}")
    lines += [f"{folder}/no/gone.wav,NO,s1,train", "notes.txt,NO,s1,train"]
    (folder / "notes.txt").write_text("no audio")
    (folder / "clips.csv").write_text("\n".join(lines))
    _, manifest = listed(DataConfig(source=str(folder / "clips.csv")), tmp_path)
    usable = manifest[manifest["decodable"]]
    assert set(usable["label"]) == {"DOWN", "GO", "LEFT", "NO", "RIGHT", "STOP", "UP", "YES"}
    assert (usable.iloc[0::4]["split"] == "train").all()
    assert (usable.iloc[2::4]["split"] == "test").all()
    assert set(usable.iloc[3::4]["split"]) <= {"train", "validation", "test"}
    reasons = manifest[~manifest["decodable"]].set_index("path")
    assert reasons.loc[f"{folder}/no/gone.wav", "reason"] == "cannot be read: No such file or directory"
    assert "notes.txt" in reasons.index
    assert (reasons["split"] == "").all()


def test_a_tables_digest_counts_the_table_and_the_clips(folder, tmp_path):
    first, second, *_ = sorted(folder.glob("no/*.wav"))
    csv = folder / "clips.csv"

    def digest(text):
        csv.write_text(text)
        return locate(DataConfig(source=str(csv)), tmp_path).digest

    text = f"path,label\nno/{first.name},no\nno/{second.name},yes\n"
    before = digest(text)
    assert digest(text) == before
    assert digest(text.replace("yes", "no")) != before
    first.write_bytes(second.read_bytes())
    assert digest(text) != before


def test_silence_is_cut_from_noise_and_divided_by_time(folder, noise_archive, tmp_path):
    data = DataConfig(source=str(folder), noise=str(noise_archive), silence_fraction=0.2)
    source, manifest = listed(data, tmp_path)
    silence = manifest[manifest["label"] == "_silence_"]
    assert len(silence) == 50  # a fifth of 250
    assert (silence["frames"] == RATE_HZ).all()
    assert set(silence["speaker"]) == {""}
    assert silence["split"].value_counts().to_dict() == {"train": 40, "validation": 5, "test": 5}
    assert silence["file"].nunique() == 6
    for _, clips in silence.groupby("file"):
        in_time = clips.sort_values("start_frame")["split"].drop_duplicates().tolist()
        assert in_time == [split for split in ("train", "validation", "test") if split in in_time]
    assert read_waveforms(source, silence, RATE_HZ, RATE_HZ).any(axis=1).all()


def test_noise_may_lie_in_the_source_itself(folder, noise_archive, tmp_path):
    with zipfile.ZipFile(noise_archive) as archive:
        archive.extract("_background_noise_/white_noise.wav", folder)
    without = DataConfig(source=str(folder))
    _, manifest = listed(without, tmp_path)
    assert "_silence_" not in set(manifest["label"])
    within, manifest = listed(DataConfig(source=str(folder), silence_fraction=0.1), tmp_path)
    assert (manifest["label"] == "_silence_").sum() == 22
    assert within.digest != locate(without, tmp_path).digest


def test_damaged_noise_is_set_aside(folder, tmp_path):
    noise = tmp_path / "noise"
    noise.mkdir()
    (noise / "bad.wav").write_bytes(b"RIFF")
    long_recording(noise / "good.wav")
    data = DataConfig(source=str(folder), noise=str(noise), silence_fraction=0.01)
    _, manifest = listed(data, tmp_path)
    bad = manifest.set_index("file").loc["_background_noise_/bad.wav"]
    assert (bad["label"], bad["split"], bad["decodable"]) == ("_silence_", "", False)


@pytest.mark.parametrize("given", [False, True])
def test_silence_without_noise_is_refused(folder, tmp_path, given):
    (tmp_path / "noise").mkdir()
    noise = str(tmp_path / "noise") if given else None
    data = DataConfig(source=str(folder), noise=noise, silence_fraction=0.1)
    with pytest.raises(SourceError, match="no recording of background noise" if given else "--noise"):
        locate(data, tmp_path)


def test_noise_shorter_than_a_clip_is_refused(folder, tmp_path):
    (tmp_path / "noise").mkdir()
    wavfile.write(tmp_path / "noise/short.wav", RATE_HZ, np.ones(8000, np.int16))
    data = DataConfig(source=str(folder), noise=str(tmp_path / "noise"))
    with pytest.raises(SourceError, match=r"no recording of background noise in .*: 1\.25 s"):
        build_manifest(locate(data, tmp_path), data, clip_duration_ms=1000)


@pytest.mark.parametrize("name", ["noise.wav", "clips.csv"])
def test_noise_is_a_folder_or_an_archive(folder, tmp_path, name):
    long_recording(tmp_path / name)
    data = DataConfig(source=str(folder), noise=str(tmp_path / name))
    with pytest.raises(
        SourceError, match=r"data\.noise=.* is not an archive .*; give a folder with recordings"
    ):
        locate(data, tmp_path)


def test_noise_that_cannot_be_read_is_named(folder, tmp_path):
    (tmp_path / "noise").mkdir()
    (tmp_path / "noise/bad.wav").write_bytes(b"RIFF")
    data = DataConfig(source=str(folder), noise=str(tmp_path / "noise"))
    with pytest.raises(SourceError, match=r"_background_noise_/bad\.wav: not audio"):
        build_manifest(locate(data, tmp_path), data, clip_duration_ms=1000)


def test_a_table_in_a_folder_of_audio_is_pointed_at(speech_folder, tmp_path):
    shutil.copytree(speech_folder / "yes", tmp_path / "set/audio")
    (tmp_path / "set/clips.csv").write_text("path,label\n")
    with pytest.raises(
        SourceError, match=r"the one label 'audio'.*there is a table in it: give '.*clips\.csv'"
    ):
        locate(DataConfig(source=str(tmp_path / "set")), tmp_path)


def test_parts_of_a_recording_have_one_origin_and_of_noise_each_its_own(folder, noise_archive, tmp_path):
    long_recording(folder / "yes/long.wav")
    data = DataConfig(source=str(folder), split="random", long_clips="windows", noise=str(noise_archive))
    _, manifest = listed(data, tmp_path)
    origin = origins(manifest).groupby(manifest["file"]).nunique()
    assert origin["yes/long.wav"] == 1
    assert origin.filter(like="_background_noise_").gt(1).all()


def test_a_folder_and_an_archive_of_noise_give_the_same_clips(folder, noise_archive, tmp_path):
    with zipfile.ZipFile(noise_archive) as archive:
        archive.extractall(tmp_path / "unpacked")
    found = [
        listed(DataConfig(source=str(folder), noise=str(noise)), tmp_path)
        for noise in (noise_archive, tmp_path / "unpacked", tmp_path / "unpacked" / "_background_noise_")
    ]
    assert len({source.digest for source, _ in found}) == 1
    assert found[0][1].equals(found[1][1])


def test_a_source_without_table_or_noise_is_a_folder(folder):
    assert Source(folder, "").path("yes/a.wav") == f"{folder}/yes/a.wav"
