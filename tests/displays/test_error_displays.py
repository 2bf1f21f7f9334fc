"""The displays of error analysis: the values in what they draw, and what they refuse."""

from dataclasses import replace

import numpy as np
import pytest
from answer_tables import manifest, predictions, with_mistakes
from matplotlib.figure import Figure

from soundcheck.displays.accept_curve import AcceptCurveDisplay
from soundcheck.displays.reliability import ReliabilityDisplay
from soundcheck.displays.saliency import SaliencyDisplay
from soundcheck.displays.slices import SlicesDisplay
from soundcheck.evaluation.answers import answers_of
from soundcheck.evaluation.calibration import calibrate
from soundcheck.evaluation.decisions import accept_curve, choose_acceptance
from soundcheck.evaluation.slices import find_slices

VALIDATION, TEST = (answers_of(predictions(400, seed, temperature=0.5)) for seed in (1, 2))
CALIBRATION = calibrate(VALIDATION, TEST)
CLIPS = manifest()
QUIET = CLIPS["rms"] <= CLIPS["rms"].quantile(0.25)
NOISE = np.random.default_rng(0).random(len(CLIPS))
SLICES = find_slices(with_mistakes(CLIPS, np.where(QUIET, 0.4, 0.05) > NOISE), CLIPS)
CURVE = accept_curve(TEST.confidence, TEST.correct)
ACCEPTANCE = choose_acceptance(VALIDATION, TEST, 0.9)


def saliency(**changes):
    generator = np.random.default_rng(0)
    values = {
        "features": generator.normal(size=(98, 40)).astype(np.float32),
        "attributions": generator.normal(size=(98, 40)).astype(np.float32),
        "label": "go",
        "explained": "no",
        "frame_step_ms": 10.0,
        "frame_length_ms": 30.0,
        "band_centres_hz": np.linspace(50, 7000, 40),
        "kind": "log_mel",
        "against": "go",
    }
    return SaliencyDisplay(**values | changes)


DISPLAYS = {
    "reliability": lambda: ReliabilityDisplay(CALIBRATION),
    "accept curve": lambda: AcceptCurveDisplay(CURVE, [ACCEPTANCE]),
    "slices": lambda: SlicesDisplay(SLICES),
    "saliency": saliency,
    "saliency of silence": lambda: saliency(
        kind="stft",
        features=np.zeros((98, 40), np.float32),
        attributions=np.zeros((98, 40), np.float32),
        label="a $10 word",
    ),
}


@pytest.mark.parametrize("make", DISPLAYS.values(), ids=DISPLAYS.keys())
def test_the_same_values_give_the_same_png(make, tmp_path):
    first, second = make().save(tmp_path / "1.png"), make().save(tmp_path / "2.png")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("make", DISPLAYS.values(), ids=DISPLAYS.keys())
def test_every_axis_is_named(make):
    display = make().plot()
    panels = getattr(display, "axes_", None) or [display.ax_]
    assert all(panel.get_title() and panel.get_xlabel() for panel in panels)


@pytest.mark.parametrize("make", [DISPLAYS["reliability"], saliency])
def test_a_caller_may_bring_two_axes(make):
    figure = Figure()
    assert make().plot(list(figure.subplots(1, 2))).figure_ is figure
    with pytest.raises(ValueError, match="axes has 1 entries, but there are 2 panels"):
        make().plot([Figure().subplots()])


def test_reliability_shows_each_bin_once():
    for panel, reliability in zip(
        ReliabilityDisplay(CALIBRATION).plot().axes_, (CALIBRATION.before, CALIBRATION.after), strict=True
    ):
        drawn = np.concatenate([points.get_offsets() for points in panel.collections[1:]])
        expected = sorted((one.confidence, one.accuracy) for one in reliability.bins)
        np.testing.assert_allclose(sorted(map(tuple, drawn)), expected)
        assert f"{reliability.error.value:.3f}" in panel.texts[0].get_text()


def test_a_temperature_that_nothing_determines_is_not_drawn(tmp_path):
    display = ReliabilityDisplay(replace(CALIBRATION, at_bound=True))
    display.save(tmp_path / "reliability.png")
    (panel,) = display.axes_
    assert panel.get_title() == "The model's own confidence"
    with pytest.raises(ValueError, match="2 entries, but there are 1 panels"):
        display.plot(list(Figure().subplots(1, 2)))


def test_bins_beyond_chance_are_marked():
    before, _ = ReliabilityDisplay(CALIBRATION).plot().axes_
    off = [
        one
        for one in CALIBRATION.before.bins
        if not one.accuracy_lower <= one.confidence <= one.accuracy_upper
    ]
    assert len(before.collections[2].get_offsets()) == len(off) > 0


def test_the_accept_curve_ends_with_all_clips():
    panel = AcceptCurveDisplay(CURVE, [ACCEPTANCE]).plot().ax_
    coverage, accuracy = panel.lines[0].get_data()
    assert (coverage[-1], accuracy[-1]) == (1, TEST.correct.mean())
    assert coverage[0] == pytest.approx(20 / 400)
    place = (ACCEPTANCE.coverage.value, ACCEPTANCE.accuracy.value)
    assert tuple(panel.collections[-1].get_offsets()[0]) == pytest.approx(place)


def test_the_worst_slices_are_on_top():
    display = SlicesDisplay(SLICES, most=6).plot()
    assert display.rows_[: len(SLICES.worst)] == list(SLICES.worst)
    assert len(display.rows_) == 6
    labels = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert labels[0].startswith("loudness (RMS) ")
    assert labels[0].endswith("(200)")
    assert display.ax_.get_ylim()[0] > display.ax_.get_ylim()[1]


def test_slices_of_any_name_can_be_drawn():
    clips = CLIPS.assign(source=np.where(QUIET, "x" * 100, "a $10 word"))
    slices = find_slices(with_mistakes(clips, np.where(QUIET, 0.4, 0.05) > NOISE), clips, ["source", "label"])
    labels = [text.get_text() for text in SlicesDisplay(slices).plot().ax_.get_yticklabels()]
    assert labels[0].startswith("source = xxx")
    assert all(len(label) < 60 for label in labels)


def test_slices_of_nothing_can_be_drawn(tmp_path):
    display = SlicesDisplay(replace(SLICES, single=(), worst=(), pairs_looked_at=0))
    display.save(tmp_path / "nothing.png")
    assert display.ax_.get_title() == "Of 0 slices, none is worse than the rest beyond chance"


def test_saliency_stands_over_time_and_frequency():
    display = saliency().plot()
    features, attributions = display.images_
    assert np.array_equal(features.get_array(), display.features.T)
    assert np.array_equal(attributions.get_array(), display.attributions.T)
    assert features.get_extent() == [10, 990, -0.5, 39.5]
    low, high = attributions.get_clim()
    assert low == -high
    assert display.axes_[0].get_yticklabels()[0].get_text() == "50"
    total = display.attributions.sum(dtype=np.float64)
    assert display.axes_[1].get_title() == f"For “no”,\nnot “go”: {total:+.1f} logits"


def test_saliency_must_fit_its_clip():
    with pytest.raises(ValueError, match="those of one clip"):
        saliency(attributions=np.zeros((98, 39), np.float32))
    with pytest.raises(ValueError, match="names 3 bands"):
        saliency(band_centres_hz=[1, 2, 3])
