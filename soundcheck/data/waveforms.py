"""The clips of a manifest as waveforms: read from their files, cut out, resampled, padded."""

from __future__ import annotations

import hashlib
import math
import wave
from collections.abc import Callable
from io import BytesIO
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from soundcheck.data.audio import Clip, decode, resample
from soundcheck.data.regular_files import read_file
from soundcheck.errors import ClipChangedError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from soundcheck.data.sources import Source


LISTENING_HZ = 16000


def read_waveforms(
    source: Source, clips: pd.DataFrame, sample_rate_hz: int, length: int
) -> NDArray[np.float32]:
    """Reads the clips of a manifest; the bytes of their files are held against the digests of ingest.

    Args:
        source: where the files are.
        clips: rows of a manifest; `file`, `file_digest`, `start_frame` and `frames` are used.
        sample_rate_hz: the rate wanted.
        length: samples wanted of each clip; zero-padded or cut at the end.

    Returns:
        float32 waveforms (clips, length) in [-1, 1].

    Raises:
        ClipChangedError: a file is gone, or its bytes are not those that were listed.
    """
    waveforms = np.zeros((len(clips), length), np.float32)
    files, digests = clips["file"].tolist(), clips["file_digest"].tolist()
    starts, frames = clips["start_frame"].tolist(), clips["frames"].tolist()
    file_read, recording = "", _NOTHING
    for row in sorted(range(len(clips)), key=files.__getitem__):  # each recording is decoded once
        if files[row] != file_read:
            file_read, recording = files[row], _recording(source, files[row], digests[row])
        samples = recording.samples[starts[row] : starts[row] + frames[row]]
        samples = resample(samples, recording.sample_rate_hz, sample_rate_hz)[:length]
        waveforms[row, : len(samples)] = np.clip(samples, -1, 1)  # resampled, a clipped sound overshoots
    return waveforms


def sounds_of(source: Source, clips: pd.DataFrame) -> Callable[[str], bytes | None]:
    """Clips to listen to: by a clip's path, a WAV file of 16 bits, mono, at 16 kHz.

    None for a path that is no clip, or one that cannot be decoded; ClipChangedError as `read_waveforms`.

    Args:
        source: where the files are.
        clips: rows of a manifest.
    """
    decodable = clips.loc[clips["decodable"].astype(bool)].set_index("path")

    def sound_of(path: str) -> bytes | None:
        if path not in decodable.index:
            return None
        clip = decodable.loc[[path]]
        length = math.ceil(clip["duration_s"].max() * LISTENING_HZ)
        return to_wav(read_waveforms(source, clip, LISTENING_HZ, length)[0], LISTENING_HZ)

    return sound_of


def to_wav(waveform: NDArray[np.float32], sample_rate_hz: int) -> bytes:
    """A mono waveform (samples,), full scale 1, as the bytes of a WAV file of 16 bits."""
    with BytesIO() as file:
        with wave.open(file, "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(2)
            wav.setframerate(sample_rate_hz)
            wav.writeframes((np.clip(waveform, -1, 32767 / 32768) * 32768).astype("<i2").tobytes())
        return file.getvalue()


_NOTHING = Clip(np.zeros(0, np.float32), sample_rate_hz=1, channels=1, frames=0, bits=0)


def _recording(source: Source, file: str, digest: str) -> Clip:
    return decode(_unchanged_bytes(source.path(file), digest), PurePosixPath(file).suffix)


def _unchanged_bytes(path: str, digest: str) -> bytes:
    try:
        data = read_file(path)
    except OSError as error:
        raise ClipChangedError(
            f"{path}, which ingest listed, cannot be read any more ({error.strerror}); bring it back, or run "
            "`soundcheck train` again to go on without it"
        ) from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise ClipChangedError(
            f"{path} changed since ingest listed it; run `soundcheck train` again to ingest it as a new clip"
        )
    return data
