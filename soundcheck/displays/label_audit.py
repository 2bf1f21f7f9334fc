"""Which labels are probably given to clips of which others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

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

    from soundcheck.audit.label_audit import LabelAudit

HEIGHT_INCHES = 7.0
DARK_ABOVE_SHARE = 0.5


@dataclass(eq=False)
class LabelAuditDisplay(Display):
    """A heat map of the suspected labels: rows are the labels given, columns those suggested.

    Attributes:
        audit: as `soundcheck.audit.label_audit.audit_labels` gives it; where it cannot judge, that is said.
        ax_: the panel, once plotted.
        image_: the heat map, once plotted.
    """

    audit: LabelAudit
    ax_: Axes = field(init=False, repr=False)
    image_: AxesImage = field(init=False, repr=False)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draws the heat map.

        Args:
            ax: where to draw; without it a new figure is made.
        """
        self.ax_ = ax if ax is not None else new_figure(HEIGHT_INCHES).subplots()
        self.figure_ = figure_of(self.ax_)
        counts, labels = self.audit.confusions, self.audit.labels
        most = max(1, int(counts.max()))
        shown = np.ma.masked_array(counts, mask=np.eye(len(labels), dtype=np.bool_))
        self.image_ = self.ax_.imshow(shown, cmap="Oranges", vmin=0, vmax=most)
        for row, column in zip(*np.nonzero(counts), strict=True):
            self.ax_.text(
                column,
                row,
                str(counts[row, column]),
                ha="center",
                va="center",
                fontsize=TEXT_POINTS if len(labels) <= FEW_LABELS else SMALL_POINTS,
                color="white" if counts[row, column] > DARK_ABOVE_SHARE * most else "black",
            )
        self._name_rows_and_columns()
        self.figure_.colorbar(self.image_, ax=self.ax_, label="clips", shrink=0.8, aspect=40, pad=0.02)
        return self

    def _name_rows_and_columns(self) -> None:
        names, places = shortened(self.audit.labels), range(len(self.audit.labels))
        size = label_points(len(names))
        self.ax_.set_xticks(places, names, rotation=90, fontsize=size, parse_math=False)
        self.ax_.set_yticks(places, names, fontsize=size, parse_math=False)
        self.ax_.set_xlabel("label suggested")
        self.ax_.set_ylabel("label given")
        judged = f"{len(self.audit.suspects)} of {len(self.audit.clips)} labels are suspected"
        set_title(self.ax_, "The labels cannot be judged" if self.audit.obstacle else judged)
