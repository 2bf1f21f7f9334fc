"""Pictures of clips for a page that shows dozens of them beside their sounds."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from soundcheck.displays.style import SMALL_POINTS, new_figure, set_band_ticks
from soundcheck.displays.waveform_spectrogram import DYNAMIC_RANGE_DB
from soundcheck.features.spectrogram import band_centres_hz

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from soundcheck.config import FeaturesConfig

HEIGHT_INCHES = 2.6
DOTS_PER_INCH = 80
MARGINS = {"left": 0.11, "right": 0.98, "bottom": 0.19, "top": 0.96}
"""Given, because to find them takes matplotlib as long as to draw the picture."""


def clip_spectrograms(
    clips: NDArray[np.float32], features: FeaturesConfig, sample_rate_hz: int
) -> Iterator[bytes]:
    """A PNG file of each clip: its features over time and frequency.

    Args:
        clips: Their features, (clips, frames, bins).
        features: What the features are.
        sample_rate_hz: Of the clips.
    """
    if not len(clips):
        return
    figure = _frame(clips.shape[1:], features, sample_rate_hz)
    [image] = figure.axes[0].images
    for values in clips:
        shown = _decibels(values) if features.kind == "stft" else values
        image.set_data(shown.T)
        image.set_clim(float(shown.min()), float(shown.max()))
        with BytesIO() as file:
            figure.savefig(file, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
            yield file.getvalue()


def _frame(shape: tuple[int, ...], features: FeaturesConfig, sample_rate_hz: int) -> Figure:
    """A figure with the axes of all clips, whose picture is empty. A frame stands around its middle."""
    frames, bins = shape
    first_ms = (features.frame_length_ms - features.frame_step_ms) / 2
    last_ms = first_ms + frames * features.frame_step_ms
    figure = new_figure(HEIGHT_INCHES)
    figure.set_layout_engine(None)
    figure.subplots_adjust(**MARGINS)
    panel = figure.subplots()
    panel.imshow(
        np.zeros((bins, frames), np.float32),
        cmap="viridis",
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=(first_ms, last_ms, -0.5, bins - 0.5),
    )
    panel.set_xlim(0, first_ms + last_ms)
    panel.tick_params(labelsize=SMALL_POINTS)
    set_band_ticks(panel, "y", [float(centre) for centre in band_centres_hz(features, sample_rate_hz)])
    panel.set_xlabel("time (ms)")
    panel.set_ylabel("frequency (Hz)" if features.kind == "stft" else "mel band, centre (Hz)")
    return figure


def _decibels(magnitudes: NDArray[np.float32]) -> NDArray[np.float32]:
    """20 log10 of the magnitudes, cut at `DYNAMIC_RANGE_DB` below the largest."""
    loudest = max(float(magnitudes.max()), float(np.finfo(np.float32).tiny))
    floor = np.float32(loudest * 10 ** (-DYNAMIC_RANGE_DB / 20))
    return np.float32(20) * np.log10(np.maximum(magnitudes, floor))
