"""The base of all displays: saving as PNG."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 150


class Display(ABC):
    """Values that can be drawn; `plot` sets `figure_`."""

    figure_: Figure | None = None

    @abstractmethod
    def plot(self) -> Self:
        """Draws the values on a new figure."""

    def save(self, path: Path) -> Path:
        """Writes the display as PNG, 1200 pixels wide, plotting it first where that was not done.

        The same values give the same bytes under the same matplotlib: the file holds no date.

        Returns:
            `path`.

        Raises:
            OSError: where `path` cannot be written.
        """
        figure = self.figure_ or self.plot().figure_
        if figure is None:
            raise RuntimeError(f"{type(self).__name__}.plot() did not set figure_")
        with warnings.catch_warnings():
            # A word in a script that the font lacks is drawn as boxes: ugly, but nothing to warn a user of.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
            _write_png(figure, path)
        return path


def _write_png(figure: Figure, path: Path) -> None:
    """As `savefig` would with its usual settings, which draws a figure twice where it has a layout."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    shown_on, dots_per_inch = figure.canvas, figure.dpi
    canvas = FigureCanvasAgg(figure)  # a window of the user's keeps its size
    try:
        figure.dpi = DOTS_PER_INCH
        canvas.print_png(path, metadata={"Software": None})
    finally:
        figure.dpi = dots_per_inch
        figure.set_canvas(shown_on)
