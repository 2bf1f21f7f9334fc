"""Signal before training: each verdict where it is due; a weak feature told from a bug and from bad data."""

import json
import wave

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_selection import mutual_info_classif

from soundcheck.audit import separability, signal
from soundcheck.audit.association import correlate, mutual_information
from soundcheck.audit.classifiers import held_out_probabilities, small_classifier
from soundcheck.audit.folds import deal_groups
from soundcheck.audit.signal import Signal, examine_signal
from soundcheck.audit.tone_words import tone_word_summaries
from soundcheck.config import FeaturesConfig
from soundcheck.errors import SoundcheckError
from soundcheck.features.self_test import Verdict
from soundcheck.features.spectrogram import compute

RATE_HZ = 16000
FEATURES = FeaturesConfig(mel_bands=10)
BINS = 10
LABELS = ["down", "go", "left", "no"]
NAMES = [
    "features",
    "synthetic words",
    "shuffled labels",
    "correlations",
    "mutual information",
    "enough clips",
    "all clips",
    "easiest clips",
]


def example(clips=800, strength=2.0, seed=0):
    """Summaries of noise, in which each class has a column of its own that is higher."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, len(LABELS), clips)
    summaries = rng.normal(size=(clips, 2 * BINS))
    summaries[np.arange(clips), 3 * classes] += strength
    return summaries.astype(np.float32), classes


def apart(count):
    """Rows of clips that have nothing to do with each other."""
    digests = [f"{number:064x}" for number in range(count)]
    return pd.DataFrame({"speaker": "", "file_digest": digests, "clip_digest": digests}, dtype=str)


def examine(summaries, classes, features=FEATURES, seed=0, clips=None):
    clips = apart(len(classes)) if clips is None else clips
    return examine_signal(summaries, classes, LABELS, clips, features, RATE_HZ, seed)


def failed(found):
    return {look.name for look in found.looks if not look.passed}


@pytest.fixture(scope="module")
def found():
    return examine(*example())


def test_features_with_a_signal_pass_every_trial(found):
    assert [look.name for look in found.looks] == NAMES
    assert failed(found) == set()
    assert found.verdict == "The features carry the label: what is still missing is the model's to learn."


def test_sentences_hold_the_figures(found):
    sentences = {look.name: look.sentence for look in found.looks}
    trials = found.separability

    assert "Synthetic words: 1.000 recognised" in sentences["synthetic words"]
    shuffled = trials.shuffled_labels
    assert f"{shuffled.accuracy:.3f} of clips worth {shuffled.clips}" in sentences["shuffled labels"]
    assert f"recognises {trials.all_clips.accuracy:.3f}" in sentences["all clips"]
    assert f"recognises {trials.easiest_clips.accuracy:.3f}" in sentences["easiest clips"]


def test_labels_that_mean_nothing_are_told_from_features_that_fail():
    summaries, classes = example()

    found = examine(summaries, np.random.default_rng(1).permutation(classes))

    assert failed(found) == {"correlations", "mutual information", "all clips", "easiest clips"}
    assert "labels or clips are wrong" in found.verdict


def test_wrong_labels_show_in_the_easiest_clips():
    summaries, classes = example(clips=3000, strength=5.0)
    swapped = np.random.default_rng(1).permutation(len(classes))[:600]
    classes[swapped] = (classes[swapped] + 1) % len(LABELS)

    found = examine(summaries, classes)

    assert failed(found) == {"easiest clips"}
    assert found.separability.easiest_clips.accuracy == pytest.approx(0.8, abs=0.08)
    assert "but weakly" in found.verdict


def test_the_easiest_clips_are_chosen_without_their_labels():
    """With labels that mean nothing, those that are recognised would be recognised; the surest are not."""
    summaries, classes = example()

    found = examine(summaries, np.random.default_rng(1).permutation(classes))

    assert found.separability.easiest_clips.accuracy < 0.5


def test_features_that_are_too_coarse_are_told_from_bad_data():
    """Frames of two samples have one that is not zero: every bin is the same."""
    features = FeaturesConfig(kind="stft", frame_length_ms=0.125, frame_step_ms=8)
    rng = np.random.default_rng(0)

    found = examine(rng.normal(size=(400, 4)), rng.integers(0, 4, 400), features)

    assert "synthetic words" in failed(found)
    assert "features" not in failed(found)
    assert found.verdict.startswith("Weak features, but no bug")


def test_a_bug_in_the_features_comes_before_everything(monkeypatch):
    broken = (Verdict("tone", False, "A tone of 1000 Hz is loudest in bin 3."),)
    monkeypatch.setattr(signal, "self_test", lambda *_: broken)

    found = examine(*example())

    assert found.looks[0].sentence == "Self-test: A tone of 1000 Hz is loudest in bin 3."
    assert found.verdict.startswith("A bug in the features")


def test_an_evaluation_that_leaks_is_caught(monkeypatch):
    """Answers for clips that the model was fitted on: shuffled labels are recognised."""

    def with_the_answers(new_classifier, inputs, classes, held_out):
        return new_classifier().fit(inputs, classes).predict_proba(inputs[held_out])

    monkeypatch.setattr(separability, "probabilities_of", with_the_answers)

    found = examine(*example(clips=300), seed=4)

    assert "shuffled labels" in failed(found)
    assert found.verdict.startswith("A bug in the evaluation")


def test_shuffled_labels_are_within_chance_for_any_seed():
    """The criterion gives one false alarm in a thousand; the spread is the binomial one."""
    summaries, classes = example(clips=400)
    scores = []
    for seed in range(15):
        trial = separability.try_separability(
            summaries, classes, apart(400), FEATURES, RATE_HZ, seed
        ).shuffled_labels
        assert not trial.beats_chance
        scores.append(
            (trial.accuracy - trial.chance) / np.sqrt(trial.chance * (1 - trial.chance) / trial.clips)
        )
    assert abs(np.mean(scores)) < 0.9
    assert 0.5 < np.std(scores) < 1.5


def test_the_seed_decides_all(found):
    assert examine(*example()).to_dict() == found.to_dict()
    assert examine(*example(), seed=1).to_dict() != found.to_dict()


def test_json_gives_it_back(found):
    restored = Signal.from_dict(json.loads(json.dumps(found.to_dict())))

    assert restored.to_dict() == found.to_dict()
    assert restored.looks == found.looks
    assert restored.self_test == found.self_test
    assert restored.separability == found.separability
    np.testing.assert_array_equal(restored.correlations.matrix, found.correlations.matrix)
    assert restored.correlations.bin_groups == found.correlations.bin_groups
    np.testing.assert_array_equal(restored.information.bits, found.information.bits)


def test_what_does_not_belong_together_is_refused():
    summaries, classes = example()
    with pytest.raises(SoundcheckError, match=r"\(800, 18\) do not belong to 800 classes, 800 clips and"):
        examine(summaries[:, :18], classes)
    with pytest.raises(SoundcheckError, match="799 clips"):
        examine(summaries, classes, clips=apart(799))


@pytest.mark.parametrize("classes", [[3], [3, 3, 3], [0, 3], [3] * 50, [0] + [3] * 50, [0, 1, 2, 3]])
def test_too_little_to_learn_from_is_a_verdict_and_no_error(classes):
    summaries, _ = example(clips=len(classes))

    found = examine(summaries, np.array(classes))

    assert found.verdict == "Too few clips to tell whether the features carry the label."
    json.dumps(found.to_dict(), allow_nan=False)


def test_few_clips_are_no_proof_that_labels_are_wrong():
    rng = np.random.default_rng(0)

    found = examine(rng.normal(size=(20, 2 * BINS)), np.arange(20) % 2)

    assert "all clips" in failed(found)
    assert found.verdict.startswith("Too few clips to tell")


def windows(recordings=40, each=25, seed=0):
    """Windows of recordings that differ in sound, each with a label that has nothing to do with it."""
    rng = np.random.default_rng(seed)
    recording = np.repeat(np.arange(recordings), each)
    summaries = rng.normal(size=(recordings, 2 * BINS))[recording] + 0.1 * rng.normal(
        size=(len(recording), 2 * BINS)
    )
    return summaries.astype(np.float32), recording % 2, recording


def test_windows_of_a_recording_do_not_vouch_for_each_other():
    for seed in range(5):
        summaries, classes, recording = windows(seed=seed)
        clips = apart(len(classes)).assign(file_digest=recording.astype(str))

        found = examine(summaries, classes, clips=clips, seed=seed)

        assert "all clips" in failed(found)
        assert "too few to see a leak" in found.looks[2].sentence
        assert found.separability.all_clips.independent == pytest.approx(40)
        assert not found.separability.all_clips.can_tell
        assert found.verdict.startswith("Too few clips to tell")


def test_windows_that_were_dealt_apart_are_caught_with_shuffled_labels(monkeypatch):
    """What the trial of shuffled labels is for: parts of a recording on both sides."""

    def regardless(groups, classes, folds, seed):
        return deal_groups(np.arange(len(groups)), classes, folds, seed)

    monkeypatch.setattr(separability, "deal_groups", regardless)
    summaries, classes, recording = windows()

    found = examine(summaries, classes, clips=apart(len(classes)).assign(file_digest=recording.astype(str)))

    assert found.verdict.startswith("A bug in the evaluation")


def test_a_speaker_for_each_label_is_said():
    summaries, classes = example()
    clips = apart(len(classes)).assign(speaker=np.char.add("s", classes.astype(str)))

    found = examine(summaries, classes, clips=clips)

    assert not found.separability.apart
    assert found.verdict.startswith("The features carry the label, or the voice or the recording")


def test_many_labels_do_not_fill_the_store():
    summaries, _ = example(clips=2000)
    labels = [f"word{number}" for number in range(500)]

    found = examine_signal(summaries, np.arange(2000) % 500, labels, apart(2000), FEATURES, RATE_HZ, 0)

    assert found.correlations.matrix.shape == (20, 520)
    assert len(json.dumps(found.to_dict())) < 300_000


@pytest.mark.parametrize("clips", [8, 25, 70])
def test_few_clips_are_no_trouble(clips):
    summaries, classes = example(clips=clips)
    classes[:8] = np.repeat(np.arange(4), 2)

    assert len(examine(summaries, classes).looks) == len(NAMES)


def test_a_rare_label_and_constant_columns_are_no_trouble():
    summaries, classes = example()
    classes[classes == 3] = 2
    classes[0] = 3
    summaries[:, 5] = -9.2

    assert "all clips" not in failed(examine(summaries, classes))


def test_silence_carries_nothing():
    summaries, classes = example()

    found = examine(np.full_like(summaries, -9.2103), classes)

    assert {"mutual information", "all clips"} <= failed(found)
    assert "labels or clips are wrong" in found.verdict


def test_two_labels_are_enough():
    summaries, classes = example()

    assert failed(examine(summaries, np.minimum(classes, 1))) <= {"easiest clips"}


def test_real_speech_carries_its_label(speech_folder):
    paths = sorted(speech_folder.glob("*/*.wav"))
    labels = sorted({path.parent.name for path in paths})
    classes = np.array([labels.index(path.parent.name) for path in paths])
    features = FeaturesConfig()
    values = np.concatenate([compute(_padded(path), features, RATE_HZ) for path in paths])
    summaries = np.hstack([values.mean(axis=1), values.std(axis=1)])

    found = examine_signal(summaries, classes, labels, apart(len(classes)), features, RATE_HZ, seed=0)

    assert failed(found) <= {"easiest clips", "correlations"}
    assert found.separability.all_clips.beats_chance


def _padded(path):
    padded = np.zeros((1, RATE_HZ), np.float32)
    with wave.open(str(path)) as clip:
        samples = np.frombuffer(clip.readframes(RATE_HZ), "<i2") / 32768
    padded[0, : len(samples)] = samples
    return padded


@settings(max_examples=15)
@given(
    kind=st.sampled_from(["stft", "log_mel"]),
    rate_hz=st.sampled_from([8000, 16000, 44100]),
    frame_length_ms=st.floats(15, 60),
    frame_step_ms=st.floats(5, 30),
    clip_duration_ms=st.floats(300, 2000),
    mel_bands=st.integers(8, 24),
)
def test_synthetic_words_are_told_apart_by_any_sensible_features(
    kind, rate_hz, frame_length_ms, frame_step_ms, clip_duration_ms, mel_bands
):
    features = FeaturesConfig(
        kind=kind,
        frame_length_ms=frame_length_ms,
        frame_step_ms=frame_step_ms,
        clip_duration_ms=clip_duration_ms,
        mel_bands=mel_bands,
        upper_edge_hz=4000,
    )
    summaries, words = tone_word_summaries(8, features, rate_hz, seed=0)
    folds = deal_groups(np.arange(len(words)), words, 3, seed=0)
    answers = held_out_probabilities(small_classifier, summaries, words, folds).argmax(axis=1)
    assert np.mean(answers == words) >= signal.NEARLY_ALL_SYNTHETIC


def test_correlations_are_pearsons():
    summaries, classes = example()
    correlations = correlate(summaries, classes)

    columns = np.hstack([summaries, np.eye(len(LABELS))[classes]])
    np.testing.assert_allclose(correlations.matrix, np.corrcoef(columns.T)[: 2 * BINS], atol=1e-6)
    assert correlations.with_labels.shape == (2 * BINS, len(LABELS))
    assert correlations.with_labels[0, 0] > correlations.chance
    assert abs(correlations.with_labels[1, 0]) < correlations.chance


@pytest.mark.parametrize(("bins", "groups"), [(129, 10), (40, 10), (10, 10), (4, 4)])
def test_neighbouring_bins_are_averaged(bins, groups):
    rng = np.random.default_rng(0)
    summaries, classes = rng.normal(size=(200, 2 * bins)), rng.integers(0, 3, 200)

    correlations = correlate(summaries, classes)

    first, after = np.transpose(correlations.bin_groups)
    assert len(first) == groups
    assert (first[0], after[-1]) == (0, bins)
    assert np.array_equal(first[1:], after[:-1])
    mean = summaries[:, bins : bins + after[0]].mean(axis=1)
    expected = np.corrcoef(mean, classes == 1)[0, 1]
    assert correlations.matrix[groups, 2 * groups + 1] == pytest.approx(expected)


def test_what_does_not_vary_correlates_with_nothing():
    summaries, classes = example()
    summaries[:, 5] = np.float32(-9.2103)
    row = correlate(summaries, classes).matrix[5]
    assert row[5] == 1
    assert not np.delete(row, 5).any()


def test_information_of_a_gaussian_shift_is_known():
    """Two classes, one standard deviation apart to each side: 0.486 bits, by integrating the mixture."""
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 2, 20_000)
    column = rng.normal(size=20_000) + 2 * classes
    information = mutual_information(np.column_stack([column, rng.normal(size=20_000)]), classes, seed=0)
    assert information.bits[0] == pytest.approx(0.486, abs=0.02)
    assert information.bits[1] <= information.chance_bits < 0.002
    assert information.label_bits == pytest.approx(1, abs=1e-3)


def test_information_is_what_nearest_neighbours_find_and_not_only_linear():
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 4, 4000)
    linear = rng.normal(size=4000) + classes
    spread = rng.normal(size=4000) * (1 + classes)
    columns = np.column_stack([linear, spread])

    ours = mutual_information(columns, classes, seed=0)

    theirs = mutual_info_classif(columns, classes, random_state=0) / np.log(2)
    np.testing.assert_allclose(ours.bits, theirs, atol=0.05)
    assert ours.bits[1] > 10 * ours.chance_bits
    assert abs(correlate(columns, classes).with_labels[1]).max() < 0.06


def test_a_column_that_decides_the_label_tells_all_of_it():
    classes = np.repeat(np.arange(4), 500)
    information = mutual_information(classes[:, np.newaxis].astype(np.float32), classes, seed=0)
    assert information.label_bits == pytest.approx(2)
    assert information.bits[0] == pytest.approx(2, abs=0.02)


def test_columns_of_noise_rarely_tell_more_than_shuffled_labels():
    rng = np.random.default_rng(0)
    alarms = 0
    for seed in range(40):
        summaries, classes = rng.normal(size=(300, 20)), rng.integers(0, 4, 300)
        information = mutual_information(summaries, classes, seed)
        alarms += bool((information.bits > information.chance_bits).any())
    assert alarms <= 6  # 2 are expected
