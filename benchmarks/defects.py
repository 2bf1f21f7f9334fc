"""The defects that `validator_power.py` injects into clips, and the expectations that should find them."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from measuring import SAMPLE_RATE_HZ
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import resample_poly

Samples = NDArray[np.float32]

READABLE = "expect_clips_to_be_readable(reason, decodable)"
WHOLE = "expect_column_values_to_not_match_regex(reason)"
SAME_BYTES = "expect_column_values_to_be_unique(clip_digest)"
SAME_BYTES_TWO_LABELS = "expect_column_a_to_determine_column_b(clip_digest, label)"
ALMOST_SAME = "expect_column_values_to_be_in_set(near_duplicate_group)"
ALMOST_SAME_TWO_LABELS = "expect_column_a_to_determine_column_b(near_duplicate_group, label)"
SAMPLE_RATE = "expect_column_values_to_be_in_set(sample_rate_hz)"
CHANNELS = "expect_column_values_to_be_in_set(channels)"
FRAME = SAMPLE_RATE_HZ // 50


def between(measure: str) -> str:
    """The expectation on a measure's bounds."""
    return f"expect_column_values_to_be_between({measure})"


LENGTHS = (between("duration_s"), between("file_duration_s"))
OVERDRIVE = (between("dc_offset"), between("longest_constant_ms"))
"""What may follow from clipping: an amplified offset, and long stays at full scale."""


@dataclass(frozen=True)
class Defect:
    """A kind of defect.

    Attributes:
        name: in the table.
        inject: makes the bytes of a WAV file from a clip's samples.
        found_by: the expectations that should find it.
        implies: those that may, because they say the same in another way or a consequence of it.
        is_copy: whether the file stands beside the clip, and not in its place.
        other_label: whether it stands under another label.
    """

    name: str
    inject: Callable[[Samples, Generator], bytes]
    found_by: tuple[str, ...]
    implies: tuple[str, ...] = ()
    is_copy: bool = False
    other_label: bool = False


@dataclass(frozen=True)
class Graded:
    """A defect of any degree.

    Attributes:
        name: in the table.
        measure: of what there is more or less.
        threshold: of the measure, a field of `validation`.
        inject: makes the bytes of a WAV file of which the measure is as wanted.
    """

    name: str
    measure: str
    threshold: str
    inject: Callable[[Samples, Generator, float], bytes]


def all_defects(noise: Sequence[Samples]) -> tuple[Defect, ...]:
    """The twelve kinds, some of them in two forms, and the dropout; `noise` holds recordings of it."""
    return (
        Defect("silence", _silence, (between("rms"),)),
        Defect("clipping", _clipping, (between("clipped_fraction"),), implies=OVERDRIVE),
        Defect(
            "clipping, then quieter",
            _clipping_then_quieter,
            (between("flat_top_fraction"),),
            implies=OVERDRIVE,
        ),
        Defect("DC offset", _dc_offset, (between("dc_offset"),)),
        Defect("truncation", _truncation, (WHOLE, READABLE)),
        Defect("corrupt header", _corrupt_header, (READABLE,), implies=(WHOLE,)),
        Defect("wrong rate in the header", _wrong_rate, (SAMPLE_RATE,), implies=LENGTHS),
        Defect("recorded at half the rate", _half_rate, (between("bandwidth_hz"),)),
        Defect("wrong label", _unchanged, (), other_label=True),
        Defect("exact duplicate", _unchanged, (SAME_BYTES,), is_copy=True),
        Defect(
            "exact duplicate, other label",
            _unchanged,
            (SAME_BYTES, SAME_BYTES_TWO_LABELS),
            is_copy=True,
            other_label=True,
        ),
        Defect("near duplicate", _noisier, (ALMOST_SAME,), is_copy=True),
        Defect(
            "near duplicate, other label",
            _noisier,
            (ALMOST_SAME, ALMOST_SAME_TWO_LABELS),
            is_copy=True,
            other_label=True,
        ),
        Defect("cut-off", _cut_off, (between("edge_level_db"),), implies=LENGTHS),
        Defect("stereo", _stereo, (CHANNELS,)),
        Defect(
            "pure noise",
            lambda samples, random: _pure_noise(samples, random, noise),
            (between("speech_contrast_db"),),
        ),
        Defect("dropout", _dropout, (between("longest_constant_ms"),)),
    )


def _unchanged(samples: Samples, random: Generator) -> bytes:
    del random
    return _wav(samples)


def _silence(samples: Samples, random: Generator) -> bytes:
    """Noise of at most five steps of 16 bits."""
    return _silence_of(samples, random, random.uniform(0.5, 5) / 2**15)


def _silence_of(samples: Samples, random: Generator, rms: float) -> bytes:
    noise = random.standard_normal(len(samples))
    return _wav(noise * rms / np.sqrt(np.mean(np.square(noise))))


def _clipping(samples: Samples, random: Generator) -> bytes:
    """1.5 to 10 % of the samples at full scale."""
    return _clipping_of(samples, random, random.uniform(0.015, 0.1))


def _clipping_of(samples: Samples, random: Generator, fraction: float) -> bytes:
    del random
    return _wav(_clipped(samples, fraction))


def _clipping_then_quieter(samples: Samples, random: Generator) -> bytes:
    return _wav(_clipped(samples, random.uniform(0.015, 0.1)) * random.uniform(0.1, 0.9))


def _clipped(samples: Samples, fraction: float) -> Samples:
    level = np.quantile(np.abs(samples), 1 - fraction)
    return np.clip(samples / level, -1, 1)


def _dc_offset(samples: Samples, random: Generator) -> bytes:
    """3 to 30 % of full scale, more or less by the clip's own."""
    offset = random.uniform(0.03, 0.3) * random.choice([-1, 1])
    return _wav(samples * (1 - abs(offset)) + offset)


def _dc_offset_of(samples: Samples, random: Generator, offset: float) -> bytes:
    """The offset in place of the clip's own."""
    return _wav((samples - samples.mean()) * (1 - offset) + random.choice([-1, 1]) * offset)


def _truncation(samples: Samples, random: Generator) -> bytes:
    whole = _wav(samples)
    return whole[: int(len(whole) * random.uniform(0.05, 0.95))]


def _corrupt_header(samples: Samples, random: Generator) -> bytes:
    """One of three: another magic, chance in the format, more samples promised than there are."""
    whole = bytearray(_wav(samples))
    kind = random.integers(3)
    if kind == 0:
        whole[:4] = random.bytes(4)
    elif kind == 1:
        whole[20:36] = random.bytes(16)
    else:
        whole[40:44] = struct.pack("<I", len(whole) + int(random.integers(1, 2**20)))
    return bytes(whole)


def _wrong_rate(samples: Samples, random: Generator) -> bytes:
    return _wav(samples, int(random.choice([8000, 11025, 22050, 44100])))


def _half_rate(samples: Samples, random: Generator) -> bytes:
    """As from a telephone: at 8 kHz, then resampled to the rate that is wanted."""
    del random
    return _wav(resample_poly(resample_poly(samples, 1, 2), 2, 1))


def _noisier(samples: Samples, random: Generator) -> bytes:
    """White noise 15 to 30 dB below the clip's power, and another gain."""
    power = np.mean(np.square(samples)) * 10 ** (-random.uniform(15, 30) / 10)
    noisy = samples + random.standard_normal(len(samples)) * np.sqrt(power)
    return _wav(noisy * random.uniform(0.3, 0.9))


def _cut_off(samples: Samples, random: Generator) -> bytes:
    """Begins or ends within the word: where it is at most 10 dB below its loudest."""
    place = _within_word(samples, random)
    return _wav(samples[:place] if random.random() < 0.5 else samples[place:])  # noqa: PLR2004 (one in two)


def _stereo(samples: Samples, random: Generator) -> bytes:
    return _wav(np.stack([samples, samples * random.uniform(0.1, 1)], axis=1))


def _pure_noise(samples: Samples, random: Generator, noise: Sequence[Samples]) -> bytes:
    """A piece of one of the recordings of noise, as loud as the clip."""
    recording = noise[random.integers(len(noise))]
    start = random.integers(len(recording) - len(samples))
    piece = recording[start : start + len(samples)]
    piece = piece - piece.mean()
    return _wav(piece * np.sqrt(np.mean(np.square(samples)) / np.mean(np.square(piece))))


def _dropout(samples: Samples, random: Generator) -> bytes:
    """10 to 100 ms of zeros within the word."""
    place = _within_word(samples, random)
    broken = samples.copy()
    broken[place : place + int(SAMPLE_RATE_HZ * random.uniform(0.01, 0.1))] = 0
    return _wav(broken)


def _within_word(samples: Samples, random: Generator) -> int:
    whole = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    powers = np.square(whole).mean(axis=1)
    return int(random.choice(np.flatnonzero(powers >= powers.max() / 10))) * FRAME + FRAME // 2


def _wav(samples: NDArray[np.float32] | NDArray[np.float64], sample_rate_hz: int = SAMPLE_RATE_HZ) -> bytes:
    """16-bit PCM of (frames,) or (frames, channels), cut to full scale."""
    steps = np.clip(np.round(samples * 2**15), -(2**15), 2**15 - 1).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1 if steps.ndim == 1 else steps.shape[1])
        file.setsampwidth(2)
        file.setframerate(sample_rate_hz)
        file.writeframes(steps.tobytes())
    return buffer.getvalue()


GRADED = (
    Graded("silence", "rms", "min_rms", _silence_of),
    Graded("clipping", "clipped_fraction", "max_clipped_fraction", _clipping_of),
    Graded("DC offset", "dc_offset", "max_dc_offset", _dc_offset_of),
)
"""Those of which more and less can be had."""
