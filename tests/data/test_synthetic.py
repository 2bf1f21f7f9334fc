import hashlib
import subprocess
import sys
import threading

import numpy as np
import pytest

from soundcheck.config import DataConfig, SyntheticConfig
from soundcheck.data.listing import build_manifest
from soundcheck.data.sources import Source
from soundcheck.data.synthetic import SPEAKERS, WORDS, draw_speakers, generate
from soundcheck.data.waveforms import read_waveforms
from soundcheck.errors import SourceError

SMALL = SyntheticConfig(clips_per_label=24)


def digest(folder):
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.wav")):
        total.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return total.hexdigest()


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("synthetic") / "spoken"
    generate(folder, SMALL)
    return folder


@pytest.fixture(scope="module")
def manifest(spoken):
    return build_manifest(Source(spoken, ""), DataConfig(split="random"), clip_duration_ms=1000)


@pytest.fixture(scope="module")
def waveforms(spoken, manifest):
    return read_waveforms(Source(spoken, ""), manifest, 16000, 16000)


def test_the_clips_are_what_a_data_set_of_commands_is(manifest):
    assert manifest["decodable"].all()
    assert sorted(set(manifest["label"])) == list(WORDS)
    assert (manifest.groupby("label").size() == 24).all()
    assert set(manifest["sample_rate_hz"]) == {16000}
    assert set(manifest["channels"]) == {1}
    assert set(manifest["frames"]) == {16000}
    assert manifest["rms"].min() > 0.003
    assert manifest["clipped_fraction"].max() == 0
    assert manifest["clip_digest"].is_unique
    assert manifest["speaker"].str.fullmatch("[0-9a-f]{8}").all()
    assert (manifest.groupby("speaker")["label"].nunique() == 8).all()


def test_there_are_over_sixty_speakers():
    speakers = draw_speakers(0)
    assert SPEAKERS >= 60
    assert len({speaker.name for speaker in speakers}) == SPEAKERS
    assert len({speaker.voice for speaker in speakers}) == SPEAKERS
    assert draw_speakers(1) != speakers


def test_the_same_seed_gives_the_same_bytes_again_in_a_thread_and_in_another_process(spoken, tmp_path):
    thread = threading.Thread(target=generate, args=(tmp_path / "thread", SMALL))
    thread.start()
    thread.join()
    script = (
        "import sys, pathlib; from soundcheck.config import SyntheticConfig; "
        "from soundcheck.data.synthetic import generate; "
        "generate(pathlib.Path(sys.argv[1]), SyntheticConfig(clips_per_label=24))"
    )
    process = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "process")], check=True, capture_output=True
    )
    assert process.stdout == process.stderr == b""
    assert digest(tmp_path / "thread") == digest(tmp_path / "process") == digest(spoken)


def test_another_seed_gives_other_clips(spoken, tmp_path):
    generate(tmp_path / "other", SyntheticConfig(clips_per_label=1, seed=1))
    assert digest(tmp_path / "other") != digest(spoken)


def test_words_stand_out_of_the_noise_and_end_within_the_clip(waveforms):
    frames_db = 10 * np.log10(np.square(waveforms.reshape(-1, 50, 320)).mean(axis=2) + 1e-12)
    loudest_db = frames_db.max(axis=1)
    assert (loudest_db - np.percentile(frames_db, 20, axis=1) > 8).all()
    assert frames_db.min() > -90
    assert np.mean(loudest_db - frames_db[:, -1] > 10) > 0.95


def test_words_are_told_apart_across_speakers(manifest, waveforms):
    spectra = np.abs(np.fft.rfft(waveforms.reshape(len(waveforms), 50, 320), axis=2))[:, :, 1:]
    bands = np.log(spectra.reshape(len(waveforms), 50, 20, 8).mean(axis=3) + 0.01)
    start = np.square(waveforms).reshape(-1, 50, 320).sum(axis=2)
    windows = np.lib.stride_tricks.sliding_window_view(start, 20, axis=1).sum(axis=2).argmax(axis=1)
    words = np.stack([band[at : at + 20] for band, at in zip(bands, windows, strict=True)]).reshape(
        len(bands), -1
    )
    words -= words.mean(axis=1, keepdims=True)
    words /= np.linalg.norm(words, axis=1, keepdims=True)
    likeness = words @ words.T
    speakers = manifest["speaker"].to_numpy()
    likeness[speakers[:, None] == speakers] = -1
    labels = manifest["label"].to_numpy()
    assert np.mean(labels[likeness.argmax(axis=1)] == labels) > 0.5


def test_without_espeak_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(SourceError, match=r"pip install 'soundcheck\[demo\]'"):
        generate(tmp_path / "spoken", SMALL)
    assert list(tmp_path.iterdir()) == []
