"""Which words are taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soundcheck.displays.display import Display
from soundcheck.displays.style import (
    FEW_LABELS,
    SMALL_POINTS,
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
DENSE_POINTS = 5.5
DARK_ABOVE_PER_CENT = 50.0


@dataclass(eq=False)
class ConfusionMatrixDisplay(Display):
    """A heat map of counts: rows are the true words, columns the predicted ones.

    The colour is a row's share, so that a rare word is as visible as a frequent one.

    Attributes:
        matrix: (labels, labels) counts of clips.
        labels: the words, in the order of rows and columns.
        ax_: the panel, once plotted.
        image_: the heat map in per cent of each row, once plotted.
    """

    matrix: NDArray[np.int64]
    labels: Sequence[str]
    ax_: Axes = field(init=False, repr=False)
    image_: AxesImage = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.matrix.shape != (len(self.labels), len(self.labels)):
            raise ValueError(
                f"matrix has shape {self.matrix.shape}, but there are {len(self.labels)} labels; "
                "pass one row and one column for each"
            )

    @classmethod
    def from_predictions(cls, true: ArrayLike, predicted: ArrayLike, labels: Sequence[str]) -> Self:
        """Counts the pairs of true and predicted class.

        Args:
            true: (clips,) class indices, each a place in `labels`.
            predicted: (clips,) class indices.
            labels: the words.

        Raises:
            ValueError: for arrays of different lengths or an index that is no place in `labels`.
        """
        pairs = np.stack([np.asarray(true, np.int64), np.asarray(predicted, np.int64)])
        if pairs.size and (pairs.min() < 0 or pairs.max() >= len(labels)):
            raise ValueError(
                f"class indices from {pairs.min()} to {pairs.max()} do not fit {len(labels)} labels"
            )
        matrix = np.zeros((len(labels), len(labels)), np.int64)
        np.add.at(matrix, (pairs[0], pairs[1]), 1)
        return cls(matrix, labels)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draws the heat map.

        Args:
            ax: where to draw; without it a new figure is made.
        """
        self.ax_ = ax if ax is not None else new_figure(HEIGHT_INCHES).subplots()
        self.figure_ = figure_of(self.ax_)
        per_cent = self._row_per_cent()
        self.image_ = self.ax_.imshow(per_cent, cmap="Blues", vmin=0, vmax=100)
        self._write_cells(per_cent)
        self._name_rows_and_columns()
        self.figure_.colorbar(
            self.image_,
            ax=self.ax_,
            label="share of the true word's clips (%)",
            shrink=0.8,
            aspect=40,
            pad=0.02,
        )
        return self

    def _row_per_cent(self) -> NDArray[np.float64]:
        clips = self.matrix.sum(axis=1, keepdims=True)
        return 100 * self.matrix / np.maximum(clips, 1)

    def _write_cells(self, per_cent: NDArray[np.float64]) -> None:
        few = len(self.labels) <= FEW_LABELS
        for row, column in zip(*np.nonzero(self.matrix), strict=True):
            count, share = self.matrix[row, column], per_cent[row, column]
            self.ax_.text(
                column,
                row,
                f"{count}\n{share:.0f} %" if few else f"{count}",
                ha="center",
                va="center",
                fontsize=SMALL_POINTS if few else DENSE_POINTS,
                color="white" if share > DARK_ABOVE_PER_CENT else "black",
            )

    def _name_rows_and_columns(self) -> None:
        names, places = shortened(self.labels), range(len(self.labels))
        size = label_points(len(names))
        self.ax_.set_xticks(places, names, rotation=90, fontsize=size, parse_math=False)
        self.ax_.set_yticks(places, names, fontsize=size, parse_math=False)
        self.ax_.set_xlabel("predicted word")
        self.ax_.set_ylabel("true word")
        correct, clips = int(np.trace(self.matrix)), int(self.matrix.sum())
        set_title(self.ax_, f"Confusion matrix: {correct} of {clips} clips right")
