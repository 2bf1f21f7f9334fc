"""One clip as a waveform, and beside it as the model sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from soundcheck.displays.display import Display
from soundcheck.displays.style import (
    BLUE,
    figure_of,
    hide_frame,
    new_figure,
    require_axes,
    set_band_ticks,
    set_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

HEIGHT_INCHES = 3.4
DYNAMIC_RANGE_DB = 80.0
"""What is further below the loudest point is drawn as silence."""


@dataclass(eq=False)
class WaveformSpectrogramDisplay(Display):
    """A waveform and its features side by side on one time axis.

    Attributes:
        waveform: (samples,), full scale is 1.
        features: (frames, bins): magnitudes where `kind` is `stft`, natural logarithms of the bands'
            magnitudes where it is `log_mel`.
        label: the word.
        sample_rate_hz: samples a second.
        frame_step_ms: from one frame to the next.
        band_centres_hz: (bins,); may be None for `stft`, whose bins lie evenly from zero to half the sample
            rate.
        kind: what the features are.
        axes_: the waveform's panel and the spectrogram's, once plotted.
        image_: the spectrogram, once plotted.
    """

    waveform: NDArray[np.float32]
    features: NDArray[np.float32]
    label: str
    sample_rate_hz: int
    frame_step_ms: float
    band_centres_hz: Sequence[float] | NDArray[np.floating[Any]] | None
    kind: Literal["stft", "log_mel"]
    axes_: list[Axes] = field(init=False, repr=False)
    image_: AxesImage = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.band_centres_hz is None and self.kind == "stft":
            return
        bands = 0 if self.band_centres_hz is None else len(self.band_centres_hz)
        if bands != self.features.shape[1]:
            raise ValueError(
                f"band_centres_hz names {bands} bands, but features has shape {self.features.shape}; "
                "pass one centre for each bin"
            )

    def plot(self, axes: Sequence[Axes] | None = None) -> Self:
        """Draws the waveform on the left and the features on the right.

        Args:
            axes: two; without them a new figure is made.

        Raises:
            ValueError: for another number of axes than two.
        """
        self.axes_ = list(axes) if axes is not None else list(new_figure(HEIGHT_INCHES).subplots(1, 2))
        require_axes(self.axes_, 2)
        self.figure_ = figure_of(self.axes_[0])
        self._draw_waveform(self.axes_[0])
        self._draw_features(self.axes_[1])
        for panel in self.axes_:
            panel.set_xlim(0, self._duration_s())
            panel.set_xlabel("time (s)")
        return self

    def _covered_s(self) -> float:
        return len(self.features) * self.frame_step_ms / 1000

    def _duration_s(self) -> float:
        return max(len(self.waveform) / self.sample_rate_hz, self._covered_s())

    def _draw_waveform(self, panel: Axes) -> None:
        panel.plot(
            np.arange(len(self.waveform)) / self.sample_rate_hz, self.waveform, color=BLUE, linewidth=0.6
        )
        panel.set_ylabel("amplitude (full scale = 1)")
        set_title(panel, f"“{self.label}”: waveform")
        hide_frame(panel)

    def _draw_features(self, panel: Axes) -> None:
        values = _decibels(self.features) if self.kind == "stft" else self.features
        # A frame stands for its middle, and frames lie within the clip: both ends leave the same uncovered.
        start_s = (self._duration_s() - self._covered_s()) / 2
        bottom, top = self._vertical_extent()
        self.image_ = panel.imshow(
            values.T,
            origin="lower",
            aspect="auto",
            interpolation="nearest",
            cmap="viridis",
            extent=(start_s, start_s + self._covered_s(), bottom, top),
        )
        self._name_bins(panel)
        unit = "magnitude (dB re 1)" if self.kind == "stft" else "log mel magnitude (natural log)"
        figure_of(panel).colorbar(self.image_, ax=panel, label=unit)
        set_title(panel, "STFT magnitude" if self.kind == "stft" else "log-mel spectrogram")

    def _vertical_extent(self) -> tuple[float, float]:
        bins = self.features.shape[1]
        if self.kind == "log_mel":
            return -0.5, bins - 0.5
        spacing_khz = self.sample_rate_hz / 2000 / (bins - 1)
        return -spacing_khz / 2, self.sample_rate_hz / 2000 + spacing_khz / 2

    def _name_bins(self, panel: Axes) -> None:
        if self.kind == "log_mel" and self.band_centres_hz is not None:
            panel.set_ylabel("mel band, centre (Hz)")
            set_band_ticks(panel, "y", [float(centre) for centre in self.band_centres_hz])
        else:
            panel.set_ylabel("frequency (kHz)")
            panel.set_ylim(0, self.sample_rate_hz / 2000)


def _decibels(magnitudes: NDArray[np.float32]) -> NDArray[np.float32]:
    """20 log10 of the magnitudes, cut at `DYNAMIC_RANGE_DB` below the largest."""
    loudest = float(magnitudes.max())
    if loudest <= 0:
        return np.full_like(magnitudes, -DYNAMIC_RANGE_DB)
    floor = np.float32(loudest * 10 ** (-DYNAMIC_RANGE_DB / 20))
    return np.float32(20) * np.log10(np.maximum(magnitudes, floor))
