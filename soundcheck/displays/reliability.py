"""Whether a model's confidence can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

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
    set_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from soundcheck.evaluation.calibration import Calibration, Reliability

HEIGHT_INCHES = 4.2


@dataclass(eq=False)
class ReliabilityDisplay(Display):
    """Accuracy over confidence, with intervals, before and after the temperature that validation determines.

    Bins have the same number of clips: where a model is nearly always sure, equally wide ones would show a
    crowd in one point and chance in all others.

    Attributes:
        calibration: as `soundcheck.evaluation.calibration.calibrate` gives it.
        axes_: the panel before and, where there is one, that after the temperature, once plotted.
    """

    calibration: Calibration
    axes_: list[Axes] = field(init=False, repr=False)

    def plot(self, axes: Sequence[Axes] | None = None) -> Self:
        """Draws the model as it is on the left, with the temperature on the right.

        Args:
            axes: two, or one where no temperature is determined; without them a new figure is made.

        Raises:
            ValueError: for another number of axes.
        """
        calibration = self.calibration
        panels = [(calibration.before, "The model's own confidence")]
        if not calibration.at_bound:
            panels.append((calibration.after, f"With temperature {calibration.temperature:.2f}"))
        self.axes_ = list(axes if axes is not None else _new_axes(len(panels)))
        require_axes(self.axes_, len(panels))
        self.figure_ = figure_of(self.axes_[0])
        for panel, (shown, title) in zip(self.axes_, panels, strict=True):
            _draw(panel, shown, title)
        self.axes_[0].set_ylabel("accuracy (share of clips)")
        self.axes_[0].legend(loc="upper left", fontsize=SMALL_POINTS, frameon=False)
        return self


def _new_axes(count: int) -> Sequence[Axes]:
    return new_figure(HEIGHT_INCHES).subplots(1, count, sharey=True, squeeze=False)[0]


def _draw(panel: Axes, reliability: Reliability, title: str) -> None:
    confidence, accuracy, lower, upper, clips = np.array(
        [
            (one.confidence, one.accuracy, one.accuracy_lower, one.accuracy_upper, one.clips)
            for one in reliability.bins
        ]
    ).T
    panel.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label="confidence = accuracy")
    panel.errorbar(
        confidence,
        accuracy,
        yerr=np.stack([accuracy - lower, upper - accuracy]),
        fmt="none",
        ecolor=LIGHT_GREY,
        elinewidth=2,
        zorder=1,
    )
    off = (confidence < lower) | (confidence > upper)
    for chosen, colour, marker, name in (
        (~off, BLUE, "o", "bin, with its interval"),
        (off, VERMILLION, "D", "bin whose interval leaves out the line"),
    ):
        panel.scatter(
            confidence[chosen], accuracy[chosen], s=28, color=colour, marker=marker, zorder=3, label=name
        )
    panel.set_xlim(0, 1.02)
    panel.set_ylim(0, 1.02)
    panel.set_xlabel(f"confidence ({clips.min():.0f} to {clips.max():.0f} clips a bin)")
    panel.text(
        0.98, 0.04, _in_words(reliability), fontsize=SMALL_POINTS, ha="right", transform=panel.transAxes
    )
    set_title(panel, title)
    hide_frame(panel)


def _in_words(reliability: Reliability) -> str:
    error = reliability.error
    relation = "beyond" if error.is_beyond_chance else "not beyond"
    return (
        f"expected calibration error {error.value:.3f},\n"
        f"{relation} chance (by chance {error.by_chance:.3f}, p = {error.p_value:.3f})\n"
        f"negative log-likelihood {reliability.negative_log_likelihood:.3f} nats"
    )
