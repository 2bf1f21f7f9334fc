"""Near duplicates: what is found of copies, and what is not made one."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from soundcheck.config import ValidationConfig
from soundcheck.data import near_duplicates as module
from soundcheck.data.audio import decode, resample
from soundcheck.data.near_duplicates import mark_near_duplicates, near_duplicates
from soundcheck.data.quality import measure

RATE_HZ = 16000
MIN_SIMILARITY = ValidationConfig().min_near_duplicate_similarity


@pytest.fixture(scope="module")
def speech(speech_folder):
    """The samples of forty real clips."""
    files = sorted(speech_folder.glob("*/*.wav"))[::5]
    return [decode(file.read_bytes(), ".wav").samples for file in files]


def fingerprints(clips, rate_hz=RATE_HZ):
    return [measure(clip.astype(np.float32), rate_hz).fingerprint for clip in clips]


def with_noise(clip, ratio_db, seed=0):
    noise = np.random.default_rng(seed).standard_normal(len(clip))
    return clip + noise * np.sqrt(np.mean(np.square(clip)) * 10 ** (-ratio_db / 10))


COPIES = {
    "noise 20 dB below": lambda clip: with_noise(clip, 20),
    "a third as loud": lambda clip: np.round(clip / 3 * 2**15) / 2**15,
    "with an offset": lambda clip: clip + 0.01,
    "the other way up": lambda clip: -clip,
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES.keys())
def test_a_copy_is_found_and_nothing_else(copy, speech):
    copies = [copy(clip) for clip in speech[:10]]

    nearest = near_duplicates(fingerprints([*speech, *copies]), MIN_SIMILARITY)

    expected = np.full(len(speech) + len(copies), -1)
    expected[:10], expected[len(speech) :] = np.arange(10) + len(speech), np.arange(10)
    np.testing.assert_array_equal(nearest, expected)


def test_a_copy_at_another_rate_is_found(speech):
    clip = speech[0]

    both = fingerprints([clip]) + fingerprints([resample(clip, RATE_HZ, 48000)], 48000)

    assert near_duplicates(both, MIN_SIMILARITY).tolist() == [1, 0]


def test_silence_and_steady_noise_are_like_nothing():
    random = np.random.default_rng(0)
    silent = [np.zeros(RATE_HZ) for _ in range(5)]
    steady = [random.standard_normal(RATE_HZ) * 0.1 for _ in range(50)]
    faint = [np.round(random.standard_normal(RATE_HZ) * 0.7) / 2**15 for _ in range(50)]

    nearest = near_duplicates(fingerprints([*silent, *steady, *faint]), MIN_SIMILARITY)

    assert (nearest == -1).all()


def test_the_most_similar_clip_is_named():
    first, second, third = bytes([100, 0, 0, 0]), bytes([100, 20, 0, 0]), bytes([100, 25, 0, 0])

    assert near_duplicates([first, second, third], 0.9).tolist() == [1, 2, 1]


@pytest.mark.parametrize("prints", [[], [b""], [b"", b"\x01\x02", b""]])
def test_few_clips_or_none_with_a_fingerprint(prints):
    assert near_duplicates(prints, 0.9).tolist() == [-1] * len(prints)


@given(
    values=arrays(np.int8, st.tuples(st.integers(2, 30), st.just(4)), elements=st.integers(-3, 3)),
    block=st.integers(1, 7),
)
def test_blocks_do_not_change_the_result(values, block):
    prints = [row.tobytes() if row.any() else b"" for row in values]
    whole = near_duplicates(prints, 0.9)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ROWS_AT_ONCE", block)
        in_blocks = near_duplicates(prints, 0.9)

    np.testing.assert_array_equal(in_blocks, whole)


def manifest(*rows):
    columns = ["path", "label", "clip_digest", "fingerprint"]
    return pd.DataFrame([dict(zip(columns, row, strict=True)) for row in rows])


def test_the_manifest_is_marked_with_path_and_label():
    marked = mark_near_duplicates(
        manifest(
            ("no/a.wav", "no", "1", bytes([100, 0])),
            ("no/b.wav", "no", "2", bytes([0, 100])),
            ("yes/c.wav", "yes", "3", bytes([100, 1])),
            ("yes/d.wav", "yes", "4", b""),
        ),
        0.99,
    )

    assert marked["near_duplicate_of"].tolist() == ["yes/c.wav", "", "no/a.wav", ""]
    assert marked["near_duplicate_label"].tolist() == ["yes", "", "no", ""]


def test_identical_files_are_no_near_duplicates():
    same = bytes([100, 0])

    marked = mark_near_duplicates(
        manifest(("no/a.wav", "no", "1", same), ("no/b.wav", "no", "1", same)).set_index(pd.Index([7, 3])),
        0.99,
    )

    assert marked["near_duplicate_of"].tolist() == ["", ""]
    assert marked.index.tolist() == [7, 3]
