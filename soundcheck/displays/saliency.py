"""What in a clip made the model decide as it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from soundcheck.displays.display import Display
from soundcheck.displays.style import (
    figure_of,
    new_figure,
    require_axes,
    set_band_ticks,
    set_title,
    shortened,
)
from soundcheck.displays.waveform_spectrogram import DYNAMIC_RANGE_DB

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

HEIGHT_INCHES = 4.2
SATURATED_SHARE = 0.002
"""So few of the points may be stronger than the scale's ends: one of them shall not pale all others."""


@dataclass(eq=False)
class SaliencyDisplay(Display):
    """A clip's features and their attributions side by side, over time and frequency.

    Attributes:
        features: (frames, bins): magnitudes where `kind` is `stft`, natural logarithms of the bands'
            magnitudes where it is `log_mel`.
        attributions: (frames, bins), in logits, as `soundcheck.evaluation.saliency` gives them.
        label: the true word.
        explained: the word that the attributions speak for.
        frame_step_ms: from one frame to the next.
        frame_length_ms: of one frame.
        band_centres_hz: (bins,).
        kind: what the features are.
        against: the word that they speak against, if they are of a difference of two; else "".
        axes_: the panel of the features and that of the attributions, once plotted.
        images_: what is drawn in them, once plotted.
    """

    features: NDArray[np.float32]
    attributions: NDArray[np.float32]
    label: str
    explained: str
    frame_step_ms: float
    frame_length_ms: float
    band_centres_hz: Sequence[float] | NDArray[np.floating[Any]]
    kind: Literal["stft", "log_mel"]
    against: str = ""
    axes_: list[Axes] = field(init=False, repr=False)
    images_: list[AxesImage] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.features.shape != self.attributions.shape:
            raise ValueError(
                f"features has shape {self.features.shape} and attributions {self.attributions.shape}; pass "
                "those of one clip"
            )
        if len(self.band_centres_hz) != self.features.shape[1]:
            raise ValueError(
                f"band_centres_hz names {len(self.band_centres_hz)} bands, but features has shape "
                f"{self.features.shape}; pass one centre for each bin"
            )

    def plot(self, axes: Sequence[Axes] | None = None) -> Self:
        """Draws the features on the left and the attributions on the right.

        Args:
            axes: two; without them a new figure is made.

        Raises:
            ValueError: for another number of axes than two.
        """
        self.axes_ = (
            list(axes) if axes is not None else list(new_figure(HEIGHT_INCHES).subplots(1, 2, sharey=True))
        )
        require_axes(self.axes_, 2)
        self.figure_ = figure_of(self.axes_[0])
        self.images_ = [self._draw_features(self.axes_[0]), self._draw_attributions(self.axes_[1])]
        set_band_ticks(self.axes_[0], "y", [float(centre) for centre in self.band_centres_hz])
        self.axes_[0].set_ylabel("frequency (Hz)" if self.kind == "stft" else "mel band, centre (Hz)")
        first_ms, last_ms, _, _ = self._extent()
        for panel in self.axes_:
            panel.set_xlim(0, first_ms + last_ms)
            panel.set_xlabel("time (ms)")
        return self

    def _draw_features(self, panel: Axes) -> AxesImage:
        values, unit = self.features, "log mel magnitude (natural log)"
        if self.kind == "stft":
            loudest = max(float(self.features.max()), np.finfo(np.float32).tiny)
            floor = loudest * 10 ** (-DYNAMIC_RANGE_DB / 20)
            values, unit = 20 * np.log10(np.maximum(self.features, floor)), "magnitude (dB re 1)"
        image = panel.imshow(values.T, cmap="viridis", extent=self._extent(), **_IMAGE)
        figure_of(panel).colorbar(image, ax=panel, label=unit, location="bottom")
        set_title(panel, f"“{shortened([self.label])[0]}” as the model sees it")
        return image

    def _draw_attributions(self, panel: Axes) -> AxesImage:
        strongest = float(np.quantile(np.abs(self.attributions), 1 - SATURATED_SHARE))
        limit = strongest if strongest > 0 else 1.0
        image = panel.imshow(
            self.attributions.T, cmap="PuOr_r", vmin=-limit, vmax=limit, extent=self._extent(), **_IMAGE
        )
        total = float(self.attributions.sum(dtype=np.float64))
        meaning = "attribution (logits): orange for, violet against"
        figure_of(panel).colorbar(image, ax=panel, label=meaning, extend="both", location="bottom")
        explained, against = shortened([self.explained, self.against])
        contrast = f",\nnot “{against}”" if against else ""
        set_title(panel, f"For “{explained}”{contrast}: {total:+.1f} logits")
        return image

    def _extent(self) -> tuple[float, float, float, float]:
        """A frame stands around its middle; its edges lie half a step from there."""
        first_ms = (self.frame_length_ms - self.frame_step_ms) / 2
        frames, bins = self.features.shape
        return first_ms, first_ms + frames * self.frame_step_ms, -0.5, bins - 0.5


_IMAGE: dict[str, Any] = {"origin": "lower", "aspect": "auto", "interpolation": "nearest"}
