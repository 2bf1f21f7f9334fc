"""What of the features goes with which word, in a straight line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from soundcheck.displays.display import Display
from soundcheck.displays.style import (
    FEW_LABELS,
    SMALL_POINTS,
    figure_of,
    label_points,
    new_figure,
    require_axes,
    set_title,
    shortened,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    from soundcheck.audit.association import Correlations

HEIGHT_INCHES = 5.6
CELL_POINTS = 6.5
COLOUR_TICKS = 6
DENSE_POINTS = 5.5
MOST_LABELS_AT_SMALL_POINTS = 24
DARK_ABOVE = 0.6  # of the scale's end


@dataclass(eq=False)
class CorrelationsDisplay(Display):
    """Two heat maps: the summaries of the features with each other, and with the indicators of the words.

    The second has a scale of its own, for one summary cannot go with one word as it does with its neighbour.

    Attributes:
        correlations: as `soundcheck.audit.association.correlate` gives them.
        labels: the words.
        band_centres_hz: (bins,) in Hz.
        axes_: the panel of the summaries and that of the words, once plotted.
        images_: the two heat maps, once plotted.
    """

    correlations: Correlations
    labels: Sequence[str]
    band_centres_hz: Sequence[float] | NDArray[np.floating[Any]]
    axes_: list[Axes] = field(init=False, repr=False)
    images_: list[AxesImage] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        label_count, bins = self.correlations.label_count, self.correlations.bin_groups[-1][1]
        if (label_count, bins) != (len(self.labels), len(self.band_centres_hz)):
            raise ValueError(
                f"correlations are of {label_count} labels and {bins} bins, but there are {len(self.labels)} "
                f"labels and {len(self.band_centres_hz)} band_centres_hz; pass one for each"
            )

    def plot(self, axes: Sequence[Axes] | None = None) -> Self:
        """Draws the summaries with each other on the left, with the words on the right.

        Args:
            axes: two; without them a new figure is made.

        Raises:
            ValueError: for another number of axes than two.
        """
        self.axes_ = list(axes) if axes is not None else list(new_figure(HEIGHT_INCHES).subplots(1, 2))
        require_axes(self.axes_, 2)
        self.figure_ = figure_of(self.axes_[0])
        summaries, words = np.split(self.correlations.matrix, [-len(self.labels)], axis=1)
        self.images_ = [
            self._draw(self.axes_[0], summaries, 1.0, "Summaries with each other"),
            self._draw(
                self.axes_[1],
                words,
                self._largest(),
                f"Summaries with words (chance: {self.correlations.chance:.2f})",
            ),
        ]
        self._name_summaries()
        self._name_words()
        return self

    def _largest(self) -> float:
        return max(float(np.abs(self.correlations.with_labels).max()), self.correlations.chance)

    def _draw(self, panel: Axes, values: NDArray[np.float64], end: float, title: str) -> AxesImage:
        from matplotlib.ticker import MaxNLocator

        image = panel.imshow(
            values, cmap="RdBu_r", vmin=-end, vmax=end, aspect="auto", interpolation="nearest"
        )
        figure_of(panel).colorbar(
            image,
            ax=panel,
            location="bottom",
            label="correlation",
            ticks=MaxNLocator(COLOUR_TICKS),
            aspect=35,
            pad=0.02,
        )
        panel.axhline(len(values) / 2 - 0.5, color="black", linewidth=0.8)
        set_title(panel, title)
        return image

    def _name_summaries(self) -> None:
        groups = self.correlations.bin_groups
        names = [f"{kind} {self._range_khz(*group)}" for kind in ("mean", "dev.") for group in groups]
        left, right = self.axes_
        left.axvline(len(groups) - 0.5, color="black", linewidth=0.8)
        left.set_yticks(range(len(names)), names, fontsize=SMALL_POINTS)
        left.set_xticks([len(groups) / 2 - 0.5, 1.5 * len(groups) - 0.5], ["means", "deviations"])
        left.tick_params(axis="x", length=0)
        left.set_ylabel("mean or deviation over time of bands (kHz)")
        right.set_yticks(range(len(names)), [])

    def _range_khz(self, first: int, after: int) -> str:
        lowest, highest = (self.band_centres_hz[place] / 1000 for place in (first, after - 1))
        return f"{lowest:.2f}" if after - first == 1 else f"{lowest:.2f} to {highest:.2f}"

    def _name_words(self) -> None:
        panel, names = self.axes_[1], shortened(self.labels)
        size = label_points(len(names)) if len(names) <= MOST_LABELS_AT_SMALL_POINTS else DENSE_POINTS
        panel.set_xticks(range(len(names)), names, rotation=90, fontsize=size, parse_math=False)
        values = self.correlations.with_labels
        if len(names) > FEW_LABELS:
            return
        for row, column in zip(*np.nonzero(np.abs(values) > self.correlations.chance), strict=True):
            value = values[row, column]
            panel.text(
                column,
                row,
                f"{value:+.2f}",
                ha="center",
                va="center",
                fontsize=CELL_POINTS,
                color="white" if abs(value) > DARK_ABOVE * self._largest() else "black",
            )
