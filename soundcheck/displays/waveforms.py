"""Some clips as waveforms, in a grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from soundcheck.displays.display import Display
from soundcheck.displays.style import BLUE, figure_of, hide_frame, new_figure, require_axes, set_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 3
ROW_INCHES = 2.2


@dataclass(eq=False)
class WaveformsDisplay(Display):
    """Clips beside each other on one amplitude scale, so that a quiet one looks quiet.

    Attributes:
        waveforms: (clips, samples), full scale is 1.
        labels: the word of each clip.
        sample_rate_hz: samples a second.
        axes_: one panel a clip, once plotted.
    """

    waveforms: NDArray[np.float32]
    labels: Sequence[str]
    sample_rate_hz: int
    axes_: list[Axes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.waveforms) == 0 or len(self.waveforms) != len(self.labels):
            raise ValueError(
                f"waveforms has {len(self.waveforms)} clips and labels {len(self.labels)} words; "
                "pass at least one clip and one word for each"
            )

    def plot(self, axes: Sequence[Axes] | None = None) -> Self:
        """Draws one panel a clip.

        Args:
            axes: as many as clips; without them a new figure is made.

        Raises:
            ValueError: for another number of axes than clips.
        """
        self.axes_ = list(axes) if axes is not None else self._new_axes()
        require_axes(self.axes_, len(self.waveforms))
        self.figure_ = figure_of(self.axes_[0])
        for panel, waveform, label in zip(self.axes_, self.waveforms, self.labels, strict=True):
            self._draw(panel, waveform, label)
        return self

    def _new_axes(self) -> list[Axes]:
        columns = min(COLUMNS, len(self.waveforms))
        rows = math.ceil(len(self.waveforms) / columns)
        figure = new_figure(ROW_INCHES * rows)
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for unused in grid[len(self.waveforms) :]:
            unused.remove()
        figure.supxlabel("time (s)")
        figure.supylabel("amplitude (full scale = 1)")
        return list(grid[: len(self.waveforms)])

    def _draw(self, panel: Axes, waveform: NDArray[np.float32], label: str) -> None:
        times_s = np.arange(len(waveform)) / self.sample_rate_hz
        highest = float(np.abs(self.waveforms).max()) or 1.0
        panel.plot(times_s, waveform, color=BLUE, linewidth=0.6)
        panel.set_xlim(0, len(waveform) / self.sample_rate_hz)
        panel.set_ylim(-1.05 * highest, 1.05 * highest)
        set_title(panel, label)
        hide_frame(panel)
