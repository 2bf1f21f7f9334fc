"""Accuracies of trainings that differ in nothing but their seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from soundcheck.displays.display import Display
from soundcheck.displays.style import (
    BLUE,
    LIGHT_GREY,
    ORANGE,
    SMALL_POINTS,
    figure_of,
    hide_frame,
    new_figure,
    set_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from soundcheck.evaluation.repeats import Repeats

HEIGHT_INCHES = 3.6


@dataclass(eq=False)
class RepeatsDisplay(Display):
    """A dot a training; their mean with its interval, and the band of their standard deviation.

    Attributes:
        repeats: as `soundcheck.evaluation.repeats.summarise` gives them.
        ax_: the panel, once plotted.
    """

    repeats: Repeats
    ax_: Axes = field(init=False, repr=False)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draws the accuracies in their order, and their mean behind them.

        Args:
            ax: where to draw; without it a new figure is made.
        """
        self.ax_ = ax if ax is not None else new_figure(HEIGHT_INCHES).subplots()
        self.figure_ = figure_of(self.ax_)
        self._draw_trainings()
        self._draw_mean()
        set_title(self.ax_, f"Another seed alone changes the accuracy by {self.repeats.deviation:.3f}")
        self.ax_.set_xlabel("training, each with another seed")
        self.ax_.set_ylabel("test accuracy (share of clips)")
        self.figure_.legend(loc="outside lower center", ncols=3, fontsize=SMALL_POINTS, frameon=False)
        hide_frame(self.ax_)
        return self

    def _draw_trainings(self) -> None:
        accuracies = self.repeats.accuracies
        places = range(1, len(accuracies) + 1)
        self.ax_.scatter(places, accuracies, s=30, color=BLUE, zorder=3, label="a training")
        self.ax_.set_xticks([*places, len(accuracies) + 1], [*map(str, places), "mean"])
        self.ax_.set_xlim(0.5, len(accuracies) + 1.7)  # room for what is written beside the mean
        for place, accuracy in zip(places, accuracies, strict=True):
            self._write(accuracy, place)

    def _draw_mean(self) -> None:
        mean, deviation = self.repeats.mean, self.repeats.deviation
        place = len(self.repeats.accuracies) + 1
        self.ax_.axhspan(
            mean - deviation,
            mean + deviation,
            color=LIGHT_GREY,
            alpha=0.5,
            linewidth=0,
            label=f"standard deviation of the trainings, ±{deviation:.3f}",
        )
        self.ax_.errorbar(
            [place],
            [mean],
            yerr=[[mean - self.repeats.lower], [self.repeats.upper - mean]],
            color=ORANGE,
            marker="D",
            markersize=5,
            capsize=4,
            linestyle="",
            label="their mean and its interval",
        )
        self._write(mean, place)

    def _write(self, accuracy: float, place: int) -> None:
        self.ax_.annotate(
            f"{accuracy:.3f}",
            (place, accuracy),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL_POINTS,
        )
