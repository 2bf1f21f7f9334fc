"""Loss and accuracy by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import pandas as pd

from soundcheck.displays.display import Display
from soundcheck.displays.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SMALL_POINTS,
    figure_of,
    hide_frame,
    new_figure,
    require_axes,
    set_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT_INCHES = 3.8
CURVES = (
    ("train", "train", BLUE, "-"),
    ("validation", "validation", ORANGE, "-"),
    ("test", "test (for viewing)", GREEN, ":"),
)
COLUMNS = ["epoch", *(f"{name}_{measure}" for name, *_ in CURVES for measure in ("loss", "accuracy"))]


@dataclass(eq=False)
class LearningCurvesDisplay(Display):
    """Loss and accuracy of three sets by epoch, with the chosen epoch and the best baseline.

    The test curve is dotted: it is there to be seen, and never selects.

    Attributes:
        history: one row an epoch, with the columns epoch, train_loss, train_accuracy, validation_loss,
            validation_accuracy, test_loss, test_accuracy.
        best_epoch: the epoch whose weights were kept, counted as in `history`.
        baseline_accuracy: test accuracy of the best baseline, None where there is none.
        axes_: the panel of the loss and that of the accuracy, once plotted.
    """

    history: pd.DataFrame
    best_epoch: int
    baseline_accuracy: float | None = None
    axes_: list[Axes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        missing = [column for column in COLUMNS if column not in self.history]
        if missing:
            raise ValueError(f"history lacks {missing}; it has {list(self.history.columns)}")

    def plot(self, axes: Sequence[Axes] | None = None) -> Self:
        """Draws the loss on the left and the accuracy on the right.

        Args:
            axes: two; without them a new figure is made.

        Raises:
            ValueError: for another number of axes than two.
        """
        self.axes_ = list(axes) if axes is not None else list(new_figure(HEIGHT_INCHES).subplots(1, 2))
        require_axes(self.axes_, 2)
        self.figure_ = figure_of(self.axes_[0])
        for panel, measure in zip(self.axes_, ("loss", "accuracy"), strict=True):
            self._draw(panel, measure)
        self._draw_baseline(self.axes_[1])
        self._draw_legend()
        return self

    def _draw(self, panel: Axes, measure: str) -> None:
        from matplotlib.ticker import MaxNLocator

        epochs = self.history["epoch"].to_numpy()
        for name, label, colour, line in CURVES:
            values = self.history[f"{name}_{measure}"].to_numpy()
            panel.plot(epochs, values, color=colour, linestyle=line, marker="o", markersize=3, label=label)
        panel.axvline(
            self.best_epoch, color=GREY, linewidth=1, zorder=0, label=f"chosen epoch ({self.best_epoch})"
        )
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.set_xlabel("epoch")
        panel.set_ylabel("cross-entropy (nats)" if measure == "loss" else "accuracy (share of clips)")
        set_title(panel, measure.capitalize())
        hide_frame(panel)

    def _draw_baseline(self, panel: Axes) -> None:
        if self.baseline_accuracy is not None:
            label = f"best baseline, test ({self.baseline_accuracy:.3f})"
            panel.axhline(self.baseline_accuracy, color=GREY, linestyle="--", linewidth=1, label=label)
        panel.set_ylim(0, 1.02)

    def _draw_legend(self) -> None:
        handles, labels = self.axes_[1].get_legend_handles_labels()
        figure_of(self.axes_[1]).legend(
            handles,
            labels,
            loc="outside lower center",
            ncols=len(labels),
            fontsize=SMALL_POINTS,
            frameon=False,
        )
