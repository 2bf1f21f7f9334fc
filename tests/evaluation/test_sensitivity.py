"""Sensitivity: what is measured, and what chance must not decide."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest, tukey_hsd

from soundcheck.config import FeaturesConfig
from soundcheck.data.audio import decode
from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.perturbations import Perturbation, change_gain, noise_perturbations
from soundcheck.evaluation.sensitivity import (
    Sensitivity,
    draw_clips,
    first_to_break,
    measure_sensitivity,
    recogniser,
)
from soundcheck.features.shards import write_shards
from soundcheck.features.spectrogram import compute

RATE_HZ = 16000
LABELS = ["go", "no", "yes"]


def weakening(name: str = "weakening") -> Perturbation:
    return Perturbation(name, "gain", "dB", (-60.0, -40.0, -20.0, 20.0), 0.0, change_gain)


def clips_of(levels: np.ndarray) -> np.ndarray:
    return np.repeat(levels[:, np.newaxis], 50, axis=1).astype(np.float32)


def measured(weak: int | None = 1, clips: int = 30, **options) -> Sensitivity:
    """A model that knows the class by the first decimals and loses all, or one class, when it is quiet."""
    classes = np.repeat(np.arange(3), clips)
    levels = 1 + classes / 10

    def recognise(waveforms: np.ndarray) -> np.ndarray:
        loudness = waveforms[:, 0]
        known = np.round(10 * loudness / 10 ** np.floor(np.log10(loudness) + 1e-6) - 10).astype(int) % 3
        limits = np.where(known == weak, 0.3, 0.005)
        return np.where(loudness < limits, 2, known)

    perturbations = options.pop("perturbations", [weakening()])
    return measure_sensitivity(
        recognise, clips_of(levels), classes, LABELS, RATE_HZ, perturbations, **options
    )


def test_accuracy_recall_and_answers_are_counted() -> None:
    found = measured()
    (curve,) = found.curves
    assert found.accuracy == 1
    assert found.clips == found.hits == (30, 30, 30)
    assert curve.hits == ((0, 0, 30), (30, 0, 30), (30, 0, 30), (30, 30, 30))
    assert curve.answers == ((0, 0, 90), (30, 0, 60), (30, 0, 60), (30, 30, 30))
    assert curve.lost == (60, 30, 30, 0)
    assert curve.gained == (0, 0, 0, 0)
    np.testing.assert_allclose(found.accuracies(curve)[:, 0], [1 / 3, 2 / 3, 2 / 3, 1])
    np.testing.assert_allclose(found.recalls(curve)[0], [0, 0, 1])
    assert curve.endurance == (0.75, 0.25, 1.0)


def test_the_word_that_breaks_first_is_named_and_so_is_where() -> None:
    found = measured()
    assert found.curves[0].first_to_break == ("no",)
    (sentence,) = found.summary()
    assert "accuracy 1.000 unperturbed, 0.333 (" in sentence
    assert "lower beyond chance from -20 dB on" in sentence
    assert "'no' breaks first, and in the end most clips are taken for 'yes'" in sentence


def test_directions_begin_at_what_changes_nothing() -> None:
    curve = measured().curves[0]
    assert [[curve.strengths[place] for place in one] for one in curve.directions()] == [
        [-20, -40, -60],
        [20],
    ]
    noise = measured(perturbations=noise_perturbations()).curves[0]
    (places,) = noise.directions()
    assert noise.strengths[places[0]] == 30


def test_a_loss_is_judged_by_mcnemars_test() -> None:
    curve = measured().curves[0]
    assert [curve.is_harmful(place) for place in range(4)] == [True, True, True, False]
    few = measured(clips=6).curves[0]
    assert few.lost[1] == 6
    # 6 of 6 changed for the worse: 1/64, more than 5 % over the 4 strengths.
    assert binomtest(6, 6, alternative="greater").pvalue == 1 / 64
    assert not few.is_harmful(1)


def test_harm_begins_where_all_harsher_strengths_harm_too() -> None:
    curve = measured().curves[0]

    def harm(*lost: int) -> str:
        return replace(curve, lost=lost).harm()

    # Of -60, -40, -20 and 20 dB.
    assert harm(60, 30, 30, 0) == "lower beyond chance from -20 dB on"
    assert harm(60, 0, 30, 0) == "lower beyond chance from -60 dB on and at -20 dB alone"
    assert harm(0, 30, 30, 0) == "lower beyond chance at -20 and -40 dB alone"
    assert harm(60, 30, 0, 30) == "lower beyond chance from -40 and 20 dB on"
    assert harm(0, 0, 0, 0) == "never lower beyond chance"


def test_time_bounds_what_is_begun() -> None:
    found = measured(perturbations=[weakening("one"), weakening("two")], max_seconds=-1)
    assert found.curves == ()
    assert found.left_out == ("one", "two")
    assert found.summary() == ["There was no time for one, two."]


def test_words_that_the_model_never_knew_are_not_judged() -> None:
    found = measure_sensitivity(
        lambda waveforms: np.zeros(len(waveforms), int),
        clips_of(np.ones(30)),
        np.repeat([0, 1], 15),
        LABELS,
        RATE_HZ,
        [weakening()],
    )
    assert found.curves[0].endurance == (1.0, None, None)
    assert found.curves[0].first_to_break == ()
    assert np.isnan(found.recalls(found.curves[0])[:, 2]).all()
    assert "no word breaks first for certain" in found.summary()[0]


def test_first_to_break_are_those_that_tukeys_test_does_not_part() -> None:
    generator = np.random.default_rng(0)
    for gap in np.linspace(0, 0.4, 6):
        samples = [
            np.clip(generator.normal(mean, 0.2, size), 0, 1)
            for mean, size in ((0.4, 20), (0.45, 31), (0.5 + gap, 40), (0.5 + gap, 25))
        ]
        lowest = int(np.argmin([sample.mean() for sample in samples]))
        probabilities = tukey_hsd(*samples).pvalue[lowest]
        alike = {place for place in range(4) if place == lowest or probabilities[place] >= 0.05}
        assert set(first_to_break(samples)) == (alike if len(alike) <= 2 else set())


def test_chance_rarely_names_a_word() -> None:
    generator = np.random.default_rng(0)
    named = [bool(first_to_break(list(generator.beta(4, 2, (8, 40))))) for _ in range(300)]
    assert np.mean(named) < 0.05


@pytest.mark.parametrize(
    "samples", [[], [np.ones(5)], [np.ones(5), np.ones(6)]], ids=["none", "one", "all alike"]
)
def test_nothing_breaks_first_where_nothing_differs(samples) -> None:
    assert first_to_break(samples) == []


def test_json_gives_the_same_back() -> None:
    found = measured(perturbations=noise_perturbations())
    assert Sensitivity.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_clips_are_drawn_evenly() -> None:
    classes = np.repeat([0, 1, 2], [500, 100, 5])
    drawn = draw_clips(classes, 60, seed=1)
    assert np.bincount(classes[drawn]).tolist() == [20, 20, 5]
    assert drawn.tolist() == sorted(set(drawn.tolist()))


@pytest.mark.parametrize(("clips", "classes"), [(0, 0), (3, 2)])
def test_clips_and_classes_must_belong_together(clips: int, classes: int) -> None:
    with pytest.raises(SoundcheckError, match=f"waveforms has {clips} clips and classes {classes}"):
        measure_sensitivity(
            lambda waveforms: np.zeros(len(waveforms), int),
            np.zeros((clips, 5), np.float32),
            np.zeros(classes, int),
            LABELS,
            RATE_HZ,
            [],
        )


class Recorder:
    """Stands for a model: keeps the features that it is asked about."""

    input_shape = (None, 98, 40)

    def __init__(self) -> None:
        self.asked: list[np.ndarray] = []

    def predict_on_batch(self, features: np.ndarray) -> np.ndarray:
        self.asked.append(features.copy())
        return features.mean(axis=(1, 2))[:, np.newaxis] * [0, 1]


@pytest.mark.parametrize("storage", ["float16", "float32"])
@pytest.mark.parametrize("kind", ["log_mel", "stft"])
def test_the_model_gets_the_features_of_training(speech_folder, tmp_path, kind: str, storage: str) -> None:
    import hashlib

    import pandas as pd

    from soundcheck.data.sources import Source
    from soundcheck.data.waveforms import read_waveforms
    from soundcheck.features.reading import batches
    from soundcheck.store import Parts

    paths = sorted(speech_folder.glob("*/*.wav"))[::40]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    rows = pd.DataFrame(
        {
            "clip_digest": digests,
            "path": [str(path) for path in paths],
            "file": [path.relative_to(speech_folder).as_posix() for path in paths],
            "file_digest": digests,
            "start_frame": 0,
            "frames": [decode(path.read_bytes(), ".wav").frames for path in paths],
            "split": "test",
        }
    )
    features = FeaturesConfig.model_validate({"kind": kind, "storage": storage})
    source, parts, model = Source(speech_folder, digest=""), Parts(tmp_path), Recorder()
    index = write_shards(rows, source, features, RATE_HZ, parts)

    recogniser(model, features, RATE_HZ)(read_waveforms(source, rows, RATE_HZ, RATE_HZ))

    (stored,) = batches(rows, index, parts, 100)
    np.testing.assert_array_equal(model.asked[0], stored)


def test_many_clips_are_asked_about_in_batches() -> None:
    model, features = Recorder(), FeaturesConfig(clip_duration_ms=100)
    waveforms = np.random.default_rng(0).normal(0, 0.1, (400, 1600)).astype(np.float32)
    answers = recogniser(model, features, RATE_HZ)(waveforms)
    assert [len(batch) for batch in model.asked] == [320, 80]
    assert answers.tolist() == (compute(waveforms, features, RATE_HZ).mean(axis=(1, 2)) > 0).tolist()
