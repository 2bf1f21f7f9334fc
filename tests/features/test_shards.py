import tempfile
import wave
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soundcheck.config import FeaturesConfig
from soundcheck.data.sources import Source
from soundcheck.data.waveforms import read_waveforms
from soundcheck.errors import ClipChangedError, ConfigError
from soundcheck.features import shards
from soundcheck.features.index import ShardIndex
from soundcheck.features.reading import batches, clip_views
from soundcheck.features.shards import write_shards
from soundcheck.features.spectrogram import compute
from soundcheck.store import Parts

RATE_HZ = 16000


def stored_bytes(index, parts):
    return [parts.path(shard.digest).read_bytes() for shard in index.shards]


def stored(manifest, index, parts):
    return np.concatenate(list(batches(manifest, index, parts, 64)))


def open_files():
    return len(list(Path("/dev/fd").iterdir()))


def clips_of(index):
    return {clip for shard in index.shards for clip in shard.clips}


def test_without_earlier_shards_everything_is_computed(manifest, write, new_parts):
    parts = new_parts()
    first, again = write(manifest, parts), write(manifest.sample(frac=1, random_state=0), parts)
    assert again == first
    assert clips_of(again) == set(manifest["clip_digest"])
    assert again.rebuilt_clips == again.clips == manifest["clip_digest"].nunique()
    assert again.rebuilt_shards == len(again.shards) == parts.added / 2


def test_only_new_clips_are_computed_and_at_most_their_shards_written(manifest, write, new_parts):
    parts = new_parts()
    before = write(manifest.iloc[10:], parts)
    added = parts.added
    index = write(manifest, parts, earlier=[before])
    assert index.rebuilt_clips == 10
    assert 1 <= index.rebuilt_shards == parts.added - added <= 10
    assert index == write(manifest, new_parts())


def test_clips_that_are_gone_are_left_out_without_computing_any(manifest, write, new_parts):
    parts = new_parts()
    index = write(manifest.iloc[10:], parts, earlier=[write(manifest, parts)])
    assert index.rebuilt_clips == 0
    assert index.rebuilt_shards <= 10
    assert index == write(manifest.iloc[10:], new_parts())


def test_neither_a_label_nor_a_split_rebuilds_anything(manifest, write, new_parts):
    parts = new_parts()
    before = write(manifest, parts)
    after = write(manifest.assign(label="other", split="test"), parts, earlier=[before])
    assert after == before
    assert (after.rebuilt_clips, after.rebuilt_shards) == (0, 0)


def test_two_data_sets_by_turns_are_computed_once(manifest, write, new_parts):
    parts = new_parts()
    halves = [manifest.iloc[::2], manifest.iloc[1::2]]
    one, other = (write(half, parts) for half in halves)
    for half, expected in zip(halves, (one, other), strict=True):
        again = write(half, parts, earlier=[other, one])
        assert again == expected
        assert (again.rebuilt_clips, again.rebuilt_shards) == (0, 0)
    both = write(manifest, parts, earlier=[other, one])
    assert both.rebuilt_clips == 0
    assert both == write(manifest, new_parts())


def test_open_shards_hold_no_file_descriptors(manifest, write, new_parts):
    """The usual limits are 256 and 1024; every clip may have a shard of its own."""
    index = write(manifest, parts := new_parts())
    before = open_files()
    views = clip_views(manifest.loc[manifest["split"] != ""], index, parts)
    assert open_files() == before
    assert np.isfinite(views[-1]).all()


@pytest.mark.parametrize("damage", ["deleted", "truncated", "byte flipped"])
def test_a_damaged_shard_is_computed_anew_alone(manifest, write, new_parts, damage):
    parts = new_parts()
    before = write(manifest, parts)
    shard = before.shards[5]
    whole = parts.path(shard.digest).read_bytes()
    if damage == "deleted":
        parts.path(shard.digest).unlink()
    else:
        parts.path(shard.digest).write_bytes(whole[:-1] + (b"!" if damage == "byte flipped" else b""))
    after = write(manifest, parts, earlier=[before])
    assert after == before
    assert (after.rebuilt_clips, after.rebuilt_shards) == (len(shard.clips), 1)
    assert parts.path(shard.digest).read_bytes() == whole


data_sets = st.lists(st.sets(st.integers(0, 11)), min_size=1, max_size=4)


@given(
    chosen=data_sets, kept=st.integers(0, 3), lost=st.sets(st.integers(0, 11)), shard_count=st.integers(1, 8)
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_there_before_the_result_is_that_from_nothing(
    manifest, write, chosen, kept, lost, shard_count
):
    """Clips come and go, shards are lost, and only the clips that are in none any more are computed."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(shards, "SHARD_COUNT", shard_count)
        grown, from_nothing = Parts(Path(folder) / "grown"), Parts(Path(folder) / "from nothing")
        indexes = []
        for clips in chosen:
            rows, earlier = manifest.iloc[sorted(clips)], indexes[:kept]
            lose(grown, earlier, lost)
            held = {clip for index in earlier for clip in whole_clips(index, grown)}
            index, built = write(rows, grown, earlier=earlier), write(rows, from_nothing)
            assert index == built
            assert stored_bytes(index, grown) == stored_bytes(built, from_nothing)
            assert index.rebuilt_clips == len(set(rows["clip_digest"]) - held)
            indexes.insert(0, index)


def lose(parts, indexes, numbers):
    """Deletes the shards of these numbers among all of some indexes."""
    digests = sorted({shard.digest for index in indexes for shard in index.shards})
    for number, digest in enumerate(digests):
        if number in numbers:
            parts.path(digest).unlink(missing_ok=True)


def whole_clips(index, parts):
    return {clip for shard in index.shards if parts.has(shard.digest) for clip in shard.clips}


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
    exact = compute(read_waveforms(Source(speech_folder, ""), manifest, RATE_HZ, RATE_HZ), features, RATE_HZ)
    difference = np.abs(stored(manifest, index, parts) - exact)
    assert 0 < difference.max() <= error
    assert np.all(difference <= np.maximum(np.abs(exact) * 2.0**-11, 2.0**-14))


def test_single_precision_is_stored_as_it_is(manifest, speech_folder, write, new_parts):
    parts = new_parts()
    features = FeaturesConfig(kind="stft", storage="float32")
    index = write(manifest, parts, features)
    exact = compute(read_waveforms(Source(speech_folder, ""), manifest, RATE_HZ, RATE_HZ), features, RATE_HZ)
    np.testing.assert_array_equal(stored(manifest, index, parts), exact)


def test_magnitudes_beyond_half_precision_stop_at_its_largest(manifest, new_parts, tmp_path, monkeypatch):
    features = FeaturesConfig(kind="stft", clip_duration_ms=10000, frame_length_ms=10000, frame_step_ms=10000)
    loud = np.full((1, 480_000), 1, np.float32)
    monkeypatch.setattr(shards, "read_waveforms", lambda *_: loud)
    parts = new_parts()
    index = write_shards(manifest.iloc[:1], Source(tmp_path, ""), features, 48000, parts)
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
        write_shards(manifest, Source(tmp_path, ""), FeaturesConfig(), RATE_HZ, new_parts())


def test_an_impossible_configuration_is_refused_before_a_clip_is_read(manifest, new_parts, tmp_path):
    with pytest.raises(ConfigError, match="frame_step_ms"):
        write_shards(manifest, Source(tmp_path, ""), FeaturesConfig(frame_step_ms=0.01), RATE_HZ, new_parts())
