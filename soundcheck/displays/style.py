"""How all displays look, without touching matplotlib's global state (no pyplot, no rcParams).

Colours are those of Okabe and Ito, "Color Universal Design" (2008), which the colour blind can tell
apart. Figures are 8 inches wide, so that text stays legible where a page shows them at 800 pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
VERMILLION = "#D55E00"
GREY = "#666666"
LIGHT_GREY = "#CCCCCC"

WIDTH_INCHES = 8.0
LONGEST_NAME = 20
TITLE_POINTS = 11.0
TEXT_POINTS = 10.0
SMALL_POINTS = 8.0
FEW_LABELS = 12
"""Up to here the labels stand beside each other at the normal size."""


def new_figure(height_inches: float) -> Figure:
    """An empty figure of the common width on an Agg canvas, unknown to pyplot."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def figure_of(axes: Axes) -> Figure:
    """The figure on which axes that a caller passed stand."""
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("ax belongs to no figure; pass one made by Figure.subplots()")
    return figure


def require_axes(axes: Sequence[Axes], count: int) -> None:
    """Raises ValueError unless there are as many axes as panels to draw."""
    if len(axes) != count:
        raise ValueError(f"axes has {len(axes)} entries, but there are {count} panels to draw")


def shortened(names: Sequence[str]) -> list[str]:
    """The names, the long ones cut so that ticks leave room for the plot."""
    return [name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…" for name in names]


def label_points(count: int) -> float:
    """Font size at which `count` names stand under each other in a figure without touching."""
    return TEXT_POINTS if count <= FEW_LABELS else SMALL_POINTS


def set_title(axes: Axes, title: str) -> None:
    """The title of one panel; names of files and labels in it are no TeX."""
    axes.set_title(title, fontsize=TITLE_POINTS, parse_math=False)


def hide_frame(axes: Axes) -> None:
    """Leaves the left and the bottom edge of a panel."""
    axes.spines[["top", "right"]].set_visible(False)


def set_band_ticks(axes: Axes, axis: str, centres_hz: Sequence[float]) -> None:
    """Names some bands on the x or y axis by their centres in Hz, where the axis counts bands from 0."""
    step = max(1, round(len(centres_hz) / 7))
    places = list(range(0, len(centres_hz), step))
    names = [f"{centres_hz[place]:.0f}" for place in places]
    if axis == "x":
        axes.set_xticks(places, names, fontsize=SMALL_POINTS)
    else:
        axes.set_yticks(places, names, fontsize=SMALL_POINTS)
