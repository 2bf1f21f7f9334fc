"""How a model fares under perturbed sound: a panel a perturbation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soundcheck.displays.display import Display
from soundcheck.displays.style import (
    BLUE,
    GREY,
    LIGHT_GREY,
    SMALL_POINTS,
    VERMILLION,
    figure_of,
    hide_frame,
    new_figure,
    require_axes,
    shortened,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from soundcheck.evaluation.sensitivity import Curve, Sensitivity

COLUMNS = 3
NAMED_WORDS = 2
LONGEST_LINE = 38  # characters over a panel
ROW_INCHES = 2.4
LEGEND_INCHES = 0.6
HIGHEST = 1.02  # a curve along 1 would else lie on the edge


@dataclass(eq=False)
class SensitivityDisplay(Display):
    """Accuracy against strength with its 95 % interval; the dashed line is the accuracy without.

    Thin lines are the recalls of the words, those of the words that break first in a warm colour. A strength
    at which accuracy is lower beyond chance has a filled mark.

    Attributes:
        sensitivity: as `soundcheck.evaluation.sensitivity.measure_sensitivity` gives it.
        axes_: the panels, once plotted.
    """

    sensitivity: Sensitivity
    axes_: list[Axes] = field(init=False, repr=False)

    def plot(self, axes: Sequence[Axes] | None = None) -> Self:
        """Draws one panel a perturbation.

        Args:
            axes: as many; without them a new figure is made.

        Raises:
            ValueError: for another number of axes than of perturbations, or where there is none.
        """
        curves = self.sensitivity.curves
        if not curves:
            raise ValueError("sensitivity has no curve to draw; measure one perturbation at least")
        self.axes_ = list(axes) if axes is not None else _new_axes(len(curves))
        require_axes(self.axes_, len(curves))
        self.figure_ = figure_of(self.axes_[0])
        for panel, curve in zip(self.axes_, curves, strict=True):
            self._draw(panel, curve)
        self._draw_legend()
        return self

    def _draw(self, panel: Axes, curve: Curve) -> None:
        accuracies, strengths = self.sensitivity.accuracies(curve), np.array(curve.strengths)
        self._draw_words(panel, curve)
        panel.axhline(self.sensitivity.accuracy, color=GREY, linestyle="--", linewidth=1, label="unperturbed")
        panel.fill_between(strengths, accuracies[:, 1], accuracies[:, 2], color=BLUE, alpha=0.25, linewidth=0)
        places, lines = self._through_unchanged(curve, accuracies[:, :1], [self.sensitivity.accuracy])
        panel.plot(places, lines, color=BLUE, label="accuracy, 95 % interval")
        is_harmful = np.array([curve.is_harmful(place) for place in range(len(strengths))])
        for marked, colour in ((is_harmful, BLUE), (~is_harmful, "white")):
            panel.scatter(
                strengths[marked], accuracies[marked, 0], s=16, color=colour, edgecolors=BLUE, zorder=3
            )
        _name_axes(panel, curve)

    def _draw_words(self, panel: Axes, curve: Curve) -> None:
        clips = np.array(self.sensitivity.clips, np.float64)
        clips[clips == 0] = np.nan
        recalls = self.sensitivity.recalls(curve)
        places, lines = self._through_unchanged(curve, recalls, np.array(self.sensitivity.hits) / clips)
        for label, line in zip(self.sensitivity.labels, lines.T, strict=True):
            is_first = label in curve.first_to_break
            colour, width = (VERMILLION, 1.2) if is_first else (LIGHT_GREY, 0.7)
            panel.plot(places, line, color=colour, linewidth=width, zorder=1.5)

    @staticmethod
    def _through_unchanged(
        curve: Curve, shares: NDArray[np.float64], unperturbed: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Strengths, and shares (strengths, lines), with those of the unperturbed clips among them."""
        if curve.unchanged is None:
            return np.array(curve.strengths), shares
        place = int(np.searchsorted(curve.strengths, curve.unchanged))
        return np.insert(curve.strengths, place, curve.unchanged), np.insert(
            shares, place, unperturbed, axis=0
        )

    def _draw_legend(self) -> None:
        from matplotlib.lines import Line2D

        handles, names = self.axes_[0].get_legend_handles_labels()
        more = {
            "lower beyond chance": Line2D([], [], color=BLUE, marker="o", linestyle="", markersize=4),
            "words that break first": Line2D([], [], color=VERMILLION, linewidth=1.2),
            "other words": Line2D([], [], color=LIGHT_GREY, linewidth=0.7),
        }
        figure_of(self.axes_[0]).legend(
            [*handles, *more.values()],
            [*names, *more],
            loc="outside lower center",
            ncols=COLUMNS,
            fontsize=SMALL_POINTS,
            frameon=False,
        )


def _name_axes(panel: Axes, curve: Curve) -> None:
    first = shortened(curve.first_to_break)
    more = f" and {len(first) - NAMED_WORDS} more" if len(first) > NAMED_WORDS else ""
    broken = f"breaks first: {', '.join(first[:NAMED_WORDS])}{more}" if first else "no word first for certain"
    if len(broken) > LONGEST_LINE:
        broken = f"{broken[: LONGEST_LINE - 1]}…"
    panel.set_ylim(0, HIGHEST)
    panel.set_xlabel(f"{curve.quantity} ({curve.unit})", fontsize=SMALL_POINTS)
    panel.set_ylabel("share of clips", fontsize=SMALL_POINTS)
    panel.tick_params(labelsize=SMALL_POINTS)
    panel.set_title(f"{curve.name.capitalize()}\n{broken}", fontsize=SMALL_POINTS, parse_math=False)
    hide_frame(panel)


def _new_axes(count: int) -> list[Axes]:
    """In rows of three; where a row is not full, nothing stands in its place."""
    rows = -(-count // COLUMNS)
    figure = new_figure(rows * ROW_INCHES + LEGEND_INCHES)
    panels = list(figure.subplots(rows, min(count, COLUMNS), squeeze=False).flat)
    for panel in panels[count:]:
        panel.remove()
    return panels[:count]
