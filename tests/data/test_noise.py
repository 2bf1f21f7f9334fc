"""The recordings of background noise beside clips."""

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from soundcheck.data.manifest import NOISE
from soundcheck.data.noise import noise_of, read_noise
from soundcheck.data.sources import Source
from soundcheck.data.waveforms import to_wav
from soundcheck.errors import SourceError


@pytest.fixture
def source(tmp_path: Path) -> Source:
    (tmp_path / NOISE).mkdir()
    return Source(tmp_path, digest="")


def record(folder: Path, name: str, seconds: float = 1.0, rate_hz: int = 16000) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, round(seconds * rate_hz)).astype(np.float32)
    (folder / name).write_bytes(to_wav(samples, rate_hz))


def test_without_recordings_there_is_no_noise(source: Source, tmp_path: Path) -> None:
    assert noise_of(source) is None
    assert noise_of(Source(tmp_path / "elsewhere", digest="")) is None


def test_recordings_are_read_at_the_rate_of_the_clips(source: Source) -> None:
    record(source.root / NOISE, "low.wav", rate_hz=8000)
    record(source.root / NOISE, "same.wav", seconds=2)
    (source.root / NOISE / "README.md").write_text("noise")
    noise = noise_of(source)
    assert noise is not None
    assert [len(one) for one in read_noise(noise, 16000)] == [16000, 32000]


def test_a_recording_that_is_none_is_named(source: Source) -> None:
    (source.root / NOISE / "text.wav").write_text("noise")
    noise = noise_of(source)
    assert noise is not None
    with pytest.raises(SourceError, match=r"text\.wav"):
        read_noise(noise, 16000)


def test_what_changed_since_it_was_found_is_not_read(source: Source) -> None:
    record(source.root / NOISE, "one.wav")
    noise = noise_of(source)
    assert noise is not None
    record(source.root / NOISE, "one.wav", seconds=2)
    with pytest.raises(SourceError, match="changed"):
        read_noise(noise, 16000)


def test_what_a_user_gave_wins_and_the_digest_is_of_the_content(source: Source, tmp_path: Path) -> None:
    record(source.root / NOISE, "beside.wav")
    given = tmp_path / "given"
    given.mkdir()
    record(given, "other name.wav")
    beside, chosen = noise_of(source), noise_of(replace(source, noise=given))
    assert beside is not None
    assert chosen is not None
    assert (beside.folder, chosen.folder) == (source.root / NOISE, given)
    assert beside.digest == chosen.digest
    record(given, "longer.wav", seconds=2)
    assert noise_of(replace(source, noise=given)) != chosen


def test_the_noise_of_speech_commands_is_read(test_data: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(test_data / "background_noise.zip") as archive:
        archive.extractall(tmp_path)
    noise = noise_of(Source(tmp_path, digest="", noise=tmp_path))
    assert noise is not None
    recordings = read_noise(noise, 16000)
    assert len(recordings) == 6
    assert all(len(one) > 16000 for one in recordings)
