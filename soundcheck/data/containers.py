"""What the readers of WAV, FLAC, Ogg and MP3 share: what they return, and what they raise.

The readers (`wav`, `flac`, `ogg`, `mp3`) need no more than numpy, so that WAV, the usual case, never waits
for TensorFlow. They are strict, because what they let through is decoded by native code.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LOWEST_RATE_HZ = 1000
HIGHEST_RATE_HZ = 768_000

_HIGHEST_FLOAT = 16.0  # 24 dB over full scale: beyond it the numbers are not on a scale of 1

_MAGIC = {
    b"RIFF": "WAV",
    b"fLaC": "FLAC",
    b"OggS": "Ogg",
    b"ID3": "MP3",
    b"\xff\xfb": "MP3",
    b"\xff\xf3": "MP3",
    b"FORM": "AIFF",
    b"\x1aE\xdf\xa3": "Matroska or WebM",
    b"\0\0\0\x1cftyp": "MP4",
    b"\0\0\0 ftyp": "MP4",
    b"PK\x03\x04": "a zip archive",
}


class UndecodableError(ValueError):
    """Bytes that are not a whole, sound audio file; the message is the reason in plain words."""


class Decoded(NamedTuple):
    """The sound in a file.

    Attributes:
        samples: float32 (frames, channels), at the file's own rate, in [-1, 1].
        sample_rate_hz: of the file.
        bits: a sample of the file; 0 where the codec has none (MP3, Vorbis).
    """

    samples: NDArray[np.float32]
    sample_rate_hz: int
    bits: int


def check_rate(sample_rate_hz: int) -> int:
    """The rate, where it is one that sound can have: outside it, a header is damaged.

    Raises:
        UndecodableError: below 1 kHz or above 768 kHz.
    """
    if not LOWEST_RATE_HZ <= sample_rate_hz <= HIGHEST_RATE_HZ:
        raise UndecodableError(f"damaged: the header gives a sample rate of {sample_rate_hz} Hz")
    return sample_rate_hz


def bounded(samples: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float32]:
    """Floating-point samples as float32, cut to [-1, 1].

    Raises:
        UndecodableError: a sample is not finite, or so far over full scale that the scale is not 1.
    """
    if not np.isfinite(samples).all():
        raise UndecodableError("damaged: some samples are not finite numbers")
    highest = float(np.abs(samples).max(initial=0.0))
    if highest > _HIGHEST_FLOAT:
        raise UndecodableError(f"floating-point samples reach {highest:g}; full scale is 1")
    return np.clip(samples, -1.0, 1.0).astype(np.float32)


def not_audio(data: bytes, wanted: str) -> UndecodableError:
    """The reason to give for data that do not begin as `wanted` (WAV, FLAC, Ogg or MP3) does."""
    for magic, kind in _MAGIC.items():
        if data.startswith(magic) and kind != wanted:
            return UndecodableError(f"its name says {wanted}, but it holds {kind}; rename or convert it")
    return UndecodableError(f"not audio: there is no {wanted} header")
