"""The displays: the values in what they draw, and what they refuse. Pixels are not looked at."""

import itertools
import subprocess
import sys
import wave
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from soundcheck.displays.baseline_coefficients import BaselineCoefficientsDisplay
from soundcheck.displays.baselines import BaselinesDisplay
from soundcheck.displays.confusion_matrix import ConfusionMatrixDisplay
from soundcheck.displays.learning_curves import LearningCurvesDisplay
from soundcheck.displays.waveform_spectrogram import WaveformSpectrogramDisplay
from soundcheck.displays.waveforms import WaveformsDisplay

RATE_HZ = 16000
HISTORY = pd.DataFrame(
    {
        "epoch": [1, 2, 3],
        "train_loss": [2.0, 1.0, 0.5],
        "train_accuracy": [0.2, 0.6, 0.9],
        "validation_loss": [2.1, 1.2, 1.3],
        "validation_accuracy": [0.2, 0.5, 0.45],
        "test_loss": [2.2, 1.3, 1.4],
        "test_accuracy": [0.1, 0.4, 0.5],
    }
)


@pytest.fixture
def waveforms(speech_folder):
    """Six real clips, padded to a second, and their words."""
    paths = [sorted(folder.glob("*.wav"))[0] for folder in sorted(speech_folder.iterdir())[:6]]
    padded = np.zeros((len(paths), RATE_HZ), np.float32)
    for row, path in zip(padded, paths, strict=True):
        with wave.open(str(path)) as clip:
            samples = np.frombuffer(clip.readframes(RATE_HZ), "<i2") / 32768
        row[: len(samples)] = samples
    return padded, [path.parent.name for path in paths]


def spectrogram(**changes):
    values = {
        "waveform": np.zeros(RATE_HZ, np.float32),
        "features": np.ones((124, 129), np.float32),
        "label": "go",
        "sample_rate_hz": RATE_HZ,
        "frame_step_ms": 8.0,
        "band_centres_hz": None,
        "kind": "stft",
    }
    return WaveformSpectrogramDisplay(**values | changes)


def confusion(labels=8):
    matrix = np.diag(np.full(labels, 9)) + 1
    return ConfusionMatrixDisplay(matrix, [f"word{place}" for place in range(labels)])


def coefficients(labels=8, bands=40, **changes):
    values = np.random.default_rng(0).normal(0, 1, (labels, 2 * bands))
    words = [f"word{place}" for place in range(labels)]
    return BaselineCoefficientsDisplay(
        **{"coefficients": values, "labels": words, "band_centres_hz": None} | changes
    )


def baselines(**changes):
    values = {
        "names": ["most_frequent", "logistic_regression"],
        "train_accuracy": [0.13, 0.6],
        "test_accuracy": [0.12, 0.5],
        "model_accuracy": 0.9,
        "model_interval": (0.85, 0.93),
    }
    return BaselinesDisplay(**values | changes)


DISPLAYS = {
    "waveforms": lambda: WaveformsDisplay(np.zeros((6, 800), np.float32), list("abcdef"), RATE_HZ),
    "stft": spectrogram,
    "log_mel": lambda: spectrogram(
        features=np.ones((98, 40), np.float32), band_centres_hz=np.linspace(50, 7000, 40), kind="log_mel"
    ),
    "learning curves": lambda: LearningCurvesDisplay(HISTORY, 2, 0.3),
    "confusion matrix": confusion,
    "coefficients": coefficients,
    "baselines": baselines,
}


@pytest.mark.parametrize("make", DISPLAYS.values(), ids=DISPLAYS.keys())
def test_the_same_values_give_the_same_png(make, tmp_path):
    first, second = make().save(tmp_path / "1.png"), make().save(tmp_path / "2.png")

    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("make", DISPLAYS.values(), ids=DISPLAYS.keys())
def test_a_plot_leaves_the_global_state_alone_and_names_its_axes(make):
    before = dict(mpl.rcParams)

    display = make().plot()

    assert dict(mpl.rcParams) == before
    panels = getattr(display, "axes_", None) or [display.ax_]
    assert all(panel.get_figure() is display.figure_ for panel in panels)
    assert all(panel.get_title() for panel in panels)


def test_pyplot_is_never_imported():
    code = (
        "import sys, numpy; from soundcheck.displays.waveforms import WaveformsDisplay;"
        "assert 'matplotlib' not in sys.modules;"
        "WaveformsDisplay(numpy.zeros((1, 9)), ['a'], 9).plot();"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


@pytest.mark.parametrize("make", [confusion, coefficients], ids=["confusion matrix", "coefficients"])
@pytest.mark.parametrize("labels", [2, 8, 35])
def test_labels_do_not_overlap(make, labels):
    display = make(labels).plot()
    display.figure_.draw_without_rendering()

    panel = display.ax_ if hasattr(display, "ax_") else display.axes_[0]
    boxes = sorted((text.get_window_extent() for text in panel.get_yticklabels()), key=lambda box: box.y0)
    assert len(boxes) == labels
    assert all(lower.y1 <= upper.y0 for lower, upper in itertools.pairwise(boxes))


@pytest.mark.parametrize("word", ["a $10 word", "x" * 200, "说", "under_score", "100 %"])
def test_any_folder_name_can_be_a_label(word, tmp_path):
    WaveformsDisplay(np.zeros((1, 9), np.float32), [word], 9).save(tmp_path / "waveforms.png")
    ConfusionMatrixDisplay(np.eye(2, dtype=np.int64), [word, "no"]).save(tmp_path / "matrix.png")


def test_waveforms_stand_over_time_under_their_words(waveforms):
    clips, words = waveforms

    display = WaveformsDisplay(clips, words, RATE_HZ).plot()

    assert [panel.get_title() for panel in display.axes_] == words
    for panel, clip in zip(display.axes_, clips, strict=True):
        times_s, amplitudes = panel.lines[0].get_data()
        assert np.array_equal(amplitudes, clip)
        assert times_s[1] == 1 / RATE_HZ
    assert len({panel.get_ylim() for panel in display.axes_}) == 1


def test_waveforms_want_a_word_each():
    with pytest.raises(ValueError, match="waveforms has 2 clips and labels 1 words"):
        WaveformsDisplay(np.zeros((2, 9), np.float32), ["a"], 9)


def test_stft_magnitudes_are_drawn_in_decibels_down_to_80_below_the_loudest():
    magnitudes = np.zeros((124, 129), np.float32)
    magnitudes[3, 16] = 10.0
    magnitudes[4, 16] = 1.0

    drawn = spectrogram(features=magnitudes).plot().image_.get_array().T

    assert drawn[3, 16] == pytest.approx(20)
    assert drawn[4, 16] == pytest.approx(0)
    assert drawn.min() == pytest.approx(-60)


@pytest.mark.parametrize("centres_hz", [None, np.linspace(0, RATE_HZ / 2, 129)])
def test_a_bin_stands_at_its_frequency_and_a_frame_at_its_time(centres_hz):
    display = spectrogram(band_centres_hz=centres_hz).plot()

    left, right, bottom, top = display.image_.get_extent()
    bin_khz = (top - bottom) / 129
    assert bottom + 16.5 * bin_khz == pytest.approx(1.0)
    # A frame of 255 samples (15.94 ms) that begins with the clip has its middle at 8 ms.
    assert left + 4e-3 == pytest.approx(8e-3, abs=1e-6)
    assert right - left == pytest.approx(124 * 8e-3)
    assert display.axes_[0].get_xlim() == display.axes_[1].get_xlim() == (0, 1)


def test_mel_bands_are_named_by_their_centres():
    centres_hz = np.linspace(100, 4000, 40)

    display = spectrogram(
        features=np.ones((98, 40), np.float32), frame_step_ms=10.0, band_centres_hz=centres_hz, kind="log_mel"
    ).plot()

    panel = display.axes_[1]
    named = dict(zip(panel.get_yticks(), [text.get_text() for text in panel.get_yticklabels()], strict=True))
    assert named[0] == "100"
    assert all(name == f"{centres_hz[int(band)]:.0f}" for band, name in named.items())
    assert "Hz" in panel.get_ylabel()


def test_a_silent_clip_can_be_drawn(tmp_path):
    spectrogram(features=np.zeros((124, 129), np.float32)).save(tmp_path / "silence.png")


def test_bands_and_features_must_agree():
    with pytest.raises(ValueError, match=r"band_centres_hz names 3 bands.*\(124, 129\)"):
        spectrogram(band_centres_hz=[1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"band_centres_hz names 0 bands"):
        spectrogram(kind="log_mel")


def test_learning_curves_draw_three_sets_the_chosen_epoch_and_the_baseline():
    display = LearningCurvesDisplay(HISTORY, 2, 0.3).plot()

    for panel, measure in zip(display.axes_, ("loss", "accuracy"), strict=True):
        lines = {line.get_label(): line for line in panel.lines}
        for name, label in [("train", "train"), ("validation", "validation"), ("test", "test (for viewing)")]:
            assert np.array_equal(lines[label].get_xdata(), HISTORY["epoch"])
            assert np.array_equal(lines[label].get_ydata(), HISTORY[f"{name}_{measure}"])
        assert list(lines["chosen epoch (2)"].get_xdata()) == [2, 2]
        assert lines["test (for viewing)"].get_linestyle() == ":"
    assert list(lines["best baseline, test (0.300)"].get_ydata()) == [0.3, 0.3]


def test_learning_curves_do_without_a_baseline():
    display = LearningCurvesDisplay(HISTORY, 2).plot()

    assert not any("baseline" in str(line.get_label()) for line in display.axes_[1].lines)


def test_learning_curves_name_missing_columns():
    with pytest.raises(ValueError, match=r"history lacks \['test_loss'\]"):
        LearningCurvesDisplay(HISTORY.drop(columns="test_loss"), 2)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=50))
def test_predictions_are_counted_as_scikit_learn_counts_them(pairs):
    true, predicted = [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    display = ConfusionMatrixDisplay.from_predictions(true, predicted, list("abcde"))

    expected = confusion_matrix(true, predicted, labels=range(5)) if pairs else np.zeros((5, 5))
    assert np.array_equal(display.matrix, expected)


def test_the_heat_map_shows_shares_of_the_true_word_and_the_cells_counts():
    display = ConfusionMatrixDisplay.from_predictions(
        [0, 0, 0, 0, 1], [0, 0, 0, 1, 1], ["no", "yes", "up"]
    ).plot()

    assert np.array_equal(display.image_.get_array(), [[75, 25, 0], [0, 100, 0], [0, 0, 0]])
    cells = {text.get_position(): text.get_text() for text in display.ax_.texts}
    assert cells == {(0, 0): "3\n75 %", (1, 0): "1\n25 %", (1, 1): "1\n100 %"}
    assert "4 of 5" in display.ax_.get_title()


def test_a_class_without_a_label_is_refused():
    with pytest.raises(ValueError, match="from 0 to 2 do not fit 2 labels"):
        ConfusionMatrixDisplay.from_predictions([0, 2], [0, 1], ["no", "yes"])


def test_coefficients_share_one_scale_around_zero():
    display = coefficients().plot()

    means, deviations = (image.get_array() for image in display.images_)
    assert np.array_equal(np.hstack([means, deviations]), display.coefficients)
    low, high = display.images_[0].get_clim()
    assert low == -high == -np.abs(display.coefficients).max()
    assert display.images_[1].get_clim() == (low, high)


def test_coefficients_must_fit_labels_and_bands():
    with pytest.raises(ValueError, match=r"\(8, 80\).*8 labels and 3 bands ask for \(8, 6\)"):
        coefficients(band_centres_hz=[1.0, 2.0, 3.0])


def test_baselines_stand_beside_the_model_with_its_interval():
    display = baselines().plot()

    assert [bar.get_width() for bar in display.ax_.patches] == [0.12, 0.5, 0.9]
    marks = display.ax_.collections[0].get_offsets()
    assert np.allclose(marks, [(0.13, 0), (0.6, 1)])
    names = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert names == ["most frequent", "logistic regression", "model"]
    assert any("0.850 to 0.930" in text.get_text() for text in display.ax_.texts)


def test_baselines_want_one_accuracy_each():
    with pytest.raises(ValueError, match="2 names, 1 train and 2 test accuracies"):
        baselines(train_accuracy=[0.1])


def test_a_caller_may_bring_the_axes():
    figure = Figure()
    left, right = figure.subplots(1, 2)

    display = LearningCurvesDisplay(HISTORY, 2).plot([left, right])

    assert display.figure_ is figure
    with pytest.raises(ValueError, match="axes has 1 entries, but there are 2 panels"):
        LearningCurvesDisplay(HISTORY, 2).plot([left])
