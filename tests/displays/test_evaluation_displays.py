"""Displays of what a model fears, what more data would bring, and what standard algorithms cannot."""

from dataclasses import replace

import numpy as np
import pytest

from soundcheck.displays.learning_curve_of_data import LearningCurveOfDataDisplay
from soundcheck.displays.repeats import RepeatsDisplay
from soundcheck.displays.sensitivity import SensitivityDisplay
from soundcheck.displays.standard_learners import StandardLearnersDisplay
from soundcheck.evaluation.learning_curve import Runs, fit_learning_curve
from soundcheck.evaluation.perturbations import all_perturbations, change_gain, noise_perturbations
from soundcheck.evaluation.repeats import summarise
from soundcheck.evaluation.sensitivity import measure_sensitivity
from soundcheck.evaluation.standard_learners import compare_answers

RATE_HZ = 1000


def sensitivity(perturbations=None, labels=("no", "yes", "never heard")):
    """A model that takes what is quiet for yes, of words the first of which is loud."""
    classes = np.repeat([0, 1], 20)
    waveforms = np.where(classes == 0, 1, 0.01)[:, np.newaxis] * np.ones((40, 1000))
    return measure_sensitivity(
        lambda sounds: (np.abs(sounds).max(axis=1) < 0.05).astype(int),
        waveforms.astype(np.float32),
        classes,
        labels,
        RATE_HZ,
        [one for one in all_perturbations() if one.change is change_gain]
        if perturbations is None
        else perturbations,
    )


def learning_curve(accuracies=(0.6, 0.7, 0.77, 0.82, 0.85)):
    return fit_learning_curve(Runs(np.array([100, 200, 400, 800, 1600]), np.array(accuracies), 800))


def standard_learners():
    true = np.resize([0, 1, 2], 30)
    answers = {"forest": np.resize([0, 1, 1], 30), "neighbours": np.zeros(30, int)}
    return compare_answers(answers, np.resize([0, 2, 2], 30), true, ["a", "b", "c"], fitted_on=9)


DISPLAYS = {
    "sensitivity": lambda: SensitivityDisplay(sensitivity()),
    "learning curve": lambda: LearningCurveOfDataDisplay(learning_curve()),
    "no extrapolation": lambda: LearningCurveOfDataDisplay(learning_curve((0.5, 0.9, 0.4, 0.9, 0.5))),
    "repeats": lambda: RepeatsDisplay(summarise([0.861, 0.852, 0.874])),
    "repeats that change nothing": lambda: RepeatsDisplay(summarise([0.9] * 5)),
    "standard learners": lambda: StandardLearnersDisplay(standard_learners()),
}


@pytest.mark.parametrize("make", DISPLAYS.values(), ids=DISPLAYS.keys())
def test_the_same_values_give_the_same_png_with_named_axes(make, tmp_path):
    display = make()
    first, second = display.save(tmp_path / "1.png"), make().save(tmp_path / "2.png")

    assert first.read_bytes() == second.read_bytes()
    panels = getattr(display, "axes_", None) or [display.ax_]
    assert all(panel.get_title() and panel.get_xlabel() for panel in panels)


def test_a_sensitivity_curve_goes_through_the_unperturbed_accuracy():
    display = SensitivityDisplay(sensitivity()).plot()

    (panel,) = display.axes_
    curve = next(line for line in panel.lines if line.get_label() == "accuracy, 95 % interval")
    assert list(curve.get_xdata()) == [-40, -30, -20, -10, 0, 10, 20]
    assert list(curve.get_ydata()) == [0.5, 0.5, 1, 1, 1, 1, 0.5]
    assert panel.get_xlabel() == "gain (dB)"
    assert "breaks first: no" in panel.get_title()


def test_filled_marks_are_the_strengths_that_certainly_harm():
    (panel,) = SensitivityDisplay(sensitivity()).plot().axes_

    harmful, harmless = (marks.get_offsets()[:, 0].tolist() for marks in panel.collections[1:])
    assert harmful == [-40, -30, 20]
    assert harmless == [-20, -10, 10]


def test_only_words_that_break_first_are_coloured():
    (panel,) = SensitivityDisplay(sensitivity()).plot().axes_

    assert [line.get_color() for line in panel.lines[:3]] == ["#D55E00", "#CCCCCC", "#CCCCCC"]


@pytest.mark.parametrize("count", [1, 2, 4, 5])
def test_there_is_a_panel_for_each_perturbation(count):
    display = SensitivityDisplay(sensitivity(noise_perturbations() * count)).plot()

    assert len(display.axes_) == len(display.figure_.axes) == count
    with pytest.raises(ValueError, match=f"there are {count} panels"):
        display.plot([])


def test_no_curve_is_nothing_to_draw():
    with pytest.raises(ValueError, match="no curve to draw"):
        SensitivityDisplay(sensitivity([])).plot()


def test_many_words_that_break_first_are_counted():
    found = sensitivity()
    words = replace(found.curves[0], first_to_break=("a", "b", "c", "d", "e"))
    (panel,) = SensitivityDisplay(replace(found, curves=(words,))).plot().axes_

    assert panel.get_title().endswith("breaks first: a, b and 3 more")


def test_the_learning_curve_shows_runs_and_twice_the_clips():
    curve = learning_curve()
    panel = LearningCurveOfDataDisplay(curve).plot().ax_

    assert np.allclose(panel.collections[0].get_offsets(), np.c_[curve.runs.sizes, curve.runs.accuracies])
    assert [text.get_text() for text in panel.get_xticklabels()] == [
        "100",
        "200",
        "400",
        "800",
        "1600",
        "3200",
    ]
    assert f"{curve.doubled - curve.accuracy:+.3f}" in panel.get_title()


def test_what_is_not_known_is_not_drawn():
    panel = LearningCurveOfDataDisplay(learning_curve((0.5, 0.9, 0.4, 0.9, 0.5))).plot().ax_

    assert "not known" in panel.get_title()
    assert [text.get_text() for text in panel.get_xticklabels()] == ["100", "200", "400", "800", "1600"]


def test_every_clip_is_in_a_bar():
    display = StandardLearnersDisplay(standard_learners()).plot()

    widths = np.array([bar.get_width() for bar in display.axes_[1].patches]).reshape(4, 2)
    assert widths.T.tolist() == [[10, 10, 10, 0], [10, 10, 0, 10]]
    names = [text.get_text() for text in display.axes_[0].get_yticklabels()]
    assert names == ["network", "forest", "neighbours"]


def test_repeats_show_each_training_and_their_mean_with_its_interval():
    repeats = summarise([0.861, 0.852, 0.874])
    panel = RepeatsDisplay(repeats).plot().ax_

    assert np.allclose(panel.collections[0].get_offsets(), [(1, 0.861), (2, 0.852), (3, 0.874)])
    assert [text.get_text() for text in panel.get_xticklabels()] == ["1", "2", "3", "mean"]
    interval = panel.collections[-1].get_segments()[0]
    assert np.allclose(interval, [(4, repeats.lower), (4, repeats.upper)])
    (band,) = panel.patches
    assert np.isclose(band.get_height(), 2 * repeats.deviation)
    assert panel.get_title().endswith(f"{repeats.deviation:.3f}")


def test_a_learning_curve_promises_no_more_than_its_interval():
    flat = learning_curve((0.85,) * 5)
    panel = LearningCurveOfDataDisplay(flat).plot().ax_

    assert panel.get_title().startswith("Twice the clips may help or not: +0.000")
