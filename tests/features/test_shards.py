import wave

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from soundcheck.config import FeaturesConfig
from soundcheck.data.audio import read_waveforms
from soundcheck.errors import ClipChangedError, ConfigError
from soundcheck.features import shards
from soundcheck.features.index import ShardIndex
from soundcheck.features.reading import batches
from soundcheck.features.shards import write_shards
from soundcheck.features.spectrogram import compute

RATE_HZ = 16000


def stored_bytes(index, parts):
    return [parts.path(shard.digest).read_bytes() for shard in index.shards]


def stored(manifest, index, parts):
    return np.concatenate(list(batches(manifest, index, parts, 64)))


def test_what_is_added_step_by_step_is_what_is_built_from_nothing(manifest, write, new_parts):
    step_by_step, from_nothing = new_parts(), new_parts()
    earlier = []
    for rows in (50, 51, 150, len(manifest)):
        grown = write(manifest.iloc[:rows], step_by_step, earlier=earlier)
        earlier = [grown]
    built = write(manifest.sample(frac=1, random_state=0), from_nothing)
    assert grown == built
    assert stored_bytes(grown, step_by_step) == stored_bytes(built, from_nothing)
    assert built.rebuilt_clips == built.clips == manifest["clip_digest"].nunique()
    assert len(built.shards) == from_nothing.added


def test_ten_new_clips_rebuild_at_most_ten_shards(manifest, write, new_parts):
    parts = new_parts()
    earlier = write(manifest.iloc[10:], parts)
    before = parts.added
    index = write(manifest, parts, earlier=[earlier])
    assert 1 <= parts.added - before <= 10
    assert index.rebuilt_shards == parts.added - before
    assert index.rebuilt_clips == 10


def test_neither_a_label_nor_a_split_rebuilds_anything(manifest, write, new_parts):
    parts = new_parts()
    before = write(manifest, parts)
    after = write(manifest.assign(label="other", split="test"), parts, earlier=[before])
    assert after == before
    assert after.rebuilt_clips == 0


def test_without_earlier_shards_everything_is_computed(manifest, write, new_parts):
    parts = new_parts()
    write(manifest, parts)
    assert write(manifest, parts).rebuilt_clips == len(manifest)


def test_a_shard_that_is_lost_is_rebuilt_alone(manifest, write, new_parts):
    parts = new_parts()
    before = write(manifest, parts)
    parts.path(before.shards[5].digest).unlink()
    after = write(manifest, parts, earlier=[before])
    assert after == before
    assert after.rebuilt_clips == len(before.shards[5].clips)
    assert after.rebuilt_shards == 1


def test_a_clip_under_two_labels_is_stored_once(manifest, write, new_parts):
    again = manifest.iloc[:3].assign(label="other", split="test")
    index = write(pd.concat([manifest, again]), new_parts())
    assert index.clips == len(manifest)


def test_a_clip_set_aside_has_no_features(manifest, write, new_parts):
    aside = manifest.copy()
    aside.loc[:4, "split"] = ""
    index = write(aside, new_parts())
    held = {clip for shard in index.shards for clip in shard.clips}
    assert held == set(manifest["clip_digest"].iloc[5:])


@pytest.mark.parametrize("storage", ["float16", "float32"])
def test_tensorflow_reads_the_records(manifest, write, new_parts, storage, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_COUNT", 2)  # so that shards have more clips than a record
    parts = new_parts()
    index = write(manifest, parts, FeaturesConfig(storage=storage))
    description = {name: tf.io.FixedLenFeature([], tf.string) for name in ("clip_digests", "features")}
    files = [str(parts.path(shard.digest)) for shard in index.shards]
    values = {}
    for one in tf.data.TFRecordDataset(files):
        example = tf.io.parse_single_example(one, description)
        digests = example["clip_digests"].numpy().hex()
        features = tf.reshape(tf.io.decode_raw(example["features"], storage), (-1, 98, 40)).numpy()
        assert 1 <= len(features) <= 64
        assert len(digests) == 64 * len(features)
        values.update({digests[64 * row : 64 * row + 64]: clip for row, clip in enumerate(features)})
    expected = stored(manifest, index, parts)
    actual = np.stack([values[digest] for digest in manifest["clip_digest"]])
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize(("kind", "error"), [("stft", 0.03125), ("log_mel", 0.004)])
def test_what_half_precision_costs(manifest, speech_folder, write, new_parts, kind, error):
    parts = new_parts()
    features = FeaturesConfig(kind=kind)
    index = write(manifest, parts, features)
    exact = compute(read_waveforms(speech_folder, manifest, RATE_HZ, RATE_HZ), features, RATE_HZ)
    difference = np.abs(stored(manifest, index, parts) - exact)
    assert 0 < difference.max() <= error
    assert np.all(difference <= np.maximum(np.abs(exact) * 2.0**-11, 2.0**-25))


def test_single_precision_is_stored_as_it_is(manifest, speech_folder, write, new_parts):
    parts = new_parts()
    features = FeaturesConfig(kind="stft", storage="float32")
    index = write(manifest, parts, features)
    exact = compute(read_waveforms(speech_folder, manifest, RATE_HZ, RATE_HZ), features, RATE_HZ)
    np.testing.assert_array_equal(stored(manifest, index, parts), exact)


def test_magnitudes_beyond_half_precision_stop_at_its_largest(manifest, new_parts, tmp_path, monkeypatch):
    features = FeaturesConfig(kind="stft", clip_duration_ms=10000, frame_length_ms=10000, frame_step_ms=10000)
    loud = np.full((1, 480_000), 1, np.float32)
    monkeypatch.setattr(shards, "read_waveforms", lambda *_: loud)
    parts = new_parts()
    index = write_shards(manifest.iloc[:1], tmp_path, features, 48000, parts)
    assert compute(loud, features, 48000).max() > 65504
    assert stored(manifest.iloc[:1], index, parts).max() == 65504


def test_the_index_survives_saving_with_the_same_bytes(manifest, write, new_parts, tmp_path):
    parts = new_parts()
    first, second = write(manifest, parts), write(manifest, parts)
    first.save(tmp_path / "first.json")
    second.save(tmp_path / "second.json")
    assert (tmp_path / "first.json").read_bytes() == (tmp_path / "second.json").read_bytes()
    loaded = ShardIndex.load(tmp_path / "first.json")
    assert loaded == first
    assert (loaded.clips, loaded.rebuilt_clips) == (len(manifest), 0)


def test_a_clip_that_changed_is_refused(manifest, new_parts, tmp_path):
    for path in manifest["path"]:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        with wave.open(str(tmp_path / path), "wb") as clip:
            clip.setparams((1, 2, RATE_HZ, 0, "NONE", "not compressed"))
    with pytest.raises(ClipChangedError):
        write_shards(manifest, tmp_path, FeaturesConfig(), RATE_HZ, new_parts())


def test_an_impossible_configuration_is_refused_before_a_clip_is_read(manifest, new_parts, tmp_path):
    with pytest.raises(ConfigError, match="frame_step_ms"):
        write_shards(
            manifest, tmp_path, FeaturesConfig(frame_step_ms=0.01), RATE_HZ, new_parts(), recipe="f00d"
        )
