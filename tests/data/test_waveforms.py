import hashlib
import io

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

from soundcheck.data.sources import Source
from soundcheck.data.waveforms import read_waveforms
from soundcheck.errors import ClipChangedError

RATE_HZ = 16000


def tone(rate_hz=RATE_HZ, seconds=1.0, level=0.5):
    return level * np.sin(2 * np.pi * 440 * np.arange(round(rate_hz * seconds)) / rate_hz)


def wav_bytes(samples, rate_hz=RATE_HZ):
    file = io.BytesIO()
    wavfile.write(file, rate_hz, np.round(samples * 32767).astype(np.int16))
    return file.getvalue()


@pytest.fixture
def source(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav_bytes(tone(seconds=0.5)))
    (tmp_path / "b.wav").write_bytes(wav_bytes(tone(44100), 44100))
    return Source(tmp_path, digest="")


@pytest.fixture
def clips(source):
    files = ["a.wav", "b.wav", "a.wav"]
    digests = [hashlib.sha256((source.root / file).read_bytes()).hexdigest() for file in files]
    frames = [8000, 44100, 8000]
    return pd.DataFrame({"file": files, "file_digest": digests, "start_frame": 0, "frames": frames})


def test_they_are_resampled_and_padded(source, clips):
    waveforms = read_waveforms(source, clips, RATE_HZ, RATE_HZ)
    assert waveforms.shape == (3, RATE_HZ)
    assert waveforms.dtype == np.float32
    assert not waveforms[0, 8000:].any()
    np.testing.assert_array_equal(waveforms[0], waveforms[2])
    np.testing.assert_allclose(waveforms[1, 2000:-2000], tone()[2000:-2000], atol=0.01)


def test_a_part_of_a_file_is_cut_out_before_it_is_resampled(source, clips):
    parts = clips.assign(start_frame=[100, 22050, 7900], frames=[400, 11025, 100])
    waveforms = read_waveforms(source, parts, RATE_HZ, RATE_HZ)
    whole = read_waveforms(source, clips, RATE_HZ, RATE_HZ)
    np.testing.assert_array_equal(waveforms[0, :400], whole[0, 100:500])
    np.testing.assert_array_equal(waveforms[2, :100], whole[0, 7900:8000])
    np.testing.assert_allclose(waveforms[1, 500:3500], whole[1, 8500:11500], atol=0.01)
    assert not waveforms[0, 400:].any()
    assert not waveforms[1, 4000:].any()


def test_a_clip_that_changed_since_ingest_is_refused(source, clips):
    (source.root / "b.wav").write_bytes(wav_bytes(tone(level=0.1)))
    with pytest.raises(ClipChangedError, match=r"b\.wav changed since ingest listed it"):
        read_waveforms(source, clips, RATE_HZ, RATE_HZ)


def test_a_clip_that_is_gone_since_ingest_is_named(source, clips):
    (source.root / "b.wav").unlink()
    with pytest.raises(ClipChangedError, match=r"b\.wav, .* cannot be read any more .No such file"):
        read_waveforms(source, clips, RATE_HZ, RATE_HZ)
