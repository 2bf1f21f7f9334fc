"""The displays of signal and leakage: the values in what they draw, and what they refuse."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from soundcheck.audit.association import correlate, mutual_information
from soundcheck.audit.leakage import Estimate, Leakage, SpeakerProbe
from soundcheck.displays.correlations import CorrelationsDisplay
from soundcheck.displays.leakage import LeakageDisplay
from soundcheck.displays.mutual_information import MutualInformationDisplay
from soundcheck.displays.style import BLUE, LIGHT_GREY

BINS = 12
CENTRES_HZ = np.linspace(100, 4000, BINS)
LABELS = ["go", "no", "up"]
LEAKAGE = Leakage(
    random=Estimate(0.6, 0.58, 0.62),
    disjoint=Estimate(0.55, 0.53, 0.57),
    gap=Estimate(0.05, 0.03, 0.07),
    probe=SpeakerProbe(Estimate(0.8, 0.78, 0.81), chance=0.01, clips=900, speakers=150),
    clips=2000,
    speakers=200,
    verdict="It leaks.",
)
UNMEASURED = replace(LEAKAGE, random=None, disjoint=None, gap=None, probe=None)


def clips():
    rng = np.random.default_rng(0)
    classes = rng.integers(0, len(LABELS), 500)
    summaries = rng.normal(size=(500, 2 * BINS))
    summaries[:, 4] += classes
    return summaries, classes


def correlations(labels=LABELS):
    return CorrelationsDisplay(correlate(*clips()), labels, CENTRES_HZ)


def information():
    return MutualInformationDisplay(mutual_information(*clips(), seed=0), CENTRES_HZ)


DISPLAYS = {
    "correlations": correlations,
    "mutual information": information,
    "leakage": lambda: LeakageDisplay(LEAKAGE),
    "leakage unmeasured": lambda: LeakageDisplay(UNMEASURED),
}


@pytest.mark.parametrize("make", DISPLAYS.values(), ids=DISPLAYS.keys())
def test_the_same_values_give_the_same_png(make, tmp_path):
    first, second = make().save(tmp_path / "1.png"), make().save(tmp_path / "2.png")

    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("make", DISPLAYS.values(), ids=DISPLAYS.keys())
def test_a_caller_may_bring_two_axes(make):
    figure = Figure()

    assert make().plot(list(figure.subplots(1, 2))).figure_ is figure
    with pytest.raises(ValueError, match="axes has 1 entries, but there are 2 panels"):
        make().plot([Figure().subplots()])


def test_correlations_of_summaries_and_of_words_have_a_scale_each():
    display = correlations().plot()

    summaries, words = (image.get_array() for image in display.images_)
    assert np.array_equal(np.hstack([summaries, words]), display.correlations.matrix)
    assert display.images_[0].get_clim() == (-1, 1)
    low, high = display.images_[1].get_clim()
    assert low == -high == -np.abs(words).max()


def test_correlations_beyond_chance_are_written_into_their_cells():
    display = correlations().plot()

    values, chance = display.correlations.with_labels, display.correlations.chance
    written = {
        (int(text.get_position()[1]), int(text.get_position()[0])): text.get_text()
        for text in display.axes_[1].texts
    }
    assert written == {
        (row, column): f"{values[row, column]:+.2f}"
        for row, column in zip(*np.nonzero(np.abs(values) > chance), strict=True)
    }
    assert 0 < len(written) < values.size


def test_rows_are_named_by_their_bands_and_columns_by_their_words():
    display = correlations().plot()

    names = [text.get_text() for text in display.axes_[0].get_yticklabels()]
    assert len(names) == 20
    assert names[0] == "mean 0.10"
    assert names[10] == "dev. 0.10"
    assert any(" to " in name for name in names)
    assert [text.get_text() for text in display.axes_[1].get_xticklabels()] == LABELS


def test_many_words_have_colours_only():
    rng = np.random.default_rng(0)
    labels = [f"word{place}" for place in range(35)]
    summaries, classes = rng.normal(size=(3500, 2 * BINS)), np.tile(np.arange(35), 100)

    display = CorrelationsDisplay(correlate(summaries, classes), labels, CENTRES_HZ).plot()

    assert not display.axes_[1].texts


def test_correlations_must_fit_labels_and_bands():
    with pytest.raises(ValueError, match="of 3 labels and 12 bins, but there are 2 labels and 12"):
        correlations(labels=LABELS[:2])


def test_information_is_drawn_over_chance():
    display = information().plot()

    bits, chance = display.information.bits, display.information.chance_bits
    bars = [[bar.get_height() for bar in panel.patches] for panel in display.axes_]
    assert np.array_equal(np.concatenate(bars), bits)
    assert all(list(panel.lines[0].get_ydata()) == [chance, chance] for panel in display.axes_)
    colours = [bar.get_facecolor() for panel in display.axes_ for bar in panel.patches]
    expected = [BLUE if value > chance else LIGHT_GREY for value in bits]
    assert [tuple(colour) for colour in colours] == [_rgba(colour) for colour in expected]
    assert BLUE in expected
    assert LIGHT_GREY in expected


def _rgba(colour):
    from matplotlib.colors import to_rgba

    return to_rgba(colour)


def test_columns_that_tell_nothing_can_be_drawn(tmp_path):
    nothing = replace(information().information, bits=np.zeros(2 * BINS), chance_bits=0.0)

    MutualInformationDisplay(nothing, CENTRES_HZ).save(tmp_path / "nothing.png")


def test_information_must_fit_the_bands():
    with pytest.raises(ValueError, match="of 24 columns, but 3 band_centres_hz ask for 6"):
        MutualInformationDisplay(information().information, CENTRES_HZ[:3])


def test_leakage_shows_both_accuracies_the_gap_and_the_probe():
    words, speakers = LeakageDisplay(LEAKAGE).plot().axes_

    assert [bar.get_width() for bar in words.patches] == [0.6, 0.55]
    assert [bar.get_width() for bar in speakers.patches] == [0.8, 0.01]
    assert words.get_title() == "Which word? Gap +0.050 (+0.030 to +0.070)"
    assert speakers.get_title() == "Who speaks? 150 speakers"
    assert [text.get_text() for text in words.texts] == ["0.600", "0.550"]


def test_what_was_not_measured_is_said():
    words, speakers = LeakageDisplay(UNMEASURED).plot().axes_

    assert not words.patches
    assert not speakers.patches
    assert "Not measured" in words.get_title()
    assert "Not measured" in speakers.get_title()
