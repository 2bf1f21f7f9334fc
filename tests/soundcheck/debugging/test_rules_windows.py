"""Windows of longer recordings: whether those that overlap are split apart, and whether that hurts."""

import time

import numpy as np
import pytest
from debugging_cases import case_before

from soundcheck.debugging.findings import Cause, Severity
from soundcheck.debugging.rules.data_windows import shuffled_labels

STEPS = 32


def random():
    return np.random.default_rng(8)


def recordings(*, every=4, told_by_class=0.0, told_by_recording=1.0):
    """(rows, steps) windows of 24 recordings, (rows,) the recording of each; their classes alternate."""
    windows, places, draw = [], [], random()
    for place in range(24):
        wave = np.sin(draw.uniform(0.1, 0.5) * np.arange(200) + draw.uniform(0, 6)) * draw.uniform(0.5, 2)
        level = told_by_recording * draw.normal() + told_by_class * (place % 2)
        cut = windows_of(level + wave + 0.3 * draw.normal(size=200), every)
        windows.append(cut)
        places.append(np.full(len(cut), place))
    return np.concatenate(windows), np.concatenate(places)


def windows_of(signal, every=1):
    return np.lib.stride_tricks.sliding_window_view(signal.astype("float32"), STEPS)[::every]


def at_random(x):
    return random().random(len(x)) < 0.25


def case(x, y, held):
    """Before a training on the rows outside the mask, with those in it for validation."""
    import keras

    classes = len(np.unique(y)) == 2
    last = keras.layers.Dense(1, "sigmoid" if classes else "linear")
    model = keras.Sequential([keras.Input(x.shape[1:]), keras.layers.Flatten(), last])
    model.compile("sgd", "binary_crossentropy" if classes else "mse")
    return case_before(model, x[~held], y[~held], validation=(x[held], y[held]))


def found(x, y, held):
    return list(shuffled_labels(case(x, y, held)))


def values(finding):
    return {one.name: one.value for one in finding.evidence}


@pytest.mark.parametrize("channels", [0, 1, 2])
def test_recordings_on_both_sides_of_the_split(channels):
    x, places = recordings()
    if channels:
        x = np.stack([x, -2 * x][:channels], axis=2)
    (said,) = found(x, places % 2, at_random(x))
    assert (said.severity, said.cause) == (Severity.WARNING, Cause.DATA_LEAK)
    measured = values(said)
    assert measured["share of validation rows half in a training row"] > 0.95
    assert measured["skill on unseen rows, labels shuffled"] > 0.6
    assert measured["skill on unseen recordings"] < 0.3


def test_one_number_for_each_recording():
    x, places = recordings()
    (said,) = found(x, random().normal(size=24)[places], at_random(x))
    assert said.severity == Severity.WARNING


def test_the_share_counts_rows_of_recordings_on_both_sides_only():
    x, places = recordings()
    mixed = np.where(places % 3 == 0, random().random(len(x)) < 0.5, places % 3 == 1)
    (said,) = found(x, places % 2, mixed)
    expected = (mixed & (places % 3 == 0)).sum() / mixed.sum()
    assert values(said)["share of validation rows half in a training row"] == pytest.approx(
        expected, abs=0.02
    )


@pytest.mark.parametrize(
    "how",
    [
        {"told_by_class": 6.0, "told_by_recording": 0.2},  # what is learnt holds for other recordings
        {"told_by_class": 0.0, "told_by_recording": 0.0},  # no learner knows them again
    ],
)
def test_an_overlap_that_nothing_is_owed_to_is_only_worth_knowing(how):
    x, places = recordings(**how)
    (said,) = found(x, places % 2, at_random(x))
    assert said.severity == Severity.INFO


def test_of_a_single_recording_it_cannot_be_told():
    walk = random().normal(size=900).cumsum()
    x = windows_of(walk[:-1])
    (said,) = found(x, walk[STEPS:], at_random(x))
    assert said.severity == Severity.INFO
    assert len(said.evidence) == 1


def test_recordings_and_times_split_as_a_whole_are_silent():
    x, places = recordings()
    assert not found(x, places % 2, places >= 18)
    walk = windows_of(random().normal(size=900).cumsum())
    assert not found(walk[:-1], walk[1:, -1], np.arange(len(walk) - 1) >= 650)


def test_windows_that_overlap_by_less_than_half_are_silent():
    x, places = recordings(every=20)
    assert not found(x, places % 2, at_random(x))


def test_what_is_no_window_of_a_signal_is_silent():
    noise = random().normal(size=(400, STEPS)).astype("float32")
    for x in (
        noise,
        np.tile(noise[:80], (5, 1)),  # copies as a whole are the matter of `data_leak`
        (noise > 0).astype("float32"),
        np.where(noise > 1.5, noise, 0),
        random().integers(0, 9, (400, STEPS)),
        np.full((400, STEPS), np.nan),
        noise[:, :6],
    ):
        assert not found(x, random().integers(0, 2, 400), at_random(noise))


def test_the_skill_with_shuffled_labels_is_the_share_of_the_rows_that_can_be_known_again():
    """Which is why copies as a whole need no shuffle: their share, that `data_leak` counts, says it."""
    from dataclasses import replace

    from soundcheck.debugging.standards import learnable_rows, unseen_skill

    one_of = np.concatenate([np.arange(150), np.repeat(np.arange(150, 300), 3)])
    x = random().normal(size=(300, STEPS)).astype("float32")[one_of]
    rows = learnable_rows(case(x, one_of % 2, at_random(x)))
    assert rows is not None
    kept = one_of[~at_random(x)][rows.places]
    shuffled = random().integers(0, 2, 300)[kept]
    seen = np.array([np.sum(kept == one) for one in kept])
    expected = np.select([seen == 1, seen == 2, seen == 3], [0, 2 / 3, 8 / 9]).mean()  # in another of 3 folds
    assert unseen_skill(replace(rows, targets=shuffled)) == pytest.approx(expected, abs=0.15)
    assert abs(unseen_skill(replace(rows, targets=shuffled), kept) or 0) < 0.2


def test_it_takes_less_than_a_second_of_a_thousand_windows():
    x, places = recordings()
    known = case(x, places % 2, at_random(x))
    assert known.standard is not None
    started_s = time.process_time()
    assert list(shuffled_labels(known))
    assert time.process_time() - started_s < 3  # 0.5 s on an idle machine


def test_a_long_signal_is_left_alone():
    x = np.zeros((40, 2**17), "float32")
    assert not found(x, np.arange(40) % 2, np.arange(40) < 10)
