"""The error analysis: what is of which clips, what is told first, and that nothing gets lost on disk."""

from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
from answer_tables import LABELS, manifest, predictions, with_mistakes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soundcheck.artifacts import digest_of
from soundcheck.config import AnalysisConfig
from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.answers import answers_of
from soundcheck.evaluation.calibration import calibrate
from soundcheck.evaluation.confusions import JudgedClip, hardest_clips
from soundcheck.evaluation.error_analysis import (
    ErrorAnalysis,
    Explained,
    analyse_errors,
    explain_mistakes,
)
from soundcheck.evaluation.saliency import Saliency

FRAMES, BINS = 6, 4
SETTINGS = AnalysisConfig(worst_clips=5)


def explain(clips):
    """Numbers that tell the clips apart."""
    features = np.array([[[clip.confidence] * BINS] * FRAMES for clip in clips], np.float32)
    features = features.reshape(len(clips), FRAMES, BINS)
    totals = features.sum(axis=(1, 2), dtype=np.float64)
    return Explained(clips, features, Saliency(-features, totals, 2 * totals))


def analysed(validation, test, clips=None, **options):
    table = pd.concat([validation.assign(split="validation"), test.assign(split="test")])
    clips = table[["path", "label"]].drop_duplicates() if clips is None else clips
    return analyse_errors(table, clips, explain, AnalysisConfig(**{"worst_clips": 5} | options))


def of_validation(rows):
    return rows.assign(path="validation/" + rows["path"])


VALIDATION, TEST = of_validation(predictions(300, 1)), predictions(300, 2, temperature=0.4)


def plain(analysis):
    """All of it as values that can be compared."""
    saliency, accept = analysis.explained.saliency, analysis.accept
    arrays = [*vars(accept).values(), analysis.explained.features, *vars(saliency).values()]
    rest = {name: value for name, value in vars(analysis).items() if name not in ("accept", "explained")}
    return (
        rest,
        analysis.explained.clips,
        [(np.asarray(one).dtype, np.asarray(one).tolist()) for one in arrays],
    )


def test_validation_decides_and_the_test_clips_are_reported():
    analysis = analysed(VALIDATION, TEST)
    assert analysis.calibration == calibrate(answers_of(VALIDATION), answers_of(TEST))
    assert analysis.accept.clips == analysis.slices.accuracy.total == len(TEST)
    tested = set(TEST["path"])
    assert {clip.path for clip in (*analysis.hardest, *analysis.doubtful)} <= tested
    assert analysis.slices.accuracy.count == TEST["correct"].sum()


def test_only_mistakes_are_explained_the_worst_first():
    analysis = analysed(VALIDATION, TEST)
    clips = analysis.explained.clips
    assert len(clips) == 5
    assert clips == hardest_clips(TEST.loc[~TEST["correct"]], 5)


def test_clips_that_are_right_are_not_explained_in_place_of_mistakes():
    test = with_mistakes(manifest(100), np.arange(100) == 7)
    (clip,) = analysed(VALIDATION, test).explained.clips
    assert clip.path == "00007.wav"


def test_the_wanted_accuracy_and_sensitivity_are_those_of_the_settings():
    analysis = analysed(VALIDATION, TEST, wanted_accuracy=0.9, wanted_sensitivity=0.8)
    assert analysis.acceptance.wanted_accuracy == 0.9
    assert {word.wanted_sensitivity for word in analysis.words} == {0.8}


CASES = {
    "a sound model": (VALIDATION, predictions(300, 3)),
    "a model that is too sure": (VALIDATION, TEST),
    "no mistake": (VALIDATION, with_mistakes(manifest(50), np.zeros(50, bool))),
    "nothing but mistakes": (VALIDATION, with_mistakes(manifest(50), np.ones(50, bool))),
    "one test clip": (VALIDATION, TEST.head(1)),
    "one clip of each split, right": (
        VALIDATION[VALIDATION["correct"]].head(1),
        TEST[TEST["correct"]].head(1),
    ),
    "one clip of each split, wrong": (
        VALIDATION[~VALIDATION["correct"]].head(1),
        TEST[~TEST["correct"]].head(1),
    ),
    "always right": (VALIDATION[VALIDATION["correct"]], TEST[TEST["correct"]]),
    "always wrong": (VALIDATION[~VALIDATION["correct"]], TEST[~TEST["correct"]]),
    "a label without a test clip": (VALIDATION, TEST[TEST["label"] != "go"]),
    "a label without a validation clip": (VALIDATION[VALIDATION["label"] != "go"], TEST),
    "one label": (VALIDATION[VALIDATION["label"] == "go"], TEST[TEST["label"] == "go"]),
}


@pytest.mark.parametrize(("validation", "test"), CASES.values(), ids=CASES.keys())
def test_any_answers_can_be_analysed_kept_and_told_of(validation, test, tmp_path):
    analysis = analysed(validation, test)
    assert len(analysis.explained.clips) == min(5, (~test["correct"]).sum())
    analysis.save(tmp_path)
    assert plain(ErrorAnalysis.load(tmp_path)) == plain(analysis)
    sentences = analysis.summary()
    assert 4 <= len(sentences) <= 5
    assert all(sentence.endswith(".") and "nan" not in sentence for sentence in sentences)


def test_without_validation_or_test_clips_there_is_no_analysis():
    for validation, test in ((VALIDATION.head(0), TEST), (VALIDATION, TEST.head(0))):
        with pytest.raises(SoundcheckError, match="predictions has no row"):
            analysed(validation, test, clips=TEST)


def test_what_is_wrong_is_told_first():
    clips = manifest()
    quiet = clips["rms"] <= clips["rms"].quantile(0.25)
    wrong = np.where(quiet, 0.4, 0.05) > np.random.default_rng(0).random(len(clips))
    analysis = analysed(VALIDATION, with_mistakes(clips, wrong), clips=pd.concat([clips, VALIDATION]))
    worst = analysis.slices.worst[0]
    first, second, *_ = analysis.summary()
    assert first.startswith(f"Clips with loudness (RMS) {worst.conditions[0].lowest:.3g} to ")
    assert f"accuracy {worst.accuracy} against {worst.rest}" in first
    top = analysis.confusions[0]
    share = f"{top.share.count} of {top.share.total} clips"
    assert second == (f"{top.label!r} is taken for {top.predicted!r} most often: {share}.")


def test_a_model_that_is_too_sure_is_called_so():
    sentences = " ".join(analysed(VALIDATION, TEST).summary())
    assert "The model is too sure: its confidence is " in sentences
    unsure = analysed(VALIDATION, predictions(300, 2, temperature=3))
    assert "The model is too unsure" in " ".join(unsure.summary())
    sound = " ".join(analysed(VALIDATION, predictions(300, 2)).summary())
    assert "No miscalibration shows on 300 clips" in sound
    assert "can be believed" not in sound


def test_acceptance_is_told_with_what_it_gives():
    analysis = analysed(VALIDATION, TEST, wanted_accuracy=0.9)
    found = analysis.acceptance
    start = f"Of the {100 * found.coverage.value:.1f} % of answers with a confidence of at least"
    assert any(sentence.startswith(start) for sentence in analysis.summary())
    assert analysed(VALIDATION[~VALIDATION["correct"]], TEST).summary()[0].startswith("'")
    unreachable = replace(analysis, acceptance=None)
    assert any("not as accurate as wanted" in sentence for sentence in unreachable.summary())


finite = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]))
judged = st.builds(JudgedClip, texts, texts, texts, texts, finite, finite, finite)
BASE = analysed(VALIDATION, TEST)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clips=st.lists(judged, max_size=3).map(tuple), numbers=st.tuples(finite, finite, finite))
def test_any_numbers_and_names_come_back_as_they_were(clips, numbers, tmp_path):
    temperature, threshold, difference = numbers
    analysis = replace(
        BASE,
        calibration=replace(BASE.calibration, temperature=temperature),
        words=tuple(replace(word, threshold=threshold) for word in BASE.words),
        confusions=tuple(replace(one, worst=clips) for one in BASE.confusions),
        hardest=clips,
        slices=replace(
            BASE.slices, single=tuple(replace(x, difference=difference) for x in BASE.slices.single)
        ),
    )
    analysis.save(tmp_path)
    assert plain(ErrorAnalysis.load(tmp_path)) == plain(analysis)


def test_equal_analyses_give_equal_bytes(tmp_path):
    contents = []
    for name in ("one", "other"):
        (folder := tmp_path / name).mkdir()
        analysed(VALIDATION, TEST).save(folder)
        contents.append(digest_of({file.name: file.read_bytes().hex() for file in folder.iterdir()}))
    assert contents[0] == contents[1]


def test_mistakes_are_explained_as_what_was_said_against_what_is_true():
    features = keras.Input((FRAMES, BINS))
    model = keras.Model(features, keras.layers.Dense(3)(keras.layers.Flatten()(features)))
    clips = tuple(replace(clip, label="up", predicted="no") for clip in BASE.hardest[:2])
    seen = np.random.default_rng(0).normal(size=(2, FRAMES, BINS)).astype(np.float32)
    found = explain_mistakes(clips, seen, model, np.zeros((FRAMES, BINS), np.float32), LABELS)
    kernel = model.layers[-1].kernel.numpy().T.reshape(3, FRAMES, BINS)
    expected = (kernel[LABELS.index("no")] - kernel[LABELS.index("up")]) * seen
    np.testing.assert_allclose(found.saliency.attributions, expected, atol=1e-5)


def test_no_mistake_has_no_explanation():
    features = keras.Input((FRAMES, BINS))
    model = keras.Model(features, keras.layers.Dense(3)(keras.layers.Flatten()(features)))
    none = np.empty((0, FRAMES, BINS), np.float32)
    found = explain_mistakes((), none, model, np.zeros((FRAMES, BINS), np.float32), LABELS)
    assert found.saliency.attributions.shape == (0, FRAMES, BINS)
