import subprocess
import sys
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from soundcheck.config import FeaturesConfig
from soundcheck.data.sources import Source
from soundcheck.data.waveforms import read_waveforms
from soundcheck.features.pipeline import datasets
from soundcheck.features.reading import batches, summaries
from soundcheck.features.spectrogram import compute

RATE_HZ = 16000
EXACT = FeaturesConfig(storage="float32")


@pytest.fixture
def doubled(manifest):
    """With clips that stand twice, under two labels and in two splits, and one that is set aside."""
    again = manifest.iloc[:6].assign(label="yes", split=["train", "validation", "test"] * 2)
    rows = pd.concat([manifest, again], ignore_index=True)
    rows.loc[20, "split"] = ""
    return rows


@pytest.fixture
def exact(doubled, speech_folder):
    return compute(read_waveforms(Source(speech_folder, ""), doubled, RATE_HZ, RATE_HZ), EXACT, RATE_HZ)


def examples(dataset):
    """Every example of one pass, in order: its features as bytes, and its label."""
    return [
        (features.tobytes(), int(label))
        for batch, batch_labels in dataset.as_numpy_iterator()
        for features, label in zip(batch, batch_labels, strict=True)
    ]


def expected(manifest, features, split, labels):
    rows = np.flatnonzero(manifest["split"] == split)
    return [(features[row].tobytes(), labels.index(manifest["label"].iloc[row])) for row in rows]


def test_every_row_comes_once_an_epoch_with_its_label(doubled, exact, write, new_parts):
    parts = new_parts()
    sets = datasets(doubled, write(doubled, parts, EXACT), parts, 16, seed=0)
    assert sets.labels == sorted(doubled["label"].unique())
    for _ in range(2):
        assert Counter(examples(sets.train)) == Counter(expected(doubled, exact, "train", sets.labels))


@pytest.mark.parametrize("split", ["validation", "test"])
def test_what_is_not_trained_on_keeps_the_order(doubled, exact, write, new_parts, split):
    parts = new_parts()
    sets = datasets(doubled, write(doubled, parts, EXACT), parts, 7, seed=0)
    assert examples(getattr(sets, split)) == expected(doubled, exact, split, sets.labels)


def test_the_seed_decides_the_order_of_every_epoch(manifest, write, new_parts):
    parts = new_parts()
    index = write(manifest, parts)

    def two_epochs(seed):
        train = datasets(manifest, index, parts, 16, seed).train
        return examples(train), examples(train)

    first, second = two_epochs(seed=1)
    assert first != second
    assert two_epochs(seed=1) == (first, second)
    assert two_epochs(seed=2)[0] != first


def test_the_shuffle_reaches_over_the_whole_split(manifest, write, new_parts):
    parts = new_parts()
    index = write(manifest, parts)
    train = manifest.loc[manifest["split"] == "train"]
    place = {features: row for row, (features, _) in enumerate(examples_in_order(train, index, parts))}
    shuffled = [place[features] for features, _ in examples(datasets(manifest, index, parts, 16, 3).train)]
    distance = np.abs(np.array(shuffled) - np.arange(len(train)))
    assert distance.mean() == pytest.approx(len(train) / 3, rel=0.25)  # of a uniform permutation


def examples_in_order(manifest, index, parts):
    for batch in batches(manifest, index, parts, 16):
        yield from ((features.tobytes(), None) for features in batch)


@pytest.mark.parametrize("storage", ["float16", "float32"])
def test_batches_have_the_promised_types_and_known_sizes(manifest, write, new_parts, storage):
    parts = new_parts()
    index = write(manifest, parts, FeaturesConfig(kind="stft", storage=storage))
    train = datasets(manifest, index, parts, 64, seed=0).train
    features, labels = train.element_spec
    assert (features.shape.as_list(), features.dtype.name) == ([None, 124, 129], "float32")
    assert (labels.shape.as_list(), labels.dtype.name) == ([None], "int32")
    assert len(train) == 2
    assert [len(batch) for batch, _ in train] == [64, 56]


def test_an_empty_split_is_an_empty_data_set(manifest, write, new_parts):
    parts = new_parts()
    sets = datasets(manifest.assign(split="test"), write(manifest, parts), parts, 64, seed=0)
    assert examples(sets.train) == examples(sets.validation) == []
    assert len(examples(sets.test)) == len(manifest)


def test_ordered_batches_follow_the_rows(doubled, exact, write, new_parts):
    parts = new_parts()
    index = write(doubled, parts, EXACT)
    rows = doubled.loc[doubled["split"] == "test"].iloc[::-1]
    read = list(batches(rows, index, parts, 5))
    assert [len(batch) for batch in read[:-1]] == [5] * (len(read) - 1)
    assert {batch.dtype for batch in read} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(np.concatenate(read), exact[rows.index])


def test_summaries_are_means_and_deviations_of_the_bands(doubled, exact, write, new_parts):
    parts = new_parts()
    read = summaries(doubled, write(doubled, parts, EXACT), parts)
    used = exact[np.flatnonzero(doubled["split"] != "")].astype(np.float64)
    assert read.dtype == np.float32
    np.testing.assert_allclose(read, np.hstack([used.mean(axis=1), used.std(axis=1)]), atol=1e-4)


def test_rows_without_features_are_refused(doubled, write, new_parts):
    parts = new_parts()
    index = write(doubled, parts)
    with pytest.raises(ValueError, match=r"1 rows of manifest, such as '.*\.wav'"):
        next(batches(doubled, index, parts, 64))


def test_only_data_sets_and_the_layer_need_tensorflow():
    """Its import takes longer than the features of all 8000 clips."""
    modules = "import soundcheck.features.shards, soundcheck.features.pipeline, sys"
    check = f"{modules}; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)
