"""What the logistic regression listens to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from soundcheck.displays.display import Display
from soundcheck.displays.style import (
    figure_of,
    label_points,
    new_figure,
    require_axes,
    set_band_ticks,
    set_title,
    shortened,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

BASE_INCHES = 2.0
ROW_INCHES = 0.2


@dataclass(eq=False)
class BaselineCoefficientsDisplay(Display):
    """The coefficients of a logistic regression on the mean and the deviation of each band over time.

    Attributes:
        coefficients: (labels, 2 * bins): those of the means, then those of the standard deviations.
        labels: the words.
        band_centres_hz: (bins,) in Hz; None where the bins are only counted.
        axes_: the panel of the means and that of the deviations, once plotted.
        images_: the two heat maps, once plotted.
    """

    coefficients: NDArray[np.floating[Any]]
    labels: Sequence[str]
    band_centres_hz: Sequence[float] | NDArray[np.floating[Any]] | None
    axes_: list[Axes] = field(init=False, repr=False)
    images_: list[AxesImage] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rows, columns = self.coefficients.shape
        bins = columns // 2 if self.band_centres_hz is None else len(self.band_centres_hz)
        if (rows, columns) != (len(self.labels), 2 * bins):
            raise ValueError(
                f"coefficients has shape {self.coefficients.shape}, but {len(self.labels)} labels and "
                f"{bins} bands ask for {(len(self.labels), 2 * bins)}"
            )

    def plot(self, axes: Sequence[Axes] | None = None) -> Self:
        """Draws the means' coefficients on the left and the deviations' on the right.

        Args:
            axes: two; without them a new figure is made.

        Raises:
            ValueError: for another number of axes than two.
        """
        self.axes_ = list(axes) if axes is not None else self._new_axes()
        require_axes(self.axes_, 2)
        self.figure_ = figure_of(self.axes_[0])
        means, deviations = np.split(self.coefficients, 2, axis=1)
        self.images_ = [
            self._draw(self.axes_[0], means, "Mean of the band over time"),
            self._draw(self.axes_[1], deviations, "Deviation of the band over time"),
        ]
        names = shortened(self.labels)
        self.axes_[0].set_yticks(
            range(len(names)), names, fontsize=label_points(len(names)), parse_math=False
        )
        self.figure_.colorbar(
            self.images_[0], ax=self.axes_, label="coefficient (for standardised inputs)", aspect=40, pad=0.02
        )
        return self

    def _new_axes(self) -> list[Axes]:
        figure = new_figure(BASE_INCHES + ROW_INCHES * len(self.labels))
        return list(figure.subplots(1, 2, sharey=True))

    def _draw(self, panel: Axes, coefficients: NDArray[np.floating[Any]], title: str) -> AxesImage:
        largest = float(np.abs(self.coefficients).max()) or 1.0
        image = panel.imshow(
            coefficients, cmap="RdBu_r", vmin=-largest, vmax=largest, aspect="auto", interpolation="nearest"
        )
        if self.band_centres_hz is None:
            panel.set_xlabel("bin")
        else:
            set_band_ticks(panel, "x", [float(centre) for centre in self.band_centres_hz])
            panel.set_xlabel("band, centre (Hz)")
        set_title(panel, title)
        return image
