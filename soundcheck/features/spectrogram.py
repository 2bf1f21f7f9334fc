"""Spectrograms of waveforms as `tf.signal` defines them, in numpy: no TensorFlow is imported.

Two kinds, by `FeaturesConfig.kind`:

- `stft`: magnitudes of the short-time Fourier transform, in float32, as
  `tf.abs(tf.signal.stft(waveforms, frame_length, frame_step))`.
- `log_mel`: the logarithm of mel bands of these magnitudes. A quiet band next to a loud one inherits the
  loud one's rounding error, and the logarithm blows it up: in float32, TensorFlow's own values are off the
  true ones by more than 2e-5 on speech. So the transform is taken in float64 here and in the Keras layer,
  which keeps the two within 2e-5 of each other; what follows adds positive numbers and is safe in float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from soundcheck.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from threadpoolctl import ThreadpoolController

    from soundcheck.config import FeaturesConfig

LOG_FLOOR = 1e-4
"""Added to each mel band before the logarithm. The rounding of 16-bit samples alone gives a bin of a 30 ms
frame a root mean square of sqrt(sum(window ** 2) / 12) / 32768 = 1.2e-4: nothing quieter was recorded, and a
lower floor would only set digital silence (zero padding) further apart from the quietest recording."""

_SHORTEST_FRAME = 2  # samples; of one sample, a window is no window
_BYTES_AT_ONCE = 2**19  # of frames: with their spectra they stay in a core's cache; fewer only add overhead


@dataclass(frozen=True)
class Geometry:
    """The shape of the features of one clip, lengths in samples."""

    clip_length: int
    frame_length: int
    frame_step: int
    fft_length: int
    frames: int
    bins: int


def geometry(features: FeaturesConfig, sample_rate_hz: int) -> Geometry:
    """The shape that a configuration gives at a sample rate.

    Only whole frames count and the FFT's length is the next power of two, as in `tf.signal.stft`. At
    16 kHz, 255 and 128 samples give 124 x 129; 30 and 10 ms with 40 mel bands 98 x 40.

    Raises:
        ConfigError: for frames of less than two samples, or a step of less than one.
    """
    clip_length, frame_length, frame_step = (
        round(duration_ms * sample_rate_hz / 1000)
        for duration_ms in (features.clip_duration_ms, features.frame_length_ms, features.frame_step_ms)
    )
    if frame_length < _SHORTEST_FRAME or frame_step < 1:
        raise ConfigError(
            f"features.frame_length_ms={features.frame_length_ms:g} and "
            f"features.frame_step_ms={features.frame_step_ms:g} are {frame_length} and {frame_step} samples "
            f"at data.sample_rate_hz={sample_rate_hz}; make them at least {_SHORTEST_FRAME} and 1"
        )
    fft_length = 1 << (frame_length - 1).bit_length()
    return Geometry(
        clip_length=clip_length,
        frame_length=frame_length,
        frame_step=frame_step,
        fft_length=fft_length,
        frames=1 + (clip_length - frame_length) // frame_step,
        bins=features.mel_bands if features.kind == "log_mel" else fft_length // 2 + 1,
    )


def compute(
    waveforms: NDArray[np.float32], features: FeaturesConfig, sample_rate_hz: int
) -> NDArray[np.float32]:
    """Features of each waveform, the same bits whichever others it is computed with.

    Args:
        waveforms: (clips, clip_length), in [-1, 1].
        features: the kind and its frames and bands.
        sample_rate_hz: rate of the waveforms.

    Returns:
        (clips, frames, bins), float32, within 2e-5 of TensorFlow's for magnitudes up to 130.

    Raises:
        ConfigError: see `geometry` and `mel_matrix`.
        ValueError: for waveforms of another length than `geometry(...).clip_length`.
    """
    shape = geometry(features, sample_rate_hz)
    if waveforms.shape != (len(waveforms), shape.clip_length):
        raise ValueError(
            f"waveforms has shape {waveforms.shape}; pad or cut each clip to (clips, {shape.clip_length})"
        )
    result = np.empty((len(waveforms), shape.frames, shape.bins), np.float32)
    if features.kind == "stft":
        for clips, spectra in _spectra(waveforms, shape, np.float32):
            np.abs(spectra, out=result[clips])
        return result
    bands = mel_matrix(features, sample_rate_hz)
    with _blas().limit(limits=1, user_api="blas"):
        for clips, spectra in _spectra(waveforms, shape, np.float64):
            np.matmul(np.abs(spectra.astype(np.complex64)), bands, out=result[clips])
    return np.log(np.add(result, np.float32(LOG_FLOOR), out=result), out=result)


def mel_matrix(features: FeaturesConfig, sample_rate_hz: int) -> NDArray[np.float32]:
    """Weights that sum FFT magnitudes to mel bands.

    The definition of `tf.signal.linear_to_mel_weight_matrix`: triangles that are linear on HTK's mel
    scale (Young et al., The HTK Book, 5.4), without the constant bin. They are applied to magnitudes, not
    powers, as TensorFlow's `mfcc` op does in the example that came with Speech Commands (Warden,
    arXiv:1804.03209) and that TC-ResNet follows (Choi et al., arXiv:1904.03814: 40 bands of 30 ms frames).

    Returns:
        (fft_length // 2 + 1, mel_bands), float32.

    Raises:
        ConfigError: where a band lies between two bins of the FFT and would always be empty.
    """
    fft_length = geometry(features, sample_rate_hz).fft_length
    bins_hz = np.linspace(0.0, sample_rate_hz / 2, fft_length // 2 + 1)
    edges_mel = _band_edges_mel(features)
    lower, centre, upper = edges_mel[:-2], edges_mel[1:-1], edges_mel[2:]
    bins_mel = _mel(bins_hz)[:, np.newaxis]
    rising = (bins_mel - lower) / (centre - lower)
    falling = (upper - bins_mel) / (upper - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    weights[0] = 0.0
    empty = int(np.count_nonzero(~weights.any(axis=0)))
    if empty:
        raise ConfigError(
            f"features.mel_bands={features.mel_bands}: {empty} of them hold no bin of an FFT of "
            f"{fft_length} samples between {features.lower_edge_hz:g} and {features.upper_edge_hz:g} Hz at "
            f"data.sample_rate_hz={sample_rate_hz}; lower features.mel_bands, or raise "
            "features.frame_length_ms or features.lower_edge_hz"
        )
    return weights


def band_centres_hz(features: FeaturesConfig, sample_rate_hz: int) -> NDArray[np.float64]:
    """Centre frequency of each bin of the features, in Hz, (bins,)."""
    shape = geometry(features, sample_rate_hz)
    if features.kind == "stft":
        return np.linspace(0.0, sample_rate_hz / 2, shape.bins)
    return 700.0 * np.expm1(_band_edges_mel(features)[1:-1] / 1127.0)


def _band_edges_mel(features: FeaturesConfig) -> NDArray[np.float64]:
    """(mel_bands + 2,): a band reaches from one edge over the next, its centre, to the one after."""
    lowest_mel, highest_mel = _mel(np.array([features.lower_edge_hz, features.upper_edge_hz]))
    return np.linspace(lowest_mel, highest_mel, features.mel_bands + 2)


def _mel(frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1127.0 * np.log1p(frequency_hz / 700.0)


def _spectra(
    waveforms: NDArray[np.float32], shape: Geometry, precision: type[np.floating[Any]]
) -> Iterator[tuple[slice, NDArray[Any]]]:
    """A few clips at a time: which, and (clips, frames, fft_length // 2 + 1) of them.

    Frames are zero-padded at their end to the FFT's length.
    """
    import scipy.fft

    frames = sliding_window_view(waveforms, shape.frame_length, axis=1)[:, :: shape.frame_step]
    window = _hann_window(shape.frame_length, precision)
    clip_bytes = shape.frames * shape.fft_length * window.itemsize
    clips_at_once = max(1, _BYTES_AT_ONCE // clip_bytes)
    padded = np.zeros((clips_at_once, shape.frames, shape.fft_length), precision)
    for start in range(0, len(waveforms), clips_at_once):
        clips = slice(start, start + clips_at_once)
        windowed = padded[: len(frames[clips])]
        np.multiply(frames[clips], window, out=windowed[..., : shape.frame_length])
        yield clips, scipy.fft.rfft(windowed)  # pyright: ignore[reportReturnType]


@cache
def _blas() -> ThreadpoolController:
    """A clip's product is too small for threads: they would spin for each other longer than they compute."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _hann_window(length: int, precision: type[np.floating[Any]]) -> NDArray[Any]:
    """`tf.signal.hann_window`: periodic for even lengths, symmetric for odd ones; rounded as there."""
    period = length if length % 2 == 0 else length - 1
    angles = np.arange(length, dtype=precision) * precision(2 * np.pi) / precision(period)
    return 0.5 - 0.5 * np.cos(angles)
