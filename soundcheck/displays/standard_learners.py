"""The network beside standard algorithms: who recognises which clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from soundcheck.displays.display import Display
from soundcheck.displays.style import (
    BLUE,
    GREY,
    LIGHT_GREY,
    ORANGE,
    SMALL_POINTS,
    VERMILLION,
    figure_of,
    hide_frame,
    new_figure,
    require_axes,
    set_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from soundcheck.evaluation.standard_learners import StandardLearners

BASE_INCHES = 1.4
ROW_INCHES = 0.5
BAR_HEIGHT = 0.6
LEAST_WRITTEN_SHARE = 0.06  # of the clips: a number does not fit into a narrower part of a bar
PARTS = (
    ("both right", "both_right", LIGHT_GREY, "black"),
    ("only the network right", "only_network", BLUE, "white"),
    ("only the algorithm right", "only_rival", ORANGE, "black"),
    ("both wrong", "both_wrong", VERMILLION, "white"),
)


@dataclass(eq=False)
class StandardLearnersDisplay(Display):
    """Accuracies with 95 % intervals on the left; on the right the clips by who recognises them.

    Attributes:
        comparison: as `soundcheck.evaluation.standard_learners` makes it.
        axes_: the panel of accuracies and that of clips, once plotted.
    """

    comparison: StandardLearners
    axes_: list[Axes] = field(init=False, repr=False)

    def plot(self, axes: Sequence[Axes] | None = None) -> Self:
        """Draws a row an algorithm.

        Args:
            axes: two; without them a new figure is made.

        Raises:
            ValueError: for another number of axes than two.
        """
        rows = len(self.comparison.rivals) + 1
        self.axes_ = list(axes) if axes is not None else _new_axes(rows)
        require_axes(self.axes_, 2)
        self.figure_ = figure_of(self.axes_[0])
        self._draw_accuracies(self.axes_[0])
        self._draw_clips(self.axes_[1])
        for panel in self.axes_:
            panel.set_ylim(rows - 0.5, -0.5)
            hide_frame(panel)
        return self

    def _draw_accuracies(self, panel: Axes) -> None:
        comparison = self.comparison
        network = ("network", comparison.network_accuracy, *comparison.network_interval)
        rows = [network, *((one.name, one.accuracy, one.lower, one.upper) for one in comparison.rivals)]
        for place, (_, accuracy, lower, upper) in enumerate(rows):
            panel.errorbar(
                [accuracy],
                [place],
                xerr=[[accuracy - lower], [upper - accuracy]],
                marker="o",
                capsize=3,
                color=GREY if place else BLUE,
            )
            panel.annotate(
                f"{accuracy:.3f}",
                (accuracy, place),
                xytext=(0, 6),
                textcoords="offset points",
                ha="center",
                fontsize=SMALL_POINTS,
            )
        panel.set_yticks(range(len(rows)), [name for name, *_ in rows])
        panel.set_xlim(0, 1.05)
        panel.set_xlabel("test accuracy (share of clips)")
        set_title(panel, "Accuracy, 95 % interval")

    def _draw_clips(self, panel: Axes) -> None:
        rivals, total = self.comparison.rivals, self.comparison.clips
        places, left = np.arange(1, len(rivals) + 1), np.zeros(len(rivals))
        for name, part, colour, ink in PARTS:
            counts = np.array([getattr(rival, part) for rival in rivals])
            panel.barh(places, counts, BAR_HEIGHT, left=left, color=colour, label=name)
            for place, start, count in zip(places, left, counts, strict=True):
                if count >= LEAST_WRITTEN_SHARE * total:
                    panel.text(
                        start + count / 2,
                        place,
                        str(count),
                        ha="center",
                        va="center",
                        color=ink,
                        fontsize=SMALL_POINTS,
                    )
            left += counts
        for place, rival in zip(places, rivals, strict=True):
            panel.annotate(
                f"κ {rival.kappa:.2f}", (total, place), xytext=(4, 0), textcoords="offset points", va="center"
            )
        panel.set_xlabel("test clips; κ is the agreement with the network")
        panel.set_xlim(0, total)
        set_title(panel, "Who is right")
        figure_of(panel).legend(loc="outside lower center", ncols=2, fontsize=SMALL_POINTS, frameon=False)


def _new_axes(rows: int) -> list[Axes]:
    figure = new_figure(BASE_INCHES + ROW_INCHES * rows)
    return list(figure.subplots(1, 2, sharey=True, width_ratios=(0.4, 0.6)))
