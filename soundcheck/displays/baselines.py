"""The model beside the baselines it has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from soundcheck.displays.display import Display
from soundcheck.displays.style import (
    BLUE,
    LIGHT_GREY,
    SMALL_POINTS,
    VERMILLION,
    figure_of,
    hide_frame,
    new_figure,
    set_title,
    shortened,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BASE_INCHES = 1.2
ROW_INCHES = 0.45
BAR_HEIGHT = 0.6


@dataclass(eq=False)
class BaselinesDisplay(Display):
    """Test accuracies as bars; a baseline's train accuracy is a mark, so that overfitting shows as a gap.

    Attributes:
        names: of the baselines.
        train_accuracy: of each baseline.
        test_accuracy: of each baseline.
        model_accuracy: the model's test accuracy.
        model_interval: its lower and upper bound.
        ax_: the panel, once plotted.
    """

    names: Sequence[str]
    train_accuracy: Sequence[float]
    test_accuracy: Sequence[float]
    model_accuracy: float
    model_interval: tuple[float, float]
    ax_: Axes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.train_accuracy) == len(self.test_accuracy):
            raise ValueError(
                f"{len(self.names)} names, {len(self.train_accuracy)} train and {len(self.test_accuracy)} "
                "test accuracies; pass one of each for every baseline"
            )

    def plot(self, ax: Axes | None = None) -> Self:
        """Draws one bar a baseline and the model's below.

        Args:
            ax: where to draw; without it a new figure is made.
        """
        bars = len(self.names) + 1
        self.ax_ = ax if ax is not None else new_figure(BASE_INCHES + ROW_INCHES * bars).subplots()
        self.figure_ = figure_of(self.ax_)
        self._draw_baselines()
        self._draw_model()
        self._name_axes()
        return self

    def _draw_baselines(self) -> None:
        places = np.arange(len(self.names))
        self.ax_.barh(places, self.test_accuracy, height=BAR_HEIGHT, color=LIGHT_GREY, label="baseline, test")
        self.ax_.scatter(
            self.train_accuracy, places, marker="d", s=22, color=VERMILLION, zorder=3, label="baseline, train"
        )
        for place, train, test in zip(places, self.train_accuracy, self.test_accuracy, strict=True):
            self._write_beside(place, f"{test:.3f}  (train {train:.3f})")

    def _draw_model(self) -> None:
        lower, upper = self.model_interval
        errors = [[self.model_accuracy - lower], [upper - self.model_accuracy]]
        place = len(self.names)
        self.ax_.barh(
            [place],
            [self.model_accuracy],
            height=BAR_HEIGHT,
            color=BLUE,
            xerr=errors,
            capsize=4,
            label="model, test, with its interval",
        )
        self._write_beside(place, f"{self.model_accuracy:.3f}  ({lower:.3f} to {upper:.3f})")

    def _write_beside(self, place: float, text: str) -> None:
        # To the right of the panel, where neither a bar nor a mark can cover it.
        self.ax_.annotate(
            text,
            (1.0, place),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL_POINTS,
            annotation_clip=False,
        )

    def _name_axes(self) -> None:
        names = shortened([name.replace("_", " ") for name in self.names])
        self.ax_.set_yticks(range(len(names) + 1), [*names, "model"], parse_math=False)
        self.ax_.invert_yaxis()
        self.ax_.set_xlim(0, 1)
        self.ax_.set_xlabel("accuracy (share of clips)")
        set_title(self.ax_, "The model and its baselines")
        hide_frame(self.ax_)
        figure_of(self.ax_).legend(loc="outside lower center", ncols=3, fontsize=SMALL_POINTS, frameon=False)
