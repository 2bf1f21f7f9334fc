"""A phase vocoder: sounds at another speed with the same frequencies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FRAME_MS = 32  # three periods of a low voice
_OVERLAP = 4  # frames over each sample, as the sum of squared Hann windows asks for
_CLIPS_AT_ONCE = 16
_TINY = np.float32(1e-20)


def stretch(samples: NDArray[np.float32], sample_rate_hz: int, factor: float) -> NDArray[np.float32]:
    """Sounds that last `factor` times as long and keep their frequencies.

    Each frame of the output takes its magnitudes from the input, and its phases from the frame before it,
    advanced as they advance in the input over just the step of the output, so that no phase has to be
    unwrapped. Bins next to each other are locked together, without which speech sounds as if in a bathtub.
    Both are of M. S. Puckette, "Phase-locked vocoder", IEEE Workshop on Applications of Signal Processing to
    Audio and Acoustics (1995).

    Args:
        samples: (clips, length).
        sample_rate_hz: of the samples.
        factor: above 1 is slower.

    Returns:
        (clips, round(length * factor)) float32.
    """
    step = max(1, round(_FRAME_MS * sample_rate_hz / 1000 / _OVERLAP))
    stretched = np.empty((len(samples), round(samples.shape[1] * factor)), np.float32)
    for start in range(0, len(samples), _CLIPS_AT_ONCE):
        clips = slice(start, start + _CLIPS_AT_ONCE)
        stretched[clips] = _stretched(samples[clips], step, factor, stretched.shape[1])
    return stretched


def _stretched(
    samples: NDArray[np.float32], step: int, factor: float, new_length: int
) -> NDArray[np.float32]:
    """The clips (clips, new_length): frames are centred on their place in the input and in the output."""
    frame_length = step * _OVERLAP
    half = frame_length // 2
    frames = math.ceil((new_length + half) / step)
    starts = step + np.round(np.arange(frames) * step / factor).astype(np.int64)
    lead = half + step  # so that the first frame has one before it
    padded = np.pad(samples, ((0, 0), (lead, max(0, starts[-1] + frame_length - lead - samples.shape[1]))))
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame_length) / frame_length)).astype(np.float32)
    spectra = _continued(_spectra(padded, starts, window), _spectra(padded, starts - step, window))
    return _overlapped(spectra, window, step)[:, half : half + new_length]


def _spectra(
    padded: NDArray[np.float32], starts: NDArray[np.int64], window: NDArray[np.float32]
) -> NDArray[np.complex64]:
    """(frames, clips, bins) of the frames that begin at these samples."""
    import scipy.fft

    frames = padded[:, starts[:, np.newaxis] + np.arange(len(window))] * window
    spectra: Any = scipy.fft.rfft(frames)
    return spectra.swapaxes(0, 1)


def _continued(now: NDArray[np.complex64], before: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Magnitudes of `now`, with phases that go on from frame to frame as from `before` to `now`."""
    magnitudes, advances = np.abs(now), now * np.conj(before)
    output = now.copy()
    for frame in range(1, len(now)):
        last = output[frame - 1]
        locked = last.copy()
        # Under a window the bins of one partial alternate in sign: subtracted, they add up.
        locked[:, 1:] -= last[:, :-1]
        locked[:, :-1] -= last[:, 1:]
        phases = advances[frame] * locked
        size = np.abs(phases)
        is_known = size > _TINY  # else there was silence, and a sound begins with the phases that it has
        turned = magnitudes[frame] * phases / np.maximum(size, _TINY)
        output[frame] = np.where(is_known, turned, now[frame])
    return output


def _overlapped(
    spectra: NDArray[np.complex64], window: NDArray[np.float32], step: int
) -> NDArray[np.float32]:
    """Frames windowed once more and added up, over the sum of the squared windows."""
    import scipy.fft

    frames: Any = scipy.fft.irfft(spectra, len(window))
    count, clips, length = frames.shape
    summed = np.zeros((clips, (count + _OVERLAP - 1) * step), np.float32)
    for frame in range(count):
        summed[:, frame * step : frame * step + length] += frames[frame] * window
    return summed / np.float32(np.square(window).sum() / step)
