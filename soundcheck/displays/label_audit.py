"""Which labels are probably given to clips of which others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from soundcheck.displays.display import Display
from soundcheck.displays.style import (
    FEW_LABELS,
    SMALL_POINTS,
    TEXT_POINTS,
    figure_of,
    label_points,
    new_figure,
    set_title,
    shortened,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

HEIGHT_INCHES = 7.0
DARK_ABOVE_SHARE = 0.5


@dataclass(eq=False)
class LabelAuditDisplay(Display):
    """A heat map of the estimated wrong labels: rows are the labels given, columns those it should be.

    Attributes:
        joint: (labels, labels) estimated counts of clips; the diagonal, which is right, is left blank.
        labels: the words, in the order of rows and columns.
        ax_: the panel, once plotted.
        image_: the heat map, once plotted.
    """

    joint: NDArray[np.int64]
    labels: Sequence[str]
    ax_: Axes = field(init=False, repr=False)
    image_: AxesImage = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.joint.shape != (len(self.labels), len(self.labels)):
            raise ValueError(
                f"joint has shape {self.joint.shape}, but there are {len(self.labels)} labels; "
                "pass one row and one column for each"
            )

    def plot(self, ax: Axes | None = None) -> Self:
        """Draws the heat map.

        Args:
            ax: where to draw; without it a new figure is made.
        """
        self.ax_ = ax if ax is not None else new_figure(HEIGHT_INCHES).subplots()
        self.figure_ = figure_of(self.ax_)
        wrong = np.ma.masked_array(self.joint, mask=np.eye(len(self.labels), dtype=np.bool_))
        most = max(1, int(wrong.max()))
        self.image_ = self.ax_.imshow(wrong, cmap="Oranges", vmin=0, vmax=most)
        for row, column in zip(*np.nonzero(wrong.filled(0)), strict=True):
            dark = self.joint[row, column] > DARK_ABOVE_SHARE * most
            self.ax_.text(
                column,
                row,
                str(self.joint[row, column]),
                ha="center",
                va="center",
                fontsize=TEXT_POINTS if len(self.labels) <= FEW_LABELS else SMALL_POINTS,
                color="white" if dark else "black",
            )
        self._name_rows_and_columns(int(wrong.filled(0).sum()))
        self.figure_.colorbar(self.image_, ax=self.ax_, label="clips", shrink=0.8, aspect=40, pad=0.02)
        return self

    def _name_rows_and_columns(self, wrong: int) -> None:
        names, places = shortened(self.labels), range(len(self.labels))
        size = label_points(len(names))
        self.ax_.set_xticks(places, names, rotation=90, fontsize=size, parse_math=False)
        self.ax_.set_yticks(places, names, fontsize=size, parse_math=False)
        self.ax_.set_xlabel("label it should be")
        self.ax_.set_ylabel("label given")
        set_title(self.ax_, f"About {wrong} of {int(self.joint.sum())} labels may be wrong")
