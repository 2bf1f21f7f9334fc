"""Quality: what can be measured of a clip's samples alone, without knowing what is said in it.

One pass over the samples in time and one short-time Fourier transform; every measure is defined for any
length and rate: NaN where there is nothing to measure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

CLIPPED_FROM = 32767 / 32768
"""A sample counts as clipped from this magnitude on: the largest positive 16-bit value."""

ROUNDING_POWER = 2.0**-30 / 12
"""Mean square of the error that rounding to 16 bits makes: what is weaker counts as silence."""

FRAME_MS = 32.0
SPEECH_HZ = (200.0, 4000.0)
"""Where voices are told from hum below and hiss above."""

_FEWEST_FRAMES = 4  # with fewer, about 0.1 s, a frame is not loud or quiet against others

_BREAK = 0.1
"""How far next to a run, as a share of the RMS, the signal jumps where it broke off instead of fading."""

_BINS_IN_BAND = 4  # of 31.25 Hz each
_HEARD_DB = 60.0
"""Bands this far below the strongest are empty; wide enough for the fricatives of quiet voices."""

_CLEAR_OF_ROUNDING_DB = 6.0
_CLIFF_DB = 20.0
"""A filter's edge falls by more within a kilohertz; voices that fade towards high frequencies, by less."""

FINGERPRINT_CELLS, FINGERPRINT_BANDS = 32, 8
_FINGERPRINT_HZ = (125.0, 5000.0)
_FINGERPRINT_FLOOR = 0.2
"""Share of the mean energy that is added to every cell, so that noise 15 dB below the speech hardly shows."""

_SHAPES_KEPT = 64
"""Most clips of a source share a few lengths and rates."""


@dataclass(frozen=True)
class Quality:
    """What was measured of a clip; NaN where it could not be.

    Attributes:
        rms: root mean square; full scale is 1.
        peak: largest magnitude.
        dc_offset: mean of the samples.
        clipped_fraction: share of samples with a magnitude of 32767/32768 or more.
        flat_top_fraction: share of samples that are the same as the one before, at the clip's own highest or
            lowest value, where that is below full scale: clipped, then made quieter.
        edge_level_db: level of the louder of the first and the last 32 ms, relative to the loudest 32 ms,
            at 200 to 4000 Hz: close to 0 where a word was cut off.
        speech_contrast_db: level of the loud frames (95th percentile) over that of the quiet ones (10th), at
            200 to 4000 Hz: close to 0 where nobody speaks.
        longest_constant_ms: longest run of identical samples, of a millisecond and more, next to which the
            signal jumps by a tenth of the RMS; 0 where there is none. Zeros into which a sound fades, as
            noise gates write them, do not count.
        bandwidth_hz: frequency above which every 125 Hz are 60 dB below the strongest or mere rounding, where
            the spectrum falls by 20 dB within a kilohertz; half the rate where it does not fall like that.
        fingerprint: energies over time and frequency, 256 signed bytes, for comparison by cosine; b"" where
            nothing is above rounding.
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
    """Measures a clip, in about 0.3 ms for a second at 16 kHz.

    Args:
        samples: mono (frames,), at least one, in [-1, 1], at the file's own rate.
        sample_rate_hz: that rate.
    """
    exact = samples.astype(np.float64)
    rms = math.sqrt(np.add.reduce(np.square(exact)) / len(samples))
    highest, lowest = float(samples.max()), float(samples.min())
    repeats = np.flatnonzero(samples[1:] == samples[:-1]) + 1  # few, but for silence
    powers = _powers(samples, sample_rate_hz)
    edge_level_db, speech_contrast_db = _speech_levels(powers, sample_rate_hz)
    return Quality(
        rms=rms,
        peak=max(highest, -lowest),
        dc_offset=float(np.add.reduce(exact)) / len(samples),
        clipped_fraction=_clipped_fraction(samples, highest, lowest),
        flat_top_fraction=_flat_tops(samples[repeats], highest, lowest) / len(samples),
        edge_level_db=edge_level_db,
        speech_contrast_db=speech_contrast_db,
        longest_constant_ms=_longest_constant(samples, repeats, rms, sample_rate_hz) * 1000 / sample_rate_hz,
        bandwidth_hz=_bandwidth_hz(np.add.reduce(powers) / len(powers), sample_rate_hz),
        fingerprint=_fingerprint(powers, sample_rate_hz),
    )


def _clipped_fraction(samples: NDArray[np.float32], highest: float, lowest: float) -> float:
    if max(highest, -lowest) < CLIPPED_FROM:
        return 0.0
    return np.count_nonzero(np.abs(samples) >= CLIPPED_FROM) / len(samples)


def _flat_tops(repeated: NDArray[np.float32], highest: float, lowest: float) -> int:
    top = np.count_nonzero(repeated == highest) if highest < CLIPPED_FROM else 0
    bottom = np.count_nonzero(repeated == lowest) if lowest > -CLIPPED_FROM else 0
    return top + bottom if highest > lowest else top


def _longest_constant(
    samples: NDArray[np.float32], repeats: NDArray[np.int64], rms: float, sample_rate_hz: int
) -> int:
    """Samples in the longest run of a millisecond and more that breaks off, or is the whole clip."""
    further = max(math.ceil(sample_rate_hz / 1000) - 2, 0)  # a run has one repeat less than samples
    if not np.any(repeats[further:] - repeats[: max(len(repeats) - further, 0)] == further):
        return 0  # as nearly always
    starts, lengths = _runs(repeats)
    long = np.flatnonzero(lengths * 1000 >= sample_rate_hz)
    starts, lengths = starts[long], lengths[long]
    before, after = np.maximum(starts - 1, 0), np.minimum(starts + lengths, len(samples) - 1)
    values = samples[starts]
    jumps = np.maximum(np.abs(samples[before] - values), np.abs(samples[after] - values))
    broken = (jumps > _BREAK * rms) | (lengths == len(samples))
    return int(lengths[broken].max(initial=0))


def _runs(repeats: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where stretches of identical samples start, and how long they are, from the places of the repeats."""
    breaks = np.flatnonzero(np.diff(repeats) != 1)
    first, last = np.append(0, breaks + 1), np.append(breaks, len(repeats) - 1)
    return repeats[first] - 1, last - first + 2


def _powers(samples: NDArray[np.float32], sample_rate_hz: int) -> NDArray[np.float32]:
    """Mean square per bin of 32 ms frames (frames, bins), which sum to the signal's (but for Hann's window).

    The frames are evenly spread, the first at the start and the last at the end; what is shorter than one
    frame is padded with zeros.
    """
    from scipy.fft import rfft

    length = _frame_length(sample_rate_hz)
    if len(samples) < length:
        samples = np.pad(samples, (0, length - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, length)[_frame_starts(len(samples), length)]
    frames *= _window(length)
    spectra = np.asarray(rfft(frames, axis=1, overwrite_x=True), np.complex64)
    return spectra.real**2 + spectra.imag**2


@lru_cache(maxsize=_SHAPES_KEPT)
def _frame_starts(samples: int, length: int) -> NDArray[np.int64]:
    count = -(-samples // length)
    return np.linspace(0, samples - length, count).round().astype(np.int64)


def _frame_length(sample_rate_hz: int) -> int:
    return round(sample_rate_hz * FRAME_MS / 1000)


@lru_cache(maxsize=_SHAPES_KEPT)
def _window(length: int) -> NDArray[np.float32]:
    """Hann's, so scaled that squared magnitudes of the one-sided spectrum sum to the mean square."""
    window = np.hanning(length + 2)[1:-1]
    return (window * math.sqrt(2 / (length * np.square(window).sum()))).astype(np.float32)


def _bins(frequency_hz: float, bins: int, sample_rate_hz: int) -> int:
    """The bin of a frequency, the last one where there is none."""
    return min(round(frequency_hz * _frame_length(sample_rate_hz) / sample_rate_hz), bins - 1)


def _speech_levels(powers: NDArray[np.float32], sample_rate_hz: int) -> tuple[float, float]:
    """`edge_level_db` and `speech_contrast_db`."""
    frames, bins = powers.shape
    if frames < _FEWEST_FRAMES:
        return math.nan, math.nan
    first, last = (_bins(edge_hz, bins, sample_rate_hz) for edge_hz in SPEECH_HZ)
    levels_db = 10 * np.log10(powers[:, first : last + 1].sum(axis=1) + ROUNDING_POWER)
    edge_db = max(levels_db[0], levels_db[-1]) - levels_db.max()
    levels_db.sort()
    loud, quiet = levels_db[int(0.95 * (frames - 1))], levels_db[int(0.1 * (frames - 1))]
    return float(edge_db), float(loud - quiet)


def _bandwidth_hz(spectrum: NDArray[np.float32], sample_rate_hz: int) -> float:
    bands = len(spectrum) // _BINS_IN_BAND
    rounding = ROUNDING_POWER * _BINS_IN_BAND / len(spectrum)
    powers = spectrum[: bands * _BINS_IN_BAND].reshape(bands, _BINS_IN_BAND).sum(axis=1)
    levels_db = 10 * np.log10(powers + rounding)
    strongest_db = levels_db[1:].max(initial=-math.inf)  # above offset and rumble
    lowest_db = max(strongest_db - _HEARD_DB, 10 * math.log10(rounding) + _CLEAR_OF_ROUNDING_DB)
    heard = np.flatnonzero(levels_db > lowest_db)
    if not len(heard):
        return math.nan
    edge = int(heard[-1]) + 1
    below, above = levels_db[max(edge - 6, 0) : max(edge - 3, 3)], levels_db[edge + 2 : edge + 5]
    if len(above) == len(below) and below.mean() - above.mean() > _CLIFF_DB:
        return edge * _BINS_IN_BAND * sample_rate_hz / _frame_length(sample_rate_hz)
    return sample_rate_hz / 2


def _fingerprint(powers: NDArray[np.float32], sample_rate_hz: int) -> bytes:
    """How the energies of 8 bands go up and down in 32 cells over the clip, in logarithms, as signed bytes.

    Each band's own mean is taken away: what remains of steady noise is chance, alike in no two clips.
    """
    frames, bins = powers.shape
    cells, sizes = _cells(frames)
    energies = np.add.reduceat(powers @ _band_matrix(bins, sample_rate_hz), cells, axis=0) / sizes
    mean = energies.mean()
    if mean * FINGERPRINT_BANDS < ROUNDING_POWER:
        return b""
    pattern = np.log(energies + _FINGERPRINT_FLOOR * mean)
    pattern -= pattern.mean(axis=0)
    largest = np.abs(pattern).max()
    return (pattern * (127 / largest)).round().astype(np.int8).tobytes() if largest > 0 else b""


@lru_cache(maxsize=_SHAPES_KEPT)
def _cells(frames: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each cell starts, and how many frames it has (cells, 1); with few frames, several share one."""
    starts = np.arange(FINGERPRINT_CELLS) * frames // FINGERPRINT_CELLS
    return starts, np.maximum(np.diff(starts, append=frames), 1)[:, np.newaxis]


@lru_cache(maxsize=_SHAPES_KEPT)
def _band_matrix(bins: int, sample_rate_hz: int) -> NDArray[np.float32]:
    """Ones where a bin (row) belongs to one of the bands (columns), which are evenly spaced in pitch."""
    edges_hz = np.geomspace(*_FINGERPRINT_HZ, FINGERPRINT_BANDS + 1)
    bins_hz = np.arange(bins)[:, np.newaxis] * sample_rate_hz / _frame_length(sample_rate_hz)
    return ((bins_hz >= edges_hz[:-1]) & (bins_hz < edges_hz[1:])).astype(np.float32)
