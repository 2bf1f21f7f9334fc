import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from soundcheck.data.segments import Segment, clips_within, noise_clips

FRACTIONS = {"train": 0.8, "validation": 0.1, "test": 0.1}


def spoken(frames, word):
    samples = np.random.default_rng(0).normal(0, 0.001, frames).astype(np.float32)
    samples[word] += np.float32(0.5)
    return samples


def test_a_short_recording_is_a_clip():
    assert clips_within(np.ones(900, np.float32), 1000, "centre") == [Segment(0, 900)]
    assert clips_within(np.ones(1000, np.float32), 1000, "windows") == [Segment(0, 1000)]


@pytest.mark.parametrize(("start", "expected"), [(4000, 3700), (0, 0), (9600, 9000)])
def test_the_word_comes_to_the_middle_as_far_as_the_recording_goes(start, expected):
    (segment,) = clips_within(spoken(10_000, slice(start, start + 400)), 1000, "centre")
    assert segment.frames == 1000
    assert segment.start == pytest.approx(expected, abs=5)


def test_of_two_words_the_louder_one_is_taken_whole():
    samples = spoken(10_000, slice(1000, 1400))
    samples[7000:7400] *= 0
    samples[7000:7400] += np.float32(0.9)
    (segment,) = clips_within(samples, 1000, "centre")
    assert segment.start == pytest.approx(6700, abs=5)


def test_silence_is_cut_from_the_middle():
    assert clips_within(np.zeros(3000, np.float32), 1000, "centre") == [Segment(1000, 1000)]


@pytest.mark.parametrize(("frames", "lengths"), [(2499, [1000, 1000]), (2500, [1000, 1000, 500])])
def test_windows_follow_each_other_and_half_a_clip_may_remain(frames, lengths):
    windows = clips_within(np.ones(frames, np.float32), 1000, "windows")
    assert [one.start for one in windows] == [0, 1000, 2000][: len(windows)]
    assert [one.frames for one in windows] == lengths


@given(
    arrays(np.float32, st.integers(1, 300), elements=st.floats(-1, 1, width=32)),
    st.integers(1, 200),
    st.sampled_from(["centre", "windows"]),
)
def test_clips_lie_within_their_recording_and_are_no_longer_than_a_clip(samples, clip_frames, how):
    clips = clips_within(samples, clip_frames, how)
    assert clips
    for clip in clips:
        assert clip.start >= 0
        assert clip.start + clip.frames <= len(samples)
        assert 1 <= clip.frames <= clip_frames


@given(
    st.lists(st.integers(1, 50_000), min_size=1, max_size=5),
    st.integers(0, 300),
    st.integers(1, 1000),
)
def test_a_stretch_of_noise_belongs_to_one_split(lengths, count, clip_frames):
    found = noise_clips(lengths, [clip_frames] * len(lengths), count, FRACTIONS)
    assert len(found) == len(lengths)
    assert sum(map(len, found)) <= count + 2  # each split's share is rounded
    for length, clips in zip(lengths, found, strict=True):
        assert len({segment.start for segment, _ in clips}) == len(clips)
        ends = {"train": 0, "validation": 0, "test": 0}
        starts = dict.fromkeys(ends, length)
        for segment, split in clips:
            assert segment.start + segment.frames <= length
            ends[split] = max(ends[split], segment.start + segment.frames)
            starts[split] = min(starts[split], segment.start)
        assert ends["train"] <= starts["validation"]
        assert max(ends["train"], ends["validation"]) <= starts["test"]


def test_every_recording_gives_noise_by_its_length():
    found = noise_clips([960_000, 480_000], [16_000, 16_000], 300, FRACTIONS)
    assert [len(clips) for clips in found] == [200, 100]
    assert [split for _, split in found[0]].count("train") == 160


def test_noise_too_short_for_a_clip_gives_none():
    assert noise_clips([900], [1000], 10, FRACTIONS) == [[]]
