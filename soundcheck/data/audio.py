"""From the bytes of an audio file to mono float32 samples, and from one rate to another.

16-bit samples are divided by 32768, channels are averaged, resampling is polyphase.
WAV is read without TensorFlow; FLAC, MP3 and Ogg Vorbis by tensorflow-io.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundcheck.data.containers import (
    Decoded,
    UndecodableError,
    bounded,
    read_flac_header,
    read_mp3_rate,
    read_vorbis_rate,
    read_wav,
)

__all__ = [
    "SHORTEST_CLIP_MS",
    "SUFFIXES",
    "Clip",
    "UndecodableError",
    "decode",
    "resample",
]

SHORTEST_CLIP_MS = 1.0


@dataclass(frozen=True)
class Clip:
    """A decoded clip.

    Attributes:
        samples: mono (frames,), at the file's own rate, in [-1, 1].
        sample_rate_hz: the file's own rate.
        channels: of the file, before they were averaged.
        frames: samples a channel in the file.
        bits: a sample of the file; 0 where the codec has none (MP3, Vorbis).
    """

    samples: NDArray[np.float32]
    sample_rate_hz: int
    channels: int
    frames: int
    bits: int


def decode(data: bytes, suffix: str) -> Clip:
    """Decodes the bytes of an audio file, of the kind its name's suffix gives.

    Args:
        data: the whole file.
        suffix: one of `SUFFIXES`, in lower or upper case.

    Raises:
        UndecodableError: empty, not audio of that kind, truncated, damaged, or shorter than 1 ms.
    """
    if not data:
        raise UndecodableError("empty file")
    samples, sample_rate_hz, bits = _DECODERS[suffix.lower()](data)
    frames, channels = samples.shape
    if frames * 1000 < SHORTEST_CLIP_MS * sample_rate_hz:
        raise UndecodableError("no samples")
    mono = samples[:, 0] if channels == 1 else samples.mean(axis=1, dtype=np.float32)
    return Clip(mono, sample_rate_hz, channels, frames, bits)


def resample(samples: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    """Samples (frames,) at another rate, by `scipy.signal.resample_poly` with its default Kaiser filter."""
    if from_hz == to_hz:
        return samples
    from scipy.signal import resample_poly

    shared = math.gcd(from_hz, to_hz)
    return resample_poly(samples, to_hz // shared, from_hz // shared).astype(np.float32)


def _decode_flac(data: bytes) -> Decoded:
    stream = read_flac_header(data)
    if stream.bits not in _FLAC_TYPES:
        raise UndecodableError(f"FLAC of {stream.bits} bits a sample; 8, 16 and 24 can be read")
    type_name, full_scale, zero = _FLAC_TYPES[stream.bits]
    samples = _by_tensorflow_io("decode_flac", data, dtype=type_name).astype(np.float32)
    return Decoded((samples - np.float32(zero)) / np.float32(full_scale), stream.sample_rate_hz, stream.bits)


def _decode_mp3(data: bytes) -> Decoded:
    rate_hz = read_mp3_rate(data)
    return Decoded(bounded(_by_tensorflow_io("decode_mp3", data)), rate_hz, 0)


def _decode_vorbis(data: bytes) -> Decoded:
    rate_hz = read_vorbis_rate(data)
    return Decoded(bounded(_by_tensorflow_io("decode_vorbis", data)), rate_hz, 0)


def _by_tensorflow_io(operation: str, data: bytes, **options: str) -> NDArray[np.float32]:
    import tensorflow as tf
    import tensorflow_io as tfio

    try:
        with tf.device("CPU"):
            return getattr(tfio.audio, operation)(data, **options).numpy()
    except (tf.errors.InvalidArgumentError, tf.errors.NotFoundError, tf.errors.OutOfRangeError) as error:
        raise UndecodableError("damaged: the decoder cannot read it") from error


# bits: the type that tensorflow-io hands out, its full scale and its zero (8 bits come unsigned, 24 bits
# at the top of 32)
_FLAC_TYPES: Mapping[int, tuple[str, float, float]] = {
    8: ("uint8", 2**7, 2**7),
    16: ("int16", 2**15, 0),
    24: ("int32", 2**31, 0),
}

_DECODERS: Mapping[str, Callable[[bytes], Decoded]] = {
    ".wav": read_wav,
    ".flac": _decode_flac,
    ".mp3": _decode_mp3,
    ".ogg": _decode_vorbis,
}

SUFFIXES = tuple(_DECODERS)
