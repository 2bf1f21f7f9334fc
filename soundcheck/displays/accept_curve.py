"""What is gained by leaving unsure answers out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

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
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from soundcheck.evaluation.decisions import Acceptance, AcceptCurve

HEIGHT_INCHES = 4.0
FIRST_CLIPS = 20
"""The accuracy of fewer answers jumps from one to the next; they are not drawn."""


@dataclass(eq=False)
class AcceptCurveDisplay(Display):
    """Accuracy of the accepted answers over their share, with the thresholds that validation chose.

    Attributes:
        curve: of the test clips.
        acceptances: thresholds, with what they give on the test clips; may be empty.
        ax_: the panel, once plotted.
    """

    curve: AcceptCurve
    acceptances: Sequence[Acceptance] = ()
    ax_: Axes = field(init=False, repr=False)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draws the curve with its intervals.

        Args:
            ax: where to draw; without it a new figure is made.
        """
        self.ax_ = ax if ax is not None else new_figure(HEIGHT_INCHES).subplots()
        self.figure_ = figure_of(self.ax_)
        self._draw_curve()
        self._draw_acceptances()
        self.ax_.set_xlim(0, 1.02)
        self.ax_.set_xlabel("coverage (share of clips whose answer is accepted)")
        self.ax_.set_ylabel("accuracy of accepted answers")
        self.ax_.legend(loc="lower left", fontsize=SMALL_POINTS, frameon=False)
        hide_frame(self.ax_)
        set_title(
            self.ax_, f"Accepting only sure answers; of all answers {self.curve.accuracy[-1]:.3f} are right"
        )
        return self

    def _draw_curve(self) -> None:
        shown = self.curve.coverage >= min(1.0, FIRST_CLIPS / self.curve.clips)
        coverage = self.curve.coverage[shown]
        self.ax_.fill_between(
            coverage,
            self.curve.lower[shown],
            self.curve.upper[shown],
            color=LIGHT_GREY,
            alpha=0.6,
            linewidth=0,
            step="post",
            label="its interval",
        )
        self.ax_.step(
            coverage, self.curve.accuracy[shown], where="post", color=BLUE, label="accuracy on the test clips"
        )

    def _draw_acceptances(self) -> None:
        shown = [one for one in self.acceptances if one.coverage.count]
        if not shown:
            return
        places = [(one.coverage.value, one.accuracy.value) for one in shown]
        self.ax_.scatter(
            *zip(*places, strict=True),
            s=32,
            marker="D",
            color=VERMILLION,
            zorder=3,
            label="threshold (for an accuracy wanted on validation)",
        )
        for acceptance, place in zip(shown, places, strict=True):
            self.ax_.annotate(
                f"confidence ≥ {acceptance.threshold:.3f} ({acceptance.wanted_accuracy:.3f})",
                place,
                xytext=(-12, -12),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=SMALL_POINTS,
            )
