"""What a model gains by knowing the voices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from soundcheck.displays.display import Display
from soundcheck.displays.style import (
    BLUE,
    GREY,
    LIGHT_GREY,
    ORANGE,
    SMALL_POINTS,
    figure_of,
    hide_frame,
    new_figure,
    require_axes,
    set_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from soundcheck.audit.leakage import Estimate, Leakage

HEIGHT_INCHES = 2.6
BAR_HEIGHT = 0.55


@dataclass(eq=False)
class LeakageDisplay(Display):
    """The baseline with and without the voices it is tested on, and how well the features tell who speaks.

    Attributes:
        leakage: as `soundcheck.audit.leakage.measure_leakage` gives it; what could not be measured is said.
        axes_: the panel of the words and that of the speakers, once plotted.
    """

    leakage: Leakage
    axes_: list[Axes] = field(init=False, repr=False)

    def plot(self, axes: Sequence[Axes] | None = None) -> Self:
        """Draws the accuracies on words on the left, on speakers on the right.

        Args:
            axes: two; without them a new figure is made.

        Raises:
            ValueError: for another number of axes than two.
        """
        self.axes_ = list(axes) if axes is not None else list(new_figure(HEIGHT_INCHES).subplots(1, 2))
        require_axes(self.axes_, 2)
        self.figure_ = figure_of(self.axes_[0])
        self._draw_words(self.axes_[0])
        self._draw_speakers(self.axes_[1])
        return self

    def _draw_words(self, panel: Axes) -> None:
        random, disjoint, gap = self.leakage.random, self.leakage.disjoint, self.leakage.gap
        if random is None or disjoint is None or gap is None:
            _say_unmeasured(panel, "Which word? Not measured")
            return
        _draw_bars(panel, ["speakers known", "speakers new"], [random, disjoint], [ORANGE, BLUE])
        set_title(panel, f"Which word? Gap {gap.value:+.3f} ({gap.lower:+.3f} to {gap.upper:+.3f})")
        panel.set_xlabel("accuracy of the baseline")

    def _draw_speakers(self, panel: Axes) -> None:
        probe = self.leakage.probe
        if probe is None:
            _say_unmeasured(panel, "Who speaks? Not measured")
            return
        chance = replace(probe.accuracy, value=probe.chance, lower=probe.chance, upper=probe.chance)
        _draw_bars(panel, ["probe", "chance"], [probe.accuracy, chance], [GREY, LIGHT_GREY])
        set_title(panel, f"Who speaks? {probe.speakers} speakers")
        panel.set_xlabel("accuracy of a linear probe")


def _draw_bars(panel: Axes, names: Sequence[str], values: Sequence[Estimate], colours: Sequence[str]) -> None:
    for place, (estimate, colour) in enumerate(zip(values, colours, strict=True)):
        errors = [[estimate.value - estimate.lower], [estimate.upper - estimate.value]]
        panel.barh([place], [estimate.value], height=BAR_HEIGHT, color=colour, xerr=errors, capsize=4)
        panel.annotate(
            f"{estimate.value:.3f}",
            (estimate.upper, place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL_POINTS,
        )
    panel.set_yticks(range(len(names)), names)
    panel.invert_yaxis()
    panel.set_xlim(0, 1)
    hide_frame(panel)


def _say_unmeasured(panel: Axes, title: str) -> None:
    set_title(panel, title)
    panel.set_axis_off()
