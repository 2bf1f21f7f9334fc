"""Quality: what can be measured of a clip's samples alone, without knowing what is said in it.

One pass over the samples and one short-time Fourier transform; every measure is defined for any length
and rate, silence included (NaN where there is nothing to measure).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

CLIPPED_FROM = 32767 / 32768
"""A sample counts as clipped from this magnitude on: the largest positive 16-bit value."""

ROUNDING_POWER = 2.0**-30 / 12
"""Mean square of the rounding error of 16-bit samples: what is quieter counts as silence."""

FRAME_MS = 32.0
EDGE_MS = 32.0
FINGERPRINT_FRAMES = 32
FINGERPRINT_BANDS = 8


@dataclass(frozen=True)
class Quality:
    """What was measured of a clip; NaN where it could not be.

    Attributes:
        rms: root mean square; full scale is 1.
        peak: largest magnitude.
        dc_offset: mean of the samples.
        clipped_fraction: share of samples with a magnitude of 32767/32768 or more.
        flat_top_fraction: share of samples in runs of two and more at the clip's own largest or smallest
            value: clipping below full scale.
        edge_level_db: level of the louder of the first and the last 32 ms over the loudest 32 ms.
        speech_contrast_db: level of the loud frames (95th percentile) over that of the quiet (10th).
        longest_constant_ms: longest run of identical samples.
        bandwidth_hz: the frequency above which there is nothing but rounding.
        fingerprint: energies over time and frequency, 256 signed bytes; b"" for silence.
    """

    rms: float = math.nan
    peak: float = math.nan
    dc_offset: float = math.nan
    clipped_fraction: float = math.nan
    flat_top_fraction: float = math.nan
    edge_level_db: float = math.nan
    speech_contrast_db: float = math.nan
    longest_constant_ms: float = math.nan
    bandwidth_hz: float = math.nan
    fingerprint: bytes = b""


def measure(samples: NDArray[np.float32], sample_rate_hz: int) -> Quality:
    """Measures a clip.

    Args:
        samples: mono (frames,), at the file's own rate, in [-1, 1]; at least one.
        sample_rate_hz: their rate.
    """
    highest, lowest = float(samples.max()), float(samples.min())
    changes = np.flatnonzero(samples[1:] != samples[:-1])
    ends = np.concatenate((np.array([-1]), changes, np.array([len(samples) - 1])))
    runs = np.diff(ends)
    powers = _powers(samples, sample_rate_hz)
    levels = powers.sum(axis=1)
    return Quality(
        rms=math.sqrt(float(np.mean(np.square(samples, dtype=np.float64)))),
        peak=max(highest, -lowest),
        dc_offset=float(samples.mean(dtype=np.float64)),
        clipped_fraction=_clipped(samples, highest, lowest),
        flat_top_fraction=_flat_tops(samples, ends, runs, highest, lowest),
        edge_level_db=_decibels(max(levels[0], levels[-1]), levels.max()),
        speech_contrast_db=_decibels(*np.percentile(levels, (95, 10))),
        longest_constant_ms=1000 * float(runs.max()) / sample_rate_hz,
        bandwidth_hz=_bandwidth_hz(powers, sample_rate_hz),
        fingerprint=b"",
    )


def _clipped(samples: NDArray[np.float32], highest: float, lowest: float) -> float:
    if max(highest, -lowest) < CLIPPED_FROM:
        return 0.0
    clipped = np.count_nonzero(samples >= CLIPPED_FROM) + np.count_nonzero(samples <= -CLIPPED_FROM)
    return float(clipped) / len(samples)


def _flat_tops(
    samples: NDArray[np.float32],
    ends: NDArray[np.int64],
    runs: NDArray[np.int64],
    highest: float,
    lowest: float,
) -> float:
    long = runs > 1
    values = samples[ends[1:][long]]
    return float(runs[long][(values == highest) | (values == lowest)].sum()) / len(samples)


def _powers(samples: NDArray[np.float32], sample_rate_hz: int) -> NDArray[np.float32]:
    from scipy.fft import rfft

    length = max(2, round(sample_rate_hz * FRAME_MS / 1000))
    frames = max(1, len(samples) // length)
    padded = samples[: frames * length]
    if len(padded) < length:
        padded = np.concatenate((padded, np.zeros(length - len(padded), np.float32)))
    spectra = rfft(padded.reshape(frames, length) * _window(length), axis=1)
    return np.square(spectra.real) + np.square(spectra.imag)


@cache
def _window(length: int) -> NDArray[np.float32]:
    window = np.hanning(length + 2)[1:-1]
    return (window / math.sqrt(float(np.sum(np.square(window))) * length)).astype(np.float32)


def _bandwidth_hz(powers: NDArray[np.float32], sample_rate_hz: int) -> float:
    return sample_rate_hz / 2


def _decibels(power: float, reference: float) -> float:
    return 10 * math.log10((float(power) + ROUNDING_POWER) / (float(reference) + ROUNDING_POWER))
