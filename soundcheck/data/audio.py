"""From the bytes of an audio file to mono float32 samples, and from one rate to another.

16-bit samples are divided by 32768, channels are averaged, resampling is polyphase.
WAV is read without TensorFlow; FLAC, MP3 and Ogg Vorbis by tensorflow-io.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from soundcheck.data.containers import Decoded, UndecodableError, bounded
from soundcheck.data.flac import read_flac_header, safe_to_decode
from soundcheck.data.mp3 import read_mp3_header
from soundcheck.data.ogg import read_vorbis_header
from soundcheck.data.wav import read_wav

__all__ = [
    "SHORTEST_CLIP_MS",
    "SUFFIXES",
    "Clip",
    "UndecodableError",
    "decode",
    "resample",
]

SHORTEST_CLIP_MS = 1.0

_STOP_BAND_DB = 70.0
_PASS_BAND = 0.85  # of half the lower rate, where the stop band begins
_LARGEST_RATIO = 1000


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
        suffix: of its name, in lower or upper case; `SUFFIXES` can be decoded.

    Raises:
        UndecodableError: empty, not audio of that kind, truncated, damaged, or shorter than 1 ms.
    """
    if not data:
        raise UndecodableError("empty file")
    decoder = _DECODERS.get(suffix.lower())
    if decoder is None:
        raise UndecodableError(f"not audio by its name, which does not end in one of {', '.join(SUFFIXES)}")
    samples, sample_rate_hz, bits = decoder(data)
    frames, channels = samples.shape
    if frames * 1000 < SHORTEST_CLIP_MS * sample_rate_hz:
        raise UndecodableError("no samples")
    mono = samples[:, 0] if channels == 1 else samples.mean(axis=1, dtype=np.float32)
    return Clip(mono, sample_rate_hz, channels, frames, bits)


def resample(samples: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    """Samples (frames,) at another rate, by a polyphase filter.

    What is above half of the lower rate, and would come back as an alias or an image, is weakened by
    70 dB; what is below 0.85 of that (6.8 kHz at 16 kHz) is kept within 0.01 dB. A ratio of rates that takes
    whole numbers above 1000, as no rates in use do, gives way to the nearest that does not.
    """
    if from_hz == to_hz:
        return samples
    from scipy.signal import resample_poly

    ratio = Fraction(to_hz, from_hz).limit_denominator(_LARGEST_RATIO)
    if ratio == 1:
        return samples
    low_pass = _low_pass(max(ratio.numerator, ratio.denominator))
    return resample_poly(samples, ratio.numerator, ratio.denominator, window=low_pass).astype(np.float32)


@cache
def _low_pass(factor: int) -> NDArray[np.float32]:
    """The low pass for a rate that is `factor` times the lower one.

    A sinc under a Kaiser window, whose shape and length for the attenuation and the width of the passage
    are Kaiser's: Oppenheim and Schafer, "Discrete-Time Signal Processing", equations 7.75 and 7.76.
    """
    beta = 0.1102 * (_STOP_BAND_DB - 8.7)
    passage = math.pi * (1 - _PASS_BAND) / factor
    half_length = math.ceil((_STOP_BAND_DB - 8) / (2.285 * passage) / 2)
    cutoff = (1 + _PASS_BAND) / 2 / factor
    window = np.kaiser(2 * half_length + 1, beta)
    response = window * np.sinc(cutoff * np.arange(-half_length, half_length + 1))
    return (response / response.sum()).astype(np.float32)


def _decode_flac(data: bytes) -> Decoded:
    stream = read_flac_header(data)
    if stream.bits not in _FLAC_TYPES:
        raise UndecodableError(f"FLAC of {stream.bits} bits a sample; 8, 16 and 24 can be read")
    type_name, full_scale, zero = _FLAC_TYPES[stream.bits]
    whole = _by_tensorflow_io("decode_flac", safe_to_decode(data, stream), dtype=type_name)
    samples = (whole.astype(np.float32) - np.float32(zero)) / np.float32(full_scale)
    return Decoded(samples, stream.sample_rate_hz, stream.bits)


def _decode_mp3(data: bytes) -> Decoded:
    rate_hz = read_mp3_header(data).sample_rate_hz
    return Decoded(bounded(_by_tensorflow_io("decode_mp3", data)), rate_hz, 0)


def _decode_vorbis(data: bytes) -> Decoded:
    rate_hz = read_vorbis_header(data).sample_rate_hz
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
