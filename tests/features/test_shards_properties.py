"""Whatever the clips are, each is found again in the shards, and nothing but the clips decides the bytes."""

import hashlib
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from audio_files import pcm16, wav_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soundcheck.config import FeaturesConfig
from soundcheck.data.rows import named, part_digest
from soundcheck.data.sources import Source
from soundcheck.data.waveforms import read_waveforms
from soundcheck.features import shards
from soundcheck.features.half_precision import to_half
from soundcheck.features.reading import batches
from soundcheck.features.shards import write_shards
from soundcheck.features.spectrogram import compute, geometry
from soundcheck.store import Parts

RATE_HZ = 16000
FEATURES = FeaturesConfig(clip_duration_ms=250)
RECORDING_FRAMES = (700, 2000, 5000)

clip = st.tuples(
    st.integers(0, len(RECORDING_FRAMES) - 1),
    st.integers(0, 600),  # its first frame
    st.integers(50, 5000),  # its length, where the recording is not shorter
    st.sampled_from(["no", "yes"]),
    st.sampled_from(["", "train", "validation", "test"]),
)
clips = st.lists(clip, max_size=12, unique_by=lambda one: one[:3])


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Recordings of noise."""
    root = tmp_path_factory.mktemp("recordings")
    generator = np.random.default_rng(0)
    for number, frames in enumerate(RECORDING_FRAMES):
        (root / f"{number}.wav").write_bytes(
            wav_file(pcm16(generator.uniform(-1, 1, frames)), rate_hz=RATE_HZ)
        )
    return Source(root, digest="")


def listed(source, chosen):
    """A manifest of parts of the recordings."""
    rows = []
    for recording, start, frames, label, split in chosen:
        file = f"{recording}.wav"
        file_digest = hashlib.sha256(Path(source.path(file)).read_bytes()).hexdigest()
        end = min(start + frames, RECORDING_FRAMES[recording])
        path, digest = (
            named(file, start / RATE_HZ, end / RATE_HZ),
            part_digest(file_digest, start, end - start),
        )
        rows.append((digest, path, label, split, file, file_digest, start, end - start))
    names = ["clip_digest", "path", "label", "split", "file", "file_digest", "start_frame", "frames"]
    return pd.DataFrame(rows, columns=names)


def written(source, manifest, parts, earlier=()):
    return write_shards(manifest, source, FEATURES, RATE_HZ, parts, earlier=earlier)


def stored(index, parts):
    return [parts.path(shard.digest).read_bytes() for shard in index.shards]


property_settings = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def _few_shards(monkeypatch):
    """So that clips meet in a shard."""
    monkeypatch.setattr(shards, "SHARD_COUNT", 3)


@property_settings
@given(clips)
def test_every_clip_is_found_again_as_it_is_computed_alone(source, chosen):
    manifest = listed(source, chosen)
    usable = manifest.loc[manifest["split"] != ""]
    with tempfile.TemporaryDirectory() as folder:
        parts = Parts(Path(folder))
        index = written(source, manifest, parts)
        found = list(batches(usable, index, parts, 5))
    held = [digest for shard in index.shards for digest in shard.clips]
    assert sorted(held) == sorted(set(usable["clip_digest"]))
    assert index.clips == index.rebuilt_clips == len(held)
    length = geometry(FEATURES, RATE_HZ).clip_length
    for row, features in enumerate(np.concatenate(found) if found else ()):
        waveform = read_waveforms(source, usable.iloc[[row]], RATE_HZ, length)
        np.testing.assert_array_equal(features, to_half(compute(waveform, FEATURES, RATE_HZ)[0]))


@property_settings
@given(clips, st.lists(clips, max_size=3), st.randoms(use_true_random=False))
def test_neither_earlier_shards_nor_order_labels_and_splits_decide_the_bytes(
    source, chosen, before, generator
):
    manifest = listed(source, chosen)
    usable = manifest.loc[manifest["split"] != ""]
    otherwise = usable.sample(frac=1, random_state=generator.randrange(1000)).assign(label="up", split="test")
    with tempfile.TemporaryDirectory() as folder:
        grown, from_nothing = Parts(Path(folder) / "grown"), Parts(Path(folder) / "from nothing")
        earlier = [written(source, listed(source, one), grown) for one in before]
        index, built = written(source, otherwise, grown, earlier), written(source, manifest, from_nothing)
        assert index == built
        assert stored(index, grown) == stored(built, from_nothing)
        known = {digest for one in earlier for shard in one.shards for digest in shard.clips}
        assert index.rebuilt_clips == len(set(usable["clip_digest"]) - known)
