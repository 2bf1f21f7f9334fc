"""On which clips a model is worse than on the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from soundcheck.displays.display import Display
from soundcheck.displays.style import (
    BLUE,
    GREY,
    SMALL_POINTS,
    VERMILLION,
    figure_of,
    hide_frame,
    new_figure,
    set_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from soundcheck.evaluation.slices import Slice, Slices

BASE_INCHES = 1.5
ROW_INCHES = 0.3
MOST_ROWS = 14
LONGEST_LINE = 44


@dataclass(eq=False)
class SlicesDisplay(Display):
    """Accuracies of slices with their intervals: first those that are worse beyond chance, then the others.

    Attributes:
        slices: as `soundcheck.evaluation.slices.find_slices` gives them.
        most: rows at most.
        rows_: what is drawn, from the top, once plotted.
        ax_: the panel, once plotted.
    """

    slices: Slices
    most: int = MOST_ROWS
    rows_: list[Slice] = field(init=False, repr=False)
    ax_: Axes = field(init=False, repr=False)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draws one row a slice.

        Args:
            ax: where to draw; without it a new figure is made.
        """
        worst = self.slices.worst[: self.most]
        others = [one for one in self.slices.single if one not in self.slices.worst]
        others.sort(key=lambda one: (one.accuracy.value, one.name))
        self.rows_ = [*worst, *others[: self.most - len(worst)]]
        height_inches = BASE_INCHES + ROW_INCHES * max(1, len(self.rows_))
        self.ax_ = ax if ax is not None else new_figure(height_inches).subplots()
        self.figure_ = figure_of(self.ax_)
        self._draw_overall()
        self._draw_rows(0, len(worst), VERMILLION, "D", "worse than the rest")
        self._draw_rows(len(worst), len(self.rows_), BLUE, "o", "no worse beyond chance")
        self._name_axes()
        return self

    def _draw_overall(self) -> None:
        overall = self.slices.accuracy
        self.ax_.axvspan(overall.lower, overall.upper, color=GREY, alpha=0.15, linewidth=0)
        self.ax_.axvline(overall.value, color=GREY, linewidth=1, linestyle="--", label="all clips")

    def _draw_rows(self, first: int, after: int, colour: str, marker: str, name: str) -> None:
        if first == after:
            return
        shown = [one.accuracy for one in self.rows_[first:after]]
        values, lower, upper = np.array([(one.value, one.lower, one.upper) for one in shown]).T
        self.ax_.errorbar(
            values,
            np.arange(first, after),
            xerr=np.stack([values - lower, upper - values]),
            fmt=marker,
            color=colour,
            markersize=5,
            elinewidth=1.2,
            capsize=2,
            label=name,
        )

    def _name_axes(self) -> None:
        names = [f"{_in_lines(one)} ({one.accuracy.total})" for one in self.rows_]
        self.ax_.set_yticks(range(len(names)), names, fontsize=SMALL_POINTS, parse_math=False)
        self.ax_.set_ylim(max(len(names), 1) - 0.5, -0.5)
        self.ax_.set_xlabel("accuracy, with its interval (clips of the slice in brackets)")
        looked_at, worse = self.slices.looked_at, len(self.slices.worst)
        found = f"{worse} are worse than the rest" if worse else "none is worse than the rest"
        set_title(self.ax_, f"Of {looked_at} slices, {found} beyond chance")
        hide_frame(self.ax_)
        figure_of(self.ax_).legend(loc="outside lower center", ncols=3, fontsize=SMALL_POINTS, frameon=False)


def _in_lines(one: Slice) -> str:
    """The name, on two lines where it is long, each cut where it is too long for one."""
    if len(one.name) <= LONGEST_LINE:
        return one.name
    names = [condition.name for condition in one.conditions]
    return "\nand ".join(
        name if len(name) <= LONGEST_LINE else f"{name[: LONGEST_LINE - 1]}…" for name in names
    )
