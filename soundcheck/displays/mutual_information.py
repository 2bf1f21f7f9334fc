"""What each band tells of the word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from soundcheck.displays.display import Display
from soundcheck.displays.style import (
    BLUE,
    LIGHT_GREY,
    SMALL_POINTS,
    VERMILLION,
    figure_of,
    hide_frame,
    new_figure,
    require_axes,
    set_band_ticks,
    set_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from soundcheck.audit.association import MutualInformation

HEIGHT_INCHES = 3.4
HEADROOM = 1.12


@dataclass(eq=False)
class MutualInformationDisplay(Display):
    """Bars of the mutual information of each band's mean and deviation with the word, over what chance gives.

    Attributes:
        information: as `soundcheck.audit.association.mutual_information` gives it.
        band_centres_hz: (bins,) in Hz.
        axes_: the panel of the means and that of the deviations, once plotted.
    """

    information: MutualInformation
    band_centres_hz: Sequence[float] | NDArray[np.floating[Any]]
    axes_: list[Axes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.information.bits) != 2 * len(self.band_centres_hz):
            raise ValueError(
                f"information is of {len(self.information.bits)} columns, but {len(self.band_centres_hz)} "
                f"band_centres_hz ask for {2 * len(self.band_centres_hz)}"
            )

    def plot(self, axes: Sequence[Axes] | None = None) -> Self:
        """Draws the means on the left and the deviations on the right.

        Args:
            axes: two; without them a new figure is made.

        Raises:
            ValueError: for another number of axes than two.
        """
        self.axes_ = list(axes) if axes is not None else self._new_axes()
        require_axes(self.axes_, 2)
        self.figure_ = figure_of(self.axes_[0])
        means, deviations = np.split(self.information.bits, 2)
        self._draw(self.axes_[0], means, "Mean of the band over time")
        self._draw(self.axes_[1], deviations, "Deviation of the band over time")
        self.axes_[0].set_ylabel("mutual information (bits)")
        self._draw_legend()
        return self

    def _new_axes(self) -> list[Axes]:
        return list(new_figure(HEIGHT_INCHES).subplots(1, 2, sharey=True))

    def _draw(self, panel: Axes, bits: NDArray[np.float64], title: str) -> None:
        chance = self.information.chance_bits
        colours = [BLUE if value > chance else LIGHT_GREY for value in bits]
        panel.bar(range(len(bits)), bits, width=0.9, color=colours)
        panel.axhline(chance, color=VERMILLION, linestyle="--", linewidth=1.2)
        panel.set_ylim(0, HEADROOM * max(float(self.information.bits.max()), 2 * chance, 1e-3))
        set_band_ticks(panel, "x", [float(centre) for centre in self.band_centres_hz])
        panel.set_xlabel("band, centre (Hz)")
        set_title(panel, title)
        hide_frame(panel)

    def _draw_legend(self) -> None:
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        chance, word = self.information.chance_bits, self.information.label_bits
        handles = [
            Patch(color=BLUE, label=f"band with the word, which is worth {word:.2f} bits"),
            Line2D(
                [], [], color=VERMILLION, linestyle="--", label=f"most by shuffled labels ({chance:.3f} bits)"
            ),
        ]
        figure_of(self.axes_[0]).legend(
            handles=handles, loc="outside lower center", ncols=2, fontsize=SMALL_POINTS, frameon=False
        )
