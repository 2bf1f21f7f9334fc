"""A training as the monitor saw it: the loss, and what went on in each layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from soundcheck.displays.display import Display
from soundcheck.displays.style import (
    BLUE,
    GREY,
    ORANGE,
    SMALL_POINTS,
    VERMILLION,
    figure_of,
    hide_frame,
    new_figure,
    require_axes,
    set_title,
    shortened,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from soundcheck.debugging.record import LayerState, Record

HEIGHT_INCHES = 6.2
MOST_LAYERS = 12
USUAL_UPDATE = 1e-3
"""Where updates of a healthy training lie, relative to the weights (Karpathy, CS231n)."""


@dataclass(eq=False)
class TrainingRecordDisplay(Display):
    """Four panels: loss by epoch; gradients, updates and idle units of each layer by step.

    Attributes:
        title: what is written over them, such as the first finding.
        losses: by name ("training", "validation"), (epochs,) each.
        steps: (observations,) batches that the optimizer had seen.
        layers: names of the layers with weights that are trained, in the order of the call.
        gradients: (layers, observations) norm of the gradient over that of the weights.
        updates: (layers, observations) norm of the change that the step made over that of the weights.
        idle: (layers, observations) share of units that are zero for all rows, or of saturated outputs,
            whichever is greater.
        axes_: the four panels, once plotted.
    """

    title: str
    losses: dict[str, NDArray[np.float64]]
    steps: NDArray[np.int64]
    layers: Sequence[str]
    gradients: NDArray[np.float64]
    updates: NDArray[np.float64]
    idle: NDArray[np.float64]
    axes_: list[Axes] = field(init=False, repr=False)

    @classmethod
    def from_record(cls, record: Record, title: str = "") -> Self:
        """What a monitor recorded.

        Args:
            record: of at least one observation; where a model is deep, its layers are evenly thinned.
            title: written over the panels.

        Raises:
            ValueError: nothing was observed.
        """
        if not record.observations:
            raise ValueError("record has no observations; train with TrainingMonitor first")
        names = [layer.name for layer in record.observations[0].layers if layer.trainable]
        places = np.unique(np.linspace(0, len(names) - 1, min(len(names), MOST_LAYERS)).round().astype(int))
        chosen = [names[place] for place in places] if names else []
        seen = [{layer.name: layer for layer in one.layers} for one in record.observations]

        def by_layer(measure: Callable[[LayerState], float]) -> NDArray[np.float64]:
            values = [[measure(one[name]) if name in one else np.nan for one in seen] for name in chosen]
            return np.array(values, np.float64).reshape(len(chosen), len(seen))

        curves = {"training": record.curve("loss"), "validation": record.curve("val_loss")}
        return cls(
            title,
            {name: curve for name, curve in curves.items() if np.isfinite(curve).any()},
            np.array([one.step for one in record.observations]),
            chosen,
            by_layer(lambda layer: layer.gradient_norm / (layer.weight_norm or np.nan)),
            by_layer(lambda layer: layer.update_norm / (layer.weight_norm or np.nan)),
            by_layer(lambda layer: float(np.fmax(layer.zero_units, layer.saturated))),
        )

    def plot(self, axes: Sequence[Axes] | None = None) -> Self:
        """Draws the panels.

        Args:
            axes: four; without them a new figure is made.

        Raises:
            ValueError: for another number of axes than four.
        """
        if axes is None:
            axes = list(new_figure(HEIGHT_INCHES).subplots(2, 2).flat)
        require_axes(axes, 4)
        self.axes_ = list(axes)
        self.figure_ = figure_of(self.axes_[0])
        self._draw_losses(self.axes_[0])
        self._draw_layers(self.axes_[1], self.gradients, "Gradient over weight (norms)")
        self._draw_layers(self.axes_[2], self.updates, "Update over weight (norms)")
        self.axes_[2].axhline(USUAL_UPDATE, color=GREY, linestyle="--", linewidth=1, label="usual, 0.001")
        self._draw_idle(self.axes_[3])
        self._draw_legend()
        if self.title:
            self.figure_.suptitle(self.title, parse_math=False)
        return self

    def _draw_losses(self, panel: Axes) -> None:
        colours = {"training": BLUE, "validation": ORANGE}
        for name, curve in self.losses.items():
            epochs = np.arange(1, len(curve) + 1)
            panel.plot(epochs, curve, color=colours[name], marker="o", markersize=3, label=name)
            broken = epochs[~np.isfinite(curve)]
            if len(broken):
                panel.axvline(broken[0], color=VERMILLION, label="no longer finite")
        panel.set_xlabel("epoch")
        panel.set_ylabel("loss")
        panel.legend(fontsize=SMALL_POINTS, frameon=False)
        set_title(panel, "Loss")
        hide_frame(panel)

    def _draw_layers(self, panel: Axes, values: NDArray[np.float64], title: str) -> None:
        for place, layer in enumerate(values):
            drawn = np.where(layer > 0, layer, np.nan)
            panel.plot(self.steps, drawn, color=self._colour(place), marker="o", markersize=2)
        if (values > 0).any():
            panel.set_yscale("log")
        self._finish(panel, title)

    def _draw_idle(self, panel: Axes) -> None:
        for place, layer in enumerate(self.idle):
            panel.plot(self.steps, layer, color=self._colour(place), marker="o", markersize=2)
        panel.set_ylim(-0.02, 1.02)
        self._finish(panel, "Dead or saturated (share of a layer)")

    def _finish(self, panel: Axes, title: str) -> None:
        panel.set_xscale("symlog", linthresh=1)
        panel.set_xlim(left=0)
        panel.set_xlabel("step (batches seen)")
        set_title(panel, title)
        hide_frame(panel)

    def _colour(self, place: int) -> str:
        """From dark for the first layer to light for the last, which the colour blind can tell as well."""
        from matplotlib import colormaps
        from matplotlib.colors import to_hex

        return to_hex(colormaps["viridis"](0.9 * place / max(len(self.layers) - 1, 1)))

    def _draw_legend(self) -> None:
        from matplotlib.lines import Line2D

        lines = [Line2D([], [], color=self._colour(place), marker="o") for place in range(len(self.layers))]
        lines.append(Line2D([], [], color=GREY, linestyle="--"))
        figure_of(self.axes_[0]).legend(
            lines,
            [*shortened(list(self.layers)), "usual update (0.001)"],
            loc="outside lower center",
            ncols=min(len(lines), 4),
            fontsize=SMALL_POINTS,
            frameon=False,
        )
