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
from soundcheck.data.near_duplicates import groups_of_alike, mark_near_duplicates
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

    groups = groups_of_alike(fingerprints([*speech, *copies]), MIN_SIMILARITY)

    np.testing.assert_array_equal(groups[len(speech) :], groups[:10])
    assert len(set(groups)) == len(speech)


def test_a_copy_at_another_rate_is_found(speech):
    clip = speech[0]

    both = fingerprints([clip]) + fingerprints([resample(clip, RATE_HZ, 48000)], 48000)

    assert len(set(groups_of_alike(both, MIN_SIMILARITY))) == 1


def test_silence_and_steady_noise_are_like_nothing():
    random = np.random.default_rng(0)
    silent = [np.zeros(RATE_HZ) for _ in range(5)]
    steady = [random.standard_normal(RATE_HZ) * 0.1 for _ in range(50)]
    faint = [np.round(random.standard_normal(RATE_HZ) * 0.7) / 2**15 for _ in range(50)]

    groups = groups_of_alike(fingerprints([*silent, *steady, *faint]), MIN_SIMILARITY)

    assert len(set(groups)) == len(groups)


@pytest.mark.parametrize("prints", [[], [b""], [b"", b"\x01\x02", b""]])
def test_few_clips_or_none_with_a_fingerprint(prints):
    assert groups_of_alike(prints, 0.9).tolist() == list(range(len(prints)))


@given(
    values=arrays(np.int8, st.tuples(st.integers(2, 30), st.just(4)), elements=st.integers(-3, 3)),
    block=st.integers(1, 7),
)
def test_groups_are_the_components_of_all_pairs_that_are_alike(values, block):
    prints = [row.tobytes() if row.any() else b"" for row in values]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ROWS_AT_ONCE", block)
        groups = groups_of_alike(prints, 0.9)

    lengths = np.maximum(np.linalg.norm(values.astype(float), axis=1), 1e-9)
    reached = values.astype(float) @ values.T / lengths / lengths[:, np.newaxis] >= 0.9
    reached |= np.eye(len(values), dtype=bool)
    for _ in values:
        reached = reached @ reached
    np.testing.assert_array_equal(groups == groups[:, np.newaxis], reached)


def manifest(*rows):
    columns = ["path", "label", "clip_digest", "fingerprint"]
    return pd.DataFrame([dict(zip(columns, row, strict=True)) for row in rows])


def test_a_group_is_known_by_its_first_path():
    marked = mark_near_duplicates(
        manifest(
            ("no/a.wav", "no", "1", bytes([100, 0])),
            ("no/b.wav", "no", "2", bytes([0, 100])),
            ("yes/c.wav", "yes", "3", bytes([100, 1])),
            ("yes/d.wav", "yes", "4", b""),
        ),
        0.99,
    )

    assert marked["near_duplicate_group"].tolist() == ["no/a.wav", "", "no/a.wav", ""]


def test_two_pairs_of_twins_that_are_alike_are_one_group():
    """Each is most like its twin; that the pairs are alike as well is not to be missed."""
    vectors = ([100, 0], [100, 1], [100, 12], [100, 13])

    marked = mark_near_duplicates(
        manifest(*((f"no/{n}.wav", "no", str(n), bytes(vector)) for n, vector in enumerate(vectors))), 0.99
    )

    assert marked["near_duplicate_group"].tolist() == ["no/0.wav"] * 4


def test_identical_files_are_no_near_duplicates_but_all_of_them_are_when_one_is():
    same, similar = bytes([100, 0]), bytes([100, 1])
    twice = [("no/a.wav", "no", "1", same), ("no/b.wav", "no", "1", same)]

    alone = mark_near_duplicates(manifest(*twice).set_index(pd.Index([7, 3])), 0.99)
    liked = mark_near_duplicates(manifest(*twice, ("no/c.wav", "no", "2", similar)), 0.99)

    assert alone["near_duplicate_group"].tolist() == ["", ""]
    assert alone.index.tolist() == [7, 3]
    assert liked["near_duplicate_group"].tolist() == ["no/a.wav"] * 3


def test_an_empty_manifest_has_none():
    assert mark_near_duplicates(manifest(("a", "no", "1", b"")).iloc[:0], 0.99).empty
