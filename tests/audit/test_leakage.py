"""Leakage of speakers: found where it was put, not where there is none, and not claimed where unknowable."""

import json

import numpy as np
import pandas as pd
import pytest

from soundcheck.audit.leakage import Leakage, measure_leakage
from soundcheck.errors import SoundcheckError

COLUMNS = 20
SPEAKERS = 40
CLIPS_PER_SPEAKER = 20


def said_by(speakers):
    """Rows of clips, each a recording of its own."""
    digests = [f"{number:064x}" for number in range(len(speakers))]
    return pd.DataFrame({"speaker": speakers, "file_digest": digests, "clip_digest": digests}, dtype=str)


def example(voice=1.0, word=0.5, seed=0):
    """Summaries of noise, plus a vector for each speaker and one for each word."""
    rng = np.random.default_rng(seed)
    speakers = np.repeat(np.arange(SPEAKERS), CLIPS_PER_SPEAKER)
    classes = np.tile(np.arange(4), SPEAKERS * CLIPS_PER_SPEAKER // 4)
    voices, words = rng.normal(size=(SPEAKERS, COLUMNS)), rng.normal(size=(4, COLUMNS))
    summaries = voice * voices[speakers] + word * words[classes] + rng.normal(size=(len(speakers), COLUMNS))
    return summaries.astype(np.float32), classes, said_by(np.char.add("speaker", speakers.astype(str)))


def one_label_a_speaker(seed=0):
    """Each speaker says one word, and only the voice tells which."""
    rng = np.random.default_rng(seed)
    speakers = np.repeat(np.arange(SPEAKERS), CLIPS_PER_SPEAKER)
    summaries = 5 * rng.normal(size=(SPEAKERS, COLUMNS))[speakers] + rng.normal(size=(len(speakers), COLUMNS))
    return summaries.astype(np.float32), speakers % 4, said_by(speakers)


def test_a_leak_is_found_and_put_into_words():
    leakage = measure_leakage(*one_label_a_speaker(), seed=0)

    assert leakage.random.value > leakage.disjoint.value + 0.3
    assert leakage.gap.value == pytest.approx(leakage.random.value - leakage.disjoint.value)
    assert 0 < leakage.gap.lower < leakage.gap.value < leakage.gap.upper
    assert f"a gap of {leakage.gap.value:+.3f}" in leakage.verdict
    assert "So much does a test promise too much" in leakage.verdict
    assert leakage.probe.accuracy.value > 0.9
    assert "a larger model can learn voices by heart" in leakage.verdict


def test_without_voices_there_is_no_leak():
    leakage = measure_leakage(*example(voice=0), seed=0)

    assert leakage.gap.lower <= 0 <= leakage.gap.upper
    assert leakage.probe.accuracy.lower < leakage.probe.chance
    assert "no leak can be shown" in leakage.verdict
    assert "do not tell who speaks" in leakage.verdict


def test_the_interval_is_honest_about_chance():
    """Where there is no leak, few of many data sets show one."""
    intervals = [measure_leakage(*example(voice=0, seed=seed), seed=seed).gap for seed in range(10)]

    assert sum(gap.lower > 0 or gap.upper < 0 for gap in intervals) <= 2


def test_the_speaker_is_told_beyond_the_word():
    """A probe that knows no more of the speaker than the word tells has nothing to show for it."""
    rng = np.random.default_rng(0)
    speakers = np.repeat(np.arange(8), 50)
    classes = speakers // 2
    summaries = (4 * np.eye(4)[classes] + 0.5 * rng.normal(size=(400, 4))).astype(np.float32)

    probe = measure_leakage(summaries, classes, said_by(speakers), seed=0).probe

    assert probe.chance == 0.5
    assert probe.accuracy.value == pytest.approx(0.5, abs=0.1)


def test_the_seed_decides_all():
    one, same, other = (measure_leakage(*example(), seed=seed) for seed in (0, 0, 1))

    assert one == same
    assert one != other


def test_json_gives_it_back():
    for leakage in (
        measure_leakage(*example(), seed=0),
        measure_leakage(*example()[:2], said_by([""] * SPEAKERS * CLIPS_PER_SPEAKER), seed=0),
    ):
        assert Leakage.from_dict(json.loads(json.dumps(leakage.to_dict()))) == leakage


def test_clips_without_a_speaker_do_not_count():
    summaries, classes, speakers = example()
    known = measure_leakage(summaries, classes, speakers, seed=0)
    more = measure_leakage(
        np.vstack([summaries, np.full((30, COLUMNS), 9, np.float32)]),
        np.append(classes, np.zeros(30, int)),
        pd.concat([speakers, said_by([""] * 30)]),
        seed=0,
    )

    assert more == known


@pytest.mark.parametrize(
    ("speakers", "reason"),
    [
        (np.full(40, ""), "no clip names its speaker"),
        (np.full(40, "anna"), "all 40 clips are of one speaker"),
        (np.arange(40).astype(str), "each of the 40 clips has a speaker of its own"),
        (np.repeat(["anna", "bert"], 20), "label and speaker cannot be told apart"),
    ],
)
def test_what_cannot_be_measured_is_said_with_the_reason(speakers, reason):
    summaries = np.random.default_rng(0).normal(size=(40, COLUMNS))

    leakage = measure_leakage(summaries, np.repeat([0, 1], 20), said_by(speakers), seed=0)

    assert leakage.random is leakage.disjoint is leakage.gap is None
    assert leakage.verdict.startswith("Leakage between speakers cannot be measured")
    assert reason in leakage.verdict


def test_one_label_cannot_be_told_from_another():
    summaries, classes, speakers = example()

    assert "one label" in measure_leakage(summaries, classes * 0, speakers, seed=0).verdict


def test_few_clips_a_speaker_leave_out_the_probe():
    summaries, classes, _ = example()

    leakage = measure_leakage(summaries, classes, said_by(np.repeat(np.arange(400), 2)), seed=0)

    assert leakage.probe is None
    assert leakage.gap is not None
    assert "no two speakers have 5 different recordings" in leakage.verdict


def test_speakers_whose_clips_are_all_the_same_leave_out_the_probe():
    summaries, classes, speakers = example()
    summaries = summaries[::CLIPS_PER_SPEAKER].repeat(CLIPS_PER_SPEAKER, axis=0)

    assert measure_leakage(summaries, classes, speakers, seed=0).probe is None


def test_a_speaker_with_most_of_many_clips_does_not_crowd_out_the_others(monkeypatch):
    monkeypatch.setattr("soundcheck.audit.leakage._MOST_VALUES", 400 * COLUMNS)
    summaries, classes, speakers = example()
    speakers.loc[:499, "speaker"] = "narrator"

    leakage = measure_leakage(summaries, classes, speakers, seed=0)

    assert 300 < leakage.clips <= 400
    assert leakage.speakers >= 5
    assert leakage.gap is not None


def test_constant_columns_are_no_trouble():
    summaries, classes, speakers = example()
    summaries[:, 3] = -9.2

    assert measure_leakage(summaries, classes, speakers, seed=0).gap is not None


def test_unequal_lengths_are_refused():
    summaries, classes, speakers = example()

    with pytest.raises(SoundcheckError, match=r"\(800, 20\), 799 classes and 800 clips"):
        measure_leakage(summaries, classes[1:], speakers, seed=0)


def test_a_speaker_for_each_label_is_no_proof_of_anything():
    """The worst case: known speakers are worth everything, and nothing is left to hold them against."""
    rng = np.random.default_rng(0)
    speakers = np.repeat(np.arange(6), 50)
    summaries = rng.normal(size=(6, COLUMNS))[speakers] + rng.normal(size=(300, COLUMNS))

    leakage = measure_leakage(summaries, speakers, said_by(speakers), seed=0)

    assert leakage.gap is None
    assert "label and speaker cannot be told apart" in leakage.verdict
    assert "what is said tells who speaks" in leakage.verdict
    assert "do not tell" not in leakage.verdict


def test_two_speakers_a_label_leave_the_split_at_random_its_accuracy():
    """Held against folds that are even over the labels, as a split at random is."""
    rng = np.random.default_rng(0)
    speakers = np.repeat(np.arange(12), 40)
    summaries = 2 * rng.normal(size=(12, COLUMNS))[speakers] + rng.normal(size=(480, COLUMNS))

    leakage = measure_leakage(summaries, speakers % 6, said_by(speakers), seed=0)

    assert leakage.random.value > 0.95
    assert leakage.disjoint.value < 0.5


def test_a_label_of_one_speaker_is_left_out():
    summaries, classes, clips = example()
    classes = np.where((clips["speaker"] == "speaker0").to_numpy() & (classes == 0), 4, classes)

    leakage = measure_leakage(summaries, classes, clips, seed=0)

    assert leakage.clips == np.sum(classes != 4)
    assert leakage.gap is not None


def test_parts_of_one_recording_are_no_leak_between_speakers():
    """No split takes them apart, so that known speakers cannot be held against new ones."""
    summaries, classes, clips = one_label_a_speaker()

    leakage = measure_leakage(summaries, classes, clips.assign(file_digest=clips["speaker"]), seed=0)

    assert leakage.gap is None
    assert "no speaker has two recordings" in leakage.verdict


def test_speakers_who_share_a_recording_are_one():
    summaries, classes, clips = example()

    leakage = measure_leakage(summaries, classes, clips.assign(file_digest="conversation"), seed=0)

    assert "all speakers share recordings" in leakage.verdict
