"""Accuracy over the amount of training data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from soundcheck.displays.display import Display
from soundcheck.displays.style import (
    BLUE,
    GREY,
    ORANGE,
    SMALL_POINTS,
    figure_of,
    hide_frame,
    new_figure,
    set_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from soundcheck.evaluation.learning_curve import LearningCurve

HEIGHT_INCHES = 4.2
POINTS = 100


@dataclass(eq=False)
class LearningCurveOfDataDisplay(Display):
    """The runs, the fitted curve and, unless something stands in the way, what twice the data would bring.

    Attributes:
        curve: as `soundcheck.evaluation.learning_curve.fit_learning_curve` gives it.
        ax_: the panel, once plotted.
    """

    curve: LearningCurve
    ax_: Axes = field(init=False, repr=False)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draws accuracy over the number of clips, which is doubled at every step of the same width.

        Args:
            ax: where to draw; without it a new figure is made.
        """
        self.ax_ = ax if ax is not None else new_figure(HEIGHT_INCHES).subplots()
        self.figure_ = figure_of(self.ax_)
        runs = self.curve.runs
        largest = int(runs.sizes.max())
        self.ax_.scatter(runs.sizes, runs.accuracies, s=20, color=BLUE, zorder=3, label="a training run")
        sizes = np.geomspace(runs.sizes.min(), largest, POINTS)
        self.ax_.plot(sizes, self.curve.accuracies(sizes), color=BLUE, label=self._formula())
        if self.curve.obstacle:
            set_title(self.ax_, "Accuracy over training clips: what more would bring is not known")
        else:
            self._draw_doubled(largest)
        self._name_axes(largest)
        return self

    def _draw_doubled(self, largest: int) -> None:
        sizes = np.geomspace(largest, 2 * largest, POINTS)
        self.ax_.plot(sizes, self.curve.accuracies(sizes), color=ORANGE, linestyle="--")
        lower, upper = self.curve.doubled_interval
        self.ax_.errorbar(
            [2 * largest],
            [self.curve.doubled],
            yerr=[[self.curve.doubled - lower], [upper - self.curve.doubled]],
            color=ORANGE,
            marker="D",
            markersize=5,
            capsize=4,
            linestyle="",
            label="twice the clips, 95 % interval",
        )
        gain_lower, gain_upper = self.curve.gain_interval
        set_title(
            self.ax_,
            f"Twice the clips {self.curve.prospect}: {self.curve.doubled - self.curve.accuracy:+.3f} "
            f"({gain_lower:+.3f} to {gain_upper:+.3f})",
        )

    def _formula(self) -> str:
        curve = self.curve
        scale = f"(n / {int(curve.runs.sizes.max())})"
        return f"error = {curve.floor:.3f} + {curve.reducible:.3f} {scale}^-{curve.exponent:.2f}"

    def _name_axes(self, largest: int) -> None:
        sizes = np.unique(self.curve.runs.sizes).tolist()
        self.ax_.set_xscale("log", base=2)
        ticks = sizes if self.curve.obstacle else [*sizes, 2 * largest]
        self.ax_.set_xticks(ticks, [str(size) for size in ticks])
        self.ax_.minorticks_off()
        self.ax_.axvline(largest, color=GREY, linestyle=":", linewidth=1)
        self.ax_.set_xlabel("training clips (logarithmic)")
        self.ax_.set_ylabel("test accuracy (share of clips)")
        figure_of(self.ax_).legend(loc="outside lower center", ncols=3, fontsize=SMALL_POINTS, frameon=False)
        hide_frame(self.ax_)
